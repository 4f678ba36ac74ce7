"""The other side of tests/keep/guests/streams.c: a function for each of its cases.

Each takes a way to start the program with descriptors of its choice, plays its part, and gives
what came out and the exit code; the same function plays against Linux and against a keep.
"""
import subprocess
import time

PIPE = subprocess.PIPE
DATA = bytes(i * 7919 >> 3 & 255 for i in range((1 << 20) + 7))


def plain(start, name, stdin=b"", stdout=PIPE, stderr=PIPE):
    process = start(stdin=PIPE, stdout=stdout, stderr=stderr)
    out, err = process.communicate(name.encode() + b"\n" + stdin, timeout=60)
    return out, err, process.returncode


def echo(start, name):
    return plain(start, name, DATA)


def order(start, name):
    return plain(start, name, stderr=subprocess.STDOUT)


def opened(start, name):
    """Started with its name alone; descriptor 0 stays open."""
    process = start(stdin=PIPE, stdout=PIPE, stderr=PIPE)
    process.stdin.write(name.encode() + b"\n")
    process.stdin.flush()
    return process


def rest(process, first=b""):
    out, err = process.communicate(timeout=60)
    return first + out, err, process.returncode


def pipe(start, name):
    """Reads a line, and then nobody reads any more."""
    process = opened(start, name)
    first = process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stdin.close()
    process.stderr.close()
    return first, err, process.wait(timeout=60)


def full(start, name):
    with open("/dev/full", "wb") as device:
        return plain(start, name, stdout=device)


def wait_for(process, line):
    """What it says up to that line."""
    said = b""
    while not said.endswith(line + b"\n"):
        more = process.stdout.readline()
        if not more:
            break
        said += more
    return said


def late(start, name):
    process = opened(start, name)
    said = b""
    for letter in (b"a", b"b"):
        said += wait_for(process, b"ready to wait")
        time.sleep(0.1)
        process.stdin.write(letter)
        process.stdin.flush()
    said += wait_for(process, b"ready to wait")
    process.stdin.close()
    process.stdin = None
    return rest(process, said)


def go_on(start, name):
    process = opened(start, name)
    said = wait_for(process, b"ready to go on")
    time.sleep(0.1)
    process.stdin.write(b"xyz")
    process.stdin.flush()
    time.sleep(0.1)
    return rest(process, said)


def readers(start, name):
    return plain(start, name, DATA[:20000])


def writers(start, name):
    """Lines of several threads come in any order, and each whole."""
    out, err, code = plain(start, name)
    return b"".join(sorted(out.splitlines(keepends=True))), err, code


def silent(start, name):
    return rest(opened(start, name))


def slow(start, name):
    """Reads nothing until it has been told that the program waits."""
    process = opened(start, name)
    said = process.stderr.readline()
    out, err, code = rest(process)
    return out, said + err, code


def silent_until_end(start, name):
    """Descriptor 0 stays open and quiet until the program has ended."""
    process = opened(start, name)
    out, err = process.stdout.read(), process.stderr.read()
    code = process.wait(timeout=60)
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    return out, err, code


PLAYERS = {
    "echo": echo, "echo parts": echo, "order": order, "pipe broken": pipe, "pipe ignored": pipe,
    "device full": full, "late": late, "quiet": go_on, "not to block": go_on, "readers": readers,
    "writers": writers, "interruptions": go_on, "end while reading": silent_until_end,
    "writer waits": slow,
}


def play(start, name):
    """(output, errors, exit code), a signal as 128 + its number."""
    out, err, code = PLAYERS.get(name, plain)(start, name)
    return out, err, code if code >= 0 else 128 - code

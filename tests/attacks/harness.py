"""Cases, and the one way in which they run a program: as a user does, measured and bounded."""
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

MIB = 1 << 20
# Generous: what fails here is off by a power, not by a bit.
SECONDS = 20
MEMORY = 1024 * MIB
WABT = ["--enable-all"]

cases = []


class Skip(Exception):
    pass


def case(name, function):
    cases.append((name, function))


def expect(holds, *what):
    if not holds:
        raise AssertionError(" ".join(str(w) for w in what))


class Done:
    def __init__(self, code, out, err, seconds, memory):
        self.code, self.out, self.err = code, out, err
        self.seconds, self.memory = seconds, memory

    def text(self):
        return self.err.decode(errors="replace")


class World:
    """The program under test, a folder that goes away, and the worst that was measured."""

    def __init__(self, broch):
        self.broch = broch
        self.dir = tempfile.mkdtemp(prefix="broch-attack-")
        self.slowest = (0, "")
        self.largest = (0, "")
        self.name = ""
        self.made = {}

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, content):
        with open(self.path(name), "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def wasm(self, content, name="guest.wasm"):
        """Bytes as they are, or as a function makes them; text through wat2wasm. The path."""
        if callable(content):
            return self.made_apart(content)
        if isinstance(content, bytes):
            return self.write(name, content)
        source = self.write("guest.wat", content)
        tool("wat2wasm", *WABT, source, "-o", self.path(name))
        return self.path(name)

    def made_apart(self, make):
        """What `make` gives, written by a process that then ends: memory that this one held when
        it started a program would be counted as the program's."""
        path = self.path(f"made{len(self.made)}.wasm")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self.write(path, make())
                code = 0
            finally:
                os._exit(code)
        expect(os.waitpid(child, 0)[1] == 0, "the module could not be made")
        return path

    def run(self, *args, stdin=b"", seconds=60, poke=None):
        """`broch args`: its end, and the time and memory of all its processes. `poke` gets the
        process while it runs."""
        with open(self.path("out"), "wb+") as out, open(self.path("err"), "wb+") as err:
            start = time.monotonic()
            process = subprocess.Popen([self.broch, *args], stdin=subprocess.PIPE, stdout=out,
                                       stderr=err, cwd=self.dir)
            feed(process, stdin)
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            if poke is not None:
                poke(process)
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            took = time.monotonic() - start
            out.seek(0), err.seek(0)
            done = Done(process.returncode, out.read(1 << 20), err.read(1 << 20), took,
                        usage.ru_maxrss * 1024)
        # The time of processors, because other work on this machine is not its fault.
        busy = done.busy = usage.ru_utime + usage.ru_stime
        self.slowest = max(self.slowest, (busy, self.name))
        self.largest = max(self.largest, (done.memory, self.name))
        expect(done.code != -signal.SIGKILL, f"did not end within {seconds} s")
        expect(busy <= SECONDS, f"took {busy:.1f} s of processor time, want at most {SECONDS}")
        expect(done.memory <= MEMORY, f"took {done.memory / MIB:.0f} MiB")
        return done

    def ends(self, content, code, pattern=None, *args, options=(), out=None, **more):
        """A module, run; its exit code, a part of its message and its output."""
        done = self.run("run", *options, self.wasm(content), *args, **more)
        expect(done.code == code, f"exit code {done.code}, want {code}: {done.text()[:400]}")
        if pattern is not None:
            expect(pattern in done.text(), f"want {pattern!r} in {done.text()[:400]!r}")
        if out is not None:
            expect(done.out == out, f"output {done.out[:200]!r}, want {out!r}")
        return done

    def traps(self, content, message, *args, **more):
        return self.ends(content, 134, message, *args, **more)

    def refused(self, content, pattern=None, **more):
        done = self.ends(content, 65, pattern, **more)
        expect(done.err.count(b"\n") == 1 and done.err.startswith(b"broch: "),
               "not one line:", repr(done.text()[:400]))
        return done

    def script(self, text, config=""):
        """A script of the specification's tests; the count of its assertions."""
        return self.script_json(self.convert(text), config)

    def convert(self, text):
        """Text of a script to JSON with modules beside it, in a folder of its own."""
        folder = tempfile.mkdtemp(dir=self.dir)
        source = self.write(os.path.join(folder, "script.wast"), text)
        tool("wast2json", *WABT, source, "-o", os.path.join(folder, "script.json"))
        return os.path.join(folder, "script.json")

    def once(self, key, make):
        """What `make` gives for this key, made when it is first asked for."""
        if key not in self.made:
            self.made[key] = make(self)
        return self.made[key]

    def script_json(self, path, config=""):
        done = self.run("wast", *(["--config", config] if config else []), path)
        last = [x for x in done.out.decode(errors="replace").splitlines() if " passed, " in x]
        expect(done.code == 0 and last and " 0 failed, 0 skipped" in last[-1],
               f"[{config}] exit code {done.code}: {done.out.decode(errors='replace')[:600]}",
               done.text()[:300])
        return int(last[-1].split(" passed")[0].rsplit(" ", 1)[1])


def feed(process, stdin):
    try:
        process.stdin.write(stdin)
        process.stdin.close()
    except BrokenPipeError:
        pass


def tool(*command):
    if shutil.which(command[0]) is None:
        raise Skip(f"no {command[0]} (package wabt)")
    done = subprocess.run(command, capture_output=True, text=True)
    expect(done.returncode == 0, " ".join(command[:1]), done.stderr[:600])

"""Guests under QEMU's emulator: the reference and the keep, both on the kernel in there.

There is no Python in that machine: a script of its shell runs every case both ways, and what it
prints is taken apart here. What differs is judged by the same rules as on this machine.
"""
import os
import subprocess

import guests

MODULE_FD = 7
# A case's output, each line behind a bar, so that nothing in it looks like ours.
SCRIPT = """\
cd /t/g
echo 0 >/proc/sys/kernel/randomize_va_space
run() { # WHERE PROGRAM LINE COMMAND...
    echo "@case $1/$2/$3"
    shift 2
    { printf '%s\\n' "$1"; cat input; } >line
    shift
    cat line | { "$@" 2>err; echo $? >code; } | cat >out
    sed 's/^/|/' out
    echo
    echo "@code $(cat code)"
}
linux() { timeout 240 "./$1" 3<record-linux 4<module; }
keep() {
    timeout 240 broch-loader --backend kvm --record 5 --exec-fd 6 5<record-keep 6<"./$1" 7<module
}
while IFS=/ read -r where program line; do
    run "$where" "$program" "$line" "$where" "guest-$program" </dev/null
done <cases
"""


class Case:
    def __init__(self):
        self.out, self.code = b"", None


def take_apart(text):
    """{(where, program, line): Case} from what the machine printed."""
    cases, now = {}, None
    for row in text.replace(b"\r\n", b"\n").split(b"\n"):
        if row.startswith(b"@case "):
            now = Case()
            cases[tuple(row[6:].decode().split("/"))] = now
        elif row.startswith(b"@code ") and now:
            now.code = int(row[6:])
            now.out = now.out[:-1] if now.out.endswith(b"\n\n") else now.out
            now = None
        elif row.startswith(b"|") and now:
            now.out += row[1:] + b"\n"
    return cases


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(content)


def run(build, folder, chosen, stdin, timeout=900):
    """Runs the chosen (where, program, line) in one boot; where is "linux" or "keep".
    (what came of them, what QEMU's runner said)"""
    os.makedirs(folder, exist_ok=True)
    for name in sorted({program for _, program, _ in chosen}):
        path = guests.program(name, os.path.join(build, "guests"))
        with open(path, "rb") as f:
            write(folder, "guest-" + name, f.read())
        os.chmod(os.path.join(folder, "guest-" + name), 0o755)
    write(folder, "record-linux", guests.record(4))
    write(folder, "record-keep", guests.record(MODULE_FD))
    write(folder, "module", b"\0asm\1\0\0\0")
    write(folder, "input", stdin)
    write(folder, "cases", "".join("/".join(c) + "\n" for c in chosen).encode())
    write(folder, "script", SCRIPT.encode())
    done = subprocess.run([os.path.join(guests.ROOT, "tests", "run-qemu"), "--build", build,
                           "--timeout", str(timeout), "--add", folder + ":/t/g",
                           "--run", "sh /t/g/script"], capture_output=True)
    return take_apart(done.stdout), done.stderr + done.stdout[-300:]

"""Programs that stand in for exec: built, run by Linux for reference, run in a keep.

Both ways a program finds the same: descriptors 0 to 2, the launch record on 3, a module on 4.
"""
import ctypes
import fcntl
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = {
    "syscalls": ["syscalls.c", "syscalls_memory.c", "syscalls_signal.c", "syscalls_futex.c",
                 "syscalls_lots.c", "syscalls_thread.c", "syscalls_io.c", "syscalls_system.c",
                 "syscalls_wild.c", "calls.c"],
    "signals": ["signals.c", "signals_frame.c", "signals_end.c", "faults.S"],
    "stress": ["stress.c", "stress_lock.c", "stress_memory.c", "stress_state.c", "faults.S"],
    "forbidden": ["forbidden.c", "forbidden_memory.c", "forbidden_processor.c",
                  "forbidden_calls.c", "calls.c", "faults.S"],
    "ring": ["ring.c", "ring_tables.c", "../../../gate/contract.c", "../../../gate/call.c"],
    "streams": ["streams.c", "faults.S"],
    "idle": ["idle.c"],
    "proof": ["proof.c"],
}
FLAGS = ["-std=gnu2x", "-O2", "-g", "-static-pie", "-fPIE", "-pthread", "-Wall", "-Wextra",
         "-Werror", "-I" + ROOT]
# personality(2): nothing of Linux is then where the shim is in a keep.
ADDR_NO_RANDOMIZE = 0x0040000
SEALS = 15  # F_SEAL_SEAL, SHRINK, GROW, WRITE


def cbor(v):
    """Deterministic CBOR (RFC 8949 section 4.2.1) of what a launch record holds."""
    def head(major, n):
        for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
            if n < 24:
                return bytes([major << 5 | n])
            if n < 1 << 8 * size:
                return bytes([major << 5 | code]) + n.to_bytes(size, "big")
        raise ValueError(n)
    if isinstance(v, bool):
        return b"\xf5" if v else b"\xf4"
    if isinstance(v, int):
        return head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(cbor(x) for x in v)
    return head(5, len(v)) + b"".join(cbor(k) + cbor(x) for k, x in v.items())


def record(module_fd, memory=256 << 20):
    """A launch record (codec/launch.h): no arguments, no directories, that much memory."""
    return cbor({0: 1, 1: module_fd, 2: b"guest", 3: [b"guest"], 4: [], 5: [], 6: [], 7: [], 8: 0,
                 9: memory, 10: 1000, 11: 1 << 20, 12: False, 13: 0})


def sealed(name, content):
    """On a high descriptor: a record may not name one below 4."""
    low = os.memfd_create(name, os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(low, content)
    fcntl.fcntl(low, fcntl.F_ADD_SEALS, SEALS)
    os.lseek(low, 0, os.SEEK_SET)
    try:
        return fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 100)
    finally:
        os.close(low)


def program(name, folder):
    """Builds one where its sources are younger, and says where it is."""
    here = os.path.join(ROOT, "tests/keep/guests")
    sources = [os.path.join(here, s) for s in SOURCES[name] + ["guest.c"]]
    shared = ("abi.h", "calls.def", "boot.h", "place.h", "contract.c")
    headers = [os.path.join(ROOT, "gate", h) for h in shared]
    headers += [os.path.join(here, h) for h in os.listdir(here) if h.endswith(".h")]
    target = os.path.join(folder, "guest-" + name)
    os.makedirs(folder, exist_ok=True)
    made = os.path.getmtime(target) if os.path.exists(target) else 0
    if any(os.path.getmtime(p) > made for p in sources + headers if os.path.exists(p)):
        partial = f"{target}.{os.getpid()}"
        subprocess.run([os.environ.get("CC", "cc"), *FLAGS, "-o", partial, *sources], check=True)
        os.rename(partial, target)
    return target


class Ended:
    """How a run came to its end: code is 128 + N where signal N was the end. One that hung was
    told to end by SIGTERM; a keep then has code 143."""

    def __init__(self, code, out, err, hung=False):
        self.code, self.out, self.err, self.hung = code, out, err, hung

    def __str__(self):
        return f"hung, then exit code {self.code}" if self.hung else f"exit code {self.code}"


def ended(process, stdin, timeout):
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            out, err = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        return Ended(process.returncode, out, err, hung=True)
    return Ended(process.returncode, out, err)


def linux_start(path, **more):
    """The program as a plain process of Linux."""
    high = [sealed("launch", record(4)), sealed("module", b"\0asm\1\0\0\0")]
    personality = ctypes.CDLL(None).personality

    def prepare():
        personality(ADDR_NO_RANDOMIZE)
        for at, fd in enumerate(high):
            os.dup2(fd, 3 + at)
        os.closerange(5, 1024)

    try:
        return subprocess.Popen([path], preexec_fn=prepare, close_fds=False, **more)
    finally:
        for fd in high:
            os.close(fd)


def linux_run(path, stdin, timeout=60):
    pipe = subprocess.PIPE
    done = ended(linux_start(path, stdin=pipe, stdout=pipe, stderr=pipe), stdin, timeout)
    if done.code < 0:
        done.code = 128 - done.code
    return done


def keep_start(loader, backend, path, memory=256 << 20, **more):
    """The program as exec of a keep. A loader that dies itself has a negative code."""
    module = sealed("module", b"\0asm\1\0\0\0")
    launch = sealed("launch", record(module, memory))
    exec_fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    fds = [module, launch, exec_fd]
    try:
        return subprocess.Popen([loader, "--backend", backend, "--record", str(launch),
                                 "--exec-fd", str(exec_fd)], pass_fds=fds, **more)
    finally:
        for fd in fds:
            os.close(fd)


def keep_run(loader, backend, path, stdin, timeout=60, memory=256 << 20):
    pipe = subprocess.PIPE
    return ended(keep_start(loader, backend, path, memory, stdin=pipe, stdout=pipe, stderr=pipe),
                 stdin, timeout)


def kvm_lacks(build):
    """Why no keep of the kvm backend can be started here, or None."""
    if not os.path.exists("/dev/kvm"):
        return "no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "no right to use /dev/kvm"
    for name in ("broch-loader", "broch-shim"):
        if not os.path.exists(os.path.join(build, name)):
            return f"no {name} in {build}"
    return None

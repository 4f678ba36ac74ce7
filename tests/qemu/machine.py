"""One boot of the guest under QEMU's emulator, with AMD's SVM emulated, watched to its end."""
import os
import re
import socket
import subprocess
import threading
import time

# QEMU 7.2 with a thread for each processor hangs now and then inside of KVM_RUN; with one thread
# for both it does not, and is no slower.
BASE = ("qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot "
        "-machine q35 -accel tcg,thread=single -cpu max,la57=off").split()
END = re.compile(rb"@end (\d+)\s*$")
ASK_LOG = re.compile(rb"@log (\w[\w,]*)\s*$")


class Result:
    """What a boot gave: lines the guest printed, its exit code (None: no end), the console.

    timed_out: it was still at work; without it and without a code, it hung or broke down."""

    def __init__(self):
        self.lines = []
        self.code = None
        self.timed_out = False
        self.console = ""


def ask_monitor(path, command):
    """A line to QEMU's monitor; back when it is done, which the second prompt says."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(path)
        said = b""
        for line in (command, b""):
            prompts = said.count(b"(qemu) ")
            while said.count(b"(qemu) ") == prompts:
                piece = s.recv(4096)
                if not piece:
                    return
                said += piece
            s.sendall(line + b"\n")


def boot(kernel, initrd, folder, options, on_line):
    """Boots, gives every line of the guest to on_line, and ends with it or at the time-out."""
    result = Result()
    console = os.path.join(folder, "console.log")
    monitor = os.path.join(folder, "monitor")
    command = BASE + [
        "-smp", str(options.smp), "-m", str(options.memory),
        "-kernel", kernel, "-initrd", initrd,
        "-append", "console=ttyS0 quiet panic=-1 oops=panic " + options.append,
        "-chardev", "file,id=console,path=" + console, "-serial", "chardev:console",
        "-chardev", "stdio,id=guest,signal=off", "-serial", "chardev:guest",
        "-chardev", f"socket,id=monitor,path={monitor},server=on,wait=off",
        "-mon", "chardev=monitor,mode=readline"]
    if options.log:
        command += ["-D", os.path.abspath(options.log)]
    if options.gdb:
        command += ["-gdb", "tcp:127.0.0.1:" + str(options.gdb)]
    command += options.qemu_arg
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)

    heard = threading.Event()  # a line has come

    def watch():
        deadline = time.monotonic() + options.timeout
        while heard.wait(min(options.silence, max(0.0, deadline - time.monotonic()))):
            heard.clear()
        if process.poll() is None:
            result.timed_out = time.monotonic() >= deadline
            process.kill()

    threading.Thread(target=watch, daemon=True).start()
    try:
        for line in process.stdout:
            heard.set()
            end, ask = END.search(line), ASK_LOG.search(line)
            if end:
                result.code = int(end.group(1))
                line = line[: end.start()]
            if ask:
                ask_monitor(monitor, b"log " + ask.group(1))
                line = line[: ask.start()]
            if line:
                result.lines.append(line)
                on_line(line)
        process.wait()
    finally:
        process.kill()
        process.wait()
    if os.path.exists(console):
        with open(console, encoding="utf-8", errors="replace") as f:
            result.console = f.read().replace("\r\n", "\n")
    return result

"""The small programs that the guest's scripts run, made here because the guest has no tools."""
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WORDCOUNT = os.path.join(HERE, "..", "..", "examples", "wordcount")


def recipes():
    """(name, command that makes it but for the output) of each program."""
    folder = os.path.join(HERE, "programs")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".wat"):
            yield name[: -len(".wat")], ["wat2wasm", os.path.join(folder, name)]
    yield "wordcount", ["clang-19", "--target=wasm32-wasi", "-O1",
                        os.path.join(WORDCOUNT, "wordcount.c")]


def made():
    """(file name, bytes) of what can be made here, and the input that one of them wants."""
    with tempfile.TemporaryDirectory() as folder:
        for name, command in recipes():
            out = os.path.join(folder, name)
            if shutil.which(command[0]) is None:
                print(f"skip - {name}.wasm: {command[0]} is not installed", flush=True)
                continue
            subprocess.run(command + ["-o", out], check=True)
            with open(out, "rb") as f:
                yield name + ".wasm", f.read()
    for name in ("tower.txt", "tower.expected"):
        with open(os.path.join(WORDCOUNT, name), "rb") as f:
            yield name, f.read()

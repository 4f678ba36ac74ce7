#!/usr/bin/env python3
"""Who may include whom: layers.py [ROOT]. One case per rule, all files of the tree.

A folder includes itself, include/ and lower floors: never sideways, never up
(the floors are in floors.py, next to this file). base, codec, gate, wasm and
shim know no libc beyond what a freestanding compiler and mem* give. Tests and
fuzzers (*_test.c, *_fuzz.c, and the folders tests, fuzz and bench) may include
what they like.
"""
import os
import re
import sys

from floors import FLOORS, allowed

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
NO_LIBC = {"attest", "base", "codec", "gate", "wasm", "shim"}
FREESTANDING = {
    "stdint.h", "stddef.h", "stdbool.h", "limits.h", "stdarg.h", "stdatomic.h", "float.h",
    "stdalign.h", "stdnoreturn.h", "cpuid.h",
    "string.h",  # for mem*; the rule below catches the rest of it
    "assert.h",  # the embedder gives __assert_fail
}
STRING_CALL = re.compile(r"\b(str[a-z]{2,}|stp[a-z]+|malloc|calloc|realloc|free|printf|fprintf|"
                         r"snprintf|abort|exit|getenv|memccpy|mempcpy|memmem)\s*\(")
# A header of a library, and the folders whose code may know it.
LIBRARIES = {
    "openssl/": {"crypto", "exec", "host", "cli", "service"},
    "curl/": {"collateral"},
    "jansson.h": {"cli", "service"},
    "seccomp.h": {"host", "exec"},
}


def is_test(path):
    return (path.endswith(("_test.c", "_fuzz.c", "_test.h", "_fuzz.h"))
            or path.split("/")[0] in ("tests", "fuzz", "bench", "tools"))


def sources(root):
    for folder, folders, names in os.walk(root):
        at = os.path.relpath(folder, root)
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build"))
                            and not os.path.islink(os.path.join(folder, f)))
        for name in sorted(names):
            if name.endswith((".c", ".h", ".S", ".def", ".inc")):
                yield os.path.normpath(os.path.join(at, name))


TOKEN = re.compile(r"""(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')""", re.S)


def strip(text, keep_strings=False):
    """Without comments, and without strings unless kept; lines stay where they are."""
    def blank(m):
        if m[2] and keep_strings:
            return m[0]
        return re.sub(r"[^\n]", " ", m[0])
    return TOKEN.sub(blank, text)


class Rules:
    NAMES = ("no '../' in an include", "no include sideways or upwards",
             "every include exists", "no libc below exec", "libraries only where they belong",
             "no call into libc below exec")

    def __init__(self, root):
        self.root = root
        self.broken = {name: [] for name in self.NAMES}

    def say(self, rule, path, line, text):
        self.broken[self.NAMES[rule]].append(f"{path}:{line}: {text}")

    def quoted(self, path, line, target):
        top = path.split("/")[0]
        if ".." in target.split("/"):
            return self.say(0, path, line, target)
        if target.startswith("broch/"):
            target = "include/" + target
        first = target.split("/")[0]
        beside = os.path.join(os.path.dirname(path), target)
        if "/" not in target:
            if not os.path.exists(os.path.join(self.root, beside)):
                self.say(2, path, line, target)
            return None
        if not os.path.exists(os.path.join(self.root, target)):
            return self.say(2, path, line, f"{target} (paths start at the root of the tree)")
        if is_test(path) or first == "include":
            return None
        may = {"base"} if top == "include" else set(allowed(top)) if top in FLOORS else set()
        if first not in may:
            self.say(1, path, line, f"{top} may not include {target}")
        return None

    def angled(self, path, line, target):
        top = path.split("/")[0]
        if is_test(path):
            return
        if top in NO_LIBC and target not in FREESTANDING and not target.endswith("intrin.h"):
            self.say(3, path, line, f"<{target}>")
        for header, folders in LIBRARIES.items():
            if target.startswith(header) and top not in folders:
                self.say(4, path, line, f"<{target}>")

    def file(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as f:
            text = f.read()
        for number, line in enumerate(text.split("\n"), 1):
            m = INCLUDE.match(line)
            if m:
                (self.quoted if m[1] == '"' else self.angled)(path, number, m[2])
        if path.split("/")[0] not in NO_LIBC or is_test(path):
            return
        for number, line in enumerate(strip(text).split("\n"), 1):
            for m in STRING_CALL.finditer(line):
                if not re.search(r"(->|\.)\s*$", line[:m.start()]):
                    self.say(5, path, number, m[1])


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    rules = Rules(sys.argv[1] if len(sys.argv) > 1 else here)
    for path in sources(rules.root):
        rules.file(path)
    failed = 0
    for name, found in rules.broken.items():
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} - layers: {name}")
        for text in found:
            print(f"#   {text}")
    print(f"{len(rules.broken) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

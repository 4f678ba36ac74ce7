#!/usr/bin/env python3
"""No name of ours is also a library's: symbols.py [BUILD].

A static function of ours and one of a shared library by the same name link without a word, and one
of them is called for the other. One case for each library that a program of ours is linked with.
"""
import glob
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build"))
LIBRARIES = ("libjansson.so", "libcurl.so", "libseccomp.so", "libcrypto.so")
FOLDER = "/usr/lib/x86_64-linux-gnu"


def names(*words):
    out = subprocess.run(["nm", "--defined-only", *words], capture_output=True, text=True,
                         check=False).stdout
    rows = (line.split() for line in out.splitlines())
    return {r[2].split("@")[0] for r in rows if len(r) == 3 and r[1] in "TDRBVW"}


def main():
    archives = [a for a in glob.glob(os.path.join(BUILD, "lib*.a")) if "broch" not in a]
    if not archives:
        print(f"skip - symbols: nothing is built in {BUILD}")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    ours = names(*archives)
    failed = 0
    for library in LIBRARIES:
        both = sorted(ours & names("-D", os.path.join(FOLDER, library)))
        failed += bool(both)
        print(f"{'not ok' if both else 'ok'} - symbols: none is {library}'s too")
        for name in both:
            print(f"#   {name}")
    print(f"{len(LIBRARIES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Make the include directories of each folder: floors.py SOURCE BUILD.

BUILD/floors/X holds links to the folders that folder X may include from, and
to nothing else, so that an include that breaks the floor rule does not compile.
"""
import os
import sys

# The one list of floors; tools/layers.py reads it too.
FLOORS = {
    "base": 0,
    "crypto": 1, "codec": 1, "gate": 1,
    "measure": 2, "attest": 2, "wasm": 2,
    "exec": 3, "shim": 3, "host": 3, "collateral": 3,
    "service": 4, "cli": 4, "oci": 4, "k8s": 4, "hv": 4,
}


def allowed(folder):
    """The folders that `folder` may include from, itself among them."""
    mine = FLOORS[folder]
    return sorted(f for f, floor in FLOORS.items() if floor < mine or f == folder)


def main():
    source, build = sys.argv[1:3]
    for folder in FLOORS:
        there = os.path.join(build, "floors", folder)
        os.makedirs(there, exist_ok=True)
        links = {other: os.path.join(source, other) for other in allowed(folder)}
        links["include"] = os.path.join(source, "include")
        links["broch"] = os.path.join(source, "include", "broch")
        for other, target in links.items():
            link = os.path.join(there, other)
            if os.path.islink(link):
                if os.readlink(link) == target:
                    continue
                os.unlink(link)
            os.symlink(target, link)


if __name__ == "__main__":
    main()

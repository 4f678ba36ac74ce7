#!/usr/bin/env python3
"""Planted faults for tools/layers.py: each must be found, and the good tree must pass."""
import os
import subprocess
import sys
import tempfile

TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools",
                    "layers.py")

GOOD = {
    "base/a.h": "#include <stdint.h>\n",
    "base/a.c": '#include "a.h"\n#include <string.h>\n/* strlen(x) */\nint f(void);\n',
    "base/a_test.c": '#include "codec/b.h"\n#include <stdio.h>\n',
    "codec/b.h": '#include "base/a.h"\n',
    "wasm/c.c": '#include "base/a.h"\n#include "codec/b.h"\n#include "wasm/c.h"\n',
    "wasm/c.h": '#include "include/broch/e.h"\n',
    "host/h.h": "#include <stdio.h>\n",
    "exec/d.c": '#include <stdio.h>\n#include "wasm/c.h"\n#include <openssl/evp.h>\n',
    "include/broch/e.h": '#include "base/a.h"\n',
}
BAD = (
    ("up", "base/x.c", '#include "codec/b.h"\n'),
    ("sideways", "exec/x.c", '#include "host/h.h"\n'),
    ("sideways, shim and host", "shim/x.c", '#include "host/h.h"\n'),
    ("the public header looks up", "include/broch/x.h", '#include "wasm/c.h"\n'),
    ("a dot dot", "wasm/x.c", '#include "../base/a.h"\n'),
    ("a dot dot in the middle", "wasm/x.c", '#include "wasm/../exec/d.h"\n'),
    ("what is not there", "wasm/x.c", '#include "wasm/none.h"\n'),
    ("tests/ from shipped code", "wasm/x.c", '#include "base/a_test.c"\n#include "tests/t.h"\n'),
    ("libc in the engine", "wasm/x.c", "#include <stdio.h>\n"),
    ("libc in base, spaced out", "base/x.h", "#  include  <stdlib.h>\n"),
    ("a call without a header", "codec/x.c", "int g(void) { return strlen(p); }\n"),
    ("openssl in the engine", "wasm/x.c", "#include <openssl/evp.h>\n"),
    ("seccomp in the tool", "cli/x.c", "#include <seccomp.h>\n"),
)


def judge(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        return subprocess.run([sys.executable, TOOL, root], text=True, capture_output=True)


def main():
    failed = 0
    ran = judge(GOOD)
    cases = [("a good tree passes", ran.returncode == 0, ran.stdout)]
    for name, path, text in BAD:
        ran = judge(dict(GOOD, **{path: text, "tests/t.h": ""}))
        found = ran.returncode == 1 and f"{path}:" in ran.stdout
        cases.append((f"found: {name}", found, ran.stdout))
    for name, holds, out in cases:
        failed += not holds
        print(f"{'ok' if holds else 'not ok'} - layers.py: {name}")
        if not holds:
            print("\n".join("#   " + line for line in out.splitlines()))
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

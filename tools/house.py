#!/usr/bin/env python3
"""The house rules that a machine can judge: house.py [--build DIR]. One case per rule.

layers.py has the rules about includes; tools/format those about layout.
"""
import argparse
import os
import re
import subprocess
import sys

from layers import is_test, strip

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINES_MAX = 800
COLUMNS_MAX = 100

# Who may copy raw memory outside base and gate, and why. Everybody else goes
# through reader, writer and arena.
RAW_COPY = {
    "codec": "assembles its outputs in fixed structures of its own",
    "collateral": "assembles names, addresses and entries of its own",
    "attest": "assembles the bytes that signatures and digests are over",
    "crypto": "hands digests and keys to a library that takes plain arrays",
    "wasm": "is the engine: memory.copy is its business, and its arrays live in arenas",
    "exec": "moves guest bytes after the engine checked their bounds",
    "measure": "writes page tables and structures of the processor into a page of bytes",
    "shim": "is a kernel: frames, descriptors and pages are bytes to it",
    "host": "fills structures of the kernel, which wants them so",
    "cli": "builds requests out of the user's own words",
}
SECRET = re.compile(r"\w_key\b|secret|\bmac\b|_mac\b|auth_?tag|_token\b|password", re.I)
UNSAFE = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|system|popen|tmpnam|mktemp|"
                    r"strtok|atoi|atol|atoll|rand|srand)\s*\(")
# Split, so that this file keeps its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
                        + r")\b")
TEXT = (".c", ".h", ".S", ".def", ".inc", ".py", ".md", ".build", ".txt", ".yml", ".toml", ".wat",
        ".mjs", ".js")
C_FILES = (".c", ".h", ".def", ".inc")

rules = []


def rule(name):
    def add(function):
        rules.append((name, function))
        return function
    return add


def names_of_tree():
    """Every file that is ours, tracked or about to be."""
    try:
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                                text=True, capture_output=True, check=True)
        return listed.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        pass  # an unpacked archive, or no git
    names = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f == ".ci" or not f.startswith((".", "build", "__"))]
        names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files]
    return names


def tree():
    names = names_of_tree()
    for name in sorted(names):
        path = os.path.join(ROOT, name)
        if os.path.islink(path) or not os.path.isfile(path) or name.startswith("fuzz/corpus/"):
            continue
        if name.endswith(TEXT) or (not os.path.splitext(name)[1] and is_script(path)):
            with open(path, encoding="utf-8", errors="replace") as f:
                yield name, f.read()


def is_script(path):
    with open(path, "rb") as f:
        return f.read(2) == b"#!"


def lines_of(files, kinds, pattern, code_only=True):
    for name, text in files.items():
        if not name.endswith(kinds):
            continue
        body = strip(text) if code_only else text
        for number, line in enumerate(body.split("\n"), 1):
            m = pattern.search(line)
            if m:
                yield name, number, line, m


@rule(f"no file is longer than {LINES_MAX} lines")
def short_files(files, _):
    for name, text in files.items():
        if text.count("\n") > LINES_MAX and not name.endswith(".md") and name != "LICENSE":
            yield f"{name}: {text.count(chr(10))} lines"


@rule(f"no line of code is wider than {COLUMNS_MAX} columns")
def narrow_lines(files, _):
    for name, text in files.items():
        if name.endswith((".c", ".h", ".py", ".build")):  # tables (*.def) may be wider
            for number, line in enumerate(text.split("\n"), 1):
                if len(line) > COLUMNS_MAX:
                    yield f"{name}:{number}: {len(line)} columns"


@rule("no tabs, trailing blanks, carriage returns; a last line that ends")
def blanks(files, _):
    for name, text in files.items():
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line or "\r" in line or line != line.rstrip():
                yield f"{name}:{number}"
        if text and not text.endswith("\n"):
            yield f"{name}: the last line does not end"


@rule("nothing is marked unfinished")
def unfinished(files, _):
    for name, number, _, m in lines_of(files, TEXT, UNFINISHED, code_only=False):
        yield f"{name}:{number}: {m[1]}"


@rule("a header says what it is and has a guard")
def headers(files, _):
    for name, text in files.items():
        if not name.endswith(".h"):
            continue
        base = os.path.basename(name)
        if not re.match(rf"/\* (\S+/)?{re.escape(base)}: ", text):
            yield f"{name}: does not begin with '/* {base}: '"
        if not re.search(r"^#ifndef (\w+)\n#define \1$", text, re.M):
            yield f"{name}: no include guard"


@rule("a source includes its own header first")
def own_header(files, _):
    for name, text in files.items():
        header = name[:-2] + ".h"
        if not name.endswith(".c") or header not in files:
            continue
        first = re.search(r'^\s*#\s*include\s*[<"]([^">]+)', text, re.M)
        if not first or first[1] not in (header, os.path.basename(header)) \
                and "include/broch/" not in first[1]:
            yield f"{name}: first includes {first[1] if first else 'nothing'}"


@rule("a fuzzer's first line says what it covers")
def fuzz_covers(files, _):
    for name, text in files.items():
        if name.endswith("_fuzz.c") and not text.startswith("/* Covers: "):
            yield name


@rule("every C file is built")
def built(files, _):
    listed = {}
    for name, text in files.items():
        if os.path.basename(name) == "meson.build":
            folder = os.path.dirname(name)
            for m in re.finditer(r"'([\w./-]+\.[cS])'", text):
                listed[os.path.normpath(os.path.join(folder, m[1]))] = name
    for name in files:
        if name.endswith((".c", ".S")) and name not in listed \
                and not name.startswith(("bench/", "tests/", "examples/", "docs/")):
            yield f"{name} is in no meson.build"


@rule("raw memory is copied only where it may be")
def raw_copy(files, _):
    for name, number, _, m in lines_of(files, C_FILES, re.compile(r"\b(memcpy|memmove)\s*\(")):
        top = name.split("/")[0]
        if top not in ("base", "gate") and top not in RAW_COPY and not is_test(name):
            yield f"{name}:{number}: {m[1]}"


@rule("secrets are not compared with memcmp")
def raw_compare(files, _):
    for name, number, line, m in lines_of(files, C_FILES,
                                          re.compile(r"\b(memcmp|bytes_equal|strcmp)\s*\(")):
        if not is_test(name) and SECRET.search(line[m.end():]):
            yield f"{name}:{number}: {line.strip()}"


@rule("no function that cannot be used safely")
def unsafe(files, _):
    for name, number, line, m in lines_of(files, C_FILES, UNSAFE):
        if is_test(name) or name.startswith("examples/"):
            continue
        if not re.search(r"(->|\.)\s*$", line[:m.start()]):  # a member of that name is fine
            yield f"{name}:{number}: {m[1]}"


@rule("every limit has its reason beside it")
def limits(files, _):
    for name, text in files.items():
        if os.path.basename(name) != "limits.h":
            continue
        before = ""
        for number, line in enumerate(text.split("\n"), 1):
            told = "/*" in line or before.endswith("*/") or re.match(r"#define LIMIT_", before)
            if re.match(r"#define LIMIT_\w+ ", line) and not told:
                yield f"{name}:{number}: {line}"
            before = line.rstrip()


@rule("links in documents lead somewhere")
def links(files, _):
    for name, text in files.items():
        if not name.endswith(".md"):
            continue
        prose = re.sub(r"```.*?```", "", text, flags=re.S)
        for m in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", prose):
            if re.match(r"[a-z]+:", m[1]):
                continue
            if not os.path.exists(os.path.join(ROOT, os.path.dirname(name), m[1])):
                yield f"{name}: {m[1]}"


@rule("paths named in the documents of the root exist")
def named_paths(files, _):
    tops = {n.split("/")[0] for n in files if "/" in n}
    for name in ("README.md", "ARCHITECTURE.md", "HACKING.md"):
        for m in re.finditer(r"`((?:\./)?[\w-]+/[\w./-]+)`", files.get(name, "")):
            path = m[1].removeprefix("./")
            if re.search("[A-Z]{3}|X_", path):
                continue  # a word to be filled in
            if path.split("/")[0] in tops and not os.path.exists(os.path.join(ROOT, path)):
                yield f"{name}: {m[1]}"


@rule("shell scripts refuse names that are not set")
def shell(files, _):
    for name, text in files.items():
        if re.match(r"#!.*\b(ba)?sh\b", text) and not re.search(r"^set -e?u", text, re.M):
            yield name


@rule("broch-exec is static, position independent, and never writable and executable")
def exec_image(_, build):
    path = os.path.join(build, "broch-exec")
    if not os.path.exists(path):
        raise LookupError(f"{os.path.relpath(path, ROOT)} is not built")
    out = subprocess.run(["readelf", "-hlWnd", path], text=True, capture_output=True, check=True,
                         env={**os.environ, "LC_ALL": "C"}).stdout
    if not re.search(r"^\s*Type:\s+DYN", out, re.M):
        yield "not position independent"
    if re.search(r"^\s*INTERP ", out, re.M) or "(NEEDED)" in out:
        yield "wants an interpreter or a library"
    for m in re.finditer(r"^\s*(LOAD|GNU_STACK)\s.*?\s([R ][W ][E ])\s+0x", out, re.M):
        if "W" in m[2] and "E" in m[2]:
            yield f"a {m[1]} segment is {m[2]}"
    for part in ("GNU_STACK", "GNU_RELRO"):
        if part not in out:
            yield f"no {part} header"
    if "Build ID" in out:
        yield "a build id"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    build = os.path.abspath(parser.parse_args().build)
    files = dict(tree())
    passed = failed = skipped = 0
    for name, function in rules:
        try:
            found = list(function(files, build))
        except LookupError as reason:
            skipped += 1
            print(f"skip - house: {name}: {reason}")
            continue
        print(f"{'not ok' if found else 'ok'} - house: {name}")
        for text in found:
            print(f"#   {text}")
        failed += bool(found)
        passed += not found
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Holds tests/lessons.txt to its word: every test that it names is there, and carries the id.

Also that every id which a test carries is listed. One case per row.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "tests", "lessons.txt")
MARK = re.compile(r"\blesson ([A-Z][0-9]+)\b")
ROW = re.compile(r"([A-Z][0-9]+) +\| (tested|open) +\| (.+)")


def rows():
    with open(TABLE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.strip() and not line.startswith("#"):
                m = ROW.fullmatch(line.strip())
                if m is None:
                    raise ValueError(f"tests/lessons.txt:{number}: expected ID | state | text")
                yield m.groups()


def text_of(name):
    try:
        with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return None


def faults(lesson, state, text):
    if state == "open":
        return
    for name in text.split():
        content = text_of(name)
        if content is None:
            yield f"{name} is not there"
        elif lesson not in MARK.findall(content):
            yield f"{name} does not carry the words `lesson {lesson}`"


def marked():
    """Ids in the tree, with a file that carries each."""
    found = {}
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                               text=True, capture_output=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return found  # no git: the rows are still checked
    for name in names:
        if re.search(r"(_test\.c|_fuzz\.c|\.wast|^tests/.*)$", name) and "lessons" not in name:
            for lesson in MARK.findall(text_of(name) or ""):
                found.setdefault(lesson, name)
    return found


def main():
    passed = failed = 0
    listed = {}
    for lesson, state, text in rows():
        wrong = list(faults(lesson, state, text))
        if lesson in listed:
            wrong.append("listed twice")
        listed[lesson] = state
        print(f"{'not ok' if wrong else 'ok'} - lesson {lesson}, {state}"
              f"{': ' + '; '.join(wrong) if wrong else ''}")
        failed, passed = failed + bool(wrong), passed + (not wrong)
    for lesson, name in sorted(marked().items()):
        if listed.get(lesson) != "tested":
            print(f"not ok - {name} carries lesson {lesson}, not listed as tested")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""CBOR vectors: RFC 8949's appendix A (decoded value or diagnostic notation) and byte strings
that are not well-formed. Through the helper cbor-diagnostic (tests/cbor_diagnostic.c)."""
import json
import math
import os
import struct


# Vectors of RFC 7049 that RFC 8949 took back: its section 3.3 and appendix F name the two-byte
# forms of simple values below 32 as not well-formed.
SUPERSEDED = ("f818",)


def run(case):
    for name in case.names():
        if not name.endswith(".json") or name == "case.json":
            continue
        for vector in vectors(case.json(name)):
            yield from (f"{name}: {fault}" for fault in vector_faults(case, *vector))


def vectors(document):
    """(hex, expected entry or None where it must be refused)"""
    if isinstance(document, dict):
        for entries in document.values():
            for entry in entries:
                yield (entry if isinstance(entry, str) else entry["hex"]), None
        return
    for entry in document:
        refused = entry.get("fail") or ("decoded" not in entry and "diagnostic" not in entry)
        yield entry["hex"], None if refused or entry["hex"] in SUPERSEDED else entry


def vector_faults(case, text, entry):
    tool = os.path.join(case.helpers, "cbor-diagnostic")
    code, out, err = case.program(tool, stdin=text.encode() + b"\n")
    if code != 0:
        yield f"{text}: exit code {code}: {err.decode('utf-8', 'replace')[:200]}"
        return
    answer = json.loads(out)
    if entry is None or answer.get("refused"):
        if (entry is None) != bool(answer.get("refused")):
            yield f"{text}: {'refused' if entry else 'accepted'}"
        return
    if "decoded" in entry and not equal(decoded(answer["item"]), entry["decoded"]):
        yield f"{text}: {answer['item']} instead of {entry['decoded']!r}"
    if "diagnostic" in entry and diagnostic(answer["item"]) != entry["diagnostic"]:
        yield f"{text}: {diagnostic(answer['item'])} instead of {entry['diagnostic']}"
    if entry.get("roundtrip") and answer["again"] not in (None, text):
        yield f"{text}: written again as {answer['again']}"


SIMPLE = {20: False, 21: True, 22: None}
FORMS = {2: ">e", 4: ">f", 8: ">d"}


def number(item):
    """A float's value."""
    width = item[1]
    return struct.unpack(FORMS[width], bytes.fromhex(item[2])[8 - width:])[0]


def decoded(item):
    what = item[0]
    if what == "uint":
        return int(item[1])
    if what == "negative":
        return -1 - int(item[1])
    if what == "text":
        return bytes.fromhex(item[1]).decode()
    if what == "chunks" and item[1] == "text":
        return "".join(decoded(part) for part in item[2])
    if what == "array":
        return [decoded(part) for part in item[1]]
    if what == "map":
        return {decoded(key): decoded(value) for key, value in item[1]}
    if what == "simple" and item[1] in SIMPLE:
        return SIMPLE[item[1]]
    if what == "float":
        return number(item)
    if what == "tag" and item[1] in ("2", "3"):  # big numbers (RFC 8949, 3.4.3)
        n = int(item[2][1] or "0", 16)
        return n if item[1] == "2" else -1 - n
    return diagnostic(item)


def diagnostic(item):
    """RFC 8949, section 8."""
    what = item[0]
    if what in ("uint", "negative"):
        return str(decoded(item))
    if what == "bytes":
        return f"h'{item[1]}'"
    if what == "text":
        return json.dumps(decoded(item), ensure_ascii=False)
    if what == "chunks":
        return "(_ " + ", ".join(diagnostic(part) for part in item[2]) + ")"
    if what == "array":
        return "[" + ", ".join(diagnostic(part) for part in item[1]) + "]"
    if what == "map":
        return "{" + ", ".join(f"{diagnostic(k)}: {diagnostic(v)}" for k, v in item[1]) + "}"
    if what == "tag":
        return f"{item[1]}({diagnostic(item[2])})"
    if what == "float":
        n = number(item)
        if math.isnan(n):
            return "NaN"
        return ("-" if n < 0 else "") + "Infinity" if math.isinf(n) else repr(n)
    names = {20: "false", 21: "true", 22: "null", 23: "undefined"}
    return names.get(item[1], f"simple({item[1]})")


def equal(a, b):
    """Numbers of one kind alone: 1.0 is not 1, True is not 1."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b

"""SIGSTRUCTs: what EINIT checks, and every field."""
import json

from harness import differ

NAMES = {"mrenclave": "enclavehash"}


def measure(case, words):
    """(exit code, result, what was said)."""
    code, out, err = case.broch("measure", "sgx", "--json", *words)
    return code, json.loads(out) if out else {}, err.decode("utf-8", "replace").strip()


def fields_faults(case, found):
    for name, wanted in case.fields.items():
        yield from differ(name, found.get(NAMES.get(name, name)), wanted)


def run(case):
    name = next(n for n in case.names() if case.entry["files"][n]["size"] == 1808)
    code, result, error = measure(case, [case.file(name)])
    found = result.get("sigstruct") or {}
    good = case.expected.get("verdict") == "sigstruct_valid"
    if (code == 0) != good or found.get("valid") is not good:
        yield f"exit code {code}: {error}"
    yield from fields_faults(case, found)
    if good:
        yield from changed_faults(case, name)


def changed_faults(case, name):
    """One bit of every part: constants, key, signature, what is signed, the two quotients."""
    raw = case.bytes(name)
    for at in (0, 16, 24, 60, 128, 511, 512, 516, 899, 900, 905, 908, 912, 928, 950, 960, 991, 992,
               1008, 1024, 1026, 1030, 1040, 1423, 1424, 1807):
        data = bytearray(raw)
        data[at] ^= 1
        case.change(name, bytes(data))
        if measure(case, [case.file(name)])[0] != 1:
            yield f"byte {at} changed, and nobody noticed"
        case.restore()

"""Cases of a kind that has no module: the evidence is found among the files by asking broch what
each is, the rest goes beside it, and the index's verdict and reasons are compared."""
from harness import verdict_faults, wish

OTHERS = ("case.json", "expected", "origin", "claims", "readme", "vectors")
SUPPORTS = ("cert", "crl", "ocsp", "key", "tcb-info", "qe-identity", "rim", "corim", "tpm-public",
            "tpm-signature", "tpm-pcrs", "event-log", "se-key")

also_verify = False


def files_of(case):
    return [n for n in case.names()
            if case.has(n) and not any(o in n.lower() for o in OTHERS)]


def is_root(name):
    return "root" in name.lower() or "anchor" in name.lower()


def roots(case, names):
    words = []
    for name in names:
        words += (["--root"] if is_root(name) else []) + [case.file(name)]
    return words


def kinds(case):
    """The kind of each file that broch can read."""
    found = {}
    for name in files_of(case):
        items = case.inspect(case.file(name))
        if items:
            found[name] = items[0].get("kind") or "?"
    return found


def arguments(case):
    found = kinds(case)
    evidence = [n for n, kind in found.items() if kind not in SUPPORTS]
    named = [n for n in evidence if any(w in n for w in ("quote", "report", "token", "evidence"))]
    first = named[:1] or evidence[:1] or files_of(case)[:1]
    return roots(case, first + [n for n in files_of(case) if n not in first
                                and found.get(n) in SUPPORTS])


def run(case):
    if wish(case) == "read":
        if not kinds(case):
            yield "broch inspect reads none of the files"
        return
    code, result = case.verify(arguments(case))
    if wish(case) == "refuse" and code == 65:
        return  # a file that is no evidence at all
    yield from verdict_faults(case, code, result)

"""TCB info and QE identities whose signatures are placeholders: what the parsers take."""
import fnmatch

MALFORMED = ("*Negative*", "*_missing_*")


def is_malformed(case, name):
    patterns = [p for k in case.expected for p in k.split("|") if "*" in p] or MALFORMED
    return any(fnmatch.fnmatch(name, f"*{p.strip('*')}*") for p in patterns)


def run(case):
    for name in case.names():
        if not name.endswith(".json") or name == "case.json":
            continue
        items = case.inspect(case.file(name))
        known = bool(items) and items[0]["kind"] in ("tcb-info", "qe-identity")
        if is_malformed(case, name) and known:
            yield f"{name}: read without a complaint"
        elif not is_malformed(case, name) and not known:
            yield f"{name}: not read as TCB info or QE identity: {items and items[0]['kind']}"

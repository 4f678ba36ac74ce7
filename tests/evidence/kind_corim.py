"""CoRIMs: those that the index names are read, the others of a case are refused."""
import fnmatch


def expected(case, name):
    """The index says "accept" or "reject" for a name, a pattern, or a word in names."""
    for pattern, what in case.expected.items():
        if fnmatch.fnmatch(name, pattern):
            return what
    for word, what in case.expected.items():
        if word in name:
            return what
    return None


def run(case):
    for name in case.names():
        if not name.endswith((".cbor", ".corim", ".cose")):
            continue
        what = expected(case, name)
        items = case.inspect(case.file(name))
        if what == "accept" and (not items or not items[0]["fields"].get("values")):
            yield f"{name}: refused"
        elif what == "reject" and items is not None:
            yield f"{name}: accepted"
        elif what is None:
            yield f"{name}: the index does not say what is expected"

"""CoRIMs: those that the index names are read, the others of a case are refused."""
from harness import accepts


def run(case):
    for name in case.names():
        if not name.endswith((".cbor", ".corim", ".cose")):
            continue
        good = accepts(case, name)
        items = case.inspect(case.file(name))
        if good and (not items or not items[0]["fields"].get("values")):
            yield f"{name}: refused"
        elif not good and items is not None:
            yield f"{name}: accepted"

"""Claim sets of Arm CCA tokens, unsigned. Through the helper cca-claims (tests/cca_claims.c)."""
import fnmatch
import os


def run(case):
    for name in case.names():
        if not name.endswith(".cbor"):
            continue
        patterns = [(p, what) for p, what in case.expected.items() if fnmatch.fnmatch(name, p)]
        if not patterns:
            yield f"{name}: the index does not say what is expected"
            continue
        wanted = patterns[0][1]
        tool = os.path.join(case.helpers, "cca-claims")
        code, out, _ = case.program(tool, stdin=case.bytes(name))
        if code not in (0, 1) or (code == 0) != (wanted == "accept"):
            yield f"{name}: exit code {code} ({out.decode().strip()}) instead of {wanted}"

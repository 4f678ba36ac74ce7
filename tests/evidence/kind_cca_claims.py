"""Claim sets of Arm CCA tokens, unsigned. Through the helper cca-claims (tests/cca_claims.c)."""
import os

from harness import accepts


def run(case):
    for name in case.names():
        if not name.endswith(".cbor"):
            continue
        wanted = "accept" if accepts(case, name) else "reject"
        tool = os.path.join(case.helpers, "cca-claims")
        code, out, _ = case.program(tool, stdin=case.bytes(name))
        if code not in (0, 1) or (code == 0) != (wanted == "accept"):
            yield f"{name}: exit code {code} ({out.decode().strip()}) instead of {wanted}"

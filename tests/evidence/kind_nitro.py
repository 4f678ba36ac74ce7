"""AWS Nitro attestation documents. Certificates beside a document are roots to trust instead of
AWS's own."""
import os

from harness import differ, wish


def document(case):
    names = [n for n in case.names() if n.endswith((".cbor", ".cose", ".bin", ".b64", ".hex"))]
    return case.file("attestation.cbor" if "attestation.cbor" in names else names[0])


def roots(case):
    return [n for n in case.names() if n.endswith((".crt", ".pem", ".cer", ".der"))]


def readable(case, name):
    """A damaged root is no root: broch says so, and each must be refused by itself (run)."""
    return case.broch("inspect", case.file(name))[0] == 0


also_verify = True


def run(case):
    for name in roots(case):
        words = ["--only-roots", "--root", case.file(name), document(case)]
        code, result = case.verify(words)
        # A root that is no certificate is refused before anything is judged.
        if wish(case) == "refuse" and code not in (1, 2):
            yield f"{name} as the root: exit code {code}: {result.get('broken', 'accepted')}"


def arguments(case):
    words = []
    for name in roots(case):
        if readable(case, name):
            words += ["--root", case.file(name)]
    if roots(case):
        words.append("--only-roots")
    return words + [document(case)]


SAME = ("module_id", "digest", "public_key", "user_data", "nonce", "tag", "debug_mode")


def fields(case, result):
    """Claims where it was accepted; of what was refused, what can be read all the same."""
    accepted = result["verdict"] == "accepted"
    claims = result["claims"]
    wanted = case.fields
    own = claims["own"]
    if not accepted:
        items = case.inspect(document(case))
        if not wanted or items is None:
            return
        own = items[0]["fields"]
    for name in SAME:
        if name in wanted:
            yield from differ(name, own.get(name), wanted[name])
    if "ts" in wanted:
        yield from differ("timestamp", own.get("timestamp"), wanted["ts"])
    if "npcr" in wanted:
        yield from differ("pcr_count", own.get("pcr_count"), wanted["npcr"])
    yield from differ("pcrs", own.get("pcrs"), wanted.get("pcrs", {}))
    if not accepted:
        return
    for index, value in wanted.get("pcrs", {}).items():
        yield from differ(f"registers.pcr{index}", claims["registers"].get(f"pcr{index}"), value)
    if "debug" in case.expected:
        yield from differ("debug", claims["debug"], case.expected["debug"])


def negative_reasons(expected):
    """A changed byte may break the form before the signature is looked at."""
    if "bad_cose_signature" in expected:
        return {"bad_cose_signature", "malformed_cbor"}
    return None

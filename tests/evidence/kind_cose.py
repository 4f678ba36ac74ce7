"""The COSE working group's examples: what is signed, authenticated or bound must be byte for
byte what each example says, and verify or not as its name tells. Through the helper cose-check
(tests/cose_check.c)."""
import base64
import os

# What the library does not do, with the reason. What is signed is compared all the same.
UNSUPPORTED_CURVES = {"Ed448": "no platform signs with it", "secp256k1": "likewise"}
UNSUPPORTED = ("AES-MAC", "AES-CBC", "ChaCha", "HS256/64", "ES256K")  # nor these
OLD_TAGS = ("d903e1", "d903e4", "d903e6", "d903e7")  # before RFC 8152 had its numbers
DIRECT = ("direct", None)  # other ways to a content key (ECDH, key wrap) are in no format of ours


def run(case):
    for name in case.names():
        if name.endswith(".json") and name != "case.json":
            yield from (f"{name}: {fault}" for fault in example_faults(case, name))


def example_faults(case, name):
    example = case.json(name)
    given = example["input"]
    kind, body = body_of(given)
    if kind is None:
        yield f"none of the messages that we know: {', '.join(given)}"
        return
    signers = body["signers"] if kind == "sign" else [body]
    keys = [key_of(s) for s in signers]
    tool = os.path.join(case.helpers, "cose-check")
    external = (signers[0].get("external") or body.get("external") or "") or "-"
    must_fail = bool(example.get("fail")) or "fail" in name
    of_draft = not must_fail and example["output"]["cbor"][:6].lower() in OLD_TAGS
    message = example["output"]["cbor"][6 if of_draft else 0:]
    code, out, err = case.program(tool, kind, message, external,
                                  *[k or "oct:-" for k in keys])
    if code != 0:
        yield f"exit code {code}: {err.decode('utf-8', 'replace')[:200]}"
        return
    lines = out.decode().split()
    if lines == ["refused"]:
        if not must_fail:
            yield "refused"
        return
    inputs = [lines[i + 1] for i, word in enumerate(lines) if word == "input"]
    # A failing example may be one whose protected bytes were changed after it was signed.
    wanted = [w.lower() for w in wanted_inputs(example)]
    if not must_fail and not of_draft and wanted and inputs != wanted:
        yield f"what is signed is {inputs}, not {wanted}"
    good = "wrong" not in lines and "verified" in lines
    if must_fail and good:
        yield "verifies, and must not"
    if not must_fail and not good and all(keys) and not is_unsupported(body, signers):
        yield "does not verify"


def is_unsupported(*parts):
    """Whether an algorithm in these is one that we do not do."""
    names = [str(v) for part in parts for p in (part if isinstance(part, list) else [part])
             for place in (p, p.get("protected") or {}, p.get("unprotected") or {})
             for k, v in place.items() if k == "alg"]
    return any(n.startswith(UNSUPPORTED) for n in names)


def body_of(given):
    for name, kind in (("sign0", "sign1"), ("sign", "sign"), ("mac0", "mac0"), ("mac", "mac"),
                       ("encrypted", "encrypt0"), ("enveloped", "encrypt")):
        if name in given:
            return kind, given[name]
    return None, None


def wanted_inputs(example):
    steps = example.get("intermediates") or {}
    if "signers" in steps:
        return [s["ToBeSign_hex"] for s in steps["signers"] if "ToBeSign_hex" in s]
    for name in ("ToBeSign_hex", "ToMac_hex", "AAD_hex"):
        if name in steps:
            return [steps[name]]
    return []


def key_of(signer):
    """A key as cose-check has it; None where the example's is one that we do not do."""
    key = signer.get("key")
    if key is None:
        recipient = (signer.get("recipients") or [{}])[0]
        parts = {**recipient.get("unprotected", {}), **recipient.get("protected", {})}
        if parts.get("alg") not in DIRECT:
            return None
        key = recipient.get("key") or {}
    if key.get("crv") in UNSUPPORTED_CURVES:
        return None
    number = {n: part(key, n) for n in ("x", "y", "n", "e", "k")}
    if key.get("kty") in ("EC", "EC2"):
        return f"ec:{number['x']}:{number['y']}"
    if key.get("kty") == "OKP":
        return f"okp:{number['x']}"
    if key.get("kty") == "RSA":
        return f"rsa:{number['n']}:{number['e'].removeprefix('00')}"
    return f"oct:{number['k']}" if number["k"] else None


def part(key, name):
    if f"{name}_hex" in key:
        return key[f"{name}_hex"]
    text = key.get(name, "")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()

"""PSA attestation tokens, with their claims in JSON and the device's key as JWK or PEM."""
import base64

from harness import differ

# The lifecycle is a number in both; these names of ours have none in the JSON.
TOKENS = (".cose", ".cbor", ".bin")


def token(case):
    return next(n for n in case.names() if n.endswith(TOKENS))


def is_key(case, name):
    if name.endswith((".pem", ".der", ".jwk")):
        return True
    return name.endswith(".json") and name != "case.json" and "kty" in case.json(name)


def claims_of(case):
    for name in case.names():
        if name.endswith(".json") and name != "case.json" and not is_key(case, name):
            return case.json(name)
    return {}


def arguments(case):
    words = [case.file(token(case))]
    for name in case.names():
        if is_key(case, name):
            words += ["--root", case.file(name)]
    return words


def plain(name, value):
    """A claim of the JSON form (draft-tschofenig-rats-psa-token, 4) as broch shows it: bytes are
    base64 there, hex here."""
    if isinstance(value, list):
        return [{k.replace("-", "_"): plain(k, v) for k, v in part.items()} for part in value]
    if isinstance(value, str) and name in ("psa-implementation-id", "psa-boot-seed", "psa-nonce",
                                           "psa-instance-id", "measurement-value", "signer-id"):
        return base64.b64decode(value).hex()
    return value


def fields(case, result):
    if result["verdict"] != "accepted":
        return
    own = result["claims"]["own"]
    for name, value in claims_of(case).items():
        ours = name.replace("-", "_")
        yield from differ(ours, own.get(ours), plain(name, value))

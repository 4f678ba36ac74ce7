"""RA-TLS certificates: the evidence in them, and the binding of their key."""
import base64

from harness import differ, wish

also_verify = True


def certificate(case):
    for name in ("cert.pem", "cert.der", "request.csr"):
        if case.has(name):
            return name
    return next(n for n in case.names() if n.endswith((".pem", ".der", ".crt", ".csr")))


def collateral(case):
    return [case.file(n) for n in case.names()
            if n != certificate(case) and n.endswith((".crl", "tcb_info.json", "qe_identity.json"))]


def arguments(case):
    return [case.file(certificate(case))] + collateral(case)


def negative_reasons(expected):
    words = {w.strip() for w in expected.split("(")[0].split("/")}
    return words if all(" " not in w for w in words) else None


def part(own, name):
    """Some words are the quote's, some its body's, some the binding's."""
    for place in (own, own.get("body") or {}, own.get("pck") or {}, own.get("ratls") or {}):
        if name in place:
            return place[name]
    return None


def fields(case, result):
    if result["verdict"] != "accepted":
        return
    own = result["claims"]["own"]
    for name, value in case.fields.items():
        if value is not None:
            yield from differ(name, part(own, name), value)
    for name in ("cbor_tag", "pubkey_hash_alg"):
        if name in case.expected:
            yield from differ(name, own["ratls"].get(name), case.expected[name])


def der_of(data):
    if b"-----BEGIN" not in data:
        return data
    body = data.split(b"-----BEGIN CERTIFICATE-----")[1].split(b"-----END")[0]
    return base64.b64decode(b"".join(body.split()))


def refused(case, why, data, reasons):
    name = certificate(case)
    case.change(name, data)
    code, result = case.verify(arguments(case))
    case.restore()
    reason = (result.get("reason") or {}).get("id")
    if code == 0 or "broken" in result:
        yield f"{why}: {result.get('verdict') or result}, instead of refused"
    elif reason not in reasons:
        yield f"{why}: reason {reason} is none of {', '.join(sorted(reasons))}"


def run(case):
    if wish(case) != "accept":
        return
    der = der_of(case.bytes(certificate(case)))
    last = bytearray(der)
    last[-1] ^= 1
    yield from refused(case, "another signature", bytes(last), {"bad_certificate_signature"})
    at = der.find(b"pubkey-hash")
    if at >= 0:
        claims = bytearray(der)
        claims[at + 20] ^= 1
        yield from refused(case, "other claims", bytes(claims),
                           {"bad_certificate_signature", "report_data_mismatch"})
    yield from other_key(case, der)
    yield from expectations(case)


def expectations(case):
    code, result = case.verify(arguments(case) + ["--nonce", "00" * 32])
    if code == 0 or (result.get("reason") or {}).get("id") != "nonce_mismatch":
        yield f"a nonce that is not there: {result.get('verdict')}"


def other_key(case, der):
    """The extensions of this certificate in one of another key, signed by that (lesson E3)."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        return
    import warnings
    warnings.simplefilter("ignore")
    old = x509.load_der_x509_certificate(der)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(old.subject, old.subject, key.public_key(), 7,
                                      old.not_valid_before, old.not_valid_after)
    for e in old.extensions:
        if isinstance(e.value, x509.UnrecognizedExtension):
            builder = builder.add_extension(e.value, False)
    new = builder.sign(key, hashes.SHA256())
    yield from refused(case, "another key", new.public_bytes(serialization.Encoding.DER),
                       {"key_binding_mismatch"})

"""Enarx's certificate requests: the evidence in them, and the binding of their key.

For the modules of kinds that have such a request beside report or quote: `csr_faults(case)`
yields what is wrong, and nothing for a case without a request."""


def requests(case):
    return [n for n in case.names() if n.endswith(".csr") and case.has(n)]


def judged(case, name, collateral):
    code, result = case.verify([case.file(name), *collateral])
    return code, result, (result.get("reason") or {}).get("id")


def spki_place(data):
    """Where a byte of the public key is: the last of the first BIT STRING of 66 or 98 bytes."""
    for head in (b"\x03\x42\x00\x04", b"\x03\x62\x00\x04"):
        at = data.find(head)
        if at >= 0:
            return at + 2 + head[1] - 1
    return None


def csr_faults(case, collateral=()):
    for name in requests(case):
        code, result, reason = judged(case, name, collateral)
        if code != 0:
            yield f"{name}: {result.get('verdict') or result}: {reason}"
            continue
        if "ratls" not in (result["claims"].get("own") or {}):
            yield f"{name}: accepted without its binding"
        data = case.bytes(name)
        for what, at in (("signature", len(data) - 1), ("public key", spki_place(data))):
            if at is None:
                continue
            changed = bytearray(data)
            changed[at] ^= 1
            case.change(name, bytes(changed))
            code, result, reason = judged(case, name, collateral)
            case.restore()
            if code == 0 or "broken" in result:
                yield f"{name} with another {what}: {result.get('verdict') or result}"
            elif reason not in ("bad_certificate_signature", "key_binding_mismatch",
                                "certificate_malformed", "unknown_evidence"):
                yield f"{name} with another {what}: reason {reason}"
        yield from other_key(case, name, data, collateral)


def other_key(case, name, data, collateral):
    """The same evidence in a request of another key, signed well (lesson E3)."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        return
    old = x509.load_der_x509_csr(data)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for e in old.extensions:
        builder = builder.add_extension(x509.UnrecognizedExtension(e.oid, e.value.value), False)
    new = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    case.change(name, new.public_bytes(serialization.Encoding.DER))
    code, result, reason = judged(case, name, collateral)
    case.restore()
    if code == 0 or reason != "key_binding_mismatch":
        yield f"{name} of another key: {result.get('verdict')}, {reason}"

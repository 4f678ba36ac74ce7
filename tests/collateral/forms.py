"""Synthetic collateral: what AMD's and Intel's services would send, of the right shape, for chips
that do not exist. Nothing is signed: what is fetched is told by its contents, and whether it is
genuine is the verifier's to say."""
import base64
import datetime
import json
import struct
import urllib.parse

AMD = "1.3.6.1.4.1.3704.1"
SGX = "1.2.840.113741.1.13.1"
CHIP = bytes(range(1, 65))
TCB = bytes([3, 0, 0, 0, 0, 0, 8, 115])  # boot loader, TEE, reserved, SNP, microcode
FMSPC = bytes.fromhex("00a067110000")


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        size = bytes([len(body)])
    else:
        raw = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        size = bytes([128 | len(raw)]) + raw
    return bytes([tag]) + size + body


def seq(*parts):
    return tlv(0x30, *parts)


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for n in [first * 40 + second, *rest]:
        part = [n & 127]
        while n := n >> 7:
            part.append(n & 127 | 128)
        out += bytes(reversed(part))
    return tlv(6, out)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(b):
    return tlv(4, b)


def name(cn):
    return seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x0c, cn.encode()))))


def moment(at):
    return tlv(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())


ECDSA = seq(oid("1.2.840.10045.4.3.2"))
SIGNATURE = tlv(3, b"\0" + seq(integer(1), integer(1)))
SPKI = seq(seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), tlv(3, b"\0\4" + bytes(64)))


class Time:
    def __init__(self, now):
        self.now = now

    def at(self, days):
        return self.now + datetime.timedelta(days=days)

    def text(self, days):
        return self.at(days).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(time, subject, issuer, extensions=(), days=365):
    exts = [seq(oid(at), octets(value)) for at, value in extensions]
    tbs = seq(tlv(0xa0, integer(2)), integer(1), ECDSA, name(issuer),
              seq(moment(time.at(-30)), moment(time.at(days))), name(subject), SPKI,
              *([tlv(0xa3, seq(*exts))] if exts else []))
    return seq(tbs, ECDSA, SIGNATURE)


def pem(*certificates):
    return "".join("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(c).decode() +
                   "-----END CERTIFICATE-----\n" for c in certificates)


def amd_key(time, subject, issuer, product, tcb, *more):
    order = [1, 2, 4, 5, 6, 7, 3, 8]  # the last arc for each byte of the TCB before Turin
    return certificate(time, subject, issuer, [
        (AMD + ".1", integer(0)), (AMD + ".2", tlv(0x16, (product + "-B0").encode())),
        *((f"{AMD}.3.{arc}", integer(n)) for arc, n in zip(order, tcb)), *more])


def vcek(time, product="Milan", chip=CHIP, tcb=TCB):
    return amd_key(time, "SEV-VCEK", "SEV-" + product, product, tcb, (AMD + ".4", chip))


def vlek(time, product="Milan", tcb=TCB):
    return amd_key(time, "SEV-VLEK", "SEV-VLEK-" + product, product, tcb,
                   (AMD + ".5", tlv(0x16, b"CN=cloud")))


def amd_chain(time, product="Milan", kind="vcek"):
    ask = "SEV-" + ("VLEK-" if kind == "vlek" else "") + product
    ark = "ARK-" + product
    return pem(certificate(time, ask, ark), certificate(time, ark, ark)).encode()


def crl(time, issuer, days=30, since=-1, revoked=0):
    entries = [seq(integer(i + 1), moment(time.at(-40))) for i in range(revoked)]
    tbs = seq(integer(1), ECDSA, name(issuer), moment(time.at(since)), moment(time.at(days)),
              *([seq(*entries)] if entries else []))
    return seq(tbs, ECDSA, SIGNATURE)


def tcb_info(time, tee="SGX", fmspc=FMSPC, days=30, since=-1, evaluation=17):
    parts = {"sgxtcbcomponents": [{"svn": 1}] * 16, "pcesvn": 11}
    inner = {"id": tee, "version": 3, "issueDate": time.text(since), "nextUpdate": time.text(days),
             "fmspc": fmspc.hex(), "pceId": "0000", "tcbType": 0,
             "tcbEvaluationDataNumber": evaluation}
    if tee == "TDX":
        parts["tdxtcbcomponents"] = [{"svn": 1}] * 16
        inner["tdxModule"] = {"mrsigner": "00" * 48, "attributes": "00" * 8,
                              "attributesMask": "ff" * 8}
    inner["tcbLevels"] = [{"tcb": parts, "tcbDate": time.text(-100), "tcbStatus": "UpToDate"}]
    return json.dumps({"tcbInfo": inner, "signature": "00" * 64}).encode()


def qe_identity(time, tee="SGX", days=30):
    inner = {"id": "QE" if tee == "SGX" else "TD_QE", "version": 2, "issueDate": time.text(-1),
             "nextUpdate": time.text(days), "tcbEvaluationDataNumber": 17,
             "miscselect": "00000000", "miscselectMask": "ffffffff", "attributes": "00" * 16,
             "attributesMask": "ff" * 16, "mrsigner": "00" * 32, "isvprodid": 1,
             "tcbLevels": [{"tcb": {"isvsvn": 8}, "tcbDate": time.text(-100),
                            "tcbStatus": "UpToDate"}]}
    return json.dumps({"enclaveIdentity": inner, "signature": "00" * 64}).encode()


def header_chain(time, leaf="Intel SGX TCB Signing"):
    root = "Intel SGX Root CA"
    return urllib.parse.quote(pem(certificate(time, leaf, root), certificate(time, root, root)))


def pck(time, fmspc=FMSPC, ca="Platform"):
    tcb = [seq(oid(f"{SGX}.2.{i}"), integer(1)) for i in range(1, 18)]
    tcb.append(seq(oid(SGX + ".2.18"), octets(bytes(16))))
    value = seq(seq(oid(SGX + ".1"), octets(bytes(16))), seq(oid(SGX + ".2"), seq(*tcb)),
                seq(oid(SGX + ".3"), octets(bytes(2))), seq(oid(SGX + ".4"), octets(fmspc)),
                seq(oid(SGX + ".5"), tlv(0x0a, b"\0")))
    return certificate(time, "Intel SGX PCK Certificate", f"Intel SGX PCK {ca} CA", [(SGX, value)])


def quote(time, tdx=False, ca="Platform"):
    chain = pem(pck(time, ca=ca)).encode()
    vendor = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
    qe = bytes(384) + bytes(64) + struct.pack("<H", 0) + struct.pack("<HI", 5, len(chain)) + chain
    if tdx:
        qe = struct.pack("<HI", 6, len(qe)) + qe
    data = bytes(128) + qe
    head = struct.pack("<HHIHH", 4 if tdx else 3, 2, 0x81 if tdx else 0, 0, 0) + vendor + bytes(20)
    return head + bytes(584 if tdx else 384) + struct.pack("<I", len(data)) + data


def hcl(report):
    """Azure's report with AMD's in it."""
    claims = b'{"keys":[]}'
    return (b"HCLA" + struct.pack("<IIII", 2, len(report), 2, 0) + bytes(12) + report +
            struct.pack("<IIIII", 20 + len(claims), 1, 2, 1, len(claims)) + claims)


def report(version=3, chip=CHIP, tcb=TCB, family=0x19, model=1, vlek=False):
    raw = bytearray(1184)
    struct.pack_into("<IIQ", raw, 0, version, 0, 0x30000)
    struct.pack_into("<I", raw, 0x34, 1)
    struct.pack_into("<I", raw, 0x48, 4 if vlek else 0)
    raw[0x180:0x188] = tcb
    if version >= 3:
        raw[0x188:0x18b] = bytes([family, model, 1])
    raw[0x1a0:0x1e0] = chip
    raw[0x90:0xc0] = bytes(range(48))
    return bytes(raw)

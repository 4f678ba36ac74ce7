"""Azure's confidential VMs: an HCL report, the vTPM's quote, and the hardware's endorsements,
as separate files or in Trustee's JSON."""
import json
import re

from harness import differ, reason_of, same, verdict_faults, wish
from kind_tpm import reasons_of

also_verify = True
PARTS = {"tpm_quote.sig": "tpm-signature=", "tpm_quote.msg": "tpm-quote="}


def nonce_words(case):
    """"ASCII challenge" is text; hexadecimal of some length is bytes."""
    said = case.fields.get("nonce") or case.expected.get("report_data") or ""
    text = said.removeprefix("ASCII ")
    if case.fields.get("quote_nonce"):
        return ["--nonce", case.fields["quote_nonce"]]
    if said == text and len(text) >= 16 and re.fullmatch(r"([0-9a-fA-F]{2})+", text):
        return ["--nonce", text]
    return ["--nonce", text.encode().hex()] if text and text.isascii() else []


def parts(case):
    words = []
    for name in case.names():
        if name in ("origin.json", "case.json") or name.startswith("expected"):
            continue
        if name.endswith(".json") and "evidence" in name and len(case.names()) > 1 and any(
                "hcl" in n for n in case.names()):
            continue  # the same as the files beside it
        if name.startswith("pcrs"):
            words.append("tpm-pcrs=" + case.file(name))
        else:
            words.append(PARTS.get(name, "") + case.file(name))
    return words


def arguments(case):
    whole = [case.file(n) for n in case.names() if n.endswith(".json") and n != "case.json"]
    return (parts(case) or whole[:1]) + nonce_words(case)


def verdict(case, code, result):
    if wish(case) == "read":  # the hardware's and the vTPM's parts are not there
        if code == 0:
            yield "accepted without a quote"
    else:
        yield from verdict_faults(case, code, result)


def whole_faults(case):
    """Trustee's document with all of the evidence in it; the chip's certificate may lie beside."""
    for name in case.names():
        if not name.endswith(".json") or not (name == "origin.json" or "evidence" in name):
            continue
        words = [case.file(name)] + nonce_words(case)
        code, result = case.verify(words)
        if code == 2 and reason_of(result) == "certificate_missing":
            beside = [case.file(n) for n in case.names() if "vcek" in n or "chain" in n]
            code, result = case.verify(words + beside)
        yield from (f"{name}: {f}" for f in verdict_faults(case, code, result))


def run(case):
    yield from whole_faults(case)
    if wish(case) == "read":
        yield from bound(case)
    for how, why in (case.expected.get("mutations_at_origin") or {}).items():
        words = mutated(case, how)
        code, result = case.verify(words) if words else (0, {})
        case.restore()
        reason = (result.get("reason") or {}).get("id")
        if words is None:
            yield f"{how}: a change that the runner does not know"
        elif code == 0:
            yield f"{how}: accepted instead of {why}"
        elif reason not in reasons_of(why):
            yield f"{how}: {reason} instead of {why}"


def bound(case):
    name = next(n for n in case.names() if "hcl" in n)
    found = case.inspect(case.file(name))
    if not found:
        yield f"{name}: no answer from broch inspect"
        return
    f = found[0]["fields"]
    matches = f["report_data"].startswith(f["var_data_digest"])
    if matches != case.expected.get("var_data_digest_matches", True):
        yield f"the digest of the runtime data: {f['var_data_digest']}, in {f['report_data']}"
    yield from hcl_differ(case, f)


def mutated(case, how):
    """Words for the case with one part changed, as the origin's tests do."""
    hcl = next(n for n in case.names() if "hcl" in n)
    data = bytearray(case.bytes(hcl))
    nonce = nonce_words(case)
    if how.startswith("hcl_report["):
        at, _, operation = how[len("hcl_report["):].partition("]")
        at = int(at, 0)
        value = int(operation.lstrip("+=^"), 0)
        data[at] = (data[at] + value if "+=" in operation else value) & 0xff
        case.change(hcl, bytes(data))
    elif how == "nonce reversed":
        nonce = ["--nonce", bytes.fromhex(nonce[1])[::-1].hex()]
    elif case.has("tpm_quote.json"):
        quote = case.json("tpm_quote.json")
        if how.startswith("tpm signature[0]"):
            quote["signature"] = flipped(quote["signature"])
        elif how.startswith("pcrs[0][0]"):
            quote["pcrs"][0] = flipped(quote["pcrs"][0])
        else:
            return None
        case.change("tpm_quote.json", json.dumps(quote).encode())
    else:
        return None
    return parts(case) + nonce


def flipped(text):
    return f"{int(text[:2], 16) ^ 1:02x}" + text[2:]


def hcl_differ(case, own):
    names = {"hcl_version": "hcl_version", "report_type": "report_type", "hash_type": "hash_type",
             "var_hash_type": "hash_type", "var_data_sha256": "var_data_digest",
             "user_data": "user_data", "vm_configuration": "vm_configuration",
             "json_keys": "json_keys"}
    for name, ours in names.items():
        # The header's own version is under no signature: only an HCL report by itself shows it.
        if name in case.fields and (ours in own or name != "hcl_version"):
            yield from differ(name, own.get(ours), case.fields[name])
    if "akpub_kid" in case.fields:
        kids = [k.get("kid") for k in own.get("keys", [])]
        yield from differ("akpub_kid", kids, case.fields["akpub_kid"])


def fields(case, result):
    if result["verdict"] != "accepted":
        return
    own, wanted = result["claims"]["own"], case.fields
    hcl = [n for n in case.names() if n.startswith("hcl")]
    header = case.inspect(case.file(hcl[0]))[0]["fields"] if hcl else {}
    yield from hcl_differ(case, {**header, **own})
    quote = own["quotes"][0]
    if "quote_nonce" in wanted:
        yield from differ("quote_nonce", quote["extra_data"], wanted["quote_nonce"])
    for name, value in {**case.expected, **wanted}.items():
        if name.startswith("pcr") and name[3:].isdigit():
            yield from differ(name, result["claims"]["registers"].get(f"pcr{int(name[3:])}"), value)
    tpm = {"clock": "clock", "resetCount": "reset_count", "restartCount": "restart_count",
           "qualifiedSigner": "qualified_signer"}
    for name, ours in tpm.items():
        if name in (wanted.get("tpm") or {}):
            yield from differ("tpm." + name, quote[ours], wanted["tpm"][name])
    if "firmware" in (wanted.get("tpm") or {}):
        firmware = "0x" + wanted["tpm"]["firmware"]
        yield from differ("tpm.firmware", quote["firmware_version"], firmware)
    for part in ("snp", "td"):
        for name, value in (wanted.get(part) or {}).items():
            found = list(deep_find(own.get(part), name))
            if not any(same(f, value) for f in found):
                yield f"{part}.{name}: {found} instead of {value}"


def deep_find(tree, name):
    """Values of that name, '_' or not, anywhere in the tree."""
    plain = name.replace("_", "")
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key.replace("_", "") == plain:
                yield value
            yield from deep_find(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from deep_find(value, name)


def negative_reasons(text):
    return reasons_of(text)

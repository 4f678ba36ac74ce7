"""TPM 2.0 quotes with what came beside them: signature, PCR values, event log, and a key,
public area or certificate of the attestation key. Several quotes: one for each bank."""
import re

from harness import differ, wish
from reason_classes import reason_faults

also_verify = True


def quotes(case):
    return [n for n in case.names() if n.endswith((".msg", ".attest")) or n == "quote.bin"]


def bank_of(name):
    found = re.search(r"sha\d+", name)
    return found.group(0) if found else ""


def nonce_words(case):
    nonce = case.fields.get("nonce", case.expected.get("nonce", ""))
    if not nonce:
        return []
    if re.fullmatch(r"([0-9a-fA-F]{2})+", nonce):
        return ["--nonce", nonce]
    return ["--nonce", nonce.encode().hex()]


def root_words(case):
    """Google's old root is not public: its intermediates are named as roots, as the index says."""
    words = []
    for name in ("tpm_ek_intermediate_2.crt", "tpm_ek_intermediate_3.crt"):
        words += ["--root", case.common("gcp", name)]
    return words if has_certificate(case) else []


def has_certificate(case):
    return any("cert" in n or n.endswith(".pb") for n in case.names())


def words_for(case, quote):
    """The quote, and those files whose names do not say another bank."""
    bank, words = bank_of(quote), [case.file(quote)]
    stem = quote.rsplit(".", 1)[0]
    for name in case.names():
        of = bank_of(name)
        if name == quote or name in quotes(case) or (of and bank and of != bank):
            continue
        if name.endswith((".sig", ".signature")) and (name.startswith(stem) or of == bank):
            words.append("tpm-signature=" + case.file(name))
        elif name.startswith("pcrs") or name.endswith((".pcr", ".pcrs")):
            words.append("tpm-pcrs=" + case.file(name))
        elif re.match(r"event_?log|ccel|binary_bios", name):
            words.append("event-log=" + case.file(name))
        elif name.endswith((".tpmt_public", ".tpm2b_public", ".der", ".crt", ".pem")):
            words.append(case.file(name))
    return words + root_words(case) + nonce_words(case)


def wholes(case):
    """Messages and documents with all of the evidence in them."""
    return [n for n in case.names() if n.endswith(".pb") or (n.endswith(".json") and (
        n == "origin.json" or "evidence" in n or "quote" in n))]


def arguments(case):
    found = quotes(case)
    if not found:
        return [case.file(n) for n in wholes(case)] + root_words(case) + nonce_words(case)
    best = [n for n in found if bank_of(n) == "sha256"] or found
    return words_for(case, best[0])


def verdict(case, code, result):
    """Cases that can only be read: a quote that no key vouches for is refused, not broken."""
    accepted = code == 0 and result.get("verdict") == "accepted"
    reason = (result.get("reason") or {}).get("id")
    if "broken" in result or accepted != (wish(case) == "accept"):
        yield f"exit code {code}: {result.get('broken') or result['verdict']}: {reason}"
    elif not accepted:
        yield from reason_faults(reason, case.expected.get("reasons"))


def run(case):
    """The other quotes, and all in one message or document."""
    if wish(case) != "accept":
        return
    for name in quotes(case):
        code, result = case.verify(words_for(case, name))
        if code != 0:
            yield f"{name}: exit code {code}: {result.get('reason') or result.get('broken')}"
    for name in wholes(case):
        code, result = case.verify([case.file(name)] + root_words(case) + nonce_words(case))
        if code != 0:
            yield f"{name}: exit code {code}: {result.get('reason') or result.get('broken')}"
        elif "pcrs_from_log" in case.fields:
            yield from registers_differ(result, case.fields["pcrs_from_log"])
    # A quote is nobody's word: strict judging wants somebody to vouch for the key (A10).
    if not has_certificate(case):
        code, result = case.verify(arguments(case), policy="default")
        if code == 0:
            yield "the default policy accepts a key that nobody vouches for"


def registers_differ(result, banks):
    registers = result["claims"]["registers"]
    for bank, values in banks.items():
        for index, value in values.items():
            name = f"pcr{index}" if bank == "sha256" else f"{bank}:pcr{index}"
            if name in registers:
                yield from differ(name, registers[name], value)
            elif len(banks) > 1:
                yield f"{name} is not among the registers"


IDS = {"sha1": 4, "sha256": 11, "sha384": 12, "sha512": 13}


def fields(case, result):
    if result["verdict"] != "accepted":
        return
    own = result["claims"]["own"]
    quote = (own.get("quotes") or [{}])[0]
    wanted = case.fields
    names = {"pcrDigest": "pcr_digest", "qualifiedSigner": "qualified_signer", "clock": "clock",
             "resetCount": "reset_count", "restartCount": "restart_count",
             "firmware": "firmware_version"}
    for name, ours in names.items():
        if name in wanted:
            yield from differ(name, quote.get(ours), wanted[name])
    if wanted.get("nonce") == "":
        yield from differ("nonce", quote.get("extra_data"), "")
    if "ak_name" in wanted:
        yield from differ("ak_name", own.get("ak_name"), wanted["ak_name"])
    if "selection" in wanted:
        found = [[IDS.get(s["hash"], s["hash"]), s["pcrs"]] for s in quote.get("pcr_select", [])]
        yield from differ("selection", found, wanted["selection"])
    for name, values in wanted.items():
        if name.startswith("pcrs_sha"):
            yield from registers_differ(result, {name[len("pcrs_"):]: values})
    if "ak.name" in case.names():
        name = case.bytes("ak.name").hex()
        if own.get("ak_name") not in (name, name[4:]):
            yield f"ak_name: {own.get('ak_name')} instead of {name}"


def negative_reasons(text):
    return reasons_of(text)


def reasons_of(text):
    allowed = set()
    for word, ids in (("bad_tpm_signature", ("bad_tpm_signature",)),
                      ("signature", ("bad_tpm_signature",)),
                      ("pcr digest", ("pcr_digest_mismatch", "pcr_values_malformed",
                                      "bad_tpm_signature", "malformed")),
                      ("runtime data", ("runtime_data_mismatch", "runtime_data_malformed")),
                      ("var data", ("runtime_data_mismatch", "runtime_data_malformed")),
                      ("ak key", ("runtime_data_mismatch", "runtime_data_malformed")),
                      ("snp tcb", ("tcb_mismatch", "bad_report_signature")),
                      ("nonce", ("nonce_mismatch", "report_data_mismatch")),
                      ("event log", ("event_log_mismatch", "event_log_malformed")),
                      ("replay", ("event_log_mismatch", "event_log_malformed"))):
        if word in text.lower():
            allowed.update(ids)
    return allowed

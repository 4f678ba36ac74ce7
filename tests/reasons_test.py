#!/usr/bin/env python3
"""tests/evidence/reason_classes.py: words of one meaning agree, of two never; and each of our own
reasons means something to it."""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "evidence"))
from reason_classes import agree, known, reason_faults  # noqa: E402

ONE = (
    ("crl_expired", "pck_crl_expired"), ("crl_expired", "root_ca_crl_expired"),
    ("tcb_info_expired", "collateral_expired"), ("certificate_expired", "pck_expired"),
    ("certificate_expired", "vcek_expired"), ("certificate_expired", "document_expired"),
    ("certificate_not_yet_valid", "pck_not_yet_valid"), ("untrusted_root", "unknown_root"),
    ("pck_chain_invalid", "untrusted_root"), ("certificate_bad_signature", "pck_chain_invalid"),
    ("crl_bad_signature", "pck_crl_signature_invalid"), ("bad_report_signature", "bad_signature"),
    ("qe_identity_bad_signature", "qe_identity_signature_invalid"),
    ("nonce_mismatch", "wrong_nonce"), ("fmspc_mismatch", "pceid_mismatch"),
    ("tcb_info_mismatch", "pceid_mismatch"), ("pck_revoked", "certificate_revoked"),
    ("tcb_level_not_found", "tcb_not_supported"), ("qe_attributes_mismatch", "qe_debug"),
    ("qe_miscselect_mismatch", "qe_identity_mismatch"), ("malformed", "malformed_cbor"),
    ("hkd_revoked", "HkdRevoked"), ("hkd_expired", "AfterValidity"),
    ("rim_bad_signature", "rim_signature_invalid"), ("event_log_mismatch", "replay mismatch"),
)
TWO = (
    ("crl_expired", "crl_bad_signature"), ("crl_expired", "crl_revoked"),
    ("tcb_info_expired", "tcb_info_bad_signature"), ("pck_revoked", "pck_expired"),
    ("nonce_mismatch", "measurement_mismatch"), ("certificate_revoked", "certificate_expired"),
    ("bad_quote_signature", "bad_qe_report_signature"), ("tcb_revoked", "pck_revoked"),
    ("qe_revoked", "pck_revoked"), ("debug_not_allowed", "bad_quote_signature"),
    ("qe_identity_expired", "tcb_info_expired"), ("chip_id_mismatch", "tcb_mismatch"),
    ("crl_missing", "crl_expired"), ("bad_quote_signature", "tcb_info_bad_signature"),
    ("certificate_expired", "crl_expired"), ("malformed", "bad_report_signature"),
    ("status_not_allowed", "tcb_revoked"), ("rim_bad_signature", "bad_spdm_signature"),
    ("certificate_expired", "certificate_not_yet_valid"),
)
# What is of no evidence's making, and in no index.
OURS_ALONE = {"ambiguous_evidence", "out_of_memory", "crypto_failed", "se_not_a_response",
              "quotes_differ", "migration_agent"}


def own_reasons():
    for path in glob.glob(os.path.join(HERE, "..", "attest", "**", "reasons.def"), recursive=True):
        with open(path, encoding="utf-8") as f:
            yield from re.findall(r"^REASON\((\w+)", f.read(), re.M)


def checks():
    for ours, wanted in ONE:
        yield f"{ours} is {wanted}", agree(ours, wanted)
    for ours, wanted in TWO:
        yield f"{ours} is not {wanted}", not agree(ours, wanted)
    for reason in dict.fromkeys(own_reasons()):
        yield f"{reason} is known", known(reason) or reason in OURS_ALONE
    notes = []
    yield "an unknown word is a note", not list(reason_faults("malformed", ["zork"], notes.append))
    yield "and is shown", len(notes) == 1 and "zork" in notes[0]
    yield "no reason at all is a fault", bool(list(reason_faults(None, ["zork"], notes.append)))


def main():
    failed = [name for name, good in checks() if not good]
    for name in failed:
        print(f"not ok - {name}")
    print(f"{sum(1 for _ in checks()) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

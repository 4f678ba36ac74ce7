"""When two words for a refusal mean the same: the index's and ours.

A word is taken apart into what is wrong (its fault: a signature, a date, a revocation, a
difference, ...) and with what (its subject: a certificate, a list, the TCB information, ...).
Two words are of one class if their faults are equal and neither's subject excludes the other's:
"pck_crl_expired" and "crl_expired" are, "crl_expired" and "crl_bad_signature" never.
"""
import re

# The first that matches tells. A fault of a certificate's signature is one of its chain.
FAULTS = (
    ("revoked", r"revoked|revocation|on_hold|cert(ificate)?_hold|distrust"),
    ("early", r"not_yet|future|early|notbefore|not_before"),
    ("policy", r"not_allowed|policy_rule|too_old|not_accepted|disallowed"),
    ("expired", r"expired|stale|outdated|after_?validity|not_after|notafter|expiry|past"),
    ("level", r"level_not_found|not_supported|no_(tcb_)?level|no_matching_(tcb_)?level"),
    ("chain", r"untrusted|not_trusted|unknown_(root|ca|issuer)|issued_by|issuer|chain|anchor"
              r"|wrong_root|not_ca\b|not_the_makers|path"),
    ("signature", r"bad_\w*signature|bad_sig|signature_(bad|invalid|mismatch|wrong|fail\w*)"
                  r"|(invalid|wrong)_\w*signature|bad_\w*tag|bad_signature|crypto_validation"
                  r"|verification_failed|not_signed|signature_reserved|signature$"),
    ("unsupported", r"unsupported|unknown_(algorithm|version|type|evidence|format)|(un|not_)known"),
    ("malformed", r"malformed|pars(e|ing|able)|decod|truncat|trailing|format|encod|well_?formed"
                  r"|structure|not_cbor|invalid_(cbor|json|der)|bad_(magic|header|length)|no_arcb"
                  r"|length|reserved"),
    ("missing", r"missing|absent|no_\w+|not_found|not_given|unavailable"),
    ("debug", r"debug"),
    ("mismatch", r"mismatch|differ|wrong|binding|not_bound|unbound|not_equal|does_not_match|masked"
                 r"|attributes|replay|unfit|weak|conflict|simulated|invalid"),
)

# Subjects, and of what each is a part: a word of the whole may mean the part.
SUBJECTS = (
    ("crl", r"crl"),
    ("ocsp", r"ocsp"),
    ("rim", r"\brim|reference_manifest|swid"),
    ("tcb_signing", r"tcb_sign|signing_(cert|key)"),
    ("tcb_info", r"tcb_?info|fmspc|pce_?id"),
    ("qe_identity", r"qe_?identity|qve|enclave_identity|qe_(mrsigner|isv|attributes|misc|debug"
                    r"|level|revoked|tcb|out)"),
    ("qe_report", r"qe_report|qe_auth|attestation_key_hash"),
    ("tdx_module", r"tdx_?module|mrsignerseam|mrseam"),
    ("event_log", r"event_?log|rtmr|replay"),
    ("pcr", r"pcr"),
    ("nonce", r"nonce|freshness|challenge(?!d)|report_data"),
    ("runtime_data", r"(var|runtime)_?data|hcl"),
    ("key_binding", r"key_binding|pubkey|public_key|spki|rak"),
    ("chip", r"chip|hwid"),
    ("product", r"product"),
    ("measurement", r"measurement|mrenclave|mrtd|launch_digest"),
    ("ask", r"\bask|asvk|\bark"),
    ("pck", r"pck"),
    ("vek", r"vek|vcek|vlek"),
    ("hkd", r"hkd|host_key"),
    ("root", r"root|anchor"),
    ("certificate", r"cert|chain|leaf|intermediate"),
    ("tcb", r"tcb"),
    ("debug", r"debug"),
    ("signer", r"signer|author"),
    ("evidence", r"quote|report|document|token|cose|spdm|tpm|cbor|platform|realm|arcb|csr"),
)
PARTS = {"certificate": {"pck", "vek", "ask", "tcb_signing", "hkd", "root"},
         "collateral": {"tcb_info", "qe_identity", "crl"},
         "evidence": {"nonce", "measurement", "runtime_data"},
         "tcb": {"tcb_info", "qe_identity", "tdx_module"},
         "pcr": {"event_log"}}
CERTIFICATES = PARTS["certificate"] | {"certificate"}

# What no rule says: words of one meaning.
SAME = (
    {"tcb_level_not_found", "tcb_not_supported", "tcb_not_found", "tcb_unsupported"},
    {"fmspc_mismatch", "tcb_info_mismatch", "tcb_info_wrong_fmspc"},
    {"pceid_mismatch", "pce_id_mismatch", "tcb_info_mismatch", "fmspc_mismatch"},
    {"qe_attributes_mismatch", "qe_debug", "qe_attributes_debug", "qe_identity_mismatch"},
    {"qe_mrsigner_mismatch", "qe_identity_mismatch"},
    {"qe_isvprodid_mismatch", "qe_prodid_mismatch", "qe_identity_mismatch"},
    {"qe_miscselect_mismatch", "qe_identity_mismatch"},
    {"qe_report_data_mismatch", "attestation_key_mismatch", "qe_hash_mismatch",
     "bad_attestation_key_hash", "qe_binding_mismatch"},
    {"tcb_revoked", "tcb_status_revoked", "platform_revoked"},
    {"qe_revoked", "qe_tcb_revoked", "qe_status_revoked"},
    {"tcb_signing_revoked", "tcb_signing_cert_revoked", "certificate_revoked"},
    {"nonce_mismatch", "report_data_mismatch", "wrong_nonce", "challenge_mismatch"},
    {"rak_binding_mismatch", "rak_hash_mismatch", "key_binding_mismatch"},
    {"event_log_mismatch", "rtmr_mismatch", "replay_mismatch", "pcr_mismatch",
     "event_log_replay_mismatch", "pcr_digest_mismatch"},
    {"malformed", "malformed_cbor", "truncated", "trailing_bytes", "evidence_malformed",
     "unknown_evidence", "bad_format"},
    {"policy_debug", "debug_not_allowed", "debug", "debug_enabled"},
    {"certificate_malformed", "bad_certificate", "malformed_certificate", "pck_malformed"},
    {"key_binding_mismatch", "pubkey_hash_mismatch", "spki_mismatch", "tls_key_mismatch",
     "public_key_mismatch"},
    {"bad_certificate_signature", "csr_bad_signature", "bad_csr_signature",
     "certificate_self_signature_invalid"},
    {"tdx_module_mismatch", "tdx_module_unknown", "tdx_module_not_found", "mrsignerseam_mismatch",
     "unknown_tdx_module"},
    {"certificate_expired", "document_expired", "evidence_expired", "token_expired"},
    {"sha1_bank", "weak_hash", "sha1"},
    {"anchor_missing", "untrusted_root", "unknown_trust_anchor", "unknown_key"},
    {"anchor_missing", "bad_platform_signature"},  # a key that cannot have signed is no anchor
)


def plain(word):
    """Case, spaces and hyphens do not matter."""
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word.strip())
    return re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")


def fault(word):
    return next((name for name, rule in FAULTS if re.search(rule, word)), None)


def subject(word):
    spaced = " ".join([word, word.replace("_", " ")])
    return next((name for name, rule in SUBJECTS if re.search(rule, spaced)), None)


def known(word):
    """Whether the word says anything to these rules."""
    return fault(plain(word)) is not None or any(plain(word) in s for s in SAME)


def subjects_agree(a, b):
    return (a is None or b is None or a == b
            or b in PARTS.get(a, ()) or a in PARTS.get(b, ()))


def faults_of(word):
    """A certificate that its issuer did not sign, and a chain that is broken, are one."""
    found = fault(word)
    if found == "signature" and subject(word) in CERTIFICATES:
        return {"signature", "chain"}
    return {found} if found else set()


def agree(ours, wanted):
    """Whether our reason means what the index's word says."""
    ours, wanted = plain(ours), plain(wanted)
    if ours == wanted or any(ours in s and wanted in s for s in SAME):
        return True
    shared = faults_of(ours) & faults_of(wanted)
    if shared == {"chain"} and {subject(ours), subject(wanted)} <= CERTIFICATES:
        return True  # where a chain breaks is told by its link or by its end
    return bool(shared) and subjects_agree(subject(ours), subject(wanted))


def reason_faults(reason, wanted, said=print):
    """Yields a line where our reason is none of the wanted words' class; words that these rules
    do not know are shown beside ours, and judged by a person."""
    if not wanted:
        return
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    if reason and any(agree(reason, w) for w in wanted):
        return
    unknown = [w for w in wanted if not known(w)]
    if unknown and reason:
        said(f"# note: {reason} for the index's {', '.join(unknown)}")
        return
    yield f"reason {reason} is none of {', '.join(wanted)}"

"""IBM host key documents under a test PKI of s390-tools: the chain, and the documents and lists
that must not pass."""
import os
import re

# Names no collateral: lists of revoked keys are needed here.
STRICT = """version = 1
platforms = ["se"]
allow = ["endorsement-alone"]
measurements = "any"
debug = true
"""


def policy(case):
    os.makedirs(case.scratch, exist_ok=True)
    path = os.path.join(case.scratch, "strict.toml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(STRICT)
    return path


def sets_of(case):
    """(document, root, rest): each host*.crt with the signing key and list of its kind."""
    names = [n for n in case.names() if case.has(n)]
    variant = [n[4:-4] for n in names
               if n.startswith("ibm_") and n.endswith(".crt") and not fault_of(case, n)]
    roots = [n for n in names if n.startswith("root") and n.endswith(".crt")
             and not fault_of(case, n)]
    for document in (n for n in names if n.startswith("host") and n.endswith(".crt")):
        kind = next((k for k in variant if k in document), "")
        rest = [n for n in names if n.startswith(("inter", "root")) and n not in roots
                and "chained" not in n and not fault_of(case, n)]
        rest += [n for n in (f"ibm{kind and '_' + kind.lstrip('_')}.{e}" for e in ("crt", "crl"))
                 if case.has(n)]
        for root in roots:
            yield document, root, rest


def judge(case, document, root, rest):
    words = [case.file(document)] + [case.file(n) for n in rest] + ["--kind", "se"]
    words += ["--root", case.file(root)] if root else []
    code, result = case.verify(words, policy=policy(case))
    return code, result, (result.get("reason") or {}).get("id")


def refused(case, why, answer, reasons):
    code, result, reason = answer
    if "broken" in result:
        yield f"{why}: exit code {code}: {result['broken']}"
    elif code == 0 or result["verdict"] == "accepted":
        yield f"{why}: accepted"
    elif reason not in reasons:
        yield f"{why}: reason {reason} is none of {', '.join(sorted(reasons))}"


BAD = {
    "rev": {"hkd_revoked"},
    "expired": {"hkd_expired"},
    "early": {"hkd_expired", "crl_not_yet_valid"},
    "late": {"hkd_expired", "crl_expired"},
    "outdated": {"crl_expired", "crl_not_yet_valid"},
    "invalid": {"hkd_issuer_mismatch", "hkd_bad_signature"},
    "wrong": {"hkd_issuer_mismatch", "hkd_bad_signature", "certificate_bad_signature"},
}


SIGNER = {"hkd_issuer_mismatch", "hkd_bad_signature", "certificate_revoked", "certificate_missing",
          "certificate_bad_signature", "untrusted_root", "crl_missing", "certificate_expired",
          "certificate_chain_invalid"}


def fault_of(case, name):
    """What is wrong with a file by its name, if anything."""
    wanted = set()
    for word, reasons in BAD.items():
        if word in name:
            wanted |= reasons
    return wanted


def run(case):
    seen = False
    for document, root, rest in sets_of(case):
        seen = True
        answer = judge(case, document, root, rest)
        wanted = fault_of(case, document)
        if wanted:
            yield from refused(case, document, answer, wanted)
            continue
        if answer[0] != 0:
            yield f"{document} under {root}: {answer[2]}: {(answer[1].get('reason') or answer[1])}"
            continue
        yield from without_parts(case, document, root, rest)
        yield from other_lists(case, document, root, rest)
    if not seen:
        yield "no host key document"


def without_parts(case, document, root, rest):
    """Nothing of the chain may be missing, and the root has to be trusted."""
    for name in rest:
        if "chained" in root and name.startswith("root"):
            continue  # its list is in the same file
        less = [n for n in rest if n != name]
        yield from refused(case, f"{document} without {name}", judge(case, document, root, less),
                           {"crl_missing", "hkd_issuer_mismatch", "certificate_missing"})
    yield from refused(case, f"{document} without root", judge(case, document, None, rest),
                       {"untrusted_root", "certificate_missing"})


def other_lists(case, document, root, rest):
    """Lists that are not of this time, in place of the good one."""
    for name in case.names():
        if name.endswith(".crl") and fault_of(case, name) and name not in rest:
            good = re.match(r"ibm(_armonk)?|inter_ca|root_ca|[^._]*", name)[0] + ".crl"
            changed = [n for n in rest if n != good] + [name]
            yield from refused(case, f"{document} with {name}",
                               judge(case, document, root, changed),
                               {"crl_expired", "crl_not_yet_valid", "crl_missing",
                                "crl_bad_signature", "crl_malformed"})
        if name.startswith(("ibm", "fake", "inter")) and name.endswith(".crt") and (
                fault_of(case, name) or "fake" in name):
            kind = "inter" if "inter" in name else "ibm"
            changed = [n for n in rest if not (n.startswith(kind) and n.endswith(".crt"))] + [name]
            yield from refused(case, f"{document} with {name}",
                               judge(case, document, root, changed), SIGNER)

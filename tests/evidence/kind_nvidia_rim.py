"""NVIDIA's reference manifests on their own: signature and chain."""
import datetime
import re

from reason_classes import reason_faults

RIM = (".xml", ".swidtag")


def manifests(case):
    return [n for n in case.names() if n.endswith(RIM)]


def judge(case, path, time=None):
    words = [path] + (["--time", time] if time else [])
    code, result = case.verify(words)
    return code, result, (result.get("reason") or {})


def judged_in_time(case, path):
    """The index has one time for manifests of many years: where only the dates are against it,
    the signer's own time is taken."""
    answer = judge(case, path)
    if answer[2].get("id") in ("certificate_not_yet_valid", "certificate_expired"):
        start = re.search(r"from (\d{4}-\d\d-\d\dT[\d:]+)Z to", answer[2].get("detail") or "")
        if start:
            day = datetime.datetime.fromisoformat(start[1]) + datetime.timedelta(days=1)
            answer = judge(case, path, day.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return answer


def run(case):
    negative = case.entry["polarity"] == "negative"
    for name in manifests(case):
        code, result, reason = judged_in_time(case, case.file(name))
        if "broken" in result:
            yield f"{name}: exit code {code}: {result['broken']}"
        elif not negative:
            if code != 0:
                yield f"{name}: {result['verdict']}: {reason.get('id')}: {reason.get('detail')}"
            else:
                yield from changes(case, name)
        elif code == 0 or result["verdict"] == "accepted":
            yield f"{name}: accepted"
        elif list(reason_faults(reason.get("id"), case.expected.get("reasons"))):
            yield f"{name}: reason {reason.get('id')} is none of {case.expected['reasons']}"
        elif "chain" in name and reason.get("id") != "rim_bad_chain":
            yield f"{name}: {reason.get('id')} instead of rim_bad_chain"
        elif "signature" in name and reason.get("id") != "rim_bad_signature":
            yield f"{name}: {reason.get('id')} instead of rim_bad_signature"


def changes(case, name):
    """What is signed may not change; a comment is no way around it."""
    text = case.bytes(name)
    golden = re.search(rb'active="True".*?Hash0="([0-9a-fA-F])', text).start(1)
    root = text.index(b">", text.index(b"SoftwareIdentity"))
    tries = {
        "another golden value": text[:golden] + (b"0" if text[golden:golden + 1] != b"0" else b"1")
        + text[golden + 1:],
        "one active less": text.replace(b'active="True"', b'active="False"', 1),
        "white space": text[:root + 1] + b" " + text[root + 1:],
        "a comment": text[:root + 1] + b"<!-- -->" + text[root + 1:],
        "a document type": b'<!DOCTYPE a [<!ENTITY b "c">]>' + text,
        "no signature": re.sub(rb"<ds:Signature .*</ds:Signature>", b"", text, flags=re.S),
        "cut short": text[:len(text) // 2],
    }
    for what, data in tries.items():
        case.change(name, data)
        code, result, _ = judged_in_time(case, case.file(name))
        case.restore()
        if code == 0 or "broken" in result:
            yield f"{name} with {what}: {result.get('verdict') or result}"

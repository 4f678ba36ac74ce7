"""AMD's certificates without a report: only a refusal can be expected, and its reason counts."""
import os

from harness import differ, verdict_faults, wish


def arguments(case):
    """The certificates that the case is about, and what its `collateral` names in common/."""
    words = [case.file(n) for n in case.names() if n.endswith((".der", ".pem", ".crt"))]
    return words + collateral(case)


def collateral(case):
    found = []
    for word in (case.entry.get("collateral") or "").replace("+", " ").replace(",", " ").split():
        if word.startswith("common/"):
            path = case.common(*word.split("/")[1:])
            if os.path.exists(path):
                found.append(path)
    return found


def run(case):
    yield from judge(case)
    yield from without_list(case)
    for name in case.names():
        items = case.inspect(case.file(name))
        if items is None:
            yield f"broch inspect cannot read {name}"
        elif "ask_serial" in case.fields and name.startswith("ask"):
            found = int(items[0]["fields"]["serial_number"], 16)
            yield from differ("ask_serial", found, int(case.fields["ask_serial"], 16))


def judge(case):
    code, result = case.verify(arguments(case))
    reason = (result.get("reason") or {}).get("id")
    if wish(case) == "refuse":
        yield from verdict_faults(case, code, result)
    elif reason != "evidence_missing":  # a good chain alone proves nothing
        yield f"exit code {code}, reason {reason}: {result.get('broken') or result.get('reason')}"


def without_list(case):
    """Without the list of revocations the chain is good, and a chain alone proves nothing."""
    if case.expected.get("chain_without_crl") == "valid":
        words = [case.file(n) for n in case.names() if n.endswith((".der", ".pem", ".crt"))]
        code, result = case.verify(words)
        if (result.get("reason") or {}).get("id") != "evidence_missing":
            yield f"without a list: exit code {code}: {result.get('reason')}"

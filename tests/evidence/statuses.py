"""A genuine quote under policies that accept, and that do not accept, its TCB status: whether the
policy, and nothing else, decides (lessons E8, I3); and Open Enclave's baseline by date."""
import calendar
import os
import time

HEAD = """version = 1
platforms = ["sgx", "tdx"]
measurements = "any"
debug = true
simulated = true
allow = ["missing-crl", "missing-collateral", "trailing-bytes"]
"""
STATUSES = ("UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
            "ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
            "TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded", "NotSupported")


def judged(case, words, rules):
    """"accepted", or the reason's identifier."""
    os.makedirs(case.scratch, exist_ok=True)
    path = os.path.join(case.scratch, "policy.toml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD + rules)
    code, result = case.verify(words, policy=path)
    if code == 0 and result["verdict"] == "accepted":
        return "accepted"
    return (result.get("reason") or {}).get("id") or result.get("broken")


def faults(case, words):
    """Yields what is not as it has to be; `words` as for `broch verify`."""
    status = case.expected.get("tcb_status")
    if status not in STATUSES:
        return
    others = ", ".join(f'"{s}"' for s in STATUSES if s != status)
    date = case.expected.get("tcb_date")
    known = 'advisories = "any"\n'
    expected = [(f'statuses = ["{status}"]\n', "accepted"),
                (f"statuses = [{others}]\n", "status_not_allowed")]
    if status == "OutOfDate" and date:
        moment = calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%SZ"))
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment + 1))
        expected += [(f"baseline = {date}\n", "accepted"),
                     (f"baseline = {later}\n", "status_not_allowed")]
    for rules, want in expected:
        found = judged(case, words, known + rules)
        if found != want:
            yield f"{found} instead of {want} by {rules.strip()}"
    advisories = case.expected.get("advisory_ids")
    if advisories:
        rules = f'statuses = "any"\nadvisories = {advisories[1:]}\n'.replace("'", '"')
        found = judged(case, words, rules)
        if found != "advisory_not_allowed":
            yield f"{found} instead of advisory_not_allowed without {advisories[0]}"

"""What the modules of Intel's quotes share: which files are what, and the fields' names."""
import calendar
import glob
import json
import os
import time

import statuses
from harness import differ, number, reason_of, verdict_faults, wish
from reason_classes import reason_faults

# Not for the verifier: whole messages of other formats whose contents lie beside them.
OTHERS = ("oe_endorsements", "origin.json", ".binarypb", "ccel_table", "case.json", ".csr")
CONFIGURATION = {"7.1": "dynamic_platform", "7.2": "cached_keys", "7.3": "smt_enabled"}
STATUS = {"TCB_NOT_SUPPORTED": "NotSupported"}

also_verify = True


def is_root(name):
    return "trusted" in name.lower() and "root" in name.lower()


def evidence_of(case):
    """The quote: by its name, else the file that is no collateral."""
    names = case.names()
    for name in names:
        if name.startswith("quote") or "_quote" in name:
            return name
    for name in names:
        if not name.endswith((".json", ".pem", ".crl")) and "crl" not in name:
            return name
    return names[0]


def event_log(case):
    """dstack's log is a member of its quote report: a file of its own for the verifier."""
    if not case.has("origin.json"):
        return []
    log = case.json("origin.json")
    log = log.get("event_log") if isinstance(log, dict) else None
    if not log:
        return []
    path = os.path.join(case.scratch, "event_log.json")
    os.makedirs(case.scratch, exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(log if isinstance(log, str) else json.dumps(log))
    return [path]


def signers(case):
    """Intel's TCB signing certificates, where a case has TCB info without its chain."""
    if any("chain" in n and ("tcb" in n or "qe" in n) for n in case.names()):
        return []
    return sorted(glob.glob(case.common("intel", "tcb_signing*")))


def collateral(case):
    words = []
    for name in case.names():
        if name == evidence_of(case) or any(o in name for o in OTHERS) or name.endswith(".dat"):
            continue
        words += (["--root"] if is_root(name) else []) + [case.file(name)]
    return words + signers(case)


def arguments(case):
    words = [case.file(evidence_of(case))] + collateral(case) + event_log(case)
    reference = case.entry.get("verified_by_reference") or {}
    if case.has("nonce.dat") and reference.get("nonce_equals_report_data"):
        words += ["--report-data", case.bytes("nonce.dat").hex()]
    return words


def refusal_wanted(case):
    """A case that the index counts as negative is one, whatever its signatures are."""
    return case.entry.get("polarity") == "negative" or wish(case) == "refuse"


def verdict(case, code, result):
    reason = reason_of(result)
    if "broken" in result:
        yield f"exit code {code}: {result['broken']}"
    elif refusal_wanted(case):
        if code not in (1, 2) or result["verdict"] == "accepted":
            yield f"{result['verdict']}, exit code {code}, instead of refused"
        else:
            yield from reason_faults(reason, case.expected.get("reasons"))
    else:
        yield from verdict_faults(case, code, result)


def pck_wanted(fields):
    """The index's short names for the PCK extension's parts, in ours."""
    names = {"comp": "sgx_tcb_comp_svn", "sgxtype": "sgx_type", "platform": "platform_instance_id"}
    wanted = {}
    for name, value in fields.items():
        if name == "config":
            value = value and {CONFIGURATION[k]: v for k, v in value.items()}
            name = "configuration"
        if value is not None:
            wanted[names.get(name, name)] = value
    return wanted


def unlike(path, found, wanted):
    for name, value in wanted.items():
        if isinstance(value, dict):
            yield from unlike(f"{path}{name}.", (found or {}).get(name) or {}, value)
        elif value is not None:
            yield from differ(path + name, (found or {}).get(name), value)


def fields_differ(path, own, wanted):
    for name, value in wanted.items():
        pck = own.get("pck") or {}
        if value is None:
            continue
        if name == "pck":
            if pck:  # a quote may only name its platform
                yield from unlike(path + "pck.", pck, pck_wanted(value))
        elif name == "fmspc":
            yield from differ(path + name, pck.get("fmspc"), value)
        elif name == "pck_serial":
            yield from differ(path + name, int(pck.get("serial") or "0", 16), number(value))
        elif isinstance(value, dict):
            yield from unlike(f"{path}{name}.", own.get(name), value)
        else:  # some cases name the body's members alone
            found = own[name] if name in own else (own.get("body") or {}).get(name)
            yield from differ(path + name, found, value)


def status(name):
    return STATUS.get(name, name)


def fields(case, result):
    expected = case.expected
    claims = result.get("claims") or {}
    tcb = (claims.get("own") or {}).get("tcb") or {}
    if result["verdict"] != "accepted":
        return
    yield from fields_differ("", claims.get("own") or {}, case.fields)
    if "tcb_status" in expected:
        yield from differ("tcb_status", claims.get("tcb_status"), status(expected["tcb_status"]))
    for name in ("qe_status", "tdx_module_status"):
        if name in expected:
            yield from differ(name, tcb.get(name), expected[name])
    if expected.get("tcb_date"):
        yield from differ("tcb_date", claims.get("tcb_date"), expected["tcb_date"])
    if "advisory_ids" in expected:
        yield from differ("advisory_ids", sorted(claims.get("advisories") or []),
                          sorted(expected["advisory_ids"]))
    if "debug" in expected:
        yield from differ("debug", claims.get("debug"), expected["debug"])


def negative_reasons(expected):
    if "attestation key changed" in expected:
        return {"qe_report_data_mismatch", "bad_quote_signature"}
    if "authentication data changed" in expected:
        return {"qe_report_data_mismatch"}
    for reason in ("bad_quote_signature", "bad_qe_report_signature"):
        if expected.startswith(reason):
            return {reason}
    return None


def quote_fields(case):
    """The fields of the case's quote by `broch inspect`; {} where it reads none."""
    for item in case.inspect(case.file(evidence_of(case))) or []:
        if (item.get("fields") or {}).get("qe_vendor_id"):
            return item["fields"]
    return {}


def run(case):
    found = quote_fields(case)
    if not found:
        yield "broch inspect shows no quote"
    else:
        yield from fields_differ("inspect: ", found, case.fields)
    if any(is_root(n) for n in case.names()):
        yield from untrusted(case)
    if case.expected.get("debug") and not refusal_wanted(case):
        yield from debug_refused(case)
    yield from requests(case)
    if wish(case) == "accept" and not refusal_wanted(case):
        yield from statuses.faults(case, arguments(case))


def untrusted(case):
    """Without the test's own root: Intel's is no root of these."""
    roots = [case.file(n) for n in case.names() if is_root(n)]
    words = [w for w in arguments(case) if w != "--root" and w not in roots]
    code, result = case.verify(words)
    if code == 0 or result.get("verdict") == "accepted":
        yield "accepted without its test root"


def debug_refused(case):
    code, result = case.verify(arguments(case), policy="default")
    if code == 0 or result.get("verdict") == "accepted":
        yield "debug evidence is accepted by the default policy"


def requests(case):
    """A certificate request that carries the same quote."""
    for name in case.names():
        if not name.endswith(".csr") or refusal_wanted(case):
            continue
        code, result = case.verify([case.file(name)] + signers(case))
        if code != 0:
            yield f"{name}: exit code {code}: {result.get('reason')}"
        else:
            own = result["claims"].get("own") or {}
            yield from (f"{name}: {f}" for f in fields_differ("", own, case.fields))


def matrix(case, pair):
    """The level of a quote by TCB info of another time: both are given to the level code."""
    code, out, err = case.program(os.path.join(case.helpers, "tcb-level"),
                                  case.file(evidence_of(case)),
                                  case.common(*pair["tcb_info"].split("/")[1:]))
    if code != 0:
        yield f"tcb-level: exit code {code}: {err.decode('utf-8', 'replace').strip()}"
        return
    found = json.loads(out)
    for name in ("tcb_status_without_qe", "sgx_level_status", "tdx_module_status"):
        yield from differ(name, found[name], status(pair[name]))
    yield from differ("advisory_ids", sorted(set(found["advisory_ids"])),
                      sorted(pair["advisory_ids"]))
    if pair["tcb_date"]:
        yield from differ("tcb_date", found["tcb_date"], moment(pair["tcb_date"]))


def moment(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))

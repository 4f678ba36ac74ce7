"""NVIDIA GPU and NVSwitch reports, with their certificates and reference manifests."""
import base64
import json
import os

from harness import differ

also_verify = True

TEXTS = ("DRIVER_VERSION", "CHIP_SKU", "CHIP_SKU_MOD", "PROJECT", "PROJECT_SKU", "PROJECT_SKU_MOD")
RIM = (".xml", ".swidtag")


def evidence(case):
    return [n for n in case.names() if case.has(n) and
            (n.startswith("report") or n.lower().endswith(("report.bin", "report.txt")) or
             ("evidence" in n and n.endswith(".json")))]


def chains(case):
    return [n for n in case.names() if "chain" in n and n.endswith((".pem", ".txt", ".der"))]


def manifests(case):
    return [n for n in case.names() if n.endswith(RIM)]


def is_wrong(name):
    return any(w in name for w in ("mismatch", "incorrect", "invalid", "bad", "tampered"))


def arguments(case, extra=()):
    words = [case.file(n) for n in evidence(case) + chains(case)]
    words += [case.file(n) for n in manifests(case) if not is_wrong(n)]
    words += [case.file(n) for n in case.names() if n.endswith((".ocsp", ".ors"))]
    return words + list(extra)


def negative_reasons(expected):
    return {"bad_spdm_signature"} if "bad_spdm_signature" in expected else None


def subject(text):
    """The parts of a name in any order."""
    return sorted(p.strip().replace("serialNumber=", "2.5.4.5=") for p in text.split(","))


def opaque_differ(found, wanted):
    for name, value in wanted.items():
        got = found.get(name.lower())
        if name in TEXTS or name.isdigit():
            yield from differ(f"opaque.{name}", got, value)
        elif got is not None and got != value:
            # Some are text in the index: the bytes up to the zeros behind them.
            text = bytes.fromhex(got).decode("latin-1").rstrip("\0")
            if text != value:
                yield f"opaque.{name}: {got} instead of {value!r}"
        elif got is None:
            yield f"opaque.{name} is missing"


def own_differ(own, wanted):
    for name, value in wanted.items():
        if name == "opaque":
            yield from opaque_differ(own.get("opaque") or {}, value)
        elif name == "leaf_subject":
            if subject(own.get(name, "")) != subject(value):
                yield f"leaf_subject: {own.get(name)} instead of {value}"
        elif name == "nonce":
            yield from differ(name, own.get("request_nonce"), value)
        else:
            yield from differ(name, own.get(name), value)


def fields(case, result):
    if result["verdict"] != "accepted":
        return
    own = result["claims"]["own"]
    yield from own_differ(own, case.fields)
    if "count" in case.expected:
        yield from differ("count", own.get("count"), case.expected["count"])
        for i, device in enumerate(own.get("devices") or []):
            nonce = case.fields.get("nonce")
            if nonce:
                yield from differ(f"device {i} nonce", device.get("request_nonce"), nonce)


def reason_of(answer):
    return (answer[1].get("reason") or {}).get("id")


def refused(case, why, words, reasons):
    answer = case.verify(words)
    if answer[0] == 0 or "broken" in answer[1]:
        yield f"{why}: {answer[1].get('verdict') or answer[1]}, instead of refused"
    elif reasons and reason_of(answer) not in reasons:
        yield f"{why}: reason {reason_of(answer)} is none of {', '.join(sorted(reasons))}"


def run(case):
    if case.entry["polarity"] != "positive":
        return
    yield from inspected(case)
    wrong = [n for n in manifests(case) if is_wrong(n)]
    for name in wrong:
        good = [w for w in arguments(case) if not w.endswith(RIM)]
        yield from refused(case, name, good + [case.file(name)],
                           {"rim_measurement_mismatch", "rim_bad_signature", "rim_bad_chain"})
    nonce = case.fields.get("request_nonce") or case.fields.get("nonce")
    if nonce:
        code, _ = case.verify(arguments(case, ["--nonce", nonce]))
        if code != 0:
            yield "refused with the right nonce"
        yield from refused(case, "another nonce", arguments(case, ["--nonce", "00" * 32]),
                           {"nonce_mismatch"})
        yield from refused(case, "half a nonce", arguments(case, ["--nonce", nonce[:32]]),
                           {"nonce_mismatch"})
    yield from swapped(case)


def inspected(case):
    """What is in the report is readable without its chain."""
    for name in evidence(case):
        if name.endswith(".json"):
            continue
        items = case.inspect(case.file(name))
        if not items:
            yield f"broch inspect cannot read {name}"
            continue
        wanted = {k: v for k, v in case.fields.items() if k != "leaf_subject"}
        yield from own_differ(items[0]["fields"], wanted)


def swapped(case):
    """Another device's chain, and one of many devices with another's report."""
    for name in evidence(case):
        if not name.endswith(".json"):
            continue
        devices = case.json(name)
        if not isinstance(devices, list) or len(devices) < 2:
            continue
        devices[0]["certificate"], devices[1]["certificate"] = (devices[1]["certificate"],
                                                                devices[0]["certificate"])
        yield from changed(case, name, json.dumps(devices).encode(), {"bad_spdm_signature"})
        report = bytearray(base64.b64decode(devices[-1]["evidence"]))
        report[60] ^= 1
        devices = case.json(name)
        devices[-1]["evidence"] = base64.b64encode(bytes(report)).decode()
        yield from changed(case, name, json.dumps(devices).encode(), {"bad_spdm_signature"})
    report = case.bytes("report.bin") if case.has("report.bin") else b""
    for _, data in (("shorter", report[:-8]), ("longer", report + b"\1\2")):
        if report:
            yield from changed(case, "report.bin", data, {"malformed", "trailing_bytes",
                                                          "unknown_evidence"})


def changed(case, name, data, reasons):
    case.change(name, data)
    yield from refused(case, f"{name} changed", arguments(case), reasons)
    case.restore()

"""TCG event logs: the registers that they lead to, and what their events say, against banks of
the machine, tpm2-tools' YAML and Trustee's JSON."""
import base64
import hashlib
import json
import re
import uuid

from harness import differ, same


def log_name(case):
    names = [n for n in case.names() if n.endswith((".bin", ".log", ".ccel"))]
    return next((n for n in names if re.search(r"log|ccel", n, re.I)), names[0])


def read(case):
    """What broch inspect shows. The index's logs have lost the padding behind them, and with it
    the zeros at the end of a last event: it is made whole where it is short."""
    name = log_name(case)
    items = case.inspect("event-log=" + case.file(name))
    data = case.bytes(name)
    for more in range(1, 65):
        if items:
            break
        case.change(name, data + bytes(more))
        items = case.inspect("event-log=" + case.file(name))
    return items


def run(case):
    items = read(case)
    if not items:
        yield "no answer from broch inspect"
        return
    found = items[0]["fields"]
    yield from banks_differ(found, banks_of(case))
    yield from measure_differ(case, banks_of(case))
    for name in case.names():
        with open(case.file(name), encoding="utf-8", errors="replace") as f:
            if name.endswith((".yaml", ".yml")):
                yield from yaml_differ(found, f.read())
            elif name.startswith("expected") and name.endswith(".json"):
                yield from json_differ(found, json.load(f))


def banks_of(case):
    """The registers that the index tells: PCRs by bank, and a TD's, which a log numbers from 1."""
    told = {**case.fields, **case.expected}
    banks = dict(told.get("banks") or told.get("pcrs") or {})
    for name in ("rtmrs", "rtmr", "registers"):
        values = told.get(name) or {}
        values = dict(enumerate(values)) if isinstance(values, list) else values
        for index, value in values.items():
            number = int(re.sub(r"\D", "", str(index)))
            banks.setdefault("sha384", {})[str(number + 1)] = value
    for number in range(4):
        if f"rtmr{number}" in told:
            banks.setdefault("sha384", {})[str(number + 1)] = told[f"rtmr{number}"]
    return {bank_name(bank): values for bank, values in banks.items() if isinstance(values, dict)}


def banks_differ(found, banks):
    for bank, values in banks.items():
        for index, value in values.items():
            # Registers that no event extends have their start value, and are not listed.
            ours = found["pcrs"].get(bank, {}).get(f"pcr{int(index)}")
            if ours is None and set(value) in ({"0"}, {"f"}):
                continue
            yield from differ(f"{bank} PCR {index}", ours, value)


def measure_differ(case, banks):
    """`broch measure tpm` says the same."""
    code, out, err = case.broch("measure", "tpm", "--json", case.file(log_name(case)))
    if code != 0:
        yield f"broch measure tpm: exit code {code}: {err.decode(errors='replace')[:200]}"
    else:
        yield from banks_differ({"pcrs": json.loads(out)["pcrs"]}, banks)


def leaves(tree, name):
    """All values of that name in a tree, in order."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == name and not isinstance(value, (dict, list)):
                yield value
            else:
                yield from leaves(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value, name)


def snake(name):
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def yaml_events(text):
    """Of each event, the (key, value) lines in order; a block's lines are one value."""
    events, block = [], None
    body = text.split("\nevents:\n", 1)[1].split("\npcrs:", 1)[0]
    body = re.sub(r"\\\n\s*", "", body)  # a quoted string goes on in the next line
    first = "EventNum" if "EventNum" in body else "PCRIndex"
    for line in body.split("\n"):
        if re.match(rf"(- |  ){first}:", line):
            events.append([])
        entry = re.match(r"^(\s*)(?:- )?([A-Za-z0-9_\[\]]+):(?: (.*))?$", line)
        if block is not None and line.startswith(" " * 4):
            block[1] += line[4:]
        elif entry:
            block = None
            value = (entry.group(3) or "").strip()
            pair = [entry.group(2), value.strip("'\"")]
            if value in ("|-", "|"):
                pair[1], block = "", pair
            events[-1].append(pair)
        elif re.match(r"^\s*- \S+$", line):
            events[-1].append(["-", line.strip()[2:]])
    return events


def text_of(hexadecimal):
    return bytes.fromhex(hexadecimal).decode("utf-8", "replace").rstrip("\0")


def value_differ(where, key, values, ours):
    """One key of an event: tpm2-tools' values, ours under the same name."""
    event = ours["event"]
    if key == "Event":
        if values[0] and values[0] not in (ours["event_data"], text_of(ours["event_data"])):
            yield f"{where} Event: {ours['event_data'][:80]} instead of {values[0][:80]}"
        return
    if key == "String":
        data = bytes.fromhex(event.get("variable_data") or ours["event_data"])
        wanted = unquoted(values[0])
        if data not in (wanted.encode("latin-1", "replace"), wanted.encode()):
            yield f"{where} String: {data!r} instead of {wanted!r}"
        return
    if key == "VariableData":
        if values[0]:
            yield from differ(f"{where} VariableData", event.get("variable_data"), values[0])
        return
    if key == "-":
        found = [f"Boot{n:04x}" for n in event.get("boot_order", [])]
        if [v.lower() for v in values] != [f.lower() for f in found]:
            yield f"{where}: {found} instead of {values}"
        return
    found = list(leaves(event, ALIASES.get(key, snake(key))))
    if key == "DevicePath":  # tpm2-tools shows all that is left
        rest = event.get("optional_data") or event.get("trailing_data") or ""
        found = [event["device_path"] + rest]
    if key == "Enabled":
        found = ["Yes" if f else "No" for f in found]
    if not same([str(f) for f in found], values) and not same(found, [plain(v) for v in values]):
        yield f"{where} {key}: {str(found)[:120]} instead of {str(values)[:120]}"


# The Spec ID's versions, as later issues of the profile name them.
ALIASES = {"familyVersionMinor": "spec_version_minor", "familyVersionMajor": "spec_version_major",
           "specRevision": "spec_errata"}


def unquoted(text):
    """YAML's escapes in double quotes, those that tpm2-tools writes."""
    names = {"0": "\0", "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b",
             "f": "\f", "v": "\v", '"': '"', "\\": "\\", "/": "/", " ": " "}
    return re.sub(r"\\(x([0-9a-fA-F]{2})|.)",
                  lambda m: chr(int(m.group(2), 16)) if m.group(2) else names[m.group(1)], text)


def plain(value):
    return int(value) if value.isdigit() else value


TOP = {"EventNum": "event_num", "PCRIndex": "pcr_index", "EventType": "event_type",
       "EventSize": "event_size"}
GROUPS = ("Digests", "DigestCount", "AlgorithmId", "Digest", "SpecID", "Algorithms", "Header",
          "Partitions", "Keys")


def yaml_differ(found, text):
    wanted = yaml_events(text)
    if len(wanted) != len(found["events"]):
        yield f"{len(found['events'])} events instead of {len(wanted)}"
    for number, (pairs, ours) in enumerate(zip(wanted, found["events"])):
        where = f"event {number}"
        digests = [v.lower() for k, v in pairs if k == "Digest"]
        if digests != list(ours["digests"].values()):
            yield f"{where}: digests {list(ours['digests'].values())} instead of {digests}"
        names = [v for k, v in pairs if k == "AlgorithmId"]
        if names and names != list(ours["digests"]):
            yield f"{where}: banks {list(ours['digests'])} instead of {names}"
        for key in dict.fromkeys(k for k, _ in pairs):
            values = [v for k, v in pairs if k == key]
            if key in TOP:
                yield from differ(f"{where} {key}", str(ours[TOP[key]]), values[0])
            elif key not in GROUPS and not key.startswith("Algorithm["):
                yield from value_differ(where, key, values, ours)
    yield from banks_differ(found, yaml_banks(text))


def yaml_banks(text):
    banks, bank = {}, None
    for line in text.split("\npcrs:", 1)[1].split("\n"):
        name, value = re.match(r"^  (\w+):$", line), re.match(r"^\s+(\d+)\s*: 0x(\w+)$", line)
        if name:
            bank = banks.setdefault(name.group(1), {})
        elif value:
            bank[value.group(1)] = value.group(2).lower()
    return banks


def json_differ(found, expected):
    wanted = expected["uefi_event_logs"]
    ours = [e for e in found["events"] if e["event"].get("signature") != "Spec ID Event03"]
    if len(ours) != len(wanted):  # some listings begin with the Spec ID itself
        ours = found["events"]
    if len(ours) != len(wanted):
        yield f"{len(ours)} events instead of {len(wanted)}"
    for number, (w, o) in enumerate(zip(wanted, ours)):
        where = f"event {number}"
        data = bytes.fromhex(o["event_data"])
        yield from differ(f"{where} index", o["pcr_index"], w["index"])
        yield from differ(f"{where} type_name", o["event_type"], w["type_name"])
        yield from differ(f"{where} event", o["event_data"], base64.b64decode(w["event"]).hex())
        digests = {bank_name(d["alg"]): d["digest"] for d in w["digests"]}
        yield from differ(f"{where} digests", {bank_name(a): d for a, d in o["digests"].items()},
                          digests)
        if "digest_matches_event" in w:
            matches = all(hashed(a, data) == d for a, d in o["digests"].items())
            yield from differ(f"{where} digest_matches_event", matches, w["digest_matches_event"])
        yield from details_differ(where, o["event"], data, w.get("details") or {})


def bank_name(text):
    """"SHA-384" and "sha384", "SM3-256" and "sm3_256" are one."""
    return re.sub(r"[-_]", "", text).lower()


def hashed(bank, data):
    name = {"sm3256": "sm3", "sm3": "sm3"}.get(bank_name(bank), bank_name(bank))
    return hashlib.new(name, data).hexdigest() if name in hashlib.algorithms_available else None


def strings_of(event, data):
    """What Trustee may show as an event's text."""
    for name in ("string", "description", "tagged_event_data"):
        if event.get(name):
            yield event[name]
    text = data.decode("utf-8", "replace")
    yield from (text.rstrip("\0"), text.split("\0")[0], text.replace("\0", ""), data.hex(),
                "".join(c for c in text if c.isprintable()),
                data[2:].decode("utf-16-le", "replace").rstrip("\0"))


def details_differ(where, event, data, details):
    for name, value in details.items():
        ours = event.get(name)
        if value is None:
            continue
        if name == "variable_name" and ours:  # Trustee prints the bytes in their order
            ours = str(uuid.UUID(bytes=uuid.UUID(ours).bytes_le))
        elif name == "variable_data" and ours is not None:
            ours = base64.b64encode(bytes.fromhex(ours)).decode()
        elif name == "string":
            ours = value if value in strings_of(event, data) else next(strings_of(event, data))
        elif name == "device_paths":
            ours = value if event.get("device_path") else None  # shown as bytes
        elif name == "data":  # the words of a text, each {"name", "value"}
            words = [json.loads(v) if isinstance(v, str) else v for v in value]
            text = data.decode("utf-8", "replace")
            ours = value if all(w["name"] in text for w in words) else text
        yield from differ(f"{where} {name}", ours, value)

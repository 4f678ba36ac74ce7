"""MRTD of a firmware image, in both orders, and its sections."""
import json

from harness import differ

NAMES = {"mrtd": "mrtd", "mrtd_single_pass": "mrtd", "mrtd_two_pass": "mrtd_two_pass",
         "mrtd_two_pass_per_section": "mrtd_two_pass"}


def firmware_of(case):
    return next(n for n in case.names() if n.endswith((".bin", ".fd", ".rom")))


def measure(case, name):
    code, out, err = case.broch("measure", "tdx", "--json", "--firmware", case.file(name))
    return code, json.loads(out) if out else {}, err.decode("utf-8", "replace").strip()


def run(case):
    name = firmware_of(case)
    code, result, error = measure(case, name)
    if code != 0:
        yield f"exit code {code}: {error}"
        return
    for wanted, value in case.expected.items():
        if wanted in NAMES:
            yield from differ(wanted, result[NAMES[wanted]], value)
    sections = [list(s.values()) for s in result["sections"]]
    if "sections" in case.fields:
        yield from differ("sections", sections, case.fields["sections"])
    yield from changed_faults(case, name, result)


def changed_faults(case, name, result):
    """A bit of measured contents changes both; a page less is no such firmware."""
    raw = case.bytes(name)
    for section in result["sections"]:
        if int(section["attributes"], 16) & 1 and int(section["raw_data_size"], 16):
            data = bytearray(raw)
            data[int(section["data_offset"], 16)] ^= 1
            case.change(name, bytes(data))
            changed = measure(case, name)[1]
            for order in ("mrtd", "mrtd_two_pass"):
                if changed.get(order) == result[order]:
                    yield f"{order} does not depend on the firmware's contents"
            break
    case.change(name, raw[:-1])
    if measure(case, name)[0] != 65:
        yield "one byte short, and it was measured"
    case.restore()

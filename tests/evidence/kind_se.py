"""IBM Secure Execution: measurements, attestation requests, pvattest's files. The public ones
come from unit tests of s390-tools: nothing in them was answered by a machine."""
import os

from harness import differ


def tool(case, *words):
    code, out, err = case.program(os.path.join(case.helpers, "se-vectors"), *words)
    return code, out.decode("ascii", "replace").split("\n"), err.decode("utf-8", "replace")


def pattern(text):
    """"07*256" is 256 bytes of 07; null is nothing; else hex."""
    if not text:
        return ""
    if "*" in text:
        byte, count = text.split("*")
        return byte * int(count)
    return text


def vectors(case, name):
    names = ("hmac_key", "pld", "ald", "tld", "se_tag", "cuid", "user", "nonce", "additional")
    for v in case.json(name):
        words = [pattern(v.get(n)) for n in names]
        _, lines, err = tool(case, "measure", *words)
        yield from differ(f"{v['name']} {err}", lines[0], v["expected"])
        for i, word in enumerate(words[1:], 1):
            if word:
                other = word[:-1] + ("1" if word[-1] != "1" else "2")
                changed = words[:i] + [other] + words[i + 1:]
                _, lines, _ = tool(case, "measure", *changed)
                if lines[0] == v["expected"]:
                    yield f"{v['name']}: the same with another {names[i]}"


def request(case, name):
    wanted = case.fields
    code, lines, err = tool(case, "open", case.file(name), wanted["arpk"])
    if code != 0:
        yield f"{name} does not open: {lines[0]} {err}"
        return
    yield from differ("meas_key", lines[0], wanted.get("meas_key"))
    yield from differ("nonce", lines[1], wanted.get("nonce") or "")
    code, lines, _ = tool(case, "open", case.file(name), "00" * 32)
    yield from differ("another key", lines[0], "se_bad_tag")
    for place, error in (case.expected.get("mutations_at_origin") or {}).items():
        yield from mutation(case, name, place, error)
    items = case.inspect(case.file(name))
    if not items or items[0]["kind"] != "se":
        yield f"broch inspect does not know {name}"


def mutation(case, name, place, error):
    at, value = place.split("=")
    data = bytearray(case.bytes(name))
    data[int(at.replace("byte", ""), 0)] = int(value, 0)
    case.change(name, bytes(data))
    _, lines, _ = tool(case, "open", case.file(name), case.fields["arpk"])
    case.restore()
    words = {"magic": "se_no_arcb", "algorithm": "unsupported_algorithm", "tag": "se_bad_tag",
             "version": "unsupported_version"}
    wanted = [w for k, w in words.items() if k in error]
    if lines[0] not in (wanted or words.values()):
        yield f"{place}: {lines[0]} instead of {error}"


def exchange(case, name):
    items = case.inspect(case.file(name))
    if not items or items[0]["kind"] != "se":
        yield f"broch inspect does not read {name}"
        return
    fields = items[0]["fields"]
    data = case.bytes(name)
    at = {n: (int.from_bytes(data[o:o + 4], "big"), int.from_bytes(data[o + 4:o + 8], "big"))
          for n, o in (("arcb", 24), ("measurement", 32), ("additional", 40), ("user_data", 48),
                       ("config_uid", 56))}
    for part, (size, offset) in at.items():
        if size and offset:
            yield from differ(f"{name} {part}", fields.get(part), data[offset:offset + size].hex())
        elif size:
            yield from differ(f"{name} {part}", fields.get(f"expected_{part}_size"), size)
    for change in (data[:-1], data + b"\0", b"q" + data[1:], data[:11] + b"\1" + data[12:]):
        case.change(name, change)
        broken = case.inspect(case.file(name))
        case.restore()
        if broken and broken[0]["kind"] == "se":
            yield f"{name}: changed, and still read"


def run(case):
    seen = False
    for name in case.names():
        data = case.bytes(name)
        if name.endswith(".json") and name != "case.json":
            yield from vectors(case, name)
        elif data[:8] == b"pvattest":
            yield from exchange(case, name)
        elif data[:12] == bytes(8) + b"\0\0\1\0" and case.fields.get("arpk"):
            yield from request(case, name)
        else:
            continue
        seen = True
    if not seen:
        yield "no file of a form that the runner knows"

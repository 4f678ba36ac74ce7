"""`broch measure snp` for cases of kinds snp and snp-measure."""
import json
import os
import struct

# GUIDs as they lie in memory.
FOOTER = bytes.fromhex("de82b596b21ff745baeaa366c55a082d")
HASHES = bytes.fromhex("1f3755723b3a044b927b1da6efa8d454")
RESET = bytes.fromhex("de71f7007e1acb4f890e68c77e2fb44e")
METADATA = bytes.fromhex("666588dc4a989847a75e5585a7bf67cc")


def entry(guid, data):
    return data + struct.pack("<H", len(data) + 18) + guid


def firmware_end(sections, hashes_gpa, reset_eip):
    """The last page of a firmware with these tables: what a VMM reads of it."""
    page = bytearray(4096)
    body = b"ASEV" + struct.pack("<III", 16 + 12 * len(sections), 1, len(sections))
    for gpa, size, kind in sections:
        body += struct.pack("<III", gpa, size, kind)
    at = 1024
    page[at:at + len(body)] = body
    table = entry(METADATA, struct.pack("<I", 4096 - at))
    if reset_eip is not None:
        table += entry(RESET, struct.pack("<I", reset_eip))
    if hashes_gpa is not None:
        table += entry(HASHES, struct.pack("<II", hashes_gpa, 1024))
    table += struct.pack("<H", len(table) + 18) + FOOTER
    page[4096 - 32 - len(table):4096 - 32] = table
    return bytes(page)


def measured(case, words):
    """(measurement or None, what went wrong)."""
    code, out, err = case.broch("measure", "snp", "--json", *words)
    if code != 0:
        return None, f"exit code {code}: {err.decode('utf-8', 'replace').strip()}"
    result = json.loads(out)
    return result["measurement"], result


def recompute(case, measurement):
    """A report's MEASUREMENT from the inputs that its owner published."""
    inputs = case.json("launch_inputs.json")
    path = os.path.join(case.scratch, "firmware-end.bin")
    with open(path, "wb") as f:
        f.write(firmware_end(inputs["sections"], inputs.get("sev_hashes_table_gpa"),
                             inputs.get("ap_reset_eip")))
    words = ["--ovmf", path, "--ovmf-hash", inputs["ovmf_hash"], "--vcpus", inputs["vcpus"],
             "--vcpu-type", inputs.get("vcpu_type") or inputs["vcpu_sig"],
             "--guest-features", hex(inputs["guest_features"]),
             "--vmm-type", (inputs.get("vmm") or "qemu").lower()]
    if inputs.get("kernel_sha256"):
        words += ["--kernel-sha256", inputs["kernel_sha256"],
                  "--append", inputs.get("cmdline") or ""]
        if inputs.get("initrd_sha256"):
            words += ["--initrd-sha256", inputs["initrd_sha256"]]
    found, why = measured(case, words)
    if found != measurement:
        yield f"recomputed: {found or why}, instead of {measurement}"
    if inputs.get("vcpu_sig") and inputs.get("vcpu_type"):
        words[words.index("--vcpu-type") + 1] = inputs["vcpu_sig"]
        if measured(case, words)[0] != found:
            yield "another measurement by the CPU's signature than by its name"

"""Launch digests of SNP, SEV-ES and SEV, against the public calculator's vectors."""
import os

import snp_launch

MODES = {"SEV_SNP": "snp", "SEV_ES": "seves", "SEV": "sev"}


def find(case, name):
    """A fixture of the case's own, or of common/snp-measure."""
    for path in (case.file(name), case.common("snp-measure", name)):
        if os.path.exists(path):
            return path
    return None


def part(case, vector, name):
    """The words for kernel or initrd: "" is an empty file, null is none."""
    own = vector.get(name + "_file")
    if own:
        return ["--" + name, find(case, own)]
    if vector.get(name) is None:
        return []
    path = os.path.join(case.scratch, "empty")
    with open(path, "wb"):
        return ["--" + name, path]


def words_of(case, vector, firmware):
    words = ["--mode", MODES[vector["mode"]], "--vmm-type", vector.get("vmm") or "qemu",
             "--vcpus", vector.get("vcpus") or 1, "--ovmf", firmware,
             "--guest-features", hex(vector.get("guest_features") or 0)]
    if vector.get("vcpu_type") or vector.get("vcpu_sig"):
        words += ["--vcpu-type", vector.get("vcpu_type") or vector["vcpu_sig"]]
    kernel = part(case, vector, "kernel")
    words += kernel + part(case, vector, "initrd")
    if kernel and vector.get("append") is not None:
        words += ["--append", vector["append"]]
    return words


def vector_faults(case, vector):
    name = vector.get("test")
    firmware = find(case, vector["ovmf"])
    if firmware is None:
        # The set names an image (SVSM's) that it does not have: nothing to measure.
        return
    if vector["mode"] not in MODES:
        yield f"{name}: mode {vector['mode']}"
        return
    words = words_of(case, vector, firmware)
    found, why = snp_launch.measured(case, words)
    if found != vector["expected"]:
        yield f"{name}: {found or why} instead of {vector['expected']}"
    elif vector.get("ovmf_hash_seed") and why.get("ovmf_hash") != vector["ovmf_hash_seed"]:
        seeded, _ = snp_launch.measured(case, words + ["--ovmf-hash", vector["ovmf_hash_seed"]])
        if seeded is None:
            yield f"{name}: --ovmf-hash is refused"
    if vector.get("vcpu_sig") and vector.get("vcpu_type"):
        words[words.index("--vcpu-type") + 1] = vector["vcpu_sig"]
        if snp_launch.measured(case, words)[0] != vector["expected"]:
            yield f"{name}: another digest for {vector['vcpu_sig']}"


def run(case):
    for vector in case.json("vectors.json"):
        yield from vector_faults(case, vector)

"""Launch digests of SNP, SEV-ES and SEV, against the public calculator's vectors."""
import os
import sys

import snp_launch

MODES = {"SEV_SNP": "snp", "SEV_SNP_SVSM": "snp", "SEV_ES": "seves", "SEV": "sev"}
# The calculator's own tests of SVSMs; its vectors do not always repeat these.
SVSM = "svsm.bin"
SVSM_VARS_SIZE = 540672


def find(case, name):
    """A fixture of the case's own, or of common/snp-measure."""
    for path in (case.file(name), case.common("snp-measure", name)):
        if os.path.exists(path):
            return path
    return None


def part(case, vector, name):
    """The words for kernel or initrd: "" is an empty file, null is none."""
    own = vector.get(name + "_file") or vector.get(name)
    if own:
        return ["--" + name, find(case, own)]
    if vector.get(name) is None:
        return []
    path = os.path.join(case.scratch, "empty")
    with open(path, "wb"):
        return ["--" + name, path]


def mode_of(vector):
    """"SEV_SNP", "SevMode.SEV_ES", "snp", ..., as `broch measure` calls it; None where unknown."""
    name = str(vector.get("mode") or "snp").split(".")[-1].upper()
    return MODES.get(name) or MODES.get("SEV_" + name) or MODES.get(
        {"SEVES": "SEV_ES", "SNP": "SEV_SNP"}.get(name))


def vmm_of(vector):
    return str(vector.get("vmm") or vector.get("vmm_type") or "qemu").split(".")[-1].lower()


def words_of(case, vector, firmware):
    words = ["--mode", mode_of(vector), "--vmm-type", vmm_of(vector),
             "--vcpus", vector.get("vcpus") or 1, "--ovmf", firmware]
    if vector.get("guest_features") is not None:
        words += ["--guest-features", hex(vector["guest_features"])]
    if vector.get("mode") == "SEV_SNP_SVSM":
        words += ["--svsm", find(case, vector.get("svsm") or SVSM),
                  "--vars-size", vector.get("ovmf_vars_size") or SVSM_VARS_SIZE]
    if vector.get("vcpu_type") or vector.get("vcpu_sig"):
        words += ["--vcpu-type", vector.get("vcpu_type") or vector["vcpu_sig"]]
    kernel = part(case, vector, "kernel")
    words += kernel + part(case, vector, "initrd")
    if kernel and vector.get("append") is not None:
        words += ["--append", vector["append"]]
    return words


def missing(case, vector):
    """Images that a vector names and the set does not have."""
    names = [vector["ovmf"], vector.get("kernel_file") or vector.get("kernel"),
             vector.get("initrd_file") or vector.get("initrd")]
    if vector.get("mode") == "SEV_SNP_SVSM":
        names.append(vector.get("svsm") or SVSM)
    return [n for n in names if n and find(case, n) is None]


def vector_faults(case, vector):
    name, wanted = vector.get("test"), vector.get("expected")
    absent = missing(case, vector)
    if absent:
        print(f"# {case.id}: skipped vector {name}: the set has no {', '.join(absent)}",
              file=sys.stderr)
        return
    if mode_of(vector) is None:
        yield f"{name}: mode {vector.get('mode')}"
        return
    words = words_of(case, vector, find(case, vector["ovmf"]))
    seed = vector.get("ovmf_hash_seed")
    found, why = snp_launch.measured(case, words + (["--ovmf-hash", seed] if seed else []))
    if found != wanted:
        yield f"{name}: {found or why} instead of {wanted or 'a refusal'}"
        return
    if seed:
        whole, why = snp_launch.measured(case, words)
        if (whole == wanted) != (whole is not None and why.get("ovmf_hash") == seed):
            yield f"{name}: the firmware's digest {seed} and the firmware do not agree"
    if vector.get("vcpu_sig") and vector.get("vcpu_type"):
        words[words.index("--vcpu-type") + 1] = vector["vcpu_sig"]
        if snp_launch.measured(case, words)[0] != vector["expected"]:
            yield f"{name}: another digest for {vector['vcpu_sig']}"


def vectors(case):
    for name in case.names():
        if name.endswith(".json") and name != "case.json":
            document = case.json(name)
            yield from document if isinstance(document, list) else (
                document.get("vectors") or document.get("tests") or [document])


def run(case):
    for vector in vectors(case):
        yield from vector_faults(case, vector)

"""MRENCLAVE of a stream (SGXS) or a flat image, and the SIGSTRUCT beside it."""
import kind_sgx_sigstruct
from harness import differ


def sigstruct_of(case):
    return next((n for n in case.names() if case.entry["files"][n]["size"] == 1808), None)


def image_of(case):
    others = [n for n in case.names() if n != sigstruct_of(case)]
    return next((n for n in others if n.endswith((".sgxs", ".bin", ".so", ".elf"))), others[0])


def run(case):
    signed = sigstruct_of(case)
    words = [case.file(image_of(case))] + (["--sigstruct", case.file(signed)] if signed else [])
    code, result, error = kind_sgx_sigstruct.measure(case, words)
    if code != 0:
        yield f"exit code {code}: {error}"
    yield from differ("mrenclave", result.get("mrenclave"), case.expected["mrenclave"])
    if signed:
        yield from kind_sgx_sigstruct.fields_faults(case, result.get("sigstruct") or {})
        yield from changed_faults(case, signed)


def changed_faults(case, signed):
    """Another enclave under the same SIGSTRUCT, and an image that no processor would load."""
    name = image_of(case)
    data = bytearray(case.bytes(name))
    data[-1] ^= 1
    case.change(name, bytes(data))
    code, _, _ = kind_sgx_sigstruct.measure(case, [case.file(name), "--sigstruct",
                                                   case.file(signed)])
    if code != 1:
        yield f"one bit changed: exit code {code} instead of 1"
    case.change(name, case.bytes(name)[:-1])
    if kind_sgx_sigstruct.measure(case, [case.file(name)])[0] != 65:
        yield "one byte short, and it was measured"
    case.restore()

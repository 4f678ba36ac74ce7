"""ID blocks and their authentication: what others made is read, and what we make is checked."""
import base64
import json
import os
import struct
import subprocess

from harness import differ


def run(case):
    for name in case.names():
        if case.entry["files"][name]["size"] == 4096:
            yield from auth_faults(case, name)
    yield from make_faults(case)


def numbers(raw):
    """r and s of a signature in the firmware's form."""
    return (raw[0:48][::-1] + raw[72:120][::-1]).hex()


def auth_faults(case, name):
    code, out, err = case.broch("measure", "snp-id-block", "--json", case.file(name))
    if code != 0:
        yield f"{name}: exit code {code}: {err.decode()}"
        return
    result, raw = json.loads(out), case.bytes(name)
    algorithms = struct.unpack("<II", raw[:8])
    yield from differ("algorithms", [result["id_key_algo"], result["auth_key_algo"]],
                      list(algorithms))
    yield from differ("block signature", result["id_block_signature"], numbers(raw[0x40:]))
    if algorithms[1]:
        yield from differ("key signature", result["id_key_signature"], numbers(raw[0x680:]))
        yield from differ("key signature", result["id_key_signature_is"], "good")
    for other in case.names():
        if case.entry["files"][other]["size"] == 512 and numbers(case.bytes(other)) not in (
                result["id_block_signature"], result.get("id_key_signature")):
            yield f"{other} is none of the signatures in {name}"
    for at in (0, 8, 0x41, 0x245, 0x300, 0x681, 0x885, 4095):
        changed = bytearray(raw)
        changed[at] ^= 1
        case.change(name, bytes(changed))
        code, out, _ = case.broch("measure", "snp-id-block", "--json", case.file(name))
        # A change of the block's signature shows only where the block is known.
        if code == 0 and at != 0x41:
            yield f"{name}: byte {at} changed, and nobody noticed"
        case.restore()


def key_make(case, name):
    path = os.path.join(case.scratch, name)
    subprocess.run(["openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", path],
                   check=True, capture_output=True)
    return path


def make_faults(case):
    keys = ["--id-key", key_make(case, "id.pem"), "--author-key", key_make(case, "author.pem")]
    code, out, err = case.broch("measure", "snp-id-block", "--json", "--launch-digest", "5a" * 48,
                                "--guest-svn", "7", "--policy", "0x30000", *keys)
    if code != 0:
        yield f"make: exit code {code}: {err.decode()}"
        return
    made = json.loads(out)
    block, auth = (base64.b64decode(made[k]) for k in ("id_block", "id_auth"))
    if block != bytes([0x5a] * 48) + bytes(32) + struct.pack("<IIQ", 1, 7, 0x30000):
        yield "the block is not the words that were asked for"
    for name, data in (("block", block), ("auth", auth)):
        with open(os.path.join(case.scratch, name), "wb") as f:
            f.write(data)
    words = ["measure", "snp-id-block", "--json", "--id-block",
             os.path.join(case.scratch, "block"), os.path.join(case.scratch, "auth")]
    if case.broch(*words)[0] != 0:
        yield "what was made does not check"
    with open(os.path.join(case.scratch, "block"), "r+b") as f:
        f.write(b"\0")
    if case.broch(*words)[0] != 1:
        yield "a block that was changed checks"

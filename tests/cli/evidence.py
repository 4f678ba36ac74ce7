"""`broch verify`, `inspect` and `policy explain` over development evidence that is made here: exit
codes, forms of input and output, and what hostile files may do; cases of run-cli."""
import base64
import json
import os
import shutil
import stat
import subprocess

POLICY = """version = 1
name = "dev"
platforms = ["sim"]
simulated = true
measurements = "any"
"""
# Without hardware nothing passes, whatever the rest.
HARD = POLICY.replace("simulated = true\n", "")
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
SPKI = bytes.fromhex("302a300506032b6570032100")
ESCAPES = "\x1b]0;title\x07\x9b2J\u202e"
CONTROLS = set("\x1b\x07\x9b\u202e")


def head(major, n):
    """CBOR's first bytes of an item."""
    if n < 24:
        return bytes([major << 5 | n])
    size = next(s for s in (1, 2, 4, 8) if n < 1 << 8 * s)
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + n.to_bytes(size, "big")


def cbor(x):
    if isinstance(x, bool):
        return b"\xf5" if x else b"\xf4"
    if isinstance(x, int):
        return head(0, x) if x >= 0 else head(1, -1 - x)
    if isinstance(x, bytes):
        return head(2, len(x)) + x
    if isinstance(x, str):
        return head(3, len(x.encode())) + x.encode()
    if isinstance(x, list):
        return head(4, len(x)) + b"".join(map(cbor, x))
    return head(5, len(x)) + b"".join(cbor(k) + cbor(v) for k, v in x.items())


def item(raw, at=0):
    """One item of CBOR and where it ends."""
    major, n = raw[at] >> 5, raw[at] & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[n], at
    if n > 23:
        size = 1 << n - 24
        n, at = int.from_bytes(raw[at:at + size], "big"), at + size
    if major in (2, 3):
        data = raw[at:at + n]
        return (data if major == 2 else data.decode()), at + n
    if major == 4:
        out = []
        for _ in range(n):
            one, at = item(raw, at)
            out.append(one)
        return out, at
    if major == 5:
        out = {}
        for _ in range(n):
            key, at = item(raw, at)
            out[key], at = item(raw, at)
        return out, at
    return (item(raw, at) if major == 6 else (n if major == 0 else -1 - n, at))


def pem(label, der):
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n"


class Keys:
    """Ed25519 by the openssl program."""

    def __init__(self, w, seed):
        self.w = w
        self.file = w.write(f"key{seed}.pem", pem("PRIVATE KEY", PKCS8 + bytes([seed]) * 32))
        der = self.openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        self.public = der[-32:]
        self.root = w.write(f"root{seed}.pem", pem("PUBLIC KEY", SPKI + self.public))

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], capture_output=True, check=True,
                              timeout=60).stdout

    def sign(self, message):
        path = self.w.write("message", message)
        return self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", path)

    def verify(self, message, signature):
        self.openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", self.root, "-in",
                     self.w.write("message", message), "-sigfile",
                     self.w.write("signature", signature))

    def sim(self, report=b"\3" * 64, debug=False):
        """As host/evidence_sim.c makes it."""
        protected = cbor({1: -8})
        body = cbor({1: "sim", 2: b"\2" * 32, 3: report, 4: debug, 5: True})
        signature = self.sign(cbor(["Signature1", protected, b"", body]))
        return b"\xd2" + cbor([protected, {4: self.public}, body, signature])


class Bench:
    """The files of one case."""

    def __init__(self, w, expect, skip):
        if not shutil.which("openssl"):
            raise skip("no openssl")
        self.w, self.expect = w, expect
        self.key = Keys(w, 7)
        self.sim = w.write("sim.cose", self.key.sim())
        self.policy = w.write("dev.toml", POLICY)
        self.env = {**os.environ, "XDG_STATE_HOME": w.path("state"),
                    "XDG_CACHE_HOME": w.path("cache")}

    def run(self, *words, **more):
        return self.w.run(*words, env=self.env, **more)

    def verify(self, code, *words, **more):
        """`broch verify` ends with this code; the words of what it trusts are added."""
        done = self.run("verify", "--policy", self.policy, "--root", self.key.root, *words, **more)
        self.expect(done.returncode == code, words, "exit code", done.returncode, "want", code,
                    done.stdout[:300], done.stderr)
        return done

    def told(self, code, *words, **more):
        return json.loads(self.verify(code, "--json", *words, **more).stdout)

    def fails(self, code, text, *words, **more):
        """One line on stderr, none on stdout."""
        done = self.run(*words, **more)
        line = done.stderr.decode()
        self.expect(done.returncode == code and text in line and line.count("\n") == 1 and
                    line.startswith("broch: ") and done.stdout == b"", words, "exit code",
                    done.returncode, repr(line), done.stdout[:200])


def codes(b):
    b.verify(0, b.sim)
    b.verify(1, b.sim, "--policy", "default")
    b.verify(2, b.w.write("junk", b"no evidence"))
    b.verify(2, b.w.write("empty", b""))
    b.verify(2, b.w.write("cut", b.key.sim()[:-1]))
    changed = bytearray(b.key.sim())
    changed[-1] ^= 1
    b.verify(1, b.w.write("changed", bytes(changed)))
    done = b.run("verify", b.sim, "--policy", b.policy)
    b.expect(done.returncode == 2 and b"anchor_missing" in done.stdout, "no root", done)
    b.verify(1, b.sim, "--policy", b.w.write("strict.toml", HARD))
    done = b.run("verify", b.sim, "--policy", b.policy, "--root", Keys(b.w, 8).root)
    b.expect(done.returncode == 1 and b"bad_sim_signature" in done.stdout, "another root", done)
    b.fails(64, "a file with evidence is expected", "verify")
    b.fails(64, "is --root meant?", "verify", "--rot", "x", b.sim)
    b.fails(64, "jwt or cwt", "verify", "--ear", "xml", b.sim)
    b.fails(64, "not both", "verify", "--ear", "jwt", "--json", b.sim)
    b.fails(64, "what --ear signs with", "verify", "--key", b.key.file, b.sim)
    b.fails(64, "no such kind", "verify", "--kind", "snq", b.sim)
    b.fails(64, "ed25519:", "verify", "--distrust", "ed25519:00", b.sim)
    for option in ("--nonce", "--report-data"):
        for text in ("", "0", "xy", "0x00", "00 "):
            b.fails(64, "hex digits", "verify", option, text, b.sim)
    for text in ("", "now", "2025-06-19", "2025-02-30T00:00:00Z", "2025-06-19T24:00:00Z",
                 "2025-06-19T11:32:27", "2025-06-19T11:32:27Z ", "1750000000"):
        b.fails(64, "a time like", "verify", "--time", text, b.sim)
    for text in ("2025-06-19T11:32:27Z", "2025-06-19T13:32:27.25+02:00"):
        b.verify(0, b.sim, "--time", text)
    b.w.write("bad.toml", "a = 1")
    b.fails(65, "bad.toml:1:1: version", "verify", "--policy", "bad.toml", b.sim)
    b.fails(65, "no Ed25519 private key", "verify", "--ear", "jwt", "--key", b.sim, b.sim)
    b.fails(2, "No such file", "verify", "absent")
    b.fails(2, "No such file", "verify", "--policy", "absent", b.sim)
    b.fails(2, "Is a directory", "verify", b.w.dir)
    b.fails(2, "Not a directory", "verify", b.sim + "/x")
    b.fails(2, "no certificate and no key", "verify", "--root", b.w.path("junk"), b.sim)
    big = b.w.path("big")
    with open(big, "wb") as f:
        f.truncate((64 << 20) + 1)
    b.fails(2, "larger than 64 MiB", "verify", big)
    os.mkdir(b.w.path("many"))
    os.rename(big, b.w.path("many", "list.crl"))
    b.fails(2, "list.crl: larger than 64 MiB", "verify", "--collateral", "many", b.sim)
    os.unlink(b.w.path("many", "list.crl"))


def folders(b):
    """--collateral: nothing is passed over, evidence there is not judged."""
    b.fails(2, "No such file", "verify", "--collateral", "none", b.sim)
    os.makedirs(b.w.path("c", "1", "2", "3", "4", "5"))
    b.fails(2, "too deep", "verify", "--collateral", "c", b.sim)
    os.rmdir(b.w.path("c", "1", "2", "3", "4", "5"))
    b.verify(0, "--collateral", "c", b.sim)
    os.symlink("nowhere", b.w.path("c", "crl"))
    b.fails(2, "c/crl: No such file", "verify", "--collateral", "c", b.sim)
    os.unlink(b.w.path("c", "crl"))
    os.mkfifo(b.w.path("c", "pipe"))
    b.fails(2, "neither a file nor a folder", "verify", "--collateral", "c", b.sim)
    os.unlink(b.w.path("c", "pipe"))
    os.rename(b.sim, b.w.path("c", "sim.cose"))
    b.fails(64, "a file with evidence", "verify", "--collateral", "c")
    done = b.verify(2, b.key.root, "--collateral", "c")
    b.expect(b"evidence_missing" in done.stdout, done.stdout)
    b.verify(2, b.w.path("c", "sim.cose"), b.w.write("other", b.key.sim(b"\4" * 64)))


def forms(b):
    """The same evidence in every wrapping; KIND=FILE; standard input; options anywhere."""
    raw = b.key.sim()
    texts = {
        "hex": raw.hex(), "base64": base64.b64encode(raw).decode(),
        "url": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "lines": "\n".join(base64.b64encode(raw).decode()[i:i + 64] for i in range(0, 400, 64)),
        "json": json.dumps({"tee": "sim", "evidence": base64.b64encode(raw).decode()}),
        "list": json.dumps({"a": [{"evidence": raw.hex()}]}),
        "numbers": json.dumps({"evidence": list(raw)}),
    }
    for name, text in texts.items():
        path = b.w.write(name, text)
        b.verify(0, path)
        items = json.loads(b.run("inspect", "--json", path).stdout)["items"]
        b.expect([i["kind"] for i in items] == ["sim"], name, items)
        b.expect(items[0]["fields"] == json.loads(
            b.run("inspect", "--json", b.sim).stdout)["items"][0]["fields"], name)
    b.verify(0, "sim=" + b.sim)
    b.verify(1, "quote=" + b.sim)
    b.verify(2, "sim=" + b.w.path("json"))  # named is not unwrapped
    b.verify(0, "-", stdin=raw)
    b.verify(2, "-", stdin=b"")
    b.verify(0, b.sim, "--only-roots")
    done = b.run("verify", b.sim, "--policy", b.policy, b.key.root)
    b.expect(done.returncode == 1 and b"--root" in done.stdout, "a key beside it is no root", done)
    b.verify(2, b.sim, "--", "--json")
    os.rename(b.sim, b.w.path("--json"))
    b.verify(0, "--", "--json")
    b.expect(b.verify(0, "./--json").stdout.startswith(b"accepted"), "taken for an option")
    for words in (["inspect", "--json", "-"], ["inspect", "-", "--json"],
                  ["inspect", "--json", "/dev/stdin"], ["inspect", "--kind", "sim", "--json", "-"]):
        done = b.run(*words, stdin=raw)
        b.expect(done.returncode == 0 and json.loads(done.stdout)["items"][0]["kind"] == "sim",
                 words, done)


def challenges(b):
    """The whole field is compared, and what was not compared is no answer."""
    answer = "03" * 64
    for option in ("--nonce", "--report-data"):
        told = b.told(0, b.sim, option, answer)
        b.expect(told["claims"]["fresh"] is True, option)
        for other in ("03", "03" * 63, "03" * 65, "04" + "03" * 63, "03" * 63 + "02"):
            told = b.told(1, b.sim, option, other)
            b.expect(told["reason"]["check"] in ("freshness", "report_data"), told["reason"])
            b.expect(told["claims"]["fresh"] is False, option, other)
    short = b.w.write("short.cose", b.key.sim(b"\5" * 16 + bytes(48)))
    b.told(0, short, "--report-data", "05" * 16)
    b.told(0, short, "--report-data", "05" * 16 + "00")
    b.told(1, short, "--report-data", "05" * 15)
    told = b.told(1, b.sim, "--report-data", answer, "--nonce", "00")
    b.expect(told["claims"]["fresh"] is False and told["reason"]["id"] == "nonce_mismatch", told)
    b.expect(b.told(0, b.sim)["claims"]["fresh"] is False, "nobody asked")
    b.expect(b"no challenge was compared" in b.verify(0, b.sim).stdout, "text")


def simulated(b):
    """In every form of output, accepted or not."""
    for words, code in ((["--policy", b.policy], 0), (["--policy", "default"], 1),
                        (["--policy", "authentic"], 0)):
        text = b.verify(code, b.sim, *words).stdout.decode()
        b.expect("\nSIMULATED: " in text and "genuine" not in text.splitlines()[0], text)
        told = b.told(code, b.sim, *words)
        b.expect(told["simulated"] is True and told["claims"]["simulated"] is True, told)
        b.expect(told["claims"]["hardware"] is False and told["platform"] == "sim", told)
    b.expect(told["reason"] is None, told["reason"])
    told = b.told(1, b.sim, "--policy", "default")
    b.expect(told["reason"]["id"] in ("platform_not_allowed", "simulated_not_allowed"), told)
    strict = b.w.write("strict.toml", HARD)
    told = b.told(1, b.sim, "--policy", strict)
    b.expect((told["reason"]["id"], told["reason"]["rule"]) ==
             ("simulated_not_allowed", "simulated"), told["reason"])
    b.expect("SIMULATED" in b.run("policy", "explain", b.policy, b.sim, "--root",
                                  b.key.root).stdout.decode(), "explain")
    b.expect(b"simulated" in b.run("inspect", b.sim).stdout, "inspect")


def results(b):
    """Attestation results: signed by the key, and affirming nothing of a simulation."""
    done = b.verify(0, b.sim, "--ear", "jwt", "--key", b.key.file, "--nonce", "03" * 64,
                    "--time", "2026-01-02T03:04:05Z")
    parts = done.stdout.decode().strip().split(".")
    plain = [base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in parts]
    b.key.verify(".".join(parts[:2]).encode(), plain[2])
    head_, ear = json.loads(plain[0]), json.loads(plain[1])
    b.expect(head_["alg"] == "EdDSA" and ear["iat"] == 1767323045, head_, ear)
    b.expect(ear["exp"] - ear["iat"] == 300 and ear["eat_nonce"], ear)
    sub = ear["submods"]["sim"]
    vector = sub["ear_trustworthiness_vector"]
    b.expect(sub["ear_status"] == "warning" and vector["hardware"] == 32 and
             vector["instance-identity"] == 0 and vector["executables"] == 0, sub)
    b.expect(sub["ear_attester_claims"]["simulated"] is True and
             sub["ear_attester_claims"]["hardware"] is False, sub)

    done = b.verify(0, b.sim, "--ear", "cwt", "--key", b.key.file)
    (protected, _, body, signature), end = item(done.stdout)
    b.expect(end == len(done.stdout), "bytes behind the CWT")
    b.key.verify(cbor(["Signature1", protected, b"", body]), signature)
    sub = item(body)[0][266]["sim"]
    b.expect(sub[1000] == 32 and sub[1001][4] == 32 and sub[1005]["simulated"] is True, sub)

    done = b.verify(1, b.sim, "--ear", "jwt", "--key", b.key.file, "--policy", "default")
    body = done.stdout.split(b".")[1]
    sub = json.loads(base64.urlsafe_b64decode(body + b"=="))["submods"]["sim"]
    b.expect(sub["ear_status"] == "contraindicated" and "ear_attester_claims" not in sub, sub)
    done = b.verify(2, b.w.write("junk", b"junk"), "--ear", "jwt", "--key", b.key.file)
    body = done.stdout.split(b".")[1]
    b.expect(json.loads(base64.urlsafe_b64decode(body + b"=="))["submods"]["none"]["ear_status"]
             == "none", done.stdout)

    # A key of this user's own, made once, and nobody else's to read.
    first = b.verify(0, b.sim, "--ear", "cwt", "--time", "2026-01-02T03:04:05Z").stdout
    again = b.verify(0, b.sim, "--ear", "cwt", "--time", "2026-01-02T03:04:05Z").stdout
    b.expect(first == again, "two runs, two keys")
    mode = os.stat(b.w.path("state", "broch", "verifier.key")).st_mode
    b.expect(stat.S_IMODE(mode) == 0o600, oct(mode))


def shapes(b):
    """--json: always the same keys, and the same bytes for the same question."""
    keys = {"verdict", "platform", "simulated", "reason", "checks", "claims"}
    words = ["--json", b.sim, "--time", "2026-01-02T03:04:05Z"]
    first, second = (b.verify(0, *words).stdout for _ in range(2))
    b.expect(first == second, "two runs differ")
    accepted = json.loads(first)
    refused = b.told(1, b.sim, "--policy", "default")
    unknown = b.told(2, b.w.write("junk", b"junk"))
    for told in (accepted, refused, unknown):
        b.expect(set(told) == keys, set(told) ^ keys)
        b.expect(set(told["claims"]) == set(accepted["claims"]), told["claims"])
        b.expect(all(set(c) == {"check", "detail", "waived"} for c in told["checks"]), told)
    b.expect(set(refused["reason"]) == {"id", "check", "kind", "sentence", "detail", "item",
                                        "offset", "rule", "cure"}, refused["reason"])
    b.expect([t["verdict"] for t in (accepted, refused, unknown)] ==
             ["accepted", "refused", "undecided"], "verdicts")
    b.expect(accepted["claims"]["measurement"] == "02" * 32 and
             accepted["claims"]["debug"] is False, accepted["claims"])
    b.expect(unknown["reason"]["item"].endswith("junk"), unknown["reason"])
    debug = b.w.write("debug.cose", b.key.sim(debug=True))
    told = b.told(1, debug)
    b.expect(told["reason"]["id"] == "debug_not_allowed", told["reason"])
    b.expect(b"\nDEBUG: " in b.verify(1, debug).stdout, "text")
    b.expect(b.told(0, debug, "--policy", b.w.write("d.toml", POLICY + "debug = true\n"))
             ["claims"]["debug"] is True, "allowed")


def hostile(b):
    """What others named and wrote does not reach the terminal, and does not break JSON."""
    def clean(done, *what, but=""):
        for output in (done.stdout, done.stderr):
            text = output.decode()  # UTF-8, whatever the names
            b.expect(not set(text) & (CONTROLS - set(but)), what, repr(text[:300]))

    name = b.w.write(ESCAPES, b.key.sim())
    other = b.w.write(ESCAPES + "\udcff", b"junk")
    policy = b.w.write("p" + ESCAPES, POLICY)
    for words in (["verify", name], ["verify", other], ["inspect", name], ["inspect", other],
                  ["verify", "--policy", other, name], ["verify", "--root", other, name],
                  ["policy", "check", policy], ["policy", "check", other],
                  ["policy", "explain", policy, other], ["policy", "diff", policy, "default"],
                  ["verify", "--time", ESCAPES, name], ["verify", "--collateral", ESCAPES + "x",
                                                        name], ["measure", "tpm", other]):
        clean(b.run(*words), words)
        if words[0] in ("verify", "inspect"):
            done = b.run(*words, "--json")
            clean(done, words, "as JSON", but="\u202e")
            if done.stdout:
                json.loads(done.stdout)

    b.key.openssl("req", "-x509", "-key", b.key.file, "-utf8", "-subj", "/CN=" + ESCAPES,
                  "-days", "9", "-out", b.w.path("cert.pem"))
    log = json.dumps([{"imr": 3, "digest": "00" * 48, ESCAPES: ESCAPES, "event": ESCAPES}])
    for path in ("cert.pem", b.w.write("log.json", log)):
        done = b.run("inspect", path)
        b.expect(done.returncode == 0, path, done)
        clean(done, path)
        told = b.run("inspect", "--json", path)
        clean(told, path, "as JSON", but="\u202e")
        json.loads(told.stdout)


def distrust(b):
    """A list that is joined to any policy: obeyed, wanted, and nobody else's."""
    lists = {"good": "platform = \"sim\"", "other": "platform = \"snp\""}
    for name, entry in lists.items():
        b.w.write("l.toml", "issued = 2026-01-01T00:00:00Z\nexpires = 2026-12-31T00:00:00Z\n"
                  f"[[distrust]]\nreason = \"made up\"\n{entry}\n")
        done = b.run("policy", "distrust", "l.toml", "--key", b.key.file)
        b.expect(done.returncode == 0, done)
        b.w.write(name, done.stdout)
    key = ["--distrust", "ed25519:" + b.key.public.hex()]
    when = ["--time", "2026-06-01T00:00:00Z"]
    told = b.told(1, b.sim, "good", *key, *when)
    b.expect((told["reason"]["id"], told["reason"]["detail"]) ==
             ("distrusted", "distrust: made up"), told["reason"])
    b.told(0, b.sim, "other", *key, *when)
    b.told(0, b.sim, "good", *when)  # nobody named the key
    for words in ([b.sim, *key, *when], [b.sim, "other", *key, "--time", "2027-01-01T00:00:00Z"],
                  [b.sim, "good", "--distrust", "ed25519:" + "00" * 32, *when]):
        told = b.told(2, *words)
        b.expect(told["reason"]["id"] == "distrust_list_invalid", words, told["reason"])


def explained(b):
    for words, code, by in (([], 0, None), (["--policy-is-strict"], 1, "simulated")):
        policy = b.w.write("e.toml", HARD if words else POLICY)
        told = b.run("policy", "explain", policy, b.sim, "--root", b.key.root, "--json")
        b.expect(told.returncode == code, told)
        out = json.loads(told.stdout)
        b.expect(out["decided_by"] == by and out["accepted"] is (code == 0), out)
        b.expect((out["reason"] is None) == (code == 0), out["reason"])
    done = b.run("policy", "explain", b.policy, b.w.write("junk", b"junk"))
    b.expect(done.returncode == 2 and b"unknown_evidence" in done.stdout, done)


def add(case, expect, skip):
    def named(name, function):
        def one(w):
            function(Bench(w, expect, skip))
        one.__name__ = name
        case(one)

    named("verify_ends_with_its_codes", codes)
    named("verify_passes_over_nothing_in_a_folder", folders)
    named("evidence_in_every_wrapping", forms)
    named("challenges_are_compared_whole", challenges)
    named("what_is_simulated_is_always_called_that", simulated)
    named("attestation_results_are_signed", results)
    named("verdicts_as_json", shapes)
    named("hostile_names_stay_text", hostile)
    named("distrust_lists_join_any_policy", distrust)
    named("policies_explain_evidence", explained)

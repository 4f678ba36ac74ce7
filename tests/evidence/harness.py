"""What the modules of tests/evidence/ share: a case of an index, and ways to run broch on it.

A module kind_<kind>.py (the index's `kind`, '-' turned to '_') has either

    def arguments(case):            words for `broch verify`, without verdict options
    def fields(case, result):       yields what in `result` (broch verify --json) is not as expected

and the runner judges verdict and reasons, replays the derived negatives, or

    def run(case):                  yields faults: strings, one line each

where the case is not one of verification. Both may be there: run() then adds to the rest, if
`also_verify` is true in the module.
"""
import fnmatch
import json
import os
import re
import shutil
import subprocess

from reason_classes import reason_faults

# The policy of signatures, chains and dates alone: the index says what is genuine, not what a
# relying party wants.
POLICY = "authentic"

# Nobody may trace a confined program, as the search for leaks does (its end would be exit code 1);
# leaks are for the unit tests to find.
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0:detect_stack_use_after_return=1")
os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")


class Case:
    def __init__(self, entry, folder, common, broch, helpers, scratch):
        self.entry = entry
        self.id = entry["id"]
        self.kind = entry["kind"]
        self.expected = entry.get("expected") or {}
        self.fields = entry.get("expected_fields") or {}
        self.time = entry.get("verify_time")
        self.folder = folder
        self.common_folder = common
        self.broch_path = broch
        self.helpers = helpers    # the build folder: programs of `helpers` in meson.build
        self.scratch = scratch    # an empty folder of this case's own
        self.swapped = {}

    def names(self):
        return sorted(self.entry["files"])

    def has(self, name):
        return name in self.entry["files"] and os.path.exists(os.path.join(self.folder, name))

    def file(self, name):
        """The path of a file of the case; of its changed copy while a negative is replayed."""
        return self.swapped.get(name) or os.path.join(self.folder, name)

    def common(self, *parts):
        return os.path.join(self.common_folder, *parts)

    def bytes(self, name):
        with open(self.file(name), "rb") as f:
            return f.read()

    def json(self, name):
        with open(self.file(name), encoding="utf-8") as f:
            return json.load(f)

    def change(self, name, data):
        """From now on file(name) is a copy with these bytes."""
        path = os.path.join(self.scratch, os.path.basename(name))
        with open(path, "wb") as f:
            f.write(data)
        self.swapped[name] = path

    def restore(self):
        self.swapped.clear()
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.makedirs(self.scratch, exist_ok=True)

    def program(self, *words, stdin=None):
        """(exit code, stdout, stderr), bytes; a signal is a fault of its own."""
        # A user's own cache of endorsements must not answer for what a case lacks.
        done = subprocess.run([str(w) for w in words], input=stdin, capture_output=True,
                              timeout=120, check=False,
                              env={**os.environ, "XDG_CACHE_HOME": self.scratch + "-cache"})
        return done.returncode, done.stdout, done.stderr

    def broch(self, *words, stdin=None):
        return self.program(self.broch_path, *words, stdin=stdin)

    def verify(self, arguments, policy=POLICY):
        """(exit code, result) of `broch verify --json`."""
        words = ["verify", "--json", "--policy", policy]
        if self.time and "--time" not in arguments:
            words += ["--time", self.time]
        code, out, err = self.broch(*words, *arguments)
        try:
            return code, json.loads(out)
        except ValueError:
            return code, {"broken": (err or out).decode("utf-8", "replace").strip()[:400]}

    def inspect(self, path, *words):
        """The list of {kind, name, fields} that `broch inspect --json` gives, or None."""
        code, out, err = self.broch("inspect", "--json", *words, path)
        if code != 0:
            return None
        return json.loads(out)["items"]


REFUSING = re.compile(r"^(in_?valid|not_valid|refuse|reject|fail|revoked|untrusted|unverifiable"
                      r"|bad_|tampered|malformed|.*must_fail|.*must_be_rejected)")
READING = re.compile(r"parse|decode|structure|_bound$|equals|matches|decrypts|readable")


def wish(case):
    """What the index wants of a case: "accept", "refuse" or "read" (it can be read, and nothing
    more is there to judge it by). By the verdict's word where that is told, else by polarity."""
    word = str(case.expected.get("verdict") or "").lower().strip().replace(" ", "_")
    polarity = case.entry.get("polarity")
    if REFUSING.match(word) or (polarity == "negative" and not READING.search(word)):
        return "refuse"
    if polarity == "parse-only" or word.startswith(("parse", "decode")):
        return "read"
    if "valid" in word or word in ("accept", "accepted", "ok", "pass", "trusted", "evidence_bound",
                                   "trustworthy", "affirming"):
        return "accept"
    if READING.search(word):
        return "read"
    return {"positive": "accept", "negative": "refuse"}.get(polarity)


BAD_NAMES = ("invalid", "missing", "bad", "neg", "wrong", "malformed")


def accepts(case, name):
    """Whether a case of many files wants this one accepted: by a pattern or word of the index
    ({"ok-*": "accept", "bad": "reject"}), else by the file's own name."""
    said = {k: str(v) for k, v in case.expected.items() if k not in ("verdict", "reasons")}
    for pattern, what in said.items():
        if fnmatch.fnmatch(name, pattern) or pattern.strip("*") in name:
            return what.startswith(("accept", "valid", "ok", "pass", "verify ok"))
    return not any(word in name for word in BAD_NAMES)


def reason_of(result):
    return (result.get("reason") or {}).get("id")


def verdict_faults(case, code, result):
    """What in exit code, verdict and reason is not as the case expects."""
    wanted, reason = wish(case), reason_of(result)
    if "broken" in result:
        yield f"exit code {code}: {result['broken']}"
    elif wanted == "refuse":
        if code not in (1, 2) or result["verdict"] == "accepted":
            yield f"{result['verdict']}, exit code {code}, instead of refused"
        else:
            yield from reason_faults(reason, case.expected.get("reasons"))
    elif wanted == "accept":
        if code != 0 or result["verdict"] != "accepted":
            yield (f"{result['verdict']}, exit code {code}, instead of accepted: {reason}: "
                   f"{(result.get('reason') or {}).get('detail')}")
    elif wanted == "read":  # what cannot be judged must say so, not be taken for malformed
        if reason in ("malformed", "malformed_cbor", "unknown_evidence"):
            yield f"{reason} instead of something that can be read"
    else:
        yield (f"the index expects {case.expected.get('verdict')!r}, polarity "
               f"{case.entry.get('polarity')!r}: the runner knows neither")


def same(found, wanted):
    """Equal, whatever the form of numbers and the case of hex."""
    if isinstance(wanted, bool) or isinstance(found, bool) or wanted is None or found is None:
        return found is wanted
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(k in found and same(found[k], v) for k, v in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(same(f, w) for f, w in zip(found, wanted))
    return number(found) == number(wanted)


def number(value):
    """"0x30000" and 196608 are one; text in lower case."""
    if isinstance(value, str):
        text = value.lower()
        if text.startswith("0x"):
            try:
                return int(text, 16)
            except ValueError:
                return text
        return text
    return value


def differ(path, found, wanted):
    """Yields a line where they differ."""
    if not same(found, wanted):
        yield f"{path}: {json.dumps(found)[:200]} instead of {json.dumps(wanted)[:200]}"

"""What the modules of tests/evidence/ share: a case of an index, and ways to run broch on it.

A module kind_<kind>.py (the index's `kind`, '-' turned to '_') has either

    def arguments(case):            words for `broch verify`, without verdict options
    def fields(case, result):       yields what in `result` (broch verify --json) is not as expected

and the runner judges verdict and reasons, replays the derived negatives, or

    def run(case):                  yields faults: strings, one line each

where the case is not one of verification. Both may be there: run() then adds to the rest, if
`also_verify` is true in the module.
"""
import json
import os
import shutil
import subprocess

# The policy of signatures, chains and dates alone: the index says what is genuine, not what a
# relying party wants.
POLICY = "authentic"


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

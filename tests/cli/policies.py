"""`broch policy`: its commands, exit codes and messages; cases of run-cli."""
import json

# A policy, and its line; exit code 65.
POLICIES = [
    ("platforms = []\n", "1:1: version: A policy says `version = 1`."),
    ("version = 1\nplatform = ['snp']\n",
     "2:1: platform: This is no key of a policy, nor a platform; \"platforms\" is."),
    ("version = 1\n[snp]\nfield.vmpl = 0\n",
     "3:1: snp.field: This is no key of a platform's table; \"fields\" is."),
    ("version = 1\nstatuses = ['Revoked']\n",
     "2:13: statuses: What Intel revoked cannot be accepted."),
    ("version = 1\nallow = ['sha-1']\n", "2:10: allow: This is no allowance; \"sha1\" is."),
    ("version = \n", "1:11: Expected"),
]

LIST = """issued = 2026-11-21T00:00:00Z
expires = 2026-12-21T00:00:00Z
[[distrust]]
reason = "the R generation leaks"
vendor = "Q"
family = "R"
"""

LISTS = [
    (LIST.replace("issued", "isued", 1), "1:1: a list has issued, expires and"),
    (LIST.replace("2026-12", "2026-10"), "expires before it is issued"),
    (LIST.replace("family", "famly"), "6:1: an entry has"),
    (LIST.replace('"R"', "1"), "6:1: text is expected"),
    (LIST + "[[distrust]]\nreason = 'x'\n", "an entry needs a reason, and what it is about"),
    (LIST + "chip_id = 'x'\n", "7:1: hexadecimal is expected"),
]


def policies(w, expect):
    for text, pattern in POLICIES:
        w.write("p.toml", text)
        done = w.run("policy", "check", "p.toml")
        expect(done.returncode == 65, text, done.returncode)
        expect(("p.toml:" + pattern) in done.stderr.decode(), text, done.stderr)
    for name in ("default", "authentic"):
        shown = w.run("policy", "show", name)
        w.write("p.toml", shown.stdout)
        expect(shown.returncode == 0, shown.stderr)
        expect(w.run("policy", "check", "p.toml").returncode == 0, name)
        same = w.run("policy", "diff", name, "p.toml")
        expect(same.returncode == 0 and same.stdout == b"", same.stdout)
    other = w.run("policy", "diff", "default", "authentic")
    expect(other.returncode == 1 and b"~ debug = false -> true\n" in other.stdout, other.stdout)
    told = json.loads(w.run("policy", "explain", "default", "--json").stdout)
    expect(told["policy"] == "default" and told["decided_by"] is None, told)
    expect({r["rule"] for r in told["rules"]} >= {"platforms", "debug", "simulated"}, told)


def distrust_lists(w, expect):
    w.write("key", b"\0" * 32)
    for text, pattern in LISTS:
        w.write("l.toml", text)
        done = w.run("policy", "distrust", "l.toml", "--key", "key")
        expect(done.returncode == 65, text, done.returncode)
        expect(pattern in done.stderr.decode(), text, done.stderr)
        expect(done.stdout == b"", "a list nevertheless")
    w.write("l.toml", LIST)
    done = w.run("policy", "distrust", "l.toml", "--key", "key")
    expect(done.returncode == 0, done.stderr)
    expect(b"1 entries, signed by ed25519:3b6a27bc" in done.stderr, done.stderr)
    w.write("l.cose", done.stdout)
    item = json.loads(w.run("inspect", "--json", "l.cose").stdout)["items"][0]
    entry = {"reason": "the R generation leaks", "vendor": "Q", "family": "R"}
    expect(item["fields"]["entries"] == [entry], item)

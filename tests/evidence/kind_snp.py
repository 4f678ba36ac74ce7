"""SEV-SNP reports with the chip's certificate beside them."""
import os

from harness import differ, same, verdict_faults, wish
import snp_launch

PRODUCTS = ("milan", "genoa", "turin")
CERTIFICATES = (".der", ".pem", ".crt", ".cer")
also_verify = True


def product_of(case):
    named = str(case.fields.get("product") or case.entry.get("collateral") or case.id).lower()
    return next((p for p in PRODUCTS if p in named), None)


def certificates(case):
    """The chip's own: the first that the case names so, before an earlier issue of the same."""
    found = [n for n in case.names()
             if n.endswith(CERTIFICATES) and ("vcek" in n or "vlek" in n) and case.has(n)]
    return sorted(found, key=len)


def report_of(case):
    for name in ("report.bin", "outblob.bin"):
        if case.has(name):
            return name
    sizes = [n for n in case.names() if case.entry["files"][n]["size"] == 1184]
    named = [n for n in case.names() if "report" in n or "evidence" in n]
    return (sizes + named + case.names())[0]


def bundled(case):
    """Where the chip's certificate may be, if it is no file of its own."""
    return [n for n in case.names()
            if n != report_of(case)
            and any(word in n for word in ("aux", "cert", "chain", "table"))]


def lists(case):
    """Lists of revocations that the case names in common/."""
    for word in (case.entry.get("collateral") or "").replace(",", " ").split():
        path = case.common(*word.split("/")[1:]) if word.startswith("common/") else ""
        if "crl" in os.path.basename(path) and os.path.exists(path):
            yield path


def arguments(case):
    words = [case.file(report_of(case))]
    words += [case.file(n) for n in certificates(case)[:1] or bundled(case)]
    words += [case.file(n) for n in case.names()
              if "crl" in n or n.startswith(("ask", "asvk", "ark"))]
    return words + list(lists(case))


def own(result):
    return (result.get("claims") or {}).get("own") or {}


def unlike(path, found, wanted):
    """differ, member by member; null and absent are one."""
    for name, value in wanted.items():
        if isinstance(value, dict):
            yield from unlike(f"{path}{name}.", (found or {}).get(name) or {}, value)
        elif not (value is None and (found or {}).get(name) is None):
            yield from differ(path + name, (found or {}).get(name), value)


def fields(case, result):
    if result["verdict"] == "accepted":
        yield from unlike("", own(result), case.fields)
        yield from claims_differ(case, result["claims"])


def claims_differ(case, claims):
    """The common words say the same as the platform's own."""
    debug = (case.fields.get("policy_bits") or {}).get("debug")
    if debug is not None:
        yield from differ("claims.debug", claims.get("debug"), debug)
    for name in ("measurement", "report_data", "host_data"):
        if name in case.fields and claims.get(name) is not None:
            yield from differ("claims." + name, claims[name], case.fields[name])


def verdict(case, code, result):
    """A case without a certificate is read, and cannot be judged."""
    if case.entry["polarity"] == "parse-only":
        reason = (result.get("reason") or {}).get("id")
        if code != 2 or reason != "certificate_missing":
            yield f"exit code {code}, reason {reason}, instead of 2 and certificate_missing"
        return
    yield from verdict_faults(case, code, result)


def negative_reasons(expected):
    if expected.startswith("unsupported signature algorithm"):
        return {"unsupported_algorithm"}
    return {r.strip() for r in expected.split("(")[0].split("/")}


def run(case):
    """What the report says is readable without its chain; other files beside it agree."""
    items = case.inspect(case.file(report_of(case)))
    if not items:
        yield "broch inspect cannot read the report"
        return
    beyond = ("signing_cert", "product") # these need the certificate
    yield from unlike("inspect ", items[0]["fields"],
                      {k: v for k, v in case.fields.items() if k not in beyond})
    for name in certificates(case):
        if case.expected.get("must_still_parse_extensions") or name != certificates(case)[0]:
            if case.inspect(case.file(name)) is None:
                yield f"broch inspect cannot read {name}"
    for name in certificates(case)[1:]:
        if wish(case) == "accept":
            code, result = case.verify([case.file(report_of(case)), case.file(name)])
            if code != 0:
                yield f"{name}: exit code {code}: {result.get('reason')}"
    yield from bundles(case)
    yield from policies(case)
    if case.has("launch_inputs.json"):
        yield from snp_launch.recompute(case, case.fields.get("measurement"))


def bundles(case):
    """The same report in other wrappings: configfs-tsm, Trustee's and Veraison's forms, a CSR."""
    tables = [case.file(n) for n in case.names() if "auxblob" in n]
    if tables:
        code, result = case.verify([case.file(report_of(case))] + tables)
        if code != 0:
            yield f"with the certificate table alone: exit code {code}: {result.get('reason')}"
    for name in case.names():
        if name.startswith("tsm-report"):
            code, result = case.verify([case.file(name)])
            wanted = case.fields.get("measurement")
            if code != 0 or not same(own(result).get("measurement"), wanted):
                yield f"{name}: exit code {code}: {result.get('reason')}"
        if name.endswith(".csr"):
            code, result = case.verify([case.file(name), case.file(certificates(case)[0])])
            if code != 0:
                yield f"{name}: exit code {code}: {result.get('reason')}"


POLICY = """version = 1
name = "case"
platforms = ["snp"]
simulated = false
allow = ["missing-crl", "masked-chip", "host-requested"]
"""
ANY = 'measurements = "any"\n'


def judged(case, rules):
    """(exit code, reason) under a policy of these lines."""
    path = os.path.join(case.scratch, "policy.toml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(POLICY + rules)
    code, result = case.verify(arguments(case), policy=path)
    return code, (result.get("reason") or {}).get("id") or result.get("broken")


def policies(case):
    """What the index says that relying parties' policies make of the report."""
    if wish(case) != "accept":
        return
    code, reason = judged(case, ANY + "debug = false\n")
    debug = (case.fields.get("policy_bits") or {}).get("debug")
    if debug is None:
        return
    if debug:
        if code != 1 or reason != "debug_not_allowed":
            yield f"debug, and the policy wants none: exit code {code}: {reason}"
    elif code != 0:
        yield f"no debug, and the policy wants none: exit code {code}: {reason}"
    if "positive_policy" in case.expected:
        yield from signer_policies(case, case.expected["positive_policy"])


def signer_policies(case, policy):
    """The owner's policy, and ones that differ from it in one rule and must refuse."""
    debug = str(case.fields["policy_bits"]["debug"]).lower()
    common = (f'debug = {debug}\nmeasurements = ["{policy["measurement"]}"]\n'
              f'signers = ["{policy["id_key_digest"]}"]\n')
    author = f'signer_keys = ["{policy["author_key_digest"]}"]\n'
    least = policy["abi"].lstrip(">=")
    flags = "".join(f"policy_bits.{flag.lower()} = true\n" for flag in policy["policy_flags"])
    good = common + author + f'[snp.fields]\ncurrent_version_text.at_least = "{least}"\n' + flags
    bad = {
        "author key not in signer list": good.replace(author, f'signer_keys = ["{"5a" * 48}"]\n'),
        "firmware of 254.0": good.replace(f'"{least}"', '"254.0"'),
        "ID key that is not wanted": good + f'id_key_digest.not = "{policy["id_key_digest"]}"\n',
        "debug demanded": good + "policy_bits.debug = true\n",
        "a single socket demanded": good + "policy_bits.single_socket = true\n",
        "another measurement": good.replace(policy["measurement"], "5a" * 48),
    }
    code, reason = judged(case, good)
    if code != 0:
        yield f"the owner's policy: exit code {code}: {reason}"
    for name, rules in bad.items():
        code, reason = judged(case, rules)
        if code != 1:
            yield f"{name}: exit code {code}: {reason}"

"""Arm CCA tokens, with the key of the platform (CPAK) beside them as PEM, JWK or a store of
trust anchors; it is trusted by --root."""
from harness import differ

PLATFORM = {
    "265": "cca_platform_profile",
    "10": "cca_platform_challenge",
    "2396": "cca_platform_implementation_id",
    "256": "cca_platform_instance_id",
    "2401": "cca_platform_config",
    "2395": "cca_platform_lifecycle",
    "2399": "cca_platform_sw_components",
    "2400": "cca_platform_service_indicator",
    "2402": "cca_platform_hash_algo_id",
    "2394": "cca_platform_client_id",
    "2403": "cca_platform_manufacturing_config",
    "2404": "cca_platform_extension",
    "2405": "cca_platform_tbb_rotpk",
    "2406": "cca_platform_peer_signers",
}
DEVICE = {"1": "hash_algo_id", "2": "device_measurements_digest", "3": "certificate_chain_digest",
          "4": "uses_ide", "5": "protocol", "6": "vca_digest", "7": "device_type",
          "8": "encryption_type"}
ROTPK = {"1": "name", "2": "active_array_index", "3": "index", "4": "hash"}
COMPONENT = {"1": "component_type", "2": "measurement_value", "4": "version", "5": "signer_id",
             "6": "hash_algo_id"}
REALM = {
    "265": "cca_realm_profile",
    "10": "cca_realm_challenge",
    "44235": "cca_realm_personalization_value",
    "44236": "cca_realm_hash_algo_id",
    "44237": "cca_realm_public_key",
    "44238": "cca_realm_initial_measurement",
    "44239": "cca_realm_extensible_measurements",
    "44240": "cca_realm_public_key_hash_algo_id",
    "44243": "cca_realm_mec_policy",
    "256": "cca_realm_instance_id",
}


TOKENS = (".cbor", ".cose", ".bin", ".b64")


def arguments(case):
    words = []
    for name in case.names():
        if name.endswith((".pem", ".json", ".jwk", ".der", ".key")) and name != "case.json":
            words += ["--root", case.file(name)]
        elif name.endswith(TOKENS):
            words.append(case.file(name))
    return words


def renamed(wanted, names):
    """The index has the claims' numbers, broch their names; what has no name is no claim."""
    out = {}
    for number, value in wanted.items():
        if number in names:
            inner = {"2399": COMPONENT, "2404": DEVICE, "2405": ROTPK}.get(number)
            if inner and isinstance(value, list):
                value = [renamed(part, inner) for part in value]
            out[names[number]] = value
    return out


def own_of(case, result):
    """Claims where it was accepted; of what was refused, what can be read all the same."""
    if result["verdict"] == "accepted":
        return result["claims"]["own"]
    token = next((w for w in reversed(arguments(case)) if w.endswith(TOKENS)), None)
    if token is None:
        return None
    items = case.inspect(token)
    return items[0]["fields"] if items else None


def fields(case, result):
    own = own_of(case, result)
    wanted = case.fields
    if own is None:
        return
    for side, names in (("platform", PLATFORM), ("realm", REALM)):
        yield from differ(side, own.get(side), renamed(wanted.get(side, {}), names))
    for side in ("platform_alg", "realm_alg"):
        if side in wanted:
            said = wanted[side]
            yield from differ(side, own.get(side), said["1"] if isinstance(said, dict) else said)
    if "lifecycle" in wanted:
        yield from differ("lifecycle", own["platform"]["cca_platform_lifecycle"],
                          int(wanted["lifecycle"], 16))


def negative_reasons(expected):
    for reason in ("bad_platform_signature", "bad_realm_signature", "rak_binding_mismatch"):
        if reason in expected:
            return {reason}
    return None

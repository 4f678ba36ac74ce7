#include "attest/cca/token.h"

#include "base/num.h"

/* Keys of claims (draft-ffm-rats-cca-token; RFC 9783, 4; RFC 9711). */
enum {
    CLAIM_CHALLENGE = 10,
    CLAIM_INSTANCE = 256,
    CLAIM_PROFILE = 265,
    CLAIM_EAT_BOOT_SEED = 268,
    CLAIM_CLIENT = 2394,
    CLAIM_LIFECYCLE = 2395,
    CLAIM_IMPLEMENTATION = 2396,
    CLAIM_BOOT_SEED = 2397,
    CLAIM_CERTIFICATION = 2398,
    CLAIM_COMPONENTS = 2399,
    CLAIM_SERVICE = 2400,
    CLAIM_CONFIG = 2401,
    CLAIM_HASH = 2402,
    CLAIM_MANUFACTURING = 2403,
    CLAIM_EXTENSION = 2404,
    CLAIM_ROTPK = 2405,
    CLAIM_PEER_SIGNERS = 2406,
    CLAIM_NO_COMPONENTS = -75007,
    CLAIM_REALM_PERSONALIZATION = 44235,
    CLAIM_REALM_HASH = 44236,
    CLAIM_REALM_KEY = 44237,
    CLAIM_RIM = 44238,
    CLAIM_REM = 44239,
    CLAIM_REALM_KEY_HASH = 44240,
    CLAIM_MEC_POLICY = 44243,
};

/* PSA_IOT_PROFILE_1 (draft-tschofenig-rats-psa-token-05) counts its claims down from -75000. */
#define LEGACY_FIRST (-75000)
static const int64_t legacy_keys[] = {
    CLAIM_PROFILE,   CLAIM_CLIENT,        CLAIM_LIFECYCLE,  CLAIM_IMPLEMENTATION,
    CLAIM_BOOT_SEED, CLAIM_CERTIFICATION, CLAIM_COMPONENTS, CLAIM_NO_COMPONENTS,
    CLAIM_CHALLENGE, CLAIM_INSTANCE,      CLAIM_SERVICE,
};

/* The next key; 0, which no claim has, for those that are text. */
static int64_t key_take(struct reader *r)
{
    int64_t key;

    if (cbor_peek(r) == CBOR_TEXT) {
        (void)cbor_walk_text(r);
        return 0;
    }
    key = cbor_walk_int(r);
    if (key <= LEGACY_FIRST && key > LEGACY_FIRST - (int64_t)COUNT_OF(legacy_keys))
        return legacy_keys[LEGACY_FIRST - key];
    return key;
}

/* What is mandatory. */
static const int64_t platform_claims[] = {
    CLAIM_CHALLENGE,  CLAIM_INSTANCE, CLAIM_LIFECYCLE, CLAIM_IMPLEMENTATION,
    CLAIM_COMPONENTS, CLAIM_CONFIG,   CLAIM_HASH,
};
static const int64_t psa_claims[] = {
    CLAIM_CHALLENGE,      CLAIM_INSTANCE,   CLAIM_LIFECYCLE,
    CLAIM_IMPLEMENTATION, CLAIM_COMPONENTS, CLAIM_CLIENT,
};
static const int64_t realm_claims[] = {
    CLAIM_CHALLENGE, CLAIM_REALM_PERSONALIZATION, CLAIM_REALM_HASH, CLAIM_REALM_KEY, CLAIM_RIM,
    CLAIM_REM,       CLAIM_REALM_KEY_HASH,
};

/* For people: what is missing, or has a value of another form. */
static const char *key_name(int64_t key)
{
    switch (key) {
    case CLAIM_CHALLENGE: return "the challenge (10)";
    case CLAIM_INSTANCE: return "the instance id (256)";
    case CLAIM_CLIENT: return "the client id (2394)";
    case CLAIM_LIFECYCLE: return "the lifecycle (2395)";
    case CLAIM_IMPLEMENTATION: return "the implementation id (2396)";
    case CLAIM_COMPONENTS: return "the software components (2399)";
    case CLAIM_CONFIG: return "the config (2401)";
    case CLAIM_HASH: return "the hash algorithm (2402)";
    case CLAIM_REALM_PERSONALIZATION: return "the personalization value (44235)";
    case CLAIM_REALM_HASH: return "the realm's hash algorithm (44236)";
    case CLAIM_REALM_KEY: return "the realm's public key (44237)";
    case CLAIM_RIM: return "the initial measurement (44238)";
    case CLAIM_REM: return "the extensible measurements (44239)";
    case CLAIM_REALM_KEY_HASH: return "the hash algorithm of the public key (44240)";
    default: return "the value of an optional claim";
    }
}

/* All of these keys, as bits: mandatory ones of every kind of token. */
static uint32_t claim_bit(int64_t key)
{
    if (key >= CLAIM_CLIENT && key <= CLAIM_HASH)
        return 1u << (key - CLAIM_CLIENT);
    if (key >= CLAIM_REALM_PERSONALIZATION && key <= CLAIM_REALM_KEY_HASH)
        return 1u << (key - CLAIM_REALM_PERSONALIZATION + 10);
    switch (key) {
    case CLAIM_NO_COMPONENTS: /* said not to be there: as good as there */
        return 1u << (CLAIM_COMPONENTS - CLAIM_CLIENT);
    case CLAIM_EAT_BOOT_SEED: return 1u << (CLAIM_BOOT_SEED - CLAIM_CLIENT);
    case CLAIM_CHALLENGE: return 1u << 20;
    case CLAIM_INSTANCE: return 1u << 21;
    case CLAIM_PROFILE: return 1u << 22;
    default: return 0;
    }
}

/* After a claim was read: it is there, or its value is not what it has to be, or it was there
 * before under the key that an older profile has for it. */
static enum err claim_note(uint32_t *seen, const struct reader *r, int64_t key, const char **wrong)
{
    bool is_second = (*seen & claim_bit(key)) != 0;

    *seen |= claim_bit(key);
    *wrong = key_name(key);
    return r->bad || is_second ? ERR_MALFORMED : ERR_OK;
}

static enum err claims_check(uint32_t seen, const int64_t *keys, size_t count, const char **wrong)
{
    for (size_t i = 0; i < count; i++)
        if ((seen & claim_bit(keys[i])) == 0) {
            *wrong = key_name(keys[i]);
            return ERR_MALFORMED;
        }
    return ERR_OK;
}

static struct bytes sized_take(struct reader *r, size_t size)
{
    struct bytes b = cbor_walk_bytes(r);

    if (b.size != size)
        reader_fail(r);
    return b;
}

/* "hash-type = bytes .size 32 / bytes .size 48 / bytes .size 64" */
static struct bytes hash_take(struct reader *r)
{
    struct bytes b = cbor_walk_bytes(r);

    if (b.size != 32 && b.size != 48 && b.size != 64)
        reader_fail(r);
    return b;
}

/* --- Software components. */

static void component_take(struct cca_component *out, struct reader *r, enum cca_kind kind)
{
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        switch (key_take(r)) {
        case 1: out->type = cbor_walk_text(r); break;
        case 2: out->value = hash_take(r); break;
        case 4: out->version = cbor_walk_text(r); break;
        case 5: out->signer_id = hash_take(r); break;
        case 6:
            *(kind == CCA_PSA ? &out->description : &out->hash_algorithm) = cbor_walk_text(r);
            break;
        default: cbor_walk_skip(r); break;
        }
    if (out->value.size == 0 || out->signer_id.size == 0)
        reader_fail(r);
}

static void components_take(struct cca_platform *p, struct reader *r, enum cca_kind kind)
{
    for (struct cbor_list l = cbor_walk_array(r); cbor_walk_next(&l);) {
        if (p->component_count == CCA_COMPONENTS_MAX) {
            reader_fail(r);
            return;
        }
        component_take(&p->components[p->component_count++], r, kind);
    }
}

/* --- The platform. */

static void lifecycle_take(struct cca_platform *p, struct reader *r)
{
    uint64_t n = cbor_walk_uint(r);

    if (n > UINT16_MAX)
        reader_fail(r);
    p->lifecycle = (uint16_t)n;
}

static void instance_take(struct cca_platform *p, struct reader *r)
{
    p->instance_id = sized_take(r, 33);
    if (!r->bad && p->instance_id.data[0] != 1) /* RFC 9711, 4.2.1: UEID of type RAND */
        reader_fail(r);
}

static void platform_take(struct cca_platform *p, struct reader *r, int64_t key, enum cca_kind kind)
{
    switch (key) {
    case CLAIM_CHALLENGE: p->challenge = hash_take(r); break;
    case CLAIM_INSTANCE: instance_take(p, r); break;
    case CLAIM_PROFILE: p->profile = cbor_walk_text(r); break;
    case CLAIM_LIFECYCLE: lifecycle_take(p, r); break;
    case CLAIM_IMPLEMENTATION: p->implementation_id = sized_take(r, 32); break;
    case CLAIM_COMPONENTS: components_take(p, r, kind); break;
    case CLAIM_SERVICE: p->service = cbor_walk_text(r); break;
    case CLAIM_CONFIG: p->config = cbor_walk_bytes(r); break;
    case CLAIM_HASH: p->hash_algorithm = cbor_walk_text(r); break;
    case CLAIM_CLIENT: p->client_id = cbor_walk_int(r); break;
    case CLAIM_BOOT_SEED:
    case CLAIM_EAT_BOOT_SEED: p->boot_seed = cbor_walk_bytes(r); break;
    case CLAIM_CERTIFICATION: p->certification_ref = cbor_walk_text(r); break;
    case CLAIM_MANUFACTURING: p->manufacturing_config = cbor_walk_raw(r); break;
    case CLAIM_EXTENSION: p->extension = cbor_walk_raw(r); break;
    case CLAIM_ROTPK: p->rotpk = cbor_walk_raw(r); break;
    case CLAIM_PEER_SIGNERS: p->peer_signers = cbor_walk_raw(r); break;
    default: cbor_walk_skip(r); break;
    }
}

/* The second profile (draft-ffm-rats-cca-token-03). */
static bool platform_is_2024(const struct cca_platform *p, enum cca_kind kind)
{
    return kind == CCA_PLATFORM &&
           bytes_equal(p->profile, BYTES_TEXT("tag:arm.com,2024:cca_platform#2.0.0"));
}

static bool realm_is_2024(const struct cca_realm *t)
{
    return bytes_equal(t->profile, BYTES_TEXT("tag:arm.com,2024:realm#2.0.0"));
}

static bool profile_is_known(struct bytes profile, enum cca_kind kind)
{
    if (kind == CCA_PSA)
        return bytes_equal(profile, BYTES_TEXT("tag:psacertified.org,2023:psa#tfm")) ||
               bytes_equal(profile, BYTES_TEXT("tag:psacertified.org,2019:psa#legacy")) ||
               bytes_equal(profile, BYTES_TEXT("http://arm.com/psa/2.0.0")) ||
               bytes_equal(profile, BYTES_TEXT("PSA_IOT_PROFILE_1"));
    return bytes_equal(profile, BYTES_TEXT("http://arm.com/CCA-SSD/1.0.0")) ||
           bytes_equal(profile, BYTES_TEXT("tag:arm.com,2023:cca_platform#1.0.0")) ||
           bytes_equal(profile, BYTES_TEXT("tag:arm.com,2024:cca_platform#2.0.0"));
}

enum err cca_platform_parse(struct cca_platform *out, struct bytes claims, enum cca_kind kind,
                            const char **wrong)
{
    struct reader r = reader_of(claims);
    struct cca_platform t = { 0 };
    uint32_t seen = 0;

    *wrong = "the claims are not one map with each key once";
    TRY(cbor_item_check(claims, CBOR_DEPTH_MAX));
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        int64_t key = key_take(&r);

        platform_take(&t, &r, key, kind);
        TRY(claim_note(&seen, &r, key, wrong));
    }
    TRY(kind == CCA_PSA ? claims_check(seen, psa_claims, COUNT_OF(psa_claims), wrong)
                        : claims_check(seen, platform_claims, COUNT_OF(platform_claims), wrong));
    if (!reader_done(&r))
        return ERR_MALFORMED;
    /* PSA tokens of the first profile may leave its name out. */
    if (!profile_is_known(t.profile, kind) && (kind != CCA_PSA || t.profile.size != 0)) {
        *wrong = "the profile is one that we do not know";
        return ERR_UNSUPPORTED;
    }
    if (platform_is_2024(&t, kind))
        TRY(cca_platform_extension_check(&t, wrong));
    *out = t;
    return ERR_OK;
}

/* --- The realm. */

static void rem_take(struct cca_realm *out, struct reader *r)
{
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_array(r); cbor_walk_next(&l); count++) {
        if (count == CCA_REMS)
            reader_fail(r);
        if (r->bad)
            return;
        out->rem[count] = hash_take(r);
    }
    if (count != CCA_REMS)
        reader_fail(r);
}

static void realm_take(struct cca_realm *t, struct reader *r, int64_t key)
{
    switch (key) {
    case CLAIM_CHALLENGE: t->challenge = sized_take(r, 64); break;
    case CLAIM_PROFILE: t->profile = cbor_walk_text(r); break;
    case CLAIM_REALM_PERSONALIZATION: t->personalization = sized_take(r, 64); break;
    case CLAIM_REALM_HASH: t->hash_algorithm = cbor_walk_text(r); break;
    case CLAIM_REALM_KEY: t->key = cbor_walk_bytes(r); break;
    case CLAIM_RIM: t->rim = hash_take(r); break;
    case CLAIM_REM: rem_take(t, r); break;
    case CLAIM_REALM_KEY_HASH: t->key_hash_algorithm = cbor_walk_text(r); break;
    case CLAIM_MEC_POLICY: t->mec_policy = cbor_walk_text(r); break;
    case CLAIM_INSTANCE: t->instance_id = cbor_walk_raw(r); break;
    default: cbor_walk_skip(r); break;
    }
}

enum err cca_realm_parse(struct cca_realm *out, struct bytes claims, const char **wrong)
{
    struct reader r = reader_of(claims);
    struct cca_realm t = { 0 };
    uint32_t seen = 0;

    *wrong = "the claims are not one map with each key once";
    TRY(cbor_item_check(claims, CBOR_DEPTH_MAX));
    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        int64_t key = key_take(&r);

        realm_take(&t, &r, key);
        TRY(claim_note(&seen, &r, key, wrong));
    }
    TRY(claims_check(seen, realm_claims, COUNT_OF(realm_claims), wrong));
    if (!reader_done(&r))
        return ERR_MALFORMED;
    if (t.profile.size != 0 && !realm_is_2024(&t) &&
        !bytes_equal(t.profile, BYTES_TEXT("tag:arm.com,2023:realm#1.0.0"))) {
        *wrong = "the realm's profile is one that we do not know";
        return ERR_UNSUPPORTED;
    }
    if (realm_is_2024(&t))
        TRY(cca_realm_extension_check(&t, wrong));
    *out = t;
    return ERR_OK;
}

/* The first kind of token carries SEC 1's uncompressed point, later ones a COSE_Key. */
enum err cca_realm_key(struct public_key *out, const struct cca_realm *realm)
{
    static const enum key_kind kinds[] = { KEY_P256, KEY_P384, KEY_P521 };
    struct reader r = reader_of(realm->key);

    if (reader_peek(&r) != 4) {
        TRY(cose_key_parse(out, realm->key));
        return out->kind == KEY_RSA || out->kind == KEY_ED25519 ? ERR_UNSUPPORTED : ERR_OK;
    }
    reader_skip(&r, 1);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t width = key_field_size(kinds[i]);

        if (r.left == 2 * width) {
            struct bytes x = reader_take(&r, width), y = reader_take(&r, width);

            *out = (struct public_key){ .kind = kinds[i], .x = x, .y = y };
            return ERR_OK;
        }
    }
    return ERR_MALFORMED;
}

/* --- Names. */

bool cca_lifecycle_is_secured(uint16_t lifecycle) { return lifecycle >> 8 == 0x30; }

const char *cca_lifecycle_name(uint16_t lifecycle)
{
    switch (lifecycle >> 8) {
    case 0x00: return "unknown";
    case 0x10: return "assembly_and_test";
    case 0x20: return "rot_provisioning";
    case 0x30: return "secured";
    case 0x40: return "non_rot_debug";
    case 0x50: return "recoverable_rot_debug";
    case 0x60: return "decommissioned";
    default: return "undefined";
    }
}

static void text_put(struct fields *f, const char *name, struct bytes text)
{
    if (text.size != 0)
        fields_text(f, name, text);
}

static void bytes_put(struct fields *f, const char *name, struct bytes data)
{
    if (data.size != 0)
        fields_bytes(f, name, data);
}

static void components_describe(struct fields *f, const char *name, const struct cca_platform *p,
                                enum cca_kind kind)
{
    fields_list(f, name);
    for (uint32_t i = 0; i < p->component_count; i++) {
        const struct cca_component *k = &p->components[i];

        fields_group(f, NULL);
        text_put(f, kind == CCA_PSA ? "measurement_type" : "component_type", k->type);
        bytes_put(f, "measurement_value", k->value);
        text_put(f, "version", k->version);
        bytes_put(f, "signer_id", k->signer_id);
        text_put(f, "hash_algo_id", k->hash_algorithm);
        text_put(f, "measurement_description", k->description);
        fields_end(f);
    }
    fields_end(f);
}

static void psa_put(struct fields *f, const struct cca_platform *p)
{
    text_put(f, "eat_profile", p->profile);
    bytes_put(f, "psa_nonce", p->challenge);
    bytes_put(f, "psa_instance_id", p->instance_id);
    bytes_put(f, "psa_implementation_id", p->implementation_id);
    fields_int(f, "psa_client_id", p->client_id);
    fields_uint(f, "psa_security_lifecycle", p->lifecycle);
    fields_string(f, "psa_security_lifecycle_name", cca_lifecycle_name(p->lifecycle));
    bytes_put(f, "psa_boot_seed", p->boot_seed);
    text_put(f, "psa_certification_reference", p->certification_ref);
    components_describe(f, "psa_software_components", p, CCA_PSA);
    text_put(f, "psa_verification_service_indicator", p->service);
}

void cca_platform_describe(struct fields *f, const struct cca_platform *p, enum cca_kind kind)
{
    if (kind == CCA_PSA) {
        psa_put(f, p);
        return;
    }
    text_put(f, "cca_platform_profile", p->profile);
    bytes_put(f, "cca_platform_challenge", p->challenge);
    bytes_put(f, "cca_platform_implementation_id", p->implementation_id);
    bytes_put(f, "cca_platform_instance_id", p->instance_id);
    fields_bytes(f, "cca_platform_config", p->config);
    fields_uint(f, "cca_platform_lifecycle", p->lifecycle);
    fields_string(f, "cca_platform_lifecycle_name", cca_lifecycle_name(p->lifecycle));
    components_describe(f, "cca_platform_sw_components", p, CCA_PLATFORM);
    text_put(f, "cca_platform_service_indicator", p->service);
    text_put(f, "cca_platform_hash_algo_id", p->hash_algorithm);
    if (platform_is_2024(p, kind))
        cca_platform_extension_describe(f, p);
}

void cca_realm_describe(struct fields *f, const struct cca_realm *r)
{
    text_put(f, "cca_realm_profile", r->profile);
    bytes_put(f, "cca_realm_challenge", r->challenge);
    bytes_put(f, "cca_realm_personalization_value", r->personalization);
    text_put(f, "cca_realm_hash_algo_id", r->hash_algorithm);
    bytes_put(f, "cca_realm_public_key", r->key);
    text_put(f, "cca_realm_public_key_hash_algo_id", r->key_hash_algorithm);
    bytes_put(f, "cca_realm_initial_measurement", r->rim);
    fields_list(f, "cca_realm_extensible_measurements");
    for (uint32_t i = 0; i < CCA_REMS; i++)
        fields_bytes(f, NULL, r->rem[i]);
    fields_end(f);
    if (realm_is_2024(r))
        cca_realm_extension_describe(f, r);
}

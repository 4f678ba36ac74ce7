/* profile.c: what profiles of CoRIMs for Arm's and Parsec's evidence demand of their values
 * (draft-ydb-rats-cca-endorsements, draft-fdb-rats-psa-endorsements, and Parsec's for TPMs):
 * which environments name what, with which kinds of keys. A manifest that says to be of a
 * profile and breaks its rules is refused whole: nobody could tell what its maker meant. */
#include "attest/corim/value.h"

enum {
    TAG_URI = 32,
    TAG_UUID = 37,
    TAG_UEID = 550,
    TAG_BYTES = 560,
    TAG_IMPLEMENTATION = 600,
    TAG_COMPONENT = 601,
    TAG_CONFIG = 602
};
#define KEY_SPKI 554u /* pkix-base64-key */

/* Whether the item is of one of these tags; b may be 0: none. */
static bool tag_is(struct bytes item, uint64_t a, uint64_t b)
{
    struct reader r = reader_of(item);
    struct cbor_head h;

    if (item.size == 0)
        return false;
    h = cbor_walk_head(&r);
    return !r.bad && h.type == CBOR_TAG && (h.number == a || (b != 0 && h.number == b));
}

static bool text_is(struct bytes item, struct bytes text)
{
    struct reader r = reader_of(item);

    return cbor_peek(&r) == CBOR_TEXT && bytes_equal(cbor_walk_text(&r), text);
}

enum corim_profile corim_profile_of(struct bytes profile)
{
    static const struct {
        struct bytes name;
        enum corim_profile profile;
    } known[] = {
        { BYTES_TEXT("tag:amd.com,2024:snp-corim-profile"), CORIM_PROFILE_SNP },
        { BYTES_TEXT("http://arm.com/cca/ssd/1"), CORIM_PROFILE_CCA_PLATFORM },
        { BYTES_TEXT("tag:arm.com,2023:cca_platform#1.0.0"), CORIM_PROFILE_CCA_PLATFORM },
        { BYTES_TEXT("tag:arm.com,2025:cca_platform#1.0.0"), CORIM_PROFILE_CCA_PLATFORM },
        { BYTES_TEXT("http://arm.com/cca/realm/1"), CORIM_PROFILE_CCA_REALM },
        { BYTES_TEXT("tag:arm.com,2023:realm#1.0.0"), CORIM_PROFILE_CCA_REALM },
        { BYTES_TEXT("tag:arm.com,2025:cca_realm#1.0.0"), CORIM_PROFILE_CCA_REALM },
        { BYTES_TEXT("http://arm.com/psa/iot/1"), CORIM_PROFILE_PSA },
        { BYTES_TEXT("tag:arm.com,2025:psa#1.0.0"), CORIM_PROFILE_PSA },
        { BYTES_TEXT("tag:github.com/parallaxsecond,2023-03-03:tpm"), CORIM_PROFILE_PARSEC_TPM },
        { BYTES_TEXT("tag:github.com/parallaxsecond,2023-03-03:cca"), CORIM_PROFILE_CCA_PLATFORM },
    };
    struct reader r = reader_of(profile);
    struct bytes name;

    if (cbor_peek(&r) == CBOR_ARRAY)
        (void)cbor_walk_head(&r);
    if (!cbor_walk_if_tag(&r, TAG_URI))
        return CORIM_PROFILE_NONE;
    name = cbor_walk_text(&r);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (bytes_equal(name, known[i].name))
            return known[i].profile;
    return CORIM_PROFILE_NONE;
}

/* A device's key: of a class, of one instance, as SubjectPublicKeyInfo. */
static const char *anchor_fault(const struct corim_value *v, uint64_t instance)
{
    if (!tag_is(v->environment.instance, instance, 0))
        return "profile: a trust anchor's instance is missing or of another kind";
    return v->key_tag == KEY_SPKI ? NULL : "profile: a trust anchor is no public key";
}

/* Software components have digests, configurations values. */
static const char *platform_fault(const struct corim_value *v, bool has_config)
{
    bool is_component = tag_is(v->mkey, TAG_COMPONENT, 0) ||
                        text_is(v->mkey, BYTES_TEXT("cca.software-component")) ||
                        text_is(v->mkey, BYTES_TEXT("psa.software-component"));
    bool is_config = has_config && (tag_is(v->mkey, TAG_CONFIG, 0) ||
                                    text_is(v->mkey, BYTES_TEXT("cca.platform-config")));

    if (is_component)
        return v->digests.size != 0 ? NULL : "profile: a component has no digests";
    if (is_config)
        return v->raw_value.size != 0 ? NULL : "profile: a configuration has no raw value";
    return "profile: a measurement's key is missing or of another kind";
}

static const char *arm_fault(const struct corim_value *v, bool has_config)
{
    if (!tag_is(v->environment.class_id, TAG_IMPLEMENTATION, TAG_BYTES))
        return "profile: the class has no implementation id";
    if (v->key_tag != 0)
        return anchor_fault(v, TAG_UEID);
    if (v->triple == CORIM_REFERENCE && v->environment.instance.size != 0)
        return "profile: a reference value is of one instance";
    return v->triple == CORIM_REFERENCE ? platform_fault(v, has_config) : NULL;
}

static const char *realm_fault(const struct corim_value *v)
{
    if (v->key_tag != 0)
        return "profile: a realm has no trust anchors";
    if (!tag_is(v->environment.instance, TAG_BYTES, 0))
        return "profile: the realm's instance is missing or no bytes";
    if (v->raw_value.size == 0)
        return "profile: a realm has no personalization value";
    return v->has_rim ? NULL : "profile: a realm has no initial measurement";
}

static const char *parsec_fault(const struct corim_value *v)
{
    struct reader mkey = reader_of(v->mkey);

    if (!tag_is(v->environment.class_id, TAG_UUID, 0) || v->environment.group.size != 0)
        return "profile: the class has no UUID, or there is a group";
    if (v->key_tag != 0)
        return anchor_fault(v, TAG_BYTES);
    if (v->environment.instance.size != 0)
        return "profile: a reference value is of one instance";
    if (v->mkey.size == 0 || cbor_peek(&mkey) != CBOR_UINT)
        return "profile: a measurement's key is no PCR";
    return v->digests.size != 0 ? NULL : "profile: a PCR has no digests";
}

const char *corim_profile_fault(enum corim_profile profile, const struct corim_value *v)
{
    switch (profile) {
    case CORIM_PROFILE_CCA_PLATFORM: return arm_fault(v, true);
    case CORIM_PROFILE_PSA: return arm_fault(v, false);
    case CORIM_PROFILE_CCA_REALM: return realm_fault(v);
    case CORIM_PROFILE_PARSEC_TPM: return parsec_fault(v);
    default: return NULL;
    }
}

/* Claims of profile 2.0.0 with one thing wrong each (draft-ffm-rats-cca-token-03, 4). */
#include <string.h>

#include "attest/cca/token.h"
#include "tests/check.h"

static uint8_t digest[64], ueid[33] = { 1 };

struct options {
    const char *protocol, *type, *mec;
    int64_t client, skip; /* skip: a claim that is left out */
    uint64_t encryption;
    size_t chain, rotpk; /* sizes of digests */
    bool no_vca, no_encryption, extra_vca, extra_member, empty_devices, empty_config, bad_ueid;
};

static void text_put(struct writer *w, const char *text)
{
    cbor_put_text(w, (struct bytes){ (const uint8_t *)text, strlen(text) });
}

static void digest_put(struct writer *w, size_t size)
{
    cbor_put_bytes(w, (struct bytes){ digest, size });
}

static void device_put(struct writer *w, const struct options *o)
{
    bool vca = o->extra_vca || !o->no_vca, encryption = !o->no_encryption;

    cbor_put_map(w, 5u + vca + encryption + o->extra_member);
    cbor_put_uint(w, 2);
    digest_put(w, 32);
    cbor_put_uint(w, 3);
    digest_put(w, o->chain != 0 ? o->chain : 48);
    cbor_put_uint(w, 4);
    cbor_put_bool(w, true);
    cbor_put_uint(w, 5);
    text_put(w, o->protocol != NULL ? o->protocol : "spdm-1.2.0");
    if (vca) {
        cbor_put_uint(w, 6);
        digest_put(w, 32);
    }
    cbor_put_uint(w, 7);
    text_put(w, o->type != NULL ? o->type : "cxl-type-3");
    if (encryption) {
        cbor_put_uint(w, 8);
        cbor_put_uint(w, o->encryption);
    }
    if (o->extra_member) {
        cbor_put_uint(w, 9);
        cbor_put_uint(w, 0);
    }
}

static void rotpk_put(struct writer *w, const struct options *o)
{
    cbor_put_array(w, 1);
    cbor_put_map(w, 4);
    cbor_put_uint(w, 1);
    text_put(w, "DM");
    cbor_put_uint(w, 2);
    cbor_put_uint(w, 0);
    cbor_put_uint(w, 3);
    cbor_put_uint(w, 1);
    cbor_put_uint(w, 4);
    digest_put(w, o->rotpk != 0 ? o->rotpk : 64);
}

static void platform_claim(struct writer *w, int64_t key, const struct options *o)
{
    cbor_put_int(w, key);
    switch (key) {
    case 256: cbor_put_bytes(w, BYTES_OF(ueid)); break;
    case 265: text_put(w, "tag:arm.com,2024:cca_platform#2.0.0"); break;
    case 2394: cbor_put_int(w, o->client != 0 ? o->client : 1); break;
    case 2395: cbor_put_uint(w, 0x3000); break;
    case 2399:
        cbor_put_array(w, 1);
        cbor_put_map(w, 2);
        cbor_put_uint(w, 2);
        digest_put(w, 32);
        cbor_put_uint(w, 5);
        digest_put(w, 32);
        break;
    case 2402: text_put(w, "sha-256"); break;
    case 2403: digest_put(w, o->empty_config ? 0 : 2); break;
    case 2404:
        cbor_put_array(w, o->empty_devices ? 0 : 1);
        if (!o->empty_devices)
            device_put(w, o);
        break;
    case 2405: rotpk_put(w, o); break;
    default: digest_put(w, 32); break;
    }
}

static enum err platform_judge(const struct options *o)
{
    static const int64_t keys[] = { 10,   256,  265,  2394, 2395, 2396, 2399,
                                    2401, 2402, 2403, 2404, 2405, 2406 };
    static struct cca_platform out;
    static uint8_t room[2048];
    struct writer w = writer_of(room, sizeof room);
    const char *wrong;

    cbor_put_map(&w, sizeof keys / sizeof *keys - (o->skip != 0));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i] != o->skip)
            platform_claim(&w, keys[i], o);
    return cca_platform_parse(&out, writer_bytes(&w), CCA_PLATFORM, &wrong);
}

static const struct {
    const char *name;
    struct options options;
    enum err want;
} platforms[] = {
    { "all claims", { 0 }, ERR_OK },
    { "no devices", { .skip = 2404 }, ERR_OK },
    { "no keys of the boot", { .skip = 2405 }, ERR_OK },
    { "another device",
      { .protocol = "p", .type = "d", .no_vca = true, .no_encryption = true },
      ERR_OK },
    { "SPDM 1.1 has no VCA", { .protocol = "spdm-1.1.2", .no_vca = true }, ERR_OK },
    { "no client id", { .skip = 2394 }, ERR_MALFORMED },
    { "another client", { .client = 2 }, ERR_MALFORMED },
    { "no config", { .skip = 2401 }, ERR_MALFORMED },
    { "an empty manufacturing config", { .empty_config = true }, ERR_MALFORMED },
    { "an empty list of devices", { .empty_devices = true }, ERR_MALFORMED },
    { "a digest of 31 bytes", { .chain = 31 }, ERR_MALFORMED },
    { "no VCA", { .no_vca = true }, ERR_MALFORMED },
    { "a VCA of a protocol that has none", { .protocol = "p", .extra_vca = true }, ERR_MALFORMED },
    { "no encryption type", { .no_encryption = true }, ERR_MALFORMED },
    { "an encryption type of a device that has none", { .type = "d" }, ERR_MALFORMED },
    { "an unknown encryption", { .encryption = 3 }, ERR_MALFORMED },
    { "a member that the document does not have", { .extra_member = true }, ERR_MALFORMED },
    { "a key's hash of 33 bytes", { .rotpk = 33 }, ERR_MALFORMED },
};

static enum err realm_judge(const struct options *o)
{
    static const int64_t keys[] = { 10, 256, 265, 44235, 44236, 44237, 44238, 44239, 44240, 44243 };
    static uint8_t room[2048];
    struct cca_realm out;
    struct writer w = writer_of(room, sizeof room);
    const char *wrong;

    cbor_put_map(&w, sizeof keys / sizeof *keys - (o->skip != 0));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i] == o->skip)
            continue;
        cbor_put_int(&w, keys[i]);
        switch (keys[i]) {
        case 256:
            cbor_put_bytes(&w, o->bad_ueid ? (struct bytes){ digest, 33 } : BYTES_OF(ueid));
            break;
        case 265: text_put(&w, "tag:arm.com,2024:realm#2.0.0"); break;
        case 44236:
        case 44240: text_put(&w, "sha-512"); break;
        case 44239:
            cbor_put_array(&w, 4);
            for (int n = 0; n < 4; n++)
                digest_put(&w, 64);
            break;
        case 44243: text_put(&w, o->mec != NULL ? o->mec : "private"); break;
        default: digest_put(&w, 64); break;
        }
    }
    return cca_realm_parse(&out, writer_bytes(&w), &wrong);
}

int main(void)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        CASE(platforms[i].name);
        CHECK_EQ(platform_judge(&platforms[i].options), platforms[i].want);
    }
    CASE("realms");
    CHECK_EQ(realm_judge(&(struct options){ 0 }), ERR_OK);
    CHECK_EQ(realm_judge(&(struct options){ .mec = "shared" }), ERR_OK);
    CHECK_EQ(realm_judge(&(struct options){ .skip = 256 }), ERR_OK);
    CHECK_EQ(realm_judge(&(struct options){ .mec = "public" }), ERR_MALFORMED);
    CHECK_EQ(realm_judge(&(struct options){ .skip = 44243 }), ERR_MALFORMED);
    CHECK_EQ(realm_judge(&(struct options){ .bad_ueid = true }), ERR_MALFORMED);
    return check_done();
}

/* extension.c: what profile 2.0.0 added to the claims of CCA's platform and realm tokens
 * (draft-ffm-rats-cca-token-03, 4). Unlike claims at the top, unknown members of a device or a
 * key of the boot's root of trust are refused: the document closes these maps. */
#include "attest/cca/token.h"
#include "base/num.h"

#define ITEMS_MAX 64u

/* A device that was let into the platform's trust. */
struct device {
    struct bytes hash_algorithm, measurements, chain, protocol, vca, type;
    uint64_t encryption;
    bool uses_ide;
    uint32_t seen; /* a bit for each key */
};

/* A key of the trusted boot's root of trust. */
struct rotpk {
    struct bytes name, hash;
    int64_t active_index, index;
    uint32_t seen;
};

static bool digest_is(struct bytes b) { return b.size == 32 || b.size == 48 || b.size == 64; }

/* The next member's key: 1 to most, else the reader is bad. */
static uint64_t member_take(struct reader *r, uint32_t *seen, uint64_t most)
{
    uint64_t key = cbor_walk_uint(r);

    if (key == 0 || key > most) {
        reader_fail(r);
        return 0;
    }
    *seen |= 1u << key;
    return key;
}

static bool bool_take(struct reader *r)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.type != CBOR_SIMPLE || h.is_float || (h.number != 20 && h.number != 21))
        reader_fail(r);
    return h.number == 21;
}

static void device_take(struct device *d, struct reader *r)
{
    *d = (struct device){ 0 };
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        switch (member_take(r, &d->seen, 8)) {
        case 1: d->hash_algorithm = cbor_walk_text(r); break;
        case 2: d->measurements = cbor_walk_bytes(r); break;
        case 3: d->chain = cbor_walk_bytes(r); break;
        case 4: d->uses_ide = bool_take(r); break;
        case 5: d->protocol = cbor_walk_text(r); break;
        case 6: d->vca = cbor_walk_bytes(r); break;
        case 7: d->type = cbor_walk_text(r); break;
        case 8: d->encryption = cbor_walk_uint(r); break;
        default: return;
        }
}

static bool device_has(const struct device *d, uint32_t key) { return (d->seen >> key & 1) != 0; }

static bool text_begins(struct bytes text, struct bytes with)
{
    return text.size >= with.size && bytes_equal((struct bytes){ text.data, with.size }, with);
}

/* SPDM from 1.2 on has the digest of its first messages (VCA), CXL memory says who encrypts. */
static bool device_is_whole(const struct device *d)
{
    bool has_vca = text_begins(d->protocol, BYTES_TEXT("spdm-1.")) &&
                   !text_begins(d->protocol, BYTES_TEXT("spdm-1.0.")) &&
                   !text_begins(d->protocol, BYTES_TEXT("spdm-1.1."));
    bool has_encryption = bytes_equal(d->type, BYTES_TEXT("cxl-type-3"));

    return digest_is(d->measurements) && digest_is(d->chain) && device_has(d, 4) &&
           d->protocol.size != 0 && d->type.size != 0 && device_has(d, 6) == has_vca &&
           (!has_vca || digest_is(d->vca)) && device_has(d, 8) == has_encryption &&
           d->encryption <= 2 && (!device_has(d, 1) || d->hash_algorithm.size != 0);
}

static void rotpk_take(struct rotpk *k, struct reader *r)
{
    *k = (struct rotpk){ 0 };
    for (struct cbor_list l = cbor_walk_map(r); cbor_walk_next(&l);)
        switch (member_take(r, &k->seen, 4)) {
        case 1: k->name = cbor_walk_text(r); break;
        case 2: k->active_index = cbor_walk_int(r); break;
        case 3: k->index = cbor_walk_int(r); break;
        case 4: k->hash = cbor_walk_bytes(r); break;
        default: return;
        }
}

/* An array of one to ITEMS_MAX devices or keys, or nothing. */
static bool devices_check(struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct device d;
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_array(&r); cbor_walk_next(&l);) {
        device_take(&d, &r);
        if (r.bad || ++count > ITEMS_MAX || !device_is_whole(&d))
            return false;
    }
    return raw.size == 0 || (reader_done(&r) && count != 0);
}

static bool rotpks_check(struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct rotpk k;
    uint32_t count = 0;

    for (struct cbor_list l = cbor_walk_array(&r); cbor_walk_next(&l);) {
        rotpk_take(&k, &r);
        if (r.bad || ++count > ITEMS_MAX || k.seen != 0x1e || k.name.size == 0 ||
            !digest_is(k.hash))
            return false;
    }
    return raw.size == 0 || (reader_done(&r) && count != 0);
}

/* A byte string that has something in it, or nothing at all. */
static bool bytes_check(struct bytes raw)
{
    struct reader r = reader_of(raw);

    return raw.size == 0 || (cbor_walk_bytes(&r).size != 0 && reader_done(&r));
}

enum err cca_platform_extension_check(const struct cca_platform *p, const char **wrong)
{
    struct {
        bool good;
        const char *wrong;
    } checks[] = {
        { p->client_id == 1, "the client id (2394) is not 1" },
        { bytes_check(p->manufacturing_config), "the manufacturing config (2403)" },
        { devices_check(p->extension), "the devices of the platform's extension (2404)" },
        { rotpks_check(p->rotpk), "the keys of the trusted boot (2405)" },
        { bytes_check(p->peer_signers), "the peers' signers (2406)" },
    };

    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (!checks[i].good) {
            *wrong = checks[i].wrong;
            return ERR_MALFORMED;
        }
    return ERR_OK;
}

enum err cca_realm_extension_check(const struct cca_realm *t, const char **wrong)
{
    struct reader r = reader_of(t->instance_id);
    struct bytes id = t->instance_id.size != 0 ? cbor_walk_bytes(&r) : (struct bytes){ 0 };

    *wrong = "the realm's MEC policy (44243)";
    if (!bytes_equal(t->mec_policy, BYTES_TEXT("private")) &&
        !bytes_equal(t->mec_policy, BYTES_TEXT("shared")))
        return ERR_MALFORMED;
    *wrong = "the realm's instance id (256)"; /* the draft's earlier issues have none */
    if (t->instance_id.size != 0 && (id.size != 33 || id.data[0] != 1 || !reader_done(&r)))
        return ERR_MALFORMED;
    return ERR_OK;
}

/* --- For people. */

static void text_put(struct fields *f, const char *name, struct bytes text)
{
    if (text.size != 0)
        fields_text(f, name, text);
}

static void raw_put(struct fields *f, const char *name, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct bytes data = cbor_walk_bytes(&r);

    if (!r.bad)
        fields_bytes(f, name, data);
}

static void device_describe(struct fields *f, const struct device *d)
{
    fields_group(f, NULL);
    text_put(f, "hash_algo_id", d->hash_algorithm);
    fields_bytes(f, "device_measurements_digest", d->measurements);
    fields_bytes(f, "certificate_chain_digest", d->chain);
    fields_bool(f, "uses_ide", d->uses_ide);
    text_put(f, "protocol", d->protocol);
    if (device_has(d, 6))
        fields_bytes(f, "vca_digest", d->vca);
    text_put(f, "device_type", d->type);
    if (device_has(d, 8))
        fields_uint(f, "encryption_type", d->encryption);
    fields_end(f);
}

static void rotpk_describe(struct fields *f, const struct rotpk *k)
{
    fields_group(f, NULL);
    text_put(f, "name", k->name);
    fields_int(f, "active_array_index", k->active_index);
    fields_int(f, "index", k->index);
    fields_bytes(f, "hash", k->hash);
    fields_end(f);
}

void cca_platform_extension_describe(struct fields *f, const struct cca_platform *p)
{
    struct reader devices = reader_of(p->extension), keys = reader_of(p->rotpk);
    struct device d;
    struct rotpk k;

    fields_int(f, "cca_platform_client_id", p->client_id);
    raw_put(f, "cca_platform_manufacturing_config", p->manufacturing_config);
    if (p->extension.size != 0) {
        fields_list(f, "cca_platform_extension");
        for (struct cbor_list l = cbor_walk_array(&devices); cbor_walk_next(&l);) {
            device_take(&d, &devices);
            device_describe(f, &d);
        }
        fields_end(f);
    }
    if (p->rotpk.size != 0) {
        fields_list(f, "cca_platform_tbb_rotpk");
        for (struct cbor_list l = cbor_walk_array(&keys); cbor_walk_next(&l);) {
            rotpk_take(&k, &keys);
            rotpk_describe(f, &k);
        }
        fields_end(f);
    }
    raw_put(f, "cca_platform_peer_signers", p->peer_signers);
}

void cca_realm_extension_describe(struct fields *f, const struct cca_realm *t)
{
    text_put(f, "cca_realm_mec_policy", t->mec_policy);
    raw_put(f, "cca_realm_instance_id", t->instance_id);
}

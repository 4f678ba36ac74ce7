#include "attest/distrust.h"

#include "attest/format.h"
#include "attest/sign1.h"
#include "base/moment.h"
#include "base/num.h"
#include "codec/cbor.h"
#include "codec/cose.h"
#include "crypto/hash.h"

/* Clocks differ. */
#define DISTRUST_CLOCK_SLACK 300

enum { LIST_VERSION, LIST_ISSUED, LIST_EXPIRES, LIST_ENTRIES };
const char *const distrust_member_names[DISTRUST_MEMBER_COUNT] = {
    "reason",  "vendor",      "platform", "family",      "model",
    "chip_id", "measurement", "signer",   "certificate",
};

static bool entry_take(struct reader *r, struct distrust_entry *e)
{
    struct cbor_map m = cbor_map_open(r);
    uint64_t key, last = DISTRUST_REASON;

    *e = (struct distrust_entry){ 0 };
    while (cbor_map_next_uint(&m, &key)) {
        /* A condition that we do not know would make the entry match too much. */
        if (key >= DISTRUST_MEMBER_COUNT)
            return false;
        e->members[key] = distrust_is_text((unsigned)key) ? cbor_take_text(r) : cbor_take_bytes(r);
        if (e->members[key].size == 0)
            return false;
        last = key;
    }
    /* A platform of later times: the list needs a later program. */
    if (e->members[DISTRUST_PLATFORM].size > 0 &&
        platform_named(e->members[DISTRUST_PLATFORM]) == PLATFORM_NONE)
        return false;
    return reader_ok(r) && last != DISTRUST_REASON && e->members[DISTRUST_REASON].size > 0;
}

bool distrust_next(struct distrust_list *l, struct distrust_entry *out)
{
    return l->entries.left > 0 && entry_take(&l->entries, out);
}

enum err distrust_parse(struct distrust_list *out, struct bytes payload)
{
    struct reader r = reader_of(payload);
    struct cbor_map m = cbor_map_open(&r);
    struct distrust_list l = { 0 };
    struct distrust_entry e;
    uint64_t key, version = 0, seen = 0, count = 0;
    struct reader entries = { 0 };

    while (cbor_map_next_uint(&m, &key)) {
        seen |= key < 64 ? 1ull << key : 0;
        if (key == LIST_VERSION)
            version = cbor_take_uint(&r);
        else if (key == LIST_ISSUED)
            l.issued = cbor_take_int(&r);
        else if (key == LIST_EXPIRES)
            l.expires = cbor_take_int(&r);
        else if (key == LIST_ENTRIES) {
            entries = reader_of(cbor_take_raw(&r));
            count = cbor_take_array(&entries);
        } else
            reader_fail(&r);
    }
    if (!reader_done(&r) || seen != 0xf || l.expires <= l.issued || l.issued < 0 ||
        l.expires > MOMENT_MOST)
        return ERR_MALFORMED;
    if (version != 1)
        return ERR_UNSUPPORTED;
    if (count > DISTRUST_ENTRIES_MAX)
        return ERR_LIMIT;
    l.entries = entries;
    for (uint64_t i = 0; i < count; i++)
        if (!entry_take(&entries, &e))
            return ERR_MALFORMED;
    if (!reader_done(&entries))
        return ERR_MALFORMED;
    l.count = (uint32_t)count;
    *out = l;
    return ERR_OK;
}

void distrust_write(struct writer *w, int64_t issued, int64_t expires,
                    const struct distrust_entry *entries, uint32_t count)
{
    cbor_put_map(w, 4);
    cbor_put_uint(w, LIST_VERSION);
    cbor_put_uint(w, 1);
    cbor_put_uint(w, LIST_ISSUED);
    cbor_put_int(w, issued);
    cbor_put_uint(w, LIST_EXPIRES);
    cbor_put_int(w, expires);
    cbor_put_uint(w, LIST_ENTRIES);
    cbor_put_array(w, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes *members = entries[i].members;
        uint64_t pairs = 0;

        for (size_t k = 0; k < DISTRUST_MEMBER_COUNT; k++)
            pairs += members[k].size > 0;
        cbor_put_map(w, pairs);
        for (unsigned k = 0; k < DISTRUST_MEMBER_COUNT; k++) {
            if (members[k].size == 0)
                continue;
            cbor_put_uint(w, k);
            if (distrust_is_text(k))
                cbor_put_text(w, members[k]);
            else
                cbor_put_bytes(w, members[k]);
        }
    }
}

bool distrust_is(struct bytes raw)
{
    struct cose c;
    struct distrust_list l;

    return cose_parse(&c, raw, COSE_SIGN1, false) == ERR_OK && !c.is_detached &&
           distrust_parse(&l, c.payload) == ERR_OK;
}

static uint8_t letter(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

/* Whatever the letters' case: who writes "00906ED5" or "amd" means the same as we, and a list
 * that misses what it names would be no help. */
static bool starts_with(struct bytes text, struct bytes head)
{
    bool is_same = text.size >= head.size;

    for (size_t i = 0; is_same && i < head.size; i++)
        is_same = letter(text.data[i]) == letter(head.data[i]);
    return is_same;
}

static bool is_named(struct bytes text, struct bytes name)
{
    return text.size == name.size && starts_with(text, name);
}

/* The chip below an Azure machine's vTPM is of the same kind as elsewhere. */
static bool is_platform(enum platform wanted, enum platform found)
{
    return wanted == found || (wanted == PLATFORM_SNP && found == PLATFORM_AZURE_SNP) ||
           (wanted == PLATFORM_TDX && found == PLATFORM_AZURE_TDX);
}

static bool has_certificate(const struct claims *c, struct bytes digest)
{
    uint8_t found[HASH_SHA256_SIZE];

    for (uint32_t i = 0; i < num_min(c->certificate_count, CLAIM_CERTIFICATES_MAX); i++)
        if (hash_sha256(found, c->certificates[i]) != ERR_OK ||
            bytes_equal(BYTES_OF(found), digest))
            return true; /* where the library cannot say, it is distrusted */
    return c->certificate_count >= CLAIM_CERTIFICATES_MAX;
}

static bool member_matches(unsigned member, struct bytes wanted, const struct claims *c)
{
    switch (member) {
    case DISTRUST_VENDOR: return c->vendor != NULL && is_named(format_text(c->vendor), wanted);
    case DISTRUST_PLATFORM: return is_platform(platform_named(wanted), c->platform);
    case DISTRUST_FAMILY: return is_named(c->chip_family, wanted);
    case DISTRUST_MODEL: return starts_with(c->chip_model, wanted);
    case DISTRUST_CHIP_ID: return bytes_equal(wanted, c->chip_id);
    case DISTRUST_MEASUREMENT: return bytes_equal(wanted, c->measurement);
    case DISTRUST_SIGNER:
        return bytes_equal(wanted, c->signer) || bytes_equal(wanted, c->signer_key_digest);
    case DISTRUST_CERTIFICATE: return has_certificate(c, wanted);
    default: /* the reason */ return true;
    }
}

static bool entry_matches(const struct distrust_entry *e, const struct claims *c)
{
    for (unsigned k = 0; k < DISTRUST_MEMBER_COUNT; k++)
        if (e->members[k].size > 0 && !member_matches(k, e->members[k], c))
            return false;
    return true;
}

bool distrust_judge(enum reason *why, const char **detail, struct bytes key, bool is_required,
                    const struct claims *c, const struct judge_context *x)
{
    uint32_t lists = 0, entries = 0;

    *why = REASON_distrust_list_invalid;
    for (const struct exhibit *e = exhibit_next(x->exhibits, EXHIBIT_DISTRUST, NULL); e != NULL;
         e = exhibit_next(x->exhibits, EXHIBIT_DISTRUST, e)) {
        struct cose cose;
        struct distrust_list l;
        struct distrust_entry entry;

        enum err signer;

        if (cose_parse(&cose, e->raw, COSE_SIGN1, false) != ERR_OK)
            continue; /* nobody's list: where one is required, it is missing */
        signer = sign1_check(&cose, x->arena, key);
        if (signer == ERR_INVALID)
            continue; /* another's */
        if (signer != ERR_OK) {
            *why = REASON_crypto_failed;
            *detail = e->name;
            return false;
        }
        if (distrust_parse(&l, cose.payload) != ERR_OK) {
            *detail = verdict_format(x->arena, "%s cannot be read", e->name);
            return false;
        }
        if (x->now > l.expires || l.issued - DISTRUST_CLOCK_SLACK > x->now) {
            *detail = verdict_format(x->arena, "%s %s", e->name,
                                     x->now > l.expires ? "is expired" : "is from the future");
            return false;
        }
        lists++;
        while (distrust_next(&l, &entry)) {
            entries++;
            if (!entry_matches(&entry, c))
                continue;
            *why = REASON_distrusted;
            *detail = verdict_format(x->arena, "%.*s",
                                     (int)num_min(entry.members[DISTRUST_REASON].size, 512),
                                     (const char *)entry.members[DISTRUST_REASON].data);
            return false;
        }
    }
    if (lists == 0 && is_required) {
        *detail = "no list that this key signed was given";
        return false;
    }
    *why = REASON_distrusted;
    *detail = verdict_format(x->arena, "%u lists, %u entries, none of this", lists, entries);
    return true;
}

enum err distrust_describe(struct fields *f, const struct exhibit *e)
{
    struct cose c;
    struct distrust_list l;
    struct distrust_entry entry;

    if (cose_parse(&c, e->raw, COSE_SIGN1, false) != ERR_OK || c.is_detached ||
        distrust_parse(&l, c.payload) != ERR_OK)
        return ERR_MALFORMED;
    fields_int(f, "algorithm", c.headers.algorithm);
    fields_moment(f, "issued", l.issued);
    fields_moment(f, "expires", l.expires);
    fields_list(f, "entries");
    while (distrust_next(&l, &entry)) {
        fields_group(f, NULL);
        for (unsigned k = 0; k < DISTRUST_MEMBER_COUNT; k++) {
            if (entry.members[k].size > 0 && distrust_is_text(k))
                fields_text(f, distrust_member_names[k], entry.members[k]);
            else if (entry.members[k].size > 0)
                fields_bytes(f, distrust_member_names[k], entry.members[k]);
        }
        fields_end(f);
    }
    fields_end(f);
    fields_bytes(f, "signature", c.signature);
    return ERR_OK;
}

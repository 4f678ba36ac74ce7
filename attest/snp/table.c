#include "attest/snp/form.h"
#include "attest/verdict.h"
#include "base/ct.h"
#include "base/num.h"
#include "codec/der.h"
#include "codec/pem.h"

static const struct {
    uint8_t guid[16]; /* in the order of its text */
    const char *name;
} kinds[] = {
    { { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac,
        0xcd },
      "vcek" },
    { { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8,
        0xa1 },
      "vlek" },
    { { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7,
        0x82 },
      "ask" },
    { { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0,
        0xae },
      "ark" },
    { { 0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d, 0x97, 0xff, 0xd1, 0x9f, 0x88, 0xdc, 0x67,
        0xea },
      "crl" },
};
#define CRL 4

/* In which place byte i of the text stands where a GUID's first three groups are
 * little-endian. Hosts write both forms. */
static const uint8_t mixed[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool guid_is(struct bytes guid, const uint8_t text[16])
{
    bool plain = guid.size == 16, turned = plain;

    for (size_t i = 0; i < 16 && guid.size == 16; i++) {
        plain &= guid.data[i] == text[i];
        turned &= guid.data[mixed[i]] == text[i];
    }
    return plain || turned;
}

static const char *kind_name(struct bytes guid)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (guid_is(guid, kinds[i].guid))
            return kinds[i].name;
    return NULL;
}

bool snp_table_is(struct bytes raw)
{
    struct reader r = reader_of(raw);

    return kind_name(reader_take(&r, 16)) != NULL;
}

/* The entry at the cursor, its body cut from the whole table; empty body: it is no entry. */
static struct snp_table_entry entry_take(struct reader *heads, struct bytes raw)
{
    struct snp_table_entry e = { .guid = reader_take(heads, 16) };
    struct reader r = reader_of(raw);
    const char *name = kind_name(e.guid);
    uint32_t offset = reader_u32le(heads), size = reader_u32le(heads);

    e.name = name != NULL ? name : "other";
    reader_skip(&r, offset);
    if (reader_ok(heads))
        e.body = reader_take(&r, size);
    return e;
}

static bool is_end(const struct reader *heads)
{
    struct reader r = *heads;

    return ct_zero(reader_take(&r, 24)) && reader_ok(&r);
}

enum err snp_table_open(struct snp_table *out, struct bytes raw)
{
    struct snp_table t = { .raw = raw, .heads = reader_of(raw) };
    struct reader r = t.heads;
    size_t left = raw.size;

    while (!is_end(&r)) {
        size_t size = entry_take(&r, raw).body.size;

        /* Bodies that share bytes would cost many times what was sent. */
        if (size == 0 || size > left)
            return ERR_MALFORMED;
        if (t.left == SNP_TABLE_ENTRIES_MAX)
            return ERR_LIMIT;
        left -= size;
        t.left++;
    }
    *out = t;
    return ERR_OK;
}

bool snp_table_next(struct snp_table *t, struct snp_table_entry *out)
{
    if (t->left == 0)
        return false;
    t->left--;
    *out = entry_take(&t->heads, t->raw);
    return true;
}

static enum err body_put(struct exhibits *x, enum exhibit_role role, const char *name, bool is_crl,
                         struct bytes body)
{
    if (body.size == 0 || body.data[0] != DER_SEQUENCE)
        return ERR_OK;
    return exhibit_put(x, role, is_crl ? EXHIBIT_CRL : EXHIBIT_CERT, name, body) != NULL
               ? ERR_OK
               : ERR_LIMIT;
}

static enum err entry_add(struct exhibits *x, enum exhibit_role role, const char *name,
                          const struct snp_table_entry *entry)
{
    const char *own = verdict_format(x->arena, "%s: %s", name, entry->name);
    struct reader r = reader_of(entry->body);
    struct pem_block block;
    enum err e;

    if (!pem_is(entry->body))
        return body_put(x, role, own, guid_is(entry->guid, kinds[CRL].guid), entry->body);
    while ((e = pem_next(&block, &r, x->arena)) == ERR_OK && block.label.size != 0)
        TRY(body_put(x, role, own, bytes_equal(block.label, BYTES_TEXT("X509 CRL")), block.body));
    return e == ERR_MALFORMED ? ERR_OK : e;
}

enum err snp_table_add(struct exhibits *x, enum exhibit_role role, const char *name,
                       struct bytes raw)
{
    struct snp_table_entry entry;
    struct snp_table table;

    TRY(snp_table_open(&table, raw));
    while (snp_table_next(&table, &entry))
        TRY(entry_add(x, role, name, &entry));
    return ERR_OK;
}

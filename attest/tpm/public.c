#include "attest/tpm/public.h"

#include "attest/judge.h"
#include "attest/tpm/algorithm.h"
#include "attest/tpm/form.h"
#include "attest/tpm/quote.h"
#include "base/num.h"
#include "base/writer.h"

static struct bytes zeros_skip(struct bytes number)
{
    struct reader r = reader_of(number);

    while (r.left > 0 && reader_peek(&r) == 0)
        reader_skip(&r, 1);
    return reader_take(&r, r.left);
}

/* TPMT_RSA_SCHEME, TPMT_ECC_SCHEME, TPMT_KDF_SCHEME: the hash follows but where there is
 * none. */
static uint16_t scheme_take(struct reader *r, uint16_t *hash)
{
    uint16_t scheme = reader_u16be(r);

    *hash = TPM_ALG_NULL;
    if (scheme != TPM_ALG_NULL && scheme != TPM_ALG_RSAES)
        *hash = reader_u16be(r);
    if (scheme == TPM_ALG_ECDAA)
        (void)reader_u16be(r); /* count */
    return scheme;
}

static void parameters_take(struct tpm_public *p, struct reader *r)
{
    static const uint8_t exponent_default[] = { 1, 0, 1 };
    uint16_t kdf_hash;

    p->symmetric = reader_u16be(r);
    if (p->symmetric != TPM_ALG_NULL) {
        p->symmetric_bits = reader_u16be(r);
        (void)reader_u16be(r); /* mode */
    }
    p->scheme = scheme_take(r, &p->scheme_hash);
    if (p->type == TPM_ALG_RSA) {
        p->key_bits = reader_u16be(r);
        p->exponent = zeros_skip(reader_take(r, 4));
        if (p->exponent.size == 0) /* "zero indicates the exponent 2^16 + 1" (12.2.3.5) */
            p->exponent = BYTES_OF(exponent_default);
        p->modulus = zeros_skip(tpm_take_sized(r));
    } else {
        p->curve = reader_u16be(r);
        (void)scheme_take(r, &kdf_hash);
        p->x = zeros_skip(tpm_take_sized(r));
        p->y = zeros_skip(tpm_take_sized(r));
    }
}

enum err tpm_public_parse(struct tpm_public *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct tpm_public t = { .raw = raw };

    t.type = reader_u16be(&r);
    if (reader_ok(&r) && t.type == raw.size - 2) { /* TPM2B_PUBLIC */
        t.raw = reader_take(&r, r.left);
        r = reader_of(t.raw);
        t.type = reader_u16be(&r);
    }
    if (t.type != TPM_ALG_RSA && t.type != TPM_ALG_ECC)
        return reader_ok(&r) ? ERR_UNSUPPORTED : ERR_MALFORMED;
    t.name_algorithm = reader_u16be(&r);
    t.attributes = reader_u32be(&r);
    t.auth_policy = tpm_take_sized(&r);
    parameters_take(&t, &r);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    if (t.type == TPM_ALG_RSA && t.modulus.size * 8 != t.key_bits)
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

bool tpm_public_is(struct bytes raw)
{
    struct tpm_public p;

    return tpm_public_parse(&p, raw) == ERR_OK;
}

struct public_key tpm_public_key(const struct tpm_public *p, struct tpm_public_room *room)
{
    /* TPM_ECC_NIST_P256, _P384, _P521 (Algorithm Registry, table 4). */
    static const enum key_kind curves[] = { [3] = KEY_P256, [4] = KEY_P384, [5] = KEY_P521 };
    struct public_key key = { 0 };

    if (p->type == TPM_ALG_RSA) {
        key.kind = KEY_RSA;
        key.n = p->modulus;
        key.e = p->exponent;
    } else if (p->curve < COUNT_OF(curves) && curves[p->curve] != KEY_NONE) {
        size_t width = key_field_size(curves[p->curve]);

        if (tpm_number_pad(room->x, width, p->x) && tpm_number_pad(room->y, width, p->y))
            key = (struct public_key){ .kind = curves[p->curve],
                                       .x = { room->x, width },
                                       .y = { room->y, width } };
    }
    return key;
}

static enum err name_make(uint8_t out[TPM_NAME_SIZE_MAX], size_t *size, uint16_t algorithm,
                          const struct bytes *parts, size_t count)
{
    struct writer w = writer_of(out, TPM_NAME_SIZE_MAX);
    enum hash_kind kind;

    if (!tpm_hash(&kind, algorithm))
        return ERR_UNSUPPORTED;
    TRY(hash_parts(kind, out + 2, parts, count));
    writer_u16be(&w, algorithm);
    *size = 2 + hash_size(kind);
    return ERR_OK;
}

enum err tpm_public_name(uint8_t out[TPM_NAME_SIZE_MAX], size_t *size, const struct tpm_public *p)
{
    return name_make(out, size, p->name_algorithm, &p->raw, 1);
}

enum err tpm_qualified_name(uint8_t out[TPM_NAME_SIZE_MAX], size_t *size,
                            const struct tpm_public *p, uint32_t hierarchy)
{
    uint8_t name[TPM_NAME_SIZE_MAX], handle[4];
    size_t name_size;
    struct writer w = writer_of(handle, sizeof handle);

    TRY(tpm_public_name(name, &name_size, p));
    writer_u32be(&w, hierarchy);
    return name_make(out, size, p->name_algorithm,
                     (const struct bytes[]){ BYTES_OF(handle), { name, name_size } }, 2);
}

static void attributes_describe(struct fields *f, uint32_t attributes)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {
        { 1, "fixed_tpm" },
        { 2, "st_clear" },
        { 4, "fixed_parent" },
        { 6, "user_with_auth" },
        { 5, "sensitive_data_origin" },
        { 7, "admin_with_policy" },
        { 10, "no_da" },
        { 11, "encrypted_duplication" },
        { 16, "restricted" },
        { 17, "decrypt" },
        { 18, "sign_encrypt" },
    };

    fields_bits(f, "object_attributes", attributes);
    fields_list(f, "object_attribute_names");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if ((attributes >> names[i].bit & 1) != 0)
            fields_string(f, NULL, names[i].name);
    fields_end(f);
}

enum err tpm_public_describe(struct fields *f, const struct exhibit *e)
{
    struct tpm_public p;
    uint8_t *name;
    size_t size;

    TRY(tpm_public_parse(&p, e->raw));
    tpm_algorithm_describe(f, "type", p.type);
    tpm_algorithm_describe(f, "name_alg", p.name_algorithm);
    attributes_describe(f, p.attributes);
    fields_bytes(f, "auth_policy", p.auth_policy);
    tpm_algorithm_describe(f, "symmetric", p.symmetric);
    tpm_algorithm_describe(f, "scheme", p.scheme);
    tpm_algorithm_describe(f, "scheme_hash", p.scheme_hash);
    if (p.type == TPM_ALG_RSA) {
        fields_uint(f, "key_bits", p.key_bits);
        fields_bytes(f, "exponent", p.exponent);
        fields_bytes(f, "modulus", p.modulus);
    } else {
        fields_bits(f, "curve_id", p.curve);
        fields_bytes(f, "x", p.x);
        fields_bytes(f, "y", p.y);
    }
    name = arena_alloc(f->arena, TPM_NAME_SIZE_MAX);
    if (name != NULL && tpm_public_name(name, &size, &p) == ERR_OK)
        fields_bytes(f, "name", (struct bytes){ name, size });
    return ERR_OK;
}

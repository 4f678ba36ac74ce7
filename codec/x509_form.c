#include "codec/x509_form.h"

#include "base/num.h"

/* RFC 5758, 3.2; RFC 4055, 5; RFC 8410, 3. */
static const struct {
    struct bytes oid;
    enum signature_kind kind;
    bool takes_null; /* parameters may be NULL: for RSA by RFC 4055, for ECDSA because Mbed TLS
                        writes it (Gramine's certificates) */
} algorithms[] = {
    { BYTES_TEXT("\x2a\x86\x48\xce\x3d\x04\x03\x02"), SIGNATURE_ECDSA_SHA256, true },
    { BYTES_TEXT("\x2a\x86\x48\xce\x3d\x04\x03\x03"), SIGNATURE_ECDSA_SHA384, true },
    { BYTES_TEXT("\x2a\x86\x48\xce\x3d\x04\x03\x04"), SIGNATURE_ECDSA_SHA512, true },
    { BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), SIGNATURE_RSA_PKCS1_SHA1, true },
    { BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), SIGNATURE_RSA_PKCS1_SHA256, true },
    { BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), SIGNATURE_RSA_PKCS1_SHA384, true },
    { BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), SIGNATURE_RSA_PKCS1_SHA512, true },
    { BYTES_TEXT("\x2b\x65\x70"), SIGNATURE_ED25519, false },
};

/* id-sha256, 384, 512 (RFC 4055, 2.1), each with the salt that is as long as itself. */
static const struct {
    struct bytes oid;
    uint64_t size;
    enum signature_kind kind;
} pss_hashes[] = {
    { BYTES_TEXT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), 32, SIGNATURE_RSA_PSS_SHA256 },
    { BYTES_TEXT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), 48, SIGNATURE_RSA_PSS_SHA384 },
    { BYTES_TEXT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), 64, SIGNATURE_RSA_PSS_SHA512 },
};

#define OID_PSS BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")
#define OID_MGF1 BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")

/* Parameters that are absent, or NULL. */
static bool take_no_parameters(struct reader *r)
{
    if (r->left != 0 && der_take(r, DER_NULL).size != 0)
        reader_fail(r);
    return reader_done(r);
}

static struct bytes take_hash(struct reader *r)
{
    struct reader id = der_enter(r, DER_SEQUENCE);
    struct bytes oid = der_take_oid(&id);

    if (!take_no_parameters(&id))
        reader_fail(r);
    return oid;
}

/* RSASSA-PSS-params (RFC 4055, 3.1). The defaults are SHA-1: nothing may be left out but the
 * trailer. */
static enum signature_kind pss_kind(struct reader *id)
{
    struct reader params = der_enter(id, DER_SEQUENCE);
    struct reader hash = der_enter(&params, DER_CONTEXT_CONSTRUCTED(0));
    struct bytes hash_oid = take_hash(&hash);
    struct reader mask = der_enter(&params, DER_CONTEXT_CONSTRUCTED(1));
    struct reader generator = der_enter(&mask, DER_SEQUENCE);
    bool is_mgf1 = bytes_equal(der_take_oid(&generator), OID_MGF1);
    struct bytes mask_oid = take_hash(&generator);
    struct reader salt = der_enter(&params, DER_CONTEXT_CONSTRUCTED(2));
    uint64_t salt_size = der_take_uint(&salt, DER_INTEGER);

    if (params.left != 0) {
        struct reader trailer = der_enter(&params, DER_CONTEXT_CONSTRUCTED(3));

        if (der_take_uint(&trailer, DER_INTEGER) != 1 || !reader_done(&trailer))
            return SIGNATURE_NONE;
    }
    if (!reader_done(&hash) || !reader_done(&generator) || !reader_done(&mask) ||
        !reader_done(&salt) || !reader_done(&params) || !reader_done(id))
        return SIGNATURE_NONE;
    if (!is_mgf1 || !bytes_equal(hash_oid, mask_oid))
        return SIGNATURE_NONE;
    for (size_t i = 0; i < COUNT_OF(pss_hashes); i++)
        if (bytes_equal(hash_oid, pss_hashes[i].oid) && salt_size == pss_hashes[i].size)
            return pss_hashes[i].kind;
    return SIGNATURE_NONE;
}

enum signature_kind x509_algorithm_kind(struct bytes algorithm)
{
    struct reader all = reader_of(algorithm);
    struct reader id = der_enter(&all, DER_SEQUENCE);
    struct bytes oid = der_take_oid(&id);

    if (!reader_ok(&id))
        return SIGNATURE_NONE;
    if (bytes_equal(oid, OID_PSS))
        return pss_kind(&id);
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (bytes_equal(oid, algorithms[i].oid))
            return id.left == 0 || (algorithms[i].takes_null && take_no_parameters(&id))
                       ? algorithms[i].kind
                       : SIGNATURE_NONE;
    return SIGNATURE_NONE;
}

struct x509_signed x509_signed_take(struct reader *r)
{
    struct x509_signed s = { 0 };

    if (der_peek(r) != DER_SEQUENCE)
        reader_fail(r);
    s.tbs = der_take_raw(r);
    if (der_peek(r) != DER_SEQUENCE)
        reader_fail(r);
    s.algorithm = der_take_raw(r);
    s.signature = der_take_bits(r);
    s.kind = x509_algorithm_kind(s.algorithm);
    return s;
}

enum err x509_signed_parse(struct x509_signed *out, struct bytes der, size_t most)
{
    struct reader all = reader_of(der);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct x509_signed s;

    if (der.size > most)
        return ERR_LIMIT;
    s = x509_signed_take(&r);
    if (!reader_done(&r) || !reader_done(&all))
        return ERR_MALFORMED;
    *out = s;
    return ERR_OK;
}

static const struct {
    struct bytes oid;
    enum key_kind kind;
} curves[] = {
    { BYTES_TEXT("\x2a\x86\x48\xce\x3d\x03\x01\x07"), KEY_P256 },
    { BYTES_TEXT("\x2b\x81\x04\x00\x22"), KEY_P384 },
    { BYTES_TEXT("\x2b\x81\x04\x00\x23"), KEY_P521 },
};

#define OID_EC BYTES_TEXT("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_RSA BYTES_TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_ED25519 BYTES_TEXT("\x2b\x65\x70")

/* ECPoint (RFC 5480, 2.2): 04, x, y. Compressed points and other curves are not known. */
static void ec_key(struct public_key *out, struct reader *parameters, struct bytes point)
{
    struct bytes curve = der_take_oid(parameters);
    struct reader r = reader_of(point);
    struct public_key key = { 0 };

    for (size_t i = 0; i < COUNT_OF(curves); i++)
        if (reader_done(parameters) && bytes_equal(curve, curves[i].oid))
            key.kind = curves[i].kind;
    if (key.kind == KEY_NONE || reader_u8(&r) != 4)
        return;
    key.x = reader_take(&r, key_field_size(key.kind));
    key.y = reader_take(&r, key_field_size(key.kind));
    if (reader_done(&r))
        *out = key;
}

static enum err rsa_key(struct public_key *out, struct reader *parameters, struct bytes bits)
{
    struct reader all = reader_of(bits);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct public_key key = { .kind = KEY_RSA };

    key.n = der_take_magnitude(&r);
    key.e = der_take_magnitude(&r);
    if (!reader_done(&r) || !reader_done(&all))
        return ERR_MALFORMED;
    if (take_no_parameters(parameters))
        *out = key;
    return ERR_OK;
}

enum err x509_spki_parse(struct public_key *out, struct bytes spki)
{
    struct reader all = reader_of(spki);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct reader id = der_enter(&r, DER_SEQUENCE);
    struct bytes oid = der_take_oid(&id);
    struct bytes bits = der_take_bits(&r);
    struct public_key key = { 0 };

    if (!reader_ok(&id) || !reader_done(&r) || !reader_done(&all))
        return ERR_MALFORMED;
    if (bytes_equal(oid, OID_EC))
        ec_key(&key, &id, bits);
    else if (bytes_equal(oid, OID_RSA))
        TRY(rsa_key(&key, &id, bits));
    else if (bytes_equal(oid, OID_ED25519) && id.left == 0 && bits.size == 32)
        key = (struct public_key){ .kind = KEY_ED25519, .x = bits };
    *out = key;
    return ERR_OK;
}

/* `critical` is FALSE by default, and X.690 11.5 wants a default left out. Vendors write it
 * out all the same; it means nothing else. */
struct x509_extension x509_extension_take(struct reader *r)
{
    struct reader e = der_enter(r, DER_SEQUENCE);
    struct x509_extension x = { .oid = der_take_oid(&e) };

    if (der_peek(&e) == DER_BOOLEAN)
        x.critical = der_take_bool(&e);
    x.value = der_take(&e, DER_OCTET_STRING);
    if (!reader_done(&e))
        reader_fail(r);
    return x;
}

enum err x509_extensions_take(struct x509_extension out[X509_EXTENSIONS_MAX], uint32_t *count,
                              struct reader *r)
{
    struct reader list = der_enter(r, DER_SEQUENCE);
    uint32_t n = 0;

    while (list.left != 0) {
        struct x509_extension x = x509_extension_take(&list);

        if (n == X509_EXTENSIONS_MAX)
            return ERR_LIMIT;
        for (uint32_t i = 0; i < n; i++)
            if (bytes_equal(out[i].oid, x.oid))
                return ERR_MALFORMED;
        out[n++] = x;
    }
    *count = n;
    return reader_done(&list) ? ERR_OK : ERR_MALFORMED;
}

/* AuthorityKeyIdentifier (RFC 5280, 4.2.1.1): [0] the key's, [1] and [2] an issuer's name and
 * serial number, which nobody here goes by. */
enum err x509_authority_key_id(struct bytes *out, struct bytes value)
{
    struct reader all = reader_of(value);
    struct reader r = der_enter(&all, DER_SEQUENCE);
    struct bytes id = { 0 };

    if (der_peek(&r) == DER_CONTEXT(0))
        id = der_take(&r, DER_CONTEXT(0));
    while (r.left != 0)
        (void)der_take_raw(&r);
    if (!reader_done(&r) || !reader_done(&all))
        return ERR_MALFORMED;
    *out = id;
    return ERR_OK;
}

#include "attest/ratls/carrier.h"

#include "base/num.h"
#include "codec/cbor_walk.h"

#define CLAIMS_DEPTH_MAX 8u
#define OPEN_ENCLAVE_HEADER_SIZE 16u

static const uint8_t oid_evidence[] = { 0x67, 0x81, 0x05, 0x05, 0x04, 0x09 };
static const uint8_t oid_endorsements[] = { 0x67, 0x81, 0x05, 0x05, 0x04, 0x02 };
#define ENARX 0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xc7, 0x1e, 0x01
static const uint8_t oid_enarx_none[] = { ENARX, 0x01 };
static const uint8_t oid_enarx_sgx[] = { ENARX, 0x02 };
static const uint8_t oid_enarx_snp[] = { ENARX, 0x03 };
static const uint8_t oid_gramine[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06 };
static const uint8_t oid_gramine_twice[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                             0xf8, 0x4d, 0x8a, 0x39, 0x06 };
static const uint8_t oid_open_enclave[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x0a, 0x01, 0x01 };

const char *ratls_form_name(enum ratls_form f)
{
    static const char *const names[] = {
        "none", "ccc", "enarx-none", "enarx-sgx", "enarx-snp", "gramine", "open-enclave",
    };

    return (size_t)f < COUNT_OF(names) ? names[f] : "none";
}

bool ratls_hash_kind(enum hash_kind *out, uint64_t algorithm)
{
    switch (algorithm) {
    case 1: *out = HASH_SHA256; return true;
    case 7: *out = HASH_SHA384; return true;
    case 8: *out = HASH_SHA512; return true;
    default: return false;
    }
}

/* bstr .cbor [hash-alg-id, hash-value] */
static enum err pubkey_hash_parse(struct ratls_carrier *c, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct cbor_list l;
    enum hash_kind kind;

    TRY(cbor_item_check(raw, CLAIMS_DEPTH_MAX));
    l = cbor_walk_array(&r);
    if (cbor_walk_next(&l))
        c->hash_algorithm = cbor_walk_uint(&r);
    if (cbor_walk_next(&l))
        c->pubkey_hash = cbor_walk_bytes(&r);
    if (cbor_walk_next(&l) || !reader_done(&r))
        return ERR_MALFORMED;
    if (!ratls_hash_kind(&kind, c->hash_algorithm))
        return ERR_UNSUPPORTED;
    if (c->pubkey_hash.size != hash_size(kind))
        return ERR_MALFORMED;
    c->has_pubkey_hash = true;
    return ERR_OK;
}

static enum err claims_parse(struct ratls_carrier *c)
{
    struct reader r = reader_of(c->claims_raw);
    struct cbor_list l;

    TRY(cbor_item_check(c->claims_raw, CLAIMS_DEPTH_MAX));
    cbor_walk_map_check(&r);
    for (l = cbor_walk_map(&r); cbor_walk_next(&l);) {
        struct ratls_claim k = { 0 };

        k.name = cbor_walk_text(&r);
        if (cbor_peek(&r) == CBOR_BYTES)
            k.value = cbor_walk_bytes(&r);
        else
            k.value = cbor_walk_raw(&r);
        if (!reader_ok(&r))
            return ERR_MALFORMED;
        if (c->claim_count == RATLS_CLAIMS_MAX)
            return ERR_LIMIT;
        c->claims[c->claim_count++] = k;
        if (bytes_equal(k.name, BYTES_TEXT("pubkey-hash")))
            TRY(pubkey_hash_parse(c, k.value));
        if (bytes_equal(k.name, BYTES_TEXT("nonce")))
            c->nonce = k.value;
    }
    return reader_done(&r) ? ERR_OK : ERR_MALFORMED;
}

enum err ratls_evidence_parse(struct ratls_carrier *out, struct bytes cbor)
{
    struct reader r = reader_of(cbor);
    struct cbor_head head;
    struct cbor_list l;

    out->form = RATLS_CCC;
    TRY(cbor_item_check(cbor, CLAIMS_DEPTH_MAX));
    head = cbor_walk_head(&r);
    if (head.type != CBOR_TAG)
        return ERR_MALFORMED;
    out->tag = head.number;
    if (out->tag != RATLS_TAG_INTEL_TEE_QUOTE && out->tag != RATLS_TAG_SNP)
        return ERR_UNSUPPORTED;
    l = cbor_walk_array(&r);
    if (cbor_walk_next(&l))
        out->evidence = cbor_walk_bytes(&r);
    if (cbor_walk_next(&l))
        out->claims_raw = cbor_walk_bytes(&r);
    if (cbor_walk_next(&l) || !reader_done(&r) || out->evidence.size == 0)
        return ERR_MALFORMED;
    return claims_parse(out);
}

/* SEQUENCE { SEQUENCE OF SEQUENCE { UTF8String url, CertificateList } }: der.h's reader goes
 * over the elements later. */
static struct bytes crl_list_take(struct reader *r)
{
    struct reader list = der_enter(r, DER_SEQUENCE);
    struct bytes crls = der_take(&list, DER_SEQUENCE);

    if (!reader_done(&list))
        reader_fail(r);
    return crls;
}

/* SEQUENCE { OCTET STRING quote, CrlList, SEQUENCE { SEQUENCE OF Certificate, OCTET STRING } },
 * or from older keeps the quote alone (whose first byte is its version, 3). */
static enum err enarx_sgx_parse(struct ratls_carrier *out, struct bytes value)
{
    struct reader outer = reader_of(value);

    if (der_peek(&outer) != DER_SEQUENCE) {
        out->evidence = value;
        return value.size > 0 ? ERR_OK : ERR_MALFORMED;
    }

    struct reader r = der_enter(&outer, DER_SEQUENCE);

    out->evidence = der_take(&r, DER_OCTET_STRING);
    out->crls = crl_list_take(&r);

    struct reader package = der_enter(&r, DER_SEQUENCE);

    out->certificates = der_take(&package, DER_SEQUENCE);
    out->tcb_info = der_take(&package, DER_OCTET_STRING);
    return reader_done(&package) && reader_done(&r) && reader_done(&outer) ? ERR_OK : ERR_MALFORMED;
}

/* What stands first in r is a certificate, not a sequence that begins with one: its tbs begins
 * with a version or a serial number. */
static bool certificate_is_next(struct reader r)
{
    struct reader certificate = der_enter(&r, DER_SEQUENCE);
    struct reader tbs = der_enter(&certificate, DER_SEQUENCE);

    return der_peek(&tbs) != DER_SEQUENCE;
}

/* SEQUENCE { SEQUENCE { Certificate vcek, CrlList }, OCTET STRING report }, or from older keeps
 * SEQUENCE { Certificate vcek, OCTET STRING report }. */
static enum err enarx_snp_parse(struct ratls_carrier *out, struct bytes value)
{
    struct reader outer = reader_of(value);
    struct reader r = der_enter(&outer, DER_SEQUENCE);

    if (certificate_is_next(r)) {
        out->certificates = der_take_raw(&r);
    } else {
        struct reader endorsements = der_enter(&r, DER_SEQUENCE);

        out->certificates = der_take_raw(&endorsements);
        out->crls = crl_list_take(&endorsements);
        if (!reader_done(&endorsements))
            return ERR_MALFORMED;
    }
    out->evidence = der_take(&r, DER_OCTET_STRING);
    return reader_done(&r) && reader_done(&outer) ? ERR_OK : ERR_MALFORMED;
}

/* oe_report_header_t: version 1, report type 2 (SGX remote), size, all little-endian. */
static enum err open_enclave_parse(struct ratls_carrier *out, struct bytes value)
{
    struct reader r = reader_of(value);
    uint32_t version = reader_u32le(&r);
    uint32_t type = reader_u32le(&r);
    uint64_t size = reader_u64le(&r);

    if (!reader_ok(&r) || size != r.left)
        return ERR_MALFORMED;
    if (version != 1 || type != 2)
        return ERR_UNSUPPORTED;
    out->evidence = reader_take(&r, r.left);
    return ERR_OK;
}

static enum err carrier_parse(struct ratls_carrier *out, enum ratls_form form, struct bytes value)
{
    out->form = form;
    switch (form) {
    case RATLS_CCC: return ratls_evidence_parse(out, value);
    case RATLS_ENARX_SGX: return enarx_sgx_parse(out, value);
    case RATLS_ENARX_SNP: return enarx_snp_parse(out, value);
    case RATLS_GRAMINE: out->evidence = value; return value.size > 0 ? ERR_OK : ERR_MALFORMED;
    case RATLS_OPEN_ENCLAVE: return open_enclave_parse(out, value);
    default: return ERR_OK;
    }
}

enum err ratls_carrier_find(struct ratls_carrier *out, const struct x509_extension *extensions,
                            uint32_t count)
{
    /* In the order of preference: Gramine's certificates have the legacy form beside the CCC
     * one, each with a quote of its own. */
    static const struct {
        struct bytes oid;
        enum ratls_form form;
    } forms[] = {
        { { oid_evidence, sizeof oid_evidence }, RATLS_CCC },
        { { oid_enarx_snp, sizeof oid_enarx_snp }, RATLS_ENARX_SNP },
        { { oid_enarx_sgx, sizeof oid_enarx_sgx }, RATLS_ENARX_SGX },
        { { oid_gramine, sizeof oid_gramine }, RATLS_GRAMINE },
        { { oid_gramine_twice, sizeof oid_gramine_twice }, RATLS_GRAMINE },
        { { oid_open_enclave, sizeof oid_open_enclave }, RATLS_OPEN_ENCLAVE },
        { { oid_enarx_none, sizeof oid_enarx_none }, RATLS_ENARX_NONE },
    };
    struct bytes value = { 0 };
    enum ratls_form form = RATLS_NONE;

    *out = (struct ratls_carrier){ 0 };
    for (size_t f = 0; f < COUNT_OF(forms); f++)
        for (uint32_t i = 0; i < count; i++) {
            if (!bytes_equal(extensions[i].oid, forms[f].oid))
                continue;
            if (form != RATLS_NONE) {
                out->has_more_forms = true;
                continue;
            }
            form = forms[f].form;
            value = extensions[i].value;
        }
    if (form == RATLS_CCC)
        for (uint32_t i = 0; i < count; i++)
            if (bytes_equal(extensions[i].oid, BYTES_OF(oid_endorsements)))
                out->endorsements = extensions[i].value;
    return carrier_parse(out, form, value);
}

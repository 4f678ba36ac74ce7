/* unwrap.c: from a certificate or request to the pieces of evidence that it carries. */
#include "attest/ratls/form.h"

#include "attest/ratls/carrier.h"
#include "codec/cbor_walk.h"
#include "codec/pem.h"

#define SNP_REPORT_SIZE 1184u
#define ENDORSEMENTS_MAX 32u

struct unwrap {
    struct exhibits *x;
    enum exhibit_role role;
    uint32_t parent;
    const char *name;
    uint32_t count;
};

static void put(struct unwrap *u, enum exhibit_kind kind, struct bytes raw)
{
    struct exhibit *e = exhibit_put(u->x, u->role, kind, u->name, raw);

    if (e == NULL)
        return;
    e->parent = u->parent;
    u->count++;
}

static void put_certificates(struct unwrap *u, struct bytes sequence)
{
    struct reader r = reader_of(sequence);

    while (reader_ok(&r) && r.left > 0) {
        struct bytes raw = der_take_raw(&r);

        if (reader_ok(&r))
            put(u, EXHIBIT_CERT, raw);
    }
}

static void put_crls(struct unwrap *u, struct bytes list)
{
    struct reader r = reader_of(list);

    while (reader_ok(&r) && r.left > 0) {
        struct reader entry = der_enter(&r, DER_SEQUENCE);

        (void)der_take(&entry, DER_UTF8_STRING);

        struct bytes raw = der_take_raw(&entry);

        if (reader_done(&entry))
            put(u, EXHIBIT_CRL, raw);
    }
}

static bool begins_with(struct bytes raw, struct bytes text)
{
    struct reader r = reader_of(raw);

    return bytes_equal(reader_take(&r, text.size), text);
}

static void put_pem(struct unwrap *u, struct bytes text)
{
    struct reader r = reader_of(text);
    struct pem_block block;

    for (uint32_t i = 0; i < ENDORSEMENTS_MAX; i++) {
        if (pem_next(&block, &r, u->x->arena) != ERR_OK || block.label.size == 0)
            return;
        if (bytes_equal(block.label, BYTES_TEXT("CERTIFICATE")))
            put(u, EXHIBIT_CERT, block.body);
        else if (bytes_equal(block.label, BYTES_TEXT("X509 CRL")))
            put(u, EXHIBIT_CRL, block.body);
    }
}

/* An endorsement, told by its contents. Not by exhibit_add: a certificate in a certificate in
 * a certificate would take us as deep as its sender likes. */
static void put_endorsement(struct unwrap *u, struct bytes raw)
{
    struct x509_crl crl;
    struct x509 c;

    if (pem_is(raw))
        put_pem(u, raw);
    else if (begins_with(raw, BYTES_TEXT("{\"tcbInfo\"")))
        put(u, EXHIBIT_TCB_INFO, raw);
    else if (begins_with(raw, BYTES_TEXT("{\"enclaveIdentity\"")))
        put(u, EXHIBIT_QE_IDENTITY, raw);
    else if (x509_crl_parse(&crl, raw) == ERR_OK)
        put(u, EXHIBIT_CRL, raw);
    else if (x509_parse(&c, raw) == ERR_OK)
        put(u, EXHIBIT_CERT, raw);
}

/* Interoperable RA-TLS: tagged arrays of byte strings, each of a kind that its contents tell:
 * TCB info and QE identity with their chains in PEM, lists of revocations. */
static void put_endorsements(struct unwrap *u, struct bytes cbor)
{
    struct reader r = reader_of(cbor);
    uint32_t left = ENDORSEMENTS_MAX;

    if (cbor.size == 0 || cbor_item_check(cbor, CBOR_DEPTH_MAX) != ERR_OK)
        return;
    while (r.left > 0 && reader_ok(&r) && left-- > 0) {
        enum cbor_type type = cbor_peek(&r);

        if (type == CBOR_ARRAY || type == CBOR_TAG) {
            (void)cbor_walk_head(&r);
        } else if (type == CBOR_BYTES) {
            struct bytes raw = cbor_walk_bytes(&r);

            if (reader_ok(&r) && raw.size > 0)
                put_endorsement(u, raw);
        } else if (!cbor_walk_break(&r)) {
            cbor_walk_skip(&r);
        }
    }
}

/* What sgx-ra-tls and the first rats-tls put beside the legacy quote, 1.2.840.113741.1337.6: PCK
 * certificate, its chain, TCB info, its chain and more, under .7 and up (cloud-security-research/
 * sgx-ra-tls, ra-challenger.c). */
static void put_legacy(struct unwrap *u, const struct x509_extension *extensions, uint32_t count)
{
    static const uint8_t prefix[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39 };

    for (uint32_t i = 0; i < count; i++) {
        struct reader oid = reader_of(extensions[i].oid);

        if (!bytes_equal(reader_take(&oid, sizeof prefix), BYTES_OF(prefix)))
            continue;
        uint8_t last = reader_u8(&oid);

        if (reader_done(&oid) && last >= 7 && last <= 13)
            put_endorsement(u, extensions[i].value);
    }
}

static enum exhibit_kind evidence_kind(const struct ratls_carrier *c)
{
    if (c->form == RATLS_ENARX_SNP || (c->form == RATLS_CCC && c->tag == RATLS_TAG_SNP))
        return EXHIBIT_SNP_REPORT;
    return EXHIBIT_QUOTE;
}

static uint32_t unwrap(struct unwrap *u, const struct ratls_carrier *c)
{
    struct bytes evidence = c->evidence;

    if (evidence.size == 0)
        return 0;
    /* librats puts its own structure behind the report: certificates by their lengths. */
    if (c->tag == RATLS_TAG_SNP && evidence.size > SNP_REPORT_SIZE)
        evidence.size = SNP_REPORT_SIZE;
    put(u, evidence_kind(c), evidence);
    put_certificates(u, c->certificates);
    put_crls(u, c->crls);
    if (c->tcb_info.size > 0)
        put(u, EXHIBIT_TCB_INFO, c->tcb_info);
    put_endorsements(u, c->endorsements);
    return u->count;
}

uint32_t ratls_unwrap_cert(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                           const char *name, const struct x509 *c)
{
    struct unwrap u = { .x = x, .role = role, .parent = parent, .name = name };
    struct ratls_carrier carrier;

    if (ratls_carrier_find(&carrier, c->extensions, c->extension_count) != ERR_OK ||
        unwrap(&u, &carrier) == 0)
        return 0;
    if (carrier.form == RATLS_GRAMINE)
        put_legacy(&u, c->extensions, c->extension_count);
    return u.count;
}

uint32_t ratls_unwrap_request(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                              const char *name, const struct x509_request *q)
{
    struct unwrap u = { .x = x, .role = role, .parent = parent, .name = name };
    struct ratls_carrier carrier;

    if (ratls_carrier_find(&carrier, q->extensions, q->extension_count) != ERR_OK)
        return 0;
    return unwrap(&u, &carrier);
}

uint32_t ratls_unwrap_evidence(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                               const char *name, struct bytes raw)
{
    struct unwrap u = { .x = x, .role = role, .parent = parent, .name = name };
    struct ratls_carrier carrier = { 0 };

    if (ratls_evidence_parse(&carrier, raw) != ERR_OK)
        return 0;
    return unwrap(&u, &carrier);
}

bool ratls_evidence_is(struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct cbor_head head = cbor_walk_head(&r);

    return reader_ok(&r) && head.type == CBOR_TAG &&
           (head.number == RATLS_TAG_INTEL_TEE_QUOTE || head.number == RATLS_TAG_SNP);
}

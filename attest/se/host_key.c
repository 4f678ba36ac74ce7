#include "attest/se/host_key.h"

#include "attest/chain.h"
#include "attest/se/form.h"
#include "base/num.h"
#include "base/reader.h"

#define ATTRIBUTES_MAX 16u
#define SIGNER_ATTRIBUTES 6u
#define RSA_LEAST 256u /* 2048 bits: 112 bits of security */

#define IBM "International Business Machines Corporation"

struct name {
    struct bytes values[ATTRIBUTES_MAX];
    uint32_t count;
};

/* The texts of a Name's attributes; false where there are too many. */
static bool name_read(struct name *out, struct bytes name)
{
    struct reader outer = reader_of(name);
    struct reader r = der_enter(&outer, DER_SEQUENCE);

    out->count = 0;
    while (reader_ok(&r) && r.left > 0) {
        struct reader set = der_enter(&r, DER_SET);

        while (reader_ok(&set) && set.left > 0) {
            struct reader attribute = der_enter(&set, DER_SEQUENCE);

            (void)der_take_oid(&attribute);
            if (out->count == ATTRIBUTES_MAX)
                return false;
            out->values[out->count++] = der_take(&attribute, der_peek(&attribute));
            if (!reader_done(&attribute))
                return false;
        }
    }
    return reader_done(&r);
}

/* IBM's own tools compare names without their order: documents and revocation lists have it
 * otherwise than the signing key (helper.rs, check_x509_name_equal). */
static bool names_agree(struct bytes a, struct bytes b)
{
    struct name left, right;
    uint32_t used = 0;

    if (!name_read(&left, a) || !name_read(&right, b) || left.count != right.count ||
        left.count == 0)
        return false;
    for (uint32_t i = 0; i < left.count; i++) {
        bool found = false;

        for (uint32_t k = 0; k < right.count && !found; k++)
            if ((used & 1u << k) == 0 && bytes_equal(left.values[i], right.values[k])) {
                used |= 1u << k;
                found = true;
            }
        if (!found)
            return false;
    }
    return true;
}

static bool ends_with(struct bytes text, struct bytes end)
{
    struct reader r = reader_of(text);

    if (text.size < end.size)
        return false;
    reader_skip(&r, text.size - end.size);
    return bytes_equal(reader_take(&r, end.size), end);
}

/* helper.rs, is_ibm_signing_cert. */
static bool is_signing_name(struct bytes name)
{
    static const struct {
        uint8_t type; /* 2.5.4.type */
        struct bytes text;
    } wanted[] = {
        { 6, { (const uint8_t *)"US", 2 } },
        { 8, { (const uint8_t *)"New York", 8 } },
        { 10, { (const uint8_t *)IBM, sizeof IBM - 1 } },
        { 3, { (const uint8_t *)IBM, sizeof IBM - 1 } },
    };
    const uint8_t oid_locality[] = { 0x55, 0x04, 7 }, oid_unit[] = { 0x55, 0x04, 11 };
    struct bytes locality = x509_name_attribute(name, BYTES_OF(oid_locality));
    struct name all;

    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const uint8_t oid[] = { 0x55, 0x04, wanted[i].type };

        if (!bytes_equal(x509_name_attribute(name, BYTES_OF(oid)), wanted[i].text))
            return false;
    }
    if (!bytes_equal(locality, BYTES_TEXT("Poughkeepsie")) &&
        !bytes_equal(locality, BYTES_TEXT("Armonk")))
        return false;
    return name_read(&all, name) && all.count == SIGNER_ATTRIBUTES &&
           ends_with(x509_name_attribute(name, BYTES_OF(oid_unit)),
                     BYTES_TEXT("Key Signing Service"));
}

bool se_cert_is(struct bytes der)
{
    struct x509 c;

    return x509_parse(&c, der) == ERR_OK && is_signing_name(c.issuer);
}

/* --- the signing key */

/* Of several of that name, IBM's newer and older ones, the one that signed the document; else the
 * first, for the reason. `room` is for one more. */
static bool signing_key_find(struct x509 *out, struct x509 *room, const struct judge_context *x,
                             const struct x509 *document)
{
    const struct exhibit *e = NULL;
    bool found = false;

    while ((e = exhibit_next(x->exhibits, EXHIBIT_CERT, e)) != NULL) {
        if (x509_parse(room, e->raw) != ERR_OK || !is_signing_name(room->subject) ||
            !names_agree(room->subject, document->issuer))
            continue;
        if (signature_check_der(&room->key, document->signature_kind, document->tbs,
                                document->signature, NULL) == SIGNATURE_GOOD) {
            *out = *room;
            return true;
        }
        if (!found)
            *out = *room;
        found = true;
    }
    return found;
}

static bool check_signing_key(struct verdict *v, struct claims *c, const struct judge_context *x,
                              const struct x509 *signer)
{
    static const struct chain_profile profile = {
        .what = "IBM signing key",
        .roots_from_caller_only = true,
    };
    struct chain *chain = arena_alloc(x->arena, sizeof *chain);

    if (chain == NULL)
        return verdict_fail(v, REASON_out_of_memory, "chain");
    if (!chain_check(chain, v, c, x, signer->raw, NULL, 0, NULL, 0, &profile))
        return false;
    /* "Verification expects one root and at least one intermediate certificate." */
    return verdict_check(v, chain->count >= 3, REASON_certificate_chain_invalid,
                         "IBM signing key under an intermediate");
}

/* --- the document */

static bool check_dates(struct verdict *v, struct claims *c, const struct judge_context *x,
                        const struct x509 *document)
{
    if (!verdict_check(v, x->now >= document->not_before && x->now <= document->not_after,
                       REASON_hkd_expired, "host key document"))
        return false;
    claims_until(c, document->not_after);
    return true;
}

static bool check_key(struct verdict *v, const struct x509 *document)
{
    if (document->key.kind == KEY_NONE)
        return verdict_fail(v, REASON_unsupported_algorithm, "host key");
    return verdict_check(v, document->key.kind != KEY_RSA || document->key.n.size >= RSA_LEAST,
                         REASON_hkd_weak_key, "host key");
}

static bool check_issuer(struct verdict *v, const struct x509 *document, const struct x509 *signer)
{
    if (!verdict_check(v,
                       document->authority_key_id.size == 0 ||
                           bytes_equal(document->authority_key_id, signer->subject_key_id),
                       REASON_hkd_issuer_mismatch, "authority key identifier"))
        return false;
    if (signer->key.kind == KEY_NONE || document->signature_kind == SIGNATURE_NONE)
        return verdict_fail(v, REASON_unsupported_algorithm, "host key document's signature");
    return signature_report(v,
                            signature_check_der(&signer->key, document->signature_kind,
                                                document->tbs, document->signature, NULL),
                            REASON_hkd_bad_signature, "host key document");
}

/* The signing key's list may have its name in another order, and the key is not marked as one
 * that signs lists: IBM's own tools do not ask that of it (helper.rs, verify_crl). */
static bool check_revocation(struct verdict *v, struct claims *c, const struct judge_context *x,
                             const struct x509 *document, const struct x509 *signer)
{
    const struct exhibit *e = NULL;
    struct x509 issuer = *signer;
    struct x509_crl crl;
    int64_t at;

    issuer.has_key_usage = false;
    while ((e = exhibit_next(x->exhibits, EXHIBIT_CRL, e)) != NULL) {
        if (x509_crl_parse(&crl, e->raw) != ERR_OK || !names_agree(crl.issuer, signer->subject))
            continue;
        /* Of several forms of the name one is looked through below, but none is passed over. */
        if (x509_crl_has(&crl, document->serial, &at) &&
            signature_check_der(&signer->key, crl.signature_kind, crl.tbs, crl.signature,
                                x->memo) == SIGNATURE_GOOD)
            return verdict_fail(v, REASON_hkd_revoked, "by a list of %s", e->name);
        issuer.subject = crl.issuer;
    }
    return chain_revocation(v, c, x, &issuer, document, REASON_hkd_revoked, NULL, 0);
}

static void host_key_fields(struct fields *f, const struct x509 *document,
                            const struct x509 *signer)
{
    char name[256];

    fields_group(f, "host_key_document");
    x509_name_text(name, sizeof name, document->subject);
    fields_string(f, "subject", verdict_format(f->arena, "%s", name));
    x509_name_text(name, sizeof name, document->issuer);
    fields_string(f, "issuer", verdict_format(f->arena, "%s", name));
    fields_bytes(f, "serial", document->serial);
    fields_moment(f, "not_before", document->not_before);
    fields_moment(f, "not_after", document->not_after);
    fields_bytes(f, "public_key", document->spki);
    fields_bytes(f, "signing_key", signer->spki);
    fields_end(f);
}

bool host_key_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                    const struct exhibit *e)
{
    struct x509 *document = arena_alloc(x->arena, 3 * sizeof *document);
    struct x509 *signer;

    if (document == NULL)
        return verdict_fail(v, REASON_out_of_memory, "host key document");
    signer = &document[1];
    if (x509_parse(document, e->raw) != ERR_OK)
        return verdict_fail_at(v, REASON_certificate_malformed, e->name, 0, "host key document");
    if (!signing_key_find(signer, &document[2], x, document))
        return verdict_fail_at(v, REASON_hkd_issuer_mismatch, e->name, VERDICT_NO_OFFSET,
                               "no certificate of IBM's signing key is its issuer");
    verdict_pass(v, REASON_hkd_issuer_mismatch, "IBM signing key");
    if (!check_signing_key(v, c, x, signer) || !check_issuer(v, document, signer) ||
        !check_dates(v, c, x, document) || !check_key(v, document) ||
        !check_revocation(v, c, x, document, signer))
        return false;
    c->vendor = "IBM";
    c->is_debug = CLAIM_NO;
    c->chip_id = document->serial;
    host_key_fields(&c->own, document, signer);
    return true;
}

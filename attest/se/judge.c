/* judge.c: IBM Secure Execution: an answer to an attestation request (s390-tools, pvattest
 * verify), and host key documents (host_key.h).
 *
 * The measurement is a MAC whose key only the requester knows, and firmware that can open the
 * request: whoever made the request for a genuine host key, and kept its protection key, can
 * judge the answer. So that key is the anchor: strict wants it as --root. */
#include "attest/judge.h"

#include "attest/se/arcb.h"
#include "attest/se/form.h"
#include "attest/se/host_key.h"
#include "base/ct.h"
#include "base/reader.h"

#define PHKH_SIZE 32u

struct answer {
    struct se_exchange exchange;
    struct se_arcb arcb;
    struct se_header header;
    struct se_secret secret;
    bool is_named; /* the request's key is the caller's, by his own word */
};

static bool refuse_arcb(struct verdict *v, const struct se_arcb *a, enum err e, const char *name)
{
    if (e == ERR_UNSUPPORTED && a->size != 0)
        return verdict_fail_at(v, REASON_unsupported_algorithm, name, VERDICT_NO_OFFSET,
                               "measurement algorithm %u", a->algorithm);
    if (e == ERR_UNSUPPORTED)
        return verdict_fail_at(v, REASON_unsupported_version, name, VERDICT_NO_OFFSET,
                               "attestation request");
    return verdict_fail_at(v, REASON_se_no_arcb, name, VERDICT_NO_OFFSET, "attestation request");
}

static bool check_form(struct verdict *v, const struct exhibit *e, struct answer *a)
{
    struct bytes arcb = e->raw;
    enum err parsed;

    if (se_exchange_is(e->raw)) {
        parsed = se_exchange_parse(&a->exchange, e->raw);
        if (parsed == ERR_UNSUPPORTED)
            return verdict_fail_at(v, REASON_unsupported_version, e->name, 8, "exchange format");
        if (parsed != ERR_OK)
            return verdict_fail_at(v, REASON_malformed, e->name, VERDICT_NO_OFFSET,
                                   "exchange format");
        arcb = a->exchange.arcb.data;
    }
    parsed = se_arcb_parse(&a->arcb, arcb);
    if (parsed != ERR_OK)
        return refuse_arcb(v, &a->arcb, parsed, e->name);
    verdict_pass(v, REASON_malformed, "attestation request, version 1");
    if (a->exchange.measurement.data.size == 0)
        return verdict_fail_at(v, REASON_se_not_a_response, e->name, VERDICT_NO_OFFSET, "%s",
                               "no measurement");
    return true;
}

/* --- what the requester kept */

/* The exhibit of that kind of secret: keys are told by their sizes, the header by its magic. What
 * the caller vouches for goes before what came with the evidence. */
static const struct exhibit *kept_find(const struct judge_context *x, size_t size)
{
    const struct exhibit *e = NULL, *found = NULL;

    while ((e = exhibit_next(x->exhibits, EXHIBIT_SE_KEY, e)) != NULL)
        if ((size == 0 ? se_header_is(e->raw) : e->raw.size == size) &&
            (found == NULL || (found->role != EXHIBIT_ROOT && e->role == EXHIBIT_ROOT)))
            found = e;
    return found;
}

static bool check_anchor(struct verdict *v, const struct judge_context *x,
                         const struct exhibit *key)
{
    if (key->role == EXHIBIT_ROOT) {
        verdict_pass(v, REASON_anchor_missing, "protection key of the request");
        return true;
    }
    if (!x->rules.unanchored_key_allowed)
        return verdict_fail_at(v, REASON_anchor_missing, key->name, VERDICT_NO_OFFSET,
                               "the protection key has to be given with --root");
    verdict_waive(v, REASON_anchor_missing, "protection key of the request");
    return true;
}

static bool open_request(struct verdict *v, const struct judge_context *x, struct answer *a)
{
    const struct exhibit *key = kept_find(x, SE_PROTECTION_KEY_SIZE);

    if (key == NULL)
        return verdict_fail(v, REASON_se_key_missing, "%u bytes", SE_PROTECTION_KEY_SIZE);
    if (!check_anchor(v, x, key))
        return false;
    a->is_named = key->role == EXHIBIT_ROOT;
    switch (se_arcb_open(&a->secret, &a->arcb, key->raw.data)) {
    case ERR_OK: verdict_pass(v, REASON_se_bad_tag, "AES-256-GCM"); return true;
    case ERR_INVALID: return verdict_fail(v, REASON_se_bad_tag, "AES-256-GCM");
    default: return verdict_fail(v, REASON_crypto_failed, "AES-256-GCM");
    }
}

static bool read_header(struct verdict *v, const struct judge_context *x, struct answer *a)
{
    const struct exhibit *e = kept_find(x, 0);

    if (e == NULL)
        return verdict_fail(v, REASON_se_header_missing, "of the image that was started");
    if (se_header_parse(&a->header, e->raw) != ERR_OK)
        return verdict_fail_at(v, REASON_malformed, e->name, VERDICT_NO_OFFSET,
                               "Secure Execution header");
    return true;
}

/* --- the answer */

static bool check_measurement(struct verdict *v, const struct answer *a)
{
    struct se_measured m = {
        .pld = a->header.pld,
        .ald = a->header.ald,
        .tld = a->header.tld,
        .tag = a->header.tag,
        .config_uid = a->exchange.config_uid.data,
        .user = a->exchange.user.data,
        .additional = a->exchange.additional.data,
    };
    uint8_t found[SE_MEASUREMENT_SIZE];

    if (a->secret.has_nonce)
        m.nonce = BYTES_OF(a->secret.nonce);
    if (se_measure(found, BYTES_OF(a->secret.key), &m) != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, "HMAC");
    return verdict_check(v, ct_equal(BYTES_OF(found), a->exchange.measurement.data),
                         REASON_se_measurement_mismatch, "HMAC-SHA512");
}

/* The user data of the guest is its report data; the nonce is the request's own. */
static bool check_expected(struct verdict *v, struct claims *c, const struct judge_context *x,
                           const struct answer *a)
{
    struct judge_context user = *x;

    if (x->nonce.size > 0) {
        if (!verdict_check(v, a->secret.has_nonce && ct_equal(x->nonce, BYTES_OF(a->secret.nonce)),
                           REASON_nonce_mismatch, "nonce of the request"))
            return false;
        c->is_fresh = true;
    }
    user.nonce = (struct bytes){ 0 };
    return judge_report_data(v, c, &user, a->exchange.user.data);
}

/* What the flags asked for, one after the other in this order (additional.rs). */
static void additional_fields(struct fields *f, const struct answer *a)
{
    struct reader r = reader_of(a->exchange.additional.data);

    fields_group(f, "additional_data");
    if ((a->arcb.flags & SE_FLAG_IMAGE_PHKH) != 0)
        fields_bytes(f, "image_phkh", reader_take(&r, PHKH_SIZE));
    if ((a->arcb.flags & SE_FLAG_ATTEST_PHKH) != 0)
        fields_bytes(f, "attestation_phkh", reader_take(&r, PHKH_SIZE));
    if (reader_ok(&r) && r.left > 0)
        fields_bytes(f, "rest", reader_take(&r, r.left));
    fields_end(f);
}

static void claims_of(struct claims *c, const struct answer *a)
{
    c->vendor = "IBM";
    c->is_hardware = a->is_named; /* there are no roots of IBM's for this */
    c->is_debug = CLAIM_NO;       /* no guest with a debug facility gets a measurement key */
    c->measurement = a->header.tag;
    c->chip_id = a->exchange.config_uid.data;
    c->report_data = a->exchange.user.data;
    claims_register(c, "pld", a->header.pld);
    claims_register(c, "ald", a->header.ald);
    claims_register(c, "tld", a->header.tld);
    se_exchange_fields(&c->own, &a->exchange);
    fields_group(&c->own, "request");
    se_arcb_fields(&c->own, &a->arcb);
    fields_end(&c->own);
    additional_fields(&c->own, a);
}

bool se_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
              const struct exhibit *e)
{
    struct answer *a;
    bool good;

    c->platform = PLATFORM_SE;
    if (e->kind == EXHIBIT_CERT)
        return host_key_judge(v, c, x, e);
    a = arena_alloc(x->arena, sizeof *a);
    if (a == NULL)
        return verdict_fail(v, REASON_out_of_memory, "answer");
    good = check_form(v, e, a) && open_request(v, x, a) && read_header(v, x, a) &&
           check_measurement(v, a) && check_expected(v, c, x, a);
    if (good)
        claims_of(c, a);
    __builtin_memset(&a->secret, 0, sizeof a->secret);
    __asm__ volatile("" : : "r"(&a->secret) : "memory"); /* the wipe has to happen */
    return good;
}

enum err se_describe(struct fields *f, const struct exhibit *e)
{
    struct se_exchange exchange = { 0 };
    struct se_arcb arcb;
    struct bytes raw = e->raw;
    enum err parsed;

    if (se_exchange_is(e->raw)) {
        TRY(se_exchange_parse(&exchange, e->raw));
        se_exchange_fields(f, &exchange);
        raw = exchange.arcb.data;
    }
    parsed = se_arcb_parse(&arcb, raw);
    if (arcb.size == 0 && raw.data != e->raw.data)
        return ERR_OK; /* a request of a kind that we do not read, whole in the field above */
    fields_group(f, "request");
    se_arcb_fields(f, &arcb);
    fields_end(f);
    return parsed == ERR_OK ? ERR_OK : ERR_MALFORMED;
}

#include "attest/chain.h"
#include "base/moment.h"

#define NAME_ROOM 160

/* The lists of one issuer, looked through. */
struct lookup {
    const struct judge_context *x;
    const struct x509 *issuer, *subject;
    bool is_revoked;
    int64_t revoked_at;
    bool has_fresh;
    struct x509_crl fresh; /* the newest */
    enum reason fault;     /* what is wrong with the best of the others */
    uint32_t rank;
};

static void note(struct lookup *l, uint32_t rank, enum reason reason)
{
    if (rank > l->rank) {
        l->rank = rank;
        l->fault = reason;
    }
}

/* A list that the issuer has signed. */
static void consider(struct lookup *l, const struct x509_crl *crl)
{
    int64_t at = 0;

    if (x509_crl_has(crl, l->subject->serial, &at)) {
        l->is_revoked = true;
        l->revoked_at = at;
    }
    if (crl->has_unknown_critical) /* says less, or something else, than a whole list */
        note(l, 3, REASON_crl_malformed);
    else if (crl->this_update > l->x->now)
        note(l, 4, REASON_crl_not_yet_valid);
    else if (!crl->has_next_update || crl->next_update < l->x->now)
        note(l, 5, REASON_crl_expired);
    else if (!l->has_fresh || crl->this_update > l->fresh.this_update) {
        l->has_fresh = true;
        l->fresh = *crl;
    }
}

static void try_list(struct lookup *l, struct bytes raw)
{
    const struct x509 *issuer = l->issuer;
    struct bytes by = x509_crl_issuer_peek(raw);
    struct x509_crl crl;

    if (by.size != 0 && !bytes_equal(by, issuer->subject))
        return;
    if (x509_crl_parse(&crl, raw) != ERR_OK) {
        note(l, 1, REASON_crl_malformed); /* it might have been the one */
        return;
    }
    /* "If the keyUsage extension is present … verify that the cRLSign bit is set" (RFC 5280,
     * 6.3.3 (f)). */
    if (issuer->has_key_usage && (issuer->key_usage & X509_USE_CRL_SIGN) == 0) {
        note(l, 2, REASON_crl_bad_signature);
        return;
    }
    switch (crl.signature_kind == SIGNATURE_RSA_PKCS1_SHA1
                ? SIGNATURE_WRONG
                : signature_check_der(&issuer->key, crl.signature_kind, crl.tbs, crl.signature,
                                      l->x->memo)) {
    case SIGNATURE_GOOD: consider(l, &crl); return;
    case SIGNATURE_WRONG: note(l, 2, REASON_crl_bad_signature); return;
    default: note(l, 6, REASON_crypto_failed);
    }
}

bool chain_revocation(struct verdict *v, struct claims *c, const struct judge_context *x,
                      const struct x509 *issuer, const struct x509 *subject, enum reason revoked,
                      const struct bytes *extra, uint32_t extra_count)
{
    struct lookup l = { .x = x, .issuer = issuer, .subject = subject };
    const struct exhibit *e = NULL;
    char name[NAME_ROOM], by[NAME_ROOM], date[MOMENT_TEXT_SIZE];

    l.fault = REASON_crl_missing;
    while ((e = exhibit_next(x->exhibits, EXHIBIT_CRL, e)) != NULL)
        try_list(&l, e->raw);
    for (uint32_t i = 0; i < extra_count; i++)
        if (extra[i].size != 0)
            try_list(&l, extra[i]);

    x509_name_text(name, sizeof name, subject->subject);
    x509_name_text(by, sizeof by, issuer->subject);
    if (revoked == REASON_NONE)
        revoked = REASON_certificate_revoked;
    if (l.is_revoked) {
        moment_text(date, l.revoked_at);
        return verdict_fail(v, revoked, "%s: revoked by %s at %s", name, by, date);
    }
    if (l.has_fresh) {
        moment_text(date, l.fresh.this_update);
        verdict_pass(v, revoked, "%s: not in the list of %s of %s", name, by, date);
        if (c != NULL)
            claims_until(c, l.fresh.next_update);
        return true;
    }
    /* The rule lets a list be absent. One that is given is not passed over for being stale or
     * forged: nobody would notice that it stopped coming. */
    if (!x->rules.crl_optional || l.fault != REASON_crl_missing)
        return verdict_fail(v, l.fault, "%s", by);
    verdict_waive(v, revoked, "%s: no list of %s", name, by);
    return true;
}

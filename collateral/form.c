#include "collateral/form.h"

#include <stdio.h>
#include <string.h>

#include "attest/dcap/qe_identity.h"
#include "attest/dcap/tcb_info.h"
#include "attest/snp/cert.h"
#include "base/moment.h"
#include "base/num.h"
#include "codec/pem.h"

#define CHAIN_CERTS_MAX 8u

static const struct {
    const char *ending, *name;
} kinds[FORM_KIND_COUNT] = {
    [FORM_CERT] = { ".der", "certificate" },
    [FORM_CHAIN] = { ".pem", "certificates of issuers" },
    [FORM_CRL] = { ".crl", "list of revocations" },
    [FORM_TCB_INFO] = { ".tcb.json", "TCB information" },
    [FORM_QE_IDENTITY] = { ".qe.json", "identity of a quoting enclave" },
};

const char *form_ending(enum form_kind k) { return kinds[k].ending; }
const char *form_name(enum form_kind k) { return kinds[k].name; }

bool form_of_name(enum form_kind *out, const char *name)
{
    size_t size = strlen(name);

    for (int k = 0; k < FORM_KIND_COUNT; k++) {
        size_t end = strlen(kinds[k].ending);

        if (size > end && strcmp(name + size - end, kinds[k].ending) == 0) {
            *out = (enum form_kind)k;
            return true;
        }
    }
    return false;
}

static void within(struct form *f, int64_t from, int64_t until)
{
    f->from = from > f->from ? from : f->from;
    f->until = until < f->until ? until : f->until;
}

static enum err cert_read(struct form *f, struct arena *arena, struct bytes raw)
{
    struct snp_cert *c = arena_alloc(arena, sizeof *c);

    if (c == NULL)
        return ERR_NOMEM;
    TRY(snp_cert_parse(c, raw));
    x509_name_text(f->issuer, sizeof f->issuer, c->x509.issuer);
    within(f, c->x509.not_before, c->x509.not_after);
    return ERR_OK;
}

static enum err chain_read(struct form *f, struct arena *arena, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct x509 *c = arena_alloc(arena, sizeof *c);
    struct pem_block block = { 0 };
    uint32_t count = 0;

    if (c == NULL)
        return ERR_NOMEM;
    for (;; count++) {
        TRY(pem_next(&block, &r, arena));
        if (block.label.size == 0)
            break;
        if (count == CHAIN_CERTS_MAX || !bytes_equal(block.label, BYTES_TEXT("CERTIFICATE")))
            return ERR_MALFORMED;
        TRY(x509_parse(c, block.body));
        within(f, c->not_before, c->not_after);
        x509_name_text(f->issuer, sizeof f->issuer, c->subject);
    }
    return count > 0 ? ERR_OK : ERR_MALFORMED;
}

static enum err crl_read(struct form *f, struct arena *arena, struct bytes raw)
{
    struct x509_crl *c = arena_alloc(arena, sizeof *c);

    if (c == NULL)
        return ERR_NOMEM;
    TRY(x509_crl_parse(c, raw));
    x509_name_text(f->issuer, sizeof f->issuer, c->issuer);
    within(f, c->this_update, c->has_next_update ? c->next_update : MOMENT_LEAST);
    return ERR_OK;
}

static enum err signed_json(struct form *f, const struct signed_json *s)
{
    snprintf(f->issuer, sizeof f->issuer, "Intel, evaluation %u", s->evaluation);
    f->evaluation = s->evaluation;
    within(f, s->issue_date, s->next_update);
    return ERR_OK;
}

static enum err json_read(struct form *f, struct arena *arena, struct bytes raw)
{
    struct qe_identity *q = arena_alloc(arena, sizeof *q);
    struct tcb_info *t = arena_alloc(arena, sizeof *t);

    if (q == NULL || t == NULL)
        return ERR_NOMEM;
    if (f->kind == FORM_TCB_INFO) {
        TRY(tcb_info_parse(t, arena, raw, NULL, NULL));
        return signed_json(f, &t->is);
    }
    TRY(qe_identity_parse(q, arena, raw, NULL, NULL));
    return signed_json(f, &q->is);
}

enum err form_read(struct form *out, struct arena *arena, enum form_kind kind, struct bytes raw)
{
    struct form f = { .kind = kind, .from = MOMENT_LEAST, .until = MOMENT_MOST };
    enum err e = ERR_OK;

    switch (kind) {
    case FORM_CERT: e = cert_read(&f, arena, raw); break;
    case FORM_CHAIN: e = chain_read(&f, arena, raw); break;
    case FORM_CRL: e = crl_read(&f, arena, raw); break;
    default: e = json_read(&f, arena, raw); break;
    }
    if (e != ERR_OK)
        return e == ERR_NOMEM ? ERR_NOMEM : ERR_MALFORMED;
    *out = f;
    return ERR_OK;
}

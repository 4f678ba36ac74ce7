/* Covers: snp_judge chain_check snp_cert_parse snp_report_parse judge_report_data */
#include <stdlib.h>

#include "attest/judge.h"
#include "tests/snp_forge.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

#define GENUINE 4u

static struct arena arena;
static struct exhibits exhibits;
static struct bytes reports[GENUINE], veks[GENUINE], asks[GENUINE], ark, crl;

static void setup(void)
{
    struct forge all[GENUINE] = { forge_milan(), forge_genoa(), forge_turin(), forge_vlek() };

    if (ark.size != 0)
        return;
    for (size_t i = 0; i < GENUINE; i++) {
        reports[i] = forge_report(&all[i]);
        veks[i] = forge_vek(&all[i]);
        asks[i] = forge_ask(&all[i]);
    }
    ark = forge_ark();
    crl = forge_crl(99);
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
}

/* The input: which genuine report with its chain, and then, over and over, a place (which
 * piece, offset) and a byte to put there. So mutation goes into every piece of a case that
 * would be accepted; the pieces' copies end where they ended, so that ASan sees every overrun. */
static struct bytes copy_of(struct bytes b)
{
    uint8_t *at = malloc(b.size);

    if (at == NULL)
        abort();
    memcpy(at, b.data, b.size);
    return (struct bytes){ at, b.size };
}

static void mutate(struct bytes pieces[4], struct reader *r)
{
    while (r->left >= 4) {
        struct bytes *p = &pieces[reader_u8(r) % 4];
        size_t at = reader_u16le(r);
        uint8_t byte = reader_u8(r);

        ((uint8_t *)(uintptr_t)p->data)[at % p->size] = byte;
    }
}

/* Whatever was changed: what is accepted is a report that was signed, word for word. */
static void judged(struct bytes pieces[4], bool has_list)
{
    static struct claims claims;
    struct judge_context x = { .arena = &arena, .exhibits = &exhibits, .now = 1577836800 };
    struct verdict v;
    struct exhibit *e;
    bool good, known = false;

    exhibits_init(&exhibits, &arena);
    for (size_t i = 1; i < 3; i++)
        (void)exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CERT, "piece", pieces[i]);
    if (has_list)
        (void)exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CRL, "list", pieces[3]);
    (void)exhibit_put(&exhibits, EXHIBIT_ROOT, EXHIBIT_CERT, "root", ark);
    e = exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_SNP_REPORT, "report", pieces[0]);
    verdict_init(&v, &arena);
    claims = (struct claims){ 0 };
    fields_init(&claims.own, &arena);
    good = snp_judge(&v, &claims, &x, e);
    if (good != (v.reason == REASON_NONE) || v.code == VERDICT_ACCEPTED)
        abort();
    for (size_t i = 0; i < GENUINE && good; i++)
        known |= memcmp(pieces[0].data, reports[i].data, SNP_REPORT_SIZE) == 0;
    if (good && (!known || !has_list))
        abort();
    for (size_t i = 0; i < 2; i++) { /* certificates alone prove nothing */
        verdict_init(&v, &arena);
        if (snp_judge(&v, &claims, &x, &exhibits.items[i]) || v.reason == REASON_NONE)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of((struct bytes){ data, size });
    uint8_t which = reader_u8(&r);
    struct bytes pieces[4];

    setup();
    arena_reset(&arena);
    pieces[0] = copy_of(reports[which % GENUINE]);
    pieces[1] = copy_of(veks[which / 4 % GENUINE]);
    pieces[2] = copy_of(asks[which / 16 % GENUINE]);
    pieces[3] = copy_of(crl);
    mutate(pieces, &r);
    judged(pieces, which < 128);
    for (size_t i = 0; i < 4; i++)
        free((void *)(uintptr_t)pieces[i].data);
    return 0;
}

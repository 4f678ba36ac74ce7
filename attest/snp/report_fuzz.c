/* Covers: snp_report_parse snp_report_describe snp_report_is snp_cert_parse */
#include <stdlib.h>

#include "attest/snp/cert.h"

static _Alignas(16) uint8_t room[1 << 18];
static bool taken;

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    if (taken || size > sizeof room)
        return NULL;
    taken = true;
    return room;
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)chunk;
    (void)size;
    taken = false;
}

/* What is accepted as a report has its size, and its parts lie in it in order. */
static void report_look(struct bytes raw, struct fields *f)
{
    struct snp_report r;

    if (snp_report_parse(&r, raw) != ERR_OK)
        return;
    if (raw.size != SNP_REPORT_SIZE || r.body.size != SNP_SIGNED_SIZE || r.version < 2 ||
        r.version > 5 || !snp_report_is(raw) || r.s.data != r.r.data + 72 ||
        r.measurement.size != 48 || r.unsigned_tail.size != 368)
        abort();
    snp_report_describe(f, &r, snp_product_of_cpuid(r.family, r.model));
    if (f->is_cut)
        abort();
}

static void cert_look(struct bytes raw, struct fields *f)
{
    static struct snp_cert c;
    uint8_t tcb[SNP_TCB_SIZE];

    if (snp_cert_parse(&c, raw) != ERR_OK)
        return;
    if (snp_cert_is(raw) != (c.kind != SNP_CERT_NONE))
        abort();
    for (uint32_t i = 0; i < SNP_TCB_SIZE; i++) {
        bool reserved;

        tcb[i] = c.spl[snp_tcb_extension(c.product, i, &reserved)];
        if ((c.spl_present >> snp_tcb_extension(c.product, i, &reserved) & 1) == 0)
            return;
    }
    if (snp_cert_tcb_differs(&c, BYTES_OF(tcb)) != SNP_TCB_SIZE)
        abort();
    tcb[7]++;
    if (snp_cert_tcb_differs(&c, BYTES_OF(tcb)) != 7)
        abort();
    snp_cert_describe(f, &c.x509);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct fields f;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, sizeof room);
    fields_init(&f, &arena);
    report_look((struct bytes){ data, size }, &f);
    cert_look((struct bytes){ data, size }, &f);
    arena_done(&arena);
    return 0;
}

/* Covers: se_exchange_parse se_arcb_parse se_header_parse se_describe se_is se_cert_is */
#include <stdlib.h>

#include "attest/se/arcb.h"
#include "attest/se/form.h"
#include "base/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static void within(struct bytes part, struct bytes whole)
{
    if (part.size != 0 && (part.data < whole.data || part.size > whole.size ||
                           (size_t)(part.data - whole.data) > whole.size - part.size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exhibit e = { .raw = { data, size }, .name = "" };
    struct se_exchange x;
    struct se_arcb a;
    struct se_header h;
    struct arena arena;
    struct fields f;

    (void)se_is(e.raw);
    (void)se_cert_is(e.raw);
    if (se_exchange_parse(&x, e.raw) == ERR_OK) {
        within(x.arcb.data, e.raw);
        within(x.measurement.data, e.raw);
        within(x.additional.data, e.raw);
        within(x.user.data, e.raw);
        within(x.config_uid.data, e.raw);
    }
    /* Its parts are the whole. */
    if (se_arcb_parse(&a, e.raw) == ERR_OK && a.plain.size + a.encrypted.size + a.tag.size != size)
        abort();
    if (se_header_parse(&h, e.raw) == ERR_OK && h.size > size)
        abort();
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)16 << 20);
    fields_init(&f, &arena);
    (void)!se_describe(&f, &e);
    arena_done(&arena);
    return 0;
}

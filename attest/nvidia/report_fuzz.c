/* Covers: nvidia_report_parse nvidia_describe nvidia_is nvidia_vbios */
#include <stdlib.h>

#include "attest/nvidia/form.h"
#include "attest/nvidia/report.h"
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

/* What is signed, the signature and what follows are the whole, and in this order. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exhibit e = { .raw = { data, size }, .name = "" };
    static struct nvidia_report r;
    struct arena arena;
    struct fields f;

    if (nvidia_report_parse(&r, e.raw) != ERR_OK)
        return 0;
    if (!nvidia_is(e.raw) || r.signed_part.data != data ||
        r.signed_part.size + r.signature.size + r.trailing.size != size ||
        r.signature.data != r.signed_part.data + r.signed_part.size)
        abort();
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)16 << 20);
    fields_init(&f, &arena);
    if (nvidia_describe(&f, &e) != ERR_OK)
        abort();
    arena_done(&arena);
    return 0;
}

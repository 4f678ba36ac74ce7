/* Covers: snp_table_is snp_table_open snp_table_next snp_table_add */
#include <stdlib.h>

#include "attest/snp/form.h"

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

static volatile uint8_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exhibits exhibits;
    struct bytes raw = { data, size };
    struct snp_table_entry e;
    struct snp_table t;
    struct arena arena;
    uint32_t count = 0;

    if (snp_table_open(&t, raw) != ERR_OK)
        return 0;
    while (snp_table_next(&t, &e)) {
        /* Bodies lie in the table, and none is empty. */
        if (++count > SNP_TABLE_ENTRIES_MAX || e.body.size == 0 || e.body.data < data ||
            e.body.size > size - (size_t)(e.body.data - data))
            abort();
        sink = e.body.data[e.body.size - 1];
    }
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 22);
    exhibits_init(&exhibits, &arena);
    if (snp_table_add(&exhibits, EXHIBIT_ENDORSEMENT, "table", raw) == ERR_OK)
        for (uint32_t i = 0; i < exhibits.count; i++)
            if (exhibits.items[i].raw.size == 0 || exhibits.items[i].raw.data[0] != 0x30)
                abort();
    arena_done(&arena);
    return 0;
}

/* Covers: tcb_info_parse qe_identity_parse signed_json_fields
 * rtmr_json_replay */
#include <stdlib.h>

#include "attest/dcap/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, (size + 15) & ~(size_t)15);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* What is signed is an object of the text, and not all of it. */
static void signed_check(const struct signed_json *s, struct bytes text)
{
    if (s->text.data <= text.data || s->text.size + 10 > text.size || s->text.data[0] != '{' ||
        s->text.data[s->text.size - 1] != '}')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = { data, size };
    struct arena arena;
    struct tcb_info info;
    struct qe_identity qe;
    struct fields fields;
    struct pcr_bank bank;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 64 << 20);
    fields_init(&fields, &arena);
    if (tcb_info_parse(&info, &arena, text, NULL, NULL) == ERR_OK) {
        signed_check(&info.is, text);
        if (info.level_count == 0 || (info.version != 2 && info.version != 3) ||
            (info.is_tdx && !info.has_module))
            abort();
        signed_json_fields(&fields, &info.is);
    }
    if (qe_identity_parse(&qe, &arena, text, NULL, NULL) == ERR_OK) {
        signed_check(&qe.is, text);
        if (qe.levels.count == 0 || qe.id == QE_ID_NONE)
            abort();
        signed_json_fields(&fields, &qe.is);
    }
    (void)rtmr_json_replay(&bank, &arena, text);
    arena_done(&arena);
    return 0;
}

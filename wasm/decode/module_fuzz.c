/* Covers: wasm_decode wasm_validate wasm_decoded_function_name
 *
 * Raw bytes as a module. What must hold: the answer is one of the classes that
 * bytes can earn, with a note that says where and why; memory stays within a
 * multiple of the input; the same bytes give the same answer again. */
#include <stdlib.h>
#include <string.h>

#include "tests/module_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of arena for each byte of module, and beyond that. The floor of the
 * validator is its limits: LIMIT_OPERANDS and LIMIT_NESTING, grown by copying. */
enum { PER_BYTE = 64, KEPT_FLOOR = 1 << 20, SCRATCH_FLOOR = 8 << 20 };

struct answer {
    enum err e;
    struct wasm_note note;
    struct wasm_decoded m; /* counts only are looked at after the arena is gone */
    uint64_t sum;
};

static uint64_t sum_of(const struct wasm_decoded *m)
{
    uint64_t sum = m->features;

    for (uint32_t i = 0; i < m->type_count; i++)
        sum = sum * 31 + m->types[i].canonical;
    for (uint32_t i = 0; i < m->func_count; i++)
        sum = sum * 31 + m->funcs[i].type + m->funcs[i].declared +
              wasm_decoded_function_name(m, i).size;
    for (uint32_t i = 0; i < m->elem_count; i++)
        sum = sum * 31 + m->elems[i].count + (uint64_t)m->elems[i].mode;
    for (uint32_t i = 0; i < m->data_segment_count; i++)
        sum = sum * 31 + m->datas[i].bytes.size;
    for (uint32_t i = 0; i < m->export_count; i++)
        sum = sum * 31 + m->exports[i].index + m->exports[i].name.size;
    return sum;
}

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void ask(struct answer *a, struct bytes raw)
{
    struct arena kept;
    struct arena scratch;

    memset(a, 0, sizeof *a);
    arena_init(&kept, module_bytes_heap, PER_BYTE * raw.size + KEPT_FLOOR);
    arena_init(&scratch, module_bytes_heap, PER_BYTE * raw.size + SCRATCH_FLOOR);
    a->e = wasm_decode(&a->m, raw, &kept, &a->note);
    need(a->e != ERR_INVALID); /* the decoder judges form alone */
    if (a->e == ERR_OK) {
        a->e = wasm_validate(&a->m, &scratch, &a->note);
        need(a->m.validated == (a->e == ERR_OK));
        a->sum = sum_of(&a->m);
    }
    need(kept.peak <= PER_BYTE * raw.size + KEPT_FLOOR);
    need(scratch.peak <= PER_BYTE * raw.size + SCRATCH_FLOOR);
    arena_done(&kept);
    arena_done(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct answer first;
    static struct answer second;
    struct bytes raw = { data, size };

    ask(&first, raw);
    need(first.e == ERR_OK || first.e == ERR_MALFORMED || first.e == ERR_INVALID ||
         first.e == ERR_UNSUPPORTED || first.e == ERR_LIMIT);
    need((first.e == ERR_OK) == (first.note.rule[0] == '\0'));
    need(first.note.offset <= size);
    need(first.note.function < (int64_t)first.m.func_count || first.note.function == -1);

    ask(&second, raw);
    need(second.e == first.e && second.sum == first.sum);
    need(memcmp(&second.note, &first.note, sizeof first.note) == 0);
    return 0;
}

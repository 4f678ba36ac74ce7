#include "wasm/verify/verify.h"

#include "wasm/note.h"

bool verify_refuse(struct verify *v, uint32_t at, const char *rule)
{
    if (!v->is_refused)
        (void)note_at(v->note, ERR_INVALID, at, rule, "machine code verifier");
    v->is_refused = true;
    return false;
}

bool verify_nomem(struct verify *v)
{
    v->is_nomem = true;
    return false;
}

bool verify_decode(const struct verify *v, struct insn *out, uint32_t at)
{
    return at < v->code->text_size &&
           insn_decode(out, v->code->bytes, v->code->text_size, at, v->unit->config);
}

uint32_t verify_below(const void *items, size_t size, uint32_t count, uint32_t key)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (*(const uint32_t *)(const void *)((const uint8_t *)items + size * middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* More effort where less was not enough; what the last one says counts. */
static bool walk_harder(struct verify *v)
{
    for (v->effort = 0; v->effort < 5; v->effort++) {
        v->is_refused = false;
        *v->note = (struct wasm_note){ .function = v->function };
        if (verify_walk(v))
            return true;
        if (v->is_nomem)
            return false;
    }
    return false;
}

enum err wasm_verify_function(const struct wasm_unit *unit, uint32_t function,
                              const struct wasm_code *code, struct arena *scratch,
                              struct wasm_note *note)
{
    struct wasm_note own = { .function = function };
    struct verify v = { .unit = unit,
                        .m = unit->module,
                        .code = code,
                        .function = function,
                        .arena = scratch,
                        .note = &own };

    if (!v.m->validated || function < v.m->imported_func_count || function >= v.m->func_count)
        return ERR_USAGE;
    v.signature = wasm_decoded_signature(v.m, function);
    if (verify_scan(&v) && walk_harder(&v))
        return ERR_OK;
    if (v.is_nomem)
        return note_at(note, ERR_NOMEM, 0, "compile memory", "verification");
    if (note != NULL)
        *note = own;
    return ERR_INVALID;
}

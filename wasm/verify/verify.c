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

/* More effort where less was not enough; what the last one says counts. */
static bool walk_harder(struct verify *v)
{
    for (v->effort = 0; v->effort < 4; v->effort++) {
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

#include "wasm/validate/local_runs.h"

#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "wasm/note.h"

static enum err locals_add(struct local_runs *l, struct wasm_local_run run, struct arena *arena)
{
    if (run.count == 0)
        return ERR_OK;
    for (uint32_t i = 0; i < run.count && l->count + i < LOCALS_SPREAD; i++)
        l->spread[l->count + i] = (uint8_t)run.type;
    l->count += run.count;
    if (!ARENA_RESERVE(arena, l->runs, l->run_room, l->run_count + 1))
        return ERR_NOMEM;
    l->runs[l->run_count++] = (struct local_end){ l->count, (uint8_t)run.type };
    return ERR_OK;
}

/* "The total number of locals is less than 2^32" is form (core 5.5.13); fewer
 * than that may still be more than we take. */
static enum err locals_refuse(uint64_t total, uint64_t offset, struct wasm_note *note)
{
    return note_at(note, total > UINT32_MAX ? ERR_MALFORMED : ERR_LIMIT, offset, "too many locals",
                   total > UINT32_MAX ? NULL : "LIMIT_LOCALS");
}

enum err local_runs_take(struct local_runs *l, struct wasm_signature type, struct reader *r,
                         uint32_t base, struct arena *arena, struct wasm_note *note)
{
    uint64_t offset = base + reader_offset(r);
    uint64_t total = 0;
    uint32_t run_count;

    l->params = type.params;
    l->param_count = l->count = type.param_count;
    l->run_count = 0;
    if (type.param_count != 0)
        memcpy(l->spread, type.params, num_min(type.param_count, LOCALS_SPREAD));
    TRY(wasm_locals_begin(&run_count, r, base, note));
    for (uint32_t i = 0; i < run_count; i++) {
        struct wasm_local_run run;

        TRY(wasm_locals_next(&run, r, base, note));
        total += run.count; /* run_count < 2^32, so this cannot overflow */
        if (total <= LIMIT_LOCALS)
            TRY(locals_add(l, run, arena));
    }
    return total > LIMIT_LOCALS ? locals_refuse(total, offset, note) : ERR_OK;
}

enum wasm_type local_runs_find(const struct local_runs *l, uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = l->run_count;

    if (index < l->param_count)
        return (enum wasm_type)l->params[index];
    while (low < high) { /* the first run that ends behind the index */
        uint32_t middle = low + (high - low) / 2;

        if (l->runs[middle].end <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->run_count ? (enum wasm_type)l->runs[low].type : WASM_NONE;
}

/* local_runs.h: the types of a function's parameters and locals, by index.
 *
 * A body of a few bytes may declare LIMIT_LOCALS of them; they are kept as the
 * runs that were declared, and only the first few are spread out. */
#ifndef BROCH_WASM_VALIDATE_LOCAL_RUNS_H
#define BROCH_WASM_VALIDATE_LOCAL_RUNS_H

#include "base/arena.h"
#include "wasm/decode/instr.h"

enum { LOCALS_SPREAD = 64 };

struct local_end {
    uint32_t end; /* first index behind the run */
    uint8_t type;
};

struct local_runs {
    const uint8_t *params;
    uint32_t param_count;
    uint32_t count; /* parameters and locals */
    struct local_end *runs;
    uint32_t run_count;
    uint32_t run_room;
    uint8_t spread[LOCALS_SPREAD]; /* of the first indices, parameters included */
};

/* Reads the declarations at the head of a body. Room for runs is used again. */
enum err local_runs_take(struct local_runs *l, struct wasm_signature type, struct reader *r,
                         uint32_t base, struct arena *arena, struct wasm_note *note);

enum wasm_type local_runs_find(const struct local_runs *l, uint32_t index);

/* index < count. */
static inline enum wasm_type local_runs_type(const struct local_runs *l, uint32_t index)
{
    return index < LOCALS_SPREAD ? (enum wasm_type)l->spread[index] : local_runs_find(l, index);
}

#endif

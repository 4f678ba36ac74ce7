#include <string.h>

#include "wasm/decode/type.h"
#include "wasm/runtime/runtime.h"

enum { FEW_SLOTS = 16 };

enum err wasm_host_function_new(struct wasm_host_function **out, struct wasm_store *store,
                                uint32_t signature, wasm_host_call call, void *context,
                                struct wasm_instance *caller)
{
    struct wasm_host_function *h = wasm_heap_take(&store->engine->host, sizeof *h);

    if (h == NULL)
        return ERR_NOMEM;
    wasm_store_head(store, &h->head);
    h->function = (struct wasm_function){
        .code = (void *)(uintptr_t)wasm_host_thunk,
        .context = &h->head,
        .signature = signature,
        .index = UINT32_MAX,
    };
    h->signature = store->signatures.items[signature];
    h->call = call;
    h->context = context;
    h->caller = caller;
    h->next = store->host_functions;
    store->host_functions = h;
    *out = h;
    return ERR_OK;
}

static struct wasm_host_function *host_of_context(struct wasm_context *context)
{
    return (struct wasm_host_function *)((uint8_t *)context -
                                         offsetof(struct wasm_host_function, head));
}

struct wasm_host_function *wasm_function_host(const struct wasm_function *function)
{
    return function->index == UINT32_MAX ? host_of_context(function->context) : NULL;
}

struct wasm_signature wasm_function_signature(const struct wasm_function *function)
{
    return wasm_store_of(function->context)->signatures.items[function->signature];
}

/* --- Values and the places that abi.h gives them */

struct places {
    struct entry_area *area;
    union wasm_value *spill;
    uint32_t int_most, float_most;
    uint32_t ints, floats, spilled;
};

static struct places places_of_args(struct entry_area *area, struct wasm_thread *thread)
{
    return (struct places){ area, thread->spill, WASM_ABI_INT_ARGS, WASM_ABI_FLOAT_ARGS, 0, 0, 0 };
}

static struct places places_of_results(struct entry_area *area, struct wasm_thread *thread)
{
    return (struct places){ area, thread->spill, WASM_ABI_INT_RESULTS, WASM_ABI_FLOAT_RESULTS, 0, 0,
                            0 };
}

/* The place of the next value, of one word or two. */
static uint64_t *place_next(struct places *p, enum wasm_type type, bool *two_words)
{
    bool is_float = wasm_type_is_float(type);

    *two_words = true;
    if (is_float && p->floats < p->float_most)
        return p->area->floats[p->floats++];
    if (!is_float && p->ints < p->int_most) {
        *two_words = false;
        return &p->area->ints[p->ints++];
    }
    return p->spill[p->spilled++].words;
}

static void values_put(struct places p, const uint8_t *types, uint32_t count,
                       const union wasm_value *slots)
{
    for (uint32_t i = 0; i < count; i++) {
        union wasm_value v = wasm_value_clean(types[i], slots[i]);
        bool two_words;
        uint64_t *to = place_next(&p, types[i], &two_words);

        to[0] = v.words[0];
        if (two_words)
            to[1] = v.words[1];
    }
}

static void values_take(struct places p, const uint8_t *types, uint32_t count,
                        union wasm_value *slots)
{
    for (uint32_t i = 0; i < count; i++) {
        union wasm_value v = { 0 };
        bool two_words;
        const uint64_t *from = place_next(&p, types[i], &two_words);

        v.words[0] = from[0];
        if (two_words)
            v.words[1] = from[1];
        slots[i] = wasm_value_clean(types[i], v);
        if (types[i] == WASM_EXNREF)
            wasm_exception_pin(slots[i].exception);
    }
}

/* --- Calls */

static enum err host_call(struct wasm_store *store, struct wasm_host_function *h,
                          union wasm_value *slots)
{
    enum wasm_trap trap = h->call(h->context, h->caller, slots);

    if (trap == WASM_TRAP_NONE)
        return ERR_OK;
    wasm_trap_record(store, trap, 0, 0, false);
    return ERR_TRAP;
}

enum err wasm_function_call(struct wasm_function *function, union wasm_value *slots)
{
    struct wasm_context *context = function->context;
    struct wasm_store *store = wasm_store_of(context);
    struct wasm_signature g = wasm_function_signature(function);
    struct entry_area area;
    int left;

    if (wasm_function_host(function) != NULL)
        return host_call(store, wasm_function_host(function), slots);
    if (store->nesting >= WASM_NESTING) {
        wasm_trap_record(store, WASM_TRAP_STACK, 0, 0, false);
        return ERR_TRAP;
    }
    memset(&area, 0, sizeof area);
    values_put(places_of_args(&area, &store->thread), g.params, g.param_count, slots);
    store->nesting++;
    left = wasm_enter(&area, function->code, context, &store->thread);
    store->nesting--;
    if (left != 0)
        return ERR_TRAP;
    values_take(places_of_results(&area, &store->thread), g.results, g.result_count, slots);
    return ERR_OK;
}

/* The host function's slots lie on the embedder's stack: few of them as a rule, and
 * the large array only for those that need it. */
static enum wasm_trap dispatch(struct wasm_host_function *h, struct entry_area *area,
                               struct wasm_thread *thread, union wasm_value *slots)
{
    const struct wasm_signature *g = &h->signature;
    enum wasm_trap trap;

    values_take(places_of_args(area, thread), g->params, g->param_count, slots);
    trap = h->call(h->context, h->caller, slots);
    if (trap == WASM_TRAP_NONE)
        values_put(places_of_results(area, thread), g->results, g->result_count, slots);
    return trap;
}

static __attribute__((noinline)) enum wasm_trap dispatch_many(struct wasm_host_function *h,
                                                              struct entry_area *area,
                                                              struct wasm_thread *thread)
{
    union wasm_value slots[WASM_ABI_SPILL_COUNT];

    return dispatch(h, area, thread, slots);
}

enum wasm_trap wasm_host_dispatch(struct wasm_context *context, struct entry_host_frame *frame)
{
    struct wasm_host_function *h = host_of_context(context);
    struct wasm_thread *thread = context->thread;
    union wasm_value slots[FEW_SLOTS];
    enum wasm_trap trap;

    if (h->signature.param_count <= FEW_SLOTS && h->signature.result_count <= FEW_SLOTS)
        trap = dispatch(h, &frame->area, thread, slots);
    else
        trap = dispatch_many(h, &frame->area, thread);
    if (trap != WASM_TRAP_NONE)
        wasm_trap_of_call(wasm_store_of(context), trap, &frame->saved);
    return trap;
}

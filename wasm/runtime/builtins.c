/* What compiled code calls out for (abi.h). The arguments come from verified code:
 * indices of memories, tables, segments and tags are constants of a validated
 * module; addresses, counts and values are the guest's and may be anything. */
#include <string.h>

#include "wasm/runtime/runtime.h"

#define BUILTIN_ARGS_1 struct wasm_context *c, uint64_t a
#define BUILTIN_ARGS_2 BUILTIN_ARGS_1, uint64_t b
#define BUILTIN_ARGS_3 BUILTIN_ARGS_2, uint64_t d
#define BUILTIN_ARGS_4 BUILTIN_ARGS_3, uint64_t e

/* A built-in's definition, declared first: entry.S alone calls it, as wasm_builtin_NAME. */
#define BUILTIN(name, arguments)                          \
    struct builtin_result wasm_builtin_##name(arguments); \
    struct builtin_result wasm_builtin_##name(arguments)

static struct builtin_result word(uint64_t w) { return (struct builtin_result){ .word = w }; }

/* Ends the built-in with a trap, or with nothing to give where it is none. */
static struct builtin_result done(struct wasm_context *c, enum wasm_trap trap)
{
    const struct entry_saved *saved = (const void *)(uintptr_t)c->thread->guest_sp;

    if (trap != WASM_TRAP_NONE)
        wasm_trap_of_call(wasm_store_of(c), trap, saved);
    return (struct builtin_result){ .trap = trap };
}

/* A word may name two things: the low half, and the high half. */
static uint32_t low(uint64_t w) { return (uint32_t)w; }
static uint32_t high(uint64_t w) { return (uint32_t)(w >> 32); }

static struct wasm_memory *memory_of(struct wasm_context *c, uint32_t n)
{
    return wasm_instance_memory_index(wasm_instance_of(c), n);
}

static struct wasm_table *table_of(struct wasm_context *c, uint32_t n)
{
    return wasm_instance_table_index(wasm_instance_of(c), n);
}

BUILTIN(memory_grow, BUILTIN_ARGS_2) { return word(wasm_memory_grow(memory_of(c, low(a)), b)); }

BUILTIN(memory_fill, BUILTIN_ARGS_4)
{
    void *to = wasm_memory_at(memory_of(c, low(a)), b, e);

    if (to == NULL)
        return done(c, WASM_TRAP_MEMORY);
    memset(to, (uint8_t)d, e);
    return word(0);
}

BUILTIN(memory_copy, BUILTIN_ARGS_4)
{
    void *to = wasm_memory_at(memory_of(c, low(a)), b, e);
    const void *from = wasm_memory_at(memory_of(c, high(a)), d, e);

    if (to == NULL || from == NULL)
        return done(c, WASM_TRAP_MEMORY);
    memmove(to, from, e);
    return word(0);
}

BUILTIN(memory_init, BUILTIN_ARGS_4)
{
    return done(c, wasm_data_init(wasm_instance_of(c), low(a), high(a), b, d, e));
}

BUILTIN(data_drop, BUILTIN_ARGS_1)
{
    wasm_instance_of(c)->datas_dropped[a] = true;
    return word(0);
}

BUILTIN(table_get, BUILTIN_ARGS_2)
{
    const struct wasm_table *t = table_of(c, low(a));

    if (b >= t->view.size)
        return done(c, WASM_TRAP_TABLE);
    return word(t->view.base[b]);
}

BUILTIN(table_set, BUILTIN_ARGS_3)
{
    struct wasm_table *t = table_of(c, low(a));

    if (b >= t->view.size)
        return done(c, WASM_TRAP_TABLE);
    t->view.base[b] = d;
    return word(0);
}

BUILTIN(table_grow, BUILTIN_ARGS_3) { return word(wasm_table_grow(table_of(c, low(a)), d, b)); }

BUILTIN(table_fill, BUILTIN_ARGS_4)
{
    struct wasm_table *t = table_of(c, low(a));

    if (!wasm_inside(b, e, t->view.size))
        return done(c, WASM_TRAP_TABLE);
    for (uint64_t i = 0; i < e; i++)
        t->view.base[b + i] = d;
    return word(0);
}

BUILTIN(table_copy, BUILTIN_ARGS_4)
{
    struct wasm_table *to = table_of(c, low(a));
    const struct wasm_table *from = table_of(c, high(a));

    if (!wasm_inside(b, e, to->view.size) || !wasm_inside(d, e, from->view.size))
        return done(c, WASM_TRAP_TABLE);
    if (e != 0)
        memmove(to->view.base + b, from->view.base + d, e * sizeof *to->view.base);
    return word(0);
}

BUILTIN(table_init, BUILTIN_ARGS_4)
{
    return done(c, wasm_elem_init(wasm_instance_of(c), low(a), high(a), b, d, e));
}

BUILTIN(elem_drop, BUILTIN_ARGS_1)
{
    wasm_instance_of(c)->elems_dropped[a] = true;
    return word(0);
}

/* Threads proposal, "wait" and "notify". */
static struct builtin_result atomic_wait(struct wasm_context *c, struct wasm_memory *m, uint64_t at,
                                         uint64_t expected, uint64_t timeout, bool is64)
{
    const struct wasm_host *host = &m->store->engine->host;
    const void *there = wasm_memory_at(m, at, is64 ? 8 : 4);
    int end;

    if (there == NULL)
        return done(c, WASM_TRAP_MEMORY);
    if (at % (is64 ? 8 : 4) != 0)
        return done(c, WASM_TRAP_UNALIGNED);
    if (!m->limits.shared)
        return done(c, WASM_TRAP_NOT_SHARED);
    if (host->wait == NULL)
        return done(c, WASM_TRAP_HOST);
    end = host->wait(host->context, there, expected, is64, (int64_t)timeout);
    if (end < 0)
        return done(c, WASM_TRAP_INTERRUPTED);
    return word((uint64_t)(uint32_t)end);
}

BUILTIN(atomic_wait32, BUILTIN_ARGS_4)
{
    return atomic_wait(c, memory_of(c, low(a)), b, low(d), e, false);
}

BUILTIN(atomic_wait64, BUILTIN_ARGS_4)
{
    return atomic_wait(c, memory_of(c, low(a)), b, d, e, true);
}

BUILTIN(atomic_notify, BUILTIN_ARGS_3)
{
    struct wasm_memory *m = memory_of(c, low(a));
    const struct wasm_host *host = &m->store->engine->host;
    const void *there = wasm_memory_at(m, b, 4);

    if (there == NULL)
        return done(c, WASM_TRAP_MEMORY);
    if (b % 4 != 0)
        return done(c, WASM_TRAP_UNALIGNED);
    if (!m->limits.shared || host->notify == NULL)
        return word(0); /* nobody can be waiting */
    return word(host->notify(host->context, there, low(d)));
}

BUILTIN(exception_new, BUILTIN_ARGS_1)
{
    struct wasm_instance *instance = wasm_instance_of(c);
    struct wasm_exception *x =
        wasm_exception_new(instance->store, wasm_instance_tag_index(instance, low(a)));

    if (x == NULL)
        return done(c, WASM_TRAP_HOST);
    return word((uint64_t)(uintptr_t)x);
}

void *wasm_lazy_compile(struct wasm_context *context, uint32_t function,
                        const struct entry_saved *saved)
{
    struct wasm_instance *instance = wasm_instance_of(context);
    void *at = wasm_code_now(&instance->module->code, function);

    if (at == NULL)
        wasm_trap_of_call(instance->store, WASM_TRAP_COMPILE, saved);
    return at;
}

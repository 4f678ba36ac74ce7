/* What the builder makes of small bodies: counts of operations, and the bodies that
 * are meant to hurt it. */
#include <stdlib.h>
#include <string.h>

#include "wasm/ir/ir.h"

#include "tests/check.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, (size + 15) & ~(size_t)15);
}

static void give(void *context, void *at, size_t size)
{
    (void)context;
    (void)size;
    free(at);
}

/* Types: 0 [i32 i32] -> [i32], the function's own; 1 [] -> []; 2 [i32] -> [].
 * Function 0 is under test, 1 is imported in spirit ([] -> []). Globals: 0 mutable
 * i32, 1 immutable i32 = 42. Tag 0: type 2. */
static const uint8_t two[] = { WASM_I32, WASM_I32 };
static const uint8_t init_42[] = { 0x41, 42, 0x0b };

struct fixture {
    struct wasm_decoded m;
    struct wasm_functype types[3];
    struct wasm_func funcs[2];
    struct wasm_memtype memory;
    struct wasm_globaltype globals[2];
    uint32_t tag;
    struct arena arena;
    struct ir_func f;
    enum err err;
    size_t peak;
};

static void build(struct fixture *x, struct bytes body, uint64_t config, bool opt, size_t ceiling)
{
    struct arena_source source = { take, give, NULL };
    struct wasm_unit unit = { .module = &x->m, .config = config };
    struct wasm_note note = { 0 };
    const char *why;

    memset(x, 0, sizeof *x);
    x->types[0].signature = (struct wasm_signature){ two, two, 2, 1 };
    x->types[2].signature = (struct wasm_signature){ two, NULL, 1, 0 };
    x->funcs[0].body = body;
    x->funcs[1].type = 1;
    x->memory.limits.least = 1;
    x->globals[0] = (struct wasm_globaltype){ .type = WASM_I32, .is_mutable = true };
    x->globals[1] = (struct wasm_globaltype){ .type = WASM_I32, .init.code = BYTES_OF(init_42) };
    x->tag = 2;
    x->m = (struct wasm_decoded){ .types = x->types,
                                  .type_count = 3,
                                  .funcs = x->funcs,
                                  .func_count = 2,
                                  .memories = &x->memory,
                                  .memory_count = 1,
                                  .globals = x->globals,
                                  .global_count = 2,
                                  .tags = &x->tag,
                                  .tag_count = 1,
                                  .validated = true };
    arena_init(&x->arena, source, ceiling);
    x->err = ir_build(&x->f, &unit, 0, &x->arena, &note);
    if (x->err == ERR_OK && opt)
        x->err = opt_run(&x->f, &note);
    x->peak = x->arena.peak;
    if (x->err != ERR_OK)
        return;
    x->arena.ceiling += (size_t)64 << 20;
    why = ir_check(&x->f, &x->arena);
    if (why != NULL)
        printf("# %s\n", why);
    CHECK_NULL(why);
}

static unsigned count(const struct fixture *x, unsigned op)
{
    unsigned n = 0;

    for (ir_block b = 0; x->err == ERR_OK && b < x->f.block_count; b++)
        for (ir_value v = x->f.blocks[b].first; v != 0; v = x->f.values[v].next)
            n += x->f.values[v].op == op;
    return n;
}

#define CODE(...) __VA_ARGS__
#define GET(n) 0x20, n
#define SET(n) 0x21, n
#define I32(n) 0x41, n
#define ADD 0x6a
#define END 0x0b
#define BODY 0x00 /* no locals */

struct expectation {
    const char *name;
    uint8_t code[64];
    uint8_t size;
    struct {
        uint8_t op, count;
    } want[4];
    uint64_t config;
};

#define ROW(name, config, wants, ...)                                            \
    {                                                                            \
        name, { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }), wants, config \
    }
#define WANT(...)   \
    {               \
        __VA_ARGS__ \
    }

/* clang-format off */
static const struct expectation rows[] = {
    ROW("constants are added", 0, WANT({ IR_ADD, 1 }, { IR_CONST, 1 }),
        BODY, GET(0), I32(5), ADD, I32(6), ADD, END),
    ROW("nothing is folded when told so", WASM_CONFIG_NO_OPTIMIZE, WANT({ IR_ADD, 2 }),
        BODY, GET(0), I32(5), ADD, I32(6), ADD, END),
    ROW("eqz of eqz of a comparison", 0, WANT({ IR_ICMP, 1 }),
        BODY, GET(0), GET(1), 0x48, 0x45, 0x45, END),
    ROW("a shift count needs no mask", 0, WANT({ IR_AND, 0 }, { IR_SHL, 1 }),
        BODY, GET(0), GET(1), I32(31), 0x71, 0x74, END),
    ROW("unsigned division by a power of two", 0, WANT({ IR_DIV_U, 0 }, { IR_SHR_U, 1 }),
        BODY, GET(0), I32(8), 0x6e, END),
    ROW("unsigned division by ten", 0, WANT({ IR_DIV_U, 0 }, { IR_MUL, 1 }),
        BODY, GET(0), I32(10), 0x6e, END),
    ROW("division by zero stays", 0, WANT({ IR_DIV_S, 1 }),
        BODY, GET(0), I32(0), 0x6d, END),
    ROW("division by minus one may overflow", 0, WANT({ IR_DIV_S, 1 }),
        BODY, GET(0), I32(0x7f), 0x6d, END),
    ROW("a division that is dropped still traps", 0, WANT({ IR_DIV_U, 1 }),
        BODY, GET(0), GET(1), 0x6e, 0x1a, GET(0), END),
    ROW("a load that is dropped still traps", 0, WANT({ IR_LOAD, 1 }),
        BODY, GET(0), 0x28, 2, 0, 0x1a, GET(0), END),
    ROW("equal expressions are one", 0, WANT({ IR_ADD, 2 }),
        BODY, GET(0), GET(1), ADD, GET(1), GET(0), ADD, ADD, END),
    ROW("an equal one on the other arm is none", 0, WANT({ IR_MUL, 2 }, { IR_PHI, 1 }),
        BODY, GET(0), 0x04, 0x7f, GET(0), GET(1), 0x6c, 0x05, GET(1), GET(0), 0x6c, END, END),
    ROW("a load is not repeated", 0, WANT({ IR_LOAD, 1 }),
        BODY, GET(0), 0x28, 2, 4, GET(0), 0x28, 2, 4, ADD, END),
    ROW("a store of another word does not kill it", 0, WANT({ IR_LOAD, 1 }),
        BODY, GET(0), 0x28, 2, 4, GET(0), GET(1), 0x36, 2, 8, GET(0), 0x28, 2, 4, ADD, END),
    ROW("a store that overlaps does", 0, WANT({ IR_LOAD, 2 }),
        BODY, GET(0), 0x28, 2, 4, GET(0), GET(1), 0x36, 2, 6, GET(0), 0x28, 2, 4, ADD, END),
    ROW("a store through another address does", 0, WANT({ IR_LOAD, 2 }),
        BODY, GET(0), 0x28, 2, 4, GET(1), GET(1), 0x36, 2, 40, GET(0), 0x28, 2, 4, ADD, END),
    ROW("what was stored need not be loaded", 0, WANT({ IR_LOAD, 0 }),
        BODY, GET(0), GET(1), 0x36, 2, 8, GET(0), 0x28, 2, 8, END),
    ROW("but after a narrow store it is", 0, WANT({ IR_LOAD, 1 }),
        BODY, GET(0), GET(1), 0x3a, 0, 8, GET(0), 0x2d, 0, 8, END),
    ROW("a call may write memory", 0, WANT({ IR_LOAD, 2 }, { IR_CALL, 1 }),
        BODY, GET(0), 0x28, 2, 4, 0x10, 1, GET(0), 0x28, 2, 4, ADD, END),
    ROW("a mutable global is read again after a call", 0, WANT({ IR_GLOBAL_GET, 2 }),
        BODY, 0x23, 0, 0x23, 0, ADD, 0x10, 1, 0x23, 0, ADD, END),
    ROW("an immutable one is its constant", 0, WANT({ IR_GLOBAL_GET, 0 }, { IR_CONST, 1 }),
        BODY, 0x23, 1, END),
    ROW("explicit bounds: one check for a group", WASM_CONFIG_EXPLICIT,
        WANT({ IR_BOUND, 1 }, { IR_LOAD, 2 }),
        BODY, GET(0), 0x28, 2, 4, GET(0), 0x28, 2, 64, ADD, END),
    ROW("but none is moved before a store", WASM_CONFIG_EXPLICIT, WANT({ IR_BOUND, 3 }),
        BODY, GET(0), 0x28, 2, 4, GET(1), GET(1), 0x36, 2, 0, GET(0), 0x28, 2, 64, ADD, END),
    ROW("a constant condition leaves no branch", 0, WANT({ IR_BRANCH, 0 }, { IR_PHI, 0 }),
        BODY, I32(1), 0x04, 0x7f, GET(0), 0x05, GET(1), END, END),
    ROW("a local that no path changes needs no phi", 0, WANT({ IR_PHI, 0 }),
        BODY, 0x02, 0x40, GET(0), 0x0d, 0, I32(1), 0x1a, END, GET(1), END),
    ROW("one that a path changes needs one", 0, WANT({ IR_PHI, 1 }),
        BODY, 0x02, 0x40, GET(0), 0x0d, 0, I32(1), SET(1), END, GET(1), END),
    ROW("but not if nobody reads it", 0, WANT({ IR_PHI, 0 }),
        BODY, 0x02, 0x40, GET(0), 0x0d, 0, I32(1), SET(1), END, GET(0), END),
    ROW("a loop that is not repeated is none", 0, WANT({ IR_PHI, 0 }, { IR_JUMP, 0 }),
        BODY, 0x03, 0x40, GET(0), SET(1), END, GET(1), END),
    ROW("a counter is a phi, what stays is not", 0, WANT({ IR_PHI, 1 }),
        BODY, 0x03, 0x40, GET(0), GET(1), ADD, 0x22, 0, 0x0d, 0, END, GET(0), END),
    ROW("an endless loop", 0, WANT({ IR_JUMP, 2 }, { IR_RETURN, 0 }),
        BODY, 0x03, 0x40, 0x0c, 0, END, 0x00, END),
    ROW("a table whose labels are one", 0, WANT({ IR_SWITCH, 0 }),
        BODY, 0x02, 0x40, GET(0), 0x0e, 2, 0, 0, 0, END, GET(1), END),
    ROW("an invariant product leaves the loop", 0, WANT({ IR_MUL, 1 }, { IR_PHI, 1 }),
        BODY, 0x03, 0x40, GET(0), GET(1), GET(1), 0x6c, 0x6b, 0x22, 0, 0x0d, 0, END, GET(0), END),
    ROW("fuel for each straight line", WASM_CONFIG_FUEL, WANT({ IR_FUEL, 2 }),
        BODY, GET(0), GET(1), ADD, 0x10, 1, GET(1), ADD, END),
    ROW("a safepoint in each loop", WASM_CONFIG_INTERRUPT, WANT({ IR_SAFEPOINT, 1 }),
        BODY, 0x03, 0x40, GET(0), 0x0d, 0, END, GET(0), END),
    ROW("a call in a try has a landing pad", 0,
        WANT({ IR_INVOKE, 1 }, { IR_EXCEPTION, 1 }, { IR_EXCEPTION_IS, 1 },
             { IR_EXCEPTION_GET, 1 }),
        BODY, 0x06, 0x7f, 0x10, 1, GET(0), 0x07, 0, END, END),
    ROW("a throw to a clause of its own function", 0,
        WANT({ IR_INVOKE, 0 }, { IR_EXCEPTION_PUT, 1 }, { IR_CALL_BUILTIN, 2 }),
        BODY, 0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0, GET(0), 0x08, 0, END, GET(1), END, END),
    ROW("a tail call ends it", 0, WANT({ IR_RETURN_CALL, 1 }, { IR_RETURN, 0 }),
        BODY, GET(0), GET(1), 0x12, 0, END),
};
/* clang-format on */

static void check_rows(void)
{
    static struct fixture x;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct expectation *r = &rows[i];

        CASE(r->name);
        build(&x, (struct bytes){ r->code, r->size }, r->config,
              (r->config & WASM_CONFIG_NO_OPTIMIZE) == 0, (size_t)1 << 24);
        CHECK_OK(x.err);
        for (size_t k = 0; k < 4 && r->want[k].op != 0; k++)
            if (!CHECK_EQ(count(&x, r->want[k].op), r->want[k].count))
                printf("# %s\n", ir_op_names[r->want[k].op]);
        arena_done(&x.arena);
    }
}

/* --- Bodies that are meant to hurt: each must be built, in memory linear in its size */

struct large {
    uint8_t *at;
    size_t size, room;
};

static void add(struct large *l, const uint8_t *bytes, size_t size)
{
    if (l->size + size > l->room) {
        l->room = (l->size + size) * 2;
        l->at = realloc(l->at, l->room);
    }
    memcpy(l->at + l->size, bytes, size);
    l->size += size;
}

#define ADD_BYTES(l, ...) \
    add(l, (const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

static void add_local(struct large *l, uint8_t op, unsigned n)
{
    ADD_BYTES(l, op, (uint8_t)(n | 0x80), (uint8_t)(n >> 7 | 0x80), (uint8_t)(n >> 14));
}

static void check_large(struct large *l, bool want_frame, size_t per_byte)
{
    static struct fixture x;
    struct bytes body = { l->at, l->size };

    build(&x, body, 0, true, ((size_t)16 << 20) + per_byte * l->size);
    printf("# %zu bytes, peak %zu\n", l->size, x.peak);
    CHECK_OK(x.err);
    if (x.err == ERR_OK)
        CHECK_EQ(x.f.frame_locals > 0, want_frame);
    arena_done(&x.arena);
    free(l->at);
}

static void check_nesting(void)
{
    struct large l = { 0 };

    CASE("fifty thousand nested blocks");
    ADD_BYTES(&l, 0);
    for (unsigned i = 0; i < 50000; i++)
        ADD_BYTES(&l, 0x02, 0x40);
    ADD_BYTES(&l, GET(0), 0x0d, 0, 0x20, 0, 0x0d, 1);
    for (unsigned i = 0; i < 50000; i++)
        ADD_BYTES(&l, END);
    ADD_BYTES(&l, GET(1), END);
    check_large(&l, false, 64);

    CASE("ten thousand nested loops that all go on");
    l = (struct large){ 0 };
    ADD_BYTES(&l, 0);
    for (unsigned i = 0; i < 10000; i++)
        ADD_BYTES(&l, 0x03, 0x40);
    ADD_BYTES(&l, GET(0), I32(1), ADD, SET(0));
    for (unsigned i = 0; i < 10000; i++)
        ADD_BYTES(&l, GET(0), 0x0d, 0, END);
    ADD_BYTES(&l, GET(1), END);
    check_large(&l, false, 64);
}

static void check_bombs(void)
{
    struct large l = { 0 };
    enum { LOCALS = 20000 };

    CASE("many locals, changed in every one of many nested blocks");
    ADD_BYTES(&l, 1, (uint8_t)(LOCALS & 0x7f) | 0x80, (uint8_t)(LOCALS >> 7 & 0x7f) | 0x80,
              LOCALS >> 14, 0x7f);
    for (unsigned i = 0; i < 2000; i++)
        ADD_BYTES(&l, 0x02, 0x40);
    for (unsigned i = 2; i < LOCALS; i++) {
        ADD_BYTES(&l, GET(0));
        add_local(&l, 0x21, i);
    }
    for (unsigned i = 0; i < 2000; i++)
        ADD_BYTES(&l, END);
    for (unsigned i = 2; i < LOCALS; i++) {
        add_local(&l, 0x20, i);
        ADD_BYTES(&l, 0x1a);
    }
    ADD_BYTES(&l, GET(1), END);
    check_large(&l, true, 64);

    CASE("many branches to a label after which many locals are read");
    l = (struct large){ 0 };
    ADD_BYTES(&l, 1, (uint8_t)(LOCALS & 0x7f) | 0x80, (uint8_t)(LOCALS >> 7 & 0x7f) | 0x80,
              LOCALS >> 14, 0x7f);
    ADD_BYTES(&l, 0x02, 0x40);
    for (unsigned i = 2; i < LOCALS; i++) {
        ADD_BYTES(&l, GET(0));
        add_local(&l, 0x21, i);
        ADD_BYTES(&l, GET(1), 0x0d, 0);
    }
    ADD_BYTES(&l, END);
    for (unsigned i = 2; i < LOCALS; i++) {
        add_local(&l, 0x20, i);
        ADD_BYTES(&l, 0x1a);
    }
    ADD_BYTES(&l, GET(1), END);
    check_large(&l, true, 64);
}

/* Each clause is a block in which the locals that the body assigned are looked up
 * anew: there must be room for all of them. */
static void check_clauses(void)
{
    for (uint8_t clauses = 1; clauses < 100; clauses += 14) {
        struct large l = { 0 };

        CASE("a local that is assigned in a try_table of many clauses");
        ADD_BYTES(&l, BODY, 0x02, 0x7f, 0x1f, 0x40, clauses);
        for (unsigned i = 0; i < clauses; i++)
            ADD_BYTES(&l, 0, 0, 0);
        ADD_BYTES(&l, I32(5), SET(0), 0x10, 1, END, I32(0), END);
        ADD_BYTES(&l, GET(0), ADD, GET(1), ADD, END);
        check_large(&l, false, 64);
    }
}

static void check_ceiling(void)
{
    static const uint8_t body[] = { BODY, GET(0), GET(1), ADD, END };
    static struct fixture x;

    CASE("an arena that is too small is refused, not overrun");
    for (size_t ceiling = 0; ceiling < 20000; ceiling += 64) {
        build(&x, BYTES_OF(body), 0, true, ceiling);
        CHECK(x.err == ERR_NOMEM || x.err == ERR_OK);
        arena_done(&x.arena);
    }
}

int main(void)
{
    check_rows();
    check_nesting();
    check_bombs();
    check_clauses();
    check_ceiling();
    return check_done();
}

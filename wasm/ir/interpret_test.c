/* Random programs, built in every configuration and run: all must do the same. What
 * the builder does without optimisation is the measure for what folding, numbering,
 * forwarding and the passes make of it. */
#include "wasm/ir/interpret_test.h"

#include "tests/check.h"

enum { PROGRAMS = 3000, CODE_SIZE = 6000, DEPTH = 4, I32_LOCALS = 5, COUNTERS = 3 };

/* Locals: parameters i32 i32 i64 f64; then i32 x 4, i64 x 3, f64 x 2, counters i32 x 3. */
enum { P_I32 = 0, P_I64 = 2, P_F64 = 3, L_I32 = 4, L_I64 = 8, L_F64 = 11, L_COUNT = 13 };

struct program {
    uint8_t code[CODE_SIZE];
    size_t size;
    uint64_t seed;
    unsigned labels; /* blocks that may be branched to, innermost first */
    unsigned counters;
};

static uint32_t pick(struct program *p, uint32_t n)
{
    p->seed = p->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(p->seed >> 33) % n;
}

static void byte(struct program *p, unsigned b)
{
    if (p->size < CODE_SIZE)
        p->code[p->size++] = (uint8_t)b;
}

static void leb(struct program *p, int64_t n)
{
    for (;;) {
        uint8_t low = (uint8_t)(n & 0x7f);

        n >>= 7;
        if ((n == 0 && (low & 0x40) == 0) || (n == -1 && (low & 0x40) != 0)) {
            byte(p, low);
            return;
        }
        byte(p, low | 0x80u);
    }
}

static void leb_u(struct program *p, uint32_t n)
{
    do {
        byte(p, (n & 0x7f) | (n > 0x7f ? 0x80u : 0));
        n >>= 7;
    } while (n != 0);
}

static int64_t constant(struct program *p)
{
    static const int64_t often[] = { 0,     1,    2,          3,         4,        7,  8,   10,
                                     16,    24,   31,         32,        63,       64, 100, 255,
                                     641,   -1,   -2,         -3,        -7,       -8, -10, 0xffff,
                                     65535, 1000, 1000000007, INT32_MAX, INT32_MIN };

    if (pick(p, 4) != 0)
        return often[pick(p, sizeof often / sizeof *often)];
    return (int32_t)(pick(p, 1u << 31) ^ pick(p, 1u << 31) << 1);
}

static void expression(struct program *p, char type, unsigned depth);

static void local_of(struct program *p, char type, unsigned op)
{
    byte(p, op);
    if (type == 'i')
        byte(p, pick(p, 3) == 0 ? P_I32 + pick(p, 2) : L_I32 + pick(p, 4));
    else if (type == 'l')
        byte(p, pick(p, 4) == 0 ? P_I64 : L_I64 + pick(p, 3));
    else
        byte(p, pick(p, 3) == 0 ? P_F64 : L_F64 + pick(p, 2));
}

static void leaf(struct program *p, char type)
{
    unsigned what = pick(p, 5);

    if (what < 2) {
        local_of(p, type, 0x20);
    } else if (what == 2 && type != 'd') {
        byte(p, 0x23); /* global.get */
        byte(p, type == 'i' ? 0 : 1);
    } else if (type == 'd') {
        byte(p, 0x44);
        for (unsigned i = 0; i < 6; i++)
            byte(p, 0);
        byte(p, pick(p, 16) << 4);
        byte(p, pick(p, 2) == 0 ? 0x40 : 0xbf);
    } else {
        byte(p, type == 'i' ? 0x41 : 0x42);
        leb(p, constant(p));
    }
}

static void binary(struct program *p, char type, unsigned op, unsigned depth)
{
    expression(p, type, depth);
    expression(p, type, depth);
    byte(p, op);
}

static void address(struct program *p, unsigned depth)
{
    if (pick(p, 3) == 0) { /* one base and many constants, some of which wrap */
        byte(p, 0x20);
        byte(p, pick(p, 8) == 0 ? L_I32 + pick(p, 4) : P_I32);
        byte(p, 0x41);
        leb(p, pick(p, 8) == 0 ? constant(p) : (int64_t)pick(p, 8) * 4 - 8);
        byte(p, 0x6a);
        return;
    }
    expression(p, 'i', depth);
    byte(p, 0x41); /* mostly inside */
    leb(p, pick(p, 12) == 0 ? 0x1ffff : 0xff8);
    byte(p, 0x71);
}

static void memarg(struct program *p)
{
    byte(p, 0);
    leb_u(p, pick(p, 3) == 0 ? pick(p, 70000) : pick(p, 4) * 4);
}

static void load(struct program *p, char type, unsigned depth)
{
    static const uint8_t narrow[] = { 0x28, 0x2c, 0x2d, 0x2e, 0x2f };
    static const uint8_t wide[] = { 0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35 };

    address(p, depth);
    byte(p, type == 'i' ? narrow[pick(p, 5)] : type == 'l' ? wide[pick(p, 7)] : 0x2b);
    memarg(p);
}

static void choice(struct program *p, char type, unsigned depth)
{
    expression(p, type, depth);
    expression(p, type, depth);
    expression(p, 'i', depth);
    byte(p, 0x1b);
}

static unsigned type_byte(char type) { return type == 'i' ? 0x7f : type == 'l' ? 0x7e : 0x7c; }

static void if_value(struct program *p, char type, unsigned depth)
{
    expression(p, 'i', depth);
    byte(p, 0x04);
    byte(p, type_byte(type));
    expression(p, type, depth);
    byte(p, 0x05);
    expression(p, type, depth);
    byte(p, 0x0b);
}

/* Division by what may be 0 would end most programs early. */
static void arithmetic(struct program *p, char type, unsigned first, unsigned depth)
{
    unsigned op = pick(p, 15);

    if (op < 3 || op > 6) {
        binary(p, type, first + op, depth);
        return;
    }
    expression(p, type, depth);
    if (pick(p, 3) != 0) {
        int64_t divisor = constant(p);

        byte(p, type == 'i' ? 0x41 : 0x42);
        leb(p, divisor == 0 ? 9 : divisor);
    } else {
        expression(p, type, depth);
        byte(p, type == 'i' ? 0x41 : 0x42);
        byte(p, 1);
        byte(p, type == 'i' ? 0x72 : 0x84); /* or 1, but for a few */
        if (pick(p, 8) == 0)
            p->code[p->size - 2] = 0;
    }
    byte(p, first + op);
}

static void expression_i(struct program *p, unsigned depth)
{
    switch (pick(p, 8)) {
    case 0: binary(p, 'i', 0x46 + pick(p, 10), depth); break;
    case 1: binary(p, 'l', 0x51 + pick(p, 10), depth); break;
    case 2: binary(p, 'd', 0x61 + pick(p, 6), depth); break;
    case 3:
        expression(p, 'i', depth);
        byte(p, pick(p, 2) == 0 ? 0x45 : pick(p, 2) == 0 ? 0x67 + pick(p, 3) : 0xc0 + pick(p, 2));
        break;
    case 4:
        expression(p, 'l', depth);
        byte(p, pick(p, 2) == 0 ? 0xa7 : 0x50);
        break;
    default: arithmetic(p, 'i', 0x6a, depth);
    }
}

static void expression_l(struct program *p, unsigned depth)
{
    switch (pick(p, 6)) {
    case 0:
    case 1:
        expression(p, 'i', depth);
        byte(p, 0xac + pick(p, 2));
        break;
    case 2:
        expression(p, 'l', depth);
        byte(p, pick(p, 2) == 0 ? 0x79 + pick(p, 3) : 0xc2 + pick(p, 3));
        break;
    case 3:
        expression(p, 'd', depth);
        byte(p, 0xbd);
        break;
    default: arithmetic(p, 'l', 0x7c, depth);
    }
}

static void expression_d(struct program *p, unsigned depth)
{
    switch (pick(p, 4)) {
    case 0:
        expression(p, 'd', depth);
        byte(p, 0x99 + pick(p, 2));
        break;
    case 1:
        expression(p, 'i', depth);
        byte(p, 0xb7 + pick(p, 2));
        break;
    default: binary(p, 'd', 0xa0 + pick(p, 3), depth);
    }
}

static void expression(struct program *p, char type, unsigned depth)
{
    if (depth == 0 || p->size > CODE_SIZE - 2000) {
        leaf(p, type);
        return;
    }
    switch (pick(p, 10)) {
    case 0: leaf(p, type); return;
    case 1: load(p, type, depth - 1); return;
    case 2: choice(p, type, depth - 1); return;
    case 3: if_value(p, type, depth - 1); return;
    case 4:
        expression(p, type, depth - 1);
        local_of(p, type, 0x22);
        return;
    default:
        if (type == 'i')
            expression_i(p, depth - 1);
        else if (type == 'l')
            expression_l(p, depth - 1);
        else
            expression_d(p, depth - 1);
    }
}

static char any_type(struct program *p) { return "iiild"[pick(p, 5)]; }

static void statements(struct program *p, unsigned depth);

static void store(struct program *p)
{
    char type = any_type(p);

    address(p, 2);
    expression(p, type, 2);
    byte(p, type == 'd'   ? 0x39
            : type == 'l' ? (pick(p, 2) == 0 ? 0x37 : 0x3c + pick(p, 3))
                          : (pick(p, 2) == 0 ? 0x36 : 0x3a + pick(p, 2)));
    memarg(p);
}

static void counted_loop(struct program *p, unsigned depth)
{
    unsigned counter = L_COUNT + p->counters++;
    unsigned labels = p->labels;

    byte(p, 0x41);
    byte(p, 1 + pick(p, 5));
    byte(p, 0x21);
    byte(p, counter);
    byte(p, 0x03);
    byte(p, 0x40);
    p->labels = 0; /* no way out but the end: branches would count the loop as a label */
    statements(p, depth - 1);
    byte(p, 0x20);
    byte(p, counter);
    byte(p, 0x41);
    byte(p, 1);
    byte(p, 0x6b);
    byte(p, 0x22);
    byte(p, counter);
    byte(p, 0x0d);
    byte(p, 0);
    byte(p, 0x0b);
    p->labels = labels;
    p->counters--;
}

static void branch_table(struct program *p)
{
    unsigned count = pick(p, 5);

    expression(p, 'i', 2);
    byte(p, 0x0e);
    byte(p, count);
    for (unsigned i = 0; i <= count; i++)
        byte(p, pick(p, p->labels));
}

static void statement(struct program *p, unsigned depth)
{
    char type = any_type(p);

    switch (pick(p, depth == 0 ? 5 : 11)) {
    case 0:
    case 1:
        expression(p, type, 3);
        local_of(p, type, 0x21);
        break;
    case 2: store(p); break;
    case 3:
        type = pick(p, 2) == 0 ? 'i' : 'l';
        expression(p, type, 2);
        byte(p, 0x24);
        byte(p, type == 'i' ? 0 : 1);
        break;
    case 4:
        if (p->labels > 0) {
            expression(p, 'i', 2);
            byte(p, 0x0d);
            byte(p, pick(p, p->labels));
        }
        break;
    case 5:
    case 6:
        byte(p, 0x02);
        byte(p, 0x40);
        p->labels++;
        statements(p, depth - 1);
        if (pick(p, 4) == 0)
            branch_table(p);
        p->labels--;
        byte(p, 0x0b);
        break;
    case 7:
    case 8:
        expression(p, 'i', 2);
        byte(p, 0x04);
        byte(p, 0x40);
        p->labels++;
        statements(p, depth - 1);
        if (pick(p, 2) == 0) {
            byte(p, 0x05);
            statements(p, depth - 1);
        }
        p->labels--;
        byte(p, 0x0b);
        break;
    default:
        if (p->counters < COUNTERS)
            counted_loop(p, depth);
    }
}

static void statements(struct program *p, unsigned depth)
{
    for (unsigned n = 1 + pick(p, 3); n > 0 && p->size < CODE_SIZE - 3000; n--)
        statement(p, depth);
}

static void generate(struct program *p, uint64_t seed)
{
    static const uint8_t locals[] = { 4, 4, 0x7f, 3, 0x7e, 2, 0x7c, COUNTERS, 0x7f };

    p->size = 0;
    p->seed = seed * 2 + 1;
    p->labels = p->counters = 0;
    for (size_t i = 0; i < sizeof locals; i++)
        byte(p, locals[i]);
    statements(p, DEPTH);
    statements(p, DEPTH);
    /* All locals go into the result. */
    byte(p, 0x42);
    byte(p, 0);
    for (unsigned i = 0; i < L_COUNT; i++) {
        byte(p, 0x42);
        byte(p, 5);
        byte(p, 0x7e); /* times 5, so that their places matter */
        byte(p, 0x20);
        byte(p, i);
        if (i < P_I64 || (i >= L_I32 && i < L_I64))
            byte(p, 0xad);
        else if (i == P_F64 || i >= L_F64)
            byte(p, 0xbd);
        byte(p, 0x7c);
    }
    byte(p, 0x0b);
}

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

static const uint8_t param_types[] = { WASM_I32, WASM_I32, WASM_I64, WASM_F64 };
static const uint8_t result_types[] = { WASM_I64 };

/* The module around the body is made by hand: nothing of the decoder is needed. */
struct fixture {
    struct wasm_decoded m;
    struct wasm_functype type;
    struct wasm_func func;
    struct wasm_memtype memory;
    struct wasm_globaltype globals[2];
};

static void fixture_init(struct fixture *x, const struct program *p)
{
    memset(x, 0, sizeof *x);
    x->type.signature = (struct wasm_signature){ param_types, result_types, 4, 1 };
    x->func.body = (struct bytes){ p->code, p->size };
    x->memory.limits.least = 1;
    x->globals[0] = (struct wasm_globaltype){ .type = WASM_I32, .is_mutable = true };
    x->globals[1] = (struct wasm_globaltype){ .type = WASM_I64, .is_mutable = true };
    x->m.types = &x->type;
    x->m.type_count = 1;
    x->m.funcs = &x->func;
    x->m.func_count = 1;
    x->m.memories = &x->memory;
    x->m.memory_count = 1;
    x->m.globals = x->globals;
    x->m.global_count = 2;
    x->m.validated = true;
}

static bool run(struct interpret *m, const struct fixture *x, uint64_t config, bool opt,
                struct arena *arena)
{
    struct wasm_unit unit = { .module = &x->m, .config = config };
    struct wasm_note note = { 0 };
    struct ir_func f;
    const char *why;
    bool fine;

    memset(m, 0, sizeof *m);
    fine = CHECK_OK(ir_build(&f, &unit, 0, arena, &note));
    why = fine ? ir_check(&f, arena) : NULL;
    fine = fine && CHECK_NULL(why);
    if (fine && opt) {
        fine = CHECK_OK(opt_run(&f, &note));
        why = fine ? ir_check(&f, arena) : NULL;
        fine = fine && CHECK_NULL(why);
    }
    if (why != NULL)
        printf("# %s\n", why);
    if (!fine)
        return false;
    for (unsigned i = 0; i < INTERPRET_MEMORY; i++)
        m->memory[i] = (uint8_t)(i * 7 + (i >> 8));
    m->params[0] = 12345;
    m->params[1] = 0xfffffff0;
    m->params[2] = 0x123456789abcdef0;
    m->params[3] = interpret_bits(2.5);
    m->globals[0] = 77;
    m->globals[1] = UINT64_MAX - 4;
    m->f = &f;
    interpret_run(m);
    return true;
}

static const struct {
    const char *name;
    uint64_t config;
    bool opt;
} variants[] = {
    { "folded", 0, false },
    { "optimised", 0, true },
    { "not folded, passes", WASM_CONFIG_NO_OPTIMIZE, true },
    { "explicit bounds", WASM_CONFIG_EXPLICIT, true },
    { "fuel and interruption", WASM_CONFIG_FUEL | WASM_CONFIG_INTERRUPT, true },
};

static bool same(const struct interpret *x, const struct interpret *y)
{
    if (x->trap != y->trap)
        return false;
    if (x->trap == 0 && x->result != y->result)
        return false;
    return memcmp(x->memory, y->memory, INTERPRET_MEMORY) == 0 &&
           memcmp(x->globals, y->globals, sizeof x->globals) == 0;
}

int main(int argc, char **argv)
{
    static struct program p;
    static struct interpret want, got;
    struct arena_source source = { take, give, NULL };
    unsigned programs = argc > 1 ? (unsigned)atoi(argv[1]) : PROGRAMS;
    unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    unsigned ran = 0, trapped = 0;

    CASE("every configuration does the same as none");
    for (unsigned i = first; i < first + programs; i++) {
        struct arena arena;
        struct fixture x;

        arena_init(&arena, source, (size_t)1 << 30);
        generate(&p, i);
        fixture_init(&x, &p);
        if (run(&want, &x, WASM_CONFIG_NO_OPTIMIZE, false, &arena) &&
            want.trap != WASM_TRAP_COUNT) {
            ran++;
            trapped += want.trap != 0;
            for (unsigned v = 0; v < sizeof variants / sizeof *variants; v++) {
                bool ok =
                    run(&got, &x, variants[v].config, variants[v].opt, &arena) && same(&want, &got);

                if (!CHECK(ok))
                    printf("# program %u, %s: trap %u and %u, result %llx and %llx\n", i,
                           variants[v].name, want.trap, got.trap, (unsigned long long)want.result,
                           (unsigned long long)got.result);
            }
        }
        arena_done(&arena);
    }
    printf("# %u programs ran, %u of them trapped\n", ran, trapped);
    CHECK(ran > programs / 2);
    CHECK(trapped < ran / 2);
    return check_done();
}

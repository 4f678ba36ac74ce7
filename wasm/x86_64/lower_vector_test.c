/* Each vector instruction in all the shapes that lowering treats differently: operands in
 * registers, in memory, as constants, twice the same; with and without AVX, with each
 * allocator. All must agree with the plain one; shuffles, with what they say. (That the plain
 * one is right is what the specification's scripts say.) */
#define _GNU_SOURCE
#include <stdio.h>

#include "base/num.h"
#include "tests/check.h"
#include "wasm/decode/instr.h"
#include "wasm/runtime/host_test.h"
#include "wasm/runtime/runtime.h"

enum { NONE, I32, I64, F32, F64, V128, ADDR };
enum { OPERANDS = 3, VARIANTS = 12, RESULT_AT = 64, ROUNDS = 6 };

static const struct op {
    const char *name;
    uint16_t code;
    uint8_t imm;
} ops[] = {
#define OP(id, value, text, immediate, feature) \
    { .name = (text), .code = (value), .imm = (immediate) },
#include "wasm/decode/opcodes.def"
#undef OP
};

struct shape {
    uint8_t result, operands[OPERANDS];
};

static struct shape shape_of(uint16_t code)
{
    switch (code) {
#define SIG(first, last, align, result, x, y, z) \
    case WASM_OP_##first... WASM_OP_##last:      \
        return (struct shape){ result, { x, y, z } };
#include "wasm/validate/signatures.def"
#undef SIG
    default: return (struct shape){ 0 };
    }
}

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* --- Modules */

struct text {
    uint8_t bytes[8192];
    size_t size;
};

static void put(struct text *t, const void *from, size_t size)
{
    if (size > sizeof t->bytes - t->size)
        abort();
    memcpy(t->bytes + t->size, from, size);
    t->size += size;
}

#define PUT(t, ...) \
    put((t), (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void put_number(struct text *t, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        PUT(t, (uint8_t)(n | 0x80));
    PUT(t, (uint8_t)n);
}

static void put_signed(struct text *t, int64_t n)
{
    for (; n < -64 || n > 63; n >>= 7)
        PUT(t, (uint8_t)(n | 0x80));
    PUT(t, (uint8_t)(n & 0x7f));
}

static void put_section(struct text *t, uint8_t id, const struct text *content)
{
    PUT(t, id);
    put_number(t, content->size);
    put(t, content->bytes, content->size);
}

static void put_vector_op(struct text *t, unsigned code)
{
    PUT(t, 0xfd);
    put_number(t, code >= 0xfd00 ? code - 0xfd00 : code - 0xfb00 + 0x100);
}

static void put_address(struct text *t, unsigned at)
{
    PUT(t, 0x41);
    put_signed(t, at);
}

static void put_load(struct text *t, unsigned type, unsigned at)
{
    static const uint8_t codes[] = { [I32] = 0x28, [I64] = 0x29, [F32] = 0x2a, [F64] = 0x2b };

    put_address(t, at);
    if (type == V128)
        put_vector_op(t, WASM_OP_V128_LOAD);
    else
        PUT(t, codes[type]);
    PUT(t, 0, 0);
}

static void put_store(struct text *t, unsigned type)
{
    static const uint8_t codes[] = { [I32] = 0x36, [I64] = 0x37, [F32] = 0x38, [F64] = 0x39 };

    if (type == V128)
        put_vector_op(t, WASM_OP_V128_STORE);
    else
        PUT(t, codes[type]);
    PUT(t, 0, 0);
}

static void put_const(struct text *t, unsigned type, const uint8_t *bytes)
{
    int64_t wide;
    int32_t narrow;

    memcpy(&wide, bytes, 8);
    memcpy(&narrow, bytes, 4);
    switch (type) {
    case I32:
        PUT(t, 0x41);
        put_signed(t, narrow);
        break;
    case I64:
        PUT(t, 0x42);
        put_signed(t, wide);
        break;
    case F32:
    case F64:
        PUT(t, type == F32 ? 0x43 : 0x44);
        put(t, bytes, type == F32 ? 4 : 8);
        break;
    default: put_vector_op(t, WASM_OP_V128_CONST); put(t, bytes, 16);
    }
}

struct trial {
    uint16_t code;
    struct shape shape;
    uint8_t data[OPERANDS][16];
    uint8_t imm[16];
    size_t imm_size;
    bool as_condition; /* an i32 result is only asked whether it is 0 */
};

/* Where operand i comes from. */
enum { FROM_LOCAL, FROM_MEMORY, FROM_CONST, FROM_FIRST };

static bool same_type(const struct trial *w)
{
    return w->shape.operands[0] == w->shape.operands[1];
}

static void put_body(struct text *t, const struct trial *w, const uint8_t *from)
{
    static const uint8_t types[] = { 0, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b };
    struct text b = { .size = 0 };
    unsigned count = 0;

    while (count < OPERANDS && w->shape.operands[count] != NONE)
        count++;
    PUT(&b, (uint8_t)count);
    for (unsigned i = 0; i < count; i++)
        PUT(&b, 1, types[w->shape.operands[i]]);
    for (unsigned i = 0; i < count; i++) {
        put_load(&b, w->shape.operands[i], 16 * i);
        PUT(&b, 0x21, (uint8_t)i);
    }
    /* Nothing is moved over a store: locals are in registers by now. */
    put_address(&b, 128);
    PUT(&b, 0x41, 0, 0x36, 0, 0);
    put_address(&b, RESULT_AT);
    for (unsigned i = 0; i < count; i++) {
        if (from[i] == FROM_MEMORY)
            put_load(&b, w->shape.operands[i], 16 * i);
        else if (from[i] == FROM_CONST)
            put_const(&b, w->shape.operands[i], w->data[i]);
        else
            PUT(&b, 0x20, from[i] == FROM_FIRST && same_type(w) ? 0 : (uint8_t)i);
    }
    put_vector_op(&b, w->code);
    put(&b, w->imm, w->imm_size);
    if (w->as_condition)
        PUT(&b, 0x45, 0x04, 0x7f, 0x41, 6, 0x05, 0x41, 9, 0x0b); /* eqz, if i32 6 else 9 */
    put_store(&b, w->shape.result);
    PUT(&b, 0x0b);
    put_number(t, b.size);
    put(t, b.bytes, b.size);
}

static const uint8_t variants[VARIANTS][OPERANDS] = {
    { FROM_LOCAL, FROM_LOCAL, FROM_LOCAL },   { FROM_MEMORY, FROM_MEMORY, FROM_MEMORY },
    { FROM_LOCAL, FROM_MEMORY, FROM_LOCAL },  { FROM_MEMORY, FROM_LOCAL, FROM_LOCAL },
    { FROM_CONST, FROM_CONST, FROM_CONST },   { FROM_LOCAL, FROM_CONST, FROM_LOCAL },
    { FROM_CONST, FROM_LOCAL, FROM_LOCAL },   { FROM_LOCAL, FROM_LOCAL, FROM_CONST },
    { FROM_LOCAL, FROM_FIRST, FROM_LOCAL },   { FROM_CONST, FROM_MEMORY, FROM_LOCAL },
    { FROM_MEMORY, FROM_CONST, FROM_MEMORY }, { FROM_LOCAL, FROM_LOCAL, FROM_MEMORY },
};

static void put_module(struct text *t, const struct trial *w)
{
    struct text s = { .size = 0 };

    t->size = 0;
    PUT(t, 0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0);
    PUT(&s, VARIANTS);
    for (unsigned i = 0; i < VARIANTS; i++)
        PUT(&s, 0);
    put_section(t, 3, &s);
    PUT(t, 5, 3, 1, 0, 1); /* a memory of one page */
    s.size = 0;
    PUT(&s, VARIANTS + 1, 1, 'm', 2, 0);
    for (unsigned i = 0; i < VARIANTS; i++)
        PUT(&s, 1, (uint8_t)('a' + i), 0, (uint8_t)i);
    put_section(t, 7, &s);
    s.size = 0;
    PUT(&s, VARIANTS);
    for (unsigned i = 0; i < VARIANTS; i++)
        put_body(&s, w, variants[i]);
    put_section(t, 10, &s);
}

/* --- Runs */

struct world {
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_linker *linker;
    struct wasm_instance *instance;
    struct wasm_note note;
};

static enum err world_open(struct world *w, struct bytes raw, uint64_t config)
{
    TRY(wasm_engine_new(&w->engine, &test_host, config));
    TRY(wasm_store_new(&w->store, w->engine, NULL));
    TRY(wasm_linker_new(&w->linker, w->store));
    TRY(wasm_module_new(&w->module, w->engine, raw, &w->note));
    TRY(wasm_module_compile(w->module, &w->note));
    return wasm_instance_new(&w->instance, w->linker, w->module, &w->note);
}

static void world_close(struct world *w)
{
    wasm_linker_free(w->linker);
    wasm_store_free(w->store);
    wasm_module_free(w->module);
    wasm_engine_free(w->engine);
}

static bool run(struct world *w, const struct trial *trial, unsigned variant, bool same,
                uint8_t *result)
{
    char name = (char)('a' + variant);
    struct bytes export = { (const uint8_t *)&name, 1 };
    union wasm_value slots[1] = { 0 };
    struct wasm_memory *m = wasm_instance_memory(w->instance, BYTES_TEXT("m"));
    uint8_t *at = wasm_memory_at(m, 0, 256);

    memset(at, 0, 256);
    for (unsigned i = 0; i < OPERANDS; i++)
        memcpy(at + (size_t)16 * i, trial->data[same && i == 1 ? 0 : i], 16);
    if (wasm_function_call(wasm_instance_function(w->instance, export), slots) != ERR_OK)
        return false;
    memcpy(result, at + RESULT_AT, 16);
    return true;
}

/* All variants under one configuration. The first call fills `want`: [1] is for two
 * operands that are the same. */
static bool try_config(const struct trial *trial, const struct text *module, uint64_t config,
                       uint8_t want[2][16], bool is_first)
{
    struct world w = { 0 };
    bool good = world_open(&w, (struct bytes){ module->bytes, module->size }, config) == ERR_OK;
    uint8_t got[16];

    if (!good)
        printf("# %s: %s\n", w.note.rule, w.note.detail);
    if (good && is_first)
        good = run(&w, trial, 0, false, want[0]) && run(&w, trial, 0, true, want[1]);
    for (unsigned i = 0; good && i < VARIANTS; i++) {
        bool same = variants[i][1] == FROM_FIRST;

        if (same && !same_type(trial))
            continue;
        good = run(&w, trial, i, same, got) && memcmp(got, want[same], 16) == 0;
        if (!good)
            printf("# variant %u, config %llx\n", i, (unsigned long long)config);
    }
    world_close(&w);
    return good;
}

static bool try_all(const struct trial *w, uint8_t want[2][16])
{
    static const uint64_t base = WASM_CONFIG_SSE41 | WASM_CONFIG_DETERMINISTIC;
    static const uint64_t extra[] = {
        0,
        WASM_CONFIG_AVX,
        WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_BMI | WASM_CONFIG_POPCNT,
        WASM_CONFIG_NAIVE_ALLOC,
        WASM_CONFIG_NAIVE_ALLOC | WASM_CONFIG_AVX,
        WASM_CONFIG_NO_OPTIMIZE | WASM_CONFIG_EXPLICIT,
    };
    bool has_avx = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    struct text module;

    put_module(&module, w);
    for (unsigned i = 0; i < COUNT_OF(extra); i++)
        if ((has_avx || !(extra[i] & WASM_CONFIG_AVX)) &&
            !CHECK(try_config(w, &module, base | extra[i], want, i == 0)))
            return false;
    return true;
}

/* --- Operands: any bits, and what is special to floats and integers */

static void fill(uint8_t *bytes)
{
    static const uint32_t words[] = {
        0,           0x80000000u, 0x7fc00000u, 0xffc00001u, 0x7fa00000u, 0x7f800000u, 0xff800000u,
        0x3f800000u, 0x4f000000u, 0xcf000000u, 0x4f800000u, 0xbf000000u, 1,           0xffffffffu,
        0x7fffffffu, 0x80008000u, 0x7fff8000u, 0x00ff8001u, 0x80808080u, 0x41e00000u, 0x41efffffu,
        0xc1e00000u, 0x7ff80000u, 0x7ff00000u, 0xffefffffu,
    };
    unsigned kind = any() % 4;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t word = (uint32_t)any();

        if (kind == 1 || (kind == 2 && word % 2 == 0))
            word = words[any() % COUNT_OF(words)];
        else if (kind == 3)
            word &= 0x1f1f1f1f; /* indices */
        memcpy(bytes + (size_t)4 * i, &word, 4);
    }
}

static void fill_all(struct trial *w)
{
    for (unsigned i = 0; i < OPERANDS; i++)
        fill(w->data[i]);
    if (any() % 3 == 0)
        memcpy(w->data[1], w->data[0], 16); /* equal lanes, for comparisons */
    if (any() % 8 == 0)
        memset(w->data[any() % OPERANDS], 0, 16);
}

static unsigned lane_count(const char *name) { return (unsigned)atoi(strchr(name, 'x') + 1); }

static bool try_condition(struct trial *w, uint8_t low)
{
    uint8_t want[2][16];

    w->as_condition = true;
    return try_all(w, want) && (low == 0 || CHECK_EQ(want[0][0], 9)) &&
           (w->code != WASM_OP_V128_ANY_TRUE || low != 0 || CHECK_EQ(want[0][0], 6));
}

static void test_ops(void)
{
    CASE("all shapes of all operations");
    for (size_t k = 0; k < COUNT_OF(ops); k++) {
        struct trial w = { .code = ops[k].code, .shape = shape_of(ops[k].code) };
        uint8_t want[2][16];
        bool is_vector = (w.code & 0xff00) == 0xfd00 || (w.code & 0xff00) == 0xfb00;

        if (!is_vector || (ops[k].imm != IMM_NONE && ops[k].imm != IMM_LANE))
            continue;
        for (unsigned round = 0; round < ROUNDS; round++) {
            fill_all(&w);
            w.as_condition = false;
            if (ops[k].imm == IMM_LANE) {
                w.imm[0] = (uint8_t)(any() % lane_count(ops[k].name));
                w.imm_size = 1;
            }
            if (!try_all(&w, want) || (w.shape.result == I32 && !try_condition(&w, want[0][0]))) {
                printf("# %s\n", ops[k].name);
                break;
            }
        }
    }
}

/* --- Shuffles */

static void make_shuffle(uint8_t *lanes, unsigned kind)
{
    unsigned size = 1u << any() % 4, first = any() % 32;

    for (unsigned i = 0; i < 16; i++) {
        unsigned group = (unsigned)(any() % (32 / size));

        switch (kind % 8) {
        case 0: /* anything */ lanes[i] = (uint8_t)(any() % 32); break;
        case 1: /* groups */
            lanes[i] = i % size == 0 ? (uint8_t)(group * size) : (uint8_t)(lanes[i - 1] + 1);
            break;
        case 2: /* one operand */ lanes[i] = (uint8_t)(any() % 16 + (first & 16)); break;
        case 3: /* in a row */ lanes[i] = (uint8_t)((first + i) % 32); break;
        case 4: /* interleaved */
            lanes[i] = (uint8_t)((first & 8) + i / (2 * size) * size + i % size +
                                 ((i / size & 1) ^ (first & 1)) * 16);
            break;
        case 5: /* each at its place */
            lanes[i] = i % 2 != 0 ? (uint8_t)(lanes[i - 1] + 1) : (uint8_t)(i + (any() % 2) * 16);
            break;
        case 6: /* two groups of one, two of the other */
            lanes[i] = i % 4 != 0 ? (uint8_t)(lanes[i - 1] + 1)
                                  : (uint8_t)(any() % 4 * 4 + ((i >= 8) ^ (first & 1)) * 16);
            break;
        default: /* the same again */ lanes[i] = (uint8_t)first;
        }
    }
}

static void test_shuffles(void)
{
    struct trial w = { .code = WASM_OP_I8X16_SHUFFLE, .shape = shape_of(WASM_OP_I8X16_SHUFFLE) };

    CASE("shuffles");
    w.imm_size = 16;
    for (unsigned round = 0; round < 200; round++) {
        uint8_t want[2][16], is[2][16];

        fill_all(&w);
        make_shuffle(w.imm, round);
        if (!try_all(&w, is))
            break;
        for (unsigned i = 0; i < 16; i++) {
            want[0][i] = w.data[w.imm[i] / 16][w.imm[i] % 16];
            want[1][i] = w.data[0][w.imm[i] % 16];
        }
        CHECK_BYTES(((struct bytes){ is[0], 16 }), ((struct bytes){ want[0], 16 }));
        CHECK_BYTES(((struct bytes){ is[1], 16 }), ((struct bytes){ want[1], 16 }));
    }
}

int main(void)
{
    test_faults_open();
    test_ops();
    test_shuffles();
    return check_done();
}

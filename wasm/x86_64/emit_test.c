/* Hand-made IR through lowering, both allocators and emission, then run: the corners
 * of arithmetic, which trap, and what the site table says of it. Constants are
 * tried as operands too, since lowering treats them apart. */
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/check.h"
#include "wasm/x86_64/mach.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* --- A module of one function */

static uint8_t param_types[2], result_types[1];
static struct wasm_functype type = { .signature = { param_types, result_types, 2, 1 } };
static struct wasm_func function;
static struct wasm_decoded module = {
    .types = &type, .type_count = 1, .funcs = &function, .func_count = 1, .validated = true
};
static struct wasm_layout layout;

struct operation {
    uint8_t op, type, sub, aux; /* of the value; both operands have operand_type */
    uint8_t operand_type;
    uint64_t a, b;
    uint64_t want;
    uint8_t trap;
    const char *name;
};

static uint8_t wasm_type_of(uint8_t t)
{
    static const uint8_t types[] = { WASM_NONE, WASM_I32, WASM_I64, WASM_F32, WASM_F64 };

    return types[t];
}

/* which: bit 0: a is a constant; bit 1: b is. */
static void make_ir(struct ir_func *f, struct ir_blk *block, struct ir_val *values, uint32_t *extra,
                    const struct operation *o, unsigned which)
{
    const uint64_t bits[2] = { o->a, o->b };

    *block = (struct ir_blk){ .first = 1, .last = 4, .reachable = true };
    for (uint32_t i = 0; i < 2; i++) {
        values[1 + i] = (struct ir_val){
            .op = IR_PARAM, .type = o->operand_type, .sub = (uint16_t)i, .uses = 1, .next = 2 + i
        };
        if (which >> i & 1) {
            values[1 + i].op = IR_CONST;
            values[1 + i].a = (uint32_t)bits[i];
            values[1 + i].b = (uint32_t)(bits[i] >> 32);
        }
    }
    values[3] = (struct ir_val){ .op = o->op,
                                 .type = o->type,
                                 .sub = o->sub,
                                 .aux = o->aux,
                                 .uses = 1,
                                 .a = 1,
                                 .b = 2,
                                 .c = 2,
                                 .next = 4,
                                 .offset = 77 };
    values[4] = (struct ir_val){ .op = IR_RETURN, .a = 0, .b = 1 };
    extra[0] = 3;
    *f = (struct ir_func){ .unit = f->unit,
                           .arena = f->arena,
                           .values = values,
                           .value_count = 5,
                           .blocks = block,
                           .block_count = 1,
                           .extra = extra,
                           .extra_count = 1 };
    param_types[0] = param_types[1] = wasm_type_of(o->operand_type);
    result_types[0] = wasm_type_of(o->type);
}

/* --- Running */

static struct wasm_context context;
static struct wasm_code code;
static uint8_t *page;
static jmp_buf out_of_guest;
static unsigned trapped;

__attribute__((noinline)) static void trap_exit(void)
{
    uintptr_t pc = (uintptr_t)__builtin_return_address(0) - (uintptr_t)page;

    trapped = 255;
    for (uint32_t i = 0; i < code.site_count; i++)
        if (code.sites[i].pc == pc && code.sites[i].kind == WASM_SITE_TRAP &&
            code.sites[i].offset == 77)
            trapped = code.sites[i].trap;
    longjmp(out_of_guest, 1);
}

struct answer {
    uint64_t general, vector;
};

/* The words go to both kinds of argument registers; the type picks. */
static struct answer enter(uint64_t a, uint64_t b)
{
    struct answer r;
    register uint64_t rdi __asm__("rdi") = a, rsi __asm__("rsi") = b;
    register uint64_t rax __asm__("rax") = (uintptr_t)page;

    __asm__ volatile("lea -256(%%rsp), %%rsp\n\t"
                     "push %%r14\n\tpush %%r15\n\tpush %%rbx\n\tpush %%rbp\n\t"
                     "movq %%rdi, %%xmm0\n\tmovq %%rsi, %%xmm1\n\t"
                     "mov %%rcx, %%r15\n\tcall *%%rax\n\t"
                     "pop %%rbp\n\tpop %%rbx\n\tpop %%r15\n\tpop %%r14\n\t"
                     "lea 256(%%rsp), %%rsp\n\tmovq %%xmm0, %%rdx"
                     : "+r"(rax), "+r"(rdi), "+r"(rsi), "=d"(r.vector)
                     : "c"(&context)
                     : "r8", "r9", "r10", "r11", "r12", "r13", "xmm0", "xmm1", "xmm2", "xmm3",
                       "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                       "xmm13", "xmm14", "xmm15", "memory", "cc");
    r.general = rax;
    return r;
}

static void run(const struct operation *o)
{
    struct answer r;

    memcpy(page, code.bytes, code.size);
    trapped = 0;
    if (setjmp(out_of_guest) != 0) {
        CHECK_EQ(trapped, o->trap);
        return;
    }
    r = enter(o->a, o->b);
    CHECK_EQ(WASM_TRAP_NONE, o->trap);
    if (o->type == IR_F32)
        CHECK_EQ((uint32_t)r.vector, o->want);
    else
        CHECK_EQ(o->type == IR_F64 ? r.vector : r.general, o->want); /* an i32's upper half is 0 */
}

static void sites_are_sound(void)
{
    for (uint32_t i = 0; i < code.site_count; i++) {
        CHECK(code.sites[i].pc < code.text_size);
        CHECK(i == 0 || code.sites[i - 1].pc <= code.sites[i].pc);
    }
    CHECK_EQ(code.size % 16, 0);
}

static void try_once(const struct operation *o, uint64_t config, unsigned which)
{
    struct arena arena;
    struct wasm_unit unit = { &module, &layout, config };
    struct ir_func f = { .unit = &unit, .arena = &arena };
    struct ir_blk block;
    struct ir_val values[5] = { 0 };
    struct mach_func m;
    uint32_t extra[1];

    arena_init(&arena, (struct arena_source){ .take = take, .give = give }, 1 << 24);
    make_ir(&f, &block, values, extra, o, which);
    CHECK_OK(mach_lower(&m, &f, &arena, NULL));
    CHECK_OK((config & WASM_CONFIG_NAIVE_ALLOC ? mach_alloc_naive : mach_alloc)(&m, NULL));
    CHECK_OK(mach_emit(&code, &m, NULL));
    sites_are_sound();
    run(o);
    arena_done(&arena);
}

#define I32 IR_I32
#define I64 IR_I64
#define F32 IR_F32
#define F64 IR_F64
#define MIN32 0x80000000u
#define MIN64 0x8000000000000000u
#define NAN32 0x7fc00000u
#define NAN64 0x7ff8000000000000u
#define BIN(op, t, a, b, want)                                         \
    {                                                                  \
        IR_##op, t, 0, 0, t, a, b, want, 0, #op " " #t ": " #a ", " #b \
    }
#define TRAPS(op, t, a, b, trap)                                                         \
    {                                                                                    \
        IR_##op, t, 0, 0, t, a, b, 0, WASM_TRAP_##trap, #op " " #t " traps: " #a ", " #b \
    }
#define CMP(cc, t, a, b, want)                                           \
    {                                                                    \
        t <= I64 ? IR_ICMP : IR_FCMP, I32, IR_##cc, t, t, a, b, want, 0, \
            #cc " " #t ": " #a ", " #b                                   \
    }
#define CONV(op, to, from, a, want)                                                 \
    {                                                                               \
        IR_##op, to, 0, from, from, a, 0, want, 0, #op " " #from " to " #to ": " #a \
    }
#define CONV_TRAPS(op, to, from, a, trap)                      \
    {                                                          \
        IR_##op, to, 0, from, from, a, 0, 0, WASM_TRAP_##trap, \
            #op " " #from " to " #to " traps: " #a             \
    }

static const struct operation operations[] = {
    BIN(ADD, I32, 0xffffffff, 1, 0),
    BIN(ADD, I64, 0xffffffff, 1, 0x100000000),
    BIN(SUB, I32, 0, MIN32, MIN32),
    BIN(SUB, I64, 5, 0xffffffff80000000, 0x80000005),
    BIN(MUL, I32, 0x10001, 0x10001, 0x20001),
    BIN(MUL, I64, 0x100000000, 3, 0x300000000),
    BIN(MUL, I32, 7, 5, 35),
    BIN(MUL, I32, 7, 8, 56),
    BIN(AND, I64, 0xfedcba9876543210, 0xffffffff, 0x76543210),
    BIN(AND, I32, 0x12345678, 0xff, 0x78),
    BIN(XOR, I32, 0xf0f0f0f0, 0xffffffff, 0x0f0f0f0f),
    BIN(SHL, I32, 1, 33, 2),
    BIN(SHL, I32, MIN32, 0, MIN32),
    BIN(SHL, I64, 1, 65, 2),
    BIN(SHR_S, I32, MIN32, 31, 0xffffffff),
    BIN(SHR_U, I32, MIN32, 63, 1),
    BIN(SHR_S, I64, MIN64, 63, UINT64_MAX),
    BIN(ROTL, I32, 0x80000001, 1, 3),
    BIN(ROTR, I32, 0x80000001, 1, 0xc0000000),
    BIN(ROTL, I64, 0x8000000000000001, 4, 0x18),
    BIN(ROTR, I64, 1, 64, 1),
    BIN(DIV_S, I32, 0xfffffff9, 2, 0xfffffffd),
    BIN(DIV_S, I64, MIN64, 2, 0xc000000000000000),
    BIN(DIV_S, I32, 7, 0xffffffff, 0xfffffff9),
    BIN(DIV_U, I32, 0xfffffff9, 2, 0x7ffffffc),
    BIN(DIV_U, I64, UINT64_MAX, 8, 0x1fffffffffffffff),
    BIN(REM_S, I32, 0xfffffff9, 2, 0xffffffff),
    BIN(REM_S, I32, MIN32, 0xffffffff, 0),
    BIN(REM_S, I64, MIN64, UINT64_MAX, 0),
    BIN(REM_U, I64, UINT64_MAX, 16, 15),
    TRAPS(DIV_S, I32, 1, 0, DIVIDE_BY_ZERO),
    TRAPS(DIV_U, I64, 1, 0, DIVIDE_BY_ZERO),
    TRAPS(REM_S, I32, 1, 0, DIVIDE_BY_ZERO),
    TRAPS(REM_U, I32, 0, 0, DIVIDE_BY_ZERO),
    TRAPS(DIV_S, I32, MIN32, 0xffffffff, INTEGER_OVERFLOW),
    TRAPS(DIV_S, I64, MIN64, UINT64_MAX, INTEGER_OVERFLOW),
    BIN(CLZ, I32, 0, 0, 32),
    BIN(CLZ, I32, 1, 0, 31),
    BIN(CLZ, I64, 0, 0, 64),
    BIN(CLZ, I64, MIN64, 0, 0),
    BIN(CTZ, I32, 0, 0, 32),
    BIN(CTZ, I64, 0, 0, 64),
    BIN(CTZ, I64, MIN64, 0, 63),
    BIN(POPCNT, I32, 0xffffffff, 0, 32),
    BIN(POPCNT, I64, 0xf0f0f0f0f0f0f0f1, 0, 33),
    BIN(EXTEND8_S, I32, 0x80, 0, 0xffffff80),
    BIN(EXTEND16_S, I64, 0x18000, 0, 0xffffffffffff8000),
    BIN(EXTEND32_S, I64, 0x80000000, 0, 0xffffffff80000000),
    CONV(EXTEND_S, I64, I32, MIN32, 0xffffffff80000000),
    CONV(EXTEND_U, I64, I32, MIN32, MIN32),
    CONV(WRAP, I32, I64, 0x123456789, 0x23456789),
    CMP(LT_S, I32, MIN32, 1, 1),
    CMP(LT_U, I32, MIN32, 1, 0),
    CMP(GE_S, I64, MIN64, 0, 0),
    CMP(GT_S, I32, 0, 0, 0),
    CMP(LE_U, I64, 0, 0, 1),
    CMP(EQ, I32, 0, 0, 1),
    CMP(EQ, F64, NAN64, NAN64, 0),
    CMP(NE, F64, NAN64, NAN64, 1),
    CMP(EQ, F32, 0, MIN32, 1),
    CMP(LT, F32, NAN32, 0, 0),
    CMP(GE, F32, 0, NAN32, 0),
    CMP(LE, F64, MIN64, 0, 1),
    CMP(GT, F64, 0x3ff0000000000000, 0, 1),
    BIN(FMIN, F32, 0, MIN32, MIN32),
    BIN(FMAX, F32, MIN32, 0, 0),
    BIN(FMIN, F64, 0x3ff0000000000000, NAN64, NAN64),
    BIN(FMAX, F64, NAN64, 0x3ff0000000000000, NAN64),
    BIN(FMIN, F64, 0x3ff0000000000000, 0x4000000000000000, 0x3ff0000000000000),
    BIN(FCOPYSIGN, F32, 0x3f800000, MIN32, 0xbf800000),
    BIN(FCOPYSIGN, F64, 0xbff0000000000000, 0, 0x3ff0000000000000),
    BIN(FABS, F64, MIN64 | NAN64, 0, NAN64),
    BIN(FNEG, F32, NAN32, 0, MIN32 | NAN32),
    BIN(FNEAREST, F64, 0x4004000000000000, 0, 0x4000000000000000),
    BIN(FTRUNC, F32, 0xbf000000, 0, MIN32),
    CONV(PROMOTE, F64, F32, 0x3fc00000, 0x3ff8000000000000),
    CONV(DEMOTE, F32, F64, 0x3ff8000000000000, 0x3fc00000),
    CONV(CONVERT_S, F64, I32, 0xffffffff, 0xbff0000000000000),
    CONV(CONVERT_U, F64, I32, 0xffffffff, 0x41efffffffe00000),
    CONV(CONVERT_U, F32, I64, UINT64_MAX, 0x5f800000),
    CONV(CONVERT_U, F64, I64, 0x8000000000000401, 0x43e0000000000001),
    CONV(CONVERT_U, F64, I64, 1, 0x3ff0000000000000),
    CONV(TRUNC_S, I32, F64, 0xc1e00000001fffff, MIN32), /* -2147483648.99… */
    CONV_TRAPS(TRUNC_S, I32, F64, 0xc1e0000000200000, INTEGER_OVERFLOW),
    CONV(TRUNC_S, I32, F32, 0xcf000000, MIN32),
    CONV_TRAPS(TRUNC_S, I32, F32, 0x4f000000, INTEGER_OVERFLOW),
    CONV_TRAPS(TRUNC_S, I64, F32, NAN32, INVALID_CONVERSION),
    CONV(TRUNC_S, I64, F64, 0xc3e0000000000000, MIN64),
    CONV_TRAPS(TRUNC_S, I64, F64, 0xc3e0000000000001, INTEGER_OVERFLOW),
    CONV(TRUNC_U, I32, F64, 0xbfefffffffffffff, 0),
    CONV_TRAPS(TRUNC_U, I32, F64, 0xbff0000000000000, INTEGER_OVERFLOW),
    CONV(TRUNC_U, I32, F64, 0x41efffffffffffff, 0xffffffff),
    CONV_TRAPS(TRUNC_U, I32, F64, 0x41f0000000000000, INTEGER_OVERFLOW),
    CONV(TRUNC_U, I64, F32, 0x5f7fffff, 0xffffff0000000000),
    CONV_TRAPS(TRUNC_U, I64, F32, 0x5f800000, INTEGER_OVERFLOW),
    CONV_TRAPS(TRUNC_U, I64, F64, NAN64, INVALID_CONVERSION),
    CONV(TRUNC_SAT_S, I32, F64, NAN64, 0),
    CONV(TRUNC_SAT_S, I64, F64, 0x7ff0000000000000, INT64_MAX),
    CONV(TRUNC_SAT_S, I32, F32, 0xff800000, MIN32),
    CONV(TRUNC_SAT_U, I32, F32, 0xbf800000, 0),
    CONV(TRUNC_SAT_U, I32, F64, 0x7ff0000000000000, 0xffffffff),
    CONV(TRUNC_SAT_U, I64, F64, 0x43e8000000000000, 0xc000000000000000),
    CONV(TRUNC_SAT_U, I64, F64, NAN64, 0),
    CONV(BITS, I64, F64, NAN64, NAN64),
    CONV(BITS, F32, I32, 0x12345678, 0x12345678),
    BIN(CANON, F32, MIN32 | NAN32 | 5, 0, NAN32),
};

int main(void)
{
    uint64_t best = WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_BMI |
                    WASM_CONFIG_POPCNT;
    const uint64_t configs[] = { WASM_CONFIG_SSE41, WASM_CONFIG_SSE41 | WASM_CONFIG_NAIVE_ALLOC,
                                 best, best | WASM_CONFIG_NAIVE_ALLOC };
    bool modern = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
                  __builtin_cpu_supports("popcnt");

    page =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        CASE("emission");
        CASE_SKIP("no memory that is writable and executable");
        return check_done();
    }
    context.trap_exit = (void *)(uintptr_t)trap_exit;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        CASE(operations[i].name);
        for (unsigned c = 0; c < (modern ? 4 : 2); c++)
            for (unsigned which = 0; which < 3; which++)
                try_once(&operations[i], configs[c], which);
    }
    return check_done();
}

/* interpret_test.h: runs the scalar part of the IR, for tests alone. Slow and plain, so
 * that what it says can be believed. Include in one file of a test program. */
#ifndef BROCH_WASM_IR_INTERPRET_TEST_H
#define BROCH_WASM_IR_INTERPRET_TEST_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wasm/ir/ir.h"

enum { INTERPRET_MEMORY = 65536, INTERPRET_STEPS = 200000, INTERPRET_GLOBALS = 4 };

struct interpret {
    const struct ir_func *f;
    uint64_t *values;
    uint64_t locals[64];
    uint64_t globals[INTERPRET_GLOBALS];
    uint8_t memory[INTERPRET_MEMORY + 16];
    uint64_t params[8];
    uint64_t result;
    int64_t fuel;  /* taken by FUEL */
    unsigned trap; /* enum wasm_trap; WASM_TRAP_COUNT: too long, or an unknown operation */
    unsigned steps;
};

static double interpret_f64(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

static uint64_t interpret_bits(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static bool interpret_compare(unsigned cc, uint8_t type, uint64_t x, uint64_t y)
{
    int64_t s = type == IR_I32 ? (int32_t)x : (int64_t)x;
    int64_t t = type == IR_I32 ? (int32_t)y : (int64_t)y;

    switch (cc) {
    case IR_EQ: return x == y;
    case IR_NE: return x != y;
    case IR_LT_S: return s < t;
    case IR_LT_U: return x < y;
    case IR_GT_S: return s > t;
    case IR_GT_U: return x > y;
    case IR_LE_S: return s <= t;
    case IR_LE_U: return x <= y;
    case IR_GE_S: return s >= t;
    default: return x >= y;
    }
}

static bool interpret_compare_float(unsigned cc, double x, double y)
{
    switch (cc) {
    case IR_EQ: return x == y;
    case IR_NE: return x != y;
    case IR_LT: return x < y;
    case IR_GT: return x > y;
    case IR_LE: return x <= y;
    default: return x >= y;
    }
}

static uint64_t interpret_divide(struct interpret *m, const struct ir_val *v, uint64_t x,
                                 uint64_t y)
{
    bool narrow = v->type == IR_I32;
    int64_t s = narrow ? (int32_t)x : (int64_t)x;
    int64_t t = narrow ? (int32_t)y : (int64_t)y;
    int64_t least = narrow ? INT32_MIN : INT64_MIN;

    if (y == 0 && (v->sub & 1) != 0)
        m->trap = WASM_TRAP_COUNT; /* it was said to be known */
    else if (y == 0)
        m->trap = WASM_TRAP_DIVIDE_BY_ZERO;
    else if (v->op == IR_DIV_S && t == -1 && s == least)
        m->trap = (v->sub & 2) != 0 ? WASM_TRAP_COUNT : WASM_TRAP_INTEGER_OVERFLOW;
    if (m->trap != 0)
        return 0;
    switch (v->op) {
    case IR_DIV_U: return x / y;
    case IR_REM_U: return x % y;
    case IR_DIV_S: return (uint64_t)(s / t);
    default: return t == -1 ? 0 : (uint64_t)(s % t);
    }
}

static uint64_t interpret_shift(const struct ir_val *v, uint64_t x, uint64_t y)
{
    unsigned width = v->type == IR_I32 ? 32 : 64;
    unsigned n = (unsigned)y & (width - 1);

    switch (v->op) {
    case IR_SHL: return x << n;
    case IR_SHR_U: return x >> n;
    case IR_SHR_S: return (uint64_t)((width == 32 ? (int32_t)x : (int64_t)x) >> n);
    case IR_ROTL: return n == 0 ? x : x << n | x >> (width - n);
    default: return n == 0 ? x : x >> n | x << (width - n);
    }
}

static uint64_t interpret_unary(const struct ir_val *v, uint64_t x)
{
    bool narrow = v->type == IR_I32;

    switch (v->op) {
    case IR_CLZ:
        return x == 0 ? (narrow ? 32u : 64u) : (uint64_t)__builtin_clzll(x) - (narrow ? 32u : 0u);
    case IR_CTZ: return x == 0 ? (narrow ? 32u : 64u) : (uint64_t)__builtin_ctzll(x);
    case IR_POPCNT: return (uint64_t)__builtin_popcountll(x);
    case IR_EXTEND8_S: return (uint64_t)(int64_t)(int8_t)x;
    case IR_EXTEND16_S: return (uint64_t)(int64_t)(int16_t)x;
    case IR_EXTEND32_S:
    case IR_EXTEND_S: return (uint64_t)(int64_t)(int32_t)x;
    case IR_FABS: return x & (UINT64_MAX >> 1);
    case IR_FNEG: return x ^ ~(UINT64_MAX >> 1);
    case IR_CONVERT_S:
        return interpret_bits(v->aux == IR_I32 ? (double)(int32_t)x : (double)(int64_t)x);
    case IR_CONVERT_U: return interpret_bits((double)x);
    default: return x; /* EXTEND_U, WRAP, BITS of 64-bit types, CANON */
    }
}

static const uint8_t interpret_sizes[] = { 1, 1, 2, 2, 4, 4, 8, 4, 8, 16 };

static uint64_t interpret_load(const struct ir_val *v, const uint8_t *at)
{
    uint64_t x = 0;

    memcpy(&x, at, interpret_sizes[v->sub]);
    switch (v->sub) {
    case IR_ACCESS_8S: return (uint64_t)(int64_t)(int8_t)x;
    case IR_ACCESS_16S: return (uint64_t)(int64_t)(int16_t)x;
    case IR_ACCESS_32S: return (uint64_t)(int64_t)(int32_t)x;
    default: return x;
    }
}

static uint64_t interpret_access(struct interpret *m, const struct ir_val *v)
{
    uint64_t at = m->values[v->a] + (v->op == IR_LOAD ? v->b : v->c);
    uint64_t size = interpret_sizes[v->sub];

    if (v->op == IR_BOUND) {
        at = m->values[v->a] + (v->b | (uint64_t)v->c << 32);
        if (at > INTERPRET_MEMORY)
            m->trap = WASM_TRAP_MEMORY;
        return m->values[v->a];
    }
    if (at + size > INTERPRET_MEMORY) {
        m->trap = WASM_TRAP_MEMORY;
        return 0;
    }
    if (v->op == IR_LOAD)
        return interpret_load(v, m->memory + at);
    memcpy(m->memory + at, &m->values[v->b], size);
    return 0;
}

static uint64_t interpret_value(struct interpret *m, const struct ir_val *v)
{
    uint64_t x = v->a < m->f->value_count ? m->values[v->a] : 0;
    uint64_t y = v->b < m->f->value_count ? m->values[v->b] : 0;

    switch (v->op) {
    case IR_NOP: return 0;
    case IR_CONST: return ir_const_bits(v);
    case IR_PARAM: return m->params[v->sub];
    case IR_ADD: return x + y;
    case IR_SUB: return x - y;
    case IR_MUL: return x * y;
    case IR_AND: return x & y;
    case IR_OR: return x | y;
    case IR_XOR: return x ^ y;
    case IR_SHL:
    case IR_SHR_S:
    case IR_SHR_U:
    case IR_ROTL:
    case IR_ROTR: return interpret_shift(v, x, y);
    case IR_DIV_S:
    case IR_DIV_U:
    case IR_REM_S:
    case IR_REM_U: return interpret_divide(m, v, x, y);
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT:
    case IR_EXTEND8_S:
    case IR_EXTEND16_S:
    case IR_EXTEND32_S:
    case IR_EXTEND_S:
    case IR_EXTEND_U:
    case IR_WRAP:
    case IR_BITS:
    case IR_FABS:
    case IR_FNEG:
    case IR_CONVERT_S:
    case IR_CONVERT_U:
    case IR_CANON: return interpret_unary(v, x);
    case IR_ICMP: return interpret_compare(v->sub, v->aux, x, y);
    case IR_FCMP: return interpret_compare_float(v->sub, interpret_f64(x), interpret_f64(y));
    case IR_FADD: return interpret_bits(interpret_f64(x) + interpret_f64(y));
    case IR_FSUB: return interpret_bits(interpret_f64(x) - interpret_f64(y));
    case IR_FMUL: return interpret_bits(interpret_f64(x) * interpret_f64(y));
    case IR_SELECT: return x != 0 ? y : m->values[v->c];
    case IR_LOAD:
    case IR_STORE:
    case IR_BOUND: return interpret_access(m, v);
    case IR_GLOBAL_GET: return m->globals[v->a];
    case IR_GLOBAL_SET: m->globals[v->a] = y; return 0;
    case IR_LOCAL_GET: return m->locals[v->a];
    case IR_LOCAL_SET: m->locals[v->a] = y; return 0;
    case IR_MEMORY_SIZE: return 1;
    case IR_FUEL: m->fuel += v->a; return 0;
    case IR_SAFEPOINT: return 0;
    default: m->trap = WASM_TRAP_COUNT; return 0;
    }
}

static void interpret_phis(struct interpret *m, ir_block b, ir_block from)
{
    const struct ir_func *f = m->f;
    const struct ir_blk *k = &f->blocks[b];
    uint64_t taken[256];
    uint32_t i = 0, n = 0;

    while (i < k->pred_count && f->extra[k->pred + i] != from)
        i++;
    for (ir_value v = k->first; v != 0 && f->values[v].op == IR_PHI && n < 256;
         v = f->values[v].next)
        taken[n++] = m->values[f->extra[f->values[v].a + i]];
    n = 0;
    for (ir_value v = k->first; v != 0 && f->values[v].op == IR_PHI && n < 256;
         v = f->values[v].next)
        m->values[v] = taken[n++];
}

/* The next block, or -1 at the end. */
static int64_t interpret_end(struct interpret *m, const struct ir_blk *k, const struct ir_val *v)
{
    uint32_t which = 0;

    switch (v->op) {
    case IR_JUMP: break;
    case IR_BRANCH: which = m->values[v->a] == 0; break;
    case IR_SWITCH:
        which = k->succ_count - 1;
        if (m->values[v->a] < which)
            which = (uint32_t)m->values[v->a];
        break;
    case IR_RETURN: m->result = v->b > 0 ? m->values[m->f->extra[v->a]] : 0; return -1;
    case IR_UNREACHABLE: m->trap = v->sub; return -1;
    default: m->trap = WASM_TRAP_COUNT; return -1;
    }
    return m->f->extra[k->succ + which];
}

static void interpret_run(struct interpret *m)
{
    const struct ir_func *f = m->f;
    ir_block at = 0;
    int64_t next = 0;

    m->values = calloc(f->value_count, sizeof *m->values);
    while (next >= 0 && m->trap == 0) {
        const struct ir_blk *k = &f->blocks[at];

        for (ir_value i = k->first; i != 0 && m->trap == 0; i = f->values[i].next) {
            const struct ir_val *v = &f->values[i];

            if (++m->steps > INTERPRET_STEPS)
                m->trap = WASM_TRAP_COUNT;
            if (v->op == IR_PHI)
                continue;
            if (v->next == 0) {
                next = interpret_end(m, k, v);
                break;
            }
            m->values[i] = interpret_value(m, v);
            if (v->type == IR_I32)
                m->values[i] = (uint32_t)m->values[i];
        }
        if (next >= 0 && m->trap == 0) {
            interpret_phis(m, (ir_block)next, at);
            at = (ir_block)next;
        }
    }
    free(m->values);
}

#endif

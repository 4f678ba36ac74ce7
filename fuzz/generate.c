/* Writes one valid WebAssembly module, a function of the seed alone, for differential tests.
 *
 * usage: generate SEED FEATURES > module.wasm     FEATURES: letters of "vbtx" or "-":
 *        v vectors, b bulk memory and reference types, t tail calls, x sign extension,
 *        saturating conversions and multi-value
 *
 * The module imports nothing and exports functions t0, t1, … without parameters. Each
 * ends: a global counter is taken down at every loop turn and call, and ends both at zero.
 * Every NaN is made canonical before its bits can be seen, so that all engines must agree
 * to the bit. The last export sums up the memory and the globals. */
#include "fuzz/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t type_bytes[TYPE_COUNT] = { 0x7f, 0x7e, 0x7d, 0x7c, 0x7b };
bool has_vectors, has_bulk, has_tails, has_more;
struct function functions[FUNCTION_MOST];
unsigned function_count, current, labels;
unsigned local_first[TYPE_COUNT], local_count[TYPE_COUNT];

/* Lays out the locals: parameters are copied into locals of their type first, so
 * that each type has one run. The last of each run is the scratch one. */
static void body(unsigned index)
{
    const struct function *f = &functions[index];
    size_t start = size;
    unsigned types = has_vectors ? TYPE_COUNT : V128;
    unsigned seen[TYPE_COUNT] = { 0 };
    unsigned total = f->param_count;

    current = index;
    labels = 1;
    put_u(types);
    for (unsigned t = 0; t < types; t++) {
        local_first[t] = total;
        local_count[t] = PARAM_MOST + below(LOCAL_MOST - PARAM_MOST) + 1;
        put_u(local_count[t] + 1);
        put(type_bytes[t]);
        total += local_count[t] + 1;
    }
    for (unsigned i = 0; i < f->param_count; i++) {
        enum type t = f->params[i];

        put(0x20);
        put_u(i);
        put(0x21);
        put_u(local_first[t] + seen[t]++);
    }
    take_turn(false);
    for (unsigned i = 2 + below(6); i > 0; i--)
        statement(1 + below(DEPTH));
    expression(f->result, DEPTH);
    if (f->result == F32 || f->result == F64)
        canonical(f->result);
    put(0x0b);
    close_part(start);
}

/* tN: calls function N with constants. Results come out as integers, so that runners that
 * print decimals lose nothing. */
static void entry_body(unsigned index)
{
    const struct function *f = &functions[index];
    size_t start = size;

    put_u(0);
    put(0x41);
    put_s(TURNS);
    put(0x24);
    put_u(0);
    for (unsigned i = 0; i < f->param_count; i++)
        constant(f->params[i]);
    put(0x10);
    put_u(index);
    if (f->result == V128) {
        put_simd(0x1d);
        put(below(2));
    } else if (f->result == F32 || f->result == F64) {
        put(f->result == F32 ? 0xbc : 0xbd);
    }
    put(0x0b);
    close_part(start);
}

/* Sums the first pages and the globals up in an i64. */
static void sum_body(void)
{
    size_t start = size;

    put_u(2);
    put_u(1);
    put(0x7e);
    put_u(1);
    put(0x7f); /* 0: i64 sum, 1: i32 at */
    put(0x03);
    put(0x40);
    put(0x20);
    put(0);
    put(0x42);
    put_s(31);
    put(0x7e);
    put(0x20);
    put(1);
    put(0x29);
    put(3);
    put(0);
    put(0x7c);
    put(0x21);
    put(0);
    put(0x20);
    put(1);
    put(0x41);
    put_s(8);
    put(0x6a);
    put(0x22);
    put(1);
    put(0x41);
    put_s(65536);
    put(0x49);
    put(0x0d);
    put(0);
    put(0x0b);
    put(0x20);
    put(0);
    put(0x23);
    put(2); /* the i64 global */
    put(0x85);
    put(0x23);
    put(1);
    put(0xad);
    put(0x7c);
    put(0x0b);
    close_part(start);
}

static void section(unsigned id, size_t start)
{
    close_part(start);
    memmove(code + start + 1, code + start, size - start);
    code[start] = (uint8_t)id;
    size++;
}

static void module(void)
{
    static const uint8_t head[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    size_t start;

    memcpy(code, head, sizeof head);
    size = sizeof head;
    function_count = 2 + below(FUNCTION_MOST - 2);
    for (unsigned i = 0; i < function_count; i++) {
        functions[i].param_count = below(PARAM_MOST + 1);
        for (unsigned p = 0; p < functions[i].param_count; p++)
            functions[i].params[p] = any_type();
        functions[i].result = any_type();
    }

    start = size; /* types: one a function, one an entry, the sum's */
    put_u(function_count * 2 + 1);
    for (unsigned i = 0; i < function_count * 2 + 1; i++) {
        const struct function *f = &functions[i % function_count];
        bool is_entry = i >= function_count;
        static const enum type seen[] = { I32, I64, I32, I64, I64 };
        enum type result = i == function_count * 2 ? I64 : is_entry ? seen[f->result] : f->result;

        put(0x60);
        put_u(is_entry ? 0 : f->param_count);
        for (unsigned p = 0; !is_entry && p < f->param_count; p++)
            put(type_bytes[f->params[p]]);
        put(1);
        put(type_bytes[result]);
    }
    section(1, start);

    start = size;
    put_u(function_count * 2 + 1);
    for (unsigned i = 0; i < function_count * 2 + 1; i++)
        put_u(i);
    section(3, start);

    start = size;
    put_u(1);
    put(0x70);
    put(0);
    put_u(TABLE_SIZE);
    section(4, start);

    start = size;
    put_u(1);
    put(1);
    put(1);
    put(3);
    section(5, start);

    start = size; /* 0: the counter; then one of each scalar type */
    put_u(1 + GLOBAL_COUNT);
    put(0x7f);
    put(1);
    put(0x41);
    put_s(TURNS);
    put(0x0b);
    for (unsigned t = 0; t < GLOBAL_COUNT; t++) {
        put(type_bytes[t]);
        put(1);
        constant((enum type)t);
        put(0x0b);
    }
    section(6, start);

    start = size;
    put_u(function_count + 1);
    for (unsigned i = 0; i < function_count + 1; i++) {
        char name[8];
        int length = snprintf(name, sizeof name, "t%u", i);

        put_u((unsigned)length);
        for (int c = 0; c < length; c++)
            put((unsigned char)name[c]);
        put(0);
        put_u(function_count + i);
    }
    section(7, start);

    start = size; /* the table: the functions, the last places null */
    put_u(1);
    put(0);
    put(0x41);
    put(0);
    put(0x0b);
    put_u(function_count < TABLE_SIZE ? function_count : TABLE_SIZE - 1);
    for (unsigned i = 0; i < function_count && i < TABLE_SIZE - 1; i++)
        put_u(i);
    section(9, start);

    if (has_bulk) {
        start = size;
        put_u(1);
        section(12, start);
    }

    start = size;
    put_u(function_count * 2 + 1);
    for (unsigned i = 0; i < function_count; i++)
        body(i);
    for (unsigned i = 0; i < function_count; i++)
        entry_body(i);
    sum_body();
    section(10, start);

    start = size;
    put_u(1);
    if (has_bulk) {
        put(1);
    } else {
        put(0);
        put(0x41);
        put_s(16);
        put(0x0b);
    }
    put_u(12);
    for (unsigned i = 0; i < 12; i++)
        put(below(256));
    section(11, start);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: generate SEED FEATURES > module.wasm\n", stderr);
        return 64;
    }
    chance_seed(strtoull(argv[1], NULL, 0));
    has_vectors = strchr(argv[2], 'v') != NULL;
    has_bulk = strchr(argv[2], 'b') != NULL;
    has_tails = strchr(argv[2], 't') != NULL;
    has_more = strchr(argv[2], 'x') != NULL;
    module();
    return fwrite(code, 1, size, stdout) == size ? 0 : 1;
}

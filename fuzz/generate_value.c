/* Expressions: each leaves one value of its type. */
#include "fuzz/generate.h"

#include <string.h>

void constant(enum type type)
{
    static const uint64_t odd[] = { 0,
                                    1,
                                    2,
                                    3,
                                    7,
                                    8,
                                    31,
                                    32,
                                    63,
                                    64,
                                    127,
                                    128,
                                    255,
                                    256,
                                    0x7fff,
                                    0x8000,
                                    0xffff,
                                    0x10000,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x100000000,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0xffffffffffffffff,
                                    0xfffffffffffffffe };
    static const double floats[] = { 0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.5,
                                     1.5,
                                     2.5,
                                     -2.5,
                                     1e10,
                                     -1e10,
                                     4294967296.0,
                                     2147483648.0,
                                     -2147483648.0,
                                     -2147483649.0,
                                     9223372036854775808.0,
                                     -9223372036854775808.0,
                                     18446744073709551616.0,
                                     1e-310,
                                     1e308,
                                     1e39,
                                     3.14159 };
    uint64_t n = chance(50) ? odd[below(sizeof odd / sizeof odd[0])] : next() << below(40);
    double d = floats[below(sizeof floats / sizeof floats[0])];
    float f = (float)d;
    uint32_t f_bits;

    if (chance(10))
        d = f = __builtin_inff();
    memcpy(&f_bits, &f, sizeof f_bits);
    if (chance(10)) {
        f_bits = 0x7fc00000;
        d = __builtin_nan("");
    }
    switch (type) {
    case I32:
        put(0x41);
        put_s((int32_t)n);
        break;
    case I64:
        put(0x42);
        put_s((int64_t)n);
        break;
    case F32:
        put(0x43);
        for (unsigned i = 0; i < 4; i++)
            put(f_bits >> 8 * i & 0xff);
        break;
    case F64:
        memcpy(&n, &d, sizeof n);
        n = d != d ? 0x7ff8000000000000 : n;
        put(0x44);
        for (unsigned i = 0; i < 8; i++)
            put(n >> 8 * i & 0xff);
        break;
    default:
        put_simd(12);
        for (unsigned i = 0; i < 16; i++)
            put(chance(30) ? 0xff : chance(30) ? 0 : below(256));
    }
}

unsigned local_of(enum type type) { return local_first[type] + below(local_count[type]); }

/* The value of float type on the stack, its NaN made canonical. A scratch local (the last
 * of its type, which nothing else uses) holds it. */
void canonical(enum type type)
{
    unsigned scratch = local_first[type] + local_count[type];

    put(0x22);
    put_u(scratch);
    put(type == F32 ? 0x43 : 0x44);
    for (unsigned i = 0; i < (type == F32 ? 2u : 6u); i++)
        put(0);
    put(type == F32 ? 0xc0 : 0xf8);
    put(0x7f);
    put(0x20);
    put_u(scratch);
    put(0x20);
    put_u(scratch);
    put(type == F32 ? 0x5b : 0x61); /* eq */
    put(0x1b);
}

void canonical_vector(bool is64)
{
    unsigned scratch = local_first[V128] + local_count[V128];

    put(0x22);
    put_u(scratch);
    put_simd(12);
    for (unsigned i = 0; i < 16; i++)
        put(is64 ? (i % 8 == 7   ? 0x7f
                    : i % 8 == 6 ? 0xf8
                                 : 0)
                 : (i % 4 == 3   ? 0x7f
                    : i % 4 == 2 ? 0xc0
                                 : 0));
    put(0x20);
    put_u(scratch);
    put(0x20);
    put_u(scratch);
    put_simd(is64 ? 0x47 : 0x41); /* eq */
    put_simd(0x52);               /* bitselect */
}

void memarg(unsigned natural)
{
    put_u(below(natural + 1));
    put_u(chance(80) ? below(64) : chance(97) ? below(4000) : (uint32_t)next());
}

void address(unsigned depth)
{
    if (chance(98)) { /* mostly inside */
        expression(I32, depth);
        put(0x41);
        put_s(0xefff);
        put(0x71);
    } else {
        expression(I32, depth);
    }
}

static void binary(enum type of, unsigned op, unsigned depth)
{
    expression(of, depth);
    expression(of, depth);
    put(op);
}

static void integer(enum type type, unsigned depth)
{
    bool is64 = type == I64;
    static const uint8_t loads32[] = { 0x28, 0x2c, 0x2d, 0x2e, 0x2f },
                         natural32[] = { 2, 0, 0, 1, 1 };
    static const uint8_t loads64[] = { 0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35 },
                         natural64[] = { 3, 0, 0, 1, 1, 2, 2 };
    static const uint8_t wide[] = {
        0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a
    };
    static const uint8_t narrow[] = { 0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73,
                                      0x74, 0x75, 0x76, 0x77, 0x78 };
    unsigned i;

    switch (below(13)) {
    case 0:
    case 1:
    case 2:
    case 3:
        i = below(sizeof wide);
        binary(type, is64 ? wide[i] : narrow[i], depth);
        return;
    case 4: /* division: by something that is seldom 0 */
        expression(type, depth);
        expression(type, depth);
        if (chance(95)) {
            put(is64 ? 0x42 : 0x41);
            put_s(1 + (int)below(20));
            put(is64 ? 0x84 : 0x72);
        }
        put((is64 ? 0x7fu : 0x6du) + below(4));
        return;
    case 5:
        expression(type, depth);
        put((is64 ? 0x79u : 0x67u) + below(3));
        return;
    case 6:
        if (is64) {
            expression(I32, depth);
            put(0xac + below(2));
        } else if (chance(40)) {
            expression(I64, depth);
            put(0xa7);
        } else {
            expression(chance(50) ? I32 : I64, 0);
            put(0x1a);
            binary(I32, 0x46 + below(10), depth);
        }
        return;
    case 7:
        if (is64) {
            binary(I64, 0x7c, depth);
        } else {
            enum type of = (enum type)below(4);
            static const uint8_t first[] = { 0x46, 0x51, 0x5b, 0x61 };

            binary(of, first[of] + below(of < F32 ? 10 : 6), depth);
        }
        return;
    case 8:
        address(depth);
        i = below(is64 ? sizeof loads64 : sizeof loads32);
        put(is64 ? loads64[i] : loads32[i]);
        memarg(is64 ? natural64[i] : natural32[i]);
        return;
    case 9:
        if (has_more && chance(50)) {
            expression(type, depth);
            put(is64 ? 0xc2 + below(3) : 0xc0 + below(2));
        } else {
            expression(type, depth);
            if (!is64)
                put(0x45);
        }
        return;
    case 10: { /* from a float */
        enum type of = chance(50) ? F32 : F64;

        expression(of, depth);
        if (has_more && chance(96)) {
            put(0xfc);
            put_u((is64 ? 4u : 0u) + (of == F64 ? 2u : 0u) + below(2));
        } else {
            put((is64 ? 0xaeu : 0xa8u) + (of == F64 ? 2u : 0u) + below(2));
        }
        return;
    }
    case 11:
        expression(is64 ? F64 : F32, depth);
        canonical(is64 ? F64 : F32);
        put(is64 ? 0xbd : 0xbc);
        return;
    default:
        if (has_vectors && chance(60)) {
            expression(V128, depth);
            switch (below(4)) {
            case 0:
                put_simd(is64 ? 0x1d : 0x1b);
                put(below(is64 ? 2 : 4));
                return;
            case 1:
                if (!is64) {
                    put_simd(0x15 + below(2));
                    put(below(16));
                    return;
                }
                put_simd(0x1d);
                put(1);
                return;
            case 2:
                if (!is64) {
                    put_simd(0x18 + below(2));
                    put(below(8));
                    return;
                }
                put_simd(0x1d);
                put(0);
                return;
            default: {
                static const uint8_t tests[] = { 0x53, 0x63, 0x64, 0x83, 0x84,
                                                 0xa3, 0xa4, 0xc3, 0xc4 };

                put_simd(tests[below(sizeof tests)]);
                if (is64)
                    put(0xad);
            }
            }
            return;
        }
        if (is64)
            constant(I64);
        else if (chance(50))
            put(0x3f), put(0);
        else
            expression(I32, 0), put(0x41), put_s(1), put(0x71), put(0x40),
                put(0); /* memory.grow 0 or 1 */
    }
}

static void floating(enum type type, unsigned depth)
{
    bool is64 = type == F64;
    unsigned op;

    switch (below(8)) {
    case 0:
    case 1:
    case 2:
        op = below(7);
        expression(type, depth);
        expression(type, depth);
        if (op == 6) /* copysign would show the sign of a NaN */
            canonical(type);
        put((is64 ? 0xa0u : 0x92u) + op);
        return;
    case 3:
        expression(type, depth);
        put((is64 ? 0x99u : 0x8bu) + below(7));
        return;
    case 4:
        expression(chance(50) ? I32 : I64, 0);
        put(0x1a);
        if (chance(50)) {
            expression(I32, depth);
            put((is64 ? 0xb7u : 0xb2u) + below(2));
        } else {
            expression(I64, depth);
            put((is64 ? 0xb9u : 0xb4u) + below(2));
        }
        return;
    case 5:
        expression(is64 ? F32 : F64, depth);
        put(is64 ? 0xbb : 0xb6);
        return;
    case 6:
        address(depth);
        put(is64 ? 0x2b : 0x2a);
        memarg(is64 ? 3 : 2);
        canonical(type);
        return;
    default:
        if (has_vectors && chance(50)) {
            expression(V128, depth);
            put_simd(is64 ? 0x21 : 0x1f);
            put(below(is64 ? 2 : 4));
        } else {
            expression(is64 ? I64 : I32, depth);
            put(is64 ? 0xbf : 0xbe);
        }
        canonical(type);
    }
}

void arguments(const struct function *f, unsigned depth)
{
    for (unsigned i = 0; i < f->param_count; i++)
        expression(f->params[i], depth);
}

static void call(unsigned callee, unsigned depth)
{
    arguments(&functions[callee], depth);
    if (chance(60)) {
        put(0x10);
        put_u(callee);
        return;
    }
    if (chance(96)) {
        put(0x41);
        put_s((int)callee);
    } else {
        expression(I32, 0);
        put(0x41);
        put_s(15);
        put(0x71);
    }
    put(0x11);
    put_u(callee);
    put(0);
}

int callee_of(enum type type)
{
    unsigned start = below(function_count);

    for (unsigned i = 0; i < function_count; i++) {
        unsigned f = (start + i) % function_count;

        if (functions[f].result == type)
            return (int)f;
    }
    return -1;
}

void expression(enum type type, unsigned depth)
{
    int callee;

    if (size > CODE_ROOM / 16 || depth == 0 || chance(12)) {
        if (chance(60)) {
            put(0x20);
            put_u(local_of(type));
        } else if (chance(30) && type != V128) {
            put(0x23);
            put_u(1 + (unsigned)type);
        } else {
            constant(type);
        }
        return;
    }
    depth--;
    switch (below(12)) {
    case 0:
        expression(type, depth);
        expression(type, depth);
        expression(I32, depth);
        if (type == V128 || (has_bulk && chance(30))) {
            put(0x1c);
            put(1);
            put(type_bytes[type]);
        } else {
            put(0x1b);
        }
        return;
    case 1:
        expression(I32, depth);
        put(0x04);
        put(type_bytes[type]);
        labels++;
        statements(depth);
        expression(type, depth);
        put(0x05);
        statements(depth);
        expression(type, depth);
        put(0x0b);
        labels--;
        return;
    case 2: /* a block left early with its value */
        put(0x02);
        put(type_bytes[type]);
        labels++;
        expression(type, depth);
        expression(I32, depth);
        put(0x0d);
        put_u(0);
        if (chance(30)) {
            expression(I32, depth);
            put(0x0e);
            put_u(1);
            put_u(0);
            put_u(0);
        } else {
            put(0x1a);
            statements(depth);
            expression(type, depth);
        }
        put(0x0b);
        labels--;
        return;
    case 3:
        callee = callee_of(type);
        if (callee >= 0) {
            call((unsigned)callee, depth);
            return;
        }
        break;
    case 4:
        expression(type, depth);
        put(0x22);
        put_u(local_of(type));
        return;
    default: break;
    }
    if (type == V128)
        vector(depth);
    else if (type == F32 || type == F64)
        floating(type, depth);
    else
        integer(type, depth);
}

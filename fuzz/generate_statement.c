/* Statements: each leaves the stack as it was. */
#include "fuzz/generate.h"

#include <stddef.h>

enum type any_type(void) { return (enum type)below(has_vectors ? 5 : 4); }

/* Takes the counter down. Below one, a loop is left and a function returns at once. */
void take_turn(bool in_loop)
{
    put(0x23);
    put_u(0);
    put(0x41);
    put_s(1);
    put(0x6b);
    put(0x24);
    put_u(0);
    put(0x23);
    put_u(0);
    put(0x41);
    put_s(1);
    put(0x48);
    if (in_loop) {
        put(0x0d);
        put_u(1);
        return;
    }
    put(0x04);
    put(0x40);
    constant(functions[current].result);
    put(0x0f);
    put(0x0b);
}

static void store(unsigned depth)
{
    static const uint8_t ops[] = { 0x36, 0x3a, 0x3b, 0x37, 0x3c, 0x3d, 0x3e, 0x38, 0x39 };
    static const uint8_t natural[] = { 2, 0, 1, 3, 0, 1, 2, 2, 3 };
    static const enum type of[] = { I32, I32, I32, I64, I64, I64, I64, F32, F64 };
    unsigned i = below(sizeof ops);

    address(depth);
    if (has_vectors && chance(30)) {
        expression(V128, depth);
        if (chance(60)) {
            put_simd(11);
            memarg(4);
        } else {
            i = below(4);
            put_simd(0x58 + i);
            memarg(i);
            put(below(16u >> i));
        }
        return;
    }
    expression(of[i], depth);
    if (of[i] == F32 || of[i] == F64)
        canonical(of[i]);
    put(ops[i]);
    memarg(natural[i]);
}

static void bulk(unsigned depth)
{
    unsigned which = below(4);

    if (which < 2) { /* fill, copy: small, near, mostly inside */
        address(depth);
        if (which == 0)
            expression(I32, depth);
        else
            address(depth);
        expression(I32, depth);
        put(0x41);
        put_s(0x3ff);
        put(0x71);
        put(0xfc);
        put_u(which == 0 ? 11 : 10);
        put(0);
        if (which == 1)
            put(0);
    } else if (which == 2) {
        address(depth);
        expression(I32, 0);
        put(0x41);
        put_s(3);
        put(0x71);
        expression(I32, 0);
        put(0x41);
        put_s(7);
        put(0x71);
        put(0xfc);
        put_u(8);
        put(0);
        put(0); /* memory.init 0 */
    } else {
        put(0x41);
        put_s((int)below(TABLE_SIZE + 1));
        put(0x41);
        put_s((int)below(TABLE_SIZE + 1));
        put(0x41);
        put_s((int)below(3));
        put(0xfc);
        put_u(14);
        put(0);
        put(0); /* table.copy */
    }
}

void statement(unsigned depth)
{
    enum type type = any_type();

    switch (below(11)) {
    case 0:
    case 1:
    case 2:
        expression(type, depth);
        put(0x21);
        put_u(local_of(type));
        return;
    case 3:
    case 4: store(depth); return;
    case 5:
        type = (enum type)below(4);
        expression(type, depth);
        put(0x24);
        put_u(1 + (unsigned)type);
        return;
    case 6:
        expression(I32, depth);
        put(0x04);
        put(0x40);
        labels++;
        statements(depth);
        if (chance(50)) {
            put(0x05);
            statements(depth);
        }
        put(0x0b);
        labels--;
        return;
    case 7: /* a loop with an exit, and a counter that ends it */
        put(0x02);
        put(0x40);
        put(0x03);
        put(0x40);
        labels += 2;
        take_turn(true);
        statements(depth);
        expression(I32, depth);
        put(0x0d);
        put_u(1);
        statements(depth);
        expression(I32, depth);
        put(0x0d);
        put_u(0);
        put(0x0b);
        put(0x0b);
        labels -= 2;
        return;
    case 8:
        if (labels > 1) {
            put(0x02);
            put(0x40);
            put(0x02);
            put(0x40);
            put(0x02);
            put(0x40);
            expression(I32, depth);
            put(0x0e);
            put_u(2);
            put_u(0);
            put_u(1);
            put_u(2);
            put(0x0b);
            statements(depth ? depth - 1 : 0);
            put(0x0b);
            statements(depth ? depth - 1 : 0);
            put(0x0b);
        }
        return;
    case 9:
        if (has_bulk) {
            bulk(depth);
            return;
        }
        break;
    default:
        if (chance(2)) {
            put(0x00);
            return;
        }
        if (chance(15)) { /* leave the function */
            expression(I32, depth);
            put(0x04);
            put(0x40);
            if (has_tails && chance(60)) {
                int callee = callee_of(functions[current].result);

                arguments(&functions[callee], depth);
                put(0x12);
                put_u((unsigned)callee);
            } else {
                expression(functions[current].result, depth);
                if (functions[current].result == F32 || functions[current].result == F64)
                    canonical(functions[current].result);
                put(0x0f);
            }
            put(0x0b);
            return;
        }
    }
    expression(type, depth);
    put(0x1a);
}

void statements(unsigned depth)
{
    unsigned count = depth == 0 ? 0 : below(4);

    for (unsigned i = 0; i < count; i++)
        statement(depth - 1);
}

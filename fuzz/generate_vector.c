/* Vector expressions. */
#include "fuzz/generate.h"

#include <stddef.h>

/* Vector operations by shape: opcodes that take one or two vectors. */
void vector(unsigned depth)
{
    static const uint16_t integer2[] = {
        0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31,
        0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40,
        0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4e, 0x4f, 0x50,
        0x51, 0x65, 0x66, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x76, 0x77, 0x78, 0x79, 0x7b, 0x82,
        0x85, 0x86, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9b, 0x9c,
        0x9d, 0x9e, 0x9f, 0xae, 0xb1, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbc, 0xbd, 0xbe, 0xbf,
        0xce, 0xd1, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf
    };
    static const uint16_t integer1[] = {
        0x4d, 0x60, 0x61, 0x62, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x87, 0x88, 0x89, 0x8a, 0xa0,
        0xa1, 0xa7, 0xa8, 0xa9, 0xaa, 0xc0, 0xc1, 0xc7, 0xc8, 0xc9, 0xca, 0xf8, 0xf9, 0xfc, 0xfd
    };
    static const uint16_t float32[] = { 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb };
    static const uint16_t float64[] = { 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7 };
    static const uint16_t unary32[] = {
        0xe0, 0xe1, 0xe3, 0x67, 0x68, 0x69, 0x6a, 0xfa, 0xfb, 0x5e
    };
    static const uint16_t unary64[] = {
        0xec, 0xed, 0xef, 0x74, 0x75, 0x7a, 0x94, 0xfe, 0xff, 0x5f
    };
    static const uint8_t loads[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x5c, 0x5d };
    static const uint8_t natural[] = { 4, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3, 2, 3 };
    static const uint8_t shifts[] = { 0x6b, 0x6c, 0x6d, 0x8b, 0x8c, 0x8d,
                                      0xab, 0xac, 0xad, 0xcb, 0xcc, 0xcd };
    unsigned i;

#define ANY(array) (array)[below(sizeof(array) / sizeof((array)[0]))]
    switch (below(13)) {
    case 0:
    case 1:
    case 2:
        expression(V128, depth);
        expression(V128, depth);
        put_simd(ANY(integer2));
        return;
    case 3:
        expression(V128, depth);
        put_simd(ANY(integer1));
        return;
    case 4:
        expression(V128, depth);
        expression(V128, depth);
        put_simd(ANY(float32));
        canonical_vector(false);
        return;
    case 5:
        expression(V128, depth);
        expression(V128, depth);
        put_simd(ANY(float64));
        canonical_vector(true);
        return;
    case 6:
        expression(V128, depth);
        i = ANY(unary32);
        put_simd(i);
        canonical_vector(false);
        return;
    case 7:
        expression(V128, depth);
        put_simd(ANY(unary64));
        canonical_vector(true);
        return;
    case 8:
        address(depth);
        i = below(sizeof loads);
        put_simd(loads[i]);
        memarg(natural[i]);
        return;
    case 9:
        expression(V128, depth);
        expression(I32, depth);
        put_simd(ANY(shifts));
        return;
    case 10: {
        static const enum type of[] = { I32, I32, I32, I64 };

        i = below(4);
        if (chance(50)) {
            expression(of[i], depth);
            put_simd(0x0f + i);
        } else {
            static const uint8_t replace[] = { 0x17, 0x1a, 0x1c, 0x1e };

            expression(V128, depth);
            expression(of[i], depth);
            put_simd(replace[i]);
            put(below(16u >> i));
        }
        return;
    }
    case 11:
        expression(V128, depth);
        expression(V128, depth);
        put_simd(0x0d);
        for (unsigned lane = 0; lane < 16; lane++)
            put(below(32));
        return;
    default:
        if (chance(50)) {
            i = below(4);
            address(depth);
            expression(V128, depth);
            put_simd(0x54 + i);
            memarg(i);
            put(below(16u >> i));
        } else {
            expression(V128, depth);
            expression(V128, depth);
            expression(V128, depth);
            put_simd(0x52);
        }
    }
}

/* ct.h: comparing without telling by time where two runs of bytes differ, and forgetting. */
#ifndef BROCH_BASE_CT_H
#define BROCH_BASE_CT_H

#include "bytes.h"

/* Same size and same contents. The time depends on the sizes alone. */
static inline bool ct_equal(struct bytes a, struct bytes b)
{
    uint8_t differ = 0;

    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        differ |= (uint8_t)(a.data[i] ^ b.data[i]);
    return differ == 0;
}

/* Zeros over a secret that is not needed any more; the compiler has to do it. */
static inline void ct_wipe(void *at, size_t size)
{
    __builtin_memset(at, 0, size);
    __asm__ volatile("" : : "r"(at) : "memory");
}

/* All bytes are zero; true for none. */
static inline bool ct_zero(struct bytes a)
{
    uint8_t any = 0;

    for (size_t i = 0; i < a.size; i++)
        any |= a.data[i];
    return any == 0;
}

#endif

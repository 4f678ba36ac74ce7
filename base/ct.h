/* ct.h: comparing without telling by time where two runs of bytes differ. */
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

/* All bytes are zero; true for none. */
static inline bool ct_zero(struct bytes a)
{
    uint8_t any = 0;

    for (size_t i = 0; i < a.size; i++)
        any |= a.data[i];
    return any == 0;
}

#endif

#include "crypto/pcr.h"

#define PCR_DYNAMIC_FIRST 17u
#define PCR_DYNAMIC_LAST 22u

void pcr_bank_init(struct pcr_bank *b, enum hash_kind kind)
{
    *b = (struct pcr_bank){ .kind = kind };
    for (uint32_t i = PCR_DYNAMIC_FIRST; i <= PCR_DYNAMIC_LAST; i++)
        __builtin_memset(b->values[i], 0xff, hash_size(kind));
}

enum err pcr_bank_locality(struct pcr_bank *b, uint8_t locality)
{
    if ((b->extended & 1) != 0)
        return ERR_INVALID;
    b->values[0][hash_size(b->kind) - 1] = locality;
    return ERR_OK;
}

enum err pcr_bank_extend(struct pcr_bank *b, uint32_t index, struct bytes digest)
{
    if (index >= PCR_COUNT || digest.size != hash_size(b->kind))
        return ERR_INVALID;
    TRY(hash_parts(b->kind, b->values[index],
                   (const struct bytes[]){ pcr_bank_value(b, index), digest }, 2));
    b->extended |= 1u << index;
    return ERR_OK;
}

struct bytes pcr_bank_value(const struct pcr_bank *b, uint32_t index)
{
    if (index >= PCR_COUNT)
        return (struct bytes){ 0 };
    return (struct bytes){ b->values[index], hash_size(b->kind) };
}

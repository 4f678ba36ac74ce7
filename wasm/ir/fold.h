/* fold.h: what the files of the folding rules share. */
#ifndef BROCH_WASM_IR_FOLD_H
#define BROCH_WASM_IR_FOLD_H

#include "wasm/ir/build.h"

static inline unsigned type_width(uint8_t type)
{
    return type == IR_I32 || type == IR_F32 ? 32 : 64;
}
static inline uint64_t type_mask(uint8_t type)
{
    return type_width(type) == 32 ? UINT32_MAX : UINT64_MAX;
}

/* fold_compare.c */
ir_value fold_compare(struct builder *b, struct ir_val *v, bool *again);

#endif

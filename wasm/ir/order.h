/* order.h: after the blocks were changed, the order that ir.h promises is made
 * again, and what follows from it: dominators, loops, what is cold. */
#ifndef BROCH_WASM_IR_ORDER_H
#define BROCH_WASM_IR_ORDER_H

#include "wasm/ir/ir.h"

#define IR_NO_BLOCK UINT32_MAX

/* The blocks are in a valid order already, but for those that nothing reaches any
 * more: these are dropped, with their edges. */
enum err ir_order(struct ir_func *f);
/* The same, from a list of the blocks in their order, all of them reachable. */
enum err ir_order_as(struct ir_func *f, const uint32_t *order, uint32_t count);

#endif

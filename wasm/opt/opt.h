/* opt.h: the passes between building and lowering. Each is linear, changes the
 * function in place, and leaves one that ir_check accepts.
 *
 * Folding and numbering happen while building (ir/); what is here needs the whole
 * function: the shape of its blocks, and loops. */
#ifndef BROCH_WASM_OPT_OPT_H
#define BROCH_WASM_OPT_OPT_H

#include "wasm/ir/ir.h"
#include "wasm/ir/operand.h"

/* phi.c: phis with one value become that value. */
bool opt_phis(struct ir_func *f);
/* shape.c: branches on constants, empty blocks, and blocks that only follow one other. */
enum err opt_shape(struct ir_func *f);
/* licm.c: what does not change in a loop moves in front of it. */
enum err opt_licm(struct ir_func *f);
/* compare.c: a comparison of its own for each branch and select. */
void opt_compares(struct ir_func *f);

#endif

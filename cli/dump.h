/* dump.h: text of what a function is between the stages of its compile, for engineers
 * (`broch compile --emit`). Runs the stages itself, as wasm_compile_function() does;
 * only exists here, so that no keep has it. Prints to stdout and keeps nothing. */
#ifndef BROCH_CLI_DUMP_H
#define BROCH_CLI_DUMP_H

#include "wasm/x86_64/mach.h"

enum dump_stage { DUMP_BUILT, DUMP_OPTIMIZED, DUMP_ALLOCATED };

enum err dump_function(const struct wasm_unit *unit, uint32_t function, enum dump_stage stage,
                       struct arena *arena, struct wasm_note *note);

/* dump_ir.c: a line for each block, and one for each value in it. */
void dump_ir(const struct ir_func *f);
/* dump_machine.c: a line for each block, move and instruction. */
void dump_machine(const struct mach_func *f);

#endif

/* registers.h: the registers of x86-64 as gdb numbers them.
 *
 * "Debugging with GDB", appendix G.5.4 (i386 features): core, sse, linux, segments,
 * and avx where the processor has it. The description that gdb is sent and the
 * order on the wire come from one table. */
#ifndef BROCH_HOST_GDB_REGISTERS_H
#define BROCH_HOST_GDB_REGISTERS_H

#include "base/bytes.h"
#include "base/writer.h"
#include "gate/debug.h"

#define REGISTER_SIZE_MAX 16u

/* How many there are; fewer without AVX. */
uint32_t registers_count(bool has_avx);
/* The value of one, in target byte order; its size (0: no such register). */
size_t register_get(const struct debug_registers *regs, uint32_t n, uint8_t out[REGISTER_SIZE_MAX]);
/* False where there is no such register or the size is another one. Registers that
 * cannot be changed take any value and keep theirs. */
bool register_set(struct debug_registers *regs, uint32_t n, struct bytes value);
/* Size of one on the wire, 0 where there is no such register. */
size_t register_size(uint32_t n);
/* target.xml. */
void registers_describe(struct writer *out, bool has_avx);

#endif

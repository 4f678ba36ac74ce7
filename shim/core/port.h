/* port.h: what the core does that C cannot say (port.S, entry.S): I/O ports, the
 * stub's services, the processor's registers. A unit test brings its own. */
#ifndef BROCH_SHIM_CORE_PORT_H
#define BROCH_SHIM_CORE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/core/frame.h"

/* Addresses of what is declared here are taken without a table of offsets. */
#pragma GCC visibility push(hidden)

void port_write(uint16_t port);

/* Services of ring 0, by INT3. */
void stub_flush(void);
void stub_invlpg(uint64_t va);
void stub_flat(void);
void stub_fs_base(uint64_t base);
_Noreturn void stub_halt(void);

/* false: the processor has no FSGSBASE, and nothing was done. */
bool port_fs_read(uint64_t *base);
bool port_fs_write(uint64_t base);

/* Extended state, of 64-byte aligned areas. */
void port_xsave(void *area, uint64_t mask);
bool port_xrstor(const void *area, uint64_t mask);
void port_fxsave(void *area);
bool port_fxrstor(const void *area);

/* false: it has nothing now, or the processor does not have it. */
bool port_rdseed(uint64_t *out);
bool port_rdrand(uint64_t *out);

/* Exec's memory, unchecked: false is a fault on the way (user.h is for others). */
bool user_copy(void *to, const void *from, size_t size);
bool user_take32(uint32_t *out, const uint32_t *at);
bool user_swap32(uint32_t *at, uint32_t expected, uint32_t wanted, uint32_t *found);

/* 1: SYSCALL faulted on the stub's page: it does not change privilege here. */
int64_t core_probe(void);
/* Goes to exec with these registers, which do not lie on the core's stack. */
_Noreturn void core_enter(const struct frame *f);
/* What AT_BROCH_CALL names, and its end of the probe. */
void core_call(void);
/* Where trap.c goes on after a fault that was to be expected: pairs, {0, 0} last. */
extern const uint64_t core_faults[][2];

#pragma GCC visibility pop

static inline void port_pause(void) { __asm__ volatile("pause"); }

#endif

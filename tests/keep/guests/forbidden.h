/* forbidden.h: how an attempt is made and judged, for the files of forbidden.c.
 *
 * An attempt that came back without a signal is a failure where it had to fail.
 * Every case prints what went wrong and counts it; the program's exit code is 0
 * where nothing did, else 99. */
#ifndef BROCH_TESTS_KEEP_FORBIDDEN_H
#define BROCH_TESTS_KEEP_FORBIDDEN_H

#include "guest.h"

/* 0 where run(a, b) came to its end, else the signal that stopped it. Not inlined:
 * the caller's registers are then as they were, whatever the attempt did. */
typedef void attempt_fn(unsigned long a, unsigned long b);
int attempt(attempt_fn *run, unsigned long a, unsigned long b);
/* The attempts that more than one file makes. */
attempt_fn attempt_load, attempt_store, attempt_jump;

void forbidden_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Wrong unless it was stopped by SIGSEGV, SIGILL, SIGBUS or SIGTRAP. */
void forbidden_stopped(const char *name, int got);

/* forbidden_memory.c */
void forbid_text(void);
void forbid_data(void);
void forbid_both(void);
void forbid_loads(void);
void forbid_stores(void);
void forbid_jumps(void);
void forbid_pointers(void);
void forbid_maps(void);
/* forbidden_processor.c */
void forbid_instructions(void);
void forbid_interrupts(void);
void forbid_ports(void);
void forbid_selectors(void);
void forbid_returns(void);
void forbid_steps(void);
void forbid_stack_pointer(void);
void wild_gs(void);
void wild_sysenter(void);
void wild_hypercalls(void);
void wild_core_jump(void);
void wild_core_data(void);
void wild_direct_map(void);
/* forbidden_calls.c: only in a keep. */
void keep_wild_calls(void);
void keep_wild_arguments(void);
void keep_exhaust(void);
void keep_threads(void);

#endif

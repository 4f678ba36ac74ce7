/* stress.h: the loads of stress.c, by file.
 *
 * Each runs on STRESS_THREADS threads until stress_over() says so, counts what it
 * did, and ends the program with code 1 and a line where something was wrong. */
#ifndef BROCH_TESTS_KEEP_STRESS_H
#define BROCH_TESTS_KEEP_STRESS_H

#include "guest.h"

#define STRESS_THREADS 4

bool stress_over(void);
/* Says what was wrong, and ends the program. */
__attribute__((format(printf, 1, 2), noreturn)) void stress_fail(const char *format, ...);
/* Runs `body` on all threads with their index; returns when all are done. */
void stress_threads(void (*body)(size_t me));

/* stress_lock.c */
void stress_mutex(void);
void stress_queue(void);
void stress_futex(void);
void stress_create(void);
void stress_timed(void);
/* stress_memory.c */
void stress_private(void);
void stress_revoke(void);
void stress_copies(void);
void stress_code(void);
void stress_growth(void);
/* stress_state.c */
void stress_vectors(void);
void stress_local(void);
void stress_signals(void);
void stress_handed(void);
void stress_faults(void);

#endif

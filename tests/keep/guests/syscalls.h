/* syscalls.h: the families of system calls that syscalls.c runs.
 *
 * Each prints a line per case. A name that starts with "optional." is of a call
 * that the keep may leave out: ENOSYS is right there, whatever Linux says. */
#ifndef BROCH_TESTS_KEEP_SYSCALLS_H
#define BROCH_TESTS_KEEP_SYSCALLS_H

#include "guest.h"

void family_map(void);
void family_protect(void);
void family_remap(void);
void family_reserve(void);
void family_advise(void);
void family_lots(void);
void family_break(void);
void family_action(void);
void family_mask(void);
void family_send(void);
void family_wait(void);
void family_futex(void);
void family_futex_op(void);
void family_futex_threads(void);
void family_thread(void);
void family_clone(void);
void family_stdio(void);
void family_vector(void);
void family_record(void);
void family_descriptor(void);
void family_poll(void);
void family_clock(void);
void family_random(void);
void family_self(void);
void family_limits(void);
void family_pointer(void);
void family_unknown(void);

#endif

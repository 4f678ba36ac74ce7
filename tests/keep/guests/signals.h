/* signals.h: the cases of signals.c, by file. */
#ifndef BROCH_TESTS_KEEP_SIGNALS_H
#define BROCH_TESTS_KEEP_SIGNALS_H

#include "guest.h"

/* signals_frame.c: what a handler finds, changes and gives back. */
void frame_registers(void);
void frame_vectors(void);
void frame_calls(void);
void frame_flags(void);
void frame_stack(void);
void frame_extended(void);

/* signals_end.c: what ends the process. */
void end_default(void);
void end_blocked(void);
void end_ignored(void);
void end_nested(void);
void end_reset(void);
void end_stack_full(void);
void end_stack_overflow(void);
void end_no_stack(void);
void end_abort(void);
void end_divide(void);
void end_illegal(void);
void end_trap(void);
void end_terminated(void);
void end_thread(void);
void end_bad_mxcsr(void);
void end_bad_state(void);
void end_bad_pointer(void);
void end_bad_segment(void);
void end_bad_place(void);
void end_bad_frame(void);

#endif

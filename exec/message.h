/* message.h: what exec says when something ends a guest, and with which code.
 *
 * Everything goes to descriptor 2, each message one line that starts with
 * "broch: "; a backtrace follows indented. Names come from the module, which is
 * hostile: control characters in them are shown as '?'. */
#ifndef BROCH_EXEC_MESSAGE_H
#define BROCH_EXEC_MESSAGE_H

#include "broch/wasm.h"
#include "codec/launch.h"

/* "broch: " and the text. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A module that was refused, or could not be compiled, linked or started. Gives
 * the exit code. */
int message_refused(const struct launch *l, enum err e, const struct wasm_note *note);
/* A trap that ended the guest. Gives the exit code. */
int message_trap(const struct launch *l, const struct wasm_trap_report *r);
void message_time_limit(uint64_t time_ms);

#endif

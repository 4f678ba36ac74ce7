/* host.h: the world of a process: descriptors handed in, and Linux calls.
 *
 * Nothing is opened by an absolute path: every name is resolved beneath a
 * directory descriptor with openat2(2) and RESOLVE_BENEATH, or is the last
 * component (never followed) in a directory that was so resolved. So one kernel
 * call, not a check before it, decides that a path stays inside, and a rename
 * at the same time changes nothing about that.
 * A descriptor that was handed in shares its flags with whoever handed it in:
 * they are never changed, append and nonblock are done call by call. */
#ifndef BROCH_EXEC_WORLD_HOST_H
#define BROCH_EXEC_WORLD_HOST_H

#include <signal.h>

#include "exec/world.h"

/* The one world of the process. Where *stop becomes true, calls that wait end
 * with WASI_INTR as soon as a signal wakes them. stop may be NULL. */
struct world *host_world(const volatile sig_atomic_t *stop);

/* Takes the descriptor over; on error it is the caller's still. Its type, its
 * access mode and what it is are read from the descriptor itself. */
enum wasi_errno host_file_new(struct world_file **out, int fd, bool read_only, bool is_tty);

#endif

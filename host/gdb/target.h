/* target.h: what the debugger's server needs of whatever is debugged.
 *
 * A table of functions, so that server.c is tested without a keep: mailbox.c is a
 * keep, traced.c a traced process for tests. All are called from the server's one
 * thread; the target sees to its own locks. Threads have numbers from 1 on.
 * All-stop: between a stop that stop_take gave and the next resume, nothing that is
 * listed by `threads` runs. */
#ifndef BROCH_HOST_GDB_TARGET_H
#define BROCH_HOST_GDB_TARGET_H

#include "base/err.h"
#include "gate/debug.h"

#include <stdbool.h>
#include <stddef.h>

#define GDB_THREADS_MAX 64u

enum gdb_stop_kind {
    GDB_STOP_BREAK,  /* int3, the instruction pointer behind it */
    GDB_STOP_SIGNAL, /* by a signal, Linux's number; a step is SIGTRAP, an interrupt SIGINT */
    GDB_STOP_EXITED, /* with that code; nothing is there any more */
    GDB_STOP_KILLED, /* by that signal */
};

struct gdb_stop {
    enum gdb_stop_kind kind;
    uint32_t thread;
    uint32_t number; /* signal, or exit code */
};

struct gdb_resume {
    uint32_t thread;
    uint32_t signal; /* to go on with, Linux's number; 0: none */
    bool step;
};

struct gdb_target {
    void *context;
    int stop_fd; /* readable while stop_take has something to give */
    /* What the program's addresses are more than those in its file. 0: the same, or
     * gdb has other means to know. */
    uint64_t text_offset;
    /* Those that are stopped, ascending; how many. */
    uint32_t (*threads)(void *context, uint32_t ids[GDB_THREADS_MAX]);
    enum err (*registers_get)(void *context, uint32_t thread, struct debug_registers *out);
    enum err (*registers_set)(void *context, uint32_t thread, const struct debug_registers *from);
    /* How many bytes could be read, from `at` on; at most DEBUG_PAYLOAD_MAX are asked for. */
    size_t (*read)(void *context, uint64_t at, uint8_t *to, size_t size);
    enum err (*write)(void *context, uint64_t at, const uint8_t *from, size_t size);
    /* What ends beyond `at`, ascending; 0 where there is nothing more. */
    uint32_t (*areas)(void *context, uint64_t at, struct debug_area *out, uint32_t room);
    /* Those that are not named stay as they are. */
    enum err (*resume)(void *context, const struct gdb_resume *each, uint32_t count);
    void (*interrupt)(void *context);
    bool (*stop_take)(void *context, struct gdb_stop *out);
    /* Everything goes on, and does not stop any more. */
    void (*detach)(void *context);
    void (*kill)(void *context);
};

#endif

/* breakpoint.h: int3 in the program, and memory as it would be without.
 *
 * The list belongs to one server; the target's memory holds the int3s. Every read
 * and write of memory for the debugger goes through here, so that it sees the
 * program's own bytes. */
#ifndef BROCH_HOST_GDB_BREAKPOINT_H
#define BROCH_HOST_GDB_BREAKPOINT_H

#include "host/gdb/target.h"

#define BREAKPOINTS_MAX 256u

struct breakpoint {
    uint64_t at;
    uint8_t own; /* the program's byte there */
};

struct breakpoints {
    uint32_t count;
    struct breakpoint list[BREAKPOINTS_MAX];
};

/* One that is there already is ERR_OK; ERR_LIMIT; ERR_INVALID where memory is not. */
enum err breakpoint_insert(struct breakpoints *b, const struct gdb_target *t, uint64_t at);
/* One that is not there is ERR_OK. */
enum err breakpoint_remove(struct breakpoints *b, const struct gdb_target *t, uint64_t at);
void breakpoint_remove_all(struct breakpoints *b, const struct gdb_target *t);
bool breakpoint_is_at(const struct breakpoints *b, uint64_t at);

size_t breakpoint_read(const struct breakpoints *b, const struct gdb_target *t, uint64_t at,
                       uint8_t *to, size_t size);
/* The int3s stay. Size is at most DEBUG_PAYLOAD_MAX. */
enum err breakpoint_write(struct breakpoints *b, const struct gdb_target *t, uint64_t at,
                          const uint8_t *from, size_t size);

#endif

/* command.h: what server.c and command.c share: the server's inner half. */
#ifndef BROCH_HOST_GDB_COMMAND_H
#define BROCH_HOST_GDB_COMMAND_H

#include "host/gdb/server.h"

/* Puts why the target stands still (s->last) into the answer. */
void gdb_server_reason(struct gdb_server *s);
/* Lets these go; no answer until the next stop. */
enum err gdb_server_resume(struct gdb_server *s, const struct gdb_resume *each, uint32_t count);
/* Takes the breakpoints out and lets everything go. A running target is stopped for
 * that first, if it can be. */
void gdb_server_detach(struct gdb_server *s);

#endif

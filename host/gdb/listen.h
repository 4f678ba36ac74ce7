/* listen.h: the address where a debugger may connect.
 *
 * "127.0.0.1:PORT", "[::1]:PORT", "localhost:PORT", ":PORT", "PORT", or the path of a
 * Unix socket that is not there yet (it has a '/'). Others are refused: whoever
 * connects may do with the keep what they like, and gdb's protocol knows no
 * password. Port 0 takes a free one. */
#ifndef BROCH_HOST_GDB_LISTEN_H
#define BROCH_HOST_GDB_LISTEN_H

#include "base/err.h"
#include "host/note.h"

/* *out: a listening socket, not blocking. The note says where gdb has to connect
 * ("target remote …"), or what is wrong. */
enum err gdb_listen(int *out, const char *address, struct note *note);

#endif

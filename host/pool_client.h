/* pool_client.h: a keep from a pool (pool.h), for whoever has a workload. */
#ifndef BROCH_HOST_POOL_CLIENT_H
#define BROCH_HOST_POOL_CLIENT_H

#include "host/backend.h"

/* Sends the workload: the record, this process's stdin, stdout and stderr, and every
 * descriptor that the record names; all of them stay the caller's. The keep runs
 * when this returns, and *connection is the caller's to close: that ends the keep.
 * The numbers in *launch are others meanwhile (it is large, and copying it would take
 * longer than starting the keep) and are what they were when this returns. */
enum err pool_client_start(int *connection, const char *path, struct launch *launch,
                           struct note *note);
/* After its end: until its process is gone too, but not for ever. A volume's lock and a
 * listener's address are free only then. */
void pool_client_gone(int connection);
/* Ends it as if that signal had. */
void pool_client_signal(int connection, int number);
/* Returns when the keep has ended: ERR_IO where the pool broke off; end->why
 * says so. */
enum err pool_client_wait(int connection, struct keep_end *end);

#endif

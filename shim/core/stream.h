/* stream.h: streams over the gate: stdio, sockets, pipes.
 *
 * The first writes are calls that wait, so that errors are exact; where they come
 * fast and there is one thread alone they are posted, on one stream at a time, and an
 * error is told at the next call on that stream. */
#ifndef BROCH_SHIM_CORE_STREAM_H
#define BROCH_SHIM_CORE_STREAM_H

#include <stdbool.h>

/* Puts out all posted writes: before the keep ends. */
void stream_finish(void);
/* The same before there is a second thread; false: a signal came first. */
bool stream_settle(void);

#endif

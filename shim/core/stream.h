/* stream.h: streams over the gate: stdio, sockets, pipes.
 *
 * The first writes are calls that wait, so that errors are exact; where they come
 * fast they are posted, at most on one stream of a vCPU at a time, and an error is
 * told at the next call on that stream. */
#ifndef BROCH_SHIM_CORE_STREAM_H
#define BROCH_SHIM_CORE_STREAM_H

#include <stdint.h>

/* Puts out all posted writes, of all vCPUs: before the keep ends. */
void stream_finish(void);

#endif

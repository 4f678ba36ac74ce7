/* heap.h: malloc and free as the source of arenas: one process, one command. */
#ifndef BROCH_CLI_HEAP_H
#define BROCH_CLI_HEAP_H

#include "base/arena.h"

struct arena_source heap_source(void);
/* For secrets: what is given back is wiped first. */
struct arena_source heap_source_wiped(void);

#endif

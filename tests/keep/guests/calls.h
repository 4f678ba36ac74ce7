/* calls.h: every call that takes a pointer, with good arguments for all the others. */
#ifndef BROCH_TESTS_KEEP_CALLS_H
#define BROCH_TESTS_KEEP_CALLS_H

#include "guest.h"

size_t calls_count(void);
const char *calls_name(size_t i);
/* The kernel writes there: memory that may only be read is no good either. */
bool calls_writes(size_t i);
/* Makes call i with that address in the pointer's place. */
long calls_make(size_t i, long pointer);

#endif

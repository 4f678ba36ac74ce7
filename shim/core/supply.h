/* supply.h: where memory comes from: all that ram.c and table.c ask of the world.
 *
 * In the keep it is the gate and the direct map; a test of the host has its own.
 * Nothing here keeps state or takes a lock. */
#ifndef BROCH_SHIM_CORE_SUPPLY_H
#define BROCH_SHIM_CORE_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

/* Asks for [gpa, gpa+size), next to what is there. False: refused. */
bool supply_grow(uint64_t gpa, uint64_t size);
/* Gives the contents of [gpa, gpa+size) back, and returns when they are gone. */
void supply_shrink(uint64_t gpa, uint64_t size);
/* Copies a page that is no RAM, gpa, and that exec sees at va. */
void supply_copy(void *to, uint64_t va, uint64_t gpa);
/* Only a bug of ours comes here: the keep ends. */
_Noreturn void supply_bug(const char *why);

#endif

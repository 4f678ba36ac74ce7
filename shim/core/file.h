/* file.h: exec's descriptors: which number is which stream, block or input.
 *
 * The table is filled from what LAUNCH said, at the first call that needs it (so
 * that a template can wait there, as far into exec's start as it goes). */
#ifndef BROCH_SHIM_CORE_FILE_H
#define BROCH_SHIM_CORE_FILE_H

#include "gate/launch.h"

/* Asks LAUNCH once; any thread may be the first. The keep ends where the host lies. */
void launch_need(void);
const struct gate_launch *launch_claims(void);

/* For mmap: 0 and the pages of an input, or -EBADF, -EACCES (not for reading), or
 * -ENODEV where the descriptor is no input. */
int64_t file_input(uint64_t fd, uint64_t *gpa, uint64_t *size);

#endif

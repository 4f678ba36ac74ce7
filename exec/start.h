/* start.h: what the loader handed over, read and checked. */
#ifndef BROCH_EXEC_START_H
#define BROCH_EXEC_START_H

#include "codec/launch.h"

/* Reads the record from LAUNCH_FD, which is closed then. The strings in *out
 * live as long as the process. Says what is wrong, and gives the exit code; 0 is
 * success. */
int start_record(struct launch *out);
/* The whole module, mapped; its descriptor is closed. */
int start_module(const struct launch *l, struct bytes *out);
/* After the module was copied. */
void start_module_done(struct bytes module);

#endif

/* confine.h: exec gives up what only its start needed.
 *
 * The loader's filter (host/backend/process/filter.c) stands already and lists
 * what is allowed at all. This one is laid over it when the guest's code is
 * ready, and takes away more: starting programs and threads, and, where
 * nothing will be compiled any more, new executable memory. Without a loader
 * (tests) it stands alone. */
#ifndef BROCH_EXEC_CONFINE_H
#define BROCH_EXEC_CONFINE_H

#include "base/err.h"

#include <stdbool.h>

/* compiles: functions will be compiled while the guest runs. */
enum err confine(bool compiles);

#endif

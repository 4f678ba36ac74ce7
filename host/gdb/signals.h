/* signals.h: numbers of signals, Linux's and those of gdb's protocol (gdb's
 * include/gdb/signals.def numbers them alike on every system). */
#ifndef BROCH_HOST_GDB_SIGNALS_H
#define BROCH_HOST_GDB_SIGNALS_H

#include <stdint.h>

/* 143 ("unknown signal") and 0 where the other side has none. */
uint32_t signal_to_gdb(uint32_t number);
uint32_t signal_from_gdb(uint32_t number);

#endif

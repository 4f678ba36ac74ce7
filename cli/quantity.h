/* quantity.h: numbers with units, as people write them. */
#ifndef BROCH_CLI_QUANTITY_H
#define BROCH_CLI_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* Each takes the whole text or nothing: false where it is no such number, or
 * one that does not fit. */

/* "1500": a plain count; also "10k", "10M", "10G", in thousands. */
bool quantity_count(uint64_t *out, const char *text);
/* "4096", "64KiB", "64K", "2GiB", "2G": bytes, in units of 1024. */
bool quantity_size(uint64_t *out, const char *text);
/* "10s", "500ms", "2m", "1h": milliseconds. A unit must be there. */
bool quantity_time(uint64_t *out_ms, const char *text);

#endif

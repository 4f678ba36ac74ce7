/* moment.h: points in time, as whole seconds of UTC since 1970-01-01T00:00:00Z,
 * without leap seconds (POSIX's count). No clock is read here: whoever judges is
 * given the time. */
#ifndef BROCH_BASE_MOMENT_H
#define BROCH_BASE_MOMENT_H

#include "bytes.h"
#include "err.h"

/* Years 1 to 9999; what lies outside is not a moment. */
#define MOMENT_LEAST (-62135596800)
#define MOMENT_MOST 253402300799

/* "2025-06-19T11:32:27Z" and its NUL. */
#define MOMENT_TEXT_SIZE 21u

/* False where there is no such day or time of day (second 60 is refused). */
bool moment_of(int64_t *out, uint32_t year, uint32_t month, uint32_t day, uint32_t hour,
               uint32_t minute, uint32_t second);
/* RFC 3339, section 5.6: date, 'T', time, then "Z" or an offset; a fraction of a second
 * is read and dropped. The whole text, nothing beside it. ERR_MALFORMED. */
enum err moment_parse(int64_t *out, struct bytes text);
/* In the form above, for any moment between LEAST and MOST. */
void moment_text(char out[MOMENT_TEXT_SIZE], int64_t at);

#endif

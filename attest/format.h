/* format.h: printf without libc: into a writer, or into an arena (verdict.h).
 *
 * Knows %s %.*s %c %d %u %x %% with the lengths l, ll, z and h, widths, '-' and 0-fill. What it
 * does not know is written as it stands. */
#ifndef BROCH_ATTEST_FORMAT_H
#define BROCH_ATTEST_FORMAT_H

#include <stdarg.h>

#include "base/writer.h"

__attribute__((format(printf, 2, 3))) void format_put(struct writer *w, const char *format, ...);
/* w NULL: only counts. The number of bytes that the whole text has. */
size_t format_vput(struct writer *w, const char *format, va_list args);
/* Text of others: control characters and what is not UTF-8 become U+FFFD. */
void format_clean(struct writer *w, struct bytes text);
void format_hex(struct writer *w, struct bytes data);
/* A C string as bytes. */
struct bytes format_text(const char *text);

#endif

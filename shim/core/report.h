/* report.h: a sentence with numbers in it, for a debug keep's log. */
#ifndef BROCH_SHIM_CORE_REPORT_H
#define BROCH_SHIM_CORE_REPORT_H

#include <stdint.h>

#include "shim/core/frame.h"

#define REPORT_SIZE 240u

struct report {
    char text[REPORT_SIZE]; /* always ends with a zero; what does not fit is left out */
    uint32_t size;
};

void report_text(struct report *r, const char *text);
void report_decimal(struct report *r, uint64_t value);
void report_hex(struct report *r, uint64_t value);
/* Where it was: " (vector 14, error 0x…, address 0x…, rip 0x…, rsp 0x…)". */
void report_frame(struct report *r, const struct frame *f, uint64_t cr2);

#endif

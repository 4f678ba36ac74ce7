/* text.h: lines for people in a fixed room: refusals. What does not fit is
 * cut. No allocation, no locale. All zero is an empty one. */
#ifndef BROCH_WASM_TEXT_H
#define BROCH_WASM_TEXT_H

#include "base/bytes.h"

struct text {
    char at[200]; /* ends with a zero */
    uint32_t size;
};

void text_put(struct text *t, const char *s);
void text_bytes(struct text *t, struct bytes s);
/* `before`, then the number. */
void text_number(struct text *t, const char *before, int64_t n);

#endif

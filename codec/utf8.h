/* utf8.h: whether bytes are UTF-8, and one character at a time.
 *
 * The strict form of RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF. It allocates nothing and knows no locale. */
#ifndef BROCH_CODEC_UTF8_H
#define BROCH_CODEC_UTF8_H

#include "base/bytes.h"

/* The bytes that a character may take at most. */
#define UTF8_SIZE_MAX 4

/* The size of the character at the start of text, and its number in *point; 0
 * where there is no well formed one. */
size_t utf8_take(struct bytes text, uint32_t *point);
/* Writes point, which is a scalar value, and gives its size; 0 for a number
 * that is none (a surrogate, or above U+10FFFF). */
size_t utf8_put(uint8_t out[UTF8_SIZE_MAX], uint32_t point);
bool utf8_valid(struct bytes text);

#endif

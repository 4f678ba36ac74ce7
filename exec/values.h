/* values.h: the values of a call, from text and to text.
 *
 * In: i32 and i64 in decimal, signed or unsigned, or 0x and hex; f32 and f64 as C
 * has them, with nan and inf; v128 as 0x and 32 hex digits, the last byte first;
 * references as "null". Out: integers signed, floats with the fewest digits that
 * read back as the same number. */
#ifndef BROCH_EXEC_VALUES_H
#define BROCH_EXEC_VALUES_H

#include "broch/wasm.h"

/* The longest text of a value, and its terminator. */
#define VALUE_TEXT_SIZE 64

const char *value_type_name(uint8_t type);
/* false where the text is no value of the type, or one that does not fit. */
bool value_parse(union wasm_value *out, uint8_t type, struct bytes text);
void value_print(char out[VALUE_TEXT_SIZE], uint8_t type, const union wasm_value *value);

#endif

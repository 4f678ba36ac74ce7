/* wast_value.h: values as the specification's scripts write them in JSON
 * (wast2json's format), and whether a result is what a script expects. */
#ifndef BROCH_CLI_WAST_VALUE_H
#define BROCH_CLI_WAST_VALUE_H

#include <jansson.h>

#include "include/broch/wasm.h"

/* An argument. False where it is none that the engine has. */
bool wast_value_parse(union wasm_value *out, const json_t *value);
/* A result of a type against an expectation, which may be a pattern. */
bool wast_value_matches(const json_t *want, enum wasm_type type, union wasm_value got);
/* A name: one character for each byte, or the name itself. Borrowed from the buffer
 * or the text. */
struct bytes wast_name(const json_t *text, uint8_t *buffer, size_t room);
/* For failures: the value in hexadecimal. */
void wast_value_print(enum wasm_type type, union wasm_value value);

#endif

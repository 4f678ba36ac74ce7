/* values.c: the values of a call, from text and to text. */
#include "exec/values.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *value_type_name(uint8_t type)
{
    static const char *const names[] = {
        [WASM_NONE] = "none",       [WASM_I32] = "i32",
        [WASM_I64] = "i64",         [WASM_F32] = "f32",
        [WASM_F64] = "f64",         [WASM_V128] = "v128",
        [WASM_FUNCREF] = "funcref", [WASM_EXTERNREF] = "externref",
        [WASM_EXNREF] = "exnref",
    };

    return type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

static bool integer_parse(uint64_t *out, const char *text, unsigned bits)
{
    uint64_t most = bits == 64 ? UINT64_MAX : UINT32_MAX;
    bool negative = text[0] == '-';
    const char *digits = negative ? text + 1 : text;
    uint64_t n;
    char *end;

    if (digits[0] < '0' || digits[0] > '9') /* strtoull takes signs and spaces */
        return false;
    errno = 0;
    n = strtoull(digits, &end, digits[0] == '0' && (digits[1] | 0x20) == 'x' ? 16 : 10);
    if (errno != 0 || *end != '\0' || n > most)
        return false;
    if (negative && n > (most >> 1) + 1)
        return false;
    *out = negative ? (0 - n) & most : n;
    return true;
}

static bool float_parse(union wasm_value *out, uint8_t type, const char *text)
{
    char *end;

    if (text[0] == '\0' || strchr(" \t\n\v\f\r", text[0]) != NULL)
        return false;
    if (type == WASM_F32)
        out->f32 = strtof(text, &end);
    else
        out->f64 = strtod(text, &end);
    return *end == '\0';
}

static bool vector_parse(union wasm_value *out, const char *text)
{
    if (strlen(text) != 34 || text[0] != '0' || text[1] != 'x' ||
        strspn(text + 2, "0123456789abcdefABCDEF") != 32)
        return false;
    for (int i = 0; i < 16; i++) {
        char two[3] = { text[2 + 2 * i], text[3 + 2 * i], '\0' };

        out->v128[15 - i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return true;
}

bool value_parse(union wasm_value *out, uint8_t type, struct bytes text)
{
    union wasm_value v = { .words = { 0, 0 } };
    char room[VALUE_TEXT_SIZE * 16];
    bool ok = false;

    if (text.size >= sizeof room)
        return false;
    if (text.size > 0)
        memcpy(room, text.data, text.size);
    room[text.size] = '\0';
    switch (type) {
    case WASM_I32: ok = integer_parse(&v.words[0], room, 32); break;
    case WASM_I64: ok = integer_parse(&v.words[0], room, 64); break;
    case WASM_F32:
    case WASM_F64: ok = float_parse(&v, type, room); break;
    case WASM_V128: ok = vector_parse(&v, room); break;
    case WASM_EXTERNREF:
        v.externref = WASM_EXTERN_NULL;
        ok = strcmp(room, "null") == 0;
        break;
    case WASM_FUNCREF:
    case WASM_EXNREF: ok = strcmp(room, "null") == 0; break;
    default: break;
    }
    if (ok)
        *out = v;
    return ok;
}

static void float_print(char out[VALUE_TEXT_SIZE], double n, bool is32)
{
    if (isnan(n)) {
        snprintf(out, VALUE_TEXT_SIZE, "nan"); /* whatever its sign: a host shows one */
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, VALUE_TEXT_SIZE, "%.*g", digits, n);
        if (is32 ? strtof(out, NULL) == (float)n : strtod(out, NULL) == n)
            return;
    }
}

void value_print(char out[VALUE_TEXT_SIZE], uint8_t type, const union wasm_value *value)
{
    switch (type) {
    case WASM_I32: snprintf(out, VALUE_TEXT_SIZE, "%" PRId32, (int32_t)value->i32); break;
    case WASM_I64: snprintf(out, VALUE_TEXT_SIZE, "%" PRId64, (int64_t)value->i64); break;
    case WASM_F32: float_print(out, (double)value->f32, true); break;
    case WASM_F64: float_print(out, value->f64, false); break;
    case WASM_V128:
        snprintf(out, VALUE_TEXT_SIZE, "0x%016" PRIx64 "%016" PRIx64, value->words[1],
                 value->words[0]);
        break;
    case WASM_EXTERNREF:
        if (value->externref == WASM_EXTERN_NULL)
            snprintf(out, VALUE_TEXT_SIZE, "null");
        else
            snprintf(out, VALUE_TEXT_SIZE, "externref:%" PRIu64, value->externref);
        break;
    default:
        snprintf(out, VALUE_TEXT_SIZE, "%s", value->words[0] == 0 ? "null" : value_type_name(type));
        break;
    }
}

#include "cli/wast_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/utf8.h"

static bool is(const json_t *text, const char *want)
{
    return json_is_string(text) && strcmp(json_string_value(text), want) == 0;
}

static bool is_reference(const char *type)
{
    size_t size = strlen(type);

    return size > 3 && strcmp(type + size - 3, "ref") == 0;
}

static unsigned lane_size(const json_t *lane_type)
{
    if (is(lane_type, "i8"))
        return 1;
    if (is(lane_type, "i16"))
        return 2;
    return is(lane_type, "i32") || is(lane_type, "f32") ? 4 : 8;
}

static uint64_t number(const json_t *text)
{
    return json_is_string(text) ? strtoull(json_string_value(text), NULL, 10) : 0;
}

static bool parse_v128(union wasm_value *out, const json_t *value)
{
    const json_t *lanes = json_object_get(value, "value");
    unsigned size = lane_size(json_object_get(value, "lane_type"));

    if (json_array_size(lanes) != 16 / size)
        return false;
    for (unsigned i = 0; i < 16 / size; i++) {
        uint64_t lane = number(json_array_get(lanes, i));

        memcpy(out->v128 + (size_t)i * size, &lane, size); /* little-endian */
    }
    return true;
}

static bool parse_reference(union wasm_value *out, const char *type, const json_t *value)
{
    bool is_extern = strcmp(type, "externref") == 0;

    if (is(value, "null")) {
        out->words[0] = is_extern ? WASM_EXTERN_NULL : 0;
        return is_extern || strcmp(type, "funcref") == 0 || strcmp(type, "exnref") == 0;
    }
    out->externref = number(value);
    return is_extern && json_is_string(value);
}

bool wast_value_parse(union wasm_value *out, const json_t *value)
{
    const char *type = json_string_value(json_object_get(value, "type"));

    *out = (union wasm_value){ 0 };
    if (type == NULL)
        return false;
    if (strcmp(type, "v128") == 0)
        return parse_v128(out, value);
    if (is_reference(type))
        return parse_reference(out, type, json_object_get(value, "value"));
    out->words[0] = number(json_object_get(value, "value"));
    return json_is_string(json_object_get(value, "value"));
}

static bool float_matches(const json_t *want, uint64_t bits, bool is64)
{
    uint64_t sign = is64 ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    uint64_t canonical = is64 ? UINT64_C(0x7ff8000000000000) : UINT64_C(0x7fc00000);

    if (is(want, "nan:canonical"))
        return (bits & ~sign) == canonical;
    if (is(want, "nan:arithmetic"))
        return (bits & canonical) == canonical;
    return bits == number(want);
}

static bool v128_matches(const json_t *want, union wasm_value got)
{
    const json_t *lanes = json_object_get(want, "value");
    const char *lane_type = json_string_value(json_object_get(want, "lane_type"));
    unsigned size = lane_size(json_object_get(want, "lane_type"));

    if (lane_type == NULL || json_array_size(lanes) != 16 / size)
        return false;
    for (unsigned i = 0; i < 16 / size; i++) {
        uint64_t lane = 0;

        memcpy(&lane, got.v128 + (size_t)i * size, size);
        if (lane_type[0] == 'f' ? !float_matches(json_array_get(lanes, i), lane, size == 8)
                                : lane != number(json_array_get(lanes, i)))
            return false;
    }
    return true;
}

static bool reference_matches(const char *name, const json_t *value, enum wasm_type type,
                              union wasm_value got)
{
    uint64_t null = type == WASM_EXTERNREF ? WASM_EXTERN_NULL : 0;

    if (type != WASM_FUNCREF && type != WASM_EXTERNREF && type != WASM_EXNREF)
        return false;
    if (strcmp(name, "refnull") == 0 || is(value, "null"))
        return got.words[0] == null;
    if (value == NULL)
        return got.words[0] != null;
    return type == WASM_EXTERNREF && got.externref == number(value);
}

static bool either_matches(const json_t *want, enum wasm_type type, union wasm_value got)
{
    const json_t *values = json_object_get(want, "values");

    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *one = json_array_get(values, i);

        /* One level of choice is all the format has. */
        if (!is(json_object_get(one, "type"), "either") && wast_value_matches(one, type, got))
            return true;
    }
    return false;
}

bool wast_value_matches(const json_t *want, enum wasm_type type, union wasm_value got)
{
    const char *name = json_string_value(json_object_get(want, "type"));
    const json_t *value = json_object_get(want, "value");

    if (name == NULL)
        return false;
    if (strcmp(name, "either") == 0)
        return either_matches(want, type, got);
    if (strcmp(name, "refnull") == 0 || is_reference(name))
        return reference_matches(name, value, type, got);
    if (strcmp(name, "v128") == 0)
        return type == WASM_V128 && v128_matches(want, got);
    if (strcmp(name, "i32") == 0)
        return type == WASM_I32 && got.i32 == number(value);
    if (strcmp(name, "i64") == 0)
        return type == WASM_I64 && got.i64 == number(value);
    if (strcmp(name, "f32") == 0)
        return type == WASM_F32 && float_matches(value, got.i32, false);
    return strcmp(name, "f64") == 0 && type == WASM_F64 && float_matches(value, got.i64, true);
}

struct bytes wast_name(const json_t *text, uint8_t *buffer, size_t room)
{
    struct bytes literal = { (const uint8_t *)json_string_value(text), json_string_length(text) };
    size_t count = 0;

    /* jansson gives UTF-8; a character below U+0100 stands for a byte. */
    for (size_t i = 0; i < literal.size && count < room; i++) {
        uint8_t b = literal.data[i];

        if (b > 0xc3)
            return literal;
        if (b >= 0xc2 && i + 1 < literal.size)
            b = (uint8_t)((b & 3) << 6 | (literal.data[++i] & 0x3f));
        buffer[count++] = b;
    }
    /* wast2json itself writes names as they are: then the bytes make no sense. */
    return utf8_valid((struct bytes){ buffer, count }) ? (struct bytes){ buffer, count } : literal;
}

void wast_value_print(enum wasm_type type, union wasm_value value)
{
    static const char *const names[] = { "none", "i32",     "i64",       "f32",   "f64",
                                         "v128", "funcref", "externref", "exnref" };

    printf(" %s:%" PRIx64, names[type], value.words[0]);
    if (type == WASM_V128)
        printf(",%" PRIx64, value.words[1]);
}

/* Values from text and to text: what --invoke takes and prints. */
#include "exec/values.h"

#include "tests/check.h"

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static const char *round_trip(uint8_t type, const char *text)
{
    static char out[VALUE_TEXT_SIZE];
    union wasm_value v;

    if (!value_parse(&v, type, text_of(text)))
        return "(refused)";
    value_print(out, type, &v);
    return out;
}

static const struct {
    uint8_t type;
    const char *in;
    const char *out; /* NULL: refused */
} cases[] = {
    { WASM_I32, "0", "0" },
    { WASM_I32, "-2147483648", "-2147483648" },
    { WASM_I32, "4294967295", "-1" },
    { WASM_I32, "0xffffffff", "-1" },
    { WASM_I32, "4294967296", NULL },
    { WASM_I32, "-2147483649", NULL },
    { WASM_I32, "", NULL },
    { WASM_I32, " 1", NULL },
    { WASM_I32, "+1", NULL },
    { WASM_I32, "1 ", NULL },
    { WASM_I32, "1.0", NULL },
    { WASM_I32, "--1", NULL },
    { WASM_I32, "0x", NULL },
    { WASM_I64, "18446744073709551615", "-1" },
    { WASM_I64, "18446744073709551616", NULL },
    { WASM_I64, "-9223372036854775808", "-9223372036854775808" },
    { WASM_I64, "-9223372036854775809", NULL },
    { WASM_F32, "0.1", "0.1" },
    { WASM_F32, "16777217", "16777216" },
    { WASM_F32, "nan", "nan" },
    { WASM_F64, "0.1", "0.1" },
    { WASM_F64, "-inf", "-inf" },
    { WASM_F64, "-0", "-0" },
    { WASM_F64, "1e", NULL },
    { WASM_F64, "x", NULL },
    { WASM_F64, " 1", NULL },
    { WASM_V128, "0x000102030405060708090a0b0c0d0e0f", "0x000102030405060708090a0b0c0d0e0f" },
    { WASM_V128, "0x00", NULL },
    { WASM_V128, "0x000102030405060708090a0b0c0d0e0g", NULL },
    { WASM_FUNCREF, "null", "null" },
    { WASM_FUNCREF, "1", NULL },
    { WASM_EXTERNREF, "null", "null" },
    { WASM_NONE, "0", NULL },
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[80];

        snprintf(name, sizeof name, "%s '%s'", value_type_name(cases[i].type), cases[i].in);
        CASE(name);
        CHECK_TEXT(round_trip(cases[i].type, cases[i].in),
                   cases[i].out != NULL ? cases[i].out : "(refused)");
    }
    return check_done();
}

/* Instructions one at a time: what their immediates become, and every opcode of
 * the table with the shortest immediates there are. Own vectors, after core 5.4. */
#include "wasm/decode/instr.h"

#include "tests/check.h"
#include "tests/module_bytes.h"

enum { BASE = 1000 };

static struct wasm_instr take(const char *text, enum err want)
{
    static uint8_t room[256];
    struct wasm_instr i = { 0 };
    struct reader r =
        reader_of((struct bytes){ room, module_bytes_hex(room, 0, sizeof room, text) });
    struct wasm_note note = { 0 };

    CASE(text);
    CHECK_ERR(wasm_instr_read(&i, &r, BASE, &note), want);
    if (want == ERR_OK)
        CHECK(reader_done(&r));
    else
        CHECK(note.rule[0] != '\0' && note.offset >= BASE);
    return i;
}

static void test_immediates(void)
{
    struct wasm_instr i = take("01", ERR_OK);

    CHECK_EQ(i.op, WASM_OP_NOP);
    CHECK_EQ(i.offset, BASE);

    i = take("41 7f", ERR_OK);
    CHECK_EQ(i.value, UINT64_MAX); /* sign-extended */
    i = take("41 8080808078", ERR_OK);
    CHECK_EQ((int64_t)i.value, INT32_MIN);
    i = take("42 808080808080808080 7f", ERR_OK);
    CHECK_EQ((int64_t)i.value, INT64_MIN);
    i = take("43 0000c07f", ERR_OK);
    CHECK_EQ(i.value, 0x7fc00000);
    i = take("44 0102030405060708", ERR_OK);
    CHECK_EQ(i.value, 0x0807060504030201);
    i = take("fd0c 000102030405060708090a0b0c0d0e0f", ERR_OK);
    CHECK_EQ(i.op, WASM_OP_V128_CONST);
    CHECK_EQ(i.v128[15], 15);

    i = take("02 40", ERR_OK);
    CHECK(!i.block_has_type && i.type == WASM_NONE);
    i = take("03 7b", ERR_OK);
    CHECK(!i.block_has_type && i.type == WASM_V128);
    i = take("04 6370", ERR_OK); /* the long form of funcref */
    CHECK(!i.block_has_type && i.type == WASM_FUNCREF);
    i = take("02 c000", ERR_OK); /* 0x40 as an index takes two bytes */
    CHECK(i.block_has_type && i.a == 0x40);
    i = take("02 ffffffff0f", ERR_OK);
    CHECK(i.block_has_type && i.a == UINT32_MAX);

    i = take("28 02 05", ERR_OK);
    CHECK_EQ(i.align, 2);
    CHECK_EQ(i.a, 0);
    CHECK_EQ(i.value, 5);
    i = take("28 42 03 ffffffffffffffffff01", ERR_OK);
    CHECK_EQ(i.align, 2);
    CHECK_EQ(i.a, 3);
    CHECK_EQ(i.value, UINT64_MAX);
    i = take("fd57 03 08 01", ERR_OK);
    CHECK_EQ(i.imm, IMM_MEMARG_LANE);
    CHECK_EQ(i.value, 8);
    CHECK_EQ(i.lane, 1);
    i = take("fd15 0f", ERR_OK);
    CHECK_EQ(i.lane, 15);

    i = take("11 03 02", ERR_OK);
    CHECK_EQ(i.a, 3); /* type, then table */
    CHECK_EQ(i.b, 2);
    i = take("fc08 07 01", ERR_OK);
    CHECK_EQ(i.op, WASM_OP_MEMORY_INIT);
    CHECK_EQ(i.a, 7); /* segment, then memory */
    CHECK_EQ(i.b, 1);
    i = take("fc0a 01 00", ERR_OK);
    CHECK_EQ(i.a, 1); /* destination, then source */
    i = take("d0 69", ERR_OK);
    CHECK_EQ(i.type, WASM_EXNREF);
    i = take("1c 01 6f", ERR_OK);
    CHECK_EQ(i.type, WASM_EXTERNREF);
    CHECK_EQ(i.a, 1);
}

static void test_lists(void)
{
    struct wasm_instr i = take("0e 02 05 8001 00", ERR_OK);
    struct wasm_catch c;

    CHECK_EQ(i.a, 2);
    CHECK_EQ(wasm_instr_next_label(&i), 5);
    CHECK_EQ(wasm_instr_next_label(&i), 0x80);
    CHECK_EQ(wasm_instr_next_label(&i), 0);

    i = take("1c 02 7f 6370", ERR_OK);
    CHECK_EQ(i.a, 2);
    CHECK_EQ(i.type, WASM_NONE);
    CHECK_EQ(wasm_instr_next_type(&i), WASM_I32);
    CHECK_EQ(wasm_instr_next_type(&i), WASM_FUNCREF);

    i = take("1f 05 04 00 01 02 01 03 04 02 05 03 06", ERR_OK);
    CHECK(i.block_has_type && i.a == 5);
    CHECK_EQ(i.b, 4);
    c = wasm_instr_next_catch(&i);
    CHECK(c.kind == WASM_CATCH && c.tag == 1 && c.label == 2);
    c = wasm_instr_next_catch(&i);
    CHECK(c.kind == WASM_CATCH_REF && c.tag == 3 && c.label == 4);
    c = wasm_instr_next_catch(&i);
    CHECK(c.kind == WASM_CATCH_ALL && c.label == 5);
    c = wasm_instr_next_catch(&i);
    CHECK(c.kind == WASM_CATCH_ALL_REF && c.label == 6);
}

static void test_refusals(void)
{
    static const char *const malformed[] = {
        "",
        "02",
        "06 65",
        "0c",
        "0c 8080808080",
        "0d ffffffff1f",
        "0e 01 00",
        "0e 80",
        "11 00",
        "16",
        "17",
        "1d",
        "1e",
        "27",
        "28",
        "28 80 01",
        "28 8001 00",
        "28 00",
        "28 40 00",
        "3f",
        "41",
        "41 80",
        "41 ffffffff4f",
        "42 8080808080808080808000",
        "43 000000",
        "44 00000000000000",
        "c5",
        "cf",
        "d0",
        "d0 40",
        "d2",
        "d7",
        "f0",
        "fc",
        "fc 12",
        "fc 08 00",
        "fc 80808080 10",
        "fd 0c 00",
        "fd 0d 00",
        "fd 15",
        "fd 9a01",
        "fd a201",
        "fd a501",
        "fd af01",
        "fd c201",
        "fd e201",
        "fd 9402",
        "fd ff03",
        "fd 8004",
        "fe 04",
        "fe 0f",
        "fe 4f",
        "fe 03",
        "fe 03 01",
        "fe 1000",
        "ff",
    };
    static const char *const unsupported[] = {
        "14 00", "15 00", "d3",      "d4",    "d5 00", "d6 00",       "fb 00 00",
        "fb 1e", "02 6e", "02 6400", "d0 00", "d0 71", "1c 01 64 70",
    };

    for (size_t k = 0; k < COUNT_OF(malformed); k++)
        (void)take(malformed[k], ERR_MALFORMED);
    for (size_t k = 0; k < COUNT_OF(unsupported); k++)
        (void)take(unsupported[k], ERR_UNSUPPORTED);
}

static const struct {
    uint16_t op;
    uint8_t imm;
    const char *name;
} table[] = {
#define OP(id, value, text, imm, feature) { (value), (imm), (text) },
#include "wasm/decode/opcodes.def"
#undef OP
};

static size_t encode(uint8_t *out, uint16_t op)
{
    uint32_t n = op & 0xff;

    if (op < 0x100) {
        out[0] = (uint8_t)op;
        return 1;
    }
    if (op >> 8 == 0xfb)
        n += 0x100;
    out[0] = op >> 8 == 0xfb ? 0xfd : (uint8_t)(op >> 8);
    out[1] = (uint8_t)(n < 0x80 ? n : (n & 0x7f) | 0x80);
    out[2] = (uint8_t)(n >> 7);
    return n < 0x80 ? 2 : 3;
}

/* Zeroes are right for every immediate but ref.null's type. */
static size_t shortest(uint8_t imm)
{
    switch ((enum wasm_imm)imm) {
    case IMM_NONE: return 0;
    case IMM_INDEX2:
    case IMM_CALL_INDIRECT:
    case IMM_BR_TABLE:
    case IMM_MEMARG:
    case IMM_TRY_TABLE: return 2;
    case IMM_MEMARG_LANE: return 3;
    case IMM_F32: return 4;
    case IMM_F64: return 8;
    case IMM_V128:
    case IMM_SHUFFLE: return 16;
    default: return 1;
    }
}

static void test_table(void)
{
    for (size_t k = 0; k < COUNT_OF(table); k++) {
        uint8_t room[24] = { 0 };
        size_t size = encode(room, table[k].op);
        struct wasm_instr i = { 0 };
        struct reader r;

        CASE(table[k].name);
        if (table[k].imm == IMM_REFTYPE)
            room[size] = 0x70;
        r = reader_of((struct bytes){ room, size + shortest(table[k].imm) });
        CHECK_OK(wasm_instr_read(&i, &r, 0, NULL));
        CHECK(reader_done(&r));
        CHECK_EQ(i.op, table[k].op);
        CHECK_EQ(i.imm, table[k].imm);
        CHECK_TEXT(wasm_op_name(i.op), table[k].name);
        if (shortest(table[k].imm) != 0) {
            r = reader_of((struct bytes){ room, size + shortest(table[k].imm) - 1 });
            CHECK_ERR(wasm_instr_read(&i, &r, 0, NULL), ERR_MALFORMED);
        }
    }
}

static void test_locals(void)
{
    uint8_t room[16];
    struct reader r = reader_of(
        (struct bytes){ room, module_bytes_hex(room, 0, sizeof room, "02 d086037f 016f 0b") });
    struct wasm_local_run run;
    uint32_t runs = 0;

    CASE("local declarations");
    CHECK_OK(wasm_locals_begin(&runs, &r, 0, NULL));
    CHECK_EQ(runs, 2);
    CHECK_OK(wasm_locals_next(&run, &r, 0, NULL));
    CHECK_EQ(run.count, 50000);
    CHECK_EQ(run.type, WASM_I32);
    CHECK_OK(wasm_locals_next(&run, &r, 0, NULL));
    CHECK_EQ(run.type, WASM_EXTERNREF);
    CHECK_EQ(r.left, 1);
}

int main(void)
{
    test_immediates();
    test_lists();
    test_refusals();
    test_table();
    test_locals();
    return check_done();
}

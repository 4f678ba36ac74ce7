/* Bodies, one instruction family after the other, in a module that has two or
 * more of everything. Own vectors; opcodes are those of core 5.4. */
#include "tests/check.h"
#include "tests/module_bytes.h"

/* types: 0 []->[]  1 [i32]->[i32]  2 []->[i32 i64]  3 [i32]->[]  4 []->[i32]
 *        5 []->[exnref]  6 []->[i32 exnref]  7 [i64 f32]->[f64]  8 [externref]->[]
 * funcs: 0 imported, type 0, exported  1 type 0, under test  2 type 1
 * tables: 0 funcref  1 externref  2 funcref, 64-bit
 * memories: 0 32-bit  1 64-bit
 * tags: 0 type 3  1 type 0
 * globals: 0 imported i32  1 mutable i64
 * elems: 0 passive funcref  1 passive externref   datas: 0 passive */
static const char before[] =
    "0061736d 01000000"
    "01[09 600000 60017f017f 6000027f7e 60017f00 6000017f 60000169 6000027f69"
    "   60027e7d017c 60016f00]"
    "02[02 [6d] [66] 0000 [6d] [67] 037f00]"
    "03[02 00 01]"
    "04[03 700001 6f0001 700402]"
    "05[02 0001 0401]"
    "0d[02 0003 0000]"
    "06[01 7e01 42000b]"
    "07[01 [64] 0000]"
    "09[02 0100 01 00 05 6f 01 d06f0b]"
    "0c[01]";
static const char after[] = "0b[01 01[aabb]]";

struct body_case {
    const char *name;
    const char *body; /* local declarations and code */
    enum err want;
    const char *rule;
};

static const struct body_case good[] = {
    { "nothing", "00 0b", ERR_OK, "" },
    { "numbers", "00 41004101 6a 1a 0b", ERR_OK, "" },
    { "polymorphic add", "00 00 6a 1a 0b", ERR_OK, "" },
    { "polymorphic add, one operand", "00 00 4100 6a 1a 0b", ERR_OK, "" },
    { "polymorphic select", "00 00 1b 1a 0b", ERR_OK, "" },
    { "select of unknown feeds any number", "00 00 1b 6a 1a 0b", ERR_OK, "" },
    { "block of a type with parameters", "00 4100 0201 0b 1a 0b", ERR_OK, "" },
    { "block of two results", "00 0202 4100 4200 0b 1a 1a 0b", ERR_OK, "" },
    { "loop takes its parameters at the branch", "00 4100 0301 4100 0d00 0b 1a 0b", ERR_OK, "" },
    { "if without else keeps its operands", "00 4100 4100 0401 0b 1a 0b", ERR_OK, "" },
    { "if with else", "00 4100 047f 4100 05 4101 0b 1a 0b", ERR_OK, "" },
    { "br out of two", "00 0240 0240 0c01 0b 0b 0b", ERR_OK, "" },
    { "br_if keeps its operand", "00 027f 4100 4101 0d00 0b 1a 0b", ERR_OK, "" },
    { "br_table", "00 0240 0240 4100 0e02 00 01 00 0b 0b 0b", ERR_OK, "" },
    { "br_table of unreachable", "00 027f 027f 00 0e01 00 01 0b 0b 1a 0b", ERR_OK, "" },
    { "return leaves operands", "00 4100 0f 0b", ERR_OK, "" },
    { "call", "00 4100 1002 1a 0b", ERR_OK, "" },
    { "call_indirect", "00 4100 4100 110100 1a 0b", ERR_OK, "" },
    { "call_indirect through a 64-bit table", "00 4100 4200 110102 1a 0b", ERR_OK, "" },
    { "return_call", "00 1200 0b", ERR_OK, "" },
    { "return_call_indirect", "00 4100 130000 0b", ERR_OK, "" },
    { "locals", "02 017f 027e 2002 2101 2000 2200 1a 0b", ERR_OK, "" },
    { "locals beyond the first run", "01 c8017e 20c701 1a 0b", ERR_OK, "" },
    { "globals", "00 2300 1a 4200 2401 0b", ERR_OK, "" },
    { "load and store", "00 4100 4100 280200 3602ffffffff0f 0b", ERR_OK, "" },
    { "64-bit memory", "00 4200 28420180808080808001 1a 0b", ERR_OK, "" },
    { "memory.size and grow of the second", "00 3f01 4001 1a 0b", ERR_OK, "" },
    { "copy between memories of both kinds", "00 4100 4200 4100 fc0a0001 0b", ERR_OK, "" },
    { "memory.init", "00 4200 4100 4100 fc080001 fc0900 0b", ERR_OK, "" },
    { "memory.fill", "00 4200 4100 4200 fc0b01 0b", ERR_OK, "" },
    { "tables", "00 4100 2500 1a 4100 d06f 2601 0b", ERR_OK, "" },
    { "table.grow, size, fill", "00 d070 4200 fc0f02 1a fc1000 1a 4100 d06f 4100 fc1101 0b", ERR_OK,
      "" },
    { "table.copy between widths", "00 4100 4200 4100 fc0e0002 0b", ERR_OK, "" },
    { "table.init and drop", "00 4200 4100 4100 fc0c0002 fc0d00 0b", ERR_OK, "" },
    { "references", "00 d200 d1 1a d069 d1 1a 0b", ERR_OK, "" },
    { "long form of ref.null", "01 016370 2000 1a 0b", ERR_OK, "" },
    { "select with a type", "00 d06f d06f 4100 1c016f 1a 0b", ERR_OK, "" },
    { "select of vectors", "00 4100 fd0f 4100 fd0f 4100 1b 1a 0b", ERR_OK, "" },
    { "saturating conversion", "00 4300000000 fc00 1a 0b", ERR_OK, "" },
    { "shuffle", "00 4100fd0f 4100fd0f fd0d 000102030405060708090a0b0c0d1e1f 1a 0b", ERR_OK, "" },
    { "lane of a load", "00 4100 4100fd0f fd57 0300 01 1a 0b", ERR_OK, "" },
    { "relaxed", "00 4100fd0f 4100fd0f 4100fd0f fd8502 1a 0b", ERR_OK, "" },
    { "atomic", "00 4100 4100 fe1e0200 1a fe0300 0b", ERR_OK, "" },
    { "throw", "00 4100 0800 0b", ERR_OK, "" },
    { "throw_ref", "00 d069 0a 0b", ERR_OK, "" },
    { "try_table, catch", "00 027f 1f40 01 00 00 00 0b 4100 0b 1a 0b", ERR_OK, "" },
    { "try_table, catch_ref", "00 0206 1f40 01 01 00 00 0b 00 0b 1a 1a 0b", ERR_OK, "" },
    { "try_table, catch_all and catch_all_ref",
      "00 0240 0205 1f40 02 02 01 03 00 0b 00 0b 1a 0b 0b", ERR_OK, "" },
    { "legacy try, catch, catch_all", "00 067f 4100 07 00 19 4101 0b 1a 0b", ERR_OK, "" },
    { "legacy catch of a tag without parameters", "00 0640 07 01 0b 0b", ERR_OK, "" },
    { "legacy rethrow", "00 0640 19 0900 0b 0b", ERR_OK, "" },
    { "legacy delegate", "00 0640 0640 1800 0b 0b", ERR_OK, "" },
    { "legacy delegate to the caller", "00 0640 1800 0b", ERR_OK, "" },
    { "legacy try without catch", "00 0640 0b 0b", ERR_OK, "" },
};

static const struct body_case bad_types[] = {
    { "add of nothing", "00 6a 1a 0b", ERR_INVALID, "type mismatch" },
    { "add of one", "00 4100 6a 1a 0b", ERR_INVALID, "type mismatch" },
    { "add of i32 and i64", "00 4100 4200 6a 1a 0b", ERR_INVALID, "type mismatch" },
    { "add of f32", "00 4300000000 4300000000 6a 1a 0b", ERR_INVALID, "type mismatch" },
    { "polymorphic, wrong top", "00 00 4200 6a 1a 0b", ERR_INVALID, "type mismatch" },
    { "polymorphic ends with the block", "00 0240 00 0b 6a 1a 0b", ERR_INVALID, "type mismatch" },
    { "operand left at the end", "00 4100 0b", ERR_INVALID, "type mismatch" },
    { "operand left in unreachable", "00 00 4100 0b", ERR_INVALID, "type mismatch" },
    { "drop of nothing", "00 1a 0b", ERR_INVALID, "type mismatch" },
    { "drop below the block", "00 4100 0240 1a 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "eqz of i64", "00 4200 45 1a 0b", ERR_INVALID, "type mismatch" },
    { "i64 shift by i32", "00 4200 4100 86 1a 0b", ERR_INVALID, "type mismatch" },
    { "wrap of f64", "00 44 0000000000000000 a7 1a 0b", ERR_INVALID, "type mismatch" },
    { "extend8 of i64", "00 4200 c0 1a 0b", ERR_INVALID, "type mismatch" },
    { "saturating conversion of i32", "00 4100 fc00 1a 0b", ERR_INVALID, "type mismatch" },
    { "block result missing", "00 027f 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "block result of another type", "00 027f 4200 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "block with too much", "00 027f 4100 4100 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "block without its parameter", "00 0201 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "block of two results, swapped", "00 0202 4200 4100 0b 1a 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "block of two results, one", "00 0202 4200 0b 1a 1a 0b", ERR_INVALID, "type mismatch" },
    { "loop branch without parameter", "00 4100 0301 1a 0c00 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "if without condition", "00 0440 0b 0b", ERR_INVALID, "type mismatch" },
    { "if with i64 condition", "00 4200 0440 0b 0b", ERR_INVALID, "type mismatch" },
    { "if with result and no else", "00 4100 047f 4100 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "if whose arms differ", "00 4100 047f 4100 05 4200 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "else without the result", "00 4100 047f 4100 05 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "br without operand", "00 027f 0c00 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "br with another operand", "00 027f 4200 0c00 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "br takes what lies below the block", "00 027f 4100 0240 0c01 0b 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "br_if without condition", "00 0d00 0b", ERR_INVALID, "type mismatch" },
    { "br_if without operand", "00 027f 4101 0d00 4100 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "br_if in unreachable gives the label's type", "00 027f 00 4100 0d00 45 a8 0b 1a 0b",
      ERR_INVALID, "type mismatch" },
    { "br_table without index", "00 0e00 00 0b", ERR_INVALID, "type mismatch" },
    { "br_table of i64", "00 4200 0e00 00 0b", ERR_INVALID, "type mismatch" },
    { "br_table labels of different arity", "00 027f 4100 4100 0e01 00 01 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "br_table labels of different arity, unreachable", "00 027f 00 0e01 00 01 0b 1a 0b",
      ERR_INVALID, "type mismatch" },
    { "br_table labels of different type", "00 027f 027e 4100 4100 0e01 00 01 0b 1a 4100 0b 1a 0b",
      ERR_INVALID, "type mismatch" },
    { "br_table without operand", "00 027f 4100 0e00 00 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "call without argument", "00 1002 1a 0b", ERR_INVALID, "type mismatch" },
    { "call with i64", "00 4200 1002 1a 0b", ERR_INVALID, "type mismatch" },
    { "call_indirect without index", "00 110000 0b", ERR_INVALID, "type mismatch" },
    { "call_indirect, i64 index", "00 4200 110000 0b", ERR_INVALID, "type mismatch" },
    { "call_indirect, i32 index of a 64-bit table", "00 4100 110002 0b", ERR_INVALID,
      "type mismatch" },
    { "call_indirect through externref", "00 4100 110001 0b", ERR_INVALID, "type mismatch" },
    { "return_call with other results", "00 4100 1202 0b", ERR_INVALID, "type mismatch" },
    { "return_call_indirect with other results", "00 4100 4100 130100 0b", ERR_INVALID,
      "type mismatch" },
    { "return_call_indirect through externref", "00 4100 130001 0b", ERR_INVALID, "type mismatch" },
    { "select without condition", "00 4100 4100 1b 1a 0b", ERR_INVALID, "type mismatch" },
    { "select of two types", "00 4100 4200 4100 1b 1a 0b", ERR_INVALID, "type mismatch" },
    { "select of references without a type", "00 d070 d070 4100 1b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "select of a reference and unknown", "00 00 d070 4100 1b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "select t of another type", "00 4100 4100 4100 1c017e 1a 0b", ERR_INVALID, "type mismatch" },
    { "select of no types", "00 4100 4100 4100 1c00 1a 0b", ERR_INVALID, "invalid result arity" },
    { "select of two types given", "00 4100 4100 4100 1c027f7f 1a 0b", ERR_INVALID,
      "invalid result arity" },
    { "local.set of another type", "01 017e 4100 2100 0b", ERR_INVALID, "type mismatch" },
    { "local.tee of nothing", "01 017e 2200 1a 0b", ERR_INVALID, "type mismatch" },
    { "local of a late run", "02 c8017f 017e 20c801 45 1a 0b", ERR_INVALID, "type mismatch" },
    { "global.set of another type", "00 4100 2401 0b", ERR_INVALID, "type mismatch" },
    { "global.set of a constant", "00 4100 2400 0b", ERR_INVALID, "immutable global" },
};

static const struct body_case bad_memory[] = {
    { "load from i64 address", "00 4200 280200 1a 0b", ERR_INVALID, "type mismatch" },
    { "load from i32 address, 64-bit memory", "00 4100 28420100 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "store of another type", "00 4100 4200 360200 0b", ERR_INVALID, "type mismatch" },
    { "store of nothing", "00 4100 360200 0b", ERR_INVALID, "type mismatch" },
    { "load8 aligned to 2", "00 4100 2c0100 1a 0b", ERR_INVALID,
      "alignment must not be larger than natural" },
    { "load aligned to 8", "00 4100 280300 1a 0b", ERR_INVALID,
      "alignment must not be larger than natural" },
    { "load aligned to 2^63", "00 4100 283f00 1a 0b", ERR_INVALID,
      "alignment must not be larger than natural" },
    { "vector load aligned to 32", "00 4100 fd000500 1a 0b", ERR_INVALID,
      "alignment must not be larger than natural" },
    { "lane load too aligned", "00 4100 4100fd0f fd54 0100 00 1a 0b", ERR_INVALID,
      "alignment must not be larger than natural" },
    { "flags of memarg beyond bit 6", "00 4100 28800100 1a 0b", ERR_MALFORMED,
      "malformed memop flags" },
    { "load from the third memory", "00 4100 28420200 1a 0b", ERR_INVALID, "unknown memory" },
    { "offset of 2^32, 32-bit memory", "00 4100 28028080808010 1a 0b", ERR_INVALID,
      "offset out of range" },
    { "offset of 65 bits", "00 4200 284201 80808080808080808002 1a 0b", ERR_MALFORMED,
      "integer too large" },
    { "offset of eleven bytes", "00 4200 284201 8080808080808080808000 1a 0b", ERR_MALFORMED,
      "integer representation too long" },
    { "memory.size of the third", "00 3f02 1a 0b", ERR_INVALID, "unknown memory" },
    { "memory.grow by i32, 64-bit memory", "00 4100 4001 1a 0b", ERR_INVALID, "type mismatch" },
    { "memory.size is i64 there", "00 3f01 45 1a 0b", ERR_INVALID, "type mismatch" },
    { "memory.fill with i64 value", "00 4100 4200 4100 fc0b00 0b", ERR_INVALID, "type mismatch" },
    { "memory.fill of the third", "00 4100 4100 4100 fc0b02 0b", ERR_INVALID, "unknown memory" },
    { "memory.copy, i64 length to 32 bits", "00 4100 4200 4200 fc0a0001 0b", ERR_INVALID,
      "type mismatch" },
    { "memory.copy from the third", "00 4100 4100 4100 fc0a0002 0b", ERR_INVALID,
      "unknown memory" },
    { "memory.copy to the third", "00 4100 4100 4100 fc0a0200 0b", ERR_INVALID, "unknown memory" },
    { "memory.init, i64 source", "00 4100 4200 4100 fc080000 0b", ERR_INVALID, "type mismatch" },
    { "memory.init of no segment", "00 4100 4100 4100 fc080100 0b", ERR_INVALID,
      "unknown data segment" },
    { "data.drop of no segment", "00 fc0901 0b", ERR_INVALID, "unknown data segment" },
    { "atomic load, small alignment", "00 4100 fe100100 1a 0b", ERR_INVALID,
      "atomic alignment must be natural" },
    { "atomic load, large alignment", "00 4100 fe100300 1a 0b", ERR_INVALID,
      "alignment must not be larger than natural" },
    { "atomic add of i64", "00 4100 4200 fe1e0200 1a 0b", ERR_INVALID, "type mismatch" },
    { "atomic wait, i32 timeout", "00 4100 4100 4100 fe010200 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "fence with a one", "00 fe0301 0b", ERR_MALFORMED, "zero byte expected" },
    { "extract lane 16", "00 4100fd0f fd1510 1a 0b", ERR_INVALID, "invalid lane index" },
    { "replace lane 8 of i16x8", "00 4100fd0f 4100 fd1a08 1a 0b", ERR_INVALID,
      "invalid lane index" },
    { "extract lane 4 of i32x4", "00 4100fd0f fd1b04 1a 0b", ERR_INVALID, "invalid lane index" },
    { "extract lane 2 of i64x2", "00 4100fd0f fd1d02 1a 0b", ERR_INVALID, "invalid lane index" },
    { "extract lane 4 of f32x4", "00 4100fd0f fd1f04 1a 0b", ERR_INVALID, "invalid lane index" },
    { "extract lane 2 of f64x2", "00 4100fd0f fd2102 1a 0b", ERR_INVALID, "invalid lane index" },
    { "load lane 2 of 64 bits", "00 4100 4100fd0f fd57 0300 02 1a 0b", ERR_INVALID,
      "invalid lane index" },
    { "shuffle of lane 32", "00 4100fd0f 4100fd0f fd0d 00000000000000000000000000000020 1a 0b",
      ERR_INVALID, "invalid lane index" },
    { "vector add of i32", "00 4100 4100 fd6e 1a 0b", ERR_INVALID, "type mismatch" },
    { "splat of i64 to i32x4", "00 4200 fd11 1a 0b", ERR_INVALID, "type mismatch" },
    { "bitselect of two", "00 4100fd0f 4100fd0f fd52 1a 0b", ERR_INVALID, "type mismatch" },
    { "relaxed madd of two", "00 4100fd0f 4100fd0f fd8502 1a 0b", ERR_INVALID, "type mismatch" },
};

static const struct body_case bad_spaces[] = {
    { "local of nobody", "00 2000 1a 0b", ERR_INVALID, "unknown local" },
    { "local one too far", "01 027f 2002 1a 0b", ERR_INVALID, "unknown local" },
    { "local 2^32-1", "01 027f 20ffffffff0f 1a 0b", ERR_INVALID, "unknown local" },
    { "empty runs make no locals", "02 007f 007e 2000 1a 0b", ERR_INVALID, "unknown local" },
    { "global one too far", "00 2302 1a 0b", ERR_INVALID, "unknown global" },
    { "function one too far", "00 1003 0b", ERR_INVALID, "unknown function" },
    { "return_call one too far", "00 1203 0b", ERR_INVALID, "unknown function" },
    { "call_indirect of no type", "00 4100 110900 0b", ERR_INVALID, "unknown type" },
    { "call_indirect of no table", "00 4100 110003 0b", ERR_INVALID, "unknown table" },
    { "block of no type", "00 0209 0b 0b", ERR_INVALID, "unknown type" },
    { "br to no label", "00 0c01 0b", ERR_INVALID, "unknown label" },
    { "br_if to no label", "00 4100 0d01 0b", ERR_INVALID, "unknown label" },
    { "br_table to no label", "00 4100 0e01 01 00 0b", ERR_INVALID, "unknown label" },
    { "br_table default to no label", "00 4100 0e01 00 01 0b", ERR_INVALID, "unknown label" },
    { "table.get of no table", "00 4100 2503 1a 0b", ERR_INVALID, "unknown table" },
    { "table.set of no table", "00 4100 d070 2603 0b", ERR_INVALID, "unknown table" },
    { "table.get with i64", "00 4200 2500 1a 0b", ERR_INVALID, "type mismatch" },
    { "table.set of another reference", "00 4100 d06f 2600 0b", ERR_INVALID, "type mismatch" },
    { "table.size of no table", "00 fc1003 1a 0b", ERR_INVALID, "unknown table" },
    { "table.grow without a reference", "00 4100 fc0f00 1a 0b", ERR_INVALID, "type mismatch" },
    { "table.grow of another reference", "00 d06f 4100 fc0f00 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "table.fill of no table", "00 4100 d070 4100 fc1103 0b", ERR_INVALID, "unknown table" },
    { "table.fill of a number", "00 4100 4100 4100 fc1100 0b", ERR_INVALID, "type mismatch" },
    { "table.copy of two types", "00 4100 4100 4100 fc0e0001 0b", ERR_INVALID, "type mismatch" },
    { "table.copy of no table", "00 4100 4100 4100 fc0e0003 0b", ERR_INVALID, "unknown table" },
    { "table.init of two types", "00 4100 4100 4100 fc0c0100 0b", ERR_INVALID, "type mismatch" },
    { "table.init of no segment", "00 4100 4100 4100 fc0c0200 0b", ERR_INVALID,
      "unknown elem segment" },
    { "table.init of no table", "00 4100 4100 4100 fc0c0003 0b", ERR_INVALID, "unknown table" },
    { "elem.drop of no segment", "00 fc0d02 0b", ERR_INVALID, "unknown elem segment" },
    { "ref.func of nobody", "00 d203 1a 0b", ERR_INVALID, "unknown function" },
    { "ref.func that is not declared", "00 d202 1a 0b", ERR_INVALID,
      "undeclared function reference" },
    { "ref.is_null of a number", "00 4100 d1 1a 0b", ERR_INVALID, "type mismatch" },
    { "ref.is_null of nothing", "00 d1 1a 0b", ERR_INVALID, "type mismatch" },
};

static const struct body_case bad_exceptions[] = {
    { "throw of no tag", "00 0802 0b", ERR_INVALID, "unknown tag" },
    { "throw without its parameter", "00 0800 0b", ERR_INVALID, "type mismatch" },
    { "throw with another parameter", "00 4200 0800 0b", ERR_INVALID, "type mismatch" },
    { "throw_ref of nothing", "00 0a 0b", ERR_INVALID, "type mismatch" },
    { "throw_ref of funcref", "00 d070 0a 0b", ERR_INVALID, "type mismatch" },
    { "catch of no tag", "00 1f40 01 00 02 00 0b 0b", ERR_INVALID, "unknown tag" },
    { "catch to no label", "00 1f40 01 00 01 01 0b 0b", ERR_INVALID, "unknown label" },
    { "catch_all to no label", "00 1f40 01 02 01 0b 0b", ERR_INVALID, "unknown label" },
    { "catch to a label without operand", "00 1f40 01 00 00 00 0b 0b", ERR_INVALID,
      "type mismatch" },
    { "catch to a label of another type", "00 027e 1f40 01 00 00 00 0b 00 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "catch_ref to a label without exnref", "00 027f 1f40 01 01 00 00 0b 00 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "catch to a label with exnref", "00 0206 1f40 01 00 00 00 0b 00 0b 1a 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "catch_all to a label with operand", "00 027f 1f40 01 02 00 0b 00 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "catch_all_ref to a label without", "00 1f40 01 03 00 0b 0b", ERR_INVALID, "type mismatch" },
    { "catch clause of kind 4", "00 1f40 01 04 00 0b 0b", ERR_MALFORMED, "malformed catch clause" },
    { "try_table without its parameter", "00 1f01 00 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "try_table without its result", "00 1f7f 00 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "more catch clauses than bytes", "00 1f40 7f 02 00 0b 0b", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "legacy catch of no tag", "00 0640 0702 0b 0b", ERR_INVALID, "unknown tag" },
    { "legacy catch outside of try", "00 0700 0b", ERR_MALFORMED, "unexpected token" },
    { "legacy catch in a block", "00 0240 0700 0b 0b", ERR_MALFORMED, "unexpected token" },
    { "legacy catch_all twice", "00 0640 19 19 0b 0b", ERR_MALFORMED, "unexpected token" },
    { "legacy catch behind catch_all", "00 0640 19 0700 0b 0b", ERR_MALFORMED, "unexpected token" },
    { "legacy catch leaves its parameter", "00 0640 0700 0b 0b", ERR_INVALID, "type mismatch" },
    { "legacy try without its result", "00 067f 0701 4100 0b 1a 0b", ERR_INVALID, "type mismatch" },
    { "legacy catch without the result", "00 067f 4100 0701 0b 1a 0b", ERR_INVALID,
      "type mismatch" },
    { "legacy rethrow in try", "00 0640 0900 0b 0b", ERR_INVALID, "invalid rethrow label" },
    { "legacy rethrow of a block", "00 0240 0900 0b 0b", ERR_INVALID, "invalid rethrow label" },
    { "legacy rethrow of the body", "00 0900 0b", ERR_INVALID, "invalid rethrow label" },
    { "legacy rethrow to no label", "00 0640 19 0902 0b 0b", ERR_INVALID, "unknown label" },
    { "legacy delegate outside of try", "00 1800 0b", ERR_MALFORMED, "unexpected token" },
    { "legacy delegate behind catch", "00 0640 19 1800 0b", ERR_MALFORMED, "unexpected token" },
    { "legacy delegate to no label", "00 0640 1801 0b", ERR_INVALID, "unknown label" },
};

static const struct body_case bad_form[] = {
    { "no end", "00 01", ERR_MALFORMED, "unexpected end of section or function" },
    { "no locals", "", ERR_MALFORMED, "unexpected end of section or function" },
    { "block not closed", "00 0240 0b", ERR_MALFORMED, "unexpected end of section or function" },
    { "bytes behind the end", "00 0b 01", ERR_MALFORMED, "section size mismatch" },
    { "two ends", "00 0b 0b", ERR_MALFORMED, "section size mismatch" },
    { "else outside of if", "00 05 0b", ERR_MALFORMED, "unexpected token" },
    { "else in a block", "00 0240 05 0b 0b", ERR_MALFORMED, "unexpected token" },
    { "two elses", "00 4100 0440 05 05 0b 0b", ERR_MALFORMED, "unexpected token" },
    { "opcode of nobody", "00 27 0b", ERR_MALFORMED, "illegal opcode" },
    { "opcode 0xff", "00 ff 0b", ERR_MALFORMED, "illegal opcode" },
    { "0xfc 18", "00 fc12 0b", ERR_MALFORMED, "illegal opcode" },
    { "0xfd 162", "00 fda201 0b", ERR_MALFORMED, "illegal opcode" },
    { "0xfd 276", "00 fd9402 0b", ERR_MALFORMED, "illegal opcode" },
    { "0xfd 2^32-1", "00 fdffffffff0f 0b", ERR_MALFORMED, "illegal opcode" },
    { "0xfe 4", "00 fe04 0b", ERR_MALFORMED, "illegal opcode" },
    { "0xfb 31", "00 fb1f 0b", ERR_MALFORMED, "illegal opcode" },
    { "prefix and nothing", "00 fc", ERR_MALFORMED, "unexpected end of section or function" },
    { "i32.const of five bytes, too large", "00 41ffffffff0f 1a 0b", ERR_MALFORMED,
      "integer too large" },
    { "i32.const of six bytes", "00 41808080808000 1a 0b", ERR_MALFORMED,
      "integer representation too long" },
    { "i64.const too large", "00 42ffffffffffffffffff3f 1a 0b", ERR_MALFORMED,
      "integer too large" },
    { "f32.const of three bytes", "00 43000000", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "v128.const of fifteen bytes", "00 fd0c 000000000000000000000000000000", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "label too large", "00 0cffffffff1f 0b", ERR_MALFORMED, "integer too large" },
    { "br_table of more labels than bytes", "00 4100 0effffffff0f 00 0b", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "block type of an unknown code", "00 0265 0b 0b", ERR_MALFORMED, "malformed value type" },
    { "block type of two bytes, negative", "00 02c07f 0b 0b", ERR_MALFORMED,
      "malformed block type" },
    { "ref.null of i32", "00 d07f 1a 0b", ERR_MALFORMED, "malformed reference type" },
    { "select of a bad type", "00 00 1c0100 1a 0b", ERR_MALFORMED, "malformed value type" },
    { "more runs of locals than bytes", "7f 0b", ERR_MALFORMED,
      "unexpected end of section or function" },
    { "local of a bad type", "01 0100 0b", ERR_MALFORMED, "malformed value type" },
    { "2^32 locals", "02 ffffffff0f7f 017f 0b", ERR_MALFORMED, "too many locals" },
    { "50001 locals", "01 d186037f 0b", ERR_LIMIT, "too many locals" },
};

static const struct body_case unsupported[] = {
    { "call_ref", "00 1400 0b", ERR_UNSUPPORTED, "unsupported: typed function references" },
    { "return_call_ref", "00 1500 0b", ERR_UNSUPPORTED, "unsupported: typed function references" },
    { "ref.as_non_null", "00 d4 0b", ERR_UNSUPPORTED, "unsupported: typed function references" },
    { "br_on_null", "00 d500 0b", ERR_UNSUPPORTED, "unsupported: typed function references" },
    { "br_on_non_null", "00 d600 0b", ERR_UNSUPPORTED, "unsupported: typed function references" },
    { "ref.eq", "00 d3 0b", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "struct.new", "00 fb0000 0b", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "ref.i31", "00 fb1c 0b", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "ref.null any", "00 d06e 1a 0b", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "ref.null of a type", "00 d000 1a 0b", ERR_UNSUPPORTED,
      "unsupported: typed function references" },
    { "local of (ref func)", "01 016470 0b", ERR_UNSUPPORTED,
      "unsupported: typed function references" },
    { "local of (ref null 0)", "01 016300 0b", ERR_UNSUPPORTED,
      "unsupported: typed function references" },
    { "local of i31ref", "01 016c 0b", ERR_UNSUPPORTED, "unsupported: garbage collection" },
    { "block of anyref", "00 026e 00 0b 1a 0b", ERR_UNSUPPORTED,
      "unsupported: garbage collection" },
};

static void run(const struct body_case *c)
{
    static uint8_t room[4096];
    struct wasm_note note;
    char code[1024];
    size_t size;

    CASE(c->name);
    /* The code section: two bodies, the one in question and one that is right. */
    snprintf(code, sizeof code, "0a[02 [%s] [00 2000 0b]]", c->body);
    size = module_bytes_hex(room, 0, sizeof room, before);
    size = module_bytes_hex(room, size, sizeof room, code);
    size = module_bytes_hex(room, size, sizeof room, after);
    CHECK_ERR(module_bytes_judge((struct bytes){ room, size }, &note, NULL), c->want);
    CHECK_TEXT(note.rule, c->rule);
    if (c->want != ERR_OK) {
        CHECK_EQ(note.function, 1);
        CHECK(note.offset > 100 && note.offset < size);
    }
}

#define RUN(table)                               \
    for (size_t i = 0; i < COUNT_OF(table); i++) \
    run(&(table)[i])

static void test_detail(void)
{
    static uint8_t room[4096];
    struct wasm_note note;
    size_t size = module_bytes_hex(room, 0, sizeof room,
                                   "0061736d 01000000 01[01 600000] 03[01 00]"
                                   "0a[01 [00 4100 4200 6a 1a 0b]]");

    CASE("the note says instruction, types and offset");
    CHECK_ERR(module_bytes_judge((struct bytes){ room, size }, &note, NULL), ERR_INVALID);
    CHECK_TEXT(note.detail, "i32.add: expected i32, found i64");
    CHECK_EQ(note.offset, 27);
    CHECK_EQ(note.function, 0);
}

int main(void)
{
    RUN(good);
    RUN(bad_types);
    RUN(bad_memory);
    RUN(bad_spaces);
    RUN(bad_exceptions);
    RUN(bad_form);
    RUN(unsupported);
    test_detail();
    return check_done();
}

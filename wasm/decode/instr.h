/* instr.h: one instruction at a time (core 5.4).
 *
 * The same reader serves the validator, the constant expressions, the compiler's
 * builder and the tools. It checks form alone: opcode known, immediates well
 * encoded. Indices are not looked up; types are not judged. */
#ifndef BROCH_WASM_DECODE_INSTR_H
#define BROCH_WASM_DECODE_INSTR_H

#include "base/reader.h"
#include "include/broch/wasm.h"

/* Opcodes: the byte itself, or 0xFC00 + n, 0xFD00 + n and 0xFE00 + n for the
 * prefixed ones; relaxed vectors (0xFD n, n from 0x100 on) are 0xFB00 + n - 0x100.
 * Names in opcodes.def:
 *   OP(identifier, value, "text.name", IMM_KIND, FEATURE) */
enum wasm_op {
#define OP(id, value, text, imm, feature) WASM_OP_##id = (value),
#include "wasm/decode/opcodes.def"
#undef OP
};

/* What follows an opcode. */
enum wasm_imm {
    IMM_NONE,
    IMM_BLOCK,         /* block type */
    IMM_INDEX,         /* a = index (label, local, global, function, table, tag, memory, segment) */
    IMM_INDEX2,        /* a, b = two indices in the order of the binary format */
    IMM_BR_TABLE,      /* table of labels */
    IMM_CALL_INDIRECT, /* a = type, b = table */
    IMM_MEMARG,        /* memory access: align, memory, offset */
    IMM_MEMARG_LANE,   /* the same and a lane */
    IMM_MEMORY,        /* a = memory (memory.size, grow, fill) */
    IMM_I32,
    IMM_I64,
    IMM_F32,
    IMM_F64,
    IMM_V128,
    IMM_LANE,      /* lane */
    IMM_SHUFFLE,   /* 16 lanes in v128 */
    IMM_REFTYPE,   /* ref.null t: type */
    IMM_SELECT,    /* select t*: count in a, types from the reader position `list` */
    IMM_TRY_TABLE, /* block type, then catch clauses in `list` */
    IMM_FENCE,     /* one zero byte */
};

struct wasm_instr {
    uint32_t offset; /* of the opcode in the module */
    uint16_t op;     /* enum wasm_op */
    uint8_t imm;     /* enum wasm_imm */
    uint8_t align;   /* log2, of a memory access */
    uint32_t a;
    uint32_t b;
    uint64_t value; /* i32 (sign-extended), i64, f32 and f64 bits; memarg offset */
    uint8_t lane;
    enum wasm_type type; /* ref.null; a block type of one result, or WASM_NONE for [] -> [] */
    bool block_has_type; /* the block type is type index a */
    uint8_t v128[16];
    struct reader list; /* br_table labels (a + 1 of them, default last), select types
                          * (a), catch clauses (b) */
};

/* memarg: a = memory, value = offset. block: block_has_type ? a : type. */

/* Reads one instruction at the reader. `base` is the module offset of the
 * reader's first byte. On ERR_MALFORMED the note names the offset. Opcodes of
 * proposals we know but do not have (typed references, GC) give ERR_UNSUPPORTED
 * and name the proposal. */
enum err wasm_instr_read(struct wasm_instr *out, struct reader *r, uint32_t base,
                         struct wasm_note *note);

/* A table with a row for every opcode: WASM_OP_SLOTS rows, at wasm_op_slot(op). */
#define WASM_OP_SLOTS (6 * 256)
#define WASM_OP_SLOT(op) ((op) < 0x100 ? (op) : (op) >= 0xFB00 ? (op)-0xFA00 : 0x500)
static inline uint32_t wasm_op_slot(uint16_t op) { return WASM_OP_SLOT((uint32_t)op); }

/* From instr.list: the next label of a br_table. Already known to be well formed. */
uint32_t wasm_instr_next_label(struct wasm_instr *i);

enum wasm_catch_kind { WASM_CATCH, WASM_CATCH_REF, WASM_CATCH_ALL, WASM_CATCH_ALL_REF };
struct wasm_catch {
    enum wasm_catch_kind kind;
    uint32_t tag;
    uint32_t label;
};
struct wasm_catch wasm_instr_next_catch(struct wasm_instr *i);
enum wasm_type wasm_instr_next_type(struct wasm_instr *i);

const char *wasm_op_name(uint16_t op);
/* enum wasm_feature (wasm/module.h) that the opcode belongs to; 0 for the first release. */
uint32_t wasm_op_feature(uint16_t op);

/* The local declarations at the head of a body (core 5.5.13): runs of (count,
 * type). Gives the number of runs; the reader then stands at the first run. */
struct wasm_local_run {
    uint32_t count;
    enum wasm_type type;
};
enum err wasm_locals_begin(uint32_t *run_count, struct reader *r, uint32_t base,
                           struct wasm_note *note);
enum err wasm_locals_next(struct wasm_local_run *out, struct reader *r, uint32_t base,
                          struct wasm_note *note);

#endif

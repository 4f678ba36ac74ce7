/* instr.c: the immediates of each instruction (core 5.4). */
#include "wasm/decode/instr.h"

#include "base/limits.h"
#include "wasm/decode/type.h"
#include "wasm/module.h"

/* What follows the opcode, plus one; 0 where there is no such opcode. */
static const uint8_t imm_of[WASM_OP_SLOTS] = {
#define OP(id, value, text, imm, feature) [WASM_OP_SLOT(value)] = (imm) + 1,
#include "wasm/decode/opcodes.def"
#undef OP
};

static const char *const name_of[WASM_OP_SLOTS] = {
#define OP(id, value, text, imm, feature) [WASM_OP_SLOT(value)] = (text),
#include "wasm/decode/opcodes.def"
#undef OP
};

static const uint16_t feature_of[WASM_OP_SLOTS] = {
#define OP(id, value, text, imm, feature) [WASM_OP_SLOT(value)] = WASM_FEATURE_##feature,
#include "wasm/decode/opcodes.def"
#undef OP
};

const char *wasm_op_name(uint16_t op)
{
    const char *name = name_of[wasm_op_slot(op)];

    return name == NULL ? "unknown instruction" : name;
}

uint32_t wasm_op_feature(uint16_t op) { return feature_of[wasm_op_slot(op)]; }

/* One instruction being read. */
struct take {
    struct reader *r;
    struct reader before; /* r at the opcode, to explain a bad number */
    uint32_t base;
    struct wasm_note *note;
};

static enum err refuse(const struct take *t, uint64_t offset, const char *rule, const char *detail)
{
    return note_at(t->note, ERR_MALFORMED, offset, rule, detail);
}

static inline enum err take_u32(struct take *t, uint32_t *out)
{
    *out = reader_leb_u32(t->r);
    if (t->r->bad)
        return wasm_refuse_number(t->r, &t->before, 32, t->base, t->note);
    return ERR_OK;
}

static enum err take_byte(struct take *t, uint8_t *out)
{
    *out = reader_u8(t->r);
    return t->r->bad ? wasm_refuse_end(t->r, t->base, t->note) : ERR_OK;
}

/* "blocktype ::= 0x40 | t:valtype | x:s33 (if x >= 0)": the one-byte codes of
 * types are the negative numbers, so that one byte tells them apart. */
static enum err take_block(struct take *t, struct wasm_instr *out)
{
    uint8_t code = reader_peek(t->r);
    uint64_t offset = t->base + reader_offset(t->r);
    int64_t index;

    if (code == 0x40) {
        reader_skip(t->r, 1);
        return ERR_OK;
    }
    if (code < 0x80 && (code & 0x40) != 0)
        return wasm_valtype_read(&out->type, t->r, t->base, t->note);
    index = reader_leb_s33(t->r);
    if (t->r->bad)
        return wasm_refuse_number(t->r, &t->before, -33, t->base, t->note);
    if (index < 0)
        return refuse(t, offset, "malformed block type", NULL);
    out->block_has_type = true;
    out->a = (uint32_t)index;
    return ERR_OK;
}

static enum err take_br_table(struct take *t, struct wasm_instr *out)
{
    uint64_t offset = t->base + reader_offset(t->r);
    uint32_t label;

    TRY(take_u32(t, &out->a));
    if (out->a >= t->r->left)
        return refuse(t, offset, "unexpected end of section or function", "labels of br_table");
    if (out->a > LIMIT_BR_TABLE)
        return note_at(t->note, ERR_LIMIT, offset, "too many labels", "br_table, LIMIT_BR_TABLE");
    out->list = *t->r;
    for (uint32_t i = 0; i <= out->a; i++)
        TRY(take_u32(t, &label));
    return ERR_OK;
}

static enum err take_select(struct take *t, struct wasm_instr *out)
{
    uint64_t offset = t->base + reader_offset(t->r);
    enum wasm_type type = WASM_NONE;

    TRY(take_u32(t, &out->a));
    if (out->a > t->r->left)
        return refuse(t, offset, "unexpected end of section or function", "types of select");
    out->list = *t->r;
    for (uint32_t i = 0; i < out->a; i++)
        TRY(wasm_valtype_read(&type, t->r, t->base, t->note));
    out->type = out->a == 1 ? type : WASM_NONE;
    return ERR_OK;
}

static enum err take_catch(struct take *t)
{
    uint64_t offset = t->base + reader_offset(t->r);
    uint8_t kind = 0;
    uint32_t index;

    TRY(take_byte(t, &kind));
    if (kind > WASM_CATCH_ALL_REF)
        return refuse(t, offset, "malformed catch clause", NULL);
    if (kind == WASM_CATCH || kind == WASM_CATCH_REF)
        TRY(take_u32(t, &index));
    return take_u32(t, &index);
}

static enum err take_try_table(struct take *t, struct wasm_instr *out)
{
    uint64_t offset;

    TRY(take_block(t, out));
    offset = t->base + reader_offset(t->r);
    TRY(take_u32(t, &out->b));
    if (out->b > t->r->left / 2)
        return refuse(t, offset, "unexpected end of section or function", "catch clauses");
    out->list = *t->r;
    for (uint32_t i = 0; i < out->b; i++)
        TRY(take_catch(t));
    return ERR_OK;
}

/* "memarg ::= n:u32 m:u64 (if n < 2^6) | n:u32 x:memidx m:u64 (if 2^6 <= n < 2^7)". */
static enum err take_memarg(struct take *t, struct wasm_instr *out)
{
    uint64_t offset = t->base + reader_offset(t->r);
    uint32_t flags;

    TRY(take_u32(t, &flags));
    if (flags >= 0x80)
        return refuse(t, offset, "malformed memop flags", NULL);
    out->align = flags & 0x3f;
    if ((flags & 0x40) != 0)
        TRY(take_u32(t, &out->a));
    out->value = reader_leb_u64(t->r);
    if (t->r->bad)
        return wasm_refuse_number(t->r, &t->before, 64, t->base, t->note);
    return ERR_OK;
}

static enum err take_const(struct take *t, struct wasm_instr *out)
{
    struct reader *r = t->r;

    switch (out->imm) {
    case IMM_I32:
        out->value = (uint64_t)(int64_t)reader_leb_s32(r);
        return r->bad ? wasm_refuse_number(r, &t->before, -32, t->base, t->note) : ERR_OK;
    case IMM_I64:
        out->value = (uint64_t)reader_leb_s64(r);
        return r->bad ? wasm_refuse_number(r, &t->before, -64, t->base, t->note) : ERR_OK;
    case IMM_F32: out->value = reader_u32le(r); break;
    case IMM_F64: out->value = reader_u64le(r); break;
    default: reader_copy(r, out->v128, sizeof out->v128); break;
    }
    return r->bad ? wasm_refuse_end(r, t->base, t->note) : ERR_OK;
}

static enum err take_fence(struct take *t)
{
    uint64_t offset = t->base + reader_offset(t->r);
    uint8_t zero = 0;

    TRY(take_byte(t, &zero));
    return zero == 0 ? ERR_OK : refuse(t, offset, "zero byte expected", "atomic.fence");
}

static enum err take_immediates(struct take *t, struct wasm_instr *out)
{
    switch ((enum wasm_imm)out->imm) {
    case IMM_NONE: return ERR_OK;
    case IMM_INDEX:
    case IMM_MEMORY: return take_u32(t, &out->a);
    case IMM_INDEX2:
    case IMM_CALL_INDIRECT: TRY(take_u32(t, &out->a)); return take_u32(t, &out->b);
    case IMM_BLOCK: return take_block(t, out);
    case IMM_BR_TABLE: return take_br_table(t, out);
    case IMM_MEMARG: return take_memarg(t, out);
    case IMM_MEMARG_LANE: TRY(take_memarg(t, out)); return take_byte(t, &out->lane);
    case IMM_LANE: return take_byte(t, &out->lane);
    case IMM_I32:
    case IMM_I64:
    case IMM_F32:
    case IMM_F64:
    case IMM_V128:
    case IMM_SHUFFLE: return take_const(t, out);
    case IMM_REFTYPE: return wasm_heaptype_read(&out->type, t->r, t->base, t->note);
    case IMM_SELECT: return take_select(t, out);
    case IMM_TRY_TABLE: return take_try_table(t, out);
    case IMM_FENCE: return take_fence(t);
    }
    return ERR_USAGE;
}

/* Opcodes of proposals that we know but do not have. */
static enum err refuse_opcode(const struct take *t, uint32_t first, uint32_t second)
{
    uint64_t offset = t->base + reader_offset(&t->before);

    if (first == 0x14 || first == 0x15 || (first >= 0xd4 && first <= 0xd6))
        return note_at(t->note, ERR_UNSUPPORTED, offset, "unsupported: typed function references",
                       first == 0x14   ? "call_ref"
                       : first == 0x15 ? "return_call_ref"
                       : first == 0xd4 ? "ref.as_non_null"
                       : first == 0xd5 ? "br_on_null"
                                       : "br_on_non_null");
    if (first == 0xd3 || (first == 0xfb && second <= 30))
        return note_at(t->note, ERR_UNSUPPORTED, offset, "unsupported: garbage collection",
                       first == 0xd3 ? "ref.eq" : "a struct, array, i31 or cast instruction");
    return refuse(t, offset, "illegal opcode", NULL);
}

/* The opcode of a prefixed instruction, or one that is in no row. */
static enum err take_prefixed(struct take *t, uint8_t prefix, uint16_t *out)
{
    uint32_t n;

    TRY(take_u32(t, &n));
    *out = 0;
    if (prefix == 0xfd && n >= 0x100 && n < 0x200)
        *out = (uint16_t)(0xfb00 + (n - 0x100));
    else if (prefix != 0xfb && n < 0x100)
        *out = (uint16_t)((uint32_t)prefix << 8 | n);
    if (*out == 0 || imm_of[wasm_op_slot(*out)] == 0)
        return refuse_opcode(t, prefix, n);
    return ERR_OK;
}

enum err wasm_instr_read(struct wasm_instr *out, struct reader *r, uint32_t base,
                         struct wasm_note *note)
{
    struct take t = { .r = r, .before = *r, .base = base, .note = note };
    uint8_t first = reader_u8(r);

    *out = (struct wasm_instr){ .offset = base + (uint32_t)reader_offset(&t.before) };
    if (r->bad)
        return wasm_refuse_end(r, base, note);
    out->op = first;
    if (first >= 0xfb && first <= 0xfe)
        TRY(take_prefixed(&t, first, &out->op));
    else if (imm_of[first] == 0)
        return refuse_opcode(&t, first, 0);
    out->imm = (uint8_t)(imm_of[wasm_op_slot(out->op)] - 1);
    return take_immediates(&t, out);
}

uint32_t wasm_instr_next_label(struct wasm_instr *i) { return reader_leb_u32(&i->list); }

struct wasm_catch wasm_instr_next_catch(struct wasm_instr *i)
{
    struct wasm_catch c = { .kind = (enum wasm_catch_kind)reader_u8(&i->list) };

    if (c.kind == WASM_CATCH || c.kind == WASM_CATCH_REF)
        c.tag = reader_leb_u32(&i->list);
    c.label = reader_leb_u32(&i->list);
    return c;
}

enum wasm_type wasm_instr_next_type(struct wasm_instr *i)
{
    enum wasm_type type = WASM_NONE;

    if (wasm_valtype_read(&type, &i->list, 0, NULL) != ERR_OK)
        return WASM_NONE;
    return type;
}

enum err wasm_locals_begin(uint32_t *run_count, struct reader *r, uint32_t base,
                           struct wasm_note *note)
{
    struct reader before = *r;
    uint32_t count = reader_leb_u32(r);

    if (r->bad)
        return wasm_refuse_number(r, &before, 32, base, note);
    if (count > r->left / 2)
        return note_at(note, ERR_MALFORMED, base + reader_offset(&before),
                       "unexpected end of section or function", "local declarations");
    *run_count = count;
    return ERR_OK;
}

enum err wasm_locals_next(struct wasm_local_run *out, struct reader *r, uint32_t base,
                          struct wasm_note *note)
{
    struct reader before = *r;

    out->count = reader_leb_u32(r);
    if (r->bad)
        return wasm_refuse_number(r, &before, 32, base, note);
    return wasm_valtype_read(&out->type, r, base, note);
}

/* plain.c: the instructions whose type is a row of signatures.def. */
#include "wasm/validate/body.h"

/* Stands for the address type of the memory that the instruction names. */
#define TYPE_ADDR 0x7f

struct plain {
    uint8_t known;
    uint8_t natural; /* alignment, log2 */
    uint8_t result;
    uint8_t operand_count;
    uint8_t operands[3];
};

#define WASM_ADDR TYPE_ADDR
#define GIVEN(t) ((int)WASM_##t != 0)
#define COUNT(a, b, c) (GIVEN(a) + GIVEN(b) + GIVEN(c))
static const struct plain rows[WASM_OP_SLOTS] = {
#define SIG(first, last, natural, result, a, b, c)                                    \
    [WASM_OP_SLOT(WASM_OP_##first)... WASM_OP_SLOT(WASM_OP_##last)] = {               \
        1, (natural), WASM_##result, COUNT(a, b, c), { WASM_##a, WASM_##b, WASM_##c } \
    },
#include "wasm/validate/signatures.def"
#undef SIG
};
#undef COUNT
#undef GIVEN
#undef WASM_ADDR

bool body_is_plain(uint16_t op) { return rows[wasm_op_slot(op)].known != 0; }

/* Lanes of an extract or replace. Their opcodes stand in the order of shapes. */
static uint32_t lane_count(uint16_t op)
{
    if (op <= WASM_OP_I8X16_REPLACE_LANE)
        return 16;
    if (op <= WASM_OP_I16X8_REPLACE_LANE)
        return 8;
    if (op <= WASM_OP_I32X4_REPLACE_LANE)
        return 4;
    if (op <= WASM_OP_I64X2_REPLACE_LANE)
        return 2;
    return op <= WASM_OP_F32X4_REPLACE_LANE ? 4 : 2;
}

static enum err check_lanes(struct body *b, const struct plain *row)
{
    const struct wasm_instr *i = &b->i;

    if (i->imm == IMM_LANE && i->lane >= lane_count(i->op))
        return body_refuse(b, "invalid lane index", NULL);
    if (i->imm == IMM_MEMARG_LANE && i->lane >= 16 >> row->natural)
        return body_refuse(b, "invalid lane index", NULL);
    if (i->imm == IMM_SHUFFLE)
        for (int k = 0; k < 16; k++)
            if (i->v128[k] >= 32)
                return body_refuse(b, "invalid lane index", NULL);
    return ERR_OK;
}

/* Plain accesses may be aligned less than natural, atomic ones not (threads
 * proposal, validation). */
static enum err check_access(struct body *b, const struct plain *row, enum wasm_type *address)
{
    const struct wasm_instr *i = &b->i;
    const struct wasm_limits *limits;

    if (i->a >= b->m->memory_count)
        return body_unknown(b, "unknown memory", i->a, b->m->memory_count);
    limits = &b->m->memories[i->a].limits;
    *address = limits_address(limits);
    if (i->imm == IMM_MEMORY)
        return ERR_OK;
    if (i->align > row->natural)
        return body_refuse(b, "alignment must not be larger than natural", NULL);
    if (i->align < row->natural && i->op >= WASM_OP_MEMORY_ATOMIC_NOTIFY)
        return body_refuse(b, "atomic alignment must be natural", NULL);
    if (!limits->is64 && i->value > UINT32_MAX)
        return body_refuse(b, "offset out of range", "a 32-bit memory");
    return ERR_OK;
}

enum err body_plain(struct body *b)
{
    const struct plain *row = &rows[wasm_op_slot(b->i.op)];
    enum wasm_type address = WASM_I32;
    uint8_t imm = b->i.imm;

    if (imm == IMM_MEMARG || imm == IMM_MEMARG_LANE || imm == IMM_MEMORY)
        TRY(check_access(b, row, &address));
    if (imm == IMM_LANE || imm == IMM_MEMARG_LANE || imm == IMM_SHUFFLE)
        TRY(check_lanes(b, row));
    for (unsigned k = row->operand_count; k > 0; k--) {
        uint8_t want = row->operands[k - 1];

        TRY(body_pop(b, want == TYPE_ADDR ? address : (enum wasm_type)want));
    }
    if (row->result == WASM_NONE)
        return ERR_OK;
    return body_push(b, row->result == TYPE_ADDR ? address : (enum wasm_type)row->result);
}

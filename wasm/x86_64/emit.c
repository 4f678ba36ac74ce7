#include "wasm/x86_64/emit.h"
#include "base/limits.h"

/* --- Labels, jumps, sites */

emit_label emit_label_new(struct emit *e)
{
    if (!ARENA_RESERVE(e->arena, e->labels, e->label_room, e->label_count + 1u)) {
        e->enc.full = true;
        return 0;
    }
    e->labels[e->label_count] = EMIT_UNBOUND;
    return e->label_count++;
}

void emit_bind(struct emit *e, emit_label label)
{
    if (label >= e->label_count) /* there was no memory for it */
        e->enc.full = true;
    else
        e->labels[label] = e->enc.size;
}

static void add_gap(struct emit *e, struct emit_gap gap)
{
    if (!ARENA_RESERVE(e->arena, e->gaps, e->gap_room, e->gap_count + 1u)) {
        e->enc.full = true;
        return;
    }
    gap.at = e->enc.size;
    e->gaps[e->gap_count++] = gap;
    for (unsigned i = 0; i < gap.size; i++)
        encode_byte(&e->enc, 0x90);
}

void emit_jump(struct emit *e, emit_label to)
{
    add_gap(e, (struct emit_gap){ .to = to, .kind = EMIT_JUMP, .size = 5 });
}

void emit_jcc(struct emit *e, unsigned cc, emit_label to)
{
    add_gap(e, (struct emit_gap){ .to = to, .kind = EMIT_JCC, .cc = (uint8_t)cc, .size = 6 });
}

void emit_site(struct emit *e, enum wasm_site kind, enum wasm_trap trap, uint32_t offset)
{
    if (!ARENA_RESERVE(e->arena, e->sites, e->site_room, e->site_count + 1u)) {
        e->enc.full = true;
        return;
    }
    e->sites[e->site_count++] = (struct wasm_site_entry){
        .pc = e->enc.size, .offset = offset, .kind = (uint8_t)kind, .trap = (uint8_t)trap
    };
}

/* The stub of a trap: one for each distinct one, as far as a short look back finds it. */
static emit_label stub_for(struct emit *e, enum wasm_trap trap, uint32_t offset)
{
    for (uint32_t i = e->stub_count, seen = 0; i-- > 0 && seen < 8; seen++)
        if (e->stubs[i].trap == trap && e->stubs[i].offset == offset)
            return e->stubs[i].label;
    if (!ARENA_RESERVE(e->arena, e->stubs, e->stub_room, e->stub_count + 1u)) {
        e->enc.full = true;
        return 0;
    }
    emit_label label = emit_label_new(e);

    e->stubs[e->stub_count++] = (struct emit_stub){ label, offset, (uint8_t)trap };
    return label;
}

void emit_trap_if(struct emit *e, unsigned cc, enum wasm_trap trap, uint32_t offset)
{
    emit_jcc(e, cc, stub_for(e, trap, offset));
}

struct emit_slow emit_slow_new(struct emit *e)
{
    struct emit_slow s = { e->instr, emit_label_new(e), emit_label_new(e), e->pad_block };

    if (!ARENA_RESERVE(e->arena, e->slows, e->slow_room, e->slow_count + 1u))
        e->enc.full = true;
    else
        e->slows[e->slow_count++] = s;
    return s;
}

/* --- Memory operands */

void emit_context_load(struct emit *e, int32_t disp)
{
    encode_load(&e->enc, 8, R11, encode_mem(R15, disp));
}

void emit_view(struct emit *e, const struct mach_instr *in)
{
    if (in->mem != MEM_HEAP_VIEW)
        return;
    emit_context_load(e, (int32_t)(e->unit->layout->memories + 8u * in->scale));
    encode_load(&e->enc, 8, R11, encode_mem(R11, WASM_VIEW_BASE));
}

void emit_access(struct emit *e, const struct mach_instr *in)
{
    if (in->mem == MEM_HEAP || in->mem == MEM_HEAP_VIEW)
        emit_site(e, WASM_SITE_MEMORY, WASM_TRAP_MEMORY, in->offset);
}

/* An address computed into one of its own registers is a plain addition: shorter,
 * and its flags may save a test. */
static bool emit_lea_as_add(struct emit *e, const struct mach_instr *in)
{
    enum { ADD = 0x03, EXT_ADD = 0 };

    if (in->op != MOP_LEA || e->flags_live)
        return false;
    if (in->mem == MEM_BASE && in->x == in->d) {
        encode_int_imm(&e->enc, EXT_ADD, in->size, encode_reg(in->d), in->disp);
        return true;
    }
    if (in->mem != MEM_INDEX || in->scale != 1 || in->disp != 0 || in->a == MACH_NONE ||
        (in->a != in->d && in->x != in->d))
        return false;
    encode_int(&e->enc, ADD, in->size, in->d, encode_reg(in->a == in->d ? in->x : in->a));
    return true;
}

static void emit_plain(struct emit *e, const struct mach_instr *in)
{
    if ((mach_op_flags[in->op] & MOP_MOVE) && in->d == in->a)
        return;
    if (emit_lea_as_add(e, in)) {
        e->zero_of = in->d;
        e->zero_size = in->size;
        return;
    }
    emit_view(e, in);
    emit_access(e, in);
    encode_mop(&e->enc, in);
}

/* --- Control flow */

static uint32_t threaded(const struct emit *e, uint32_t block) { return e->thread[block]; }

static void jump_to_block(struct emit *e, uint32_t block)
{
    block = threaded(e, block);
    if (e->next_block == EMIT_UNBOUND || threaded(e, e->next_block) != block)
        emit_jump(e, block);
}

static void emit_branch(struct emit *e, const struct mach_instr *in, const struct mach_block *b)
{
    uint32_t yes = threaded(e, b->succ[0]), no = threaded(e, b->succ[1]);
    uint32_t next = e->next_block == EMIT_UNBOUND ? EMIT_UNBOUND : threaded(e, e->next_block);

    if (in->sub == 1) { /* equal: neither "not equal" nor "unordered" */
        emit_jcc(e, CC_P, no);
        if (next == yes) {
            emit_jcc(e, CC_NE, no);
        } else {
            emit_jcc(e, CC_E, yes);
            jump_to_block(e, no);
        }
    } else if (in->sub == 2) {
        emit_jcc(e, CC_P, yes);
        if (next == yes) {
            emit_jcc(e, CC_E, no);
        } else {
            emit_jcc(e, CC_NE, yes);
            jump_to_block(e, no);
        }
    } else if (yes == no) {
        jump_to_block(e, yes);
    } else if (next == yes) {
        emit_jcc(e, in->cc ^ 1u, no);
    } else {
        emit_jcc(e, in->cc, yes);
        jump_to_block(e, no);
    }
}

/* A few targets: comparisons, two targets to each. */
static void emit_few_targets(struct emit *e, uint32_t index, const uint32_t *targets,
                             uint32_t count)
{
    enum { EXT_CMP = 7 };

    for (uint32_t i = 0; i < count; i += 2) {
        bool both = i + 1 < count;

        encode_int_imm(&e->enc, EXT_CMP, 4, encode_reg(index), (int32_t)(both ? i + 1 : i));
        if (both)
            emit_jcc(e, CC_B, threaded(e, targets[i]));
        emit_jcc(e, CC_E, threaded(e, targets[both ? i + 1 : i]));
    }
    jump_to_block(e, targets[count]);
}

/* The index is compared with the count before it is used; the table holds
 * distances from its own start. */
static void emit_jump_table(struct emit *e, const struct mach_instr *in)
{
    const uint32_t *table = e->f->jump_tables[in->imm];
    uint32_t count = table[0] - 1; /* the last one is for all other numbers */
    struct encode_rm entry = { true, R11, (uint8_t)in->a, 4, 0 };

    if (count <= 4) {
        emit_few_targets(e, in->a, table + 1, count);
        return;
    }
    encode_int_imm(&e->enc, 7, 4, encode_reg(in->a), (int32_t)count);
    emit_jcc(e, CC_AE, threaded(e, table[table[0]]));
    if (!ARENA_RESERVE(e->arena, e->tables, e->table_room, e->table_count + 1u)) {
        e->enc.full = true;
        return;
    }
    /* lea r11, [rip + table] */
    encode_byte(&e->enc, 0x4c);
    encode_byte(&e->enc, 0x8d);
    encode_byte(&e->enc, 0x1d);
    e->tables[e->table_count++] = (struct emit_table){ e->enc.size, (uint32_t)in->imm };
    encode_word(&e->enc, 0);
    encode_legacy(&e->enc, (struct encode_head){ .opcode = 0x63, .wide = true }, in->c, entry);
    encode_int(&e->enc, 0x03, 8, R11, encode_reg(in->c));
    encode_legacy(&e->enc, (struct encode_head){ .opcode = 0xff }, 4, encode_reg(R11));
}

static bool emit_end(struct emit *e, const struct mach_instr *in, const struct mach_block *b)
{
    switch ((enum mach_op)in->op) {
    case MOP_JUMP:
    case MOP_INVOKE: jump_to_block(e, b->succ[0]); return true;
    case MOP_BRANCH: emit_branch(e, in, b); return true;
    case MOP_JUMP_TABLE: emit_jump_table(e, in); return true;
    case MOP_RETURN:
        emit_epilogue(e);
        encode_byte(&e->enc, 0xc3);
        return true;
    case MOP_TRAP: emit_jump(e, stub_for(e, (enum wasm_trap)in->trap, in->offset)); return true;
    default: return false;
    }
}

/* --- Blocks */

/* Which comes last: what is cold, and edges that leave a loop with moves on them. */
static bool is_aside(const struct emit *e, uint32_t b)
{
    const struct mach_block *block = &e->f->blocks[b];

    if (b == 0)
        return false;
    return block->cold || (block->is_edge && e->f->blocks[block->preds[0]].depth > block->depth);
}

static bool is_empty(const struct emit *e, uint32_t b, uint32_t *move)
{
    const struct mach_block *block = &e->f->blocks[b];

    while (*move < e->f->move_count && e->f->moves[*move].before < block->first)
        ++*move;
    for (uint32_t i = *move; i < e->f->move_count && e->f->moves[i].before < block->end; i++)
        if (e->f->moves[i].remat || e->f->moves[i].d != e->f->moves[i].a)
            return false;
    /* A loop's header stays, so that no chain of empty blocks closes on itself. */
    return block->end == block->first + 1 && e->f->code[block->first].op == MOP_JUMP && b != 0 &&
           block->loop_end == 0;
}

static enum err plan_blocks(struct emit *e)
{
    uint32_t count = e->f->block_count, at = 0, move = 0;

    e->order = arena_array(e->arena, count + 1u, sizeof *e->order);
    e->thread = arena_array(e->arena, count + 1u, sizeof *e->thread);
    if (e->order == NULL || e->thread == NULL)
        return ERR_NOMEM;
    for (uint32_t b = 0; b < count; b++)
        e->thread[b] = is_empty(e, b, &move) ? e->f->blocks[b].succ[0] : b;
    for (uint32_t b = count; b-- > 0;) /* forward chains in one go; a loop's back edge ends one */
        if (e->thread[b] > b)
            e->thread[b] = e->thread[e->thread[b]];
    for (uint32_t b = 0; b < count; b++)
        if (!is_aside(e, b) && e->thread[b] == b)
            e->order[at++] = b;
    for (uint32_t b = 0; b < count; b++)
        if (is_aside(e, b) && e->thread[b] == b)
            e->order[at++] = b;
    e->order[at] = EMIT_UNBOUND;
    for (uint32_t b = 0; b < count; b++)
        (void)emit_label_new(e);
    return ERR_OK;
}

static void align_loop(struct emit *e)
{
    add_gap(e, (struct emit_gap){ .kind = EMIT_ALIGN, .size = 15 });
}

static uint32_t first_move(const struct emit *e, uint32_t instr)
{
    uint32_t low = 0, high = e->f->move_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (e->f->moves[middle].before < instr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool reads_flags(const struct emit *e, const struct mach_block *b, uint32_t i)
{
    return i < b->end && (mach_op_flags[e->f->code[i].op] & MOP_FLAGS_IN);
}

/* Operations whose zero and sign flags tell about their result. */
static bool tells_zero(const struct mach_instr *in)
{
    switch ((enum mach_op)in->op) {
    case MOP_ADD:
    case MOP_SUB:
    case MOP_AND:
    case MOP_OR:
    case MOP_XOR:
    case MOP_ADDI:
    case MOP_SUBI:
    case MOP_ANDI:
    case MOP_ORI:
    case MOP_XORI:
    case MOP_NEG: return true;
    default: return false;
    }
}

/* A test of what has just been computed, asked only for zero or sign: the flags say it already. */
static bool is_told(const struct emit *e, const struct mach_block *b, uint32_t i)
{
    const struct mach_instr *in = &e->f->code[i], *reader = in + 1;

    return in->op == MOP_TEST && in->a == in->b && in->a == e->zero_of &&
           in->size == e->zero_size && reads_flags(e, b, i + 1) && !reads_flags(e, b, i + 2) &&
           reader->sub == 0 &&
           (reader->cc == CC_E || reader->cc == CC_NE || reader->cc == CC_S || reader->cc == CC_NS);
}

static void emit_instr(struct emit *e, const struct mach_block *b, uint32_t i)
{
    const struct mach_instr *in = &e->f->code[i];

    e->instr = i;
    e->flags_live = reads_flags(e, b, i);
    if (emit_end(e, in, b))
        return;
    if (!is_told(e, b, i)) {
        e->zero_of = tells_zero(in) ? in->d : MACH_NONE;
        e->zero_size = in->size;
        if (mach_encodings[in->op].form == FORM_SPECIAL)
            emit_special(e, in);
        else
            emit_plain(e, in);
    }
    /* What sets flags stands right before what reads them. */
    e->flags_live = reads_flags(e, b, i + 1);
}

static void emit_block(struct emit *e, uint32_t b)
{
    const struct mach_block *block = &e->f->blocks[b];
    uint32_t move = first_move(e, block->first);

    if (block->loop_end != 0 && !block->cold && block->loop_end - b <= 16)
        align_loop(e);
    emit_bind(e, b);
    e->flags_live = false;
    e->zero_of = MACH_NONE;
    e->pad_block = block->end > block->first && e->f->code[block->end - 1].op == MOP_INVOKE
                       ? block->succ[1]
                       : EMIT_UNBOUND;
    if (block->is_pad && e->has_context_slot) {
        encode_load(&e->enc, 8, R15, encode_mem(RSP, (int32_t)e->saved_r15));
        encode_load(&e->enc, 8, R14, encode_mem(R15, WASM_CONTEXT_MEMORY0));
    }
    for (uint32_t i = block->first; i < block->end; i++) {
        while (move < e->f->move_count && e->f->moves[move].before <= i)
            emit_move(e, &e->f->moves[move++]);
        emit_instr(e, block, i);
    }
}

static void emit_slow_halves(struct emit *e)
{
    for (uint32_t i = 0; i < e->slow_count; i++) {
        const struct mach_instr *in = &e->f->code[e->slows[i].instr];

        e->instr = e->slows[i].instr;
        e->pad_block = e->slows[i].pad_block;
        emit_bind(e, e->slows[i].in);
        if (mach_op_flags[in->op] & MOP_CALL)
            emit_call_slow(e, in, e->slows[i]);
        else
            emit_float_slow(e, in, e->slows[i]);
    }
}

static void emit_stubs(struct emit *e)
{
    for (uint32_t i = 0; i < e->stub_count; i++) {
        emit_bind(e, e->stubs[i].label);
        encode_legacy(&e->enc, (struct encode_head){ .opcode = 0xff }, 2,
                      encode_mem(R15, WASM_CONTEXT_TRAP_EXIT));
        emit_site(e, WASM_SITE_TRAP, (enum wasm_trap)e->stubs[i].trap, e->stubs[i].offset);
    }
    encode_byte(&e->enc, 0xcc); /* so that the last return address is inside the function */
}

enum err mach_emit(struct wasm_code *out, struct mach_func *f, struct wasm_note *note)
{
    struct emit e = {
        .enc = { .arena = f->arena }, .f = f, .unit = f->ir->unit, .arena = f->arena
    };
    enum err err;

    if (!ARENA_RESERVE(e.arena, e.enc.bytes, e.enc.room, 6 * (size_t)f->code_count + 64) ||
        plan_blocks(&e) != ERR_OK)
        return note_at(note, ERR_NOMEM, 0, "compile memory", "emission");
    emit_frame_plan(&e);
    if (e.frame + 8 * e.kept_count > LIMIT_FRAME_SIZE)
        return note_at(note, ERR_LIMIT, 0, "stack frame", "the function needs too large a frame");
    emit_prologue(&e);
    for (uint32_t i = 0; e.order[i] != EMIT_UNBOUND; i++) {
        e.next_block = e.order[i + 1];
        emit_block(&e, e.order[i]);
    }
    emit_slow_halves(&e);
    emit_stubs(&e);
    err = e.enc.full ? ERR_NOMEM : emit_layout(&e, out);
    if (err != ERR_OK)
        return note_at(note, err, 0, "compile memory", "emission");
    return ERR_OK;
}

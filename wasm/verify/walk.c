/* All paths, to a fixed point: a block is walked again whenever what is known at its
 * start became less.
 *
 * Frame slots are followed only as far as needed, since each costs a word in every block:
 * first none but that of r15; where this proves too little, those that hold references,
 * checked indices and constants (effort 1), then low words too (effort 2), of slots that some
 * instruction reads whole, since a 32-bit load is low whatever it reads; then the same of all
 * slots (efforts 3 and 4). Whatever proves it, the code is proved. */
#include <string.h>

#include "wasm/verify/verify.h"

/* Each byte may be walked over this often: kinds fall a few steps, per nested loop. */
enum { WORK_PER_BYTE = 64, WORK_FLOOR = 1 << 16 };

/* --- Cells */

static uint32_t slot_count(const struct verify *v) { return v->frame / 8 + 2; }

uint32_t cell_of_spill(const struct verify *v, uint32_t number) { return slot_count(v) + number; }

uint32_t cell_of_memory(const struct verify *v, uint32_t memory)
{
    return slot_count(v) + WASM_ABI_SPILL_COUNT + memory;
}

kind cell_get(const struct verify *v, uint32_t key)
{
    uint32_t number = v->cells.numbers[key];

    return number == 0 || number > v->now.cell_count ? KIND_ANY : v->now.cells[number - 1];
}

static bool is_followed(const struct verify *v, uint32_t key, kind k)
{
    if (k == KIND_ANY)
        return false;
    if (key >= slot_count(v) || kind_is(k, KIND_CONTEXT))
        return true;
    if (v->effort == 0 || (v->effort < 3 && !v->read_whole[key]))
        return false;
    return v->effort % 2 == 0 || !kind_is(k, KIND_LOW);
}

/* Which slots some instruction reads as 64 bits. */
static bool find_read_whole(struct verify *v)
{
    struct insn in;

    v->read_whole = arena_alloc(v->arena, slot_count(v));
    if (v->read_whole == NULL)
        return verify_nomem(v);
    for (uint32_t at = v->body; at < v->code->text_size; at++)
        if ((v->marks[at] & MARK_START) && verify_decode(v, &in, at) && operand_is_slot(&in) &&
            !in.writes_mem && in.access == 8 && in.disp >= 0 &&
            (uint32_t)in.disp / 8 < slot_count(v))
            v->read_whole[(uint32_t)in.disp / 8] = 1;
    return true;
}

static bool cell_new(struct verify *v, uint32_t key)
{
    struct cells *c = &v->cells;

    if (c->count == v->now_room) {
        uint32_t room = v->now_room * 2 + 16;
        kind *cells = arena_array(v->arena, room, sizeof *cells);
        uint32_t *keys = arena_array(v->arena, room, sizeof *keys);

        v->spare = arena_array(v->arena, room, sizeof *v->spare);
        if (cells == NULL || keys == NULL || v->spare == NULL)
            return verify_nomem(v);
        if (c->count != 0) {
            memcpy(cells, v->now.cells, v->now.cell_count * sizeof *cells);
            memcpy(keys, c->keys, c->count * sizeof *keys);
        }
        v->now.cells = cells;
        c->keys = keys;
        v->now_room = room;
    }
    c->keys[c->count++] = key;
    c->numbers[key] = c->count;
    return true;
}

bool cell_set(struct verify *v, uint32_t key, kind k)
{
    uint32_t number = v->cells.numbers[key];

    if (number == 0) {
        if (!is_followed(v, key, k))
            return true;
        if (!cell_new(v, key))
            return false;
        number = v->cells.count;
    }
    while (v->now.cell_count < number)
        v->now.cells[v->now.cell_count++] = KIND_ANY;
    v->now.cells[number - 1] = k;
    return true;
}

void cell_forget_spill(struct verify *v)
{
    uint32_t first = cell_of_spill(v, 0);

    for (uint32_t n = 0; n < v->now.cell_count; n++)
        if (v->cells.keys[n] >= first && v->cells.keys[n] < first + WASM_ABI_SPILL_COUNT)
            v->now.cells[n] = KIND_ANY;
}

/* --- Joining */

static kind *cells_copy(struct verify *v, const kind *from, uint32_t count)
{
    kind *cells = arena_array(v->arena, count, sizeof *cells);

    if (cells == NULL)
        (void)verify_nomem(v);
    else
        memcpy(cells, from, count * sizeof *cells);
    return cells;
}

/* Most blocks change no cell: they share those of the block that leads to them. */
static bool block_reach(struct verify *v, struct block *b)
{
    uint32_t count = v->now.cell_count;
    struct block *from = v->here;
    kind *cells = NULL;

    if (count != 0 && from != NULL && from->in.cell_count == count &&
        memcmp(from->in.cells, v->now.cells, count * sizeof *cells) == 0) {
        cells = from->in.cells;
        from->is_shared = b->is_shared = true;
    } else if (count != 0) {
        cells = cells_copy(v, v->now.cells, count);
        if (cells == NULL)
            return false;
    }
    b->in = v->now;
    b->in.cells = cells;
    b->is_reached = b->is_dirty = true;
    return true;
}

static bool kinds_meet(struct verify *v, kind *into, kind with)
{
    kind met = *into == with ? with : extent_meet(v, *into, with);
    bool is_less = met != *into;

    *into = met;
    return is_less;
}

static void cells_meet(struct verify *v, struct block *b)
{
    for (uint32_t n = 0; n < b->in.cell_count && !v->is_nomem; n++) {
        kind with = n < v->now.cell_count ? v->now.cells[n] : KIND_ANY;
        kind met = b->in.cells[n];

        if (!kinds_meet(v, &met, with))
            continue;
        if (b->is_shared) {
            kind *own = cells_copy(v, b->in.cells, b->in.cell_count);

            if (own == NULL)
                return;
            b->in.cells = own;
            b->is_shared = false;
        }
        b->in.cells[n] = met;
        b->is_dirty = true;
    }
}

static bool block_meet(struct verify *v, struct block *b)
{
    bool is_less = false;

    for (unsigned r = 0; r < REG_COUNT; r++) {
        is_less |= kinds_meet(v, &b->in.regs[r], v->now.regs[r]);
        if (b->in.links[r] != 0 && b->in.links[r] != v->now.links[r]) {
            b->in.links[r] = 0;
            is_less = true;
        }
    }
    b->is_dirty |= is_less;
    cells_meet(v, b);
    return !v->is_nomem;
}

bool verify_walk_to(struct verify *v, uint32_t target)
{
    struct block *b = verify_block(v, target);

    if (b == NULL) /* flow.c has made one of every target */
        return verify_refuse(v, target, "jump to no block");
    if (!b->is_reached)
        return block_reach(v, b);
    return block_meet(v, b);
}

/* --- Branches */

/* To the target with what the condition says; the state is as before afterwards. */
static bool walk_refined(struct verify *v, uint32_t target)
{
    struct state before = v->now;
    struct fact fact = v->fact;
    kind *cells = v->spare;
    bool done;

    if (before.cell_count != 0)
        memcpy(cells, before.cells, before.cell_count * sizeof *cells);
    if (!fact_apply(v))
        return false;
    done = v->is_dead || verify_walk_to(v, target);
    v->is_dead = false;
    v->fact = fact;
    before.cells = v->now.cells; /* a new cell may have moved them all, and was nothing before */
    v->now = before;
    if (before.cell_count != 0)
        memcpy(v->now.cells, cells, before.cell_count * sizeof *cells);
    return done;
}

static bool walk_jcc(struct verify *v, const struct insn *in)
{
    if (v->fact.kind != FACT_NONE && v->fact.when == in->cc)
        return walk_refined(v, in->target);
    if (!verify_walk_to(v, in->target))
        return false;
    if (v->not_cc == (in->cc ^ 1)) { /* either this jump was taken or the one before it */
        v->is_dead = true;
        return true;
    }
    v->not_cc = in->cc;
    return v->fact.kind == FACT_NONE || v->fact.when != (in->cc ^ 1) || fact_apply(v);
}

static bool walk_table(struct verify *v, const struct insn *in, const struct jump_table *t)
{
    if (!kind_is_low(v->now.regs[t->index]))
        return verify_refuse(v, in->at, "jump table index that may have upper bits");
    if (!step_set(v, in, t->scratch, KIND_ANY) || !step_set(v, in, REG_R11, KIND_ANY))
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        if (!verify_walk_to(v, verify_table_entry(v, t, i)))
            return false;
    v->is_dead = true;
    return true;
}

/* --- Blocks */

static bool may_end_frame(const struct verify *v, const struct insn *in)
{
    return in->op == INSN_RET || in->op == INSN_POP || in->op == INSN_JMP_INDIRECT ||
           (in->op == INSN_ADD_IMM && in->rm == REG_RSP && !in->has_mem) ||
           (in->op == INSN_JMP && verify_is_relocated(v, in));
}

static bool walk_instruction(struct verify *v, const struct insn *in)
{
    const struct jump_table *t;
    struct insn exit;

    if (may_end_frame(v, in)) {
        if (!verify_epilogue(v, in, &exit))
            return verify_refuse(v, in->at, "epilogue");
        return call_leave(v, &exit);
    }
    switch (in->op) {
    case INSN_JCC: return walk_jcc(v, in);
    case INSN_JMP: v->is_dead = true; return verify_walk_to(v, in->target);
    case INSN_CALL:
    case INSN_CALL_INDIRECT: return call_step(v, in);
    case INSN_STOP: v->is_dead = true; return true;
    case INSN_LEA:
        t = in->base == REG_RIP ? verify_table(v, in->at) : NULL;
        return t != NULL ? walk_table(v, in, t) : step(v, in);
    default: return step(v, in);
    }
}

static void take_state(struct verify *v, const struct block *b)
{
    kind *cells = v->now.cells;

    if (b->in.cell_count != 0)
        memcpy(cells, b->in.cells, b->in.cell_count * sizeof *cells);
    v->now = b->in;
    v->now.cells = cells;
    fact_forget(v);
    v->is_dead = false;
}

static bool walk_block(struct verify *v, struct block *b)
{
    struct insn in = { .next = b->start };

    b->is_dirty = false;
    v->here = b;
    take_state(v, b);
    do {
        if (!verify_decode(v, &in, in.next))
            return verify_refuse(v, in.next, "text runs out at its end");
        v->work++;
        if (!walk_instruction(v, &in))
            return false;
        if (v->is_dead)
            return true;
    } while (in.next >= v->code->text_size || !(v->marks[in.next] & MARK_TARGET));
    return verify_walk_to(v, in.next);
}

static bool walk_start(struct verify *v)
{
    uint32_t keys = slot_count(v) + WASM_ABI_SPILL_COUNT + v->m->memory_count;

    for (uint32_t i = 0; i < v->block_count; i++)
        v->blocks[i] = (struct block){ .start = v->blocks[i].start };
    v->cells = (struct cells){ .numbers = arena_array(v->arena, keys, sizeof(uint32_t)) };
    v->now = (struct state){ .cells = NULL };
    v->now_room = 0;
    v->here = NULL;
    if (v->cells.numbers == NULL)
        return verify_nomem(v);
    if (v->effort == 1 && !find_read_whole(v))
        return false;
    v->extent_count = 0;
    v->work = 0;
    call_entry(v);
    return !v->is_nomem && verify_walk_to(v, v->body);
}

bool verify_walk(struct verify *v)
{
    uint64_t most = (uint64_t)v->code->text_size * WORK_PER_BYTE + WORK_FLOOR;
    bool is_dirty = true;

    if (!walk_start(v))
        return false;
    while (is_dirty) {
        is_dirty = false;
        for (uint32_t i = 0; i < v->block_count; i++) {
            if (!v->blocks[i].is_dirty)
                continue;
            is_dirty = true;
            if (!walk_block(v, &v->blocks[i]) || v->is_nomem)
                return false;
            if (v->work > most)
                return verify_refuse(v, v->blocks[i].start, "too many rounds");
        }
    }
    return true;
}

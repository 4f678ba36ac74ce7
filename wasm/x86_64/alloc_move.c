#include "wasm/x86_64/alloc.h"

static mach_operand scratch_of(uint8_t kind)
{
    return alloc_is_vector(kind) ? ALLOC_SCRATCH_VECTOR : ALLOC_SCRATCH_GENERAL;
}

static void push(struct alloc_moves *m, struct mach_move move)
{
    if (!ARENA_RESERVE(m->arena, m->list, m->room, (size_t)m->count + 1)) {
        m->full = true;
        return;
    }
    m->list[m->count++] = move;
}

void alloc_move_add(struct alloc_moves *m, uint32_t before, uint8_t kind, mach_operand d,
                    uint8_t from_kind, mach_operand a)
{
    /* No more is read from a slot than lies there. */
    if (mach_is_slot(a) && alloc_width(from_kind) > alloc_width(kind))
        from_kind = kind;
    if (mach_is_slot(d) && mach_is_slot(a)) {
        mach_operand scratch = scratch_of(kind);

        push(m, (struct mach_move){ .before = before, .kind = from_kind, .d = scratch, .a = a });
        a = scratch;
    } else if (mach_is_slot(a)) {
        kind = from_kind;
    }
    push(m, (struct mach_move){ .before = before, .kind = kind, .d = d, .a = a });
}

void alloc_move_remat(struct alloc_moves *m, uint32_t before, uint8_t kind, mach_operand d,
                      uint32_t instr)
{
    mach_operand to = mach_is_slot(d) ? scratch_of(kind) : d;

    push(m, (struct mach_move){ .before = before, .kind = kind, .remat = 1, .d = to, .a = instr });
    if (to != d)
        push(m, (struct mach_move){ .before = before, .kind = kind, .d = d, .a = to });
}

/* Places: registers by number, then slots by their offset in units of 4 bytes. */
static uint32_t place_of(mach_operand o)
{
    return mach_is_slot(o) ? MACH_REG_COUNT + (o - MACH_SLOT) / 4 : o;
}

enum err alloc_parallel_init(struct alloc_parallel *p, struct arena *arena, uint32_t slot_size,
                             uint32_t spare)
{
    *p = (struct alloc_parallel){ .arena = arena, .spare = spare };
    p->place_count = MACH_REG_COUNT + slot_size / 4;
    p->writer = arena_array(arena, p->place_count, sizeof *p->writer);
    p->readers = arena_array(arena, p->place_count, sizeof *p->readers);
    return p->writer != NULL && p->readers != NULL ? ERR_OK : ERR_NOMEM;
}

static void add(struct alloc_parallel *p, struct alloc_parallel_move move)
{
    if (ARENA_RESERVE(p->arena, p->list, p->room, (size_t)p->count + 1))
        p->list[p->count++] = move;
    else
        p->full = true;
}

void alloc_parallel_add(struct alloc_parallel *p, uint8_t kind, mach_operand d, uint8_t from_kind,
                        mach_operand a)
{
    if (d != a)
        add(p,
            (struct alloc_parallel_move){ .d = d, .a = a, .kind = kind, .from_kind = from_kind });
}

void alloc_parallel_remat(struct alloc_parallel *p, uint8_t kind, mach_operand d, uint32_t instr)
{
    add(p, (struct alloc_parallel_move){ .d = d, .a = instr, .kind = kind, .remat = 1 });
}

/* Emits every move whose destination nobody has yet to read, and those that this
 * frees. Each place is a destination once. */
static void drain(struct alloc_parallel *p, uint32_t ready, struct alloc_moves *out,
                  uint32_t before)
{
    while (ready != 0) {
        uint32_t to = p->ready[--ready];
        struct alloc_parallel_move *move = &p->list[p->writer[to] - 1];
        uint32_t from;

        p->writer[to] = 0;
        if (move->remat) {
            alloc_move_remat(out, before, move->kind, move->d, move->a);
            continue;
        }
        alloc_move_add(out, before, move->kind, move->d, move->from_kind, move->a);
        from = place_of(move->a);
        if (p->readers[from] != 0 && --p->readers[from] == 0 && p->writer[from] != 0)
            p->ready[ready++] = from;
    }
}

/* What is left are cycles, each place read once. Saves the destination of `move`
 * aside and lets its one reader read it there. */
static void open_cycle(struct alloc_parallel *p, struct alloc_parallel_move *move,
                       struct alloc_moves *out, uint32_t before)
{
    struct alloc_parallel_move *reader = move;
    bool slots = mach_is_slot(move->d);
    mach_operand aside;

    while (reader->a != move->d) {
        reader = &p->list[p->writer[place_of(reader->a)] - 1];
        slots = slots || mach_is_slot(reader->d);
    }
    /* A slot in the cycle may need the scratch register for itself. */
    aside = slots ? MACH_SLOT + p->spare : scratch_of(move->kind);
    p->spare_used = p->spare_used || slots;
    alloc_move_add(out, before, reader->from_kind, aside, reader->from_kind, move->d);
    reader->a = aside;
    p->readers[place_of(move->d)] = 0;
}

void alloc_parallel_emit(struct alloc_parallel *p, struct alloc_moves *out, uint32_t before)
{
    uint32_t ready = 0;

    if (p->count == 0)
        return;
    if (!ARENA_RESERVE(p->arena, p->ready, p->ready_room, (size_t)p->count + 1)) {
        p->full = true;
        p->count = 0;
        return;
    }
    for (uint32_t i = 0; i < p->count; i++) {
        p->writer[place_of(p->list[i].d)] = i + 1;
        if (!p->list[i].remat)
            p->readers[place_of(p->list[i].a)]++;
    }
    for (uint32_t i = 0; i < p->count; i++)
        if (p->readers[place_of(p->list[i].d)] == 0)
            p->ready[ready++] = place_of(p->list[i].d);
    drain(p, ready, out, before);
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t to = place_of(p->list[i].d);

        if (p->writer[to] != i + 1)
            continue;
        open_cycle(p, &p->list[i], out, before);
        p->ready[0] = to;
        drain(p, 1, out, before);
    }
    p->count = 0;
}

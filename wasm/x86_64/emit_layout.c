#include <string.h>

#include "base/num.h"
#include "wasm/x86_64/emit.h"

/* Where everything ends up. Positions so far are those of the long form; a
 * position moves down by the bytes that fall away in the gaps before it. */
struct shrink {
    struct emit *e;
    uint32_t *before; /* per gap, and one more: bytes gone before it */
};

static unsigned long_size(const struct emit_gap *g)
{
    return g->kind == EMIT_JUMP ? 5 : g->kind == EMIT_JCC ? 6 : 15;
}

static void sum_up(struct shrink *s)
{
    uint32_t gone = 0;

    for (uint32_t i = 0; i < s->e->gap_count; i++) {
        s->before[i] = gone;
        gone += long_size(&s->e->gaps[i]) - s->e->gaps[i].size;
    }
    s->before[s->e->gap_count] = gone;
}

static uint32_t moved(const struct shrink *s, uint32_t at)
{
    uint32_t low = 0, high = s->e->gap_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (s->e->gaps[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return at - s->before[low];
}

/* Makes jumps short that reach. Padding still counts in full, so that distances
 * only ever get smaller: a jump once short stays right. */
static void shorten(struct shrink *s)
{
    for (uint32_t i = 0; i < s->e->gap_count; i++) {
        struct emit_gap *g = &s->e->gaps[i];
        uint32_t end = g->at - s->before[i] + g->size;
        int64_t distance;

        if (g->kind == EMIT_ALIGN || g->size == 2)
            continue;
        distance = (int64_t)moved(s, s->e->labels[g->to]) - end;
        /* A target behind comes nearer to the end as the jump itself shrinks. */
        if (distance >= -124 && distance <= 127)
            g->size = 2;
    }
}

static void settle_padding(struct shrink *s)
{
    uint32_t gone = 0;

    for (uint32_t i = 0; i < s->e->gap_count; i++) {
        struct emit_gap *g = &s->e->gaps[i];

        s->before[i] = gone;
        if (g->kind == EMIT_ALIGN)
            g->size = (uint8_t)(-(g->at - gone) & 15);
        gone += long_size(g) - g->size;
    }
    s->before[s->e->gap_count] = gone;
}

static void write_word(uint8_t *at, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(word >> 8 * i);
}

/* Intel SDM volume 2, NOP: the recommended multi-byte forms. */
static void write_padding(uint8_t *at, unsigned size)
{
    static const uint8_t forms[9][9] = {
        { 0x90 },
        { 0x66, 0x90 },
        { 0x0f, 0x1f, 0x00 },
        { 0x0f, 0x1f, 0x40, 0x00 },
        { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
        { 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
    };

    while (size > 0) {
        unsigned n = size < 9 ? size : 9;

        memcpy(at, forms[n - 1], n);
        at += n;
        size -= n;
    }
}

static void write_gap(const struct shrink *s, const struct emit_gap *g, uint8_t *at, uint32_t place)
{
    uint32_t distance;

    if (g->kind == EMIT_ALIGN) {
        write_padding(at, g->size);
        return;
    }
    distance = moved(s, s->e->labels[g->to]) - (place + g->size);
    if (g->size == 2) {
        at[0] = (uint8_t)(g->kind == EMIT_JUMP ? 0xeb : 0x70 + g->cc);
        at[1] = (uint8_t)distance;
    } else if (g->kind == EMIT_JUMP) {
        at[0] = 0xe9;
        write_word(at + 1, distance);
    } else {
        at[0] = 0x0f;
        at[1] = (uint8_t)(0x80 + g->cc);
        write_word(at + 2, distance);
    }
}

/* Closes the gaps, in place: nothing moves up. */
static void compact(const struct shrink *s)
{
    struct encoder *enc = &s->e->enc;
    uint32_t from = 0, to = 0;

    for (uint32_t i = 0; i < s->e->gap_count; i++) {
        const struct emit_gap *g = &s->e->gaps[i];

        memmove(enc->bytes + to, enc->bytes + from, g->at - from);
        to += g->at - from;
        write_gap(s, g, enc->bytes + to, to);
        to += g->size;
        from = g->at + long_size(g);
    }
    memmove(enc->bytes + to, enc->bytes + from, enc->size - from);
    enc->size = to + (enc->size - from);
}

static void move_records(struct shrink *s)
{
    struct emit *e = s->e;

    for (uint32_t i = 0; i < e->site_count; i++) {
        e->sites[i].pc = moved(s, e->sites[i].pc);
        if (e->sites[i].pad_pc != 0)
            e->sites[i].pad_pc = moved(s, e->labels[e->sites[i].pad_pc - 1]);
    }
    for (uint32_t i = 0; i < e->reloc_count; i++)
        e->relocs[i].at = moved(s, e->relocs[i].at);
    for (uint32_t i = 0; i < e->enc.pool_use_count; i++)
        e->enc.pool_uses[i].at = moved(s, e->enc.pool_uses[i].at);
    for (uint32_t i = 0; i < e->table_count; i++)
        e->tables[i].at = moved(s, e->tables[i].at);
}

static void pad_to(struct emit *e, uint32_t unit)
{
    while (e->enc.size % unit != 0 && !e->enc.full)
        encode_byte(&e->enc, 0xcc);
}

static void append_pool(struct emit *e)
{
    uint32_t start;

    pad_to(e, 16);
    start = e->enc.size;
    for (uint32_t i = 0; i < e->f->pool_count; i++)
        for (unsigned half = 0; half < 2; half++) {
            encode_word(&e->enc, (uint32_t)e->f->pool[i][half]);
            encode_word(&e->enc, (uint32_t)(e->f->pool[i][half] >> 32));
        }
    for (uint32_t i = 0; i < e->enc.pool_use_count && !e->enc.full; i++) {
        const struct encode_pool_use *u = &e->enc.pool_uses[i];

        write_word(e->enc.bytes + u->at, start + 16 * u->number - (u->at + 4 + u->tail));
    }
}

static void append_tables(struct shrink *s)
{
    struct emit *e = s->e;

    for (uint32_t i = 0; i < e->table_count && !e->enc.full; i++) {
        const uint32_t *table = e->f->jump_tables[e->tables[i].number];
        uint32_t start = e->enc.size;

        write_word(e->enc.bytes + e->tables[i].at, start - (e->tables[i].at + 4));
        for (uint32_t k = 0; k + 1 < table[0]; k++)
            encode_word(&e->enc, moved(s, e->labels[e->thread[table[k + 1]]]) - start);
    }
}

static uint8_t saved_bits(const struct emit *e)
{
    return (uint8_t)((e->kept >> RBX & 1) | (e->kept >> RBP & 1) << 1 | (e->kept >> R12 & 1) << 2 |
                     (e->kept >> R13 & 1) << 3);
}

enum err emit_layout(struct emit *e, struct wasm_code *out)
{
    struct shrink s = { e, arena_array(e->arena, e->gap_count + 1u, sizeof *s.before) };
    uint32_t text_size;

    if (s.before == NULL)
        return ERR_NOMEM;
    for (unsigned pass = 0; pass < 2; pass++) {
        sum_up(&s);
        shorten(&s);
    }
    settle_padding(&s);
    compact(&s);
    move_records(&s);
    text_size = e->enc.size;
    append_pool(e);
    append_tables(&s);
    pad_to(e, 16);
    if (e->enc.full)
        return ERR_NOMEM;
    *out = (struct wasm_code){
        .bytes = e->enc.bytes,
        .size = e->enc.size,
        .text_size = text_size,
        .frame_size = e->frame + 8 * e->kept_count,
        .saved = saved_bits(e),
        .sites = e->sites,
        .site_count = e->site_count,
        .relocs = e->relocs,
        .reloc_count = e->reloc_count,
    };
    return ERR_OK;
}

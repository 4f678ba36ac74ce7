#include "wasm/ir/build.h"

/* Value numbering by hash: a value is used again where its block dominates the
 * one at hand. The table keeps the newest of a few candidates; losing one costs
 * an operation, never correctness. */

enum { NUMBER_PROBES = 4 };

static uint32_t number_hash(const struct ir_val *v)
{
    uint64_t h = (uint64_t)v->a * 0x9e3779b97f4a7c15u;

    h ^= ((uint64_t)v->b << 32 | v->c) * 0xc2b2ae3d27d4eb4fu;
    h ^= ((uint64_t)v->op << 40 | (uint64_t)v->type << 32 | (uint64_t)v->sub << 16 |
          (uint64_t)v->aux << 8 | v->mem) *
         0x165667b19e3779f9u;
    h ^= h >> 29;
    h *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32);
}

static bool number_same(const struct ir_val *x, const struct ir_val *y)
{
    return x->op == y->op && x->type == y->type && x->sub == y->sub && x->aux == y->aux &&
           x->mem == y->mem && x->a == y->a && x->b == y->b && x->c == y->c;
}

enum err number_init(struct builder *b)
{
    uint32_t size = 256;

    while (size < b->body_size / 8)
        size *= 2;
    b->numbers = arena_array(b->arena, size, sizeof *b->numbers);
    b->number_mask = size - 1;
    return b->numbers == NULL ? ERR_NOMEM : ERR_OK;
}

ir_value number_find(struct builder *b, const struct ir_val *v)
{
    uint32_t h = number_hash(v);

    for (uint32_t i = 0; i < NUMBER_PROBES; i++) {
        struct number_slot *s = &b->numbers[(h + i) & b->number_mask];

        if (s->value == 0)
            return 0;
        if (number_same(val(b, s->value), v) && block_dominates(b, s->block, b->block))
            return s->value;
    }
    return 0;
}

void number_add(struct builder *b, ir_value v)
{
    uint32_t h = number_hash(val(b, v));
    struct number_slot *victim = &b->numbers[h & b->number_mask];

    for (uint32_t i = 0; i < NUMBER_PROBES; i++) {
        struct number_slot *s = &b->numbers[(h + i) & b->number_mask];

        if (s->value == 0 || number_same(val(b, s->value), val(b, v))) {
            victim = s;
            break;
        }
        if (s->value < victim->value)
            victim = s;
    }
    *victim = (struct number_slot){ v, b->block };
}

/* Ancestors at a depth are found by jumps of growing length (Myers, "An applicative
 * random-access stack"): each block has its idom and one jump, chosen so that
 * any walk is logarithmic. */
static ir_block ancestor_at(const struct builder *b, ir_block x, uint32_t depth)
{
    while (b->info[x].depth > depth) {
        ir_block jump = b->info[x].jump;

        x = b->info[jump].depth >= depth ? jump : b->f->blocks[x].idom;
    }
    return x;
}

bool block_dominates(const struct builder *b, ir_block above, ir_block below)
{
    return ancestor_at(b, below, b->info[above].depth) == above;
}

ir_block block_common(const struct builder *b, ir_block x, ir_block y)
{
    uint32_t depth = b->info[x].depth < b->info[y].depth ? b->info[x].depth : b->info[y].depth;

    x = ancestor_at(b, x, depth);
    y = ancestor_at(b, y, depth);
    while (x != y) {
        if (b->info[x].jump != b->info[y].jump) {
            x = b->info[x].jump;
            y = b->info[y].jump;
        } else {
            x = b->f->blocks[x].idom;
            y = b->f->blocks[y].idom;
        }
    }
    return x;
}

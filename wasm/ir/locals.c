#include "base/limits.h"
#include "wasm/ir/build.h"

/* Locals become values after Braun and others, "Simple and Efficient
 * Construction of Static Single Assignment Form" (2013): a value is looked up
 * from its use backwards, and a phi is made only where one is asked for.
 *
 * Blocks are filled one after the other, so that the history of a local, read
 * up to a block, ends with its value there: looking one up is a binary search.
 * The scan knows how long each history can get. */

enum { SEARCH_FIRST = 64 };

static ir_value zero_of(struct builder *b, uint8_t type)
{
    uint64_t bits = type == WASM_EXTERNREF ? WASM_EXTERN_NULL : 0;

    if (b->zeros[type] == 0) {
        if (type == WASM_V128) {
            uint32_t at = emit_extra(b, NULL, 4);

            b->zeros[type] =
                emit(b, (struct ir_val){ .op = IR_CONST_V128, .type = IR_V128, .a = at });
        } else {
            b->zeros[type] = emit_const(b, ir_type_of(type), bits);
        }
    }
    return b->zeros[type];
}

/* What a local holds when the function begins. */
static ir_value first_value(struct builder *b, const struct wasm_signature *s, uint32_t local)
{
    uint8_t type = b->local_types[local];

    if (local >= s->param_count)
        return zero_of(b, type);
    return emit(b, (struct ir_val){ .op = IR_PARAM,
                                    .type = ir_type_of(type),
                                    .aux = ref_aux(type),
                                    .sub = (uint16_t)local });
}

static void init_frame(struct builder *b, const struct wasm_signature *s)
{
    uint32_t used = 0;

    b->local_slots = arena_array(b->arena, b->local_count, sizeof *b->local_slots);
    b->f->frame_local_types = arena_alloc(b->arena, b->local_count);
    if (b->local_slots == NULL || b->f->frame_local_types == NULL) {
        build_fail(b, ERR_NOMEM);
        return;
    }
    for (uint32_t i = 0; i < b->local_count; i++) {
        if (!b->scan->is_read[i])
            continue;
        b->local_slots[i] = used;
        b->f->frame_local_types[used] = ir_type_of(b->local_types[i]);
        emit(b, (struct ir_val){ .op = IR_LOCAL_SET, .a = used, .b = first_value(b, s, i) });
        used++;
    }
    b->f->frame_locals = used;
}

static void init_values(struct builder *b, const struct wasm_signature *s)
{
    for (uint32_t i = 0; i < b->local_count; i++) {
        if (!b->scan->is_read[i])
            continue;
        b->versions[b->version_first[i]] = (struct version){ b->block, first_value(b, s, i) };
        b->version_count[i] = 1;
    }
}

enum err locals_init(struct builder *b)
{
    struct wasm_signature s = wasm_decoded_signature(b->m, b->f->index);
    uint32_t total = 0;

    if (b->in_frame) {
        init_frame(b, &s);
        return b->err;
    }
    b->version_first = arena_array(b->arena, b->local_count, sizeof *b->version_first);
    b->version_count = arena_array(b->arena, b->local_count, sizeof *b->version_count);
    if (b->version_first == NULL || b->version_count == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->local_count; i++) {
        b->version_first[i] = total;
        if (b->scan->is_read[i])
            total += b->scan->versions[i] + 1;
    }
    b->versions = arena_array(b->arena, total, sizeof *b->versions);
    if (b->versions == NULL)
        return ERR_NOMEM;
    init_values(b, &s);
    return b->err;
}

/* The newest entry of the local at or before the end of the block. */
static struct version *version_at(struct builder *b, uint32_t local, ir_block block)
{
    struct version *v = b->versions + b->version_first[local];
    uint32_t sequence = b->info[block].sequence;
    uint32_t low = 0, high = b->version_count[local];

    /* Mostly it is the last one, or near it. */
    if (b->info[v[high - 1].block].sequence <= sequence)
        return &v[high - 1];
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (b->info[v[middle].block].sequence <= sequence)
            low = middle;
        else
            high = middle;
    }
    return &v[low];
}

ir_value emit_phi(struct builder *b, ir_block block, uint8_t wasm_type)
{
    struct ir_blk *k = &b->f->blocks[block];
    ir_value at = emit_loose(b, (struct ir_val){ .op = IR_PHI,
                                                 .type = ir_type_of(wasm_type),
                                                 .aux = ref_aux(wasm_type),
                                                 .next = k->first });

    if (at == 0)
        return 0;
    k->first = at;
    if (k->last == 0)
        k->last = at;
    return at;
}

/* Room for the operands. A function within this is what compilers write; one
 * beyond is a bomb, and the second try has no phis of locals. */
uint32_t operands_reserve(struct builder *b, uint32_t count)
{
    b->operand_count += count;
    if (!b->in_frame && b->operand_count > 8192 + 2 * (uint64_t)b->body_size) {
        b->too_big = true;
        build_fail(b, ERR_LIMIT);
        return 0;
    }
    return emit_extra(b, NULL, count);
}

static bool is_sealed(const struct builder *b, ir_block block)
{
    return b->f->blocks[block].pred_count > 0;
}

/* The phi of a loop header. Its operands come when the header is sealed, or, if
 * it is, when the search that met it has ended. */
static ir_value header_phi(struct builder *b, ir_block header, uint32_t local)
{
    ir_value phi = emit_phi(b, header, b->local_types[local]);
    uint32_t *list = is_sealed(b, header) ? &b->late : &b->info[header].pending;

    if (!BUILD_RESERVE(b, b->pending, b->pending_room, b->pending_count + 1u))
        return 0;
    b->pending[b->pending_count] = (struct pending_phi){ phi, local, header, *list };
    *list = ++b->pending_count;
    return phi;
}

/* All predecessors have their value: the block's is that one, or a phi. */
static void version_settle(struct builder *b, uint32_t local, struct version *v)
{
    const struct ir_blk k = b->f->blocks[v->block];
    ir_value first = 0;
    bool same = true;
    uint32_t at;

    for (uint32_t i = 0; i < k.pred_count && same; i++) {
        ir_value x = version_at(b, local, b->f->extra[k.pred + i])->value;

        if (first == 0)
            first = x;
        same = x == first;
    }
    if (same) {
        v->value = first;
        return;
    }
    v->value = emit_phi(b, v->block, b->local_types[local]);
    at = operands_reserve(b, k.pred_count);
    if (b->err != ERR_OK)
        return;
    val(b, v->value)->a = at;
    for (uint32_t i = 0; i < k.pred_count; i++)
        b->f->extra[at + i] = version_at(b, local, b->f->extra[k.pred + i])->value;
}

/* Moves on to the first predecessor whose entry is open; false: there is none left. */
static bool search_deeper(struct builder *b, uint32_t local, uint32_t *count)
{
    uint32_t *top = &b->search[*count - 2];
    const struct ir_blk *k = &b->f->blocks[b->versions[top[0]].block];

    for (; top[1] < k->pred_count; top[1]++) {
        struct version *w = version_at(b, local, b->f->extra[k->pred + top[1]]);

        if (w->value != 0)
            continue;
        if (!BUILD_RESERVE(b, b->search, b->search_room, *count + 2u))
            return true;
        b->search[(*count)++] = (uint32_t)(w - b->versions);
        b->search[(*count)++] = 0;
        return true;
    }
    return false;
}

/* Finds the value of an open entry, without recursion: hostile code nests deep.
 * A loop header gets its phi at once, which ends every cycle. */
static void version_find(struct builder *b, uint32_t local, struct version *v)
{
    uint32_t count = 2;

    if (!BUILD_RESERVE(b, b->search, b->search_room, SEARCH_FIRST))
        return;
    b->search[0] = (uint32_t)(v - b->versions);
    b->search[1] = 0;
    while (count > 0 && b->err == ERR_OK) {
        struct version *top = &b->versions[b->search[count - 2]];

        if (b->f->blocks[top->block].is_loop_header) {
            top->value = header_phi(b, top->block, local);
            count -= 2;
        } else if (!search_deeper(b, local, &count)) {
            version_settle(b, local, top);
            count -= 2;
        }
    }
}

/* A phi whose operands are itself and one other value is that value. */
void phi_settle(struct builder *b, ir_value phi, uint32_t count)
{
    struct ir_val *p = val(b, phi);
    ir_value only = 0;

    for (uint32_t i = 0; i < count; i++) {
        ir_value x = ir_resolve(b->f, b->f->extra[p->a + i]);

        if (x == phi || x == only)
            continue;
        if (only != 0)
            return;
        only = x;
    }
    if (only != 0) {
        p->op = IR_COPY;
        p->a = only;
    }
}

static void header_fill(struct builder *b, struct pending_phi p)
{
    const struct ir_blk k = b->f->blocks[p.header];
    uint32_t at = operands_reserve(b, k.pred_count);

    for (uint32_t i = 0; i < k.pred_count && b->err == ERR_OK; i++) {
        struct version *v = version_at(b, p.local, b->f->extra[k.pred + i]);

        if (v->value == 0)
            version_find(b, p.local, v);
        b->f->extra[at + i] = v->value;
    }
    if (b->err != ERR_OK)
        return;
    val(b, p.phi)->a = at;
    phi_settle(b, p.phi, k.pred_count);
}

static void list_fill(struct builder *b, uint32_t *list)
{
    while (*list != 0 && b->err == ERR_OK) {
        struct pending_phi p = b->pending[*list - 1];

        *list = p.next;
        header_fill(b, p);
    }
}

void locals_seal(struct builder *b, ir_block header)
{
    list_fill(b, &b->info[header].pending);
    list_fill(b, &b->late);
}

ir_value local_read(struct builder *b, uint32_t local)
{
    struct version *v;

    if (b->err != ERR_OK)
        return 0;
    if (b->in_frame)
        return emit(b, (struct ir_val){ .op = IR_LOCAL_GET,
                                        .type = ir_type_of(b->local_types[local]),
                                        .aux = ref_aux(b->local_types[local]),
                                        .a = b->local_slots[local] });
    v = &b->versions[b->version_first[local] + b->version_count[local] - 1];
    if (v->value == 0) {
        version_find(b, local, v);
        list_fill(b, &b->late);
    }
    v->value = ir_resolve(b->f, v->value);
    return v->value;
}

/* The local's entry for the block at hand. The scan counted how many there can be:
 * one more would be another local's, so a miscount ends the compile. */
static struct version *version_here(struct builder *b, uint32_t local)
{
    struct version *v = &b->versions[b->version_first[local] + b->version_count[local] - 1];

    if (v->block == b->block)
        return v;
    if (b->version_count[local] > b->scan->versions[local]) {
        build_fail(b, ERR_INVALID);
        return v;
    }
    b->version_count[local]++;
    (++v)->block = b->block;
    return v;
}

void local_write(struct builder *b, uint32_t local, ir_value value)
{
    if (!b->scan->is_read[local] || b->err != ERR_OK)
        return;
    if (b->in_frame)
        emit(b, (struct ir_val){ .op = IR_LOCAL_SET, .a = b->local_slots[local], .b = value });
    else
        version_here(b, local)->value = value;
}

void locals_forget(struct builder *b, uint32_t construct)
{
    const struct construct *c = &b->scan->constructs[construct];

    for (uint32_t i = 0; i < c->count && !b->in_frame; i++) {
        uint32_t local = b->scan->assigned[c->first + i];

        if (b->scan->is_read[local])
            version_here(b, local)->value = 0;
    }
}

#include "base/limits.h"
#include "wasm/ir/build.h"

/* An open construct: `log` from `start` on holds what it assigned so far. */
struct open {
    uint32_t construct;
    uint32_t start;
    uint32_t begins; /* blocks in which its locals must be looked up anew */
};

struct scanner {
    struct scan *out;
    struct arena *arena;
    struct open *open;
    uint32_t open_count, open_room;
    uint16_t *log;
    uint32_t log_count, log_room;
    uint32_t *stamp; /* per local: the last construct that has it in its list, plus 1 */
    uint64_t most;   /* assigned entries, all constructs together */
};

static enum err construct_open(struct scanner *s, uint32_t begins)
{
    struct scan *out = s->out;

    if (!ARENA_RESERVE(s->arena, out->constructs, out->construct_room, out->construct_count + 1u) ||
        !ARENA_RESERVE(s->arena, s->open, s->open_room, s->open_count + 1u))
        return ERR_NOMEM;
    s->open[s->open_count++] = (struct open){ out->construct_count, s->log_count, begins };
    if (s->open_count > out->depth)
        out->depth = s->open_count;
    out->constructs[out->construct_count++] = (struct construct){ 0 };
    return ERR_OK;
}

/* What the construct assigned, each local once, becomes its list, and stays in
 * the log as part of the construct around it. */
static enum err construct_close(struct scanner *s)
{
    struct open o = s->open[--s->open_count];
    struct scan *out = s->out;
    uint32_t kept = o.start;

    for (uint32_t i = o.start; i < s->log_count; i++) {
        uint16_t local = s->log[i];

        if (s->stamp[local] == o.construct + 1)
            continue;
        s->stamp[local] = o.construct + 1;
        s->log[kept++] = local;
    }
    s->log_count = kept;
    out->constructs[o.construct].first = out->assigned_count;
    out->constructs[o.construct].count = (uint16_t)(kept - o.start);
    if (out->assigned_count + (uint64_t)(kept - o.start) * o.begins > s->most) {
        out->too_big = true;
        return ERR_OK;
    }
    if (!ARENA_RESERVE(s->arena, out->assigned, out->assigned_room,
                       out->assigned_count + (size_t)(kept - o.start)))
        return ERR_NOMEM;
    for (uint32_t i = o.start; i < kept; i++) {
        out->assigned[out->assigned_count++] = s->log[i];
        out->versions[s->log[i]] += o.begins;
    }
    return ERR_OK;
}

static enum err assignment(struct scanner *s, uint32_t local)
{
    s->out->versions[local]++;
    if (s->open_count == 0)
        return ERR_OK;
    if (!ARENA_RESERVE(s->arena, s->log, s->log_room, s->log_count + 1u))
        return ERR_NOMEM;
    s->log[s->log_count++] = (uint16_t)local;
    return ERR_OK;
}

static enum err scan_one(struct scanner *s, const struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP: s->out->blocks++; return construct_open(s, 1);
    case WASM_OP_IF: s->out->blocks += 2; return construct_open(s, 2);
    case WASM_OP_TRY: s->out->has_try = true; return construct_open(s, 2);
    case WASM_OP_TRY_TABLE: /* each clause may be where the next one is asked */
        s->out->has_try = true;
        return construct_open(s, 2 + i->b);
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL: s->open[s->open_count - 1].begins++; return ERR_OK;
    case WASM_OP_ELSE:
        s->out->constructs[s->open[s->open_count - 1].construct].has_else = true;
        return ERR_OK;
    case WASM_OP_END:
    case WASM_OP_DELEGATE: return s->open_count == 0 ? ERR_OK : construct_close(s);
    case WASM_OP_BR_IF: s->out->blocks++; return ERR_OK;
    case WASM_OP_CALL:
    case WASM_OP_CALL_INDIRECT: s->out->blocks += s->out->has_try ? 2 : 0; return ERR_OK;
    case WASM_OP_LOCAL_GET: s->out->is_read[i->a] = true; return ERR_OK;
    case WASM_OP_LOCAL_SET:
    case WASM_OP_LOCAL_TEE: return assignment(s, i->a);
    default: return ERR_OK;
    }
}

enum err scan_body(struct scan *out, const struct builder *b, struct reader r)
{
    struct scanner s = { .out = out, .arena = b->arena };

    *out = (struct scan){ 0 };
    /* Twelve bytes for each entry in the end: a fraction of the compile's share. */
    s.most = 4096 + (uint64_t)b->body_size;
    out->versions = arena_array(b->arena, b->local_count, sizeof *out->versions);
    out->is_read = arena_array(b->arena, b->local_count, sizeof *out->is_read);
    s.stamp = arena_array(b->arena, b->local_count, sizeof *s.stamp);
    if (out->versions == NULL || out->is_read == NULL || s.stamp == NULL)
        return ERR_NOMEM;
    while (r.left > 0) {
        struct wasm_instr i;

        TRY(wasm_instr_read(&i, &r, b->base, b->note));
        TRY(scan_one(&s, &i));
    }
    return ERR_OK;
}

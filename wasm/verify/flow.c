/* Instructions, branches, blocks, and what lies beside the text. */
#include "wasm/verify/verify.h"

/* --- Sites and relocations */

static bool mark_sites(struct verify *v)
{
    static const uint8_t marks[] = { MARK_CALL, MARK_TRAP, MARK_MEMORY };
    const struct wasm_code *c = v->code;
    uint32_t last = 0;

    for (uint32_t i = 0; i < c->site_count; i++) {
        const struct wasm_site_entry *s = &c->sites[i];

        if (s->pc < last || s->pc > c->text_size || s->kind > WASM_SITE_MEMORY)
            return verify_refuse(v, s->pc, "sites out of order");
        if (s->kind != WASM_SITE_MEMORY && (v->marks[s->pc] & marks[s->kind]))
            return verify_refuse(v, s->pc, "two sites of one place"); /* which would count? */
        last = s->pc;
        v->marks[s->pc] |= marks[s->kind];
        if (s->pad_pc == 0)
            continue;
        if (s->kind != WASM_SITE_CALL || s->pad_pc >= c->text_size)
            return verify_refuse(v, s->pc, "landing pad outside the text");
        v->marks[s->pad_pc] |= MARK_TARGET;
    }
    return true;
}

static bool mark_relocs(struct verify *v)
{
    const struct wasm_code *c = v->code;

    for (uint32_t i = 0; i < c->reloc_count; i++) {
        const struct wasm_reloc *r = &c->relocs[i];

        if (r->at >= c->text_size || c->text_size - r->at < 4 ||
            (i > 0 && r->at < c->relocs[i - 1].at + 4) || r->target >= v->m->func_count ||
            r->target < v->m->imported_func_count)
            return verify_refuse(v, r->at, "relocation");
        v->marks[r->at] |= MARK_RELOC;
    }
    return true;
}

const struct wasm_site_entry *verify_site(const struct verify *v, uint32_t pc, enum wasm_site which)
{
    const struct wasm_site_entry *sites = v->code->sites;
    uint32_t low = verify_below(sites, sizeof *sites, v->code->site_count, pc);

    for (; low < v->code->site_count && sites[low].pc == pc; low++)
        if (sites[low].kind == which)
            return &sites[low];
    return NULL;
}

/* --- Jump tables
 *
 *   cmp a, n            32 bits
 *   jae default
 *   lea r11, [rip + table]
 *   movsxd c, [r11 + a * 4]
 *   add r11, c
 *   jmp r11
 *
 * That a has no upper bits is for the walk to prove. */

enum { SEQUENCE = 6 };

static bool table_matches(const struct insn *s)
{
    return s[0].op == INSN_CMP_IMM && !s[0].has_mem && s[0].width == 4 && s[0].imm >= 0 &&
           s[0].rm != REG_R11 && s[1].op == INSN_JCC && s[1].cc == COND_AE && s[2].op == INSN_LEA &&
           s[2].width == 8 && s[2].reg == REG_R11 && s[2].base == REG_RIP &&
           s[3].op == INSN_MOVSXD && s[3].width == 8 && s[3].has_mem && s[3].base == REG_R11 &&
           s[3].index == s[0].rm && s[3].scale == 4 && s[3].disp == 0 && s[3].reg != REG_R11 &&
           s[4].op == INSN_ADD && s[4].width == 8 && s[4].reg == REG_R11 && s[4].rm == s[3].reg &&
           s[5].op == INSN_JMP_INDIRECT && s[5].rm == REG_R11;
}

uint32_t verify_table_entry(const struct verify *v, const struct jump_table *t, uint32_t i)
{
    const uint8_t *at = v->code->bytes + t->table + 4 * (size_t)i;
    uint32_t word = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

    return t->table + word; /* modulo 2^32: what is not in the text is refused */
}

static bool table_add(struct verify *v, const struct insn *s)
{
    const struct wasm_code *c = v->code;
    struct jump_table t = { .at = s[2].at,
                            .table = s[2].target,
                            .count = (uint32_t)s[0].imm,
                            .index = s[0].rm,
                            .scratch = s[3].reg };

    if (t.table < c->text_size || t.table > c->size || t.count > (c->size - t.table) / 4)
        return verify_refuse(v, s[2].at, "jump table outside the constants");
    v->table_entries += t.count; /* each entry of the constants may count once */
    if (v->table_entries > c->size / 4)
        return verify_refuse(v, s[2].at, "jump tables overlap");
    for (uint32_t i = 1; i < SEQUENCE; i++)
        v->marks[s[i].at] |= MARK_INSIDE;
    for (uint32_t i = 0; i < t.count; i++) {
        uint32_t target = verify_table_entry(v, &t, i);

        if (target >= c->text_size)
            return verify_refuse(v, s[2].at, "jump table leaves the function");
        v->marks[target] |= MARK_TARGET;
    }
    if (!ARENA_RESERVE(v->arena, v->tables, v->table_room, v->table_count + 1u))
        return verify_nomem(v);
    v->tables[v->table_count++] = t;
    return true;
}

const struct jump_table *verify_table(const struct verify *v, uint32_t at)
{
    uint32_t low = verify_below(v->tables, sizeof *v->tables, v->table_count, at);

    return low < v->table_count && v->tables[low].at == at ? &v->tables[low] : NULL;
}

/* --- Instructions */

bool verify_is_relocated(const struct verify *v, const struct insn *in)
{
    return (in->op == INSN_CALL || in->op == INSN_JMP) && in->next - in->at == 5 &&
           (v->marks[in->at + 1] & MARK_RELOC);
}

static bool is_trap(const struct insn *in)
{
    return in->op == INSN_CALL_INDIRECT && insn_is_of_context(in, WASM_CONTEXT_TRAP_EXIT);
}

static bool scan_branch(struct verify *v, const struct insn *in, uint32_t *relocs)
{
    if (verify_is_relocated(v, in)) {
        ++*relocs;
        v->has_calls = true;
        return true;
    }
    if (in->op == INSN_CALL)
        return verify_refuse(v, in->at, "call without relocation");
    if (in->target >= v->code->text_size)
        return verify_refuse(v, in->at, "jump out of the text");
    v->marks[in->target] |= MARK_TARGET;
    return true;
}

/* The last SEQUENCE instructions up to a jmp r11 are looked at together. */
static bool scan_jump_table(struct verify *v, const uint32_t *starts, uint32_t count)
{
    struct insn s[SEQUENCE];

    for (uint32_t i = 0; i < SEQUENCE; i++)
        if (count < SEQUENCE || !verify_decode(v, &s[i], starts[(count + i) % SEQUENCE]))
            return verify_refuse(v, 0, "jump through a register");
    if (!table_matches(s))
        return verify_refuse(v, s[SEQUENCE - 1].at, "jump through a register");
    return table_add(v, s);
}

static bool scan_instruction(struct verify *v, const struct insn *in, uint32_t *relocs)
{
    switch (in->op) {
    case INSN_CALL:
    case INSN_JMP:
    case INSN_JCC: return scan_branch(v, in, relocs);
    case INSN_CALL_INDIRECT: v->has_calls = v->has_calls || !is_trap(in); return true;
    case INSN_JMP_INDIRECT: v->has_calls = v->has_calls || in->has_mem; return true;
    default: return true;
    }
}

static bool ends_text(const struct insn *in)
{
    return in->op == INSN_STOP || in->op == INSN_JMP || in->op == INSN_JMP_INDIRECT ||
           in->op == INSN_RET;
}

static bool scan_text(struct verify *v)
{
    uint32_t starts[SEQUENCE] = { 0 }, count = 0, relocs = 0;
    struct insn in = { 0 };

    for (uint32_t at = 0; at < v->code->text_size; at = in.next) {
        if (!verify_decode(v, &in, at))
            return verify_refuse(v, at, "no instruction that may be emitted");
        v->marks[at] |= MARK_START;
        starts[count++ % SEQUENCE] = at;
        if (!scan_instruction(v, &in, &relocs))
            return false;
        if (in.op == INSN_JMP_INDIRECT && !in.has_mem && !scan_jump_table(v, starts, count))
            return false;
    }
    if (!ends_text(&in))
        return verify_refuse(v, in.at, "text runs out at its end");
    if (relocs != v->code->reloc_count)
        return verify_refuse(v, 0, "relocation of no call");
    return true;
}

/* --- Blocks */

static bool check_targets(struct verify *v, uint32_t *count)
{
    for (uint32_t at = 0; at < v->code->text_size; at++) {
        if (!(v->marks[at] & MARK_TARGET))
            continue;
        if (!(v->marks[at] & MARK_START))
            return verify_refuse(v, at, "jump into an instruction");
        if (v->marks[at] & MARK_INSIDE)
            return verify_refuse(v, at, "jump into a sequence");
        if (at < v->body)
            return verify_refuse(v, at, "jump into the prologue");
        ++*count;
    }
    return true;
}

static bool make_blocks(struct verify *v)
{
    uint32_t count = 0, n = 0;

    if (!check_targets(v, &count))
        return false;
    v->blocks = arena_array(v->arena, count + 1u, sizeof *v->blocks);
    if (v->blocks == NULL)
        return verify_nomem(v);
    if (!(v->marks[v->body] & MARK_TARGET))
        v->blocks[n++].start = v->body;
    for (uint32_t at = v->body; at < v->code->text_size; at++)
        if (v->marks[at] & MARK_TARGET)
            v->blocks[n++].start = at;
    v->block_count = n;
    return true;
}

struct block *verify_block(const struct verify *v, uint32_t start)
{
    uint32_t low = verify_below(v->blocks, sizeof *v->blocks, v->block_count, start);

    return low < v->block_count && v->blocks[low].start == start ? &v->blocks[low] : NULL;
}

bool verify_scan(struct verify *v)
{
    const struct wasm_code *c = v->code;

    if (c->text_size == 0 || c->text_size > c->size || c->size > INT32_MAX)
        return verify_refuse(v, 0, "text size");
    v->marks = arena_alloc(v->arena, (size_t)c->text_size + 1);
    if (v->marks == NULL)
        return verify_nomem(v);
    return mark_sites(v) && mark_relocs(v) && scan_text(v) && verify_prologue(v) && make_blocks(v);
}

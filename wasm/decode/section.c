#include "wasm/decode/section.h"

#include "base/limits.h"
#include "codec/utf8.h"
#include "wasm/decode/instr.h"
#include "wasm/decode/type.h"

enum err section_refuse(struct section *s, enum err error, const char *rule, const char *detail)
{
    return note_at(s->note, error, s->base + reader_offset(&s->r), rule, detail);
}

enum err section_u32(struct section *s, uint32_t *out)
{
    struct reader before = s->r;

    *out = reader_leb_u32(&s->r);
    if (s->r.bad)
        return wasm_refuse_number(&s->r, &before, 32, s->base, s->note);
    return ERR_OK;
}

enum err section_u64(struct section *s, uint64_t *out)
{
    struct reader before = s->r;

    *out = reader_leb_u64(&s->r);
    if (s->r.bad)
        return wasm_refuse_number(&s->r, &before, 64, s->base, s->note);
    return ERR_OK;
}

enum err section_byte(struct section *s, uint8_t *out)
{
    *out = reader_u8(&s->r);
    return s->r.bad ? wasm_refuse_end(&s->r, s->base, s->note) : ERR_OK;
}

enum err section_name(struct section *s, struct bytes *out)
{
    uint32_t size;
    struct bytes name;

    TRY(section_u32(s, &size));
    if (size > s->r.left)
        return section_refuse(s, ERR_MALFORMED, "length out of bounds", "a name");
    if (size > LIMIT_NAME_SIZE)
        return section_refuse(s, ERR_LIMIT, "name too long", "LIMIT_NAME_SIZE");
    name = reader_take(&s->r, size);
    if (!utf8_valid(name))
        return section_refuse(s, ERR_MALFORMED, "malformed UTF-8 encoding", NULL);
    *out = name;
    return ERR_OK;
}

enum err section_count(struct section *s, uint32_t *out, uint32_t least, uint32_t limit,
                       const char *what)
{
    uint32_t count;

    TRY(section_u32(s, &count));
    if (count > s->r.left / least)
        return section_refuse(s, ERR_MALFORMED, "unexpected end of section or function", what);
    if (count > limit)
        return section_refuse(s, ERR_LIMIT, "too many elements", what);
    *out = count;
    return ERR_OK;
}

/* Blocks have no place in a constant expression; they are counted so that the
 * expression ends where the format says, and the validator refuses them. */
enum err section_constexpr(struct section *s, struct wasm_constexpr *out)
{
    struct reader whole = s->r;
    uint32_t offset = s->base + (uint32_t)reader_offset(&s->r);
    struct wasm_instr i;
    uint32_t depth = 1;

    while (depth != 0) {
        TRY(wasm_instr_read(&i, &s->r, s->base, s->note));
        if (i.imm == IMM_BLOCK || i.imm == IMM_TRY_TABLE)
            depth++;
        else if (i.op == WASM_OP_END || i.op == WASM_OP_DELEGATE)
            depth--;
        else if (i.op == WASM_OP_REF_FUNC && i.a < s->m->func_count)
            s->m->funcs[i.a].declared = true;
    }
    out->code = reader_take(&whole, whole.left - s->r.left);
    out->offset = offset;
    return ERR_OK;
}

/* Core 5.3.12, with the threads proposal: bit 0 a maximum, bit 1 shared, bit 2
 * 64-bit addresses. The numbers are of 64 bits in every case; the validator says
 * whether they are too large. */
enum err section_limits(struct section *s, struct wasm_limits *out, bool may_share)
{
    uint8_t flags = 0;
    struct wasm_limits l = { 0 };

    TRY(section_byte(s, &flags));
    if (flags > 7 || ((flags & 2) != 0 && !may_share))
        return section_refuse(s, ERR_MALFORMED, "malformed limits flags", NULL);
    l.has_most = (flags & 1) != 0;
    l.shared = (flags & 2) != 0;
    l.is64 = (flags & 4) != 0;
    TRY(section_u64(s, &l.least));
    if (l.has_most)
        TRY(section_u64(s, &l.most));
    if (l.is64)
        s->m->features |= WASM_FEATURE_MEMORY64;
    if (l.shared)
        s->m->features |= WASM_FEATURE_THREADS;
    *out = l;
    return ERR_OK;
}

enum err section_tabletype(struct section *s, struct wasm_tabletype *out)
{
    TRY(wasm_reftype_read(&out->type, &s->r, s->base, s->note));
    if (out->type == WASM_EXTERNREF)
        s->m->features |= WASM_FEATURE_REFERENCE_TYPES;
    if (out->type == WASM_EXNREF)
        s->m->features |= WASM_FEATURE_EXCEPTIONS;
    return section_limits(s, &out->limits, false);
}

enum err section_globaltype(struct section *s, struct wasm_globaltype *out)
{
    uint8_t mutability = 0;

    TRY(wasm_valtype_read(&out->type, &s->r, s->base, s->note));
    TRY(section_byte(s, &mutability));
    if (mutability > 1)
        return section_refuse(s, ERR_MALFORMED, "malformed mutability", NULL);
    out->is_mutable = mutability == 1;
    return ERR_OK;
}

enum err section_tagtype(struct section *s, uint32_t *type)
{
    uint8_t attribute = 0;

    TRY(section_byte(s, &attribute));
    if (attribute != 0)
        return section_refuse(s, ERR_MALFORMED, "malformed tag attribute", NULL);
    s->m->features |= WASM_FEATURE_EXCEPTIONS;
    return section_u32(s, type);
}

/* module.c: the binary format from its first byte to its last (core 5.5). */
#include "base/limits.h"
#include "wasm/decode/section.h"
#include "wasm/decode/type.h"

enum { SECTION_CUSTOM = 0, SECTION_ID_LAST = 13 };

/* By section id. Sections other than custom ones appear in the order of rank,
 * each at most once (core 5.5.2). */
static const struct {
    uint8_t rank;
    enum err (*take)(struct section *s);
} sections[SECTION_ID_LAST + 1] = {
    [1] = { 1, section_types },        [2] = { 2, section_imports },
    [3] = { 3, section_functions },    [4] = { 4, section_tables },
    [5] = { 5, section_memories },     [13] = { 6, section_tags },
    [6] = { 7, section_globals },      [7] = { 8, section_exports },
    [8] = { 9, section_start },        [9] = { 10, section_elements },
    [12] = { 11, section_data_count }, [10] = { 12, section_code },
    [11] = { 13, section_datas },
};

/* The whole module being decoded. */
struct decoder {
    struct wasm_decoded m;
    struct reader r;
    struct arena *arena;
    struct wasm_note *note;
    uint8_t rank;         /* of the last section */
    uint32_t custom_room; /* capacity of m.customs */
    bool has_names;
};

static enum err refuse(struct decoder *d, const char *rule, const char *detail)
{
    return note_at(d->note, ERR_MALFORMED, reader_offset(&d->r), rule, detail);
}

static enum err take_preamble(struct decoder *d)
{
    uint32_t magic;
    uint32_t version;

    magic = reader_u32le(&d->r);
    if (d->r.bad)
        return refuse(d, "unexpected end", "a module starts with \\0asm");
    if (magic != 0x6d736100)
        return note_at(d->note, ERR_MALFORMED, 0, "magic header not detected",
                       "a module starts with \\0asm");
    version = reader_u32le(&d->r);
    if (d->r.bad)
        return refuse(d, "unexpected end", "the version of the format");
    if (version == 1)
        return ERR_OK;
    if (version == 0x1000d)
        return note_at(d->note, ERR_UNSUPPORTED, 4, "unsupported: component model",
                       "a component, not a module");
    return note_at(d->note, ERR_MALFORMED, 4, "unknown binary version", NULL);
}

static enum err take_custom(struct decoder *d, struct section *s)
{
    struct wasm_decoded *m = &d->m;
    struct wasm_custom custom;

    TRY(section_name(s, &custom.name));
    custom.offset = s->base + (uint32_t)reader_offset(&s->r);
    custom.size = (uint32_t)s->r.left;
    if (!ARENA_RESERVE(d->arena, m->customs, d->custom_room, m->custom_count + 1))
        return ERR_NOMEM;
    m->customs[m->custom_count++] = custom;
    if (!d->has_names && bytes_equal(custom.name, BYTES_TEXT("name"))) {
        d->has_names = true;
        section_debug_names(s);
    }
    return ERR_OK;
}

static enum err take_section(struct decoder *d)
{
    struct section s = { .m = &d->m, .arena = d->arena, .note = d->note };
    struct reader before = d->r;
    uint8_t id = reader_u8(&d->r);
    uint32_t size = reader_leb_u32(&d->r);

    if (id > SECTION_ID_LAST)
        return note_at(d->note, ERR_MALFORMED, reader_offset(&before), "malformed section id",
                       NULL);
    if (d->r.bad)
        return wasm_refuse_number(&d->r, &before, 32, 0, d->note);
    if (size > d->r.left)
        return refuse(d, "length out of bounds", "a section longer than the module");
    s.base = (uint32_t)reader_offset(&d->r);
    s.r = reader_sub(&d->r, size);
    if (id == SECTION_CUSTOM)
        return take_custom(d, &s);
    if (sections[id].rank <= d->rank)
        return note_at(d->note, ERR_MALFORMED, reader_offset(&before),
                       "unexpected content after last section", "a section twice, or out of order");
    d->rank = sections[id].rank;
    TRY(sections[id].take(&s));
    if (s.r.left != 0)
        return section_refuse(&s, ERR_MALFORMED, "section size mismatch",
                              "bytes left over at the end of a section");
    return ERR_OK;
}

/* What two sections must agree on. The code section looks at the function
 * section itself; here it may be missing. */
static enum err check_counts(struct decoder *d)
{
    struct wasm_decoded *m = &d->m;

    if (m->func_count > m->imported_func_count && m->funcs[m->func_count - 1].body_offset == 0)
        return refuse(d, "function and code section have inconsistent lengths",
                      "the code section is missing");
    if (m->has_data_count && m->data_count != m->data_segment_count)
        return refuse(d, "data count and data section have inconsistent lengths", NULL);
    return ERR_OK;
}

static enum err take_module(struct decoder *d)
{
    if (d->m.raw.size > LIMIT_MODULE_SIZE)
        return note_at(d->note, ERR_LIMIT, 0, "module too large", "LIMIT_MODULE_SIZE");
    TRY(take_preamble(d));
    while (d->r.left != 0)
        TRY(take_section(d));
    TRY(check_counts(d));
    if (d->m.memory_count > 1)
        d->m.features |= WASM_FEATURE_MULTI_MEMORY;
    return ERR_OK;
}

enum err wasm_decode(struct wasm_decoded *out, struct bytes raw, struct arena *arena,
                     struct wasm_note *note)
{
    struct decoder d = { .m = { .raw = raw }, .r = reader_of(raw), .arena = arena, .note = note };
    enum err e = take_module(&d);

    if (e != ERR_OK) {
        if (note != NULL)
            note->function = -1;
        return e;
    }
    *out = d.m;
    return ERR_OK;
}

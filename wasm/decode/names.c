/* names.c: the name section (core appendix, "name section"): the module's name
 * and those of its functions. It is a custom section, so an error in it does not
 * make the module malformed (core 7.4): what is not well formed is left out. */
#include "base/limits.h"
#include "codec/utf8.h"
#include "wasm/decode/section.h"

enum { NAMES_MODULE = 0, NAMES_FUNCTIONS = 1 };

static struct bytes take_name(struct reader *r)
{
    struct bytes name = reader_take(r, reader_leb_u32(r));

    if (name.size > LIMIT_NAME_SIZE || !utf8_valid(name))
        reader_fail(r);
    return name;
}

/* Names by rising index, each once. */
static void take_functions(struct section *s, struct reader r)
{
    uint32_t count = reader_leb_u32(&r);
    struct wasm_name *names;

    if (r.bad || count > r.left / 2 || count > s->m->func_count)
        return;
    names = arena_array(s->arena, count, sizeof *names);
    if (names == NULL)
        return;
    for (uint32_t i = 0; i < count; i++) {
        names[i].index = reader_leb_u32(&r);
        names[i].name = take_name(&r);
        if (r.bad || (i > 0 && names[i].index <= names[i - 1].index))
            return;
    }
    s->m->names = names;
    s->m->name_count = count;
}

void section_debug_names(struct section *s)
{
    struct reader *r = &s->r;

    while (!r->bad && r->left != 0) {
        uint8_t id = reader_u8(r);
        struct reader part = reader_sub(r, reader_leb_u32(r));

        if (r->bad)
            return;
        if (id == NAMES_MODULE) {
            struct bytes name = take_name(&part);

            if (!part.bad)
                s->m->module_name = name;
        }
        if (id == NAMES_FUNCTIONS && s->m->names == NULL)
            take_functions(s, part);
    }
}

static const struct wasm_name *name_find(const struct wasm_decoded *m, uint32_t function)
{
    uint32_t low = 0;
    uint32_t high = m->name_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (m->names[middle].index == function)
            return &m->names[middle];
        if (m->names[middle].index < function)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Looks through all exports where the name section says nothing: for a trace, not
 * for every function of a module. */
struct bytes wasm_decoded_function_name(const struct wasm_decoded *m, uint32_t function)
{
    const struct wasm_name *found = name_find(m, function);

    if (found != NULL)
        return found->name;
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].kind == WASM_EXTERN_FUNCTION && m->exports[i].index == function)
            return m->exports[i].name;
    if (function < m->imported_func_count)
        for (uint32_t i = 0; i < m->import_count; i++)
            if (m->imports[i].kind == WASM_EXTERN_FUNCTION && m->imports[i].index == function)
                return m->imports[i].name;
    return (struct bytes){ 0 };
}

struct wasm_signature wasm_decoded_signature(const struct wasm_decoded *m, uint32_t function)
{
    if (function >= m->func_count || m->funcs[function].type >= m->type_count)
        return (struct wasm_signature){ 0 };
    return m->types[m->funcs[function].type].signature;
}

#include "wasm/validate/exports.h"

#include "wasm/decode/siphash.h"
#include "wasm/note.h"

static enum err check_index(const struct wasm_decoded *m, const struct wasm_export *e,
                            struct wasm_note *note)
{
    const struct {
        uint32_t count;
        const char *rule;
    } spaces[] = {
        [WASM_EXTERN_FUNCTION] = { m->func_count, "unknown function" },
        [WASM_EXTERN_TABLE] = { m->table_count, "unknown table" },
        [WASM_EXTERN_MEMORY] = { m->memory_count, "unknown memory" },
        [WASM_EXTERN_GLOBAL] = { m->global_count, "unknown global" },
        [WASM_EXTERN_TAG] = { m->tag_count, "unknown tag" },
    };

    if (e->index >= spaces[e->kind].count)
        return note_at(note, ERR_INVALID, e->offset, spaces[e->kind].rule, "export");
    return ERR_OK;
}

/* The bytes that the names lie in, from the first to the last: what the hash is
 * keyed with. */
static struct bytes names_span(const struct wasm_decoded *m)
{
    const struct wasm_export *last = &m->exports[m->export_count - 1];
    struct bytes first = m->exports[0].name;

    return (struct bytes){ first.data, (size_t)(last->name.data - first.data) + last->name.size };
}

/* "All export names must be different." The rows hold an index plus one. */
static enum err check_names(const struct wasm_decoded *m, struct arena *arena,
                            struct wasm_note *note)
{
    struct siphash_key key = siphash_key_of(names_span(m));
    size_t rows = 4;
    uint32_t *table;

    while (rows < 2 * (size_t)m->export_count)
        rows *= 2;
    table = arena_array(arena, rows, sizeof *table);
    if (table == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < m->export_count; i++) {
        struct bytes name = m->exports[i].name;
        size_t row = siphash_bytes(&key, name) & (rows - 1);

        while (table[row] != 0) {
            if (bytes_equal(m->exports[table[row] - 1].name, name))
                return note_at(note, ERR_INVALID, m->exports[i].offset, "duplicate export name",
                               NULL);
            row = (row + 1) & (rows - 1);
        }
        table[row] = i + 1;
    }
    return ERR_OK;
}

enum err exports_check(const struct wasm_decoded *m, struct arena *arena, struct wasm_note *note)
{
    for (uint32_t i = 0; i < m->export_count; i++)
        TRY(check_index(m, &m->exports[i], note));
    return m->export_count == 0 ? ERR_OK : check_names(m, arena, note);
}

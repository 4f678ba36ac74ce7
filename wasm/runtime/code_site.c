/* Packed: kind (2 bits), trap (5), whether a pad follows (1); the distance of pc from
 * the last one; that of the module offset, signed; the pad's pc. Three or four
 * bytes for most, where struct wasm_site_entry has sixteen. */
#include "base/reader.h"
#include "base/writer.h"
#include "wasm/runtime/code.h"

_Static_assert(WASM_TRAP_COUNT <= 32, "a site's trap has five bits");

enum { SITE_HAS_PAD = 0x80 };

size_t wasm_sites_pack(uint8_t *to, const struct wasm_site_entry *sites, uint32_t count)
{
    struct writer w = writer_of(to, (size_t)count * WASM_SITE_PACKED);
    uint32_t pc = 0, offset = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct wasm_site_entry *s = &sites[i];

        writer_u8(&w, (uint8_t)(s->kind | s->trap << 2 | (s->pad_pc != 0 ? SITE_HAS_PAD : 0)));
        writer_leb_u64(&w, s->pc - pc);
        writer_leb_s64(&w, (int64_t)s->offset - offset);
        if (s->pad_pc != 0)
            writer_leb_u64(&w, s->pad_pc);
        pc = s->pc;
        offset = s->offset;
    }
    return w.size;
}

bool wasm_sites_next(struct wasm_site_cursor *c)
{
    struct reader r = reader_of((struct bytes){ c->at, (size_t)(c->end - c->at) });
    uint8_t head;

    if (c->at == c->end)
        return false;
    head = reader_u8(&r);
    c->entry.kind = head & 3;
    c->entry.trap = head >> 2 & 31;
    c->entry.pc += (uint32_t)reader_leb_u64(&r);
    c->entry.offset = (uint32_t)(c->entry.offset + reader_leb_s64(&r));
    c->entry.pad_pc = (head & SITE_HAS_PAD) != 0 ? (uint32_t)reader_leb_u64(&r) : 0;
    c->at = r.at;
    return reader_ok(&r);
}

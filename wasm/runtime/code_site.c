/* Packed: kind (2 bits), trap (5), whether a pad follows (1); the distance of pc from
 * the last one; that of the module offset, signed; the pad's pc. Three or four
 * bytes for most, where struct wasm_site_entry has sixteen.
 *
 * In front of them a mark for every SITES_STEP: pc and offset before it, and where it
 * lies. A throw looks at one site for each frame that it leaves: from the start of
 * a large function every time, one throw could take minutes. */
#include "base/num.h"
#include "base/reader.h"
#include "base/writer.h"
#include "wasm/runtime/code.h"

_Static_assert(WASM_TRAP_COUNT <= 32, "a site's trap has five bits");

enum { SITE_HAS_PAD = 0x80, SITES_STEP = 64, MARK_SIZE = 3 * 4 };

static size_t mark_count(uint32_t site_count)
{
    return site_count == 0 ? 0 : (site_count - 1) / SITES_STEP;
}

size_t wasm_sites_pack(uint8_t *to, const struct wasm_site_entry *sites, uint32_t count)
{
    size_t marks_size = mark_count(count) * MARK_SIZE;
    struct writer marks = writer_of(to, marks_size);
    struct writer w = writer_of(to + marks_size, (size_t)count * WASM_SITE_PACKED - marks_size);
    uint32_t pc = 0, offset = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct wasm_site_entry *s = &sites[i];

        if (i != 0 && i % SITES_STEP == 0) {
            writer_u32le(&marks, pc);
            writer_u32le(&marks, offset);
            writer_u32le(&marks, (uint32_t)w.size);
        }
        writer_u8(&w, (uint8_t)(s->kind | s->trap << 2 | (s->pad_pc != 0 ? SITE_HAS_PAD : 0)));
        writer_leb_u64(&w, s->pc - pc);
        writer_leb_s64(&w, (int64_t)s->offset - offset);
        if (s->pad_pc != 0)
            writer_leb_u64(&w, s->pad_pc);
        pc = s->pc;
        offset = s->offset;
    }
    return marks_size + w.size;
}

struct wasm_site_cursor wasm_sites_from(struct bytes packed, uint32_t count, uint32_t pc)
{
    size_t low = 0, high = mark_count(count), marks_size = high * MARK_SIZE;
    struct wasm_site_cursor c = { .at = packed.data + num_min(marks_size, packed.size),
                                  .end = packed.data + packed.size };
    const uint8_t *first = c.at;

    /* The last mark that no site of this pc lies before. */
    while (low < high && marks_size <= packed.size) {
        size_t middle = low + (high - low) / 2;
        struct reader r = reader_of((struct bytes){ packed.data + middle * MARK_SIZE, MARK_SIZE });
        uint32_t before = reader_u32le(&r);

        if (before >= pc) {
            high = middle;
            continue;
        }
        low = middle + 1;
        c.entry.pc = before;
        c.entry.offset = reader_u32le(&r);
        c.at = first + num_min(reader_u32le(&r), (size_t)(c.end - first));
    }
    return c;
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

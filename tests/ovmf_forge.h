/* ovmf_forge.h: firmware images for tests: a page or two of a pattern, and at the end the tables
 * that are asked for, true or broken. Include this in one file per program. Not for shipped
 * code. */
#ifndef BROCH_TESTS_OVMF_FORGE_H
#define BROCH_TESTS_OVMF_FORGE_H

#include <assert.h>
#include <string.h>

#include "base/writer.h"
#include "measure/ovmf.h"

#define FORGE_SIZE (2 * OVMF_PAGE)
#define FORGE_METADATA 0x1100u /* where in the image */

struct ovmf_forge {
    bool is_tdx, is_shim, no_table, no_reset, no_hashes, no_metadata;
    uint32_t signature, version; /* 0: the right ones */
    uint32_t count;              /* that is said; 0: the true one */
    uint32_t hashes_gpa;
    uint16_t table_size; /* that is said; 0: the true one */
    uint32_t svsm_entry; /* 0: it is no SVSM */
    bool zero_reset;
    struct ovmf_section sections[8];
    uint32_t section_count;
};

static const uint8_t forge_guids[][16] = {
    { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08,
      0x2d },
    { 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b, 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4,
      0x54 },
    { 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4,
      0x4e },
    { 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67,
      0xcc },
    { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47, 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e,
      0xc2 },
    { 0x12, 0xa6, 0x89, 0xa7, 0x97, 0x05, 0x4b, 0x4c, 0xa4, 0x9f, 0xcb, 0xb1, 0xfe, 0x9d, 0x1d,
      0xdd },
};

static void forge_entry_(struct writer *w, size_t guid, uint32_t value)
{
    writer_u32le(w, value);
    writer_u16le(w, 4 + 18);
    writer_put(w, BYTES_OF(forge_guids[guid]));
}

static void forge_sections_(struct writer *w, const struct ovmf_forge *f)
{
    uint32_t signature = f->is_tdx ? 0x46564454 : 0x56455341, one = f->is_tdx ? 32 : 12;

    writer_u32le(w, f->signature != 0 ? f->signature : signature);
    writer_u32le(w, 16 + one * f->section_count);
    writer_u32le(w, f->version != 0 ? f->version : 1);
    writer_u32le(w, f->count != 0 ? f->count : f->section_count);
    for (uint32_t i = 0; i < f->section_count; i++) {
        const struct ovmf_section *s = &f->sections[i];

        if (f->is_tdx) {
            writer_u32le(w, s->data_offset);
            writer_u32le(w, s->data_size);
            writer_u64le(w, s->gpa);
            writer_u64le(w, s->size);
            writer_u32le(w, s->type);
            writer_u32le(w, s->attributes);
        } else {
            writer_u32le(w, (uint32_t)s->gpa);
            writer_u32le(w, (uint32_t)s->size);
            writer_u32le(w, s->type);
        }
    }
}

/* FORGE_SIZE bytes in image. */
static struct bytes ovmf_forge(uint8_t image[FORGE_SIZE], const struct ovmf_forge *f)
{
    uint8_t table[128];
    struct writer t = writer_of(table, sizeof table);
    struct writer w = writer_of(image + FORGE_METADATA, FORGE_SIZE - FORGE_METADATA - 256);

    for (size_t i = 0; i < FORGE_SIZE; i++)
        image[i] = (uint8_t)(i * 31 + i / 256);
    forge_sections_(&w, f);
    if (!f->no_metadata)
        forge_entry_(&t, f->is_tdx ? 4 : 3, FORGE_SIZE - FORGE_METADATA);
    if (!f->no_reset)
        forge_entry_(&t, 2, f->zero_reset ? 0 : 0x0080b004);
    if (f->svsm_entry != 0)
        forge_entry_(&t, 5, f->svsm_entry);
    if (!f->no_hashes)
        forge_entry_(&t, 1, f->hashes_gpa);
    writer_u16le(&t, f->table_size != 0 ? f->table_size : (uint16_t)(t.size + 18));
    writer_put(&t, BYTES_OF(forge_guids[0]));
    assert(writer_ok(&t) && writer_ok(&w));
    if (f->is_shim) { /* TD-Shim's pointer, and its GUID before what it points to */
        static const uint8_t guid[16] = { 0xf3, 0xf9, 0xea, 0xe9, 0x8e, 0x16, 0xd5, 0x44,
                                          0xa8, 0xeb, 0x7f, 0x4d, 0x87, 0x38, 0xf6, 0xae };

        t = writer_of(image + FORGE_SIZE - 32, 4);
        writer_u32le(&t, FORGE_METADATA);
        memcpy(image + FORGE_METADATA - sizeof guid, guid, sizeof guid);
    } else if (!f->no_table)
        memcpy(image + FORGE_SIZE - 32 - t.size, table, t.size);
    return (struct bytes){ image, FORGE_SIZE };
}

#endif

/* elf.c: the headers of an ELF executable, read and judged. */
#include "codec/elf.h"

#include "base/num.h"
#include "base/reader.h"

enum { ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4, PT_GNU_STACK = 0x6474e551 };
enum { DT_NULL = 0, DT_NEEDED = 1, DT_TEXTREL = 22 };
enum { FILE_HEADER_SIZE = 64, PROGRAM_HEADER_SIZE = 56, DYNAMIC_MAX = 256 };

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t at;
    uint64_t file_size;
    uint64_t size;
    uint64_t align;
};

struct file_header {
    uint16_t type;
    uint64_t entry;
    uint64_t headers_offset;
    uint16_t headers_count;
};

static enum err wrong_is(const char **wrong, const char *rule)
{
    *wrong = rule;
    return ERR_MALFORMED;
}

/* System V ABI, "ELF Header". */
static enum err file_header_parse(struct file_header *out, struct bytes file, const char **wrong)
{
    struct reader r = reader_of(file);
    uint16_t machine, header_size;

    if (reader_u32be(&r) != 0x7f454c46)
        return wrong_is(wrong, "not an ELF file");
    if (reader_u8(&r) != 2 || reader_u8(&r) != 1 || reader_u8(&r) != 1)
        return wrong_is(wrong, "not a 64-bit little-endian ELF file of version 1");
    reader_skip(&r, 9); /* OS ABI, its version, padding */
    out->type = reader_u16le(&r);
    machine = reader_u16le(&r);
    reader_skip(&r, 4);
    out->entry = reader_u64le(&r);
    out->headers_offset = reader_u64le(&r);
    reader_skip(&r, 8 + 4 + 2); /* sections, flags, size of this header */
    header_size = reader_u16le(&r);
    out->headers_count = reader_u16le(&r);
    if (!reader_ok(&r))
        return wrong_is(wrong, "shorter than its header");
    if (machine != EM_X86_64)
        return wrong_is(wrong, "not for x86-64");
    if (out->type != ET_EXEC && out->type != ET_DYN)
        return wrong_is(wrong, "not an executable");
    if (header_size != PROGRAM_HEADER_SIZE || out->headers_count == 0 ||
        out->headers_count > ELF_HEADERS_MAX)
        return wrong_is(wrong, "its program headers are of another size or too many");
    if (out->headers_offset > file.size ||
        file.size - out->headers_offset < (uint64_t)out->headers_count * PROGRAM_HEADER_SIZE)
        return wrong_is(wrong, "its program headers lie outside of the file");
    return ERR_OK;
}

static struct program_header header_at(struct bytes file, const struct file_header *h, uint32_t i)
{
    struct program_header p;
    struct reader r = reader_of(file);

    reader_skip(&r, h->headers_offset + (size_t)i * PROGRAM_HEADER_SIZE);
    p.type = reader_u32le(&r);
    p.flags = reader_u32le(&r);
    p.offset = reader_u64le(&r);
    p.at = reader_u64le(&r);
    reader_skip(&r, 8); /* the physical address means nothing here */
    p.file_size = reader_u64le(&r);
    p.size = reader_u64le(&r);
    p.align = reader_u64le(&r);
    return p;
}

static bool in_file(struct bytes file, const struct program_header *p)
{
    return p->offset <= file.size && p->file_size <= file.size - p->offset;
}

static enum err segment_add(struct elf *out, const struct program_header *p, const char **wrong)
{
    const struct elf_segment *last =
        out->segments_count > 0 ? &out->segment[out->segments_count - 1] : NULL;

    if (p->size == 0)
        return ERR_OK;
    if (out->segments_count == ELF_SEGMENTS_MAX)
        return wrong_is(wrong, "it has too many segments");
    if (!in_file(out->file, p) || p->file_size > p->size)
        return wrong_is(wrong, "a segment lies outside of the file");
    if (p->at > UINT64_MAX / 2 || p->size > ELF_SPAN_MAX)
        return wrong_is(wrong, "a segment is too large");
    if (out->position_independent && p->at > ELF_SPAN_MAX)
        return wrong_is(wrong, "a position-independent file does not start near 0");
    if (p->offset % ELF_PAGE != p->at % ELF_PAGE || p->align % ELF_PAGE != 0)
        return wrong_is(wrong, "a segment does not fall on pages");
    if ((p->flags & ELF_WRITE) != 0 && (p->flags & ELF_EXECUTE) != 0)
        return wrong_is(wrong, "a segment is writable and executable");
    if (last != NULL && p->at / ELF_PAGE <= (last->at + last->size - 1) / ELF_PAGE)
        return wrong_is(wrong, "segments overlap, share a page or do not ascend");
    if (p->at + p->size - (last != NULL ? out->segment[0].at : p->at) > ELF_SPAN_MAX)
        return wrong_is(wrong, "its image is too large");
    out->segment[out->segments_count++] = (struct elf_segment){
        .at = p->at,
        .size = p->size,
        .offset = p->offset,
        .file_size = p->file_size,
        .flags = p->flags,
    };
    return ERR_OK;
}

/* Nothing else is to be loaded, and no read-only page is to be changed. */
static enum err dynamic_check(struct bytes file, const struct program_header *p, const char **wrong)
{
    struct reader r = reader_of(file);

    if (!in_file(file, p))
        return wrong_is(wrong, "its dynamic section lies outside of the file");
    reader_skip(&r, p->offset);
    for (uint32_t i = 0; i < DYNAMIC_MAX && i < p->file_size / 16; i++) {
        uint64_t tag = reader_u64le(&r);

        reader_skip(&r, 8);
        if (tag == DT_NULL)
            return ERR_OK;
        if (tag == DT_NEEDED)
            return wrong_is(wrong, "it needs shared libraries");
        if (tag == DT_TEXTREL)
            return wrong_is(wrong, "it has relocations in read-only segments");
    }
    return wrong_is(wrong, "its dynamic section has no end");
}

static enum err header_take(struct elf *out, const struct file_header *h,
                            const struct program_header *p, const char **wrong)
{
    uint64_t headers_size = (uint64_t)h->headers_count * PROGRAM_HEADER_SIZE;

    switch (p->type) {
    case PT_INTERP: return wrong_is(wrong, "it wants an interpreter; link it with -static-pie");
    case PT_DYNAMIC: return dynamic_check(out->file, p, wrong);
    case PT_GNU_STACK:
        return (p->flags & ELF_EXECUTE) != 0 ? wrong_is(wrong, "it wants an executable stack")
                                             : ERR_OK;
    case PT_NOTE:
        return in_file(out->file, p) ? ERR_OK : wrong_is(wrong, "a note lies outside of the file");
    case PT_LOAD:
        TRY(segment_add(out, p, wrong));
        if (p->offset <= h->headers_offset && h->headers_offset - p->offset < p->file_size &&
            p->file_size - (h->headers_offset - p->offset) >= headers_size)
            out->headers_at = p->at + (h->headers_offset - p->offset);
        return ERR_OK;
    default: return ERR_OK;
    }
}

static bool entry_inside(const struct elf *elf)
{
    for (uint32_t i = 0; i < elf->segments_count; i++) {
        const struct elf_segment *s = &elf->segment[i];

        if ((s->flags & ELF_EXECUTE) != 0 && elf->entry >= s->at &&
            elf->entry - s->at < s->file_size)
            return true;
    }
    return false;
}

enum err elf_parse(struct elf *out, struct bytes file, const char **wrong)
{
    struct elf t = { .file = file };
    struct file_header h;

    *wrong = "";
    TRY(file_header_parse(&h, file, wrong));
    t.position_independent = h.type == ET_DYN;
    t.entry = h.entry;
    t.headers_count = h.headers_count;
    for (uint32_t i = 0; i < h.headers_count; i++) {
        const struct program_header p = header_at(file, &h, i);

        TRY(header_take(&t, &h, &p, wrong));
    }
    if (t.segments_count == 0)
        return wrong_is(wrong, "it has no segment to load");
    if (!entry_inside(&t))
        return wrong_is(wrong, "its entry is in no executable segment");
    *out = t;
    return ERR_OK;
}

static struct bytes note_in(struct reader r, const char *owner, uint32_t type)
{
    size_t owner_size = bytes_text_size(owner, 32) + 1;

    while (reader_ok(&r) && r.left >= 12) {
        uint32_t name_size = reader_u32le(&r);
        uint32_t size = reader_u32le(&r);
        uint32_t its_type = reader_u32le(&r);
        struct bytes name = reader_take(&r, name_size);
        struct bytes description;

        reader_skip(&r, -name_size & 3u);
        description = reader_take(&r, size);
        if (reader_ok(&r) && its_type == type &&
            bytes_equal(name, (struct bytes){ (const uint8_t *)owner, owner_size }))
            return description;
        reader_skip(&r, num_min(-size & 3u, r.left));
    }
    return (struct bytes){ 0 };
}

struct bytes elf_note(const struct elf *elf, const char *owner, uint32_t type)
{
    const char *wrong;
    struct file_header h;

    if (file_header_parse(&h, elf->file, &wrong) != ERR_OK)
        return (struct bytes){ 0 };
    for (uint32_t i = 0; i < h.headers_count; i++) {
        const struct program_header p = header_at(elf->file, &h, i);
        struct reader r = reader_of(elf->file);
        struct bytes found;

        if (p.type != PT_NOTE)
            continue;
        reader_skip(&r, p.offset);
        found = note_in(reader_sub(&r, p.file_size), owner, type);
        if (found.data != NULL)
            return found;
    }
    return (struct bytes){ 0 };
}

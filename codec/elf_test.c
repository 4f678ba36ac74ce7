/* elf_test.c: which executables are let in, and which are not. */
#include "codec/elf.h"

#include <stdlib.h>

#include "base/writer.h"
#include "tests/check.h"

enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4, PT_GNU_STACK = 0x6474e551 };

struct header {
    uint32_t type, flags;
    uint64_t offset, at, file_size, size, align;
};

#define FILE_SIZE 0x5000u

struct made {
    uint8_t raw[FILE_SIZE];
    uint16_t type;
    uint16_t machine;
    uint64_t entry;
    uint64_t headers_offset;
    uint16_t headers_size;
    struct header header[8];
    uint16_t count;
};

static struct made good(void)
{
    return (struct made){
        .type = 3,
        .machine = 62,
        .entry = 0x1010,
        .headers_offset = 64,
        .headers_size = 56,
        .header = {
            { PT_LOAD, 4, 0, 0, 0x800, 0x800, 0x1000 },
            { PT_LOAD, 5, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000 },
            { PT_LOAD, 6, 0x2100, 0x3100, 0x100, 0x2000, 0x1000 },
            { PT_NOTE, 4, 0x700, 0x700, 36, 36, 4 },
            { PT_GNU_STACK, 6, 0, 0, 0, 0, 16 },
        },
        .count = 5,
    };
}

static struct bytes made_write(struct made *m)
{
    static const uint8_t note[36] = "\x06\0\0\0\x0c\0\0\0\x01\0\0\0Broch\0\0\0description.";
    struct writer w = writer_of(m->raw, sizeof m->raw);

    writer_put(&w, BYTES_TEXT("\x7f"
                              "ELF\2\1\1\0\0\0\0\0\0\0\0\0"));
    writer_u16le(&w, m->type);
    writer_u16le(&w, m->machine);
    writer_u32le(&w, 1);
    writer_u64le(&w, m->entry);
    writer_u64le(&w, m->headers_offset);
    writer_u64le(&w, 0);
    writer_u32le(&w, 0);
    writer_u16le(&w, 64);
    writer_u16le(&w, m->headers_size);
    writer_u16le(&w, m->count);
    writer_u16le(&w, 0);
    writer_u16le(&w, 0);
    writer_u16le(&w, 0);
    for (uint16_t i = 0; i < m->count && i < 8; i++) {
        const struct header *h = &m->header[i];

        writer_u32le(&w, h->type);
        writer_u32le(&w, h->flags);
        writer_u64le(&w, h->offset);
        writer_u64le(&w, h->at);
        writer_u64le(&w, h->at);
        writer_u64le(&w, h->file_size);
        writer_u64le(&w, h->size);
        writer_u64le(&w, h->align);
    }
    memcpy(m->raw + 0x700, note, sizeof note);
    return BYTES_OF(m->raw);
}

static void accepted(void)
{
    struct made m = good();
    struct elf elf;
    const char *wrong;

    CASE("a position-independent file");
    CHECK_OK(elf_parse(&elf, made_write(&m), &wrong));
    CHECK(elf.position_independent);
    CHECK_EQ(elf.segments_count, 3);
    CHECK_EQ(elf.segment[2].at, 0x3100);
    CHECK_EQ(elf.segment[2].size, 0x2000);
    CHECK_EQ(elf.headers_at, 64);
    CASE("its note is found by owner and type");
    CHECK_BYTES(elf_note(&elf, "Broch", 1), BYTES_TEXT("description."));
    CHECK_NULL(elf_note(&elf, "Broch", 2).data);
    CHECK_NULL(elf_note(&elf, "Broc", 1).data);
    CASE("a fixed-address file");
    m = good();
    m.type = 2;
    CHECK_OK(elf_parse(&elf, made_write(&m), &wrong));
    CHECK(!elf.position_independent);
}

static void wants_object(struct made *m) { m->type = 1; }
static void other_machine(struct made *m) { m->machine = 183; }
static void other_header_size(struct made *m) { m->headers_size = 57; }
static void no_headers(struct made *m) { m->count = 0; }
static void headers_outside(struct made *m) { m->headers_offset = FILE_SIZE - 57; }
static void headers_wrap(struct made *m) { m->headers_offset = UINT64_MAX - 8; }
static void interpreter(struct made *m) { m->header[4].type = PT_INTERP; }
static void executable_stack(struct made *m) { m->header[4].flags = 7; }
static void writable_code(struct made *m) { m->header[1].flags = 7; }
static void overlap(struct made *m) { m->header[1].at = 0; }
static void shared_page(struct made *m)
{
    m->header[2].at = 0x1f00;
    m->header[2].offset = 0x2f00;
}
static void descending(struct made *m)
{
    m->header[1].at = 0x8000;
    m->entry = 0x8010;
}
static void beyond_file(struct made *m) { m->header[1].file_size = m->header[1].size = FILE_SIZE; }
static void offset_wraps(struct made *m) { m->header[1].offset = UINT64_MAX - 0xfff; }
static void smaller_in_memory(struct made *m) { m->header[1].size = 0xfff; }
static void huge(struct made *m) { m->header[2].size = ELF_SPAN_MAX + 1; }
static void far_away(struct made *m) { m->header[2].at = (ELF_SPAN_MAX & ~0xfffull) + 0x100; }
static void starts_high(struct made *m)
{
    for (int i = 0; i < 4; i++)
        m->header[i].at += 16ull << 30;
    m->entry += 16ull << 30;
}
static void at_wraps(struct made *m) { m->header[2].at = UINT64_MAX - 0xeff; }
static void unaligned(struct made *m) { m->header[1].offset = 0x1100; }
static void odd_alignment(struct made *m) { m->header[1].align = 16; }
static void entry_in_data(struct made *m) { m->entry = 0x3110; }
static void entry_nowhere(struct made *m) { m->entry = 0x9000; }
static void entry_behind_code(struct made *m) { m->entry = 0x2000; }
static void note_outside(struct made *m) { m->header[3].offset = FILE_SIZE; }
static void nothing_to_load(struct made *m)
{
    for (int i = 0; i < 3; i++)
        m->header[i].type = PT_GNU_STACK, m->header[i].flags = 6;
}
static void too_many(struct made *m) { m->count = ELF_HEADERS_MAX + 1; }
static void needs_library(struct made *m)
{
    m->header[4] = (struct header){ PT_DYNAMIC, 6, 0x2100, 0x3100, 32, 32, 8 };
    m->raw[0x2100] = 1; /* DT_NEEDED */
}
static void endless_dynamic(struct made *m)
{
    m->header[4] = (struct header){ PT_DYNAMIC, 6, 0x2100, 0x3100, 16, 16, 8 };
    m->raw[0x2100] = 5;
}

static void refused(void)
{
    static const struct {
        const char *name;
        void (*spoil)(struct made *m);
    } cases[] = {
        { "an object file", wants_object },
        { "another machine", other_machine },
        { "program headers of another size", other_header_size },
        { "no program header", no_headers },
        { "program headers outside of the file", headers_outside },
        { "program headers at the end of the world", headers_wrap },
        { "an interpreter", interpreter },
        { "an executable stack", executable_stack },
        { "writable and executable", writable_code },
        { "segments that overlap", overlap },
        { "segments that share a page", shared_page },
        { "segments that descend", descending },
        { "a segment beyond the file", beyond_file },
        { "an offset that wraps", offset_wraps },
        { "smaller in memory than in the file", smaller_in_memory },
        { "a huge segment", huge },
        { "segments far apart", far_away },
        { "position independent, and far from 0", starts_high },
        { "an address that wraps", at_wraps },
        { "an offset that does not fit its address", unaligned },
        { "an alignment below a page", odd_alignment },
        { "an entry in data", entry_in_data },
        { "an entry nowhere", entry_nowhere },
        { "an entry behind the code", entry_behind_code },
        { "a note outside of the file", note_outside },
        { "nothing to load", nothing_to_load },
        { "too many program headers", too_many },
        { "a shared library", needs_library },
        { "a dynamic section without an end", endless_dynamic },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made m = good();
        struct elf elf;
        const char *wrong = NULL;

        CASE(cases[i].name);
        cases[i].spoil(&m);
        CHECK(elf_parse(&elf, made_write(&m), &wrong) != ERR_OK);
        CHECK(wrong != NULL && wrong[0] != '\0');
    }
}

static void cut(void)
{
    struct made m = good();
    struct bytes whole = made_write(&m);
    struct elf elf;
    const char *wrong;

    CASE("cut anywhere before the end of its segments");
    for (size_t size = 0; size < 0x2200; size += size < 400 ? 1 : 97) {
        uint8_t *copy = malloc(size > 0 ? size : 1); /* so that a sanitizer sees the end */

        memcpy(copy, whole.data, size);
        CHECK(elf_parse(&elf, (struct bytes){ copy, size }, &wrong) != ERR_OK);
        free(copy);
    }
}

int main(void)
{
    accepted();
    refused();
    cut();
    return check_done();
}

#include "host/symbol_file.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

struct symbol {
    uint64_t start;
    uint64_t size;
    struct bytes name;
};

struct sums {
    uint64_t low, high; /* of all symbols */
    size_t count;
    size_t names; /* bytes, their ends included */
};

/* --- One line. */

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint64_t number_take(struct reader *r)
{
    uint64_t n = 0;
    unsigned count = 0;

    for (; r->left > 0 && digit_of(reader_peek(r)) >= 0; count++)
        n = n << 4 | (uint64_t)digit_of(reader_u8(r));
    if (count == 0 || count > 16 || reader_u8(r) != ' ')
        reader_fail(r);
    return n;
}

static struct bytes name_take(struct reader *r)
{
    const uint8_t *end = r->left == 0 ? NULL : memchr(r->at, '\n', r->left);
    struct bytes name = { 0 };

    if (end == NULL || end == r->at || end - r->at > (ptrdiff_t)SYMBOL_NAME_MAX) {
        reader_fail(r);
        return name;
    }
    name = reader_take(r, (size_t)(end - r->at));
    reader_skip(r, 1);
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f)
            reader_fail(r);
    return name;
}

static struct symbol symbol_take(struct reader *r)
{
    struct symbol s = { .start = number_take(r) };

    s.size = number_take(r);
    s.name = name_take(r);
    if (s.start > SYMBOL_ADDRESS_MAX || s.size > SYMBOL_ADDRESS_MAX - s.start || s.size == 0)
        reader_fail(r);
    return s;
}

static bool sums_make(struct sums *out, struct bytes text)
{
    struct reader r = reader_of(text);
    struct sums t = { .low = UINT64_MAX };

    while (reader_ok(&r) && r.left > 0) {
        struct symbol s = symbol_take(&r);

        t.low = s.start < t.low ? s.start : t.low;
        t.high = s.start + s.size > t.high ? s.start + s.size : t.high;
        t.names += s.name.size + 1;
        t.count++;
    }
    *out = t;
    return reader_done(&r) && t.count > 0;
}

/* --- The file: head, four sections' heads behind it, symbols, names. */

static const char section_names[] = "\0.text\0.symtab\0.strtab";
enum { NAME_TEXT = 1, NAME_SYMTAB = 7, NAME_STRTAB = 15 };
enum { SECTION_NONE, SECTION_TEXT, SECTION_SYMTAB, SECTION_STRTAB, SECTIONS };

#define SYMBOLS_AT (sizeof(Elf64_Ehdr) + SECTIONS * sizeof(Elf64_Shdr))

static void put(struct writer *w, const void *from, size_t size)
{
    writer_put(w, (struct bytes){ from, size });
}

static void heads_put(struct writer *w, const struct sums *sums)
{
    const size_t symbols = (sums->count + 1) * sizeof(Elf64_Sym);
    const Elf64_Ehdr head = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_shoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTIONS,
        .e_shstrndx = SECTION_STRTAB,
    };
    const Elf64_Shdr sections[SECTIONS] = {
        [SECTION_TEXT] = { .sh_name = NAME_TEXT,
                           .sh_type = SHT_NOBITS,
                           .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                           .sh_addr = sums->low,
                           .sh_offset = SYMBOLS_AT,
                           .sh_size = sums->high - sums->low,
                           .sh_addralign = 1 },
        [SECTION_SYMTAB] = { .sh_name = NAME_SYMTAB,
                             .sh_type = SHT_SYMTAB,
                             .sh_offset = SYMBOLS_AT,
                             .sh_size = symbols,
                             .sh_link = SECTION_STRTAB,
                             .sh_info = 1,
                             .sh_addralign = 8,
                             .sh_entsize = sizeof(Elf64_Sym) },
        [SECTION_STRTAB] = { .sh_name = NAME_STRTAB,
                             .sh_type = SHT_STRTAB,
                             .sh_offset = SYMBOLS_AT + symbols,
                             .sh_size = sizeof section_names + sums->names,
                             .sh_addralign = 1 },
    };

    put(w, &head, sizeof head);
    put(w, sections, sizeof sections);
}

static void symbols_put(struct writer *w, struct bytes text)
{
    struct reader r = reader_of(text);
    size_t name_at = sizeof section_names;
    const Elf64_Sym none = { 0 };

    put(w, &none, sizeof none);
    while (reader_ok(&r) && r.left > 0) {
        struct symbol s = symbol_take(&r);
        const Elf64_Sym out = {
            .st_name = (Elf64_Word)name_at,
            .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
            .st_shndx = SECTION_TEXT,
            .st_value = s.start,
            .st_size = s.size,
        };

        put(w, &out, sizeof out);
        name_at += s.name.size + 1;
    }
}

static void names_put(struct writer *w, struct bytes text)
{
    struct reader r = reader_of(text);

    put(w, section_names, sizeof section_names);
    while (reader_ok(&r) && r.left > 0) {
        writer_put(w, symbol_take(&r).name);
        writer_u8(w, 0);
    }
}

enum err symbol_file_make(uint8_t **out, size_t *size, struct bytes text)
{
    struct sums sums;
    struct writer w;
    uint8_t *file;
    size_t room;

    if (text.size > SYMBOL_TEXT_MAX)
        return ERR_LIMIT;
    if (!sums_make(&sums, text))
        return ERR_MALFORMED;
    room = SYMBOLS_AT + (sums.count + 1) * sizeof(Elf64_Sym) + sizeof section_names + sums.names;
    file = malloc(room);
    if (file == NULL)
        return ERR_NOMEM;
    w = writer_of(file, room);
    heads_put(&w, &sums);
    symbols_put(&w, text);
    names_put(&w, text);
    if (!writer_ok(&w) || w.size != room) { /* the text has changed: it must be private */
        free(file);
        return ERR_USAGE;
    }
    *out = file;
    *size = room;
    return ERR_OK;
}

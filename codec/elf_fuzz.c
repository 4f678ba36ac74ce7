/* Covers: elf_parse elf_note */
#include <stdlib.h>

#include "codec/elf.h"

static volatile uint8_t sink;

/* What elf.h promises of an accepted file. */
static void judge(const struct elf *e)
{
    uint64_t behind = 0;

    for (uint32_t i = 0; i < e->segments_count; i++) {
        const struct elf_segment *s = &e->segment[i];

        if (s->at / ELF_PAGE < behind || s->size == 0 || s->file_size > s->size ||
            s->offset > e->file.size || s->file_size > e->file.size - s->offset ||
            (s->flags & (ELF_WRITE | ELF_EXECUTE)) == (ELF_WRITE | ELF_EXECUTE))
            abort();
        behind = (s->at + s->size - 1) / ELF_PAGE + 1;
        if (s->file_size > 0)
            sink = e->file.data[s->offset + s->file_size - 1];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf elf;
    const char *wrong;
    struct bytes note;

    if (elf_parse(&elf, (struct bytes){ data, size }, &wrong) != ERR_OK)
        return 0;
    judge(&elf);
    note = elf_note(&elf, "Broch", 1);
    if (note.size > 0)
        sink = note.data[note.size - 1];
    return 0;
}

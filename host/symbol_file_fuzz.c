/* Covers: symbol_file_make */
#include "host/symbol_file.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is accepted has its symbols inside of the section of code, and every name
 * inside of its table. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Elf64_Shdr sections[4];
    Elf64_Ehdr head;
    uint8_t *file;
    size_t made;

    if (symbol_file_make(&file, &made, (struct bytes){ data, size }) != ERR_OK)
        return 0;
    memcpy(&head, file, sizeof head);
    memcpy(sections, file + head.e_shoff, sizeof sections);
    for (size_t i = 1; i < sections[2].sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym s;

        memcpy(&s, file + sections[2].sh_offset + i * sizeof s, sizeof s);
        if (s.st_value < sections[1].sh_addr ||
            s.st_value + s.st_size > sections[1].sh_addr + sections[1].sh_size ||
            s.st_name >= sections[3].sh_size ||
            memchr(file + sections[3].sh_offset + s.st_name, 0, sections[3].sh_size - s.st_name) ==
                NULL)
            abort();
    }
    free(file);
    return 0;
}

#include "host/symbol_file.h"

#include "tests/check.h"

#include <elf.h>
#include <stdlib.h>

static const struct {
    const char *name, *text;
    enum err want;
} cases[] = {
    { "one function", "7effff7fe000 12 add\n", ERR_OK },
    { "two", "1000 1 a\n2000 20 b.c$d\n", ERR_OK },
    { "the same name twice", "1000 1 a\n2000 20 a\n", ERR_OK },
    { "nothing", "", ERR_MALFORMED },
    { "an empty line", "\n", ERR_MALFORMED },
    { "no end of the last line", "1000 1 a", ERR_MALFORMED },
    { "no name", "1000 1 \n", ERR_MALFORMED },
    { "no size", "1000 a\n", ERR_MALFORMED },
    { "a size of 0", "1000 0 a\n", ERR_MALFORMED },
    { "capitals", "1000 A a\n", ERR_MALFORMED },
    { "a space in a name", "1000 1 a b\n", ERR_MALFORMED },
    { "a control character in a name", "1000 1 a\x1b[31m\n", ERR_MALFORMED },
    { "a byte that is no ASCII", "1000 1 \xc3\xa4\n", ERR_MALFORMED },
    { "an address in the upper half", "ffffffff80000000 1 a\n", ERR_MALFORMED },
    { "a size that wraps", "1000 ffffffffffffffff a\n", ERR_MALFORMED },
    { "a number of seventeen digits", "00000000000001000 1 a\n", ERR_MALFORMED },
    { "a good line and a bad one", "1000 1 a\n2000\n", ERR_MALFORMED },
};

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static void test_lines(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *file = NULL;
        size_t size = 0;

        CASE(cases[i].name);
        CHECK_ERR(symbol_file_make(&file, &size, text_of(cases[i].text)), cases[i].want);
        CHECK((file != NULL) == (cases[i].want == ERR_OK));
        free(file);
    }
}

static void test_file(void)
{
    uint8_t *file = NULL;
    size_t size = 0;
    Elf64_Shdr sections[4];
    Elf64_Ehdr head;
    Elf64_Sym symbol;

    CASE("the file that is made");
    CHECK_OK(symbol_file_make(&file, &size, text_of("2000 20 second\n1000 8 first\n")));
    memcpy(&head, file, sizeof head);
    CHECK_EQ(head.e_shnum, 4);
    memcpy(sections, file + head.e_shoff, sizeof sections);
    CHECK_EQ(sections[1].sh_addr, 0x1000);
    CHECK_EQ(sections[1].sh_size, 0x1020);
    CHECK_EQ(sections[2].sh_size, 3 * sizeof symbol);
    CHECK_EQ(sections[3].sh_offset + sections[3].sh_size, size);
    memcpy(&symbol, file + sections[2].sh_offset + sizeof symbol, sizeof symbol);
    CHECK_EQ(symbol.st_value, 0x2000);
    CHECK_TEXT((char *)file + sections[3].sh_offset + symbol.st_name, "second");
    free(file);
    CASE("more text than there may be");
    CHECK_ERR(symbol_file_make(&file, &size, (struct bytes){ NULL, SYMBOL_TEXT_MAX + 1 }),
              ERR_LIMIT);
    CASE("a name that is too long");
    file = malloc(SYMBOL_NAME_MAX + 16);
    memset(file, 'a', SYMBOL_NAME_MAX + 16);
    memcpy(file, "1000 1 ", 7);
    file[7 + SYMBOL_NAME_MAX + 1] = '\n';
    uint8_t *made = NULL;
    CHECK_ERR(symbol_file_make(&made, &size, (struct bytes){ file, 7 + SYMBOL_NAME_MAX + 2 }),
              ERR_MALFORMED);
    free(file);
}

int main(void)
{
    test_lines();
    test_file();
    return check_done();
}

/* Counts the lines, words and bytes of a file and names its commonest words.
 * The same program stands beside this one in other languages; all print the same. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    char text[32];
    unsigned count;
};

static int by_count(const void *left, const void *right)
{
    const struct word *a = left;
    const struct word *b = right;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->text, b->text);
}

int main(int argc, char **argv)
{
    static struct word words[20000];
    size_t kinds = 0, lines = 0, total = 0, bytes = 0, length = 0;
    char text[32];
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : stdin;

    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    for (int c = getc(file);; c = getc(file)) {
        bytes += c != EOF;
        lines += c == '\n';
        if (c != EOF && isalpha(c)) {
            if (length < sizeof text - 1)
                text[length++] = (char)tolower(c);
            continue;
        }
        if (length > 0) {
            size_t i = 0;

            text[length] = 0;
            while (i < kinds && strcmp(words[i].text, text) != 0)
                i++;
            if (i == kinds && kinds < sizeof words / sizeof words[0])
                strcpy(words[kinds++].text, text);
            words[i].count++;
            total++;
            length = 0;
        }
        if (c == EOF)
            break;
    }
    printf("%zu lines, %zu words, %zu bytes\n", lines, total, bytes);
    qsort(words, kinds, sizeof words[0], by_count);
    for (size_t i = 0; i < kinds && i < 3; i++)
        printf("%u %s\n", words[i].count, words[i].text);
    return 0;
}

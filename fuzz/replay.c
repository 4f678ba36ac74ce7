/* replay.c: runs a fuzz target over the files of its corpus, as a TAP test.
 *
 * For builds without libFuzzer. Also runs the empty input and every prefix of
 * each short file, which costs nothing and finds most short reads. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PREFIXES_UP_TO = 512, FILE_MAX = 16 << 20 };

static uint8_t *file_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data;

    if (f == NULL)
        return NULL;
    data = malloc(FILE_MAX);
    if (data != NULL)
        *size = fread(data, 1, FILE_MAX, f);
    fclose(f);
    return data;
}

/* A copy of the exact size, so that a sanitizer sees one byte too far. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = calloc(1, size != 0 ? size : 1);

    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static int replay(const char *path)
{
    size_t size = 0;
    uint8_t *data = file_read(path, &size);

    if (data == NULL)
        return 0;
    run(data, size);
    if (size <= PREFIXES_UP_TO)
        for (size_t i = 0; i < size; i++)
            run(data, i);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc > 1 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
    unsigned number = 1;
    int failed = 0;

    run((const uint8_t *)"", 0);
    printf("ok %u - the empty input\n", number);
    for (int i = 0; i < count; i++) {
        char path[4096];
        const char *name = entries[i]->d_name;
        int ok;

        if (name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", argv[1], name) >= (int)sizeof path)
            continue;
        fflush(stdout); /* the name of the input before one that crashes */
        printf("# %s\n", name);
        fflush(stdout);
        ok = replay(path);
        failed += !ok;
        printf("%sok %u - %s\n", ok ? "" : "not ", ++number, name);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    printf("1..%u\n", number);
    return failed != 0;
}

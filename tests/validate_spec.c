/* validate_spec.c: decodes and validates the modules whose paths come on
 * standard input, one a line, and prints for each: the error's number, the
 * offset, the function, the rule, the detail, separated by tabs. A tool for
 * tests/run-validate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasm/module.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, (size + 15) & ~(size_t)15);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static const struct arena_source heap = { .take = take, .give = give };

static uint8_t *file_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long end;

    if (f == NULL)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && (end = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        *size = (size_t)end;
        data = malloc(*size != 0 ? *size : 1); /* the exact size, for sanitizers */
        if (data != NULL && fread(data, 1, *size, f) != *size)
            *size = 0;
    }
    fclose(f);
    return data;
}

static void judge(struct bytes raw)
{
    struct arena kept;
    struct arena scratch;
    struct wasm_decoded m = { 0 };
    struct wasm_note note = { 0 };
    enum err e;

    arena_init(&kept, heap, SIZE_MAX);
    arena_init(&scratch, heap, SIZE_MAX);
    e = wasm_decode(&m, raw, &kept, &note);
    if (e == ERR_OK)
        e = wasm_validate(&m, &scratch, &note);
    printf("%d\t%llu\t%lld\t%s\t%s\n", (int)e, (unsigned long long)note.offset,
           (long long)note.function, note.rule, note.detail);
    if (getenv("VALIDATE_SPEC_MEMORY") != NULL)
        fprintf(stderr, "bytes %zu, kept %zu, scratch %zu\n", raw.size, kept.peak, scratch.peak);
    arena_done(&kept);
    arena_done(&scratch);
}

int main(void)
{
    char path[4096];

    while (fgets(path, sizeof path, stdin) != NULL) {
        size_t size = 0;
        uint8_t *data;

        path[strcspn(path, "\n")] = 0;
        data = file_read(path, &size);
        if (data == NULL) {
            fprintf(stderr, "validate_spec: cannot read %s\n", path);
            return 74;
        }
        judge((struct bytes){ data, size });
        fflush(stdout);
        free(data);
    }
    return 0;
}

/* modules_test.c: compiles and verifies every function of the modules whose paths come on
 * standard input, one a line, in each of several configurations, and prints what was
 * refused, a count, and the time of both. A tool for tests and measurements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/broch/wasm.h"
#include "wasm/compile.h"

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

static struct {
    uint64_t functions, refused, uncompiled, bytes;
    double compile_s, verify_s;
} total;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint8_t *file_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long end;

    if (f == NULL)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && (end = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        *size = (size_t)end;
        data = malloc(*size != 0 ? *size : 1);
        if (data != NULL && fread(data, 1, *size, f) != *size)
            *size = 0;
    }
    fclose(f);
    return data;
}

static void code_write(const struct wasm_code *code)
{
    const char *path = getenv("VERIFY_DUMP");
    FILE *f = path == NULL ? NULL : fopen(path, "wb");

    if (f == NULL)
        return;
    fwrite(code->bytes, 1, code->text_size, f);
    fclose(f);
}

static void judge_function(const char *path, const struct wasm_unit *unit, uint32_t function,
                           struct arena *arena)
{
    struct wasm_note note = { 0 };
    struct wasm_code code = { 0 };
    double start = now_s(), middle;
    enum err e;

    arena_reset(arena);
    total.functions++;
    e = wasm_compile_function(&code, unit, function, arena, &note);
    middle = now_s();
    total.compile_s += middle - start;
    if (e != ERR_OK) {
        total.uncompiled++;
        printf("%s: function %u, configuration %llx: not compiled: %s, %s\n", path, function,
               (unsigned long long)unit->config, note.rule, note.detail);
        return;
    }
    total.bytes += code.text_size;
    e = wasm_verify_function(unit, function, &code, arena, &note);
    total.verify_s += now_s() - middle;
    if (e == ERR_OK)
        return;
    total.refused++;
    printf("%s: function %u, configuration %llx: refused at %llx: %s\n", path, function,
           (unsigned long long)unit->config, (unsigned long long)note.offset, note.rule);
    code_write(&code);
}

static void judge(const char *path, struct bytes raw, const uint64_t *configs, unsigned count,
                  long only)
{
    struct arena kept, scratch;
    struct wasm_decoded m = { 0 };
    struct wasm_note note = { 0 };
    struct wasm_layout layout;

    arena_init(&kept, heap, SIZE_MAX);
    arena_init(&scratch, heap, (size_t)4 << 30);
    if (wasm_decode(&m, raw, &kept, &note) == ERR_OK &&
        wasm_validate(&m, &scratch, &note) == ERR_OK && wasm_layout_of(&layout, &m) == ERR_OK)
        for (unsigned c = 0; c < count; c++)
            for (uint32_t f = m.imported_func_count; f < m.func_count; f++)
                if (only < 0 || (uint32_t)only == f)
                    judge_function(
                        path,
                        &(struct wasm_unit){ .module = &m,
                                             .layout = &layout,
                                             .config = configs[c] | WASM_CONFIG_NO_VERIFY },
                        f, &scratch);
    arena_done(&scratch);
    arena_done(&kept);
}

/* Arguments: configuration words in hexadecimal, or none for the usual ones; -f N: one function. */
int main(int argc, char **argv)
{
    static const uint64_t usual[] = {
        WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_BMI |
            WASM_CONFIG_POPCNT,
        WASM_CONFIG_SSE41 | WASM_CONFIG_FUEL | WASM_CONFIG_INTERRUPT | WASM_CONFIG_DETERMINISTIC,
        WASM_CONFIG_SSE41 | WASM_CONFIG_AVX | WASM_CONFIG_EXPLICIT,
        WASM_CONFIG_SSE41 | WASM_CONFIG_NO_OPTIMIZE | WASM_CONFIG_NAIVE_ALLOC,
    };
    uint64_t given[16];
    unsigned count = 0;
    char line[4096];
    long only = -1;

    for (int i = 1; i < argc && count < 16; i++) {
        if (strcmp(argv[i], "-f") == 0 && i + 1 < argc)
            only = strtol(argv[++i], NULL, 10);
        else
            given[count++] = strtoull(argv[i], NULL, 16);
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct bytes raw = { 0 };
        uint8_t *data;

        line[strcspn(line, "\n")] = 0;
        data = file_read(line, &raw.size);
        raw.data = data;
        if (data != NULL)
            judge(line, raw, count != 0 ? given : usual,
                  count != 0 ? count : (unsigned)(sizeof usual / sizeof *usual), only);
        free(data);
    }
    printf("%llu compiles, %llu refused, %llu not compiled; ", (unsigned long long)total.functions,
           (unsigned long long)total.refused, (unsigned long long)total.uncompiled);
    printf("%llu bytes; compile %.3f s, verify %.3f s\n", (unsigned long long)total.bytes,
           total.compile_s, total.verify_s);
    return total.refused != 0;
}

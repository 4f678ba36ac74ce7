/* module_bytes.h: modules for tests, written as hexadecimal text.
 *
 * Blanks are ignored. `[` and `]` enclose bytes that are preceded by their count
 * as one LEB128 number of up to two bytes: sections, vectors of bytes and bodies
 * need no counting by hand. Include it in one file per test program. */
#ifndef BROCH_TESTS_MODULE_BYTES_H
#define BROCH_TESTS_MODULE_BYTES_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "wasm/module.h"

enum { MODULE_BYTES_DEPTH = 8 };

static void *module_bytes_take_(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void module_bytes_give_(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

[[maybe_unused]] static const struct arena_source module_bytes_heap = {
    .take = module_bytes_take_,
    .give = module_bytes_give_,
};

static int module_bytes_digit_(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Puts the count before what was written since `mark`. */
static size_t module_bytes_close_(uint8_t *out, size_t mark, size_t size)
{
    size_t count = size - mark;
    size_t wide = count < 0x80 ? 1 : 2;

    if (count >= 0x4000)
        abort();
    memmove(&out[mark + wide], &out[mark], count);
    out[mark] = (uint8_t)(wide == 1 ? count : (count & 0x7f) | 0x80);
    if (wide == 2)
        out[mark + 1] = (uint8_t)(count >> 7);
    return size + wide;
}

/* Appends the text's bytes to what is there already; gives the new size. */
[[maybe_unused]] static size_t module_bytes_hex(uint8_t *out, size_t size, size_t room,
                                                const char *text)
{
    size_t marks[MODULE_BYTES_DEPTH];
    int depth = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        if (size + 4 > room)
            abort();
        if (*text == '[') {
            if (depth == MODULE_BYTES_DEPTH)
                abort();
            marks[depth++] = size;
        } else if (*text == ']') {
            if (depth == 0)
                abort();
            size = module_bytes_close_(out, marks[--depth], size);
        } else {
            int high = module_bytes_digit_(text[0]);
            int low = high < 0 ? -1 : module_bytes_digit_(text[1]);

            if (low < 0)
                abort();
            out[size++] = (uint8_t)(high << 4 | low);
            text++;
        }
    }
    if (depth != 0)
        abort();
    return size;
}

/* Decodes and validates; everything is given back. */
[[maybe_unused]] static enum err module_bytes_judge(struct bytes raw, struct wasm_note *note,
                                                    uint32_t *features)
{
    struct arena kept;
    struct arena scratch;
    struct wasm_decoded m = { 0 };
    enum err e;

    *note = (struct wasm_note){ 0 };
    arena_init(&kept, module_bytes_heap, (size_t)1 << 30);
    arena_init(&scratch, module_bytes_heap, (size_t)1 << 30);
    e = wasm_decode(&m, raw, &kept, note);
    if (e == ERR_OK)
        e = wasm_validate(&m, &scratch, note);
    if (e == ERR_OK && !m.validated)
        abort();
    if (features != NULL)
        *features = m.features;
    arena_done(&kept);
    arena_done(&scratch);
    return e;
}

#endif

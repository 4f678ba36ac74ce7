/* Covers: pem_next pem_is base64_decode base64_encode hex_decode hex_encode */
#include "codec/pem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* Text that is base64 is what its bytes are encoded to: but for white space and, in base64url,
 * padding, there is one text for each value. */
static void base64(struct bytes text, enum base64_alphabet alphabet)
{
    size_t room = base64_room(text.size), size = 0, length;
    uint8_t *out = malloc(room);
    char *back = malloc(room / 3 * 4 + 8);

    if (out != NULL && back != NULL &&
        base64_decode(out, room, &size, text, alphabet, false) == ERR_OK) {
        length = base64_encode(back, (struct bytes){ out, size }, alphabet);
        while (alphabet == BASE64URL && length < text.size)
            back[length++] = '=';
        if (length != text.size || memcmp(back, text.data, length) != 0)
            abort();
    }
    free(out);
    free(back);
}

static void hex(struct bytes text)
{
    size_t size = 0;
    uint8_t *out = malloc(text.size / 2 + 1);
    char *back = malloc(text.size + 1);

    if (out != NULL && back != NULL &&
        hex_decode(out, text.size / 2 + 1, &size, text, false) == ERR_OK) {
        hex_encode(back, (struct bytes){ out, size });
        if (size * 2 != text.size)
            abort();
        for (size_t i = 0; i < text.size; i++)
            if ((back[i] | 0x20) != (text.data[i] | 0x20))
                abort();
    }
    free(out);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = { data, size };
    struct reader r = reader_of(text);
    struct pem_block b = { .label = text };
    struct arena arena;
    bool is_pem = pem_is(text);
    unsigned blocks = 0;

    arena_init(&arena, (struct arena_source){ take, give, NULL }, (size_t)16 << 20);
    while (pem_next(&b, &r, &arena) == ERR_OK && b.label.size != 0)
        blocks++;
    if (blocks != 0 && !is_pem)
        abort();
    arena_done(&arena);
    base64(text, BASE64);
    base64(text, BASE64URL);
    hex(text);
    return 0;
}

/* Covers: jws_parse jwe_parse jwk_parse jose_signature_kind */
#include <stdlib.h>
#include <string.h>

#include "codec/jose.h"
#include "codec/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* The encoding of the payload is the end of what is signed: nothing else was judged. */
static void jws_check(const struct jws *jws)
{
    struct bytes in = jws->signed_input;
    size_t size = (jws->payload.size * 4 + 2) / 3;
    char *again = malloc(jws->payload.size * 2 + 8);

    if (again == NULL)
        return;
    if (base64_encode(again, jws->payload, BASE64URL) != size || in.size < size + 1 ||
        in.data[in.size - size - 1] != '.' || memcmp(&in.data[in.size - size], again, size) != 0)
        abort();
    free(again);
    if (bytes_equal(jws->algorithm, BYTES_TEXT("none")) && jws->signature_kind != SIGNATURE_NONE)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = { data, size };
    struct public_key key;
    struct json *json = NULL;
    struct arena arena;
    struct jws jws;
    struct jwe jwe;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    if (jws_parse(&jws, &arena, text) == ERR_OK)
        jws_check(&jws);
    if (jwe_parse(&jwe, &arena, text) == ERR_OK && jwe.aad.size == 0)
        abort();
    if (json_parse(&json, &arena, text, NULL) == ERR_OK &&
        jwk_parse(&key, &arena, json) == ERR_OK &&
        (key.kind == KEY_NONE || key.x.size != key_field_size(key.kind)))
        abort();
    arena_done(&arena);
    return 0;
}

/* Covers: cose_parse cose_signature_next cose_*_input cose_key_parse cose_x5chain */
#include <stdlib.h>
#include <string.h>

#include "codec/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum cose_kind kinds[] = { COSE_SIGN1, COSE_SIGN,    COSE_MAC0,
                                        COSE_MAC,   COSE_ENCRYPT, COSE_ENCRYPT0 };

/* What is signed holds the payload and the protected header, and nothing else of the message. */
static void input_check(const struct cose *c)
{
    size_t size = c->headers.protected_raw.size + c->payload.size;
    uint8_t *room = malloc(size + 64);
    struct writer w = writer_of(room, size + 64);
    struct reader r;

    if (room == NULL)
        return;
    cose_sign1_input(&w, c, (struct bytes){ 0 }, (struct bytes){ 0 });
    r = reader_of(writer_bytes(&w));
    if (!writer_ok(&w) || cbor_take_array(&r) != 4 || cbor_take_text(&r).size != 10 ||
        !bytes_equal(cbor_take_bytes(&r), c->headers.protected_raw) ||
        cbor_take_bytes(&r).size != 0 || !bytes_equal(cbor_take_bytes(&r), c->payload) ||
        !reader_done(&r))
        abort();
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size }, chain[4];
    struct public_key key;
    struct reader payload;
    int64_t algorithm;
    uint32_t count;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct cose_signature s;
        struct cose c;
        enum err e = cose_parse(&c, raw, kinds[i], true);
        struct reader r;

        if (e != ERR_OK)
            continue;
        input_check(&c);
        r = reader_of(c.signatures);
        while (cose_signature_next(&r, &s, &e))
            continue;
        (void)cose_x5chain(chain, 4, &count, c.headers.x5chain);
        /* What was parsed as a Sign1 by a protected algorithm is told to be one. */
        if (kinds[i] == COSE_SIGN1 && c.headers.has_algorithm && !c.is_detached &&
            !cose_sign1_peek(raw, &algorithm, &payload))
            abort();
    }
    (void)cose_sign1_peek(raw, &algorithm, &payload);
    if (cose_key_parse(&key, raw) == ERR_OK && key.kind == KEY_NONE)
        abort();
    return 0;
}

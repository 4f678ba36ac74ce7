#include "attest/sign1.h"

#include "codec/cbor.h"
#include "crypto/sign.h"

/* {1: -8} */
static const uint8_t sign1_header[] = { 0xa1, 0x01, 0x27 };

/* What is signed besides payload and header takes less. */
#define SIGN1_FRAME 64u

enum err sign1_make(struct writer *w, struct arena *arena, struct bytes payload,
                    const uint8_t seed[32])
{
    struct cose c = {
        .kind = COSE_SIGN1,
        .headers = { .protected_raw = BYTES_OF(sign1_header) },
        .payload = payload,
    };
    uint8_t signature[SIGN_SIZE];
    size_t size = payload.size + SIGN1_FRAME;
    void *room = arena_alloc(arena, size);
    struct writer input;

    if (room == NULL)
        return ERR_NOMEM;
    input = writer_of(room, size);
    cose_sign1_input(&input, &c, payload, (struct bytes){ 0 });
    if (!writer_ok(&input))
        return ERR_LIMIT;
    TRY(sign_make(signature, seed, writer_bytes(&input)));
    cbor_put_tag(w, COSE_SIGN1);
    cbor_put_array(w, 4);
    cbor_put_bytes(w, BYTES_OF(sign1_header));
    cbor_put_map(w, 0);
    cbor_put_bytes(w, payload);
    cbor_put_bytes(w, BYTES_OF(signature));
    return writer_ok(w) ? ERR_OK : ERR_LIMIT;
}

enum err sign1_check(const struct cose *c, struct arena *arena, struct bytes key)
{
    size_t size = c->payload.size + c->headers.protected_raw.size + SIGN1_FRAME;
    void *room;
    struct writer w;

    if (key.size != SIGN_PUBLIC_SIZE || c->signature.size != SIGN_SIZE || c->is_detached ||
        !c->headers.has_algorithm || c->headers.algorithm != COSE_EDDSA)
        return ERR_INVALID;
    room = arena_alloc(arena, size);
    if (room == NULL)
        return ERR_NOMEM;
    w = writer_of(room, size);
    cose_sign1_input(&w, c, c->payload, (struct bytes){ 0 });
    return writer_ok(&w) ? sign_check(key.data, c->signature.data, writer_bytes(&w)) : ERR_LIMIT;
}

/* write.c: our own reference values as a manifest, in deterministic CBOR. */
#include "attest/corim/corim.h"
#include "base/num.h"
#include "crypto/sign.h"

enum { TAG_UNSIGNED = 501, TAG_COMID = 506, LABEL_META = 8 };

/* Named Information registry (RFC 6920, 9.4), by size. */
static uint64_t algorithm_of(size_t size)
{
    switch (size) {
    case 32: return 1;
    case 48: return 7;
    case 64: return 8;
    default: return 0;
    }
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, bytes_text_size(text, 64) };
}

/* [{0: {1: vendor, 2: platform}}, [{0: "measurement", 1: {2: [[algorithm, digest]], ? 11}}]] */
static void triple_write(struct writer *w, const struct corim_source *s,
                         const struct corim_reference *r)
{
    cbor_put_array(w, 2);
    cbor_put_map(w, 1);
    cbor_put_uint(w, 0);
    cbor_put_map(w, 2);
    cbor_put_uint(w, 1);
    cbor_put_text(w, s->maker);
    cbor_put_uint(w, 2);
    cbor_put_text(w, text_of(platform_name(r->platform)));
    cbor_put_array(w, 1);
    cbor_put_map(w, 2);
    cbor_put_uint(w, 0);
    cbor_put_text(w, BYTES_TEXT("measurement"));
    cbor_put_uint(w, 1);
    cbor_put_map(w, r->name.size != 0 ? 2 : 1);
    cbor_put_uint(w, 2);
    cbor_put_array(w, 1);
    cbor_put_array(w, 2);
    cbor_put_uint(w, algorithm_of(r->measurement.size));
    cbor_put_bytes(w, r->measurement);
    if (r->name.size != 0) {
        cbor_put_uint(w, 11);
        cbor_put_text(w, r->name);
    }
}

/* One CoMID with all triples: each is small, and there are as many as platforms. */
static void comid_write(struct writer *w, const struct corim_source *s)
{
    cbor_put_map(w, 2);
    cbor_put_uint(w, 1);
    cbor_put_map(w, 1);
    cbor_put_uint(w, 0);
    cbor_put_text(w, s->id);
    cbor_put_uint(w, 4);
    cbor_put_map(w, 1);
    cbor_put_uint(w, CORIM_REFERENCE);
    cbor_put_array(w, s->count);
    for (uint32_t i = 0; i < s->count; i++)
        triple_write(w, s, &s->references[i]);
}

static void entity_write(struct writer *w, struct bytes maker)
{
    cbor_put_map(w, 2);
    cbor_put_uint(w, 0);
    cbor_put_text(w, maker);
    cbor_put_uint(w, 2);
    cbor_put_array(w, 1);
    cbor_put_uint(w, 1); /* manifest-creator (4.1.5) */
}

/* Scratch for what goes into a byte string: bounded by the source. */
static struct writer scratch(struct arena *arena, const struct corim_source *s, size_t parts)
{
    size_t room = 0, each = 256;

    for (uint32_t i = 0; i < s->count; i++)
        each += 128 + s->maker.size + s->references[i].name.size;
    if (num_mul(&room, each + 2 * s->id.size + 2 * s->maker.size, parts)) {
        void *at = arena_alloc(arena, room);

        if (at != NULL)
            return writer_of(at, room);
    }
    return (struct writer){ .full = true };
}

enum err corim_write(struct writer *w, struct arena *arena, const struct corim_source *s)
{
    struct writer comid = scratch(arena, s, 1);

    if (s->count == 0 || s->id.size == 0 || s->maker.size == 0)
        return ERR_USAGE;
    for (uint32_t i = 0; i < s->count; i++)
        if (algorithm_of(s->references[i].measurement.size) == 0 ||
            s->references[i].platform == PLATFORM_NONE ||
            s->references[i].platform >= PLATFORM_COUNT)
            return ERR_USAGE;
    comid_write(&comid, s);
    if (!writer_ok(&comid))
        return ERR_NOMEM;
    cbor_put_tag(w, TAG_UNSIGNED);
    cbor_put_map(w, 3);
    cbor_put_uint(w, 0);
    cbor_put_text(w, s->id);
    cbor_put_uint(w, 1);
    cbor_put_array(w, 1);
    cbor_put_tag(w, TAG_COMID);
    cbor_put_bytes(w, writer_bytes(&comid));
    cbor_put_uint(w, 5);
    cbor_put_array(w, 1);
    entity_write(w, s->maker);
    return writer_ok(w) ? ERR_OK : ERR_LIMIT;
}

/* {1: EdDSA, 3: "application/rim+cbor", 4: key, 8: {0: {0: maker}}} (4.2.1): the key id is
 * under the signature with the rest. */
static enum err protected_write(struct writer *w, const struct corim_source *s,
                                const uint8_t public[SIGN_PUBLIC_SIZE])
{
    uint8_t room[256];
    struct writer meta = writer_of(room, sizeof room);

    cbor_put_map(&meta, 1);
    cbor_put_uint(&meta, 0);
    cbor_put_map(&meta, 1);
    cbor_put_uint(&meta, 0);
    cbor_put_text(&meta, s->maker);
    if (!writer_ok(&meta))
        return ERR_LIMIT;
    cbor_put_map(w, 4);
    cbor_put_uint(w, 1);
    cbor_put_int(w, COSE_EDDSA);
    cbor_put_uint(w, 3);
    cbor_put_text(w, BYTES_TEXT("application/rim+cbor"));
    cbor_put_uint(w, 4);
    cbor_put_bytes(w, (struct bytes){ public, SIGN_PUBLIC_SIZE });
    cbor_put_uint(w, LABEL_META);
    cbor_put_bytes(w, writer_bytes(&meta));
    return writer_ok(w) ? ERR_OK : ERR_LIMIT;
}

enum err corim_write_signed(struct writer *w, struct arena *arena, const struct corim_source *s,
                            const uint8_t seed[SIGN_SEED_SIZE])
{
    struct writer payload = scratch(arena, s, 2), message = scratch(arena, s, 3);
    uint8_t head[512], public[SIGN_PUBLIC_SIZE], signature[SIGN_SIZE];
    struct writer protected = writer_of(head, sizeof head);
    struct cose c = { .kind = COSE_SIGN1 };

    TRY(corim_write(&payload, arena, s));
    TRY(sign_public(public, seed));
    TRY(protected_write(&protected, s, public));
    c.headers.protected_raw = writer_bytes(&protected);
    c.payload = writer_bytes(&payload);
    cose_sign1_input(&message, &c, (struct bytes){ 0 }, (struct bytes){ 0 });
    if (!writer_ok(&message))
        return ERR_NOMEM;
    TRY(sign_make(signature, seed, writer_bytes(&message)));
    cbor_put_tag(w, COSE_SIGN1);
    cbor_put_array(w, 4);
    cbor_put_bytes(w, c.headers.protected_raw);
    cbor_put_map(w, 0);
    cbor_put_bytes(w, c.payload);
    cbor_put_bytes(w, BYTES_OF(signature));
    return writer_ok(w) ? ERR_OK : ERR_LIMIT;
}

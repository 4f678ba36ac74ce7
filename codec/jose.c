#include "codec/jose.h"

#include "base/num.h"
#include "codec/pem.h"

/* Parts of a compact form: 3 of a JWS, 5 of a JWE. */
#define PARTS_MAX 5u
/* Parameters of one header. */
#define HEADERS_MAX 64u

/* Base64url without padding (RFC 7515, section 2), into the arena. */
static enum err part_decode(struct bytes *out, struct arena *arena, struct bytes text)
{
    size_t room = base64_room(text.size), size = 0;
    uint8_t *at;

    if (text.size > 0 && text.data[text.size - 1] == '=')
        return ERR_MALFORMED;
    at = arena_alloc(arena, room);
    if (at == NULL)
        return ERR_NOMEM;
    TRY(base64_decode(at, room, &size, text, BASE64URL, false));
    *out = (struct bytes){ at, size };
    return ERR_OK;
}

/* Parts between dots; exactly `count`. */
static enum err compact_split(struct bytes *parts, size_t count, struct bytes text)
{
    size_t start = 0, n = 0;

    if (text.size == 0)
        return ERR_MALFORMED;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '.')
            continue;
        if (n == count)
            return ERR_MALFORMED;
        parts[n++] = (struct bytes){ &text.data[start], i - start };
        start = i + 1;
    }
    return n == count ? ERR_OK : ERR_MALFORMED;
}

/* Flattened JSON: the parts by their names. One that is not there is empty, as in the
 * compact form; one that is there has to be a string. */
static enum err flattened_split(struct bytes *parts, const char *const *names, size_t count,
                                struct arena *arena, struct bytes text,
                                const struct json **unprotected)
{
    struct json *whole = NULL;

    TRY(json_parse(&whole, arena, text, NULL));
    if (whole->type != JSON_OBJECT)
        return ERR_MALFORMED;
    for (size_t i = 0; i < count; i++) {
        const struct json *member = json_get(whole, names[i]);

        if (member != NULL && member->type != JSON_STRING)
            return ERR_MALFORMED;
        parts[i] = json_text(member);
    }
    /* Several signatures, recipients or headers for all of them, detached additional data:
     * none of our formats has them, and each would change what is said. */
    if (json_get(whole, "signatures") != NULL || json_get(whole, "recipients") != NULL ||
        json_get(whole, "unprotected") != NULL || json_get(whole, "aad") != NULL)
        return ERR_UNSUPPORTED;
    *unprotected = json_get(whole, "header");
    return *unprotected != NULL && (*unprotected)->type != JSON_OBJECT ? ERR_MALFORMED : ERR_OK;
}

static bool text_is_flattened(struct bytes text)
{
    size_t i = 0;

    while (i < text.size && (text.data[i] == ' ' || text.data[i] == '\t' || text.data[i] == '\n' ||
                             text.data[i] == '\r'))
        i++;
    return i < text.size && text.data[i] == '{';
}

/* What both kinds begin with. Names of parameters have to differ between the protected
 * header and the other (RFC 7515, section 4). */
static enum err header_read(const struct json **out, struct arena *arena, struct bytes text,
                            const struct json *unprotected)
{
    struct json *header = NULL;
    struct bytes decoded = { 0 };

    if (text.size == 0)
        return ERR_MALFORMED;
    TRY(part_decode(&decoded, arena, text));
    TRY(json_parse(&header, arena, decoded, NULL));
    if (header->type != JSON_OBJECT || json_get_type(header, "alg", JSON_STRING) == NULL)
        return ERR_MALFORMED;
    /* We know no extension: each that must be understood is one that we do not. */
    if (json_get(header, "crit") != NULL || json_get(unprotected, "crit") != NULL)
        return ERR_UNSUPPORTED;
    /* "b64": false is one; its meaning does not wait for "crit". */
    if (json_get(header, "b64") != NULL || json_get(header, "zip") != NULL)
        return ERR_UNSUPPORTED;
    if (header->count > HEADERS_MAX || (unprotected != NULL && unprotected->count > HEADERS_MAX))
        return ERR_LIMIT; /* each is compared with each */
    for (const struct json *m = unprotected != NULL ? unprotected->first : NULL; m != NULL;
         m = m->next)
        for (const struct json *n = header->first; n != NULL; n = n->next)
            if (bytes_equal(m->key, n->key))
                return ERR_MALFORMED;
    *out = header;
    return ERR_OK;
}

/* Header and payload lie one after the other in a compact form; else they are joined. */
static enum err signed_input_make(struct bytes *out, struct arena *arena,
                                  const struct bytes parts[static 2], bool is_flattened)
{
    size_t size = parts[0].size + 1 + parts[1].size;
    struct writer w;
    uint8_t *room;

    if (!is_flattened) {
        *out = (struct bytes){ parts[0].data, size };
        return ERR_OK;
    }
    room = arena_alloc(arena, size);
    if (room == NULL)
        return ERR_NOMEM;
    w = writer_of(room, size);
    writer_put(&w, parts[0]);
    writer_u8(&w, '.');
    writer_put(&w, parts[1]);
    *out = writer_bytes(&w);
    return ERR_OK;
}

enum err jws_parse(struct jws *out, struct arena *arena, struct bytes text)
{
    static const char *const names[] = { "protected", "payload", "signature" };
    bool is_flattened = text_is_flattened(text);
    const struct json *unprotected = NULL;
    struct bytes parts[COUNT_OF(names)];
    struct jws t = { 0 };

    if (is_flattened)
        TRY(flattened_split(parts, names, COUNT_OF(names), arena, text, &unprotected));
    else
        TRY(compact_split(parts, COUNT_OF(names), text));
    TRY(header_read(&t.header, arena, parts[0], unprotected));
    TRY(part_decode(&t.payload, arena, parts[1]));
    TRY(part_decode(&t.signature, arena, parts[2]));
    TRY(signed_input_make(&t.signed_input, arena, parts, is_flattened));
    t.algorithm = json_text(json_get(t.header, "alg"));
    t.signature_kind = jose_signature_kind(t.algorithm);
    t.key_id = json_text(json_get(t.header, "kid"));
    if (t.key_id.size == 0) /* a hint, whoever wrote it */
        t.key_id = json_text(json_get(unprotected, "kid"));
    *out = t;
    return ERR_OK;
}

enum err jwe_parse(struct jwe *out, struct arena *arena, struct bytes text)
{
    static const char *const names[PARTS_MAX] = { "protected", "encrypted_key", "iv", "ciphertext",
                                                  "tag" };
    const struct json *unprotected = NULL;
    struct bytes parts[PARTS_MAX];
    struct jwe t = { 0 };

    if (text_is_flattened(text))
        TRY(flattened_split(parts, names, COUNT_OF(names), arena, text, &unprotected));
    else
        TRY(compact_split(parts, COUNT_OF(names), text));
    TRY(header_read(&t.header, arena, parts[0], unprotected));
    if (json_get_type(t.header, "enc", JSON_STRING) == NULL)
        return ERR_MALFORMED;
    TRY(part_decode(&t.encrypted_key, arena, parts[1]));
    TRY(part_decode(&t.iv, arena, parts[2]));
    TRY(part_decode(&t.ciphertext, arena, parts[3]));
    TRY(part_decode(&t.tag, arena, parts[4]));
    t.aad = parts[0];
    t.algorithm = json_text(json_get(t.header, "alg"));
    t.encryption = json_text(json_get(t.header, "enc"));
    *out = t;
    return ERR_OK;
}

/* A member that is base64url: of `width` bytes, or of any number above 0 where that is 0. */
static enum err jwk_number(struct bytes *out, struct arena *arena, const struct json *jwk,
                           const char *name, size_t width)
{
    const struct json *member = json_get_type(jwk, name, JSON_STRING);

    if (member == NULL)
        return ERR_MALFORMED;
    TRY(part_decode(out, arena, member->text));
    return out->size == 0 || (width != 0 && out->size != width) ? ERR_MALFORMED : ERR_OK;
}

/* RFC 7518, 6.3.1.1: no leading zeros. Implementations write one; a number is a number. */
static struct bytes zeros_drop(struct bytes n)
{
    size_t at = 0;

    while (at < n.size && n.data[at] == 0)
        at++;
    return at < n.size ? (struct bytes){ &n.data[at], n.size - at } : (struct bytes){ 0 };
}

static enum key_kind curve_kind(struct bytes name)
{
    if (bytes_equal(name, BYTES_TEXT("P-256")))
        return KEY_P256;
    if (bytes_equal(name, BYTES_TEXT("P-384")))
        return KEY_P384;
    if (bytes_equal(name, BYTES_TEXT("P-521")))
        return KEY_P521;
    return KEY_NONE;
}

enum err jwk_parse(struct public_key *out, struct arena *arena, const struct json *jwk)
{
    struct bytes type = json_text(json_get(jwk, "kty")), curve = json_text(json_get(jwk, "crv"));
    struct public_key t = { 0 };
    size_t width;

    if (type.size == 0)
        return ERR_MALFORMED;
    if (bytes_equal(type, BYTES_TEXT("RSA"))) {
        t.kind = KEY_RSA;
        TRY(jwk_number(&t.n, arena, jwk, "n", 0));
        TRY(jwk_number(&t.e, arena, jwk, "e", 0));
        t.n = zeros_drop(t.n);
        t.e = zeros_drop(t.e);
        *out = t;
        return ERR_OK;
    }
    if (bytes_equal(type, BYTES_TEXT("OKP")) && bytes_equal(curve, BYTES_TEXT("Ed25519")))
        t.kind = KEY_ED25519;
    else if (bytes_equal(type, BYTES_TEXT("EC")))
        t.kind = curve_kind(curve);
    if (t.kind == KEY_NONE)
        return ERR_UNSUPPORTED;
    width = key_field_size(t.kind);
    TRY(jwk_number(&t.x, arena, jwk, "x", width));
    if (t.kind != KEY_ED25519)
        TRY(jwk_number(&t.y, arena, jwk, "y", width));
    *out = t;
    return ERR_OK;
}

enum signature_kind jose_signature_kind(struct bytes algorithm)
{
    static const struct {
        struct bytes name;
        enum signature_kind kind;
    } known[] = {
        /* RFC 7518, 3.1, and RFC 8037; "none" and HMAC are no signatures */
        { BYTES_TEXT("ES256"), SIGNATURE_ECDSA_SHA256 },
        { BYTES_TEXT("ES384"), SIGNATURE_ECDSA_SHA384 },
        { BYTES_TEXT("ES512"), SIGNATURE_ECDSA_SHA512 },
        { BYTES_TEXT("RS256"), SIGNATURE_RSA_PKCS1_SHA256 },
        { BYTES_TEXT("RS384"), SIGNATURE_RSA_PKCS1_SHA384 },
        { BYTES_TEXT("RS512"), SIGNATURE_RSA_PKCS1_SHA512 },
        { BYTES_TEXT("PS256"), SIGNATURE_RSA_PSS_SHA256 },
        { BYTES_TEXT("PS384"), SIGNATURE_RSA_PSS_SHA384 },
        { BYTES_TEXT("PS512"), SIGNATURE_RSA_PSS_SHA512 },
        { BYTES_TEXT("EdDSA"), SIGNATURE_ED25519 },
        { BYTES_TEXT("Ed25519"), SIGNATURE_ED25519 },
    };

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (bytes_equal(algorithm, known[i].name))
            return known[i].kind;
    return SIGNATURE_NONE;
}

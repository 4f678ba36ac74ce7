/* jose_test.c: forms. Whether a signature is good is not asked here. */
#include "codec/jose.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/pem.h"
#include "tests/check.h"

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

static struct arena arena;

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* A document with every "<…>" in it replaced by the base64url of what stands between. */
static struct bytes fill(const char *form)
{
    static char room[4096];
    size_t size = 0;

    for (const char *at = form; *at != '\0'; at++) {
        const char *end = *at == '<' ? strchr(at, '>') : NULL;

        if (end == NULL) {
            room[size++] = *at;
            continue;
        }
        size += base64_encode(room + size,
                              (struct bytes){ (const uint8_t *)at + 1, (size_t)(end - at) - 1 },
                              BASE64URL);
        at = end;
    }
    return (struct bytes){ (uint8_t *)room, size };
}

static const struct {
    const char *name, *form;
    enum err want;
} jws_cases[] = {
    { "compact", "<{\"alg\":\"ES384\",\"kid\":\"k\"}>.<payload>.<sig>", ERR_OK },
    { "flattened",
      " {\"payload\":\"<payload>\",\"protected\":\"<{\"alg\":\"ES384\",\"kid\":\"k\"}>\","
      "\"signature\":\"<sig>\"}",
      ERR_OK },
    { "flattened, the key's name unprotected",
      "{\"payload\":\"<payload>\",\"protected\":\"<{\"alg\":\"ES384\"}>\","
      "\"header\":{\"kid\":\"k\"},\"signature\":\"<sig>\"}",
      ERR_OK },
    { "an empty payload is for the caller to judge", "<{\"alg\":\"ES384\",\"kid\":\"k\"}>..<sig>",
      ERR_OK },
    { "nothing", "", ERR_MALFORMED },
    { "two parts", "<{\"alg\":\"ES384\"}>.<payload>", ERR_MALFORMED },
    { "four parts", "<{\"alg\":\"ES384\"}>.<payload>.<sig>.<more>", ERR_MALFORMED },
    { "five parts, of a JWE", "<{\"alg\":\"ES384\"}>....", ERR_MALFORMED },
    { "padding", "<{\"alg\":\"ES384\"}>.cGF5bA==.<sig>", ERR_MALFORMED },
    { "the other alphabet", "<{\"alg\":\"ES384\"}>.a+/b.<sig>", ERR_MALFORMED },
    { "bits left over", "<{\"alg\":\"ES384\"}>.cGF5bB.<sig>", ERR_MALFORMED },
    { "one character too many", "<{\"alg\":\"ES384\"}>.<payload>.abcde", ERR_MALFORMED },
    { "white space", "<{\"alg\":\"ES384\"}>.<payload>.<sig>\n", ERR_MALFORMED },
    { "no header", ".<payload>.<sig>", ERR_MALFORMED },
    { "a header that is no object", "<[]>.<payload>.<sig>", ERR_MALFORMED },
    { "a header that is no JSON", "<{alg}>.<payload>.<sig>", ERR_MALFORMED },
    { "no algorithm", "<{\"kid\":\"k\"}>.<payload>.<sig>", ERR_MALFORMED },
    { "an algorithm that is no name", "<{\"alg\":384}>.<payload>.<sig>", ERR_MALFORMED },
    { "an algorithm twice", "<{\"alg\":\"none\",\"alg\":\"ES384\"}>.<payload>.<sig>",
      ERR_MALFORMED },
    { "crit", "<{\"alg\":\"ES384\",\"crit\":[\"exp\"],\"exp\":1}>.<payload>.<sig>",
      ERR_UNSUPPORTED },
    { "an empty crit", "<{\"alg\":\"ES384\",\"crit\":[]}>.<payload>.<sig>", ERR_UNSUPPORTED },
    { "b64", "<{\"alg\":\"ES384\",\"b64\":false}>.<payload>.<sig>", ERR_UNSUPPORTED },
    { "flattened, an algorithm that nobody protects",
      "{\"payload\":\"<payload>\",\"header\":{\"alg\":\"ES384\"},\"signature\":\"<sig>\"}",
      ERR_MALFORMED },
    { "flattened, the same name in both headers",
      "{\"payload\":\"<payload>\",\"protected\":\"<{\"alg\":\"ES384\",\"kid\":\"k\"}>\","
      "\"header\":{\"kid\":\"k\"},\"signature\":\"<sig>\"}",
      ERR_MALFORMED },
    { "flattened, crit that nobody protects",
      "{\"payload\":\"<payload>\",\"protected\":\"<{\"alg\":\"ES384\"}>\","
      "\"header\":{\"crit\":[\"x\"]},\"signature\":\"<sig>\"}",
      ERR_UNSUPPORTED },
    { "flattened, a header that is no object",
      "{\"payload\":\"<payload>\",\"protected\":\"<{\"alg\":\"ES384\"}>\",\"header\":[],"
      "\"signature\":\"<sig>\"}",
      ERR_MALFORMED },
    { "flattened, a payload that is no string",
      "{\"payload\":{},\"protected\":\"<{\"alg\":\"ES384\"}>\",\"signature\":\"<sig>\"}",
      ERR_MALFORMED },
    { "flattened, twice the payload",
      "{\"payload\":\"<a>\",\"payload\":\"<b>\",\"protected\":\"<{\"alg\":\"ES384\"}>\","
      "\"signature\":\"<sig>\"}",
      ERR_MALFORMED },
    { "the general form",
      "{\"payload\":\"<payload>\",\"signatures\":[{\"protected\":\"<{\"alg\":\"ES384\"}>\","
      "\"signature\":\"<sig>\"}]}",
      ERR_UNSUPPORTED },
};

static void check_jws(void)
{
    for (size_t i = 0; i < COUNT_OF(jws_cases); i++) {
        struct bytes text = fill(jws_cases[i].form), input;
        struct jws jws = { 0 };

        CASE(jws_cases[i].name);
        if (!CHECK_ERR(jws_parse(&jws, &arena, text), jws_cases[i].want) ||
            jws_cases[i].want != ERR_OK)
            continue;
        CHECK_BYTES(jws.algorithm, BYTES_TEXT("ES384"));
        CHECK_EQ(jws.signature_kind, SIGNATURE_ECDSA_SHA384);
        CHECK_BYTES(jws.key_id, BYTES_TEXT("k"));
        CHECK_BYTES(jws.signature, BYTES_TEXT("sig"));
        if (i == 3)
            continue;
        CHECK_BYTES(jws.payload, BYTES_TEXT("payload"));
        input = fill(i == 2 ? "<{\"alg\":\"ES384\"}>.<payload>"
                            : "<{\"alg\":\"ES384\",\"kid\":\"k\"}>.<payload>");
        if (i != 0) /* what was parsed lies in the room of fill() */
            CHECK_BYTES(jws.signed_input, input);
        CHECK_EQ(jws.signed_input.size, input.size);
    }
}

/* Each name is compared with each: without a bound, a long document takes hours. */
static void check_long_header(void)
{
    static char text[1 << 12];
    struct jws jws;
    size_t size;

    CASE("too many parameters");
    size = (size_t)snprintf(text, sizeof text,
                            "{\"protected\":\"<{\"alg\":\"ES384\"}>\",\"payload\":\"\","
                            "\"signature\":\"<sig>\",\"header\":{");
    for (int i = 0; i < 65; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s\"%d\":0", i ? "," : "", i);
    (void)snprintf(text + size, sizeof text - size, "}}");
    CHECK_ERR(jws_parse(&jws, &arena, fill(text)), ERR_LIMIT);
}

static void check_jwe(void)
{
    static const char compact[] =
        "<{\"alg\":\"A256KW\",\"enc\":\"A256GCM\"}>.<key>.<iv>.<text>.<t>";
    struct jwe jwe = { 0 };

    CASE("JWE, compact");
    CHECK_OK(jwe_parse(&jwe, &arena, fill(compact)));
    CHECK_BYTES(jwe.algorithm, BYTES_TEXT("A256KW"));
    CHECK_BYTES(jwe.encryption, BYTES_TEXT("A256GCM"));
    CHECK_BYTES(jwe.encrypted_key, BYTES_TEXT("key"));
    CHECK_BYTES(jwe.iv, BYTES_TEXT("iv"));
    CHECK_BYTES(jwe.ciphertext, BYTES_TEXT("text"));
    CHECK_BYTES(jwe.tag, BYTES_TEXT("t"));
    CHECK_EQ(jwe.aad.size, 43);
    CASE("JWE, flattened, and what is not");
    CHECK_OK(jwe_parse(&jwe, &arena,
                       fill("{\"protected\":\"<{\"alg\":\"dir\",\"enc\":\"A256GCM\"}>\","
                            "\"iv\":\"<iv>\",\"ciphertext\":\"<text>\",\"tag\":\"<t>\"}")));
    CHECK_EQ(jwe.encrypted_key.size, 0);
    CHECK_ERR(jwe_parse(&jwe, &arena, fill("<{\"alg\":\"dir\"}>..<iv>.<text>.<t>")), ERR_MALFORMED);
    CHECK_ERR(jwe_parse(&jwe, &arena, fill("<{\"alg\":\"dir\",\"enc\":\"A\"}>..<iv>.<text>")),
              ERR_MALFORMED);
    CHECK_ERR(jwe_parse(&jwe, &arena,
                        fill("<{\"alg\":\"dir\",\"enc\":\"A\",\"zip\":\"DEF\"}>..<iv>.<text>.<t>")),
              ERR_UNSUPPORTED);
    CHECK_ERR(jwe_parse(&jwe, &arena,
                        fill("{\"protected\":\"<{\"alg\":\"dir\",\"enc\":\"A\"}>\",\"aad\":\"<a>\","
                             "\"iv\":\"<iv>\",\"ciphertext\":\"<text>\",\"tag\":\"<t>\"}")),
              ERR_UNSUPPORTED);
}

#define N32 "<01234567890123456789012345678901>"
#define N48 "<012345678901234567890123456789012345678901234567>"
#define N66 "<012345678901234567890123456789012345678901234567890123456789012345>"

static const struct {
    const char *name, *form;
    enum err want;
    enum key_kind kind;
} jwk_cases[] = {
    { "P-256", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" N32 "\",\"y\":\"" N32 "\"}", ERR_OK,
      KEY_P256 },
    { "P-384", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" N48 "\",\"y\":\"" N48 "\"}", ERR_OK,
      KEY_P384 },
    { "P-521", "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" N66 "\",\"y\":\"" N66 "\"}", ERR_OK,
      KEY_P521 },
    { "Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" N32 "\"}", ERR_OK, KEY_ED25519 },
    { "RSA", "{\"kty\":\"RSA\",\"n\":\"" N66 "\",\"e\":\"AQAB\"}", ERR_OK, KEY_RSA },
    { "RSA, a zero in front", "{\"kty\":\"RSA\",\"n\":\"AAECAw\",\"e\":\"AAEAAQ\"}", ERR_OK,
      KEY_RSA },
    { "no type", "{\"crv\":\"P-256\"}", ERR_MALFORMED, KEY_NONE },
    { "a secret", "{\"kty\":\"oct\",\"k\":\"" N32 "\"}", ERR_UNSUPPORTED, KEY_NONE },
    { "a curve of others",
      "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" N32 "\",\"y\":\"" N32 "\"}", ERR_UNSUPPORTED,
      KEY_NONE },
    { "X25519 does not sign", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" N32 "\"}",
      ERR_UNSUPPORTED, KEY_NONE },
    { "a kind for the other type", "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" N32 "\"}",
      ERR_UNSUPPORTED, KEY_NONE },
    { "no y", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" N32 "\"}", ERR_MALFORMED, KEY_NONE },
    { "an x too short", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" N32 "\",\"y\":\"" N48 "\"}",
      ERR_MALFORMED, KEY_NONE },
    { "an x too long", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" N48 "\",\"y\":\"" N32 "\"}",
      ERR_MALFORMED, KEY_NONE },
    { "an x that is no string", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":\"" N32 "\"}",
      ERR_MALFORMED, KEY_NONE },
    { "RSA without an exponent", "{\"kty\":\"RSA\",\"n\":\"" N66 "\"}", ERR_MALFORMED, KEY_NONE },
    { "RSA, an empty modulus", "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}", ERR_MALFORMED,
      KEY_NONE },
    { "a list", "[]", ERR_MALFORMED, KEY_NONE },
};

static void check_jwk(void)
{
    for (size_t i = 0; i < COUNT_OF(jwk_cases); i++) {
        struct public_key key = { 0 };
        struct json *json = NULL;

        CASE(jwk_cases[i].name);
        if (!CHECK_OK(json_parse(&json, &arena, fill(jwk_cases[i].form), NULL)))
            continue;
        CHECK_ERR(jwk_parse(&key, &arena, json), jwk_cases[i].want);
        CHECK_EQ(key.kind, jwk_cases[i].kind);
        CHECK_EQ(key.x.size, key_field_size(key.kind));
        if (i == 5) {
            CHECK_BYTES(key.n, BYTES_TEXT("\x01\x02\x03"));
            CHECK_BYTES(key.e, BYTES_TEXT("\x01\0\x01"));
        }
    }
}

int main(void)
{
    static const char *const none[] = { "none", "None", "HS256", "es256", "ES256K", "", "ES2560" };

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)16 << 20);
    check_jws();
    check_long_header();
    check_jwe();
    check_jwk();
    CASE("algorithms");
    CHECK_EQ(jose_signature_kind(BYTES_TEXT("ES256")), SIGNATURE_ECDSA_SHA256);
    CHECK_EQ(jose_signature_kind(BYTES_TEXT("PS512")), SIGNATURE_RSA_PSS_SHA512);
    CHECK_EQ(jose_signature_kind(BYTES_TEXT("EdDSA")), SIGNATURE_ED25519);
    for (size_t i = 0; i < COUNT_OF(none); i++)
        CHECK_EQ(jose_signature_kind(text_of(none[i])), SIGNATURE_NONE);
    arena_done(&arena);
    return check_done();
}

#include "attest/exhibit.h"

#include <stdlib.h>

#include "codec/pem.h"
#include "tests/check.h"
#include "tests/sim_evidence.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static struct exhibits x;
static char text[1 << 20];

static void fresh(void)
{
    arena_reset(&arena);
    exhibits_init(&x, &arena);
}

static struct bytes text_bytes(const char *t)
{
    return (struct bytes){ (const uint8_t *)t, strlen(t) };
}

static enum err add(struct bytes raw) { return exhibit_add(&x, EXHIBIT_EVIDENCE, "file", raw); }

/* One piece of simulated evidence and nothing else. */
static bool is_sim(struct bytes evidence)
{
    return CHECK_EQ(x.count, 1) && CHECK_EQ(x.items[0].kind, EXHIBIT_SIM) &&
           CHECK_BYTES(x.items[0].raw, evidence);
}

static void wrappings(void)
{
    struct bytes evidence = sim_evidence(1, 2, 3, false);
    static char encoded[4096];
    size_t size;

    CASE("raw bytes");
    fresh();
    CHECK_OK(add(evidence));
    is_sim(evidence);

    CASE("hex, with line ends");
    fresh();
    hex_encode(encoded, evidence);
    size = evidence.size * 2;
    snprintf(text, sizeof text, "%.60s\n%.*s\n", encoded, (int)size - 60, encoded + 60);
    CHECK_OK(add(text_bytes(text)));
    is_sim(evidence);

    CASE("base64, base64url");
    fresh();
    size = base64_encode(encoded, evidence, BASE64);
    CHECK_OK(add((struct bytes){ (uint8_t *)encoded, size }));
    is_sim(evidence);
    fresh();
    size = base64_encode(encoded, evidence, BASE64URL);
    CHECK_OK(add((struct bytes){ (uint8_t *)encoded, size }));
    is_sim(evidence);

    CASE("in JSON, two levels down, twice encoded");
    fresh();
    snprintf(text, sizeof text, "{\"tee\":\"x\",\"a\":[1,{\"evidence\":\"%.*s\"}]}", (int)size,
             encoded);
    CHECK_OK(add(text_bytes(text)));
    is_sim(evidence);

    CASE("in JSON, one of two devices' evidence is damaged: it is not passed over");
    fresh();
    snprintf(text, sizeof text, "[{\"evidence\":\"%.*s\"},{\"evidence\":\"%.*s\"}]", (int)size,
             encoded, (int)size - 1, encoded + 1);
    CHECK_OK(add(text_bytes(text)));
    CHECK_EQ(x.count, 2);
    CHECK_EQ(x.items[0].kind, EXHIBIT_SIM);
    CHECK_EQ(x.items[1].kind, EXHIBIT_UNKNOWN);

    CASE("in JSON, as numbers");
    fresh();
    size = (size_t)snprintf(text, sizeof text, "{\"report\":[");
    for (size_t i = 0; i < evidence.size; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%u", i == 0 ? "" : ",",
                                 evidence.data[i]);
    snprintf(text + size, sizeof text - size, "]}");
    CHECK_OK(add(text_bytes(text)));
    is_sim(evidence);

    CASE("in a CBOR map");
    {
        struct writer w = writer_of(text, sizeof text);

        fresh();
        cbor_put_map(&w, 1);
        cbor_put_text(&w, BYTES_TEXT("outblob"));
        cbor_put_bytes(&w, evidence);
        CHECK_OK(add(writer_bytes(&w)));
        is_sim(evidence);
    }
}

static void keys(void)
{
    static const char *const half[] = {
        "\"implementation-id\":\"0102\"",
        "\"implementation-id\":7,\"instance-id\":\"\"",
        "\"instance-id\":\"no bytes!\"",
    };
    struct bytes spki = sim_root(7);
    struct public_key key;
    char encoded[128];
    size_t size = base64_encode(encoded, spki, BASE64);

    CASE("a public key in PEM");
    fresh();
    snprintf(text, sizeof text, "-----BEGIN PUBLIC KEY-----\n%.*s\n-----END PUBLIC KEY-----\n",
             (int)size, encoded);
    CHECK_OK(add(text_bytes(text)));
    CHECK_EQ(x.count, 1);
    CHECK_EQ(x.items[0].kind, EXHIBIT_KEY);
    CHECK_OK(exhibit_key(&key, &arena, &x.items[0]));
    CHECK_EQ(key.kind, KEY_ED25519);

    CASE("a private key is nobody's evidence");
    fresh();
    snprintf(text, sizeof text, "-----BEGIN PRIVATE KEY-----\n%.*s\n-----END PRIVATE KEY-----\n",
             (int)size, encoded);
    CHECK_ERR(add(text_bytes(text)), ERR_MALFORMED);
    CHECK_EQ(x.count, 1);
    CHECK_EQ(x.items[0].kind, EXHIBIT_UNKNOWN);

    CASE("a JWK, and one of a store with its owner");
    fresh();
    snprintf(text, sizeof text,
             "[{\"pkey\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
             "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
             "\"implementation-id\":\"0102\",\"instance-id\":\"03\"}]");
    CHECK_OK(add(text_bytes(text)));
    CHECK_EQ(x.count, 1);
    CHECK_EQ(x.items[0].kind, EXHIBIT_KEY);
    CHECK_BYTES(x.items[0].owner, BYTES_TEXT("\1\2\3"));
    CHECK_OK(exhibit_key(&key, &arena, &x.items[0]));
    CHECK_EQ(key.kind, KEY_ED25519);

    for (size_t i = 0; i < sizeof half / sizeof *half; i++) {
        CASE(half[i]); /* an owner that cannot be read does not make the key everybody's */
        fresh();
        snprintf(text, sizeof text, "{\"pkey\":{},%s}", half[i]);
        CHECK_OK(add(text_bytes(text)));
        CHECK_EQ(x.items[0].kind, EXHIBIT_KEY);
        CHECK_NE(x.items[0].owner.size, 0);
    }
}

/* What is a list of revocations, or collateral, by its first bytes is one that cannot be read:
 * were it unknown it would be missing, and some policies let it be. */
static void damaged(void)
{
    static const uint8_t crl[] = {
        0x30, 0x18, 0x30, 0x13, 0x30, 0x00, 0x30, 0x00, 0x17, 0x0d, '2',  '5',  '0',
        '1',  '0',  '1',  '0',  '0',  '0',  '0',  '0',  '0',  'z',  0x30, 0x00, 0x00,
    };

    CASE("a list with a bad date");
    fresh();
    CHECK_OK(add(BYTES_OF(crl)));
    CHECK_EQ(x.items[0].kind, EXHIBIT_CRL);

    CASE("an OCSP responder that says: later");
    fresh();
    CHECK_OK(add(BYTES_TEXT("\x30\x03\x0a\x01\x03")));
    CHECK_EQ(x.items[0].kind, EXHIBIT_OCSP);

    CASE("half of Intel's JSON");
    fresh();
    CHECK_OK(add(BYTES_TEXT("{\"tcbInfo\":{\"id\":\"SGX\",\"version\":")));
    CHECK_EQ(x.items[0].kind, EXHIBIT_TCB_INFO);
    CHECK_OK(add(BYTES_TEXT("{\"enclaveIdentity\":{\"id\":\"QE\"")));
    CHECK_EQ(x.items[1].kind, EXHIBIT_QE_IDENTITY);
}

static void refusals(void)
{
    struct bytes evidence = sim_evidence(1, 2, 3, false);
    static char wrapped[1 << 18];
    size_t size;

    CASE("nothing, and something unknown");
    fresh();
    CHECK_ERR(add((struct bytes){ 0 }), ERR_MALFORMED);
    CHECK_ERR(add(BYTES_TEXT("a text of no kind at all, but long enough to be one of them")),
              ERR_MALFORMED);
    CHECK_ERR(add(BYTES_TEXT("{\"json\": [1, 2, 3]}")), ERR_MALFORMED);
    CHECK_EQ(x.count, 3);
    CHECK_EQ(x.sources, 3);

    CASE("wrapped more often than anybody wraps");
    fresh();
    hex_encode(wrapped, evidence);
    size = evidence.size * 2;
    for (unsigned i = 0; i < EXHIBIT_NESTING_MAX + 2 && size < sizeof wrapped / 2; i++) {
        static char outer[1 << 18];

        size = base64_encode(outer, (struct bytes){ (uint8_t *)wrapped, size }, BASE64);
        memcpy(wrapped, outer, size);
    }
    CHECK_ERR(add((struct bytes){ (uint8_t *)wrapped, size }), ERR_LIMIT);

    CASE("more pieces than there is room for");
    fresh();
    for (unsigned i = 0; i < EXHIBITS_MAX; i++)
        CHECK_OK(add(evidence));
    CHECK_ERR(add(evidence), ERR_LIMIT);
    CHECK_NULL(exhibit_put(&x, EXHIBIT_EVIDENCE, EXHIBIT_CERT, "", evidence));

    CASE("no memory");
    fresh();
    {
        struct arena small;
        struct arena_source heap = { take, give, NULL };

        arena_init(&small, heap, 0);
        exhibits_init(&x, &small);
        size = base64_encode(wrapped, evidence, BASE64);
        CHECK_ERR(add((struct bytes){ (uint8_t *)wrapped, size }), ERR_NOMEM);
        arena_done(&small);
    }
}

static void names(void)
{
    CASE("every kind has its own word");
    for (unsigned k = EXHIBIT_UNKNOWN + 1; k < EXHIBIT_KIND_COUNT; k++) {
        const char *id = exhibit_kind_id((enum exhibit_kind)k);

        CHECK_EQ(exhibit_kind_named(text_bytes(id)), k);
        CHECK(exhibit_kind_name((enum exhibit_kind)k)[0] != '\0');
    }
    CHECK_EQ(exhibit_kind_named(BYTES_TEXT("snp")), EXHIBIT_UNKNOWN);
    CHECK_EQ(exhibit_kind_named(BYTES_TEXT("unknown")), EXHIBIT_UNKNOWN);

    CASE("evidence among endorsements is not found");
    fresh();
    CHECK_OK(exhibit_add(&x, EXHIBIT_ENDORSEMENT, "dir", sim_evidence(1, 2, 3, false)));
    CHECK_NULL(exhibit_next(&x, EXHIBIT_SIM, NULL));
    CHECK_OK(add(sim_evidence(1, 2, 3, false)));
    CHECK(exhibit_next(&x, EXHIBIT_SIM, NULL) == &x.items[1]);
    CHECK_NULL(exhibit_next(&x, EXHIBIT_SIM, &x.items[1]));
}

int main(void)
{
    struct arena_source heap = { take, give, NULL };

    arena_init(&arena, heap, (size_t)64 << 20);
    wrappings();
    keys();
    damaged();
    refusals();
    names();
    arena_done(&arena);
    return check_done();
}

/* CCA and PSA tokens with one thing wrong each. */
#include "attest/cca/token.h"
#include "tests/check.h"
#include "tests/judging.h"
#include "token_test.h"

static struct bytes owner;
static enum exhibit_role role = EXHIBIT_ROOT;

static enum reason judge_as(struct bytes token, enum exhibit_kind kind)
{
    struct exhibit *key;

    judging_start();
    key = exhibit_put(&judging_exhibits, role, EXHIBIT_KEY, "key", token_spki());
    key->owner = owner;
    return judging_run(kind == EXHIBIT_PSA_TOKEN ? psa_judge : cca_judge,
                       exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, kind, "token", token));
}

static const struct {
    const char *name;
    struct token_options options;
    enum reason want;
} tokens[] = {
    { "genuine", { 0 }, REASON_NONE },
    { "genuine, of the first kind", { .raw_key = true }, REASON_NONE },
    { "genuine, in records", { .is_record = true }, REASON_NONE },
    { "a record of another format", { .is_record = true, .format = 262 }, REASON_malformed_cbor },
    { "platform's signature", { .change_platform = 1 }, REASON_bad_platform_signature },
    { "realm's signature", { .change_realm = 1 }, REASON_bad_realm_signature },
    { "realm signed by the platform's key",
      { .wrong_realm_key = true },
      REASON_bad_realm_signature },
    { "platform vouches for another key", { .other_rak = true }, REASON_rak_binding_mismatch },
    { "algorithm not protected", { .unprotected_algorithm = true }, REASON_unsupported_algorithm },
    { "no challenge", { .skip = 10 }, REASON_malformed_cbor },
    { "no instance id", { .skip = 256 }, REASON_malformed_cbor },
    { "no lifecycle", { .skip = 2395 }, REASON_malformed_cbor },
    { "no implementation id", { .skip = 2396 }, REASON_malformed_cbor },
    { "no components", { .skip = 2399 }, REASON_malformed_cbor },
    { "no config", { .skip = 2401 }, REASON_malformed_cbor },
    { "no hash algorithm", { .skip = 2402 }, REASON_malformed_cbor },
    { "no personalization value", { .skip = 44235 }, REASON_malformed_cbor },
    { "no realm's hash algorithm", { .skip = 44236 }, REASON_malformed_cbor },
    { "no realm's key", { .skip = 44237 }, REASON_malformed_cbor },
    { "no initial measurement", { .skip = 44238 }, REASON_malformed_cbor },
    { "no extensible measurements", { .skip = 44239 }, REASON_malformed_cbor },
    { "no hash of the key", { .skip = 44240 }, REASON_malformed_cbor },
    { "no platform's profile", { .skip = 265 }, REASON_unsupported_version },
    { "lifecycle twice", { .twice = 2395 }, REASON_malformed_cbor },
    { "lifecycle twice, under an older key", { .also = -75002 }, REASON_malformed_cbor },
    { "realm's key twice", { .twice = 44237 }, REASON_malformed_cbor },
};

static void tokens_are_judged(void)
{
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        CASE(tokens[i].name);
        CHECK_EQ(judge_as(token_make(&tokens[i].options), EXHIBIT_CCA_TOKEN), tokens[i].want);
        if (tokens[i].want != REASON_NONE)
            CHECK(judging_claims.measurement.size == 0 && judging_claims.own.root.first == NULL);
    }
}

static void keys_are_weighed(void)
{
    uint8_t id[65];

    memcpy(id, token_bytes, 32);
    memcpy(id + 32, token_bytes, 33);
    CASE("a key of a store, for this device");
    owner = BYTES_OF(id);
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_CCA_TOKEN), REASON_NONE);
    CHECK(judging_claims.is_hardware);
    CASE("for another one");
    id[64] ^= 1;
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_CCA_TOKEN),
             REASON_anchor_missing);
    owner = (struct bytes){ 0 };
    role = EXHIBIT_EVIDENCE;
    CASE("a key that merely lies there");
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_CCA_TOKEN),
             REASON_untrusted_root);
    CASE("where the rules need no anchor: no hardware's word");
    judging.rules.unanchored_key_allowed = true;
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_CCA_TOKEN), REASON_NONE);
    CHECK(!judging_claims.is_hardware);
    judging.rules.unanchored_key_allowed = false;
    role = EXHIBIT_ROOT;
}

static void lifecycle_is_told(void)
{
    static const struct {
        uint16_t lifecycle;
        enum claim_truth want;
    } states[] = { { 0x3000, CLAIM_NO },     { 0x30ff, CLAIM_NO },  { 0x3100, CLAIM_UNKNOWN },
                   { 0x4000, CLAIM_YES },    { 0x5001, CLAIM_YES }, { 0x1000, CLAIM_UNKNOWN },
                   { 0x6000, CLAIM_UNKNOWN } };

    CASE("lifecycles");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct token_options o = { .lifecycle = states[i].lifecycle };

        CHECK_EQ(judge_as(token_make(&o), EXHIBIT_CCA_TOKEN), REASON_NONE);
        CHECK_EQ(judging_claims.is_debug, states[i].want);
    }
}

static void challenge_is_compared(void)
{
    CASE("the realm's challenge, all 64 bytes");
    judging.nonce = BYTES_OF(token_bytes);
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_CCA_TOKEN), REASON_NONE);
    CHECK(judging_claims.is_fresh);
    judging.nonce.size--;
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_CCA_TOKEN),
             REASON_nonce_mismatch);
    judging.nonce = (struct bytes){ 0 };
}

static void psa_is_judged(void)
{
    static uint8_t raw[4096];
    struct bytes token = token_psa();

    CASE("a PSA token");
    CHECK(psa_is(token) && !cca_is(token));
    CHECK_EQ(judge_as(token, EXHIBIT_PSA_TOKEN), REASON_NONE);
    CHECK_EQ(judging_claims.platform, PLATFORM_PSA);
    CHECK_EQ(judging_claims.measurement.size, 0);
    CASE("each byte of it changed, each shorter one");
    for (size_t i = 0; i < token.size; i++) {
        memcpy(raw, token.data, token.size);
        raw[i] ^= 1;
        CHECK_NE(judge_as((struct bytes){ raw, token.size }, EXHIBIT_PSA_TOKEN), REASON_NONE);
        CHECK_NE(judge_as((struct bytes){ token.data, i }, EXHIBIT_PSA_TOKEN), REASON_NONE);
    }
    CASE("a CCA token is no PSA token");
    CHECK_EQ(judge_as(token_make(&(struct token_options){ 0 }), EXHIBIT_PSA_TOKEN),
             REASON_malformed_cbor);
}

static void changes_are_refused(void)
{
    static uint8_t raw[8192];
    struct bytes token = token_make(&(struct token_options){ 0 });

    CASE("each byte of a CCA token changed, each shorter one");
    CHECK(cca_is(token) && !psa_is(token));
    for (size_t i = 0; i < token.size; i++) {
        memcpy(raw, token.data, token.size);
        raw[i] ^= 1;
        if (!CHECK_NE(judge_as((struct bytes){ raw, token.size }, EXHIBIT_CCA_TOKEN), REASON_NONE))
            printf("# byte %zu\n", i);
        CHECK_NE(judge_as((struct bytes){ token.data, i }, EXHIBIT_CCA_TOKEN), REASON_NONE);
    }
}

int main(void)
{
    token_start();
    tokens_are_judged();
    keys_are_weighed();
    lifecycle_is_told();
    challenge_is_compared();
    psa_is_judged();
    changes_are_refused();
    token_done();
    arena_done(&judging_arena);
    return check_done();
}

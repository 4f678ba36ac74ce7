/* Verdicts, and what is told of them: text, JSON, EAR; the named lesson E37. */
#include "attest/result.h"

#include "attest/sign1.h"
#include "codec/cbor.h"
#include "codec/cose.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "tests/policy_kit.h"

static bool never_accepted(enum verdict_code code)
{
    verdict.code = code;
    return verdict.code != VERDICT_ACCEPTED;
}

static void check_verdicts(void)
{
    struct verdict zero = { 0 };
    struct writer w = writer_of(out_room, sizeof out_room - 1);

    CASE("a verdict that nobody decided is no acceptance");
    arena_reset(&arena);
    CHECK(zero.code != VERDICT_ACCEPTED);
    verdict_init(&verdict, &arena);
    CHECK(never_accepted(verdict.code));
    for (unsigned bit = 0; bit < 8; bit++) { /* nor does one flipped bit make one */
        CHECK(never_accepted((enum verdict_code)(VERDICT_UNDECIDED ^ 1u << bit)));
        CHECK(never_accepted((enum verdict_code)(VERDICT_REFUSED ^ 1u << bit)));
    }
    claims = (struct claims){ 0 };
    fields_init(&claims.own, &arena);
    context = (struct judge_context){ .arena = &arena, .exhibits = &exhibits };
    verdict_init(&verdict, &arena);
    result_json(&w, &verdict, &claims, &context, false);
    out_room[w.size] = 0;
    CHECK(text_has((const char *)out_room, "\"verdict\":\"undecided\""));

    CASE("the first failure stays");
    CHECK(!verdict_fail(&verdict, REASON_malformed, "%s %d%%", "one", -1));
    CHECK(!verdict_fail(&verdict, REASON_untrusted_root, "two"));
    CHECK_TEXT(verdict.detail, "one -1%");
    CHECK_EQ(verdict.code, VERDICT_UNDECIDED);
    verdict_init(&verdict, &arena);
    CHECK(!verdict_fail(&verdict, REASON_NONE, NULL)); /* a fault of ours is a failure too */
    CHECK(!verdict_good(&verdict));

    CASE("a check is listed once");
    verdict_init(&verdict, &arena);
    verdict_pass(&verdict, REASON_malformed, "a");
    verdict_pass(&verdict, REASON_malformed, "a");
    verdict_pass(&verdict, REASON_malformed, "b");
    verdict_waive(&verdict, REASON_malformed, "a");
    CHECK_EQ(verdict.passed_count, 3);

    CASE("where memory ends, nothing is accepted");
    {
        struct arena none;

        arena_init(&none, (struct arena_source){ chunk_take, chunk_give, NULL }, 16);
        verdict_init(&verdict, &none);
        verdict_pass(&verdict, REASON_malformed, "a");
        CHECK_EQ(verdict.reason, REASON_out_of_memory);
    }

    CASE("the formatter");
    CHECK_TEXT(verdict_format(&arena, "%5d|%-5d|%05d|%x|%08x|%s|%.*s|%c|%zu|%llu|%lld|%%", 42, -42,
                              -42, 255u, 255u, "text", 2, "cut", 'x', (size_t)7,
                              18446744073709551615ull, -9223372036854775807ll - 1),
               "   42|-42  |-0042|ff|000000ff|text|cu|x|7|18446744073709551615|"
               "-9223372036854775808|%");
}

static void check_results(void)
{
    struct writer w = writer_of(out_room, sizeof out_room - 1);
    uint8_t key[SIGN_PUBLIC_SIZE];
    const uint8_t nonce[8] = { 9 };
    struct cose cose;
    struct json *json = NULL;
    char *dot;
    size_t size = 0;
    static uint8_t decoded[8192];

    claims_of(PLATFORM_TDX);
    claims.is_debug = CLAIM_YES;
    claims.is_simulated = true;
    CASE("text says simulated and debug loudly, and what others wrote cannot move the cursor");
    CHECK_TEXT(judged(builtin("default")), "simulated_not_allowed");
    claims.chip_model = BYTES_TEXT("\x1b[2J");
    result_text(&w, &verdict, &claims, &context);
    out_room[w.size] = 0;
    CHECK(text_has((const char *)out_room, "refused: The evidence is simulated"));
    CHECK(text_has((const char *)out_room, "\nSIMULATED: "));
    CHECK(text_has((const char *)out_room, "\nDEBUG: "));
    CHECK(text_has((const char *)out_room, "rule               simulated\n"));
    CHECK(!text_has((const char *)out_room, "\x1b"));

    CASE("lesson E37: reasons as JSON, stable and without what was secret");
    w = writer_of(out_room, sizeof out_room - 1);
    result_json(&w, &verdict, &claims, &context, true);
    CHECK_OK(json_parse(&json, &arena, writer_bytes(&w), NULL));
    CHECK_BYTES(json_text(json_get(json_get(json, "reason"), "id")),
                BYTES_TEXT("simulated_not_allowed"));
    CHECK_BYTES(json_text(json_get(json_get(json, "reason"), "kind")), BYTES_TEXT("refused"));
    CHECK_BYTES(json_text(json_get(json_get(json, "reason"), "rule")), BYTES_TEXT("simulated"));

    CASE("EAR: an accepted one as CWT is signed, affirming, and has the nonce");
    claims_of(PLATFORM_TDX);
    claims.is_fresh = true;
    CHECK_TEXT(judged(builtin("default")), "accepted");
    verdict.code = VERDICT_ACCEPTED;
    context.nonce = BYTES_OF(nonce);
    CHECK_OK(sign_public(key, seed));
    w = writer_of(out_room, sizeof out_room);
    CHECK_OK(result_ear(&w, EAR_CWT, &verdict, &claims, &context, seed));
    CHECK_OK(cose_parse(&cose, writer_bytes(&w), COSE_SIGN1, false));
    CHECK_OK(sign1_check(&cose, &arena, BYTES_OF(key)));
    {
        struct reader r = reader_of(cose.payload);
        struct bytes profile = { 0 }, answered = { 0 };
        uint64_t seen = 0, label;

        cbor_skip(&r); /* every rule of the deterministic form is held */
        CHECK(reader_done(&r));
        r = reader_of(cose.payload);
        for (struct cbor_map m = cbor_map_open(&r); cbor_map_next_uint(&m, &label); seen++)
            if (label == 265)
                profile = cbor_take_text(&r);
            else if (label == 10)
                answered = cbor_take_bytes(&r);
            else
                cbor_skip(&r);
        CHECK_EQ(seen, 6); /* exp, iat, nonce, profile, submods, verifier */
        CHECK_BYTES(profile, BYTES_TEXT("tag:ietf.org,2026:rats/ear#04"));
        CHECK_BYTES(answered, BYTES_OF(nonce));
    }

    CASE("EAR: a refused one as JWT is signed, contraindicated, and claims nothing");
    claims.is_debug = CLAIM_YES;
    CHECK_TEXT(judged(builtin("default")), "debug_not_allowed");
    w = writer_of(out_room, sizeof out_room - 1);
    CHECK_OK(result_ear(&w, EAR_JWT, &verdict, &claims, &context, seed));
    out_room[w.size] = 0;
    dot = strrchr((char *)out_room, '.');
    if (!CHECK(dot != NULL))
        return;
    CHECK_OK(base64_decode(decoded, sizeof decoded, &size, format_text(dot + 1), BASE64URL, false));
    CHECK_EQ(size, SIGN_SIZE);
    CHECK_OK(
        sign_check(key, decoded, (struct bytes){ out_room, (size_t)(dot - (char *)out_room) }));
    *dot = 0;
    dot = strchr((char *)out_room, '.');
    CHECK_OK(base64_decode(decoded, sizeof decoded, &size, format_text(dot + 1), BASE64URL, false));
    CHECK_OK(json_parse(&json, &arena, (struct bytes){ decoded, size }, NULL));
    CHECK_BYTES(json_text(json_get(json, "eat_profile")),
                BYTES_TEXT("tag:ietf.org,2026:rats/ear#04"));
    {
        const struct json *sub = json_get(json_get(json, "submods"), "tdx");
        const struct json *vector = json_get(sub, "ear_trustworthiness_vector");
        int64_t n = 0;

        CHECK_BYTES(json_text(json_get(sub, "ear_status")), BYTES_TEXT("contraindicated"));
        CHECK(json_integer_between(&n, json_get(vector, "runtime-opaque"), 96, 96));
        CHECK_BYTES(json_text(json_get(json_get(sub, "ear_verifier_claims"), "reason")),
                    BYTES_TEXT("debug_not_allowed"));
        CHECK_NULL(json_get(sub, "ear_attester_claims"));
    }
}

/* Members of the vector after this policy accepted the claims. */
static void vector_of(int64_t out[8], const char *policy)
{
    struct writer w = writer_of(out_room, sizeof out_room);
    struct reader r, m;
    struct cose cose;

    memset(out, 0xff, 8 * sizeof *out);
    if (!CHECK_TEXT(judged(policy), "accepted"))
        return;
    verdict.code = VERDICT_ACCEPTED;
    CHECK_OK(result_ear(&w, EAR_CWT, &verdict, &claims, &context, seed));
    CHECK_OK(cose_parse(&cose, writer_bytes(&w), COSE_SIGN1, false));
    r = reader_of(cose.payload);
    for (; r.left > 4; reader_skip(&r, 1)) { /* 1001: {0: … 7: …} */
        m = r;
        if (reader_u8(&m) != 0x19 || reader_u16be(&m) != 1001 || reader_u8(&m) != 0xa8)
            continue;
        for (unsigned i = 0; i < 8; i++) {
            CHECK_EQ(reader_u8(&m), i);
            out[i] = cbor_take_int(&m);
        }
        return;
    }
    CHECK(false);
}

static void check_vector(void)
{
    enum { INSTANCE, CONFIGURATION, EXECUTABLES, HARDWARE = 4, RUNTIME };
    int64_t vector[8];

    CASE("EAR: code counts as known only where a rule names it");
    claims_of(PLATFORM_SNP);
    claims.signer = BYTES_OF(chip);
    vector_of(vector, ANY);
    CHECK_EQ(vector[EXECUTABLES], 0);
    vector_of(vector, HEAD "[snp]\nmeasurements = \"any\"");
    CHECK_EQ(vector[EXECUTABLES], 0);
    vector_of(vector, HEAD "signers = \"any\"");
    CHECK_EQ(vector[EXECUTABLES], 0);
    vector_of(vector, HEAD "signers = [\"0102030405060708\"]");
    CHECK_EQ(vector[EXECUTABLES], 3);
    CHECK_EQ(vector[INSTANCE], 2);
    CHECK_EQ(vector[HARDWARE], 2);
    CHECK_EQ(vector[RUNTIME], 2);

    CASE("EAR: nothing is affirmed of what nobody vouches for");
    claims.is_hardware = false;
    vector_of(vector, ANY "simulated = true");
    CHECK_EQ(vector[INSTANCE], 0);
    CHECK_EQ(vector[HARDWARE], 32);
    CHECK_EQ(vector[RUNTIME], 0);

    CASE("EAR: a status that nobody knows is no good one");
    claims_of(PLATFORM_TDX);
    claims.tcb_status = TCB_STATUS_NONE;
    vector_of(vector, ANY "statuses = \"any\"");
    CHECK_EQ(vector[HARDWARE], 32);

    CASE("EAR: a maker's document is no machine");
    claims_of(PLATFORM_SNP);
    claims.is_endorsement = true;
    vector_of(vector, ANY);
    CHECK_EQ(vector[INSTANCE], 0);
    CHECK_EQ(vector[CONFIGURATION], 32);
    CHECK_EQ(vector[HARDWARE], 0);
    CHECK_EQ(vector[RUNTIME], 0);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 1u << 24);
    check_verdicts();
    check_results();
    check_vector();
    arena_done(&arena);
    return check_done();
}

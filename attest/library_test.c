#include "broch/verify.h"

#include <stdlib.h>

#include "tests/check.h"
#include "tests/sim_evidence.h"

static unsigned char memory[8 << 20];
static const char policy[] =
    "version = 1\nname = \"dev\"\nplatforms = [\"sim\"]\nsimulated = true\n"
    "measurements = \"any\"\n";

static struct broch_verifier *open_with(const char *toml, size_t size)
{
    struct broch_verifier *v = NULL;

    CHECK_EQ(broch_verifier_init(&v, memory + 1, sizeof memory - 1, toml, size, NULL),
             BROCH_VERIFY_OK);
    return v;
}

static void add(struct broch_verifier *v, enum broch_verify_role role, struct bytes raw)
{
    CHECK_EQ(broch_verifier_add(v, role, "piece", raw.data, raw.size), BROCH_VERIFY_OK);
}

static void verdicts(void)
{
    struct broch_question q = { .now = 1700000000 };
    struct broch_verifier *v = open_with(policy, sizeof policy - 1);
    static char text[1 << 16];
    uint8_t result[8192];
    static const uint8_t seed[32] = { 1 };
    const uint8_t *data;
    const char *reason;
    size_t size;

    CASE("accepted, a thousand times in the same memory");
    for (int i = 0; i < 1000 && v != NULL; i++) {
        broch_verifier_reset(v);
        add(v, BROCH_VERIFY_EVIDENCE, sim_evidence(1, 2, 3, false));
        add(v, BROCH_VERIFY_ROOT, sim_root(1));
        if (!CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_ACCEPTED))
            break;
    }
    CHECK_NULL(reason);
    CHECK(broch_verifier_claim(v, BROCH_CLAIM_MEASUREMENT, &data, &size));
    CHECK_EQ(size, 32);
    CHECK_EQ(data[0], 2);
    CHECK(!broch_verifier_claim(v, BROCH_CLAIM_CHIP_ID, &data, &size));

    CASE("as JSON, as text, as an attestation result");
    size = broch_verifier_json(v, text, sizeof text);
    CHECK(size < sizeof text && text[size] == '\0' && strstr(text, "\"accepted\"") != NULL);
    CHECK_EQ(broch_verifier_json(v, text, 16), SIZE_MAX);
    CHECK(broch_verifier_text(v, text, sizeof text) < sizeof text);
    CHECK_EQ(broch_verifier_result(v, BROCH_RESULT_JWT, seed, result, sizeof result, &size),
             BROCH_VERIFY_OK);
    CHECK(size > 0);
    CHECK_NE(broch_verifier_result(v, BROCH_RESULT_CWT, seed, result, 8, &size), BROCH_VERIFY_OK);

    CASE("refused, with its reason");
    q.nonce = (const uint8_t *)"other";
    q.nonce_size = 5;
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_REFUSED);
    CHECK_TEXT(reason, "nonce_mismatch");
    q.nonce = NULL;
    q.platform = "snp";
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_UNDECIDED);
    q.platform = NULL;
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_ACCEPTED);
    q.platform = "no such platform";
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_UNDECIDED);
    CHECK(!broch_verifier_claim(v, BROCH_CLAIM_MEASUREMENT, &data, &size)); /* none is left */
    q.platform = NULL;
    q.now = INT64_MAX;
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_ACCEPTED);
    q.now = INT64_MIN;
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_ACCEPTED);
    q.now = 1700000000;

    CASE("nothing was added");
    q.platform = NULL;
    broch_verifier_reset(v);
    CHECK_EQ(broch_verifier_judge(v, &q, &reason), BROCH_UNDECIDED);
    CHECK_TEXT(reason, "evidence_missing");
}

static void misuse(void)
{
    struct broch_policy_error wrong;
    struct broch_verifier *v = NULL;

    CASE("too little memory, none");
    CHECK_EQ(broch_verifier_init(&v, memory, BROCH_VERIFY_MEMORY_LEAST - 1, NULL, 0, NULL),
             BROCH_VERIFY_MEMORY);
    CHECK_EQ(broch_verifier_init(&v, NULL, sizeof memory, NULL, 0, NULL), BROCH_VERIFY_USAGE);
    CHECK_EQ(broch_verifier_init(&v, memory, BROCH_VERIFY_MEMORY_LEAST, NULL, 0, NULL),
             BROCH_VERIFY_OK);

    CASE("a policy that is none says where");
    CHECK_EQ(broch_verifier_init(&v, memory, sizeof memory, "version = 1\nx = 2\n", 18, &wrong),
             BROCH_VERIFY_POLICY);
    CHECK_NULL(v);
    CHECK_EQ(wrong.line, 2);
    CHECK(wrong.text[0] != '\0');

    CASE("a role that there is not");
    v = open_with("authentic", 9);
    CHECK_EQ(broch_verifier_add(v, (enum broch_verify_role)7, "x", "y", 1), BROCH_VERIFY_USAGE);
    CHECK_EQ(broch_verifier_add(v, BROCH_VERIFY_ENDORSEMENT, NULL, "y", 1), BROCH_VERIFY_UNKNOWN);
}

int main(void)
{
    verdicts();
    misuse();
    return check_done();
}

#include "attest/judge.h"

#include <stdlib.h>

#include "attest/policy.h"
#include "attest/result.h"
#include "tests/check.h"
#include "tests/pki.h"
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
static struct exhibits exhibits;
static struct judge_context x;
static struct verdict v;
static struct claims c;

#define POLICY_SIM                                                                              \
    BYTES_TEXT("version = 1\nname = \"development\"\nplatforms = [\"sim\"]\nsimulated = true\n" \
               "measurements = \"any\"\n")

static void policy_set(struct bytes toml)
{
    struct policy_error wrong;
    struct policy *p = NULL;

    CHECK_OK(policy_parse(&p, &arena, toml, &wrong));
    x.policy = p;
}

static void fresh(struct bytes toml)
{
    arena_reset(&arena);
    exhibits_init(&exhibits, &arena);
    x = (struct judge_context){ .arena = &arena, .exhibits = &exhibits, .now = 1700000000 };
    if (toml.size != 0)
        policy_set(toml);
}

static void add(enum exhibit_role role, struct bytes raw)
{
    (void)!exhibit_add(&exhibits, role, "file", raw);
}

static bool judged(enum verdict_code code, enum reason reason)
{
    judge(&v, &c, &x);
    if (CHECK_EQ(v.code, code) && CHECK_EQ(v.reason, reason))
        return true;
    printf("# %s: %s\n", reason_text(v.reason)->id, v.detail);
    return false;
}

/* lesson A10: what is not signed by somebody who is trusted is no evidence. */
static void simulated(void)
{
    static const uint8_t expected[4] = { 3, 3, 3, 3 };
    static uint8_t whole[64];

    CASE("simulated evidence, its key as root, a policy that names it");
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    judged(VERDICT_ACCEPTED, REASON_NONE);
    CHECK(c.is_simulated);
    CHECK(!c.is_hardware);

    CASE("the default policy refuses it");
    fresh((struct bytes){ 0 });
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    judge(&v, &c, &x);
    CHECK_EQ(v.code, VERDICT_REFUSED);

    CASE("another key as root, or none");
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(9));
    judge(&v, &c, &x);
    CHECK_NE(v.code, VERDICT_ACCEPTED);
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    judge(&v, &c, &x);
    CHECK_NE(v.code, VERDICT_ACCEPTED);

    CASE("a challenge: the whole field, with nothing behind it");
    memset(whole, 3, sizeof whole);
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    x.report_data = BYTES_OF(whole);
    judged(VERDICT_ACCEPTED, REASON_NONE);
    CHECK(c.is_fresh);
    x.report_data = BYTES_OF(expected); /* a prefix that agrees is not enough */
    judged(VERDICT_REFUSED, REASON_report_data_mismatch);
    x.report_data = BYTES_OF(whole); /* one of two that agrees is no answer */
    x.nonce = BYTES_OF(expected);
    judged(VERDICT_REFUSED, REASON_nonce_mismatch);
    CHECK(!c.is_fresh);
    x.report_data = (struct bytes){ 0 };
    judged(VERDICT_REFUSED, REASON_nonce_mismatch);
}

static void wanting(void)
{
    CASE("nothing at all");
    fresh((struct bytes){ 0 });
    judged(VERDICT_UNDECIDED, REASON_evidence_missing);

    CASE("a file of no known form");
    add(EXHIBIT_EVIDENCE, BYTES_TEXT("no evidence of any kind"));
    judged(VERDICT_UNDECIDED, REASON_unknown_evidence);
    CHECK_TEXT(v.item, "file");

    CASE("a file of no known form beside evidence");
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    add(EXHIBIT_EVIDENCE, BYTES_TEXT("something else"));
    judged(VERDICT_UNDECIDED, REASON_unknown_evidence);

    CASE("half a list of revocations, where none is needed: nor is it none");
    for (unsigned i = 0; i < 3; i++) {
        fresh(BYTES_TEXT("version = 1\nname = \"development\"\nplatforms = [\"sim\"]\n"
                         "simulated = true\nmeasurements = \"any\"\n"
                         "allow = [\"missing-crl\"]\n"));
        add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
        add(EXHIBIT_ROOT, sim_root(1));
        add(EXHIBIT_ENDORSEMENT, i == 0   ? BYTES_TEXT("\x30\x82\x0a\x61\x30\x82\x0a\x07\x02")
                                 : i == 1 ? BYTES_TEXT("-----BEGIN X509 CRL-----\nMIIC")
                                          : BYTES_TEXT("read me"));
        if (i < 2)
            judged(VERDICT_UNDECIDED, REASON_unknown_evidence);
        else
            judged(VERDICT_ACCEPTED, REASON_NONE);
    }

    CASE("evidence among endorsements is not judged");
    fresh(POLICY_SIM);
    add(EXHIBIT_ENDORSEMENT, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    judged(VERDICT_UNDECIDED, REASON_evidence_missing);

    CASE("two pieces of evidence: no verdict on the one that was not meant");
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, pki_copy(sim_evidence(1, 2, 3, false)));
    add(EXHIBIT_EVIDENCE, pki_copy(sim_evidence(1, 4, 3, false)));
    add(EXHIBIT_ROOT, sim_root(1));
    judged(VERDICT_UNDECIDED, REASON_ambiguous_evidence);

    CASE("the same piece twice is one");
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, pki_copy(sim_evidence(1, 2, 3, false)));
    add(EXHIBIT_EVIDENCE, pki_copy(sim_evidence(1, 2, 3, false)));
    add(EXHIBIT_ROOT, sim_root(1));
    judged(VERDICT_ACCEPTED, REASON_NONE);

    CASE("one piece in two certificates: nobody may take the second's key for the keep's");
    for (unsigned other = 0; other < 3; other++) {
        struct exhibit *piece;
        uint32_t parent;

        fresh(POLICY_SIM);
        for (unsigned i = 0; i < 2; i++) {
            enum exhibit_kind kind =
                i == 0 || other == 0 ? EXHIBIT_RATLS_CERT : EXHIBIT_RATLS_REQUEST;

            (void)exhibit_put(&exhibits, EXHIBIT_EVIDENCE, kind, "carrier",
                              i == 0 ? BYTES_TEXT("one") : BYTES_TEXT("other"));
            if (i == 1 && other == 2)
                continue; /* nothing in it */
            parent = exhibits.count;
            piece = exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_SIM, "carrier: evidence",
                                pki_copy(sim_evidence(1, 2, 3, false)));
            piece->parent = parent;
        }
        add(EXHIBIT_ROOT, sim_root(1));
        judged(VERDICT_UNDECIDED, REASON_ambiguous_evidence);
    }

    CASE("another kind than was asked for");
    fresh(POLICY_SIM);
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    x.kind = PLATFORM_SNP;
    judged(VERDICT_UNDECIDED, REASON_unknown_evidence);

    CASE("a policy that allows nothing");
    fresh(BYTES_TEXT("version = 1\nname = \"nothing\"\n"));
    add(EXHIBIT_EVIDENCE, sim_evidence(1, 2, 3, false));
    add(EXHIBIT_ROOT, sim_root(1));
    judge(&v, &c, &x);
    CHECK_NE(v.code, VERDICT_ACCEPTED);
}

/* lesson I1: a peer that shows no evidence must not meet a verifier that asks for none. In every
 * combination of policy, expectation and kind: a key alone, a certificate alone, nothing. */
static void without_evidence(void)
{
    static const uint8_t word[32] = { 1 };
    static const char *const policies[] = { "default", "authentic" };
    struct bytes certificate = pki_certificate(
        &(struct pki_certificate){ .subject = "peer", .issuer = "peer", .key = 5, .signer = 5 });

    for (unsigned i = 0; i < 2 * 2 * 2 * (unsigned)PLATFORM_COUNT * 3; i++) {
        unsigned rest = i;
        unsigned policy = rest % 2, asked = (rest /= 2) % 2, root = (rest /= 2) % 2;
        unsigned kind = (rest /= 2) % PLATFORM_COUNT, shown = rest / PLATFORM_COUNT;
        char name[96];

        snprintf(name, sizeof name, "lesson I1: no evidence: %s%s%s, kind %u, shown %u",
                 policies[policy], asked ? ", challenged" : "", root ? ", trusted" : "", kind,
                 shown);
        CASE(name);
        fresh(policy_builtin(
            (struct bytes){ (const uint8_t *)policies[policy], strlen(policies[policy]) }));
        x.kind = (enum platform)kind;
        if (asked)
            x.nonce = BYTES_OF(word);
        if (shown == 1)
            add(EXHIBIT_EVIDENCE, sim_root(5));
        if (shown == 2)
            add(EXHIBIT_EVIDENCE, certificate);
        if (root)
            add(EXHIBIT_ROOT, shown == 2 ? certificate : sim_root(5));
        judge(&v, &c, &x);
        CHECK_NE(v.code, VERDICT_ACCEPTED);
        CHECK_NE(v.reason, REASON_NONE);
    }
}

/* No memory is a refusal wherever it ends, never an acceptance and never a crash. */
static void starved(void)
{
    struct arena_source heap = { take, give, NULL };
    struct bytes evidence = pki_copy(sim_evidence(1, 2, 3, false));
    unsigned accepted = 0;

    CASE("every amount of memory");
    for (size_t ceiling = 0; ceiling < (size_t)1 << 20; ceiling += 1 << 12) {
        struct arena small;

        arena_init(&small, heap, ceiling);
        exhibits_init(&exhibits, &small);
        x = (struct judge_context){ .arena = &small, .exhibits = &exhibits, .now = 1700000000 };
        add(EXHIBIT_EVIDENCE, evidence);
        add(EXHIBIT_ROOT, sim_root(1));
        judge(&v, &c, &x); /* the default policy: never */
        CHECK_NE(v.code, VERDICT_ACCEPTED);
        accepted += v.code == VERDICT_ACCEPTED;
        arena_done(&small);
    }
    CHECK_EQ(accepted, 0);
}

static void undecided(void)
{
    static struct verdict zero;

    CASE("a zeroed verdict is none");
    CHECK_EQ(zero.code, VERDICT_UNDECIDED);
    CHECK_NE(VERDICT_ACCEPTED, 1);
    CHECK(__builtin_popcount(VERDICT_ACCEPTED ^ VERDICT_REFUSED) > 2);
}

int main(void)
{
    struct arena_source heap = { take, give, NULL };

    arena_init(&arena, heap, (size_t)64 << 20);
    simulated();
    wanting();
    without_evidence();
    starved();
    undecided();
    arena_done(&arena);
    return check_done();
}

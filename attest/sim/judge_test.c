/* Development evidence as host/evidence_sim writes it, and every byte of it changed. */
#include "attest/sim/evidence.h"
#include "crypto/sign.h"
#include "host/evidence_sim.h"
#include "tests/check.h"
#include "tests/judging.h"

static const struct evidence_sim_key machine = { .seed = { 1, 2, 3 }, .is_kept = true };
static const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE] = { 0xd1 };
static const uint8_t report[EVIDENCE_SIM_REPORT_SIZE] = { 0x0a, 0x0b };

static uint8_t spki[44] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};
static uint8_t raw[1024];
static size_t size;

static void make(bool is_debug)
{
    struct writer w = writer_of(raw, sizeof raw);

    CHECK_OK(evidence_sim_write(&w, &machine, digest, report, is_debug));
    CHECK_OK(sign_public(spki + 12, machine.seed));
    size = w.size;
}

/* With the key trusted, only there, or not there at all. */
enum key { KEY_IS_ROOT, KEY_IS_BESIDE, KEY_IS_ABSENT };

static enum reason judge_as(struct bytes evidence, enum key where)
{
    judging_start();
    if (where != KEY_IS_ABSENT)
        exhibit_put(&judging_exhibits, where == KEY_IS_ROOT ? EXHIBIT_ROOT : EXHIBIT_ENDORSEMENT,
                    EXHIBIT_KEY, "key", BYTES_OF(spki));
    return judging_run(
        sim_judge, exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_SIM, "sim", evidence));
}

static void keys_are_weighed(void)
{
    judging.rules = (struct judge_rules){ 0 };
    CASE("a key of --root");
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_NONE);
    CASE("a key that merely lies there");
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_BESIDE), REASON_untrusted_root);
    CASE("no key");
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ABSENT), REASON_anchor_missing);
    judging.rules.unanchored_key_allowed = true;
    CASE("either, where the rules need no anchor, and it is said");
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_BESIDE), REASON_NONE);
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ABSENT), REASON_NONE);
    CHECK(judging_verdict.passed_last->is_waived);
    CASE("another machine's key");
    spki[20] ^= 1;
    CHECK_NE(judge_as((struct bytes){ raw, size }, KEY_IS_BESIDE), REASON_NONE);
    spki[20] ^= 1;
    judging.rules.unanchored_key_allowed = false;
}

static void claims_are_said(void)
{
    CASE("always simulated, never hardware");
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_NONE);
    CHECK(judging_claims.is_simulated && !judging_claims.is_hardware);
    CHECK_EQ(judging_claims.platform, PLATFORM_SIM);
    CHECK_BYTES(judging_claims.measurement, BYTES_OF(digest));
    CHECK_BYTES(judging_claims.report_data, BYTES_OF(report));
    CHECK_EQ(judging_claims.is_debug, CLAIM_NO);
    CASE("simulated also where it was refused");
    CHECK_NE(judge_as((struct bytes){ raw, size - 1 }, KEY_IS_ROOT), REASON_NONE);
    CHECK(judging_claims.is_simulated && judging_claims.measurement.size == 0);
    CASE("debug");
    make(true);
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_NONE);
    CHECK_EQ(judging_claims.is_debug, CLAIM_YES);
    make(false);
}

static void report_data_is_compared(void)
{
    static const uint8_t other[2] = { 0x0a, 0x0c };

    CASE("report data, all of it or with zeros behind it");
    judging.report_data = BYTES_OF(report);
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_NONE);
    CHECK(judging_claims.is_fresh);
    judging.report_data = (struct bytes){ report, 2 };
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_NONE);
    CASE("a prefix with more than zeros behind it, and other data");
    judging.report_data = (struct bytes){ report, 1 };
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_report_data_mismatch);
    judging.report_data = BYTES_OF(other);
    CHECK_EQ(judge_as((struct bytes){ raw, size }, KEY_IS_ROOT), REASON_report_data_mismatch);
    judging.report_data = (struct bytes){ 0 };
}

static void every_byte_counts(void)
{
    uint8_t changed[1024];

    CASE("each bit of each byte changed");
    for (size_t i = 0; i < 8 * size; i++) {
        memcpy(changed, raw, size);
        changed[i / 8] ^= (uint8_t)(1u << i % 8);
        if (!CHECK_NE(judge_as((struct bytes){ changed, size }, KEY_IS_ROOT), REASON_NONE))
            printf("# bit %zu of byte %zu\n", i % 8, i / 8);
    }
    CASE("each shorter one, and one longer");
    for (size_t n = 0; n < size; n++)
        CHECK_NE(judge_as((struct bytes){ raw, n }, KEY_IS_ROOT), REASON_NONE);
    raw[size] = 0;
    CHECK_NE(judge_as((struct bytes){ raw, size + 1 }, KEY_IS_ROOT), REASON_NONE);
    CASE("told by its contents");
    CHECK(sim_is((struct bytes){ raw, size }));
    CHECK(!sim_is((struct bytes){ raw, 8 }));
}

int main(void)
{
    make(false);
    keys_are_weighed();
    claims_are_said();
    report_data_is_compared();
    every_byte_counts();
    arena_done(&judging_arena);
    return check_done();
}

/* Rules one by one, default deny, and the named lessons E4, E7, E8, E10, E36, I3. */
#include <stdlib.h>

#include "attest/corim/corim.h"
#include "attest/distrust.h"
#include "attest/format.h"
#include "attest/policy.h"
#include "attest/sign1.h"
#include "base/num.h"
#include "crypto/sign.h"
#include "tests/policy_kit.h"

static const struct {
    const char *name, *text, *want;
} rules[] = {
    { "an empty policy refuses", "", "platform_not_allowed" },
    { "lesson E36: a policy that names no code refuses all", HEAD, "measurement_not_allowed" },
    { "any code, said aloud", ANY, "accepted" },
    { "another platform", "version = 1\nplatforms = [\"tdx\"]\nmeasurements = \"any\"",
      "platform_not_allowed" },
    { "an empty list names nothing", HEAD "measurements = []", "measurement_not_allowed" },
    { "another measurement", HEAD "measurements = [\"snp:00ff\"]", "measurement_not_allowed" },
    { "the measurement",
      HEAD "measurements = [\"00\", \"snp:aabbcc"
           "000000000000000000000000000000"
           "000000000000000000000000000000000000000000000000000000000000\"]",
      "accepted" },
    { "the measurement, of another platform",
      HEAD "measurements = [\"tdx:aabbcc000000000000000000000000000000"
           "000000000000000000000000000000000000000000000000000000000000\"]",
      "measurement_not_allowed" },
    { "the platform's own key takes the place of the top's",
      HEAD "measurements = []\n[snp]\nmeasurements = \"any\"", "accepted" },
    { "another's table changes nothing", HEAD "measurements = []\n[tdx]\nmeasurements = \"any\"",
      "measurement_not_allowed" },
    { "no signer in the evidence", ANY "signers = [\"aa\"]", "signer_not_allowed" },
    { "no workload in the evidence", ANY "workloads = [\"sha256:aa\"]", "workload_not_allowed" },
    { "family", ANY "[snp]\nfamilies = [\"Milan\"]", "accepted" },
    { "another family", ANY "[snp]\nfamilies = [\"Genoa\"]", "chip_not_allowed" },
    { "a family is no prefix", ANY "families = [\"Mila\"]", "chip_not_allowed" },
    { "model", ANY "models = \"Milan-B0\"", "accepted" },
    { "chip", ANY "chip_ids = [\"0102030405060708\"]", "accepted" },
    { "another chip", ANY "chip_ids = [\"0102030405060709\"]", "chip_not_allowed" },
    { "no root is known", ANY "roots = [\"sha256:aa\"]", "untrusted_root" },
    { "TCB: equal passes", ANY "[snp.minimum_tcb]\nmicrocode = 209\nsnp = 8", "accepted" },
    { "TCB: one part below", ANY "[snp.minimum_tcb]\nmicrocode = 209\nsnp = 9", "tcb_too_old" },
    { "TCB: a part that the evidence has not", ANY "[snp.minimum_tcb]\nfmc = 0", "tcb_too_old" },
    { "TCB: of this family", ANY "[snp.minimum_tcb]\nMilan.snp = 9\nGenoa.snp = 1", "tcb_too_old" },
    { "TCB: a family without a minimum", ANY "[snp.minimum_tcb]\nGenoa.snp = 1",
      "chip_not_allowed" },
    { "a register that must not be something names no code",
      HEAD "[snp.registers]\npcr7.not = \"00\"", "measurement_not_allowed" },
    { "a register that has to be something names code",
      HEAD "[snp.registers]\npcr7 = \"0102030405060708\"", "accepted" },
    { "age", ANY "max_age = \"1h\"", "accepted" },
    { "age: a second less", ANY "max_age = \"3599s\"", "too_old" },
    { "no challenge was answered", ANY "require_fresh = true", "too_old" },
    { "field: equal", ANY "[snp.fields]\nvmpl = 0", "accepted" },
    { "field: other", ANY "[snp.fields]\nvmpl = 1", "policy_rule_failed" },
    { "field: one of", ANY "[snp.fields]\nvmpl = [1, 0]", "accepted" },
    { "field: one of none", ANY "[snp.fields]\nvmpl = []", "policy_rule_failed" },
    { "field: not", ANY "[snp.fields]\nvmpl.not = 1", "accepted" },
    { "field: not, hit", ANY "[snp.fields]\nvmpl.not = [1, 0]", "policy_rule_failed" },
    { "field: not, of a type that cannot be compared", ANY "[snp.fields]\nvmpl.not = \"x\"",
      "policy_rule_failed" },
    { "field: not there", ANY "[snp.fields]\nvmpl2 = 0", "policy_rule_failed" },
    { "field: deep", ANY "[snp.fields]\npolicy_bits.smt = true", "accepted" },
    { "field: deep, in quotes", ANY "[snp.fields]\n\"policy_bits.smt\" = false",
      "policy_rule_failed" },
    { "field: truth is no number", ANY "[snp.fields]\npolicy_bits.smt = 1", "policy_rule_failed" },
    { "field: element of a list", ANY "[snp.fields]\nlevels.0.at_least = 7", "accepted" },
    { "field: beyond the list", ANY "[snp.fields]\nlevels.1 = 7", "policy_rule_failed" },
    { "field: a group is no value", ANY "[snp.fields]\npolicy_bits = true", "policy_rule_failed" },
    { "field: bits", ANY "[snp.fields]\nplatform_info = { bits_set = 0x21, bits_clear = 2 }",
      "accepted" },
    { "field: a bit is missing",
      ANY "[snp.fields]\nplatform_info.bits_set = \"0x8000000000000001\"", "policy_rule_failed" },
    { "field: a bit too many", ANY "[snp.fields]\nplatform_info.bits_clear = 4",
      "policy_rule_failed" },
    { "field: bytes", ANY "[snp.fields]\nhost_data = \"0102030405060708\"", "accepted" },
    { "field: bits of bytes", ANY "[snp.fields]\nhost_data.bits_clear = \"f000000000000000\"",
      "accepted" },
    { "field: a bit of bytes", ANY "[snp.fields]\nhost_data.bits_clear = \"0000000000000008\"",
      "policy_rule_failed" },
    { "field: bits of bytes, set", ANY "[snp.fields]\nhost_data.bits_set = \"0102030400000000\"",
      "accepted" },
    { "field: a mask of another length", ANY "[snp.fields]\nhost_data.bits_clear = \"f0\"",
      "policy_rule_failed" },
    { "field: moment", ANY "[snp.fields]\nissued.at_least = 2025-06-15", "accepted" },
    { "field: negative is below", ANY "[snp.fields]\nvmpl.at_most = -1", "policy_rule_failed" },
    { "lesson E10: versions compare number by number",
      ANY "[snp.fields]\ncurrent_version.at_least = \"1.55.9\"", "accepted" },
    { "lesson E10: a high minor number is no major one",
      ANY "[snp.fields]\ncurrent_version.at_least = \"2.0\"", "policy_rule_failed" },
    { "a version that is none", ANY "[snp.fields]\ncurrent_version.at_least = \"1.x\"",
      "policy_rule_failed" },
    { "register in any bank", HEAD "[snp.registers]\npcr7 = \"0102030405060708\"", "accepted" },
    { "another register", HEAD "[snp.registers]\npcr7 = \"0102030405060700\"",
      "measurement_not_allowed" },
    { "a register that is not there", HEAD "[snp.registers]\npcr8 = \"01\"",
      "measurement_not_allowed" },
    { "manifests: none",
      HEAD "reference_values = [\"ed25519:0000000000000000000000000000000000"
           "000000000000000000000000000000\"]",
      "measurement_not_allowed" },
    { "a distrust list is required and not there",
      ANY "distrust = [{ key = \"ed25519:00000000000000000000000000000000"
          "00000000000000000000000000000000\" }]",
      "distrust_list_invalid" },
    { "a distrust list may be missing",
      ANY "distrust = [{ required = false, key = \"ed25519:00000000000000000000000000000000"
          "00000000000000000000000000000000\" }]",
      "accepted" },
};

static void check_rules(void)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        CASE(rules[i].name);
        claims_of(PLATFORM_SNP);
        CHECK_TEXT(judged(rules[i].text), rules[i].want);
        /* The rule is named, and the same question has the same answer. */
        if (!text_has(rules[i].want, "accepted"))
            CHECK(verdict.rule[0] != '\0' && verdict.detail[0] != '\0');
        CHECK_TEXT(judged(rules[i].text), rules[i].want);
    }
}

static const struct {
    const char *name, *text, *key, *says;
    uint32_t line, column;
} mistakes[] = {
    { "no version", "platforms = []", "version", "version = 1", 1, 1 },
    { "another version", "version = 2", "version", "is 1", 1, 1 },
    { "no TOML", "version = ", "", "Expected", 1, 11 },
    { "a key that is near", HEAD "measurement = []", "measurement", "\"measurements\"", 3, 1 },
    { "a platform that is near", HEAD "[spn]", "spn", "nor a platform", 3, 2 },
    { "a key of the top in a table", HEAD "[snp]\nallow = []", "snp.allow", "platform's table", 4,
      1 },
    { "E10: every key does something: an unknown allowance", HEAD "allow = [\"sha-1\"]", "allow",
      "\"sha1\"", 3, 10 },
    { "platform", "version = 1\nplatforms = [\"sev\"]", "platforms", "platform", 2, 14 },
    { "status", HEAD "statuses = [\"Uptodate\"]", "statuses", "status", 3, 13 },
    { "lesson E8: Revoked cannot be accepted", HEAD "statuses = [\"Revoked\"]", "statuses",
      "cannot be accepted", 3, 13 },
    { "truth", HEAD "debug = \"no\"", "debug", "true or false", 3, 1 },
    { "odd hexadecimal", HEAD "signers = [\"abc\"]", "signers", "two digits", 3, 12 },
    { "what stands before the colon", HEAD "signers = [\"md5:ab\"]", "signers", "before ':'", 3,
      12 },
    { "duration", HEAD "max_age = \"1w\"", "max_age", "24h", 3, 1 },
    { "date", HEAD "baseline = \"2024-01-01\"", "baseline", "without quotes", 3, 1 },
    { "negative TCB", HEAD "[snp.minimum_tcb]\nsnp = -1", "snp.minimum_tcb.snp", "negative", 4, 1 },
    { "floating point", HEAD "[snp.fields]\nvmpl = 0.5", "snp.fields.vmpl", "type", 4, 1 },
    { "two for one", HEAD "[snp.fields]\nvmpl.at_least = [1, 2]", "snp.fields.vmpl.at_least",
      "one value", 4, 6 },
    { "an empty condition", HEAD "[snp.fields]\nvmpl = {}", "snp.fields.vmpl", "nothing", 4, 1 },
    { "an empty minimum", HEAD "[snp]\nminimum_tcb = {}", "snp.minimum_tcb", "nothing", 4, 1 },
    { "a family without a part", HEAD "[snp.minimum_tcb.Milan]", "snp.minimum_tcb.Milan", "nothing",
      3, 18 },
    { "empty conditions", HEAD "[snp.fields]", "snp.fields", "nothing", 3, 6 },
    { "a short key", HEAD "distrust = [{ key = \"ed25519:00\" }]", "distrust", "64", 3, 15 },
    { "distrust: another word", HEAD "distrust = [{ key = \"ed25519:00\", require = true }]",
      "distrust.require", "\"required\"", 3, 35 },
};

static void check_mistakes(void)
{
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct policy *p = NULL;
        struct policy_error e;

        CASE(mistakes[i].name);
        arena_reset(&arena);
        CHECK(policy_parse(&p, &arena, format_text(mistakes[i].text), &e) != ERR_OK);
        CHECK_NULL(p);
        CHECK_TEXT(e.key, mistakes[i].key);
        if (!CHECK(text_has(e.text, mistakes[i].says)))
            printf("# %s\n", e.text);
        CHECK_EQ(e.line, mistakes[i].line);
        CHECK_EQ(e.column, mistakes[i].column);
    }
}

static void check_states(void)
{
    CASE("lesson E4: debug is refused unless the policy says so, and so is silence");
    claims_of(PLATFORM_SNP);
    claims.is_debug = CLAIM_YES;
    CHECK_TEXT(judged(ANY), "debug_not_allowed");
    CHECK_TEXT(judged(ANY "debug = true"), "accepted");
    CHECK_TEXT(judged(ANY "debug = true\n[snp]\ndebug = false"), "debug_not_allowed");
    CHECK_TEXT(judged(ANY "[tdx]\ndebug = true"), "debug_not_allowed");
    CHECK_TEXT(judged(builtin("default")), "debug_not_allowed");
    CHECK_TEXT(judged(builtin("authentic")), "accepted");
    claims.is_debug = CLAIM_UNKNOWN;
    CHECK_TEXT(judged(ANY), "debug_not_allowed");
    claims.platform = PLATFORM_TPM; /* a TPM has no such thing */
    CHECK_TEXT(judged(ANY), "accepted");

    CASE("simulated evidence is refused unless the policy says so");
    claims_of(PLATFORM_SNP);
    claims.is_simulated = true;
    CHECK_TEXT(judged(ANY), "simulated_not_allowed");
    CHECK_TEXT(judged(ANY "simulated = true"), "accepted");
    claims.is_simulated = claims.is_hardware = false;
    CHECK_TEXT(judged(ANY), "root_not_the_makers");
    CHECK_TEXT(judged(ANY "simulated = true"), "accepted");

    CASE("lesson E7: age is judged at the time that is given, in every build");
    claims_of(PLATFORM_SNP);
    claims.produced_at = 0;
    CHECK_TEXT(judged(ANY "max_age = \"1d\""), "too_old");
    claims.is_fresh = true;
    CHECK_TEXT(judged(ANY "max_age = \"1d\"\nrequire_fresh = true"), "accepted");
    claims.is_fresh = false;
    claims.produced_at = NOW + 301;
    CHECK_TEXT(judged(ANY "max_age = \"1d\""), "too_old");
    claims.produced_at = NOW + 300;
    CHECK_TEXT(judged(ANY "max_age = \"1d\""), "accepted");
    claims.produced_at = INT64_MAX; /* nothing overflows */
    CHECK_TEXT(judged(ANY "max_age = \"1d\""), "too_old");
}

/* One row for each TCB status that Intel has, one column for each policy. */
static void check_statuses(void)
{
    static const struct {
        enum tcb_status status;
        const char *strict, *builtin, *listed, *any;
    } table[] = {
        { TCB_STATUS_NONE, "no", "no", "no", "yes" },
        { TCB_UP_TO_DATE, "yes", "yes", "no", "yes" },
        { TCB_SW_HARDENING_NEEDED, "no", "yes", "no", "yes" },
        { TCB_CONFIGURATION_NEEDED, "no", "no", "no", "yes" },
        { TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, "no", "no", "no", "yes" },
        { TCB_OUT_OF_DATE, "no", "no", "yes", "yes" },
        { TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, "no", "no", "no", "yes" },
        { TCB_TD_RELAUNCH_ADVISED, "no", "no", "no", "yes" },
        { TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "no", "no", "no", "yes" },
        { TCB_REVOKED, "no", "no", "no", "no" },
        { TCB_NOT_SUPPORTED, "no", "no", "no", "yes" },
    };
    const char *policies[] = { ANY, builtin("default"), ANY "[tdx]\nstatuses = [\"OutOfDate\"]",
                               builtin("authentic") };

    CASE("lesson I3: every TCB state by the word of the policy");
    CHECK_EQ(COUNT_OF(table), TCB_STATUS_COUNT);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const char *want[] = { table[i].strict, table[i].builtin, table[i].listed, table[i].any };

        for (size_t k = 0; k < COUNT_OF(want); k++) {
            claims_of(PLATFORM_TDX);
            claims.tcb_status = table[i].status;
            CHECK_TEXT(judged(policies[k]), want[k][0] == 'y' ? "accepted" : "status_not_allowed");
        }
    }

    CASE("lesson E8: status and advisories are two rules");
    claims_of(PLATFORM_TDX);
    claims.tcb_status = TCB_OUT_OF_DATE;
    claims_advisory(&claims, BYTES_TEXT("INTEL-SA-1"));
    CHECK_TEXT(judged(ANY "advisories = \"any\""), "status_not_allowed");
    CHECK_TEXT(judged(ANY "statuses = \"any\""), "advisory_not_allowed");
    CHECK_TEXT(judged(ANY "statuses = \"any\"\nadvisories = [\"INTEL-SA-2\"]"),
               "advisory_not_allowed");
    CHECK_TEXT(judged(ANY "statuses = \"any\"\nadvisories = [\"INTEL-SA-1\"]"), "accepted");
    claims.advisory_count = CLAIM_ADVISORIES_MAX; /* more may have been dropped */
    CHECK_TEXT(judged(ANY "statuses = \"any\"\nadvisories = [\"INTEL-SA-1\"]"),
               "advisory_not_allowed");

    CASE("the baseline upgrades what Intel dated at that second or later");
    claims_of(PLATFORM_TDX);
    claims.tcb_status = TCB_OUT_OF_DATE;
    claims.tcb_date = 1691539200; /* 2023-08-09T00:00:00Z */
    CHECK_TEXT(judged(ANY "baseline = 2023-08-09"), "accepted");
    CHECK_TEXT(judged(ANY "baseline = 2023-08-09T00:00:01Z"), "status_not_allowed");
    claims.tcb_status = TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    CHECK_TEXT(judged(ANY "baseline = 2023-08-09"), "status_not_allowed");
    claims.tcb_status = TCB_REVOKED;
    CHECK_TEXT(judged(ANY "baseline = 2023-08-09"), "status_not_allowed");

    CASE("a TD's registers name no code by themselves: its firmware fills them");
    claims_of(PLATFORM_TDX);
    CHECK_TEXT(judged(HEAD "[tdx.registers]\npcr7 = \"0102030405060708\""),
               "measurement_not_allowed");
    CHECK_TEXT(judged(HEAD "measurements = \"any\"\n[tdx.registers]\npcr7 = \"0102030405060708\""),
               "accepted");

    CASE("the number of Intel's evaluation");
    claims_of(PLATFORM_TDX);
    claims.tcb_evaluation = 17;
    CHECK_TEXT(judged(ANY "minimum_evaluation = 17"), "accepted");
    CHECK_TEXT(judged(ANY "minimum_evaluation = 18"), "tcb_too_old");
}

static void check_allowances(void)
{
    struct judge_rules none = { .trailing_bytes_allowed = true }, all;
    struct policy *p = NULL;
    struct policy_error e;

    CASE("nothing but zeros after a quote is let pass unless the policy says so");
    arena_reset(&arena);
    CHECK_OK(policy_parse(&p, &arena, policy_builtin(BYTES_TEXT("default")), &e));
    policy_rules(&all, p);
    CHECK_BYTES(((struct bytes){ (const uint8_t *)&all, sizeof all }),
                ((struct bytes){ (const uint8_t *)&none, sizeof none }));
    CHECK_OK(policy_parse(&p, &arena, policy_builtin(BYTES_TEXT("authentic")), &e));
    policy_rules(&all, p);
    CHECK(all.crl_optional && all.collateral_optional && all.masked_chip_allowed &&
          all.unanchored_key_allowed && all.trailing_bytes_allowed && all.host_requested_allowed &&
          all.sha1_allowed);
    CHECK_EQ(policy_builtin(BYTES_TEXT("lax")).size, 0);
}

/* --- distrust lists */

static uint8_t list_room[2048];

static struct bytes list_make(const uint8_t *by, int64_t issued, int64_t expires,
                              const struct distrust_entry *entries, uint32_t count)
{
    uint8_t payload[1024];
    struct writer w = writer_of(payload, sizeof payload);
    struct writer out = writer_of(list_room, sizeof list_room);

    distrust_write(&w, issued, expires, entries, count);
    CHECK(writer_ok(&w));
    CHECK_OK(sign1_make(&out, &arena, writer_bytes(&w), by));
    return writer_bytes(&out);
}

static const char *judged_with(struct bytes list)
{
    uint8_t key[SIGN_PUBLIC_SIZE];
    const char *text;

    exhibits.items[0] = (struct exhibit){ .kind = EXHIBIT_DISTRUST, .raw = list, .name = "list" };
    exhibits.count = 1;
    CHECK_OK(sign_public(key, seed));
    text = judged(verdict_format(&arena, ANY "distrust = [{ key = \"ed25519:%s\" }]",
                                 verdict_hex(&arena, BYTES_OF(key))));
    exhibits.count = 0;
    return text;
}

#define M(name) .members[DISTRUST_##name]

static void check_distrust(void)
{
    static const uint8_t other_seed[SIGN_SEED_SIZE] = { 8 };
    const struct bytes why = BYTES_TEXT("broken");
    const struct {
        const char *name;
        struct distrust_entry entry;
        const char *want;
    } table[] = {
        { "a generation of a vendor",
          { M(VENDOR) = BYTES_TEXT("AMD"), M(FAMILY) = BYTES_TEXT("Milan") },
          "distrusted" },
        { "another generation",
          { M(VENDOR) = BYTES_TEXT("AMD"), M(FAMILY) = BYTES_TEXT("Genoa") },
          "accepted" },
        { "another vendor",
          { M(VENDOR) = BYTES_TEXT("Intel"), M(FAMILY) = BYTES_TEXT("Milan") },
          "accepted" },
        { "models by prefix", { M(MODEL) = BYTES_TEXT("Milan-") }, "distrusted" },
        { "a longer model", { M(MODEL) = BYTES_TEXT("Milan-B01") }, "accepted" },
        { "platform", { M(PLATFORM) = BYTES_TEXT("snp") }, "distrusted" },
        { "letters of another case", { M(FAMILY) = BYTES_TEXT("mILAN") }, "distrusted" },
        { "a family is no prefix", { M(FAMILY) = BYTES_TEXT("Mila") }, "accepted" },
        { "one chip", { M(CHIP_ID) = BYTES_OF(chip) }, "distrusted" },
        { "a measurement", { M(MEASUREMENT) = BYTES_OF(digest) }, "distrusted" },
        { "a signer that the evidence has not", { M(SIGNER) = BYTES_OF(chip) }, "accepted" },
        { "a certificate that was not relied upon",
          { M(CERTIFICATE) = BYTES_OF(digest) },
          "accepted" },
    };

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct distrust_entry e = table[i].entry;

        CASE(table[i].name);
        claims_of(PLATFORM_SNP);
        e.members[DISTRUST_REASON] = why;
        CHECK_TEXT(judged_with(list_make(seed, NOW - 10, NOW + 10, &e, 1)), table[i].want);
        if (verdict.reason != REASON_NONE)
            CHECK_TEXT(verdict.detail, "distrust: broken");
    }

    struct distrust_entry e = { M(REASON) = why, M(VENDOR) = BYTES_TEXT("AMD") };
    struct bytes list;

    CASE("a list counts from its first second to its last, and if its key signed it");
    claims_of(PLATFORM_SNP);
    CHECK_TEXT(judged_with(list_make(seed, NOW - 10, NOW, &e, 1)), "distrusted");
    CHECK_TEXT(judged_with(list_make(seed, NOW - 10, NOW - 1, &e, 1)), "distrust_list_invalid");
    CHECK_TEXT(judged_with(list_make(seed, NOW + 301, NOW + 999, &e, 1)), "distrust_list_invalid");
    CHECK_TEXT(judged_with(list_make(other_seed, NOW - 10, NOW, &e, 1)), "distrust_list_invalid");
    list = list_make(seed, NOW - 10, NOW + 10, &e, 1);
    for (size_t i = 0; i < list.size; i++) {
        const char *got;

        list_room[i] ^= 1;
        got = judged_with(list);
        list_room[i] ^= 1;
        if (!CHECK(text_has(got, "distrust_list_invalid")))
            printf("# byte %zu: %s\n", i, got);
    }

    CASE("a key that is joined to any policy");
    {
        struct policy *p = NULL;
        struct policy_error wrong;
        uint8_t key[SIGN_PUBLIC_SIZE];

        claims_of(PLATFORM_SNP);
        CHECK_OK(sign_public(key, seed));
        CHECK_OK(policy_parse(&p, &arena, policy_builtin(BYTES_TEXT("default")), &wrong));
        CHECK_ERR(policy_join(p, &arena, BYTES_TEXT("ed25519:00")), ERR_INVALID);
        CHECK_OK(policy_parse(&p, &arena, policy_builtin(BYTES_TEXT("default")), &wrong));
        CHECK_OK(policy_join(
            p, &arena,
            format_text(verdict_format(&arena, "ed25519:%s", verdict_hex(&arena, BYTES_OF(key))))));
        context.policy = p;
        verdict_init(&verdict, &arena);
        CHECK(!policy_judge(&verdict, &claims, &context));
        CHECK_EQ(verdict.reason, REASON_distrust_list_invalid);
    }

    CASE("entries without a condition or a reason are none");
    e = (struct distrust_entry){ M(REASON) = why };
    CHECK_TEXT(judged_with(list_make(seed, NOW - 10, NOW + 10, &e, 1)), "distrust_list_invalid");
    e = (struct distrust_entry){ M(VENDOR) = BYTES_TEXT("AMD") };
    CHECK_TEXT(judged_with(list_make(seed, NOW - 10, NOW + 10, &e, 1)), "distrust_list_invalid");
}

/* --- reference values */

static const char *judged_with_manifest(const struct corim_reference *r, enum exhibit_role role,
                                        const uint8_t *by)
{
    const struct corim_source source = { BYTES_TEXT("test-1"), BYTES_TEXT("Broch"), r, 1 };
    struct writer w = writer_of(list_room, sizeof list_room);
    uint8_t key[SIGN_PUBLIC_SIZE];
    const char *text;

    if (by != NULL)
        CHECK_OK(corim_write_signed(&w, &arena, &source, by));
    else
        CHECK_OK(corim_write(&w, &arena, &source));
    exhibits.items[0] = (struct exhibit){
        .kind = EXHIBIT_CORIM, .role = role, .raw = writer_bytes(&w), .name = "manifest"
    };
    exhibits.count = 1;
    CHECK_OK(sign_public(key, seed));
    text = judged(verdict_format(&arena, HEAD "reference_values = \"ed25519:%s\"",
                                 verdict_hex(&arena, BYTES_OF(key))));
    exhibits.count = 0;
    return text;
}

static void check_manifests(void)
{
    static const uint8_t other_seed[SIGN_SEED_SIZE] = { 8 }, other_digest[48] = { 1 };
    const struct corim_reference good = { PLATFORM_SNP, BYTES_OF(digest), BYTES_TEXT("keep") };
    const struct corim_reference other = { PLATFORM_SNP, BYTES_OF(other_digest), { 0 } };
    const struct corim_reference tdx = { PLATFORM_TDX, BYTES_OF(digest), { 0 } };
    const char *no = "measurement_not_allowed";

    CASE("a manifest counts if a named key signed it, or the caller names it as a root");
    claims_of(PLATFORM_SNP);
    CHECK_TEXT(judged_with_manifest(&good, EXHIBIT_EVIDENCE, seed), "accepted");
    CHECK_TEXT(judged_with_manifest(&good, EXHIBIT_EVIDENCE, other_seed), no);
    CHECK_TEXT(judged_with_manifest(&good, EXHIBIT_EVIDENCE, NULL), no);
    CHECK_TEXT(judged_with_manifest(&good, EXHIBIT_ENDORSEMENT, NULL), no);
    CHECK_TEXT(judged_with_manifest(&good, EXHIBIT_ROOT, NULL), "accepted");
    CHECK_TEXT(judged_with_manifest(&other, EXHIBIT_EVIDENCE, seed), no);
    CHECK_TEXT(judged_with_manifest(&tdx, EXHIBIT_EVIDENCE, seed), no);
    claims.measurement = (struct bytes){ 0 };
    CHECK_TEXT(judged_with_manifest(&good, EXHIBIT_EVIDENCE, seed), no);
}

static void check_explain(void)
{
    struct writer w = writer_of(out_room, sizeof out_room - 1);
    struct policy *a = NULL, *b = NULL;
    struct policy_error e;

    CASE("explain marks the rule that decides, and says the others too");
    claims_of(PLATFORM_SNP);
    claims.is_debug = CLAIM_YES;
    CHECK_TEXT(judged(ANY "[snp.fields]\nvmpl = 1"), "debug_not_allowed");
    policy_explain(&w, context.policy, &claims, &context);
    out_room[w.size] = 0;
    CHECK(text_has((char *)out_room, "=>refuses debug = false (by default): debug\n"));
    CHECK(text_has((char *)out_room, "  refuses snp.fields.vmpl = 1: 0\n"));
    CHECK(text_has((char *)out_room, "  passes  measurements = any: any\n"));

    CASE("diff");
    CHECK_OK(policy_parse(&a, &arena,
                          BYTES_TEXT(HEAD "measurements = [\"aa\", \"bb\"]\n[snp.fields]\n"
                                          "vmpl = 0\nx = 1"),
                          &e));
    CHECK_OK(policy_parse(&b, &arena,
                          BYTES_TEXT(HEAD "measurements = [\"bb\", \"cc\"]\ndebug = true\n"
                                          "[snp.fields]\nvmpl = 1\ny = 1"),
                          &e));
    w = writer_of(out_room, sizeof out_room - 1);
    CHECK_EQ(policy_diff(&w, a, b), 5);
    out_room[w.size] = 0;
    CHECK_TEXT((char *)out_room, "~ debug = false -> true\n"
                                 "~ measurements: -aa +cc\n"
                                 "~ snp.fields.vmpl = 0 -> 1\n"
                                 "- snp.fields.x = 1\n"
                                 "+ snp.fields.y = 1\n");
    w = writer_of(out_room, sizeof out_room - 1);
    CHECK_EQ(policy_diff(&w, a, a), 0);

    CASE("diff: what is judged otherwise differs, though it spells the same bytes or digits");
    CHECK_OK(policy_parse(&a, &arena,
                          BYTES_TEXT(HEAD "measurements = [\"AA\"]\nfamilies = [\"00a0\"]\n"
                                          "[snp.fields]\nvmpl = 0"),
                          &e));
    CHECK_OK(policy_parse(&b, &arena,
                          BYTES_TEXT(HEAD "measurements = [\"aa\"]\nfamilies = [\"00A0\"]\n"
                                          "[snp.fields]\nvmpl = \"0\""),
                          &e));
    w = writer_of(out_room, sizeof out_room - 1);
    CHECK_EQ(policy_diff(&w, a, b), 2);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 1u << 24);
    check_rules();
    check_mistakes();
    check_states();
    check_statuses();
    check_allowances();
    check_distrust();
    check_manifests();
    check_explain();
    arena_done(&arena);
    return check_done();
}

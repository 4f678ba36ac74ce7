/* The DCAP verifier over a world of its own: what has to be accepted, each defect with its
 * reason, and every byte of the quote. */
#include "attest/judge.h"
#include "base/arena.h"
#include "tests/check.h"
#include "world_test.h"

static struct arena arena;
static struct verdict verdict;
static struct claims claims;
static struct exhibits exhibits;

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static bool judge_quote(const struct world *w, struct bytes quote, struct judge_rules rules,
                        int64_t now)
{
    struct judge_context x = { .arena = &arena, .exhibits = &exhibits, .now = now, .rules = rules };

    arena_reset(&arena);
    exhibits_init(&exhibits, &arena);
    verdict_init(&verdict, &arena);
    claims = (struct claims){ 0 };
    fields_init(&claims.own, &arena);
    world_exhibits(&exhibits, w, quote);
    return dcap_judge(&verdict, &claims, &x, exhibit_next(&exhibits, EXHIBIT_QUOTE, NULL));
}

static enum reason world_reason(const struct world *w)
{
    bool good = judge_quote(w, world_quote(w), (struct judge_rules){ 0 }, WORLD_NOW);

    CHECK_EQ(good, verdict.reason == REASON_NONE);
    return verdict.reason;
}

static void wants(const char *name, const struct world *w, enum reason reason)
{
    enum reason found;

    pki_reset();
    CASE(name);
    found = world_reason(w);
    if (!CHECK_EQ(found, reason))
        printf("# %s: %s\n", reason_text(found)->id, verdict.detail);
}

static void wants_status(const char *name, const struct world *w, enum tcb_status status)
{
    wants(name, w, REASON_NONE);
    CHECK_EQ(claims.tcb_status, status);
}

static void genuine(void)
{
    static const struct {
        const char *name;
        uint16_t version, body_type;
        bool is_tdx;
    } forms[] = {
        { "SGX version 3", 3, 0, false },
        { "SGX version 4", 4, 0, false },
        { "SGX version 5", 5, 1, false },
        { "TDX version 4", 4, 0, true },
        { "TDX version 5, TDX 1.0", 5, 2, true },
        { "TDX version 5, TDX 1.5", 5, 3, true },
        { "TDX version 5, TDX 1.5 ex", 5, 4, true },
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct world w = world_default(forms[i].version, forms[i].is_tdx);

        w.body_type = forms[i].body_type;
        wants_status(forms[i].name, &w, TCB_UP_TO_DATE);
        CHECK_EQ(claims.platform, forms[i].is_tdx ? PLATFORM_TDX : PLATFORM_SGX);
        CHECK_EQ(claims.is_debug, CLAIM_NO);
        CHECK(!claims.is_hardware); /* a test's root is no maker's */
        CHECK_BYTES(claims.chip_family, BYTES_TEXT("00a067110000"));
        CHECK_EQ(claims.tcb_evaluation, 18);
        CHECK_EQ(claims.advisory_count, 1);
        CHECK_EQ(claims.report_data.size, 64);
    }
}

static void debug(void)
{
    struct world w = world_default(3, false);

    w.flags = 7;
    wants("a debug enclave is genuine, and says so (lesson E4)", &w, REASON_NONE);
    CHECK_EQ(claims.is_debug, CLAIM_YES); /* lesson E4: policies refuse this by default */
    w = world_default(4, true);
    w.flags = 1;
    wants("a debug TD likewise", &w, REASON_NONE);
    CHECK_EQ(claims.is_debug, CLAIM_YES);
    w.flags = 0x40;
    wants("any bit of TUD makes a TD debuggable", &w, REASON_NONE);
    CHECK_EQ(claims.is_debug, CLAIM_YES);
}

static void quote_defects(void)
{
    struct world w = world_default(3, false);

    w.quote_signer = KEY_OTHER;
    wants("signed by another key", &w, REASON_bad_quote_signature);
    w = world_default(3, false);
    w.qe_signer = KEY_OTHER;
    wants("QE report signed by another key", &w, REASON_bad_qe_report_signature);
    w = world_default(3, false);
    w.qe_data_flip = 1;
    wants("a QE report whose data do not end in zeros", &w, REASON_qe_report_data_mismatch);
    w = world_default(4, true);
    w.trailing = 70;
    wants("zeros after the quote", &w, REASON_trailing_bytes);
    CASE("zeros after the quote where the policy allows them");
    CHECK(judge_quote(&w, world_quote(&w), (struct judge_rules){ .trailing_bytes_allowed = true },
                      WORLD_NOW));
    w.trailing_value = 1;
    CASE("other bytes after the quote are never allowed");
    CHECK(!judge_quote(&w, world_quote(&w), (struct judge_rules){ .trailing_bytes_allowed = true },
                       WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_trailing_bytes);
}

static void unsupported(void)
{
    struct world w = world_default(3, false);
    uint8_t raw[8192];
    struct bytes quote = world_quote(&w);

    if (!CHECK(quote.size <= sizeof raw))
        return;
    CASE("a version that we do not know is refused by name");
    memcpy(raw, quote.data, quote.size);
    raw[0] = 6;
    CHECK(
        !judge_quote(&w, (struct bytes){ raw, quote.size }, (struct judge_rules){ 0 }, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_unsupported_version);
    CHECK(strstr(verdict.detail, "version 6") != NULL);
    CASE("likewise a kind of attestation key");
    raw[0] = 3;
    raw[2] = 3;
    CHECK(
        !judge_quote(&w, (struct bytes){ raw, quote.size }, (struct judge_rules){ 0 }, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_unsupported_algorithm);
}

static void chain_defects(void)
{
    struct world w = world_default(3, false);

    w.no_root = true;
    wants("a root that nobody trusts", &w, REASON_untrusted_root);
    w = world_default(3, false);
    w.pck_to = "2025";
    wants("PCK certificate past its end", &w, REASON_certificate_expired);
    w = world_default(3, false);
    w.revoked_pck = 30;
    wants("PCK certificate revoked", &w, REASON_pck_revoked);
    w = world_default(3, false);
    w.revoked_root = 40;
    wants("TCB signing certificate revoked", &w, REASON_tcb_signing_revoked);
    w = world_default(3, false);
    w.no_crls = true;
    wants("no lists of revocations", &w, REASON_crl_missing);
    w = world_default(3, false);
    w.cert_type = QUOTE_CERT_PPID_PLAIN;
    wants("PCK certificate beside the quote", &w, REASON_NONE);
    w.no_pck = true;
    wants("PCK certificate nowhere", &w, REASON_pck_missing);
}

static void collateral_defects(void)
{
    struct world w = world_default(3, false);

    w.no_info = true;
    wants("no TCB info", &w, REASON_tcb_info_missing);
    w = world_default(3, false);
    w.no_qe_identity = true;
    wants("no QE identity (lesson E5)", &w, REASON_qe_identity_missing); /* lesson E5 */
    w = world_default(3, false);
    w.no_signer = true;
    wants("no TCB signing certificate", &w, REASON_tcb_signing_missing);
    w = world_default(3, false);
    w.info_signer = KEY_OTHER;
    wants("TCB info by another key", &w, REASON_tcb_info_bad_signature);
    w.info_signer = KEY_PCK;
    wants("TCB info by the PCK key", &w, REASON_tcb_info_bad_signature);
    w = world_default(3, false);
    w.qe_identity_signer = KEY_OTHER;
    wants("QE identity by another key", &w, REASON_qe_identity_bad_signature);
    w = world_default(3, false);
    w.fmspc = "00906ED50000";
    wants("TCB info of another family", &w, REASON_fmspc_mismatch);
    w = world_default(3, false);
    w.info_id = "TDX";
    wants("TCB info of TDX for SGX", &w, REASON_tcb_info_mismatch);
    w = world_default(3, false);
    w.qe_id = "TD_QE";
    wants("identity of the TD_QE for SGX", &w, REASON_qe_identity_mismatch);
    w = world_default(3, false);
    w.info_next = "2025-01-31";
    wants("TCB info past its next update", &w, REASON_tcb_info_expired);
    w.info_next = "2025-02-19";
    w.info_issue = "2025-02-02";
    wants("TCB info of tomorrow", &w, REASON_tcb_info_not_yet_valid);
    w = world_default(3, false);
    w.qe_next = "2025-01-31";
    wants("QE identity past its next update", &w, REASON_qe_identity_expired);
    w = world_default(3, false);
    w.levels = "{}";
    wants("TCB info without a level's parts", &w, REASON_tcb_info_malformed);
}

/* More than what is needed may lie there: what is valid now and newest counts. */
static void choices(void)
{
    struct world w = world_default(3, false);

    w.other_next = "2025-01-31";
    wants_status("an expired TCB info beside the valid one", &w, TCB_UP_TO_DATE);
    w.other_next = "2025-02-28";
    wants_status("an older TCB info beside the newer", &w, TCB_UP_TO_DATE);
    w.no_info = true;
    wants("the older one alone", &w, REASON_tcb_revoked);
    w = world_default(3, false);
    w.old_signer = true;
    wants("two issues of the signing certificate, of one key", &w, REASON_NONE);
    w.no_signer = true;
    wants("the expired issue alone", &w, REASON_certificate_expired);
}

static void quoting_enclaves(void)
{
    struct world w = world_default(3, false);

    w.qe_mrsigner_flip = 1;
    wants("a quoting enclave of another signer (lesson E5)", &w, REASON_qe_mrsigner_mismatch);
    w = world_default(3, false);
    w.qe_flags = 0x13;
    wants("a debug quoting enclave (lesson E5)", &w, REASON_qe_attributes_mismatch);
    w = world_default(3, false);
    w.qe_product = 2;
    wants("another enclave of Intel's", &w, REASON_qe_isvprodid_mismatch);
    w = world_default(3, false);
    w.qe_svn = 1;
    wants("a quoting enclave below all levels", &w, REASON_qe_level_not_found);
    w.qe_svn = 2;
    wants("a quoting enclave that is revoked", &w, REASON_qe_revoked);
    w.qe_svn = 7;
    wants_status("a quoting enclave that is out of date", &w, TCB_OUT_OF_DATE);
}

/* Every status but Revoked is a claim, which a policy accepts or not (lesson I3); Revoked is
 * refused whatever the policy accepts (lesson E8). */
static void statuses(void)
{
    static const struct {
        const char *name;
        enum tcb_status status, with_old_qe;
    } rows[] = {
        { "UpToDate", TCB_UP_TO_DATE, TCB_OUT_OF_DATE },
        { "SWHardeningNeeded", TCB_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE },
        { "ConfigurationNeeded", TCB_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
        { "ConfigurationAndSWHardeningNeeded", TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
          TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
        { "OutOfDate", TCB_OUT_OF_DATE, TCB_OUT_OF_DATE },
        { "OutOfDateConfigurationNeeded", TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
          TCB_OUT_OF_DATE_CONFIGURATION_NEEDED },
    };
    struct world w = world_default(3, false);
    char levels[4096];

    w.levels = levels;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(levels, sizeof levels, WORLD_LEVEL("5", "13", "0", "2024", "%s"), rows[i].name);
        w.qe_svn = 8;
        wants_status(rows[i].name, &w, rows[i].status); /* lesson I3 */
        w.qe_svn = 6;
        wants_status(rows[i].name, &w, rows[i].with_old_qe);
    }
    w = world_default(3, false);
    w.levels = WORLD_LEVEL("5", "13", "0", "2024", "Revoked");
    wants("Revoked (lesson E8)", &w, REASON_tcb_revoked); /* lesson E8 */
}

static void levels(void)
{
    struct world w = world_default(3, false);

    w.comp[0] = 4;
    wants_status("the second level", &w, TCB_SW_HARDENING_NEEDED);
    CHECK_EQ(claims.tcb_date, 1672531200); /* 2023-01-01 */
    w.pce_svn = 6;
    wants_status("PCESVN too low for the second", &w, TCB_OUT_OF_DATE);
    w.comp[0] = 2;
    wants("below all", &w, REASON_tcb_level_not_found);
    CHECK_EQ(claims.tcb_status, TCB_NOT_SUPPORTED);
    w = world_default(3, false);
    w.levels = WORLD_LEVEL("4", "13", "0", "2023",
                           "SWHardeningNeeded") "," WORLD_LEVEL("3", "13", "0", "2024", "UpToDate");
    wants_status("the first that is met counts, not the best", &w, TCB_SW_HARDENING_NEEDED);
    w = world_default(4, true);
    w.tee_tcb_svn[1] = 0;
    w.levels = WORLD_LEVEL("5", "13", "9", "2024", "UpToDate") "," WORLD_LEVEL("5", "13", "6",
                                                                               "2023", "OutOfDate");
    wants_status("TDX 1.0: on past a level whose TDX part is not met", &w, TCB_OUT_OF_DATE);
    w.tee_tcb_svn[0] = 5;
    wants("TDX part met by none", &w, REASON_tcb_level_not_found);
}

static void modules(void)
{
    struct world w = world_default(4, true);

    w.tee_tcb_svn[0] = 4;
    wants_status("an old module", &w, TCB_OUT_OF_DATE);
    w.tee_tcb_svn[0] = 3;
    wants("a module below its levels", &w, REASON_tcb_level_not_found);
    w.tee_tcb_svn[1] = 2;
    wants("a module that Intel does not list", &w, REASON_tdx_module_mismatch);
    w = world_default(5, true);
    w.tee_tcb_svn[0] = 4;
    wants_status("a module that was updated under the TD", &w, TCB_TD_RELAUNCH_ADVISED);
    w.qe_svn = 6;
    wants_status("likewise, with an old quoting enclave", &w, TCB_OUT_OF_DATE);
    w.qe_svn = 8;
    w.tee_tcb_svn2[0] = 5;
    wants_status("updated to something old", &w, TCB_OUT_OF_DATE);
    w.tee_tcb_svn2[1] = 7;
    wants("updated to what Intel does not list", &w, REASON_tdx_module_mismatch);
    w = world_default(5, true);
    w.tee_tcb_svn[0] = 4;
    w.levels = WORLD_LEVEL("5", "13", "0", "2024", "ConfigurationNeeded");
    wants_status("relaunch and configuration", &w, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED);
}

/* The policy's word: missing collateral passes and is said; what is there has to be right. */
static void waivers(void)
{
    const struct judge_rules lax = { .crl_optional = true, .collateral_optional = true };
    struct world w = world_default(3, false);

    w.no_info = w.no_qe_identity = w.no_crls = w.no_signer = true;
    CASE("nothing but the quote, where the policy allows it");
    CHECK(judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    CHECK_EQ(claims.tcb_status, TCB_STATUS_NONE);
    w.qe_mrsigner_flip = 1;
    CASE("but an enclave of anybody's is no quoting enclave for want of an identity");
    CHECK(!judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_qe_mrsigner_mismatch);
    w = world_default(4, true);
    w.no_info = true;
    CASE("a TD without TCB info");
    CHECK(judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    w.seam_signer = 1;
    CASE("a TDX module of anybody's");
    CHECK(!judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_tdx_module_mismatch);
    w = world_default(3, false);
    w.no_info = w.no_qe_identity = true;
    w.qe_flags = 0x13;
    CASE("a quoting enclave of Intel's that is debugged");
    CHECK(!judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_qe_attributes_mismatch);
    w = world_default(3, false);
    w.info_signer = KEY_OTHER;
    CASE("optional collateral that is wrong is refused");
    CHECK(!judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_tcb_info_bad_signature);
    w = world_default(3, false);
    w.no_info = true;
    w.qe_svn = 2;
    CASE("a revoked quoting enclave without TCB info");
    CHECK(!judge_quote(&w, world_quote(&w), lax, WORLD_NOW));
    CHECK_EQ(verdict.reason, REASON_qe_revoked);
}

/* A log of SHA-1 digests cannot be compared with RTMRs: strict does not pass it over. */
static void old_log(void)
{
    uint8_t raw[36] = { [4] = 4, [28] = 4 }; /* one EV_SEPARATOR of register 0, four zeros */
    struct world w = world_default(4, true);

    w.event_log = BYTES_OF(raw);
    wants("a log without SHA-384", &w, REASON_rtmr_log_malformed);
    CASE("which the policy may let pass");
    CHECK(judge_quote(&w, world_quote(&w), (struct judge_rules){ .collateral_optional = true },
                      WORLD_NOW));
}

static void times(void)
{
    struct world w = world_default(3, false);
    struct bytes quote;

    pki_reset();
    quote = world_quote(&w);
    CASE("an hour before the collateral was issued");
    CHECK(!judge_quote(&w, quote, (struct judge_rules){ 0 }, 1737331200 - 3600));
    CASE("the last second");
    CHECK(judge_quote(&w, quote, (struct judge_rules){ 0 }, 1739923200));
    CHECK_EQ(claims.valid_until, 1739923200);
    CASE("one second later");
    CHECK(!judge_quote(&w, quote, (struct judge_rules){ 0 }, 1739923201));
}

/* Signed, length or certificate: no byte of a quote may be another. */
static void every_byte(uint16_t version, bool is_tdx)
{
    struct world w = world_default(version, is_tdx);
    struct bytes quote;
    uint8_t *copy;

    pki_reset();
    quote = world_quote(&w);
    copy = malloc(quote.size + 1);
    if (copy == NULL)
        return;
    CASE("every byte of the quote");
    for (size_t i = 0; i < quote.size - 2; i++) { /* then a line's end and a NUL */
        size_t used = pki_used_;

        memcpy(copy, quote.data, quote.size);
        copy[i] ^= 0x01;
        /* Of the certificates, every 7th; the ends of PEM's lines are no part of them. */
        if (i > 1020 && (quote.data[i] == '\n' || (i > 1400 && i % 7 != 0)))
            continue;
        if (!CHECK(!judge_quote(&w, (struct bytes){ copy, quote.size }, (struct judge_rules){ 0 },
                                WORLD_NOW)))
            printf("# at %zu: %02x\n", i, copy[i]);
        pki_used_ = used;
    }
    CASE("every truncation, and one byte more");
    memcpy(copy, quote.data, quote.size);
    copy[quote.size] = 0;
    for (size_t size = 0; size <= quote.size + 1;
         size += size < 1400 || size >= quote.size ? 1 : 50) {
        size_t used = pki_used_;

        CHECK_EQ(
            judge_quote(&w, (struct bytes){ copy, size }, (struct judge_rules){ 0 }, WORLD_NOW),
            size == quote.size);
        pki_used_ = used;
    }
    free(copy);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 256 << 20);
    world_init();
    genuine();
    debug();
    quote_defects();
    unsupported();
    chain_defects();
    collateral_defects();
    choices();
    quoting_enclaves();
    statuses();
    levels();
    modules();
    waivers();
    old_log();
    times();
    every_byte(3, false);
    every_byte(5, true);
    world_done();
    arena_done(&arena);
    return check_done();
}

#include <stdlib.h>

#include "attest/judge.h"
#include "base/num.h"
#include "tests/check.h"
#include "tests/snp_forge.h"

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

#define NOW 1577836800 /* 2020-01-01 */

static struct arena arena;
static struct exhibits exhibits;
static struct judge_context context;
static struct verdict verdict;
static struct claims claims;

static void begin(void)
{
    pki_reset();
    arena_reset(&arena);
    exhibits_init(&exhibits, &arena);
    context = (struct judge_context){ .arena = &arena, .exhibits = &exhibits, .now = NOW };
}

static void put(enum exhibit_role role, enum exhibit_kind kind, struct bytes raw)
{
    (void)exhibit_put(&exhibits, role, kind, "file", raw);
}

/* Judges that report with whatever certificates were put; the reason, or NONE. */
static enum reason judged(struct bytes report)
{
    struct exhibit *e =
        exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_SNP_REPORT, "report", report);
    bool good;

    verdict_init(&verdict, &arena);
    claims = (struct claims){ 0 };
    fields_init(&claims.own, &arena);
    good = snp_judge(&verdict, &claims, &context, e);
    CHECK(good == (verdict.reason == REASON_NONE));
    CHECK(verdict.code != VERDICT_ACCEPTED);
    /* Nothing is claimed that was not proved; what the caller expected is looked at last. */
    if (!good && verdict.reason != REASON_report_data_mismatch)
        CHECK(claims.measurement.size == 0);
    return verdict.reason;
}

static void put_chain(const struct forge *f)
{
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_vek(f));
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_ask(f));
    put(EXHIBIT_ROOT, EXHIBIT_CERT, forge_ark());
    put(EXHIBIT_EVIDENCE, EXHIBIT_CRL, forge_crl(99));
}

static enum reason judged_with(const struct forge *f)
{
    struct judge_rules rules = context.rules;

    begin();
    context.rules = rules;
    put_chain(f);
    return judged(forge_report(f));
}

static const char *name_of(enum reason r) { return r == REASON_NONE ? "none" : reason_text(r)->id; }

#define CHECK_REASON(got, want) CHECK_TEXT(name_of(got), name_of(REASON_##want))

static void check_genuine(void)
{
    static const struct {
        const char *name;
        struct forge (*make)(void);
    } all[] = {
        { "genuine: Milan, version 2", forge_milan },
        { "genuine: Genoa, version 5", forge_genoa },
        { "genuine: Turin, version 5 (lesson E9)", forge_turin },
        { "genuine: VLEK, version 3 (lesson E9)", forge_vlek },
    };

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct forge f = all[i].make();

        CASE(all[i].name);
        CHECK_REASON(judged_with(&f), NONE);
        CHECK_EQ(claims.platform, PLATFORM_SNP);
        CHECK(!claims.is_hardware && !claims.is_simulated); /* a test's root is no maker's */
        CHECK_EQ(claims.measurement.size, 48);
    }
}

/* One statement that changes a forge made by `start`, and the reason that must come of it. */
#define REFUSED(title, start, statement, want) \
    do {                                       \
        struct forge f = start();              \
        CASE(title);                           \
        statement;                             \
        CHECK_REASON(judged_with(&f), want);   \
    } while (0)

static void check_form(void)
{
    REFUSED("version 1", forge_milan, f.version = 1, unsupported_version);
    REFUSED("version 6", forge_milan, f.version = 6, unsupported_version);
    REFUSED("version from 2099", forge_milan, f.version = 2099, unsupported_version);
    REFUSED("SIGNATURE_ALGO 0", forge_milan, f.algo = 0, unsupported_algorithm);
    REFUSED("SIGNATURE_ALGO 2", forge_milan, f.algo = 2, unsupported_algorithm);
    REFUSED("POLICY without its bit 17", forge_milan, f.policy = 0x10000, policy_reserved_bit);
    REFUSED("VMPL 3", forge_milan, f.vmpl = 3, NONE);
    REFUSED("VMPL 4", forge_milan, f.vmpl = 4, vmpl_not_allowed);
    REFUSED("requested by the host", forge_milan, f.vmpl = SNP_VMPL_HOST, vmpl_not_allowed);
    REFUSED("SIGNING_KEY none", forge_milan, f.key_info = 7 << 2, vek_kind_mismatch);
    REFUSED("SIGNING_KEY reserved", forge_milan, f.key_info = 3 << 2, vek_kind_mismatch);
    REFUSED("AUTHOR_KEY_EN without a digest", forge_milan, f.key_info = 1, author_key_mismatch);
    REFUSED("a digest without AUTHOR_KEY_EN", forge_milan, f.author_key = 1, author_key_mismatch);
    REFUSED("a migration agent", forge_milan, f.has_agent = true, migration_agent);
    REFUSED("the unsigned tail", forge_milan, f.bad_tail = true, signature_reserved);
    REFUSED("PLATFORM_INFO with a bit that we do not know", forge_turin, f.platform_info = 0x67,
            NONE);
    REFUSED("version 4", forge_genoa, f.version = 4, NONE);
}

static void check_binding(void)
{
    REFUSED("VLEK named, VCEK given", forge_milan, f.key_info = 1 << 2, vek_kind_mismatch);
    REFUSED("VCEK named, VLEK given", forge_vlek, f.key_info = 0, vek_kind_mismatch);
    REFUSED("CHIP_ID of another chip", forge_milan, f.chip[63] ^= 1, chip_id_mismatch);
    REFUSED("CHIP_ID longer than Turin's", forge_turin, f.chip[8] = 1, chip_id_mismatch);
    REFUSED("CHIP_ID masked", forge_milan, memset(f.chip, 0, 64), chip_id_masked);
    REFUSED("HWID wrapped in an OCTET STRING", forge_milan, f.hwid_wrapped = true, NONE);
    REFUSED("HWID of 32 bytes", forge_milan, f.bad_hwid = true, certificate_malformed);
    REFUSED("an SPL above 255", forge_milan, f.two_bytes = true, certificate_malformed);
    REFUSED("product of another generation", forge_milan, f.product = "Genoa", product_mismatch);
    REFUSED("product by its own name, Genoa's", forge_genoa, f.product = "Siena-A1", NONE);
    REFUSED("product that nobody makes", forge_milan, f.product = "Milanese", product_mismatch);
    REFUSED("VCEK by an ASVK", forge_milan, f.issuer = "SEV-VLEK-Milan", product_mismatch);
    REFUSED("VLEK by an ASK", forge_vlek, f.issuer = "SEV-Milan", product_mismatch);
    REFUSED("CPUID of Turin, certificate of Genoa", forge_genoa, f.fms[0] = 0x1a, product_mismatch);
    REFUSED("CPUID that nobody makes", forge_genoa, f.fms[1] = 0x60, product_mismatch);
    REFUSED("CPUID of Bergamo", forge_genoa, f.fms[1] = 0xa0, NONE);
    REFUSED("r longer than 384 bits", forge_milan, f.high_r = true, bad_report_signature);
}

/* Every part has to be equal, newer ones too: the key was derived for one TCB. */
static void check_tcb(struct forge (*start)(void), const char *product)
{
    for (uint32_t i = 0; i < SNP_TCB_SIZE; i++) {
        struct forge f = start();
        char title[96];

        snprintf(title, sizeof title, "%s: TCB byte %u newer in the report (lesson E9)", product,
                 i);
        CASE(title);
        f.tcb[i]++;
        CHECK_REASON(judged_with(&f), tcb_mismatch);
        f = start();
        f.spl[i]++;
        CHECK_REASON(judged_with(&f), tcb_mismatch);
        f = start();
        f.spl_missing = (uint8_t)(1u << i);
        /* A reserved part may be left out: it is zero then. */
        CHECK((judged_with(&f) == REASON_NONE) == (f.tcb[i] == 0 && i > 1 && i < 7));
    }
}

static void check_chain(void)
{
    REFUSED("the certificate of a stranger", forge_milan, f.stranger = true, vek_not_issued_by_ask);
    REFUSED("the certificate has ended", forge_milan, f.expired = true, certificate_expired);

    struct forge f = forge_milan();

    CASE("the ASK was revoked");
    begin();
    put_chain(&f);
    put(EXHIBIT_EVIDENCE, EXHIBIT_CRL, forge_crl(FORGE_ASK_SERIAL));
    CHECK_REASON(judged(forge_report(&f)), ask_revoked);

    CASE("no list of revocations (lesson A10)");
    begin();
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_vek(&f));
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_ask(&f));
    put(EXHIBIT_ROOT, EXHIBIT_CERT, forge_ark());
    CHECK_REASON(judged(forge_report(&f)), crl_missing);
    context.rules.crl_optional = true;
    CHECK_REASON(judged(forge_report(&f)), NONE);

    CASE("a root that nobody trusts");
    begin();
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_vek(&f));
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_ask(&f));
    put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_ark());
    CHECK(judged(forge_report(&f)) != REASON_NONE);

    CASE("no certificate: what to fetch");
    begin();
    CHECK_REASON(judged(forge_report(&f)), certificate_missing);
    CHECK(strstr(verdict.detail, "?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219") != NULL);
    f = forge_turin();
    CHECK_REASON(judged(forge_report(&f)), certificate_missing);
    CHECK(strstr(verdict.detail, "/vcek/v1/Turin/0102030405060708?fmcSPL=1&blSPL=2&teeSPL=3&"
                                 "snpSPL=4&ucodeSPL=200") != NULL);
}

static void check_rules(void)
{
    struct forge f = forge_milan();

    CASE("masked chip, where the policy accepts it");
    begin();
    memset(f.chip, 0, sizeof f.chip);
    context.rules.masked_chip_allowed = true;
    CHECK_REASON(judged_with(&f), NONE);
    CHECK_EQ(claims.chip_id.size, 0);

    CASE("requested by the host, where the policy accepts it");
    begin();
    f = forge_milan();
    f.vmpl = SNP_VMPL_HOST;
    context.rules.host_requested_allowed = true;
    CHECK_REASON(judged_with(&f), NONE);
    begin();
}

static void check_choice(void)
{
    struct forge good = forge_milan(), chip = good, tcb = good;

    chip.hwid[0] ^= 1;
    tcb.spl[7]++;
    for (int order = 0; order < 2; order++) {
        CASE(order == 0 ? "the right certificate behind wrong ones" : "and before them");
        begin();
        if (order == 1)
            put_chain(&good);
        put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_vek(&chip));
        put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_vek(&tcb));
        if (order == 0)
            put_chain(&good);
        CHECK_REASON(judged(forge_report(&good)), NONE);
    }
}

static void check_claims(void)
{
    struct forge f = forge_turin();

    CASE("claims: Turin's TCB part by part");
    f.policy |= SNP_POLICY_DEBUG;
    f.id_key = 7;
    CHECK_REASON(judged_with(&f), NONE);
    CHECK_EQ(claims.is_debug, CLAIM_YES);
    CHECK_EQ(claims.tcb_count, 5);
    for (uint32_t i = 0; i < claims.tcb_count; i++)
        CHECK_EQ(claims.tcb[i].version, (i == 4 ? 200 : i + 1));
    CHECK_TEXT(claims.tcb[1].name, "bootloader");
    CHECK_EQ(claims.signer.size, 48);
    CHECK_EQ(claims.signer_key_digest.size, 0);

    CASE("claims: no debug, no signer");
    f = forge_genoa();
    CHECK_REASON(judged_with(&f), NONE);
    CHECK_EQ(claims.is_debug, CLAIM_NO);
    CHECK_EQ(claims.signer.size, 0);
    CHECK_BYTES(claims.chip_family, BYTES_TEXT("Genoa"));
}

static bool bit_of(const char *group, const char *name)
{
    for (const struct field *g = claims.own.root.first; g != NULL; g = g->next)
        for (const struct field *i = g->first; i != NULL && strcmp(g->name, group) == 0;
             i = i->next)
            if (strcmp(i->name, name) == 0)
                return i->number != 0;
    return false;
}

/* Each policy bit is told under its own name, and no other with it (lesson E10). */
static void check_policy_bits(void)
{
    static const char *const names[] = { "smt",
                                         NULL,
                                         "migrate_ma",
                                         "debug",
                                         "single_socket",
                                         "cxl_allow",
                                         "mem_aes_256_xts",
                                         "rapl_dis",
                                         "ciphertext_hiding",
                                         "page_swap_disable" };

    for (uint32_t bit = 0; bit < COUNT_OF(names); bit++) {
        struct forge f = forge_milan();
        char title[96];

        if (names[bit] == NULL)
            continue;
        snprintf(title, sizeof title, "POLICY bit %u is %s (lesson E10)", bit + 16, names[bit]);
        CASE(title);
        f.policy = SNP_POLICY_RESERVED_ONE | 1ull << (bit + 16);
        CHECK_REASON(judged_with(&f), NONE);
        for (uint32_t i = 0; i < COUNT_OF(names); i++)
            if (names[i] != NULL)
                CHECK_EQ(bit_of("policy_bits", names[i]), i == bit);
        CHECK_EQ(claims.is_debug, bit == 3 ? CLAIM_YES : CLAIM_NO);
    }
}

static void check_report_data(void)
{
    struct forge f = forge_milan();
    uint8_t wanted[64];
    struct bytes report;

    memset(wanted, 0xda, sizeof wanted);
    CASE("report data: all of it");
    begin();
    put_chain(&f);
    report = forge_report(&f);
    context.report_data = BYTES_OF(wanted);
    CHECK_REASON(judged(report), NONE);
    CHECK(claims.is_fresh);
    CASE("report data: a prefix is not enough");
    context.report_data.size = 32;
    CHECK_REASON(judged(report), report_data_mismatch);
    CASE("report data: another");
    context.report_data.size = 64;
    wanted[63] ^= 1;
    CHECK_REASON(judged(report), report_data_mismatch);
}

/* Whatever bit is changed, in the report and behind it, nothing of it is accepted. */
static void check_every_byte(void)
{
    struct forge f = forge_genoa();
    uint8_t changed[SNP_REPORT_SIZE + 1] = { 0 };
    struct bytes report;
    uint32_t count;

    CASE("every byte of the report changed");
    begin();
    put_chain(&f);
    report = forge_report(&f);
    count = exhibits.count;
    for (size_t i = 0; i < SNP_REPORT_SIZE; i++) {
        memcpy(changed, report.data, report.size);
        changed[i] ^= (uint8_t)(1u << i % 8);
        exhibits.count = count;
        CHECK(judged((struct bytes){ changed, SNP_REPORT_SIZE }) != REASON_NONE);
    }
    CASE("every length but the right one");
    memcpy(changed, report.data, report.size);
    for (size_t size = 0; size <= sizeof changed; size++) {
        exhibits.count = count;
        CHECK((judged((struct bytes){ changed, size }) == REASON_NONE) ==
              (size == SNP_REPORT_SIZE));
    }
}

static void check_cert_alone(void)
{
    struct forge f = forge_milan();
    struct exhibit *e;

    CASE("a certificate alone proves nothing");
    begin();
    put_chain(&f);
    e = exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CERT, "ask", forge_ask(&f));
    verdict_init(&verdict, &arena);
    claims = (struct claims){ 0 };
    CHECK(!snp_judge(&verdict, &claims, &context, e));
    CHECK_REASON(verdict.reason, evidence_missing);
    CASE("a revoked one says that it is");
    put(EXHIBIT_EVIDENCE, EXHIBIT_CRL, forge_crl(FORGE_ASK_SERIAL));
    verdict_init(&verdict, &arena);
    CHECK(!snp_judge(&verdict, &claims, &context, e));
    CHECK_REASON(verdict.reason, ask_revoked);
    CASE("a chip's, of a product that nobody makes");
    for (int i = 0; i < 2; i++) {
        f = i == 0 ? forge_milan() : forge_vlek();
        f.issuer = "SEV-Rome";
        e = exhibit_put(&exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CERT, "vek", forge_vek(&f));
        verdict_init(&verdict, &arena);
        CHECK(!snp_judge(&verdict, &claims, &context, e));
        CHECK_REASON(verdict.reason, product_mismatch);
    }
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    check_genuine();
    check_form();
    check_binding();
    check_tcb(forge_milan, "Milan");
    check_tcb(forge_turin, "Turin");
    check_chain();
    check_rules();
    check_choice();
    check_claims();
    check_policy_bits();
    check_report_data();
    check_every_byte();
    check_cert_alone();
    arena_done(&arena);
    private_key_done(forge_key());
    return check_done();
}

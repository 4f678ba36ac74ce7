/* A forged chain from a chip to a vTPM's quote, and each link of it broken. */
#include "attest/azure/hcl.h"

#include "tests/azure_forge.h"
#include "tests/judge_kit.h"

#define NOW 1577836800 /* 2020-01-01 */

static struct azure_forge f;

static void begin(void)
{
    pki_reset();
    memset(&f.snp, 0, sizeof f.snp);
    f.snp = forge_milan();
    f.key_id = "HCLAkPub";
    f.unbound = false;
}

static const struct exhibit *lay(bool has_quote)
{
    kit_begin(NOW);
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_vek(&f.snp));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, forge_ask(&f.snp));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CRL, forge_crl(99));
    kit_put(EXHIBIT_ROOT, EXHIBIT_CERT, forge_ark());
    if (has_quote)
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_QUOTE, TPM_FORGE_BYTES(&f.tpm, quote));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_SIGNATURE, TPM_FORGE_BYTES(&f.tpm, signature));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_PCRS, TPM_FORGE_BYTES(&f.tpm, pcrs));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_EVENT_LOG, TPM_FORGE_BYTES(&f.tpm, log));
    return kit_put(EXHIBIT_EVIDENCE, EXHIBIT_HCL_REPORT, BYTES_OF(f.hcl));
}

static void want(enum reason reason)
{
    const struct exhibit *e = lay(true);

    kit_want(azure_judge, e, reason);
}

static void genuine(void)
{
    const struct exhibit *e;

    CASE("a genuine chain, and its challenge");
    begin();
    azure_forge_make(&f);
    e = lay(true);
    kit_context.nonce = BYTES_OF(tpm_forge_nonce);
    kit_want(azure_judge, e, REASON_NONE);
    CHECK_EQ(kit_claims.platform, PLATFORM_AZURE_SNP);
    CHECK(kit_claims.is_fresh && !kit_claims.is_hardware); /* the ARK is the caller's */
    CHECK_EQ(kit_claims.measurement.size, 48);
    CHECK_EQ(kit_claims.register_count, 2);
    CHECK_BYTES(kit_claims.report_data, BYTES_OF(tpm_forge_nonce));
    CASE("headers that nothing signs are no claims");
    for (const struct field *i = kit_claims.own.root.first; i != NULL; i = i->next)
        CHECK(strcmp(i->name, "hcl_version") != 0 && strcmp(i->name, "status") != 0);
    CASE("what the chip's report carries answers no challenge");
    e = lay(true);
    kit_context.report_data = (struct bytes){ f.hcl + 0x20 + 0x50, 64 };
    kit_want(azure_judge, e, REASON_report_data_mismatch);
}

static void broken(void)
{
    const struct exhibit *e;

    CASE("no quote: the chip's word alone is old");
    begin();
    azure_forge_make(&f);
    e = lay(false);
    kit_want(azure_judge, e, REASON_evidence_missing);
    CASE("JSON that the report does not vouch for: each byte");
    for (size_t i = 0; i < f.json_size; i += 7) {
        f.hcl[AZURE_FORGE_JSON + i] ^= 1;
        want(REASON_runtime_data_mismatch);
        f.hcl[AZURE_FORGE_JSON + i] ^= 1;
    }
    CASE("report data with something behind the hash");
    f.unbound = true;
    azure_forge_make(&f);
    want(REASON_runtime_data_mismatch);
    CASE("a report of another privilege level: not the paravisor's");
    begin();
    f.snp.vmpl = 2;
    azure_forge_make(&f);
    want(REASON_vmpl_not_allowed);
    CASE("no such key in the JSON");
    begin();
    f.key_id = "HCLEkPub";
    azure_forge_make(&f);
    want(REASON_runtime_data_malformed);
    CASE("two such keys");
    begin();
    f.twice = true;
    azure_forge_make(&f);
    want(REASON_runtime_data_malformed);
    f.twice = false;
    CASE("headers that name another hash, or another kind of report");
    begin();
    azure_forge_make(&f);
    f.hcl[0x4cc] = 2;
    want(REASON_runtime_data_mismatch);
    f.hcl[0x4cc] = 1;
    f.hcl[0x4c8] = 4;
    want(REASON_evidence_missing);
    f.hcl[0x4c8] = 2;
    CASE("a quote by another key");
    begin();
    azure_forge_make(&f);
    f.tpm.signature[10] ^= 1;
    want(REASON_bad_tpm_signature);
    f.tpm.signature[10] ^= 1;
    f.tpm.pcrs[3] ^= 1;
    want(REASON_pcr_digest_mismatch);
    f.tpm.pcrs[3] ^= 1;
    CASE("a changed report of the chip");
    f.hcl[0x20 + 0x90] ^= 1;
    want(REASON_bad_report_signature);
    f.hcl[0x20 + 0x90] ^= 1;
    CASE("another report beside it");
    e = lay(true);
    f.snp.guest_svn = 9;
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_SNP_REPORT, forge_report(&f.snp));
    kit_want(azure_judge, e, REASON_hardware_report_mismatch);
}

static void forms(void)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t byte;
        enum err want;
    } cases[] = {
        { "another signature", 0, 'X', ERR_MALFORMED },
        { "version 3", 4, 3, ERR_UNSUPPORTED },
        { "a type of report that is none", 0x4c8, 3, ERR_UNSUPPORTED },
        { "a hash that is none", 0x4cc, 4, ERR_UNSUPPORTED },
        { "no hash", 0x4cc, 0, ERR_UNSUPPORTED },
        { "JSON longer than the report", 0x4d1, 0x0f, ERR_MALFORMED },
        { "something behind the JSON", AZURE_FORGE_SIZE - 1, 1, ERR_MALFORMED },
    };
    struct hcl h;

    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CASE(cases[i].name);
        azure_forge_make(&f);
        CHECK_OK(hcl_parse(&h, BYTES_OF(f.hcl)));
        f.hcl[cases[i].at] = cases[i].byte;
        CHECK_ERR(hcl_parse(&h, BYTES_OF(f.hcl)), cases[i].want);
    }
    CASE("each truncation inside of the data");
    azure_forge_make(&f);
    for (size_t cut = 0; cut < AZURE_FORGE_JSON + f.json_size; cut += 5)
        CHECK_ERR(hcl_parse(&h, (struct bytes){ f.hcl, cut }), ERR_MALFORMED);
}

int main(void)
{
    genuine();
    broken();
    forms();
    private_key_done(&f.tpm.ak);
    return kit_done();
}

/* Quotes by an attestation key of our own, and each thing about them that can be wrong. */
#include "attest/tpm/evidence.h"
#include "tests/judge_kit.h"
#include "tests/tpm_forge.h"

enum key { KEY_IS_ROOT, KEY_IS_BESIDE, KEY_IS_ABSENT };
enum with { WITH_PCRS = 1, WITH_LOG = 2, WITH_SIGNATURE = 4, WITH_ALL = 7 };

static struct tpm_forge f;

static const struct exhibit *lay(enum key key, unsigned with)
{
    kit_begin(1577836800);
    if (key != KEY_IS_ABSENT)
        kit_put(key == KEY_IS_ROOT ? EXHIBIT_ROOT : EXHIBIT_EVIDENCE, EXHIBIT_TPM_PUBLIC,
                TPM_FORGE_BYTES(&f, area));
    if (with & WITH_SIGNATURE)
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_SIGNATURE, TPM_FORGE_BYTES(&f, signature));
    if (with & WITH_PCRS)
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_PCRS, TPM_FORGE_BYTES(&f, pcrs));
    if (with & WITH_LOG)
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_EVENT_LOG, TPM_FORGE_BYTES(&f, log));
    return kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_QUOTE, TPM_FORGE_BYTES(&f, quote));
}

static void want(enum key key, unsigned with, enum reason reason)
{
    const struct exhibit *e = lay(key, with);

    kit_want(tpm_judge, e, reason);
}

static void genuine(void)
{
    const struct exhibit *e;

    CASE("a genuine quote: values and log, either alone");
    tpm_forge_make(&f);
    want(KEY_IS_ROOT, WITH_ALL, REASON_NONE);
    CHECK_EQ(kit_claims.register_count, 2);
    CHECK_TEXT(kit_claims.registers[1].name, "pcr7");
    CHECK(kit_claims.is_hardware && !kit_claims.is_fresh);
    CHECK_EQ(kit_claims.signer.size, 34);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG, REASON_NONE);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_PCRS, REASON_NONE);
    want(KEY_IS_ROOT, WITH_SIGNATURE, REASON_pcr_values_missing);

    CASE("the challenge is answered, or it is not");
    e = lay(KEY_IS_ROOT, WITH_ALL);
    kit_context.nonce = BYTES_OF(tpm_forge_nonce);
    kit_want(tpm_judge, e, REASON_NONE);
    CHECK(kit_claims.is_fresh);
    e = lay(KEY_IS_ROOT, WITH_ALL);
    kit_context.nonce = BYTES_TEXT("another");
    kit_want(tpm_judge, e, REASON_nonce_mismatch);
}

static void keys(void)
{
    const struct exhibit *e;

    CASE("lesson A10: a quote whose key neither certificate nor caller vouches for is refused");
    tpm_forge_make(&f);
    want(KEY_IS_BESIDE, WITH_ALL, REASON_attestation_key_untrusted);
    CHECK(!kit_claims.is_hardware && kit_claims.register_count == 0);
    want(KEY_IS_ABSENT, WITH_ALL, REASON_attestation_key_missing);
    CASE("lesson A10: evidence without a signature is no evidence");
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_SIGNATURE, REASON_evidence_missing);
    CASE("a key beside the evidence counts where the rules say so, and that is said");
    e = lay(KEY_IS_BESIDE, WITH_ALL);
    kit_context.rules.unanchored_key_allowed = true;
    kit_want(tpm_judge, e, REASON_NONE);
    CHECK(kit_has("attestation_key", true) && !kit_claims.is_hardware);
    CASE("a key that could sign other things, or leave its TPM, is refused");
    for (unsigned bit = 0; bit < 19; bit++) {
        if ((TPM_OBJECT_ATTESTATION_KEY >> bit & 1) == 0)
            continue;
        tpm_forge_area(&f, TPM_OBJECT_ATTESTATION_KEY & ~(1u << bit));
        want(KEY_IS_ROOT, WITH_ALL, REASON_attestation_key_unfit);
    }
    tpm_forge_area(&f, TPM_OBJECT_ATTESTATION_KEY | TPM_OBJECT_DECRYPT);
    want(KEY_IS_ROOT, WITH_ALL, REASON_attestation_key_unfit);
}

static void registers(void)
{
    const struct exhibit *e;
    struct pcr_bank bank;

    CASE("values and logs that are not the quoted ones are refused");
    tpm_forge_make(&f);
    f.pcrs[0] ^= 1;
    want(KEY_IS_ROOT, WITH_ALL, REASON_pcr_digest_mismatch);
    f.pcrs[0] ^= 1;
    f.pcrs_size--;
    want(KEY_IS_ROOT, WITH_ALL, REASON_pcr_values_malformed);
    f.pcrs_size++;
    f.log_size -= 4 + 4 + 4 + 2 + 8 + 2 + 32 + 4 + 4; /* the last event is left out */
    want(KEY_IS_ROOT, WITH_ALL, REASON_event_log_mismatch);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_PCRS, REASON_event_log_mismatch);
    f.log_size -= 3;
    want(KEY_IS_ROOT, WITH_ALL, REASON_event_log_malformed);
    CASE("a quote of fewer registers than the values is over those alone");
    tpm_forge_make(&f);
    tpm_forge_log(&f, &bank);
    memcpy(f.pcrs, pcr_bank_value(&bank, 7).data, 32);
    f.pcrs_size = 32;
    tpm_forge_quote(&f, TPM_ALG_SHA256, 0x80);
    for (uint32_t i = 0; i < PCR_COUNT; i++)
        memcpy(f.pcrs + 32 * i, pcr_bank_value(&bank, i).data, 32);
    f.pcrs_size = 32 * PCR_COUNT;
    want(KEY_IS_ROOT, WITH_ALL, REASON_NONE);
    CHECK_EQ(kit_claims.register_count, 1);
    f.pcrs[0] ^= 1; /* was not quoted: nothing is said of it */
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG, REASON_NONE);
    CHECK_EQ(kit_claims.register_count, 1);
    CASE("a bank of SHA-1 is refused, and taken where the rules say so");
    tpm_forge_make(&f);
    f.pcrs_size = 40;
    tpm_forge_quote(&f, TPM_ALG_SHA1, TPM_FORGE_PCRS);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG, REASON_sha1_bank);
    e = lay(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG);
    kit_context.rules.sha1_allowed = true;
    kit_want(tpm_judge, e, REASON_NONE);
    CHECK_TEXT(kit_claims.registers[0].name, "sha1:pcr0");
    CASE("a log without the quoted bank cannot speak for it");
    e = lay(KEY_IS_ROOT, WITH_ALL);
    kit_context.rules.sha1_allowed = true;
    kit_want(tpm_judge, e, REASON_event_log_mismatch);
}

static void every_byte(void)
{
    CASE("each changed byte, truncation and extension of a quote is refused");
    tpm_forge_make(&f);
    for (size_t i = 0; i < f.quote_size; i++) {
        f.quote[i] ^= 1;
        lay(KEY_IS_ROOT, WITH_ALL);
        CHECK(kit_reason(tpm_judge, kit_exhibits.items + kit_exhibits.count - 1) != REASON_NONE);
        f.quote[i] ^= 1;
    }
    for (size_t size = f.quote_size; size-- > 0;) {
        size_t whole = f.quote_size;

        f.quote_size = size;
        want(KEY_IS_ROOT, WITH_ALL, size < 6 || size != whole ? REASON_malformed : REASON_NONE);
        f.quote_size = whole;
    }
    f.quote_size++;
    want(KEY_IS_ROOT, WITH_ALL, REASON_malformed);
    f.quote_size--;
    for (size_t i = 0; i < f.signature_size; i++) {
        f.signature[i] ^= 1;
        lay(KEY_IS_ROOT, WITH_ALL);
        CHECK(kit_reason(tpm_judge, kit_exhibits.items + kit_exhibits.count - 1) != REASON_NONE);
        f.signature[i] ^= 1;
    }
    CASE("another kind of attestation is no quote");
    f.quote[5] = 0x17;
    tpm_forge_sign(&f);
    want(KEY_IS_ROOT, WITH_ALL, REASON_unsupported_version);
}

int main(void)
{
    genuine();
    keys();
    registers();
    every_byte();
    private_key_done(&f.ak);
    return kit_done();
}

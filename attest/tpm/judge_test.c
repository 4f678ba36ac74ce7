/* Quotes by an attestation key of our own, and each thing about them that can be wrong. */
#include "attest/tpm/evidence.h"
#include "tests/judge_kit.h"
#include "tests/pki.h"
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
    uint8_t measured[32];

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
    CASE("the values of some registers in others are another measurement");
    tpm_forge_make(&f);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG, REASON_NONE);
    memcpy(measured, kit_claims.measurement.data, sizeof measured);
    tpm_forge_quote(&f, TPM_ALG_SHA256, 0x300);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG, REASON_NONE);
    CHECK(!bytes_equal(kit_claims.measurement, BYTES_OF(measured)));
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

/* The claim secure_boot of the first quote: -1 where there is none. */
static int secure_boot(void)
{
    for (const struct field *o = kit_claims.own.root.first; o != NULL; o = o->next)
        if (strcmp(o->name, "quotes") == 0 && o->first != NULL)
            for (const struct field *q = o->first->first; q != NULL; q = q->next)
                if (strcmp(q->name, "secure_boot") == 0)
                    return (int)q->number;
    return -1;
}

/* Quotes PCR 7 as f->log leads to it, and judges. */
static int secure_boot_by(const struct pcr_bank *bank)
{
    memcpy(f.pcrs, pcr_bank_value(bank, 7).data, 32);
    f.pcrs_size = 32;
    tpm_forge_quote(&f, TPM_ALG_SHA256, 0x80);
    want(KEY_IS_ROOT, WITH_ALL, REASON_NONE);
    return secure_boot();
}

static void logs(void)
{
    enum { VARIABLE = 0x80000001, OTHER_VARIABLE = 0x80000002, ACTION = 5, SEPARATOR = 4 };
    uint8_t off[sizeof tpm_forge_secure_boot];
    const struct exhibit *e;
    struct pcr_bank bank;
    struct writer w;
    size_t size;

    CASE("secure boot is what firmware said before its separator");
    tpm_forge_make(&f);
    tpm_forge_log(&f, &bank);
    CHECK_EQ(secure_boot_by(&bank), 1);
    memcpy(off, tpm_forge_secure_boot, sizeof off);
    off[sizeof off - 1] = 0;
    size = f.log_size - (12 + 2 + 8 + 2 + 32 + 4 + 4) -
           (12 + 2 + 8 + 2 + 32 + 4 + sizeof tpm_forge_secure_boot);
    for (unsigned lies = 0; lies < 2; lies++) {
        /* A system extends its register by the event that it wishes there had been; types are
         * under no digest. */
        pcr_bank_init(&bank, HASH_SHA256);
        w = writer_of(f.log + size, sizeof f.log - size);
        tpm_forge_event_(&w, 7, lies ? OTHER_VARIABLE : VARIABLE, BYTES_OF(off), &bank);
        tpm_forge_event_(&w, 7, lies ? ACTION : SEPARATOR, BYTES_TEXT("\0\0\0\0"), &bank);
        tpm_forge_event_(&w, 7, VARIABLE, BYTES_OF(tpm_forge_secure_boot), &bank);
        f.log_size = size + w.size;
        CHECK_EQ(secure_boot_by(&bank), 0);
    }
    CASE("a variable of that name that is somebody else's");
    off[0] ^= 1;
    pcr_bank_init(&bank, HASH_SHA256);
    w = writer_of(f.log + size, sizeof f.log - size);
    tpm_forge_event_(&w, 7, VARIABLE, BYTES_OF(off), &bank);
    f.log_size = size + w.size;
    CHECK_EQ(secure_boot_by(&bank), -1);
    CASE("a log that lacks one bank of the quote leads to no register, and says nothing");
    tpm_forge_make(&f);
    f.other_bank = TPM_ALG_SHA384;
    memset(f.pcrs + f.pcrs_size, 0xab, 48);
    f.pcrs_size += 48;
    tpm_forge_quote(&f, TPM_ALG_SHA256, TPM_FORGE_PCRS);
    want(KEY_IS_ROOT, WITH_ALL & ~WITH_LOG, REASON_NONE);
    CHECK_EQ(kit_claims.register_count, 3);
    f.log[f.log_size - 4 - 4 - 1] ^= 1; /* the digest of the separator */
    want(KEY_IS_ROOT, WITH_ALL, REASON_event_log_mismatch);
    e = lay(KEY_IS_ROOT, WITH_ALL & ~WITH_PCRS);
    kit_context.rules.collateral_optional = true;
    kit_want(tpm_judge, e, REASON_NONE);
    CHECK_EQ(kit_claims.register_count, 0);
    CHECK_EQ(secure_boot(), -1);
    e = lay(KEY_IS_ROOT, WITH_ALL);
    kit_context.rules.collateral_optional = true;
    kit_want(tpm_judge, e, REASON_NONE);
    CHECK_EQ(kit_claims.register_count, 3);
    CHECK_EQ(secure_boot(), -1);
    f.other_bank = 0;
}

/* The AK's SubjectPublicKeyInfo. */
static struct bytes ak_spki(void)
{
    return PKI(DER_SEQUENCE,
               PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x02\x01")),
                   PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x03\x01\x07"))),
               PKI(DER_BIT_STRING, BYTES_TEXT("\0\4"), f.ak_public.x, f.ak_public.y));
}

static void certificate(uint8_t use, struct bytes purpose, enum reason reason)
{
    struct pki_certificate ca = {
        .subject = "CA", .issuer = "CA", .key = 1, .signer = 1, .serial = 1, .is_ca = true
    };
    struct pki_certificate ak = {
        .subject = "", .issuer = "CA", .signer = 1, .serial = 2, .spki = ak_spki(), .key_usage = use
    };
    const struct exhibit *e = lay(KEY_IS_BESIDE, WITH_ALL);

    if (purpose.size != 0)
        ak.extension = pki_extension(BYTES_TEXT("\x55\x1d\x25"), purpose.data[0] == 0x67,
                                     PKI(DER_SEQUENCE, PKI(DER_OID, purpose)));
    kit_put(EXHIBIT_ROOT, EXHIBIT_CERT, pki_certificate(&ca));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, pki_certificate(&ak));
    kit_context.rules.crl_optional = true;
    kit_want(tpm_judge, e, reason);
}

static void vouchers(void)
{
    const struct exhibit *e;

    CASE("a certificate makes an AK only of a key that is for signing, in a TPM");
    tpm_forge_make(&f);
    certificate(0x80, (struct bytes){ 0 }, REASON_NONE);
    certificate(0x80, BYTES_TEXT("\x67\x81\x05\x08\x01"), REASON_NONE);
    certificate(0x80, BYTES_TEXT("\x67\x81\x05\x08\x03"), REASON_NONE);
    CASE("the public area beside a certificate is signed by nobody: it makes no claim");
    CHECK_EQ(kit_claims.signer.size, 0);
    CASE("a certificate for encryption, for TLS, for another thing of TPMs");
    certificate(0x20, (struct bytes){ 0 }, REASON_attestation_key_unfit);
    certificate(0x80, BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x03\x01"), REASON_attestation_key_unfit);
    certificate(0x80, BYTES_TEXT("\x67\x81\x05\x08\x02"), REASON_attestation_key_unfit);
    CASE("the area that the caller names counts, not one that lies before it");
    tpm_forge_area(&f, TPM_OBJECT_SIGN);
    e = lay(KEY_IS_ABSENT, WITH_ALL);
    f.policy = 32;
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_PUBLIC, pki_copy(TPM_FORGE_BYTES(&f, area)));
    {
        struct bytes unfit = pki_copy(TPM_FORGE_BYTES(&f, area));

        tpm_forge_area(&f, TPM_OBJECT_ATTESTATION_KEY);
        kit_exhibits.items[kit_exhibits.count - 1].raw = pki_copy(TPM_FORGE_BYTES(&f, area));
        kit_put(EXHIBIT_ROOT, EXHIBIT_TPM_PUBLIC, unfit);
    }
    kit_want(tpm_judge, e, REASON_attestation_key_unfit);
    f.policy = 0;
    CASE("a bare key that the caller names: the area beside it makes no claim");
    e = lay(KEY_IS_BESIDE, WITH_ALL);
    kit_put(EXHIBIT_ROOT, EXHIBIT_KEY, ak_spki());
    kit_want(tpm_judge, e, REASON_NONE);
    CHECK_EQ(kit_claims.signer.size, 0);
}

static void boots(void)
{
    const struct exhibit *e;

    CASE("quotes of two boots are no machine's state");
    for (uint8_t resets = 0; resets < 2; resets++) {
        tpm_forge_make(&f);
        e = lay(KEY_IS_ROOT, WITH_ALL);
        for (uint32_t i = 0; i < kit_exhibits.count; i++)
            kit_exhibits.items[i].raw = pki_copy(kit_exhibits.items[i].raw);
        f.resets = resets;
        tpm_forge_quote(&f, TPM_ALG_SHA256, TPM_FORGE_PCRS);
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_SIGNATURE, TPM_FORGE_BYTES(&f, signature));
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_TPM_QUOTE, TPM_FORGE_BYTES(&f, quote));
        kit_want(tpm_judge, e, resets == 0 ? REASON_NONE : REASON_quotes_differ);
    }
    f.resets = 0;
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
    logs();
    vouchers();
    boots();
    every_byte();
    private_key_done(&f.ak);
    return kit_done();
}

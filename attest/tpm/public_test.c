/* TPMT_PUBLIC, TPM2B_PUBLIC, TPMT_SIGNATURE, tpm2-tools' PCR file: form, and names. */
#include "attest/tpm/public.h"

#include "attest/tpm/form.h"
#include "attest/tpm/pcrs.h"
#include "tests/check.h"
#include "tests/tpm_forge.h"

static struct tpm_forge f;

static void areas(void)
{
    uint8_t wrapped[258], name[TPM_NAME_SIZE_MAX], digest[32];
    struct tpm_public p, q;
    struct tpm_public_room room;
    struct public_key key;
    size_t size;

    CASE("a public area, alone and in a TPM2B, has one name");
    CHECK_OK(tpm_public_parse(&p, TPM_FORGE_BYTES(&f, area)));
    CHECK_OK(tpm_public_name(name, &size, &p));
    CHECK_OK(hash_sha256(digest, TPM_FORGE_BYTES(&f, area)));
    CHECK_EQ(size, 34);
    CHECK_EQ(name[1], 0x0b);
    CHECK_BYTES(((struct bytes){ name + 2, 32 }), BYTES_OF(digest));
    wrapped[0] = 0;
    wrapped[1] = (uint8_t)f.area_size;
    memcpy(wrapped + 2, f.area, f.area_size);
    CHECK_OK(tpm_public_parse(&q, (struct bytes){ wrapped, f.area_size + 2 }));
    CHECK_BYTES(q.raw, p.raw);
    key = tpm_public_key(&q, &room);
    CHECK(key_equal(&key, &f.ak_public));
    CASE("a coordinate without its leading zeros is the same key");
    f.ak_public.x = (struct bytes){ f.ak_public.x.data + 1, 31 };
    tpm_forge_area(&f, TPM_OBJECT_ATTESTATION_KEY);
    CHECK_OK(tpm_public_parse(&p, TPM_FORGE_BYTES(&f, area)));
    key = tpm_public_key(&p, &room);
    CHECK_EQ(key.x.size, 32);
    CHECK_EQ(key.x.data[0], 0);
    tpm_forge_make(&f);
    CASE("each truncation and extension is refused");
    for (size_t cut = 0; cut < f.area_size; cut++)
        CHECK(!tpm_public_is((struct bytes){ f.area, cut }));
    CHECK(!tpm_public_is((struct bytes){ f.area, f.area_size + 1 }));
    for (size_t cut = 0; cut < f.signature_size; cut++)
        CHECK(!tpm_signature_is((struct bytes){ f.signature, cut }));
    CHECK(!tpm_signature_is((struct bytes){ f.signature, f.signature_size + 1 }));
}

/* Two registers of SHA-256 as tpm2_quote --pcr writes them. */
static size_t file_make(uint8_t out[668])
{
    struct writer w = writer_of(out, 668);

    memset(out, 0, 668);
    writer_u32le(&w, 1);
    writer_u16le(&w, TPM_ALG_SHA256);
    writer_u8(&w, 3);
    writer_u8(&w, TPM_FORGE_PCRS);
    out[0x84] = 1;
    out[0x88] = 2;
    out[0x8c] = 32;
    memcpy(out + 0x8e, f.pcrs, 32);
    out[0xce] = 32;
    memcpy(out + 0xd0, f.pcrs + 32, 32);
    return 668;
}

static void files(void)
{
    uint8_t file[668], digest[HASH_SIZE_MAX];
    struct bytes raw = BYTES_OF(file);
    struct tpm_quote q;
    struct tpm_pcrs p;

    CASE("tpm2-tools' file has the values of the quote");
    file_make(file);
    CHECK_OK(tpm_quote_parse(&q, TPM_FORGE_BYTES(&f, quote)));
    CHECK(tpm_pcrs_is(raw));
    CHECK_OK(tpm_pcrs_parse(&p, raw, &q));
    CHECK_OK(tpm_pcrs_digest(digest, HASH_SHA256, &p, &q));
    CHECK_BYTES(((struct bytes){ digest, 32 }), q.pcr_digest);
    CASE("a file that says more than it has is refused");
    for (size_t cut = 0; cut < sizeof file; cut += 3)
        CHECK(!tpm_pcrs_is((struct bytes){ file, cut }));
    file[0x88] = 9;
    CHECK(!tpm_pcrs_is(raw));
    file[0x88] = 1; /* two registers, one value */
    CHECK(!tpm_pcrs_is(raw));
    file_make(file);
    file[0x8c] = 31;
    CHECK(!tpm_pcrs_is(raw));
    file_make(file);
    file[10] = 1; /* PCR 24 */
    CHECK(!tpm_pcrs_is(raw));
    CASE("a register that was quoted and is not there: no digest");
    file_make(file);
    file[7] = 0x82; /* PCR 1 and 7 */
    CHECK_OK(tpm_pcrs_parse(&p, raw, &q));
    CHECK_ERR(tpm_pcrs_digest(digest, HASH_SHA256, &p, &q), ERR_INVALID);
}

int main(void)
{
    tpm_forge_make(&f);
    areas();
    files();
    private_key_done(&f.ak);
    return check_done();
}

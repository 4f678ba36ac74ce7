/* tpm_forge.h: a maker of TPM evidence for tests, true or wrong in any way that is asked for, by
 * an attestation key of P-256 that is made when the program starts. Include this in one file
 * per program. Not for shipped code. */
#ifndef BROCH_TESTS_TPM_FORGE_H
#define BROCH_TESTS_TPM_FORGE_H

#include <assert.h>
#include <string.h>

#include "attest/tpm/algorithm.h"
#include "attest/tpm/public.h"
#include "attest/tpm/quote.h"
#include "base/writer.h"
#include "crypto/pcr.h"
#include "crypto/private_key.h"

struct tpm_forge {
    struct private_key ak;
    struct public_key ak_public;
    uint8_t ak_room[PRIVATE_KEY_PUBLIC_MAX];
    uint8_t area[256], quote[512], signature[256], pcrs[1024], log[1024];
    size_t area_size, quote_size, signature_size, pcrs_size, log_size;
    uint16_t other_bank; /* a second selection: of PCR 0; or 0 */
    uint8_t resets;      /* added to resetCount */
    uint8_t policy;      /* size of the area's authPolicy */
};

static const uint8_t tpm_forge_nonce[] = { 0xca, 0xfe, 0x01 };
/* The variable SecureBoot, on: GUID, sizes, name, value. */
static const uint8_t tpm_forge_secure_boot[] = {
    0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03,
    0x2b, 0x8c, 10,   0,    0,    0,    0,    0,    0,    0,    1,    0,    0,    0,
    0,    0,    0,    0,    'S',  0,    'e',  0,    'c',  0,    'u',  0,    'r',  0,
    'e',  0,    'B',  0,    'o',  0,    'o',  0,    't',  0,    1,
};

#define TPM_FORGE_BYTES(f, part) ((struct bytes){ (f)->part, (f)->part##_size })
#define TPM_FORGE_PCRS 0x81u /* PCR 0 and 7 */

static void tpm_forge_sized_(struct writer *w, struct bytes b)
{
    writer_u16be(w, (uint16_t)b.size);
    writer_put(w, b);
}

static void tpm_forge_area(struct tpm_forge *f, uint32_t attributes)
{
    struct writer w = writer_of(f->area, sizeof f->area);

    writer_u16be(&w, TPM_ALG_ECC);
    writer_u16be(&w, TPM_ALG_SHA256);
    writer_u32be(&w, attributes);
    tpm_forge_sized_(&w, (struct bytes){ f->quote, f->policy });
    writer_u16be(&w, TPM_ALG_NULL);
    writer_u16be(&w, TPM_ALG_ECDSA);
    writer_u16be(&w, TPM_ALG_SHA256);
    writer_u16be(&w, 3);
    writer_u16be(&w, TPM_ALG_NULL);
    tpm_forge_sized_(&w, f->ak_public.x);
    tpm_forge_sized_(&w, f->ak_public.y);
    f->area_size = w.size;
}

static void tpm_forge_event_(struct writer *w, uint32_t pcr, uint32_t type, struct bytes data,
                             struct pcr_bank *bank)
{
    static const uint8_t unknown[8] = { 0xee };
    uint8_t digest[32] = { 0 };
    enum err e = ERR_OK;

    if (type != 3)
        e = hash_sha256(digest, data);
    assert(e == ERR_OK);
    writer_u32le(w, pcr);
    writer_u32le(w, type);
    writer_u32le(w, 2);
    writer_u16le(w, 0xabcd); /* an algorithm that nobody knows, of 8 bytes */
    writer_put(w, BYTES_OF(unknown));
    writer_u16le(w, TPM_ALG_SHA256);
    writer_put(w, BYTES_OF(digest));
    writer_u32le(w, (uint32_t)data.size);
    writer_put(w, data);
    if (type != 3)
        e = pcr_bank_extend(bank, pcr, BYTES_OF(digest));
    assert(e == ERR_OK);
}

/* Spec ID, locality 3, three events in PCR 0 and 7; the bank as it is behind them. */
[[maybe_unused]] static void tpm_forge_log(struct tpm_forge *f, struct pcr_bank *bank)
{
    struct writer w = writer_of(f->log, sizeof f->log);
    static const uint8_t zeros[20];
    enum err e;

    pcr_bank_init(bank, HASH_SHA256);
    e = pcr_bank_locality(bank, 3);
    assert(e == ERR_OK);
    writer_u32le(&w, 0);
    writer_u32le(&w, 3);
    writer_put(&w, BYTES_OF(zeros));
    writer_u32le(&w, 16 + 4 + 4 + 4 + 8 + 1 + 2);
    writer_put(&w, (struct bytes){ (const uint8_t *)"Spec ID Event03", 16 });
    writer_u32le(&w, 0);
    writer_u32le(&w, 0x02000200);
    writer_u32le(&w, 2);
    writer_u16le(&w, TPM_ALG_SHA256);
    writer_u16le(&w, 32);
    writer_u16le(&w, 0xabcd);
    writer_u16le(&w, 8);
    writer_u8(&w, 2);
    writer_u16le(&w, 0x5555); /* the vendor's */
    tpm_forge_event_(&w, 0, 3, (struct bytes){ (const uint8_t *)"StartupLocality\0\3", 17 }, bank);
    tpm_forge_event_(&w, 0, 8, BYTES_TEXT("firmware"), bank);
    tpm_forge_event_(&w, 7, 0x80000001, BYTES_OF(tpm_forge_secure_boot), bank);
    tpm_forge_event_(&w, 7, 4, (struct bytes){ zeros, 4 }, bank);
    f->log_size = w.size;
}

/* Signs what is in f->quote, as it is. */
static void tpm_forge_sign(struct tpm_forge *f)
{
    struct writer w = writer_of(f->signature, sizeof f->signature);
    uint8_t raw[PRIVATE_KEY_SIGNATURE_MAX];
    size_t size;
    enum err e =
        private_key_sign(raw, &size, &f->ak, SIGNATURE_ECDSA_SHA256, TPM_FORGE_BYTES(f, quote));

    assert(e == ERR_OK && size == 64);
    writer_u16be(&w, TPM_ALG_ECDSA);
    writer_u16be(&w, TPM_ALG_SHA256);
    tpm_forge_sized_(&w, (struct bytes){ raw, 32 });
    tpm_forge_sized_(&w, (struct bytes){ raw + 32, 32 });
    f->signature_size = w.size;
}

/* The quote over f->pcrs, and its signature. */
static void tpm_forge_quote(struct tpm_forge *f, uint16_t bank, uint32_t pcrs)
{
    struct writer w = writer_of(f->quote, sizeof f->quote);
    uint8_t digest[32];
    enum err e = hash_sha256(digest, TPM_FORGE_BYTES(f, pcrs));

    assert(e == ERR_OK);
    writer_u32be(&w, TPM_GENERATED_VALUE);
    writer_u16be(&w, TPM_ST_ATTEST_QUOTE);
    tpm_forge_sized_(&w, BYTES_TEXT("signer"));
    tpm_forge_sized_(&w, BYTES_OF(tpm_forge_nonce));
    writer_u64be(&w, 1234);
    writer_u32be(&w, 5u + f->resets);
    writer_u32be(&w, 6);
    writer_u8(&w, 1);
    writer_u64be(&w, 0x2020);
    writer_u32be(&w, f->other_bank != 0 ? 2 : 1);
    writer_u16be(&w, bank);
    writer_u8(&w, 3);
    writer_u8(&w, (uint8_t)pcrs);
    writer_u16le(&w, (uint16_t)(pcrs >> 8));
    if (f->other_bank != 0) {
        writer_u16be(&w, f->other_bank);
        writer_u8(&w, 1);
        writer_u8(&w, 1);
    }
    tpm_forge_sized_(&w, BYTES_OF(digest));
    f->quote_size = w.size;
    tpm_forge_sign(f);
}

/* All parts, good ones. */
[[maybe_unused]] static void tpm_forge_make(struct tpm_forge *f)
{
    struct pcr_bank bank;
    struct writer w = writer_of(f->pcrs, sizeof f->pcrs);
    enum err e = ERR_OK;

    if (f->ak.state == NULL)
        e = private_key_make(&f->ak, KEY_P256, 0);
    assert(e == ERR_OK);
    e = private_key_public(&f->ak_public, f->ak_room, &f->ak);
    assert(e == ERR_OK);
    tpm_forge_area(f, TPM_OBJECT_ATTESTATION_KEY);
    tpm_forge_log(f, &bank);
    writer_put(&w, pcr_bank_value(&bank, 0));
    writer_put(&w, pcr_bank_value(&bank, 7));
    f->pcrs_size = w.size;
    tpm_forge_quote(f, TPM_ALG_SHA256, TPM_FORGE_PCRS);
}

#endif

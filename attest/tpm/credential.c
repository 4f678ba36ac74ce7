#include "attest/tpm/credential.h"

#include "attest/tpm/algorithm.h"
#include "base/ct.h"
#include "base/num.h"
#include "base/writer.h"
#include "crypto/cfb.h"
#include "crypto/hmac.h"
#include "crypto/oaep.h"

#define TPM_ALG_AES 0x0006u
#define SECRET_SIZE_MIN 16u
#define KDFA_BITS_MAX 4096u

enum err tpm_kdfa(uint8_t *out, uint32_t bits, enum hash_kind kind, struct bytes key,
                  struct bytes label, struct bytes context_u, struct bytes context_v)
{
    static const uint8_t zero[1] = { 0 };
    size_t left = bits / 8, step = hash_size(kind);

    if (bits % 8 != 0 || bits > KDFA_BITS_MAX)
        return ERR_INVALID;
    for (uint32_t counter = 1; left > 0; counter++) {
        uint8_t before[4], behind[4], block[HASH_SIZE_MAX];
        struct writer a = writer_of(before, sizeof before), b = writer_of(behind, sizeof behind);
        size_t part = num_min(left, step);

        writer_u32be(&a, counter);
        writer_u32be(&b, bits);
        TRY(hmac_make(block, kind, key,
                      (const struct bytes[]){ BYTES_OF(before), label, BYTES_OF(zero), context_u,
                                              context_v, BYTES_OF(behind) },
                      6));
        __builtin_memcpy(out, block, part);
        ct_wipe(block, sizeof block);
        out += part;
        left -= part;
    }
    return ERR_OK;
}

static bool ek_is_fit(const struct tpm_public *ek)
{
    const uint32_t wanted = TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT |
                            TPM_OBJECT_SENSITIVE_DATA_ORIGIN | TPM_OBJECT_RESTRICTED |
                            TPM_OBJECT_DECRYPT;

    return (ek->attributes & wanted) == wanted && (ek->attributes & TPM_OBJECT_SIGN) == 0;
}

/* What has to be forgotten. */
struct secrets {
    uint8_t identity[2 + HASH_SIZE_MAX], key[32], hmac_key[HASH_SIZE_MAX];
};

/* TPM2B_ID_OBJECT: HMAC, and the secret encrypted under keys derived from the seed. */
static enum err blob_make(struct tpm_credential *c, struct secrets *s, enum hash_kind kind,
                          uint16_t key_bits, struct bytes ak_name, struct bytes seed,
                          struct bytes secret)
{
    static const uint8_t iv[CFB_BLOCK_SIZE] = { 0 };
    uint8_t hmac[HASH_SIZE_MAX];
    struct writer w = writer_of(s->identity, sizeof s->identity);
    struct bytes none = { 0 }, sealed = { s->identity, 2 + secret.size };
    size_t size = hash_size(kind);

    writer_u16be(&w, (uint16_t)secret.size);
    writer_put(&w, secret);
    TRY(tpm_kdfa(s->key, key_bits, kind, seed, BYTES_TEXT("STORAGE"), ak_name, none));
    TRY(cfb_encrypt(s->identity, (struct bytes){ s->key, key_bits / 8u }, iv, sealed));
    TRY(tpm_kdfa(s->hmac_key, (uint32_t)size * 8, kind, seed, BYTES_TEXT("INTEGRITY"), none, none));
    TRY(hmac_make(hmac, kind, (struct bytes){ s->hmac_key, size },
                  (const struct bytes[]){ sealed, ak_name }, 2));
    w = writer_of(c->blob, sizeof c->blob);
    writer_u16be(&w, (uint16_t)(2 + size + sealed.size));
    writer_u16be(&w, (uint16_t)size);
    writer_put(&w, (struct bytes){ hmac, size });
    writer_put(&w, sealed);
    c->blob_size = w.size;
    return writer_ok(&w) ? ERR_OK : ERR_LIMIT;
}

enum err tpm_credential_make(struct tpm_credential *out, const struct tpm_public *ek,
                             struct bytes ak_name, struct bytes seed, struct bytes secret)
{
    struct tpm_credential t = { 0 };
    struct writer w = writer_of(t.secret, 2);
    struct public_key key = { .kind = KEY_RSA, .n = ek->modulus, .e = ek->exponent };
    struct secrets secrets;
    enum hash_kind kind;
    enum err e;

    if (ek->type != TPM_ALG_RSA || ek->symmetric != TPM_ALG_AES ||
        (ek->symmetric_bits != 128 && ek->symmetric_bits != 256) ||
        !tpm_hash(&kind, ek->name_algorithm) || kind == HASH_SHA1 ||
        ek->modulus.size > TPM_ENCRYPTED_SECRET_MAX - 2)
        return ERR_UNSUPPORTED;
    if (!ek_is_fit(ek) || seed.size != hash_size(kind) || secret.size < SECRET_SIZE_MIN ||
        secret.size > hash_size(kind) || ak_name.size == 0 || ak_name.size > TPM_NAME_SIZE_MAX)
        return ERR_INVALID;
    e = blob_make(&t, &secrets, kind, ek->symmetric_bits, ak_name, seed, secret);
    ct_wipe(&secrets, sizeof secrets);
    TRY(e);
    writer_u16be(&w, (uint16_t)ek->modulus.size);
    /* The label's NUL is part of it (Part 1, B.10.4). */
    TRY(oaep_encrypt(t.secret + 2, &key, kind, (struct bytes){ (const uint8_t *)"IDENTITY", 9 },
                     seed));
    t.secret_size = 2 + ek->modulus.size;
    *out = t;
    return ERR_OK;
}

bool tpm_credential_check(struct bytes secret, struct bytes answer)
{
    return secret.size >= SECRET_SIZE_MIN && ct_equal(secret, answer);
}

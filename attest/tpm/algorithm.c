#include "attest/tpm/algorithm.h"

#include "base/num.h"

static const struct {
    uint16_t id;
    uint8_t digest_size; /* 0: no hash */
    bool is_computed;
    enum hash_kind kind;
    const char *name;
} algorithms[] = {
    { TPM_ALG_RSA, 0, false, HASH_SHA256, "rsa" },
    { TPM_ALG_SHA1, 20, true, HASH_SHA1, "sha1" },
    { TPM_ALG_SHA256, 32, true, HASH_SHA256, "sha256" },
    { TPM_ALG_SHA384, 48, true, HASH_SHA384, "sha384" },
    { TPM_ALG_SHA512, 64, true, HASH_SHA512, "sha512" },
    { TPM_ALG_NULL, 0, false, HASH_SHA256, "null" },
    { TPM_ALG_SM3_256, 32, false, HASH_SHA256, "sm3_256" },
    { TPM_ALG_RSASSA, 0, false, HASH_SHA256, "rsassa" },
    { TPM_ALG_RSAES, 0, false, HASH_SHA256, "rsaes" },
    { TPM_ALG_RSAPSS, 0, false, HASH_SHA256, "rsapss" },
    { TPM_ALG_OAEP, 0, false, HASH_SHA256, "oaep" },
    { TPM_ALG_ECDSA, 0, false, HASH_SHA256, "ecdsa" },
    { TPM_ALG_ECDAA, 0, false, HASH_SHA256, "ecdaa" },
    { TPM_ALG_ECC, 0, false, HASH_SHA256, "ecc" },
    { TPM_ALG_SHA3_256, 32, false, HASH_SHA256, "sha3_256" },
    { TPM_ALG_SHA3_384, 48, false, HASH_SHA256, "sha3_384" },
    { TPM_ALG_SHA3_512, 64, false, HASH_SHA256, "sha3_512" },
};

bool tpm_hash(enum hash_kind *out, uint16_t algorithm)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].id == algorithm && algorithms[i].is_computed) {
            *out = algorithms[i].kind;
            return true;
        }
    return false;
}

size_t tpm_digest_size(uint16_t algorithm)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].id == algorithm)
            return algorithms[i].digest_size;
    return 0;
}

const char *tpm_algorithm_name(uint16_t algorithm)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].id == algorithm)
            return algorithms[i].name;
    return NULL;
}

void tpm_algorithm_describe(struct fields *f, const char *name, uint16_t algorithm)
{
    const char *text = tpm_algorithm_name(algorithm);

    if (text != NULL)
        fields_string(f, name, text);
    else
        fields_bits(f, name, algorithm);
}

#include "attest/tpm/signature.h"

#include "attest/judge.h"
#include "attest/tpm/algorithm.h"
#include "attest/tpm/form.h"
#include "attest/tpm/quote.h"
#include "base/num.h"

#define FIELD_SIZE_MAX 66u /* of P-521 */

enum err tpm_signature_parse(struct tpm_signature *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct tpm_signature t = { .scheme = reader_u16be(&r), .hash = reader_u16be(&r) };

    switch (t.scheme) {
    case TPM_ALG_RSASSA:
    case TPM_ALG_RSAPSS:
        t.rsa = tpm_take_sized(&r);
        if (t.rsa.size == 0)
            return ERR_MALFORMED;
        break;
    case TPM_ALG_ECDSA:
        t.r = tpm_take_sized(&r);
        t.s = tpm_take_sized(&r);
        if (t.r.size == 0 || t.s.size == 0)
            return ERR_MALFORMED;
        break;
    default: return reader_ok(&r) ? ERR_UNSUPPORTED : ERR_MALFORMED;
    }
    if (!reader_done(&r) || tpm_digest_size(t.hash) == 0)
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}

enum err tpm_signature_parse_any(struct tpm_signature *out, struct bytes raw)
{
    if (raw.size == 256 || raw.size == 384 || raw.size == 512) {
        *out = (struct tpm_signature){ TPM_ALG_RSASSA, TPM_ALG_NULL, raw, { 0 }, { 0 } };
        return ERR_OK;
    }
    return tpm_signature_parse(out, raw);
}

bool tpm_signature_is(struct bytes raw)
{
    struct tpm_signature s;

    return tpm_signature_parse(&s, raw) == ERR_OK;
}

enum signature_kind tpm_signature_kind(const struct tpm_signature *s, uint16_t hash)
{
    static const struct {
        uint16_t scheme, hash;
        enum signature_kind kind;
    } kinds[] = {
        { TPM_ALG_RSASSA, TPM_ALG_SHA1, SIGNATURE_RSA_PKCS1_SHA1 },
        { TPM_ALG_RSASSA, TPM_ALG_SHA256, SIGNATURE_RSA_PKCS1_SHA256 },
        { TPM_ALG_RSASSA, TPM_ALG_SHA384, SIGNATURE_RSA_PKCS1_SHA384 },
        { TPM_ALG_RSASSA, TPM_ALG_SHA512, SIGNATURE_RSA_PKCS1_SHA512 },
        { TPM_ALG_RSAPSS, TPM_ALG_SHA256, SIGNATURE_RSA_PSS_SHA256 },
        { TPM_ALG_RSAPSS, TPM_ALG_SHA384, SIGNATURE_RSA_PSS_SHA384 },
        { TPM_ALG_RSAPSS, TPM_ALG_SHA512, SIGNATURE_RSA_PSS_SHA512 },
        { TPM_ALG_ECDSA, TPM_ALG_SHA256, SIGNATURE_ECDSA_SHA256 },
        { TPM_ALG_ECDSA, TPM_ALG_SHA384, SIGNATURE_ECDSA_SHA384 },
        { TPM_ALG_ECDSA, TPM_ALG_SHA512, SIGNATURE_ECDSA_SHA512 },
    };

    if (s->hash != TPM_ALG_NULL)
        hash = s->hash;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i].scheme == s->scheme && kinds[i].hash == hash)
            return kinds[i].kind;
    return SIGNATURE_NONE;
}

enum signature_answer tpm_signature_check(const struct tpm_signature *s, uint16_t hash,
                                          const struct public_key *key, struct bytes message)
{
    enum signature_kind kind = tpm_signature_kind(s, hash);
    size_t width = key_field_size(key->kind);
    uint8_t pair[2 * FIELD_SIZE_MAX];
    bool is_rsa = key->kind == KEY_RSA;

    if (kind == SIGNATURE_NONE || is_rsa != (s->scheme != TPM_ALG_ECDSA))
        return SIGNATURE_WRONG;
    if (is_rsa)
        return signature_check(key, kind, message, s->rsa, NULL);
    if (width == 0 || !tpm_number_pad(pair, width, s->r) ||
        !tpm_number_pad(pair + width, width, s->s))
        return SIGNATURE_WRONG;
    return signature_check(key, kind, message, (struct bytes){ pair, 2 * width }, NULL);
}

enum err tpm_signature_describe(struct fields *f, const struct exhibit *e)
{
    struct tpm_signature s;

    TRY(tpm_signature_parse_any(&s, e->raw));
    tpm_algorithm_describe(f, "sig_alg", s.scheme);
    tpm_algorithm_describe(f, "hash", s.hash);
    if (s.scheme == TPM_ALG_ECDSA) {
        fields_bytes(f, "signature_r", s.r);
        fields_bytes(f, "signature_s", s.s);
    } else {
        fields_bytes(f, "sig", s.rsa);
    }
    return ERR_OK;
}

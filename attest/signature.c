#include "attest/signature.h"

#include <string.h>

#include "base/num.h"
#include "codec/der.h"
#include "crypto/hash.h"
#include "crypto/key.h"

void signature_memo_init(struct signature_memo *m) { *m = (struct signature_memo){ 0 }; }

/* SHA-256 over kinds and sizes of all parts, then the parts: no two different questions are
 * written alike. */
static enum err memo_digest(uint8_t out[32], const struct public_key *key, enum signature_kind kind,
                            struct bytes message, struct bytes signature)
{
    struct {
        uint64_t kinds[2];
        uint64_t sizes[6];
    } head = {
        { key->kind, kind },
        { key->x.size, key->y.size, key->n.size, key->e.size, message.size, signature.size },
    };
    struct bytes parts[] = {
        { (const uint8_t *)&head, sizeof head }, key->x, key->y, key->n, key->e, message, signature,
    };

    return hash_parts(HASH_SHA256, out, parts, COUNT_OF(parts));
}

static bool memo_has(const struct signature_memo *m, const uint8_t digest[32])
{
    for (size_t i = 0; i < SIGNATURE_MEMO_SLOTS; i++)
        if (m->used[i] != 0 && memcmp(m->digests[i], digest, 32) == 0)
            return true;
    return false;
}

static void memo_add(struct signature_memo *m, const uint8_t digest[32])
{
    uint32_t slot = m->next % SIGNATURE_MEMO_SLOTS;

    m->used[slot] = 0; /* until the digest is whole */
    memcpy(m->digests[slot], digest, 32);
    m->used[slot] = 1;
    m->next = (slot + 1) % SIGNATURE_MEMO_SLOTS;
}

static enum signature_answer answer_of(enum err e)
{
    switch (e) {
    case ERR_OK: return SIGNATURE_GOOD;
    case ERR_INVALID: return SIGNATURE_WRONG;
    default: return SIGNATURE_UNKNOWN;
    }
}

enum signature_answer signature_check(const struct public_key *key, enum signature_kind kind,
                                      struct bytes message, struct bytes signature,
                                      struct signature_memo *memo)
{
    uint8_t digest[32];
    enum err e;

    if (memo == NULL)
        return answer_of(key_check(key, kind, message, signature));
    if (memo_digest(digest, key, kind, message, signature) != ERR_OK)
        return SIGNATURE_UNKNOWN;
    if (memo_has(memo, digest))
        return SIGNATURE_GOOD;
    e = key_check(key, kind, message, signature);
    if (e == ERR_OK)
        memo_add(memo, digest);
    return answer_of(e);
}

static bool kind_is_ecdsa(enum signature_kind kind)
{
    return kind == SIGNATURE_ECDSA_SHA256 || kind == SIGNATURE_ECDSA_SHA384 ||
           kind == SIGNATURE_ECDSA_SHA512;
}

enum signature_answer signature_check_der(const struct public_key *key, enum signature_kind kind,
                                          struct bytes message, struct bytes signature,
                                          struct signature_memo *memo)
{
    uint8_t raw[2 * 66];
    size_t width = key_field_size(key->kind);

    if (kind == SIGNATURE_RSA_PKCS1_SHA1)
        return SIGNATURE_WRONG;
    if (!kind_is_ecdsa(kind))
        return signature_check(key, kind, message, signature, memo);
    if (width == 0 || der_ecdsa_parse(raw, width, signature) != ERR_OK)
        return SIGNATURE_WRONG;
    return signature_check(key, kind, message, (struct bytes){ raw, 2 * width }, memo);
}

enum signature_answer signature_check_digest(const struct public_key *key, enum signature_kind kind,
                                             struct bytes digest, struct bytes signature)
{
    return answer_of(key_check_digest(key, kind, digest, signature));
}

bool signature_report(struct verdict *v, enum signature_answer a, enum reason why,
                      const char *detail)
{
    if (a == SIGNATURE_GOOD) {
        verdict_pass(v, why, "%s", detail);
        return true;
    }
    if (a == SIGNATURE_WRONG)
        return verdict_fail(v, why, "%s", detail);
    return verdict_fail(v, REASON_crypto_failed, "%s", detail);
}

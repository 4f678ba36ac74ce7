/* Covers: key_check key_check_digest */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/reader.h"
#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes part_take(struct reader *r)
{
    size_t size = reader_u16be(r);

    return reader_take(r, num_min(size, r->left));
}

/* Keys, messages and signatures of any bytes. A fuzzer may find an Ed25519 or ECDSA key for a
 * signature (each signature has one), so what is asked: the answer is yes or no, is the same
 * for the digest as for the message, and is no for a signature that is longer or shorter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum hash_kind hashes[] = {
        [SIGNATURE_ECDSA_SHA256] = HASH_SHA256,     [SIGNATURE_ECDSA_SHA384] = HASH_SHA384,
        [SIGNATURE_ECDSA_SHA512] = HASH_SHA512,     [SIGNATURE_RSA_PKCS1_SHA1] = HASH_SHA1,
        [SIGNATURE_RSA_PKCS1_SHA256] = HASH_SHA256, [SIGNATURE_RSA_PKCS1_SHA384] = HASH_SHA384,
        [SIGNATURE_RSA_PKCS1_SHA512] = HASH_SHA512, [SIGNATURE_RSA_PSS_SHA256] = HASH_SHA256,
        [SIGNATURE_RSA_PSS_SHA384] = HASH_SHA384,   [SIGNATURE_RSA_PSS_SHA512] = HASH_SHA512,
    };
    struct reader r = reader_of((struct bytes){ data, size });
    struct public_key key = { .kind = (enum key_kind)(reader_u8(&r) % (KEY_RSA + 2)) };
    enum signature_kind kind = (enum signature_kind)(reader_u8(&r) % (SIGNATURE_ED25519 + 2));
    uint8_t digest[HASH_SIZE_MAX];
    struct bytes signature, message;
    enum err e;

    key.x = part_take(&r);
    key.y = part_take(&r);
    key.n = part_take(&r);
    key.e = part_take(&r);
    signature = part_take(&r);
    message = part_take(&r);
    e = key_check(&key, kind, message, signature);
    if (e != ERR_OK && e != ERR_INVALID)
        abort();
    if (kind > SIGNATURE_NONE && kind < SIGNATURE_ED25519) {
        if (hash_bytes(hashes[kind], digest, message) != ERR_OK ||
            key_check_digest(&key, kind, (struct bytes){ digest, hash_size(hashes[kind]) },
                             signature) != e)
            abort();
    }
    if (e == ERR_OK && signature.size > 0) {
        signature.size--;
        if (key_check(&key, kind, message, signature) != ERR_INVALID)
            abort();
    }
    return 0;
}

#include "attest/signature.h"

#include <stdlib.h>

#include "base/num.h"
#include "crypto/private_key.h"
#include "tests/check.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static uint8_t room[PRIVATE_KEY_PUBLIC_MAX], signature_room[PRIVATE_KEY_SIGNATURE_MAX];
static struct public_key key;
static struct bytes signature;
static const struct bytes message = BYTES_TEXT("message");
static struct signature_memo memo;

/* The same, with the key, message or signature of another cut: no two of them are one. */
static void check_memo_is_exact(void)
{
    struct bytes cut = { message.data, message.size - 1 };
    struct public_key other = key;
    uint32_t before = memo.next;

    CASE("the memo knows what was asked, and nothing like it");
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_GOOD);
    CHECK_EQ(memo.next, before);
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA256, message, signature, &memo),
             SIGNATURE_WRONG);
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, cut, signature, &memo), SIGNATURE_WRONG);
    other.kind = KEY_P256;
    CHECK_EQ(signature_check(&other, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_WRONG);
    other = key;
    other.x.size--;
    other.y = (struct bytes){ other.y.data - 1, other.y.size + 1 }; /* the same bytes in a row */
    CHECK_EQ(signature_check(&other, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_WRONG);
    signature_room[5] ^= 1;
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_WRONG);
    signature_room[5] ^= 1;
    CHECK_EQ(memo.next, before);
}

static void check_memo_is_used(void)
{
    uint8_t kept[32];

    CASE("what the memo has is not computed again; what it has not is");
    memcpy(kept, memo.digests[0], sizeof kept);
    memo.digests[0][0] ^= 1;
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_GOOD);
    CHECK_EQ(memo.next, 2);
    CHECK_BYTES(BYTES_OF(memo.digests[1]), BYTES_OF(kept));
    CASE("a slot that is not used says nothing, whatever it contains");
    memo.used[0] = memo.used[1] = 0;
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_GOOD);
    CHECK_EQ(memo.next, 3);
    CASE("the oldest goes when the memo is full");
    memo.next = SIGNATURE_MEMO_SLOTS - 1;
    memo.used[2] = 0;
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_GOOD);
    CHECK_EQ(memo.next, 0);
    CHECK_EQ(memo.used[SIGNATURE_MEMO_SLOTS - 1], 1);
}

/* r and s as two INTEGERs. */
static struct bytes der_make(uint8_t *out, struct bytes raw)
{
    size_t width = raw.size / 2, size = 2;

    for (size_t half = 0; half < 2; half++) {
        const uint8_t *n = raw.data + half * width;
        size_t zeros = 0, pad;

        while (zeros < width - 1 && n[zeros] == 0)
            zeros++;
        pad = n[zeros] >= 0x80;
        out[size++] = 2;
        out[size++] = (uint8_t)(width - zeros + pad);
        out[size] = 0;
        size += pad;
        memcpy(out + size, n + zeros, width - zeros);
        size += width - zeros;
    }
    out[0] = 0x30;
    out[1] = (uint8_t)(size - 2);
    return (struct bytes){ out, size };
}

static void check_der(void)
{
    uint8_t der[2 + 2 * (2 + 49) + 1];
    struct bytes made = der_make(der, signature);

    CASE("signatures in DER");
    CHECK_EQ(signature_check_der(&key, SIGNATURE_ECDSA_SHA384, message, made, NULL),
             SIGNATURE_GOOD);
    CHECK_EQ(signature_check_der(&key, SIGNATURE_ECDSA_SHA384, message, signature, NULL),
             SIGNATURE_WRONG);
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, made, NULL), SIGNATURE_WRONG);
    made.size--;
    CHECK_EQ(signature_check_der(&key, SIGNATURE_ECDSA_SHA384, message, made, NULL),
             SIGNATURE_WRONG);
    made.size += 2;
    der[made.size - 1] = 0;
    CHECK_EQ(signature_check_der(&key, SIGNATURE_ECDSA_SHA384, message, made, NULL),
             SIGNATURE_WRONG);
    made.size--;
    CHECK_EQ(signature_check_der(&key, SIGNATURE_RSA_PSS_SHA384, message, made, NULL),
             SIGNATURE_WRONG);
}

static void check_report(void)
{
    struct arena arena;
    struct verdict v;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 20);
    CASE("what is reported");
    verdict_init(&v, &arena);
    CHECK(signature_report(&v, SIGNATURE_GOOD, REASON_certificate_bad_signature, "VCEK"));
    CHECK(verdict_good(&v));
    CHECK_EQ(v.passed_count, 1);
    CHECK(!signature_report(&v, SIGNATURE_WRONG, REASON_certificate_bad_signature, "VCEK"));
    CHECK_EQ(v.reason, REASON_certificate_bad_signature);
    verdict_init(&v, &arena);
    CHECK(!signature_report(&v, SIGNATURE_UNKNOWN, REASON_certificate_bad_signature, "VCEK"));
    CHECK_EQ(v.reason, REASON_crypto_failed);
    verdict_init(&v, &arena);
    CHECK(!signature_report(&v, (enum signature_answer)1 << 1, REASON_certificate_bad_signature,
                            "VCEK"));
    CHECK(!verdict_good(&v));
    arena_done(&arena);
}

int main(void)
{
    struct private_key private;
    size_t size = 0;

    CASE("a good signature, remembered once");
    if (!CHECK_OK(private_key_make(&private, KEY_P384, 0)))
        return check_done();
    CHECK_OK(private_key_public(&key, room, &private));
    CHECK_OK(private_key_sign(signature_room, &size, &private, SIGNATURE_ECDSA_SHA384, message));
    signature = (struct bytes){ signature_room, size };
    signature_memo_init(&memo);
    CHECK_EQ(signature_check(&key, SIGNATURE_ECDSA_SHA384, message, signature, &memo),
             SIGNATURE_GOOD);
    CHECK_EQ(memo.next, 1);
    check_memo_is_exact();
    check_memo_is_used();
    check_der();
    check_report();
    private_key_done(&private);
    return check_done();
}

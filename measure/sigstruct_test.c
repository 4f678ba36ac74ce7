#include "measure/sigstruct.h"

#include "base/num.h"
#include "crypto/private_key.h"
#include "measure/wide.h"
#include "tests/check.h"

static uint8_t made[SIGSTRUCT_SIZE];

static struct sigstruct_wish wish_of(void)
{
    static const uint8_t hash[32] = { 1, 2, 3 };

    return (struct sigstruct_wish){ .date = 0x20261121,
                                    .miscmask = UINT32_MAX,
                                    .flags = 4,
                                    .xfrm = 3,
                                    .flags_mask = ~SIGSTRUCT_DEBUG,
                                    .xfrm_mask = 0x1b,
                                    .isvprodid = 7,
                                    .isvsvn = 9,
                                    .enclavehash = hash };
}

static bool checks(void)
{
    const char *wrong = NULL;
    struct sigstruct s;
    bool good =
        sigstruct_parse(&s, BYTES_OF(made)) == ERR_OK && sigstruct_check(&s, &wrong) == ERR_OK;

    CHECK(good == (wrong == NULL));
    return good;
}

static void check_made(const struct private_key *key)
{
    struct sigstruct_wish wish = wish_of();
    struct sigstruct s;

    CASE("what is made is what EINIT wants");
    if (!CHECK_OK(sigstruct_make(made, &wish, key)))
        return;
    CHECK(checks());
    CHECK_OK(sigstruct_parse(&s, BYTES_OF(made)));
    CHECK_EQ(s.isvprodid, 7);
    CHECK_EQ(s.isvsvn, 9);
    CHECK_EQ(s.exponent, 3);
    CASE("every byte changed");
    for (size_t i = 0; i < sizeof made; i++) {
        made[i] ^= (uint8_t)(1u << i % 8);
        CHECK(!checks());
        made[i] ^= (uint8_t)(1u << i % 8);
    }
    CASE("another size");
    CHECK_ERR(sigstruct_parse(&s, (struct bytes){ made, sizeof made - 1 }), ERR_MALFORMED);
    CHECK_ERR(sigstruct_parse(&s, (struct bytes){ 0 }), ERR_MALFORMED);
}

static void check_fits(void)
{
    uint8_t hash[32] = { 1, 2, 3 }, attributes[16] = { 4, 0, 0, 0, 0, 0, 0, 0, 3 }, misc[4] = { 0 };
    struct sigstruct s;

    CASE("an enclave that fits");
    CHECK_OK(sigstruct_parse(&s, BYTES_OF(made)));
    CHECK(sigstruct_fits(&s, BYTES_OF(hash), BYTES_OF(attributes), BYTES_OF(misc)));
    CASE("a bit that the mask leaves free");
    attributes[0] |= 2;
    attributes[8] |= 4;
    CHECK(sigstruct_fits(&s, BYTES_OF(hash), BYTES_OF(attributes), BYTES_OF(misc)));
    CASE("a bit that it does not");
    attributes[0] |= 0x10;
    CHECK(!sigstruct_fits(&s, BYTES_OF(hash), BYTES_OF(attributes), BYTES_OF(misc)));
    attributes[0] = 4;
    misc[0] = 1;
    CHECK(!sigstruct_fits(&s, BYTES_OF(hash), BYTES_OF(attributes), BYTES_OF(misc)));
    misc[0] = 0;
    CASE("another enclave");
    hash[31] = 1;
    CHECK(!sigstruct_fits(&s, BYTES_OF(hash), BYTES_OF(attributes), BYTES_OF(misc)));
}

static void check_keys(void)
{
    struct sigstruct_wish wish = wish_of();
    struct private_key other;

    CASE("a key of exponent 65537, and one that is not RSA");
    if (CHECK_OK(private_key_make(&other, KEY_RSA, 65537))) {
        CHECK_ERR(sigstruct_make(made, &wish, &other), ERR_INVALID);
        private_key_done(&other);
    }
    if (CHECK_OK(private_key_make(&other, KEY_P384, 0))) {
        CHECK_ERR(sigstruct_make(made, &wish, &other), ERR_INVALID);
        private_key_done(&other);
    }
}

static void check_wide(void)
{
    struct wide a = { { 0 } }, n = { { 0 } }, q, r, back;

    CASE("(2^3072 - 4)^2 divided by 2^3072 - 3");
    memset(a.limb, 0xff, sizeof a.limb);
    n = a;
    a.limb[0] -= 3;
    n.limb[0] -= 2;
    wide_divide(&q, &r, &a, &a, &n);
    CHECK_EQ(r.limb[0], 1);
    CHECK_EQ(q.limb[0], UINT32_MAX - 4);
    CHECK(wide_remainder_of(&back, &a, &a, &q, &n));
    CHECK_EQ(wide_compare(&back, &r), 0);
    CASE("a quotient too large or too small by one");
    q.limb[0]++;
    CHECK(!wide_remainder_of(&back, &a, &a, &q, &n));
    q.limb[0] -= 2;
    CHECK(!wide_remainder_of(&back, &a, &a, &q, &n));
}

int main(void)
{
    struct private_key key;

    if (private_key_make(&key, KEY_RSA, 3) != ERR_OK)
        return 1;
    check_made(&key);
    check_fits();
    check_keys();
    check_wide();
    private_key_done(&key);
    return check_done();
}

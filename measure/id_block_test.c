#include "measure/id_block.h"

#include "crypto/private_key.h"
#include "tests/check.h"

static uint8_t block[ID_BLOCK_SIZE], made[ID_AUTH_SIZE];

static void block_make(void)
{
    static uint8_t digest[48] = { 0x5a }, id[16] = { 1 };

    id_block_write(block, &(struct id_block){ .launch_digest = BYTES_OF(digest),
                                              .family_id = BYTES_OF(id),
                                              .image_id = BYTES_OF(id),
                                              .version = 1,
                                              .guest_svn = 3,
                                              .policy = 0x30000 });
}

/* Parsed, and both signatures are good. */
static bool checks(bool has_author)
{
    struct id_auth a;

    return id_auth_parse(&a, BYTES_OF(made)) == ERR_OK && a.has_author == has_author &&
           id_auth_check_block(&a, BYTES_OF(block)) == ERR_OK &&
           (!has_author || id_auth_check_author(&a) == ERR_OK);
}

static void check_block(void)
{
    struct id_block b;

    CASE("a block comes back as it was written");
    block_make();
    CHECK_OK(id_block_parse(&b, BYTES_OF(block)));
    CHECK_EQ(b.guest_svn, 3);
    CHECK_EQ(b.policy, 0x30000);
    CASE("a block of another version or size");
    CHECK_ERR(id_block_parse(&b, (struct bytes){ block, sizeof block - 1 }), ERR_MALFORMED);
    block[80] = 2;
    CHECK_ERR(id_block_parse(&b, BYTES_OF(block)), ERR_UNSUPPORTED);
    block_make();
}

static void check_changes(bool has_author)
{
    CASE(has_author ? "every byte changed" : "every byte changed, without an author");
    for (size_t i = 0; i < sizeof made; i++) {
        made[i] ^= (uint8_t)(1u << i % 8);
        CHECK(!checks(has_author));
        made[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] ^= 0x10;
        CHECK(!checks(has_author));
        block[i] ^= 0x10;
    }
    CHECK(checks(has_author));
}

int main(void)
{
    struct private_key id, author, other;
    struct id_auth a;
    uint8_t digest[ID_DIGEST_SIZE];

    if (private_key_make(&id, KEY_P384, 0) != ERR_OK ||
        private_key_make(&author, KEY_P384, 0) != ERR_OK ||
        private_key_make(&other, KEY_P256, 0) != ERR_OK)
        return 1;
    check_block();
    CASE("made with an author, and good");
    CHECK_OK(id_auth_make(made, BYTES_OF(block), &id, &author));
    CHECK(checks(true));
    CHECK_OK(id_auth_parse(&a, BYTES_OF(made)));
    CHECK_OK(id_key_digest(digest, &a.author_key));
    check_changes(true);
    CASE("made without an author");
    CHECK_OK(id_auth_make(made, BYTES_OF(block), &id, NULL));
    CHECK(checks(false));
    CHECK_OK(id_auth_parse(&a, BYTES_OF(made)));
    CHECK_ERR(id_auth_check_author(&a), ERR_INVALID);
    check_changes(false);
    CASE("another size");
    CHECK_ERR(id_auth_parse(&a, (struct bytes){ made, sizeof made - 1 }), ERR_MALFORMED);
    CHECK_ERR(id_auth_parse(&a, (struct bytes){ 0 }), ERR_MALFORMED);
    CASE("a key of another curve");
    CHECK_ERR(id_auth_make(made, BYTES_OF(block), &other, NULL), ERR_INVALID);
    private_key_done(&id);
    private_key_done(&author);
    private_key_done(&other);
    return check_done();
}

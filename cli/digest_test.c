#include "cli/digest.h"

#include <string.h>

#include "tests/check.h"

int main(void)
{
    uint8_t a[HASH_SHA256_SIZE], b[HASH_SHA256_SIZE];
    char text[DIGEST_TEXT_SIZE];
    struct bytes none = { 0 };

    /* printf 'a3 00 5820 <sha256 of nothing> 01 f6 02 a0' as bytes | sha256sum */
    CASE("an empty module without a manifest");
    CHECK_OK(digest_workload(a, BYTES_TEXT(""), none));
    digest_text(text, a);
    CHECK_TEXT(text, "49be34f22be54abadfa98c08f99b79191474ad0fce06ee6772a4527032ca43ce");

    CASE("an empty manifest is not the same as none");
    CHECK_OK(digest_workload(b, BYTES_TEXT(""), BYTES_TEXT("")));
    CHECK(memcmp(a, b, sizeof a) != 0);

    CASE("module and manifest do not change places");
    CHECK_OK(digest_workload(a, BYTES_TEXT("x"), BYTES_TEXT("y")));
    CHECK_OK(digest_workload(b, BYTES_TEXT("y"), BYTES_TEXT("x")));
    CHECK(memcmp(a, b, sizeof a) != 0);
    return check_done();
}

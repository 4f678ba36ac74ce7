/* Lists of measurements: what is one, and the registers that it leads to. */
#include "measure/tpm.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"

static struct arena arena;
static struct tpm_prediction p;

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static enum err predict(const char *list, size_t *line)
{
    return tpm_predict(&p, &arena, (struct bytes){ (const uint8_t *)list, strlen(list) }, line);
}

static void lists(void)
{
    static const char good[] =
        "# ours\nlocality 3\n0 sha256 " ZEROS "  # a remark\r\n\n"
        "0\tsha256 " ZEROS "\n7 sha1 0000000000000000000000000000000000000000";
    static const char json[] = "[{\"pcr\":4,\"alg\":\"sha256\",\"digest\":\"" ZEROS "\"}]";
    uint8_t value[64] = { [31] = 3 };
    size_t line;

    CASE("a list in lines");
    CHECK_OK(predict(good, &line));
    CHECK_OK(hash_sha256(value, BYTES_OF(value)));
    memset(value + 32, 0, 32);
    CHECK_OK(hash_sha256(value, BYTES_OF(value)));
    CHECK_BYTES(pcr_bank_value(&p.banks[HASH_SHA256], 0), ((struct bytes){ value, 32 }));
    CHECK(p.is_used[HASH_SHA256] && p.is_used[HASH_SHA1] && !p.is_used[HASH_SHA384]);
    CHECK_EQ(p.banks[HASH_SHA1].extended, 0x80);
    CASE("a list in JSON");
    CHECK_OK(predict(json, &line));
    CHECK_EQ(p.banks[HASH_SHA256].extended, 0x10);
    memset(value, 0, sizeof value);
    CHECK_OK(hash_sha256(value, BYTES_OF(value)));
    CHECK_BYTES(pcr_bank_value(&p.banks[HASH_SHA256], 4), ((struct bytes){ value, 32 }));
}

static void faults(void)
{
    static const struct {
        const char *name, *list;
        size_t line;
    } cases[] = {
        { "no such register", "24 sha256 " ZEROS, 1 },
        { "no such bank", "\n0 sha224 " ZEROS, 2 },
        { "a digest of another size", "0 sha384 " ZEROS, 1 },
        { "no hex", "0 sha1 zz", 1 },
        { "too much in a line", "0 sha256 " ZEROS " 1", 1 },
        { "too little", "0 sha256", 1 },
        { "a locality behind the first measurement", "0 sha256 " ZEROS "\nlocality 3", 2 },
        { "a locality that is none", "locality 5", 1 },
        { "no number", "x sha256 " ZEROS, 1 },
        { "JSON without a digest", "[{\"pcr\":0,\"alg\":\"sha256\"}]", 1 },
        { "JSON with a wrong register",
          "[{\"pcr\":-1,\"alg\":\"sha256\",\"digest\":\"" ZEROS "\"}]", 1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t line = 0;

        CASE(cases[i].name);
        CHECK_ERR(predict(cases[i].list, &line), ERR_MALFORMED);
        CHECK_EQ(line, cases[i].line);
    }
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 1u << 20);
    lists();
    faults();
    arena_done(&arena);
    return check_done();
}

/* Logs in dstack's JSON form: what they replay to, and what is refused. */
#include <stdlib.h>

#include "attest/dcap/job.h"
#include "base/num.h"
#include "tests/check.h"

static struct arena arena;

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

#define ONES "111111111111111111111111111111111111111111111111"
/* SHA-384("\x01\x00\x00\x08:app-id:\xab\xcd"), by coreutils' sha384sum. */
#define APP_ID                                         \
    "8d70337cb34e7719eecb5cf5d10cbde0c8ffd4afb4592ae2" \
    "0b128d3d6f422d48d468c775f6ffd4505192284e12665052"

static const struct {
    const char *name, *text;
    enum err want;
} cases[] = {
    { "one event", "[{\"imr\":0,\"event_type\":4,\"digest\":\"" ONES ONES "\"}]", ERR_OK },
    { "no event", "[]", ERR_OK },
    { "a runtime event and its payload",
      "[{\"imr\":3,\"event_type\":134217729,\"digest\":\"" APP_ID
      "\",\"event\":\"app-id\",\"event_payload\":\"abcd\"}]",
      ERR_OK },
    { "a runtime event with another payload",
      "[{\"imr\":3,\"event_type\":134217729,\"digest\":\"" APP_ID
      "\",\"event\":\"app-id\",\"event_payload\":\"abce\"}]",
      ERR_INVALID },
    { "a runtime event without a payload",
      "[{\"imr\":3,\"event_type\":134217729,\"digest\":\"" APP_ID "\",\"event\":\"app-id\"}]",
      ERR_INVALID },
    { "a register that is none", "[{\"imr\":4,\"event_type\":4,\"digest\":\"" ONES ONES "\"}]",
      ERR_MALFORMED },
    { "a negative register", "[{\"imr\":-1,\"event_type\":4,\"digest\":\"" ONES ONES "\"}]",
      ERR_MALFORMED },
    { "a digest of 24 bytes", "[{\"imr\":0,\"event_type\":4,\"digest\":\"" ONES "\"}]",
      ERR_MALFORMED },
    { "no digest", "[{\"imr\":0,\"event_type\":4}]", ERR_MALFORMED },
    { "no list", "{\"imr\":0}", ERR_MALFORMED },
    { "no JSON", "[{\"imr\":0", ERR_MALFORMED },
};

int main(void)
{
    struct pcr_bank bank;
    uint8_t expected[48], message[96] = { 0 };

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 16 << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_ERR(rtmr_json_replay(
                      &bank, &arena,
                      (struct bytes){ (const uint8_t *)cases[i].text, strlen(cases[i].text) }),
                  cases[i].want);
    }
    CASE("the value: SHA-384 of 48 zeros and the digest");
    CHECK_OK(rtmr_json_replay(
        &bank, &arena, (struct bytes){ (const uint8_t *)cases[0].text, strlen(cases[0].text) }));
    memset(&message[48], 0x11, 48);
    CHECK_OK(hash_bytes(HASH_SHA384, expected, BYTES_OF(message)));
    CHECK_BYTES(pcr_bank_value(&bank, 1), BYTES_OF(expected));
    arena_done(&arena);
    return check_done();
}

#include "gate/call.h"

#include "tests/check.h"

/* Written out again, by hand: a number or a limit that changes is a change of the
 * wall, and must not pass unnoticed. */
static const struct {
    uint32_t number;
    const char *name;
    uint32_t sent_max, back_max;
    uint64_t value_max;
} known[] = {
    { 1, "exit", 256, 0, 0 },
    { 2, "launch", 0, 65536, 0 },
    { 3, "debug", 32768, 32768, 0 },
    { 4, "vcpu_start", 0, 0, 0 },
    { 5, "wake", 0, 0, 0 },
    { 6, "memory_grow", 0, 0, 0 },
    { 7, "memory_shrink", 0, 0, 0 },
    { 8, "clock", 0, 32, 0 },
    { 9, "stream_read", 0, 65536, 65536 },
    { 10, "stream_write", 65536, 0, 65536 },
    { 11, "stream_accept", 0, 0, 4095 },
    { 12, "stream_shutdown", 0, 0, 0 },
    { 13, "stream_close", 0, 0, 0 },
    { 14, "stream_poll", 8192, 8192, 512 },
    { 15, "cancel", 0, 0, 0 },
    { 16, "block_read", 0, 65536, 65536 },
    { 17, "block_write", 65536, 0, 65536 },
    { 18, "block_control", 0, 0, (uint64_t)1 << 46 },
    { 19, "evidence", 64, 32768, 32768 },
    { 20, "seal_key", 64, 32, 32 },
};

int main(void)
{
    CASE("every call is as the wall was agreed");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct gate_rule *rule = gate_rule_of(known[i].number);

        if (!CHECK(rule != NULL))
            continue;
        CHECK_EQ(rule->number, known[i].number);
        CHECK_TEXT(rule->name, known[i].name);
        CHECK_EQ(rule->sent_max, known[i].sent_max);
        CHECK_EQ(rule->back_max, known[i].back_max);
        CHECK_EQ(rule->value_max, known[i].value_max);
    }

    CASE("no other numbers");
    CHECK_NULL(gate_rule_of(0));
    for (uint32_t number = 21; number < 1000; number++)
        CHECK_NULL(gate_rule_of(number));
    CHECK_NULL(gate_rule_of(UINT32_MAX));

    CASE("what is never answered is not posted, and does not wait");
    for (uint32_t number = 1; number <= GATE_CALLS_MAX; number++) {
        const struct gate_rule *rule = gate_rule_of(number);

        if (rule != NULL && (rule->flags & GATE_LAST) != 0)
            CHECK_EQ(rule->flags, GATE_LAST);
    }

    CASE("a call whose answer nobody waits for gives nothing back");
    for (uint32_t number = 1; number <= GATE_CALLS_MAX; number++) {
        const struct gate_rule *rule = gate_rule_of(number);

        if (rule != NULL && (rule->flags & GATE_POSTED) != 0)
            CHECK_EQ(rule->back_max, 0);
    }
    return check_done();
}

#include "gate/contract.h"

#include "base/num.h"
#include "gate/place.h"
#include "tests/check.h"

#define MIB ((uint64_t)1 << 20)

static const struct {
    const char *name;
    struct gate_asked asked;
    bool holds;
} asks[] = {
    { "no call 0", { .call = 0 }, false },
    { "no call 21", { .call = 21 }, false },
    { "exit", { .call = GATE_EXIT, .args = { 255, GATE_END_SHIM } }, true },
    { "exit with a report", { .call = GATE_EXIT, .sent = 256 }, true },
    { "exit with a long report", { .call = GATE_EXIT, .sent = 257 }, false },
    { "exit code 256", { .call = GATE_EXIT, .args = { 256 } }, false },
    { "exit for no known reason", { .call = GATE_EXIT, .args = { 0, 4 } }, false },
    { "exit with room for an answer", { .call = GATE_EXIT, .room = 1 }, false },
    { "launch", { .call = GATE_LAUNCH, .room = 65536 }, true },
    { "launch with an argument", { .call = GATE_LAUNCH, .args = { 1 } }, false },
    { "debug text", { .call = GATE_DEBUG, .args = { GATE_DEBUG_TEXT }, .sent = 32768 }, true },
    { "debug of no kind", { .call = GATE_DEBUG }, false },
    { "vcpu 1", { .call = GATE_VCPU_START, .args = { 1 } }, true },
    { "vcpu 0 runs already", { .call = GATE_VCPU_START }, false },
    { "vcpu 64", { .call = GATE_VCPU_START, .args = { 64 } }, false },
    { "wake 0", { .call = GATE_WAKE }, true },
    { "wake with an interrupt", { .call = GATE_WAKE, .args = { 63, 1 } }, true },
    { "wake 64", { .call = GATE_WAKE, .args = { 64 } }, false },
    { "wake with an unknown flag", { .call = GATE_WAKE, .args = { 1, 2 } }, false },
    { "grow", { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_GPA + 32 * MIB, 2 * MIB } }, true },
    { "grow to the end",
      { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_END - 2 * MIB, 2 * MIB } },
      true },
    { "grow beyond the end",
      { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_END - 2 * MIB, 4 * MIB } },
      false },
    { "grow by half a unit", { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_GPA, MIB } }, false },
    { "grow at half a unit",
      { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_GPA + MIB, 2 * MIB } },
      false },
    { "grow by nothing", { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_GPA } }, false },
    { "grow the gate", { .call = GATE_MEMORY_GROW, .args = { PLACE_GATE_GPA, 2 * MIB } }, false },
    { "grow around the number space",
      { .call = GATE_MEMORY_GROW, .args = { PLACE_RAM_GPA, UINT64_MAX - 2 * MIB + 1 } },
      false },
    { "shrink a page", { .call = GATE_MEMORY_SHRINK, .args = { PLACE_RAM_GPA, 4096 } }, true },
    { "shrink bytes", { .call = GATE_MEMORY_SHRINK, .args = { PLACE_RAM_GPA, 4095 } }, false },
    { "shrink inputs", { .call = GATE_MEMORY_SHRINK, .args = { PLACE_INPUT_GPA, 4096 } }, false },
    { "clock", { .call = GATE_CLOCK, .room = 32 }, true },
    { "half a clock", { .call = GATE_CLOCK, .room = 16 }, false },
    { "read", { .call = GATE_STREAM_READ, .args = { 1, 10, 3 }, .room = 10 }, true },
    { "read nothing", { .call = GATE_STREAM_READ, .args = { 1 } }, true },
    { "read more than there is room",
      { .call = GATE_STREAM_READ, .args = { 1, 11 }, .room = 10 },
      false },
    { "read with an unknown flag", { .call = GATE_STREAM_READ, .args = { 1, 0, 4 } }, false },
    { "read a handle that cannot be", { .call = GATE_STREAM_READ, .args = { 4096 } }, false },
    { "read with a wide handle",
      { .call = GATE_STREAM_READ, .args = { (uint64_t)1 << 32 } },
      false },
    { "read a fourth thing", { .call = GATE_STREAM_READ, .args = { 1, 0, 0, 1 } }, false },
    { "write", { .call = GATE_STREAM_WRITE, .args = { 4095, 1 }, .sent = 65536 }, true },
    { "write nothing", { .call = GATE_STREAM_WRITE }, false },
    { "write too much", { .call = GATE_STREAM_WRITE, .sent = 65537 }, false },
    { "write with room", { .call = GATE_STREAM_WRITE, .sent = 1, .room = 1 }, false },
    { "write and peek", { .call = GATE_STREAM_WRITE, .args = { 1, 2 }, .sent = 1 }, false },
    { "accept", { .call = GATE_STREAM_ACCEPT, .args = { 5, 1 } }, true },
    { "accept and peek", { .call = GATE_STREAM_ACCEPT, .args = { 5, 2 } }, false },
    { "shutdown both", { .call = GATE_STREAM_SHUTDOWN, .args = { 5, 3 } }, true },
    { "shutdown neither", { .call = GATE_STREAM_SHUTDOWN, .args = { 5, 0 } }, false },
    { "shutdown more", { .call = GATE_STREAM_SHUTDOWN, .args = { 5, 4 } }, false },
    { "close", { .call = GATE_STREAM_CLOSE, .args = { 5 } }, true },
    { "close two", { .call = GATE_STREAM_CLOSE, .args = { 5, 6 } }, false },
    { "poll", { .call = GATE_STREAM_POLL, .args = { 1 }, .sent = 8192, .room = 8192 }, true },
    { "poll for ever", { .call = GATE_STREAM_POLL, .args = { GATE_FOREVER } }, true },
    { "poll with less room", { .call = GATE_STREAM_POLL, .sent = 32, .room = 16 }, false },
    { "poll a half", { .call = GATE_STREAM_POLL, .sent = 8, .room = 8 }, false },
    { "cancel", { .call = GATE_CANCEL, .args = { 1 } }, true },
    { "cancel 0", { .call = GATE_CANCEL }, false },
    { "cancel a wide id", { .call = GATE_CANCEL, .args = { (uint64_t)1 << 32 } }, false },
    { "block read", { .call = GATE_BLOCK_READ, .args = { 1, 4096, 512 }, .room = 512 }, true },
    { "block read to the end",
      { .call = GATE_BLOCK_READ, .args = { 1, GATE_BLOCK_SIZE_MAX - 512, 512 }, .room = 512 },
      true },
    { "block read beyond it",
      { .call = GATE_BLOCK_READ, .args = { 1, GATE_BLOCK_SIZE_MAX - 511, 512 }, .room = 512 },
      false },
    { "block read around the number space",
      { .call = GATE_BLOCK_READ, .args = { 1, UINT64_MAX - 100, 512 }, .room = 512 },
      false },
    { "block read without room", { .call = GATE_BLOCK_READ, .args = { 1, 0, 1 } }, false },
    { "block write", { .call = GATE_BLOCK_WRITE, .args = { 1, 4096 }, .sent = 512 }, true },
    { "block write nothing", { .call = GATE_BLOCK_WRITE, .args = { 1, 4096 } }, false },
    { "block write at minus one",
      { .call = GATE_BLOCK_WRITE, .args = { 1, UINT64_MAX }, .sent = 1 },
      false },
    { "block flush", { .call = GATE_BLOCK_CONTROL, .args = { 1, GATE_BLOCK_FLUSH } }, true },
    { "block flush of a size", { .call = GATE_BLOCK_CONTROL, .args = { 1, 1, 1 } }, false },
    { "block resize",
      { .call = GATE_BLOCK_CONTROL, .args = { 1, GATE_BLOCK_RESIZE, GATE_BLOCK_SIZE_MAX } },
      true },
    { "block resize beyond",
      { .call = GATE_BLOCK_CONTROL, .args = { 1, GATE_BLOCK_RESIZE, GATE_BLOCK_SIZE_MAX + 1 } },
      false },
    { "block control of no kind", { .call = GATE_BLOCK_CONTROL, .args = { 1, 4 } }, false },
    { "evidence", { .call = GATE_EVIDENCE, .sent = 64, .room = 32768 }, true },
    { "evidence over less", { .call = GATE_EVIDENCE, .sent = 63, .room = 32768 }, false },
    { "seal key", { .call = GATE_SEAL_KEY, .sent = 1, .room = 32 }, true },
    { "seal key without label", { .call = GATE_SEAL_KEY, .room = 32 }, false },
    { "seal key with a long label", { .call = GATE_SEAL_KEY, .sent = 65, .room = 32 }, false },
    { "seal key, half of it", { .call = GATE_SEAL_KEY, .sent = 8, .room = 16 }, false },
};

#define READ(...)                                                             \
    {                                                                         \
        .call = GATE_STREAM_READ, .room = 100, .args = { 3, 50, __VA_ARGS__ } \
    }
#define WRITE(...)                                                         \
    {                                                                      \
        .call = GATE_STREAM_WRITE, .sent = 100, .args = { 3, __VA_ARGS__ } \
    }
#define POLL(timeout)                                                         \
    {                                                                         \
        .call = GATE_STREAM_POLL, .sent = 64, .room = 64, .args = { timeout } \
    }
#define CONTROL(what)                                   \
    {                                                   \
        .call = GATE_BLOCK_CONTROL, .args = { 1, what } \
    }
#define KEY                                          \
    {                                                \
        .call = GATE_SEAL_KEY, .sent = 8, .room = 32 \
    }
#define PROOF                                            \
    {                                                    \
        .call = GATE_EVIDENCE, .sent = 64, .room = 32768 \
    }

static const struct {
    const char *name;
    struct gate_asked asked;
    struct gate_completion answer;
    bool holds;
} answers[] = {
    { "no such call", { .call = 99 }, { 0 }, false },
    { "exit is not answered", { .call = GATE_EXIT }, { 0 }, false },
    { "read", READ(), { .value = 50, .data_size = 50 }, true },
    { "read: the end", READ(), { 0 }, true },
    { "read more than asked", READ(), { .value = 51, .data_size = 51 }, false },
    { "read more than room", READ(), { .value = 101, .data_size = 101 }, false },
    { "read minus one", READ(), { .value = UINT64_MAX, .data_size = 50 }, false },
    { "read less than said", READ(), { .value = 50, .data_size = 49 }, false },
    { "read more than said", READ(), { .value = 49, .data_size = 50 }, false },
    { "read, wide value", READ(), { .value = ((uint64_t)1 << 32) | 50, .data_size = 50 }, false },
    { "read, a reserved field", READ(), { .zero = 1 }, false },
    { "read, the other one", READ(), { .zero64 = 1 }, false },
    { "read: reset", READ(), { .refusal = GATE_REFUSED_RESET }, true },
    { "read: again, who would wait", READ(), { .refusal = GATE_REFUSED_AGAIN }, false },
    { "read: again", READ(GATE_NOWAIT), { .refusal = GATE_REFUSED_AGAIN }, true },
    { "read: cancelled by nobody", READ(), { .refusal = GATE_REFUSED_CANCELLED }, false },
    { "read: a broken pipe", READ(), { .refusal = GATE_REFUSED_PIPE }, false },
    { "read: refusal 9", READ(), { .refusal = 9 }, false },
    { "read: refusal 32 + 4", READ(), { .refusal = 36 }, false },
    { "read: refusal -1", READ(), { .refusal = UINT32_MAX }, false },
    { "read: refused with a value", READ(), { .refusal = GATE_REFUSED_IO, .value = 1 }, false },
    { "read: refused with data", READ(), { .refusal = GATE_REFUSED_IO, .data_size = 1 }, false },
    { "write", WRITE(), { .value = 100 }, true },
    { "write: a part", WRITE(), { .value = 1 }, true },
    { "write: nothing taken", WRITE(), { .value = 0 }, false },
    { "write: more than sent", WRITE(), { .value = 101 }, false },
    { "write: data back", WRITE(), { .value = 100, .data_size = 1 }, false },
    { "write: again, who would wait", WRITE(), { .refusal = GATE_REFUSED_AGAIN }, false },
    { "write: again", WRITE(GATE_NOWAIT), { .refusal = GATE_REFUSED_AGAIN }, true },
    { "accept", { .call = GATE_STREAM_ACCEPT }, { .value = 4095 }, true },
    { "accept a handle that cannot be", { .call = GATE_STREAM_ACCEPT }, { .value = 4096 }, false },
    { "close with a value", { .call = GATE_STREAM_CLOSE }, { .value = 1 }, false },
    { "close is not refused",
      { .call = GATE_STREAM_CLOSE },
      { .refusal = GATE_REFUSED_IO },
      false },
    { "poll", POLL(0), { .value = 4, .data_size = 64 }, true },
    { "poll: timed out", POLL(5), { .value = 0, .data_size = 64 }, true },
    { "poll: timed out of for ever", POLL(GATE_FOREVER), { .data_size = 64 }, false },
    { "poll: five of four", POLL(0), { .value = 5, .data_size = 64 }, false },
    { "poll: fewer back", POLL(0), { .value = 1, .data_size = 48 }, false },
    { "clock", { .call = GATE_CLOCK, .room = 32 }, { .data_size = 32 }, true },
    { "clock: nothing", { .call = GATE_CLOCK, .room = 32 }, { 0 }, false },
    { "clock: half", { .call = GATE_CLOCK, .room = 32 }, { .data_size = 16 }, false },
    { "flush", CONTROL(GATE_BLOCK_FLUSH), { 0 }, true },
    { "flush with a value", CONTROL(GATE_BLOCK_FLUSH), { .value = 1 }, false },
    { "size", CONTROL(GATE_BLOCK_SIZE), { .value = GATE_BLOCK_SIZE_MAX }, true },
    { "size beyond", CONTROL(GATE_BLOCK_SIZE), { .value = GATE_BLOCK_SIZE_MAX + 1 }, false },
    { "evidence", PROOF, { .value = 700, .data_size = 700 }, true },
    { "evidence: none", PROOF, { 0 }, false },
    { "evidence: unlike its size", PROOF, { .value = 700, .data_size = 701 }, false },
    { "key", KEY, { .value = 32, .data_size = 32 }, true },
    { "key: short", KEY, { .value = 31, .data_size = 31 }, false },
    { "key: none", KEY, { 0 }, false },
    { "key: unsupported", KEY, { .refusal = GATE_REFUSED_UNSUPPORTED }, true },
};

int main(void)
{
    for (size_t i = 0; i < COUNT_OF(asks); i++) {
        CASE(asks[i].name);
        CHECK_EQ(gate_ask_holds(&asks[i].asked), asks[i].holds);
    }
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        CASE(answers[i].name);
        CHECK_EQ(gate_answer_holds(&answers[i].asked, &answers[i].answer), answers[i].holds);
    }
    CASE("cancelled, by us");
    CHECK(gate_answer_holds(&(struct gate_asked)READ(),
                            &(struct gate_completion){ .refusal = GATE_REFUSED_IO }));
    CHECK(gate_answer_holds(&(struct gate_asked){ .call = GATE_STREAM_READ, .cancelled = true },
                            &(struct gate_completion){ .refusal = GATE_REFUSED_CANCELLED }));
    return check_done();
}

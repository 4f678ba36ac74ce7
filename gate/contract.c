#include "gate/contract.h"

#include "base/num.h"
#include "gate/call.h"
#include "gate/place.h"

/* [at, at+size) is not empty, in whole units, and inside of [start, end). */
static bool range_holds(uint64_t at, uint64_t size, uint64_t unit, uint64_t start, uint64_t end)
{
    return size != 0 && at % unit == 0 && size % unit == 0 && at >= start && at < end &&
           size <= end - at;
}

static bool ram_holds(uint64_t gpa, uint64_t size, uint64_t unit)
{
    return range_holds(gpa, size, unit, PLACE_RAM_GPA, PLACE_RAM_END);
}

static bool block_holds(uint64_t offset, uint64_t size)
{
    return offset <= GATE_BLOCK_SIZE_MAX && size <= GATE_BLOCK_SIZE_MAX - offset;
}

/* How many of args a call uses; the others are zero. */
static const uint8_t args_used[GATE_CALLS_MAX + 1] = {
    [GATE_EXIT] = 2,          [GATE_DEBUG] = 1,
    [GATE_VCPU_START] = 1,    [GATE_WAKE] = 2,
    [GATE_MEMORY_GROW] = 2,   [GATE_MEMORY_SHRINK] = 2,
    [GATE_STREAM_READ] = 3,   [GATE_STREAM_WRITE] = 2,
    [GATE_STREAM_ACCEPT] = 2, [GATE_STREAM_SHUTDOWN] = 2,
    [GATE_STREAM_CLOSE] = 1,  [GATE_STREAM_POLL] = 1,
    [GATE_CANCEL] = 1,        [GATE_BLOCK_READ] = 3,
    [GATE_BLOCK_WRITE] = 2,   [GATE_BLOCK_CONTROL] = 3,
};

/* Where args begin with a handle. */
static bool has_handle(uint32_t call)
{
    return (call >= GATE_STREAM_READ && call <= GATE_STREAM_CLOSE) ||
           (call >= GATE_BLOCK_READ && call <= GATE_BLOCK_CONTROL);
}

static bool control_holds(uint64_t what, uint64_t size)
{
    if (what == GATE_BLOCK_RESIZE)
        return size <= GATE_BLOCK_SIZE_MAX;
    return (what == GATE_BLOCK_FLUSH || what == GATE_BLOCK_SIZE) && size == 0;
}

static bool args_hold(const struct gate_asked *asked)
{
    const uint64_t *a = asked->args;

    switch (asked->call) {
    case GATE_EXIT: return a[0] <= 255 && a[1] <= GATE_END_SHIM;
    case GATE_DEBUG: return a[0] == GATE_DEBUG_TEXT || a[0] == GATE_DEBUG_STOP;
    case GATE_VCPU_START: return a[0] >= 1 && a[0] < GATE_VCPUS_MAX;
    case GATE_WAKE: return a[0] < GATE_VCPUS_MAX && (a[1] & ~(uint64_t)GATE_WAKE_INTERRUPT) == 0;
    case GATE_MEMORY_GROW: return ram_holds(a[0], a[1], PLACE_PAGE_LARGE);
    case GATE_MEMORY_SHRINK: return ram_holds(a[0], a[1], PLACE_PAGE);
    case GATE_CLOCK: return asked->room == sizeof(struct gate_clock);
    case GATE_STREAM_READ:
        return a[1] <= asked->room && (a[2] & ~(uint64_t)(GATE_NOWAIT | GATE_PEEK)) == 0;
    case GATE_STREAM_WRITE: return asked->sent >= 1 && (a[1] & ~(uint64_t)GATE_NOWAIT) == 0;
    case GATE_STREAM_ACCEPT: return (a[1] & ~(uint64_t)GATE_NOWAIT) == 0;
    case GATE_STREAM_SHUTDOWN: return a[1] >= 1 && a[1] <= 3;
    case GATE_STREAM_POLL:
        return asked->sent % sizeof(struct gate_poll) == 0 && asked->room == asked->sent;
    case GATE_CANCEL: return a[0] >= 1 && a[0] <= UINT32_MAX;
    case GATE_BLOCK_READ: return a[2] <= asked->room && block_holds(a[1], a[2]);
    case GATE_BLOCK_WRITE: return asked->sent >= 1 && block_holds(a[1], asked->sent);
    case GATE_BLOCK_CONTROL: return control_holds(a[1], a[2]);
    case GATE_EVIDENCE: return asked->sent == 64;
    case GATE_SEAL_KEY: return asked->sent >= 1 && asked->room == 32;
    default: return true;
    }
}

bool gate_ask_holds(const struct gate_asked *asked)
{
    const struct gate_rule *rule = gate_rule_of(asked->call);

    if (rule == NULL || asked->sent > rule->sent_max || asked->room > rule->back_max)
        return false;
    for (size_t i = args_used[rule->number]; i < COUNT_OF(asked->args); i++)
        if (asked->args[i] != 0)
            return false;
    if (has_handle(asked->call) && asked->args[0] >= GATE_HANDLES_MAX)
        return false;
    return args_hold(asked);
}

/* "AGAIN where nothing is there" is an answer for who said NOWAIT alone. */
static bool asked_not_to_wait(const struct gate_asked *asked)
{
    switch (asked->call) {
    case GATE_STREAM_READ: return (asked->args[2] & GATE_NOWAIT) != 0;
    case GATE_STREAM_WRITE:
    case GATE_STREAM_ACCEPT: return (asked->args[1] & GATE_NOWAIT) != 0;
    default: return true; /* CANCEL's AGAIN means something else */
    }
}

static bool refusal_holds(const struct gate_asked *asked, const struct gate_rule *rule,
                          const struct gate_completion *answer)
{
    if (answer->refusal > GATE_REFUSALS_MAX || (rule->refusals & (1u << answer->refusal)) == 0)
        return false;
    if (answer->value != 0 || answer->data_size != 0)
        return false;
    if (answer->refusal == GATE_REFUSED_CANCELLED)
        return asked->cancelled;
    return answer->refusal != GATE_REFUSED_AGAIN || asked_not_to_wait(asked);
}

/* The value, and how much came back, of a call that was done. */
static bool done_holds(const struct gate_asked *asked, const struct gate_completion *answer)
{
    uint64_t value = answer->value, size = answer->data_size;

    switch (asked->call) {
    case GATE_CLOCK: return size == sizeof(struct gate_clock);
    case GATE_STREAM_READ: return value == size && value <= asked->args[1];
    case GATE_BLOCK_READ: return value == size && value <= asked->args[2];
    case GATE_STREAM_WRITE:
    case GATE_BLOCK_WRITE: return value >= 1 && value <= asked->sent;
    case GATE_STREAM_POLL:
        return size == asked->sent && value <= asked->sent / sizeof(struct gate_poll) &&
               (value != 0 || asked->args[0] != GATE_FOREVER);
    case GATE_BLOCK_CONTROL: return value == 0 || asked->args[1] == GATE_BLOCK_SIZE;
    case GATE_EVIDENCE: return value == size && value >= 1;
    case GATE_SEAL_KEY: return value == size && value == 32;
    default: return true;
    }
}

bool gate_answer_holds(const struct gate_asked *asked, const struct gate_completion *answer)
{
    const struct gate_rule *rule = gate_rule_of(asked->call);

    if (rule == NULL || (rule->flags & GATE_LAST) != 0)
        return false;
    if (answer->zero != 0 || answer->zero64 != 0)
        return false;
    if (answer->refusal != GATE_OK)
        return refusal_holds(asked, rule, answer);
    if (answer->value > rule->value_max || answer->data_size > asked->room)
        return false;
    return done_holds(asked, answer);
}

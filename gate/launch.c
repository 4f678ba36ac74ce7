#include "gate/launch.h"

#include "base/num.h"
#include "gate/place.h"

/* As many as there are claims that must not collide. */
struct seen {
    uint64_t handles[GATE_HANDLES_MAX / 64];
    uint64_t next_fd;
};

static bool clock_holds(const struct gate_clock *clock)
{
    /* What a timespec of Linux can say: seconds are signed. */
    return clock->zero == 0 && clock->monotonic_ns <= INT64_MAX && clock->realtime_ns <= INT64_MAX;
}

static bool head_holds(const struct gate_launch *launch)
{
    return launch->version == GATE_VERSION && launch->zero == 0 &&
           launch->handles_count <= GATE_LAUNCH_HANDLES_MAX &&
           (launch->tsc_khz == 0 ||
            (launch->tsc_khz >= GATE_TSC_KHZ_LEAST && launch->tsc_khz <= GATE_TSC_KHZ_MOST)) &&
           launch->cpu_count >= 1 && launch->cpu_count <= GATE_VCPUS_MAX &&
           launch->memory_max <= PLACE_RAM_END - PLACE_RAM_GPA && clock_holds(&launch->clock);
}

static bool flags_hold(const struct gate_handle *h)
{
    const uint32_t known = GATE_HANDLE_READ | GATE_HANDLE_WRITE | GATE_HANDLE_APPEND;

    if ((h->flags & ~known) != 0)
        return false;
    if ((h->flags & GATE_HANDLE_APPEND) != 0 && (h->flags & GATE_HANDLE_WRITE) == 0)
        return false;
    switch (h->kind) {
    case GATE_HANDLE_INPUT: return h->flags == GATE_HANDLE_READ;
    case GATE_HANDLE_PLATFORM: return h->flags == 0;
    case GATE_HANDLE_LISTENER: return true;
    default: return h->flags != 0;
    }
}

static bool type_holds(const struct gate_handle *h)
{
    switch (h->kind) {
    case GATE_HANDLE_STREAM: return h->type >= GATE_TYPE_PIPE && h->type <= GATE_TYPE_FILE;
    case GATE_HANDLE_LISTENER: return h->type == GATE_TYPE_SOCKET;
    case GATE_HANDLE_BLOCK:
    case GATE_HANDLE_INPUT: return h->type == GATE_TYPE_FILE;
    case GATE_HANDLE_PLATFORM: return h->type == 0;
    default: return false;
    }
}

/* Up to the end of its last page. */
static uint64_t input_end(const struct gate_handle *h)
{
    return h->gpa + num_align(h->size, PLACE_PAGE);
}

static bool input_holds(const struct gate_handle *h)
{
    return h->handle == 0 && h->gpa % PLACE_PAGE == 0 && h->gpa >= PLACE_INPUT_GPA &&
           h->gpa <= PLACE_INPUT_END && h->size <= PLACE_INPUT_END - h->gpa;
}

/* Two descriptors with one handle would close each other. */
static bool handle_holds(struct seen *seen, const struct gate_handle *h)
{
    uint64_t bit = (uint64_t)1 << (h->handle % 64);

    if (h->handle >= GATE_HANDLES_MAX || h->gpa != 0)
        return false;
    if (h->size > (h->kind == GATE_HANDLE_BLOCK ? GATE_BLOCK_SIZE_MAX : 0))
        return false;
    if ((seen->handles[h->handle / 64] & bit) != 0)
        return false;
    seen->handles[h->handle / 64] |= bit;
    return true;
}

static bool entry_holds(struct seen *seen, const struct gate_handle *h)
{
    if (h->fd < seen->next_fd || h->fd >= GATE_FDS_MAX)
        return false;
    seen->next_fd = (uint64_t)h->fd + 1;
    if (!type_holds(h) || !flags_hold(h))
        return false;
    switch (h->kind) {
    case GATE_HANDLE_INPUT: return input_holds(h);
    case GATE_HANDLE_PLATFORM: return h->handle == 0 && h->gpa == 0 && h->size == 0;
    default: return handle_holds(seen, h);
    }
}

/* Each against those before it: they are few, and at most GATE_LAUNCH_HANDLES_MAX. */
static bool input_is_alone(const struct gate_handle *all, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (all[i].kind == GATE_HANDLE_INPUT && all[i].gpa < input_end(&all[at]) &&
            all[at].gpa < input_end(&all[i]))
            return false;
    return true;
}

static bool handles_hold(const struct gate_handle *all, size_t count)
{
    struct seen seen = { 0 };

    for (size_t i = 0; i < count; i++) {
        if (!entry_holds(&seen, &all[i]))
            return false;
        if (all[i].kind == GATE_HANDLE_INPUT && !input_is_alone(all, i))
            return false;
    }
    return true;
}

enum err gate_launch_check(const struct gate_launch **launch, const struct gate_handle **handles,
                           struct bytes raw)
{
    const struct gate_launch *head = (const void *)raw.data;
    const struct gate_handle *all;

    if ((uintptr_t)raw.data % _Alignof(struct gate_launch) != 0)
        return ERR_USAGE;
    if (raw.size < sizeof *head || !head_holds(head) ||
        raw.size - sizeof *head != head->handles_count * sizeof *all)
        return ERR_HOST;
    all = (const void *)(raw.data + sizeof *head);
    if (!handles_hold(all, head->handles_count))
        return ERR_HOST;

    *launch = head;
    *handles = all;
    return ERR_OK;
}

#include "gate/launch.h"

#include "base/num.h"
#include "gate/place.h"
#include "tests/check.h"

#define HANDLES 7

struct record {
    struct gate_launch head;
    struct gate_handle handle[HANDLES];
};

static struct record honest(void)
{
    return (struct record){
        .head = {
            .version = GATE_VERSION,
            .handles_count = HANDLES,
            .tsc_khz = 2000000,
            .clock = { .tsc = 7, .monotonic_ns = 8, .realtime_ns = 1700000000000000000 },
            .cpu_count = 4,
            .memory_max = (uint64_t)8 << 30,
            .seed = { 1, 2, 3 },
        },
        .handle = {
            { .fd = 0, .kind = GATE_HANDLE_STREAM, .type = GATE_TYPE_PIPE, .handle = 10,
              .flags = GATE_HANDLE_READ },
            { .fd = 1, .kind = GATE_HANDLE_STREAM, .type = GATE_TYPE_TERMINAL, .handle = 11,
              .flags = GATE_HANDLE_WRITE },
            { .fd = 3, .kind = GATE_HANDLE_INPUT, .type = GATE_TYPE_FILE,
              .flags = GATE_HANDLE_READ, .gpa = PLACE_INPUT_GPA, .size = 4097 },
            { .fd = 4, .kind = GATE_HANDLE_LISTENER, .type = GATE_TYPE_SOCKET,
              .handle = GATE_HANDLES_MAX - 1 },
            { .fd = 7, .kind = GATE_HANDLE_BLOCK, .type = GATE_TYPE_FILE, .handle = 0,
              .flags = GATE_HANDLE_READ | GATE_HANDLE_WRITE, .size = GATE_BLOCK_SIZE_MAX },
            { .fd = 998, .kind = GATE_HANDLE_INPUT, .type = GATE_TYPE_FILE,
              .flags = GATE_HANDLE_READ, .gpa = PLACE_INPUT_GPA + 8192, .size = 1 },
            { .fd = 999, .kind = GATE_HANDLE_PLATFORM },
        },
    };
}

/* One field of an honest record, changed. */
static const struct {
    const char *name;
    size_t offset, width;
    uint64_t value;
    enum err want;
} cases[] = {
#define HEAD(field) offsetof(struct record, head.field), sizeof(((struct record *)0)->head.field)
#define AT(i, field)                                                     \
    offsetof(struct record, handle) + (i) * sizeof(struct gate_handle) + \
        offsetof(struct gate_handle, field),                             \
        sizeof(((struct gate_handle *)0)->field)
    { "version 0", HEAD(version), 0, ERR_HOST },
    { "version 2", HEAD(version), 2, ERR_HOST },
    { "fewer handles than there are", HEAD(handles_count), 6, ERR_HOST },
    { "more handles than there are", HEAD(handles_count), 8, ERR_HOST },
    { "handles that wrap to the size", HEAD(handles_count), 0x08000007, ERR_HOST },
    { "as many handles as fit", HEAD(handles_count), UINT32_MAX, ERR_HOST },
    { "a counter that is not constant", HEAD(tsc_khz), 0, ERR_OK },
    { "a slow counter", HEAD(tsc_khz), GATE_TSC_KHZ_LEAST - 1, ERR_HOST },
    { "the slowest counter", HEAD(tsc_khz), GATE_TSC_KHZ_LEAST, ERR_OK },
    { "the fastest counter", HEAD(tsc_khz), GATE_TSC_KHZ_MOST, ERR_OK },
    { "a fast counter", HEAD(tsc_khz), GATE_TSC_KHZ_MOST + 1, ERR_HOST },
    { "a counter of 2^64-1 kHz", HEAD(tsc_khz), UINT64_MAX, ERR_HOST },
    { "time before 1970", HEAD(clock.realtime_ns), UINT64_MAX, ERR_HOST },
    { "negative monotonic time", HEAD(clock.monotonic_ns), (uint64_t)1 << 63, ERR_HOST },
    { "a reserved field of the clock", HEAD(clock.zero), 1, ERR_HOST },
    { "no processors", HEAD(cpu_count), 0, ERR_HOST },
    { "64 processors", HEAD(cpu_count), 64, ERR_OK },
    { "65 processors", HEAD(cpu_count), 65, ERR_HOST },
    { "a reserved field", HEAD(zero), 1, ERR_HOST },
    { "memory: all there can be", HEAD(memory_max), PLACE_RAM_END - PLACE_RAM_GPA, ERR_OK },
    { "memory: more", HEAD(memory_max), PLACE_RAM_END - PLACE_RAM_GPA + 1, ERR_HOST },
    { "the same descriptor twice", AT(1, fd), 0, ERR_HOST },
    { "descriptors out of order", AT(2, fd), 1, ERR_HOST },
    { "descriptor 4095", AT(6, fd), 4095, ERR_OK },
    { "descriptor 4096", AT(6, fd), 4096, ERR_HOST },
    { "descriptor 2^32-1", AT(6, fd), UINT32_MAX, ERR_HOST },
    { "kind 0", AT(0, kind), 0, ERR_HOST },
    { "kind 6", AT(0, kind), 6, ERR_HOST },
    { "kind 65535", AT(0, kind), UINT16_MAX, ERR_HOST },
    { "a platform with a type", AT(6, type), 1, ERR_HOST },
    { "a platform with flags", AT(6, flags), GATE_HANDLE_READ, ERR_HOST },
    { "a platform with a handle", AT(6, handle), 1, ERR_HOST },
    { "a platform with an address", AT(6, gpa), PLACE_INPUT_GPA, ERR_HOST },
    { "a platform with a size", AT(6, size), 1, ERR_HOST },
    { "a stream without a type", AT(0, type), 0, ERR_HOST },
    { "a stream of type 6", AT(0, type), 6, ERR_HOST },
    { "a listener that is a pipe", AT(3, type), GATE_TYPE_PIPE, ERR_HOST },
    { "a block that is a socket", AT(4, type), GATE_TYPE_SOCKET, ERR_HOST },
    { "an input that is a terminal", AT(2, type), GATE_TYPE_TERMINAL, ERR_HOST },
    { "a stream for nothing", AT(0, flags), 0, ERR_HOST },
    { "an unknown flag", AT(0, flags), 8 | GATE_HANDLE_READ, ERR_HOST },
    { "append without write", AT(0, flags), GATE_HANDLE_APPEND, ERR_HOST },
    { "append", AT(1, flags), GATE_HANDLE_APPEND | GATE_HANDLE_WRITE, ERR_OK },
    { "an input to write", AT(2, flags), GATE_HANDLE_READ | GATE_HANDLE_WRITE, ERR_HOST },
    { "handle 4096", AT(0, handle), GATE_HANDLES_MAX, ERR_HOST },
    { "handle 2^32-1", AT(0, handle), UINT32_MAX, ERR_HOST },
    { "one handle for two", AT(0, handle), 11, ERR_HOST },
    { "the block's handle for a stream", AT(0, handle), 0, ERR_HOST },
    { "an input with a handle", AT(2, handle), 1, ERR_HOST },
    { "a stream with an address", AT(0, gpa), PLACE_INPUT_GPA, ERR_HOST },
    { "a stream with a size", AT(0, size), 1, ERR_HOST },
    { "a listener with a size", AT(3, size), 1, ERR_HOST },
    { "a block of more than blocks are", AT(4, size), GATE_BLOCK_SIZE_MAX + 1, ERR_HOST },
    { "an input amid a page", AT(2, gpa), PLACE_INPUT_GPA + 1, ERR_HOST },
    { "an input in RAM", AT(2, gpa), PLACE_RAM_GPA, ERR_HOST },
    { "an input in the shim", AT(2, gpa), PLACE_SHIM_GPA, ERR_HOST },
    { "an input at the end of the window", AT(5, gpa), PLACE_INPUT_END - 4096, ERR_OK },
    { "an input beyond it", AT(5, gpa), PLACE_INPUT_END, ERR_HOST },
    { "an input at minus one page", AT(5, gpa), UINT64_MAX - 4095, ERR_HOST },
    { "an input that reaches beyond it", AT(5, size), PLACE_INPUT_END - PLACE_INPUT_GPA, ERR_HOST },
    { "an input around the number space", AT(5, size), UINT64_MAX - 4096, ERR_HOST },
    { "inputs in each other", AT(5, gpa), PLACE_INPUT_GPA + 4096, ERR_HOST },
    { "inputs on each other", AT(5, gpa), PLACE_INPUT_GPA, ERR_HOST },
    { "an empty input", AT(5, size), 0, ERR_OK },
};

static enum err check(struct record *r, size_t size)
{
    const struct gate_launch *launch;
    const struct gate_handle *handles;
    enum err e = gate_launch_check(&launch, &handles, (struct bytes){ (const uint8_t *)r, size });

    if (e == ERR_OK) {
        CHECK(launch == &r->head);
        CHECK(handles == r->handle);
    }
    return e;
}

int main(void)
{
    struct record r = honest();

    CASE("an honest record");
    CHECK_OK(check(&r, sizeof r));

    CASE("no handles at all");
    r.head.handles_count = 0;
    CHECK_OK(check(&r, sizeof r.head));

    CASE("every shorter one, and a longer one");
    r = honest();
    for (size_t size = 0; size < sizeof r; size++)
        CHECK_ERR(check(&r, size), ERR_HOST);
    {
        struct {
            struct record r;
            uint64_t more;
        } longer = { .r = honest() };

        CHECK_ERR(check(&longer.r, sizeof longer.r + 1), ERR_HOST);
        CHECK_ERR(check(&longer.r, sizeof longer), ERR_HOST);
    }

    CASE("bytes that are not aligned are the caller's fault");
    {
        const struct gate_launch *launch;
        const struct gate_handle *handles;
        struct bytes raw = { (const uint8_t *)&r + 1, sizeof r - 1 };

        CHECK_ERR(gate_launch_check(&launch, &handles, raw), ERR_USAGE);
    }

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        r = honest();
        memcpy((uint8_t *)&r + cases[i].offset, &cases[i].value, cases[i].width);
        CHECK_ERR(check(&r, sizeof r), cases[i].want);
    }
    return check_done();
}

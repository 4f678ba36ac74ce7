/* What exec does, and how its host lies about it. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "shim/core/clock.h"
#include "shim/core/fake_test.h"
#include "tests/liar/shim.h"

enum {
    PIPE = 0,
    OUT = 1,
    TERMINAL = 2,
    RECORD = 3,
    SOCKET = 4,
    LISTENER = 5,
    BLOCK = 6,
    PLATFORM = 7,
    PLAIN = 8,
    HANDLES = 9
};
/* Of exec's memory: what is sent, what comes back, and lists. */
enum { SENT = 0, BACK = 0x8000, BACK_SIZE = 0x20000, LIST = 0x7000 };

static uint8_t content[100000];
static uint8_t input[5000];

size_t shim_record_size(void)
{
    return sizeof(struct gate_launch) + HANDLES * sizeof(struct gate_handle);
}

static void give(unsigned handle, size_t size)
{
    struct fake_stream *f = &fake.stream[handle];

    memcpy(f->in, content, size);
    f->in_size = size;
    f->in_ended = true;
    f->ready = GATE_POLL_READ | GATE_POLL_WRITE;
    f->ready_size = size;
}

void shim_keep_begin(void)
{
    const uint32_t both = GATE_HANDLE_READ | GATE_HANDLE_WRITE;

    fake_begin();
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 5 + i / 251);
    fake_handle(PIPE, GATE_HANDLE_STREAM, GATE_TYPE_PIPE, 0, GATE_HANDLE_READ);
    fake_handle(OUT, GATE_HANDLE_STREAM, GATE_TYPE_PIPE, 1, GATE_HANDLE_WRITE);
    fake_handle(TERMINAL, GATE_HANDLE_STREAM, GATE_TYPE_TERMINAL, 2, both);
    fake_input(RECORD, input, sizeof input);
    fake_handle(SOCKET, GATE_HANDLE_STREAM, GATE_TYPE_SOCKET, 3, both);
    fake_handle(LISTENER, GATE_HANDLE_LISTENER, GATE_TYPE_SOCKET, 4, both);
    fake_handle(BLOCK, GATE_HANDLE_BLOCK, GATE_TYPE_FILE, 5, both);
    fake_handle(PLATFORM, GATE_HANDLE_PLATFORM, 0, 0, 0);
    fake_handle(PLAIN, GATE_HANDLE_STREAM, GATE_TYPE_FILE, 8, GATE_HANDLE_READ);
    give(0, 300);
    give(3, 40);
    give(8, sizeof content);
    fake.accepts = 9;
    memset(fake_memory(), 0xcc, (FAKE_PAGES - 1) * (size_t)PLACE_PAGE);
    memcpy(fake_memory() + SENT, content, 4096);
}

/* --- Drives. */

static int64_t do_read(void) { return CALL3(read, PIPE, fake_at(BACK), 200); }
static int64_t do_read_file(void) { return CALL3(read, PLAIN, fake_at(BACK), sizeof content); }
static int64_t do_receive(void) { return CALL6(recvfrom, SOCKET, fake_at(BACK), 100, 0, 0, 0); }
static int64_t do_write(void) { return CALL3(write, OUT, fake_at(SENT), 1000); }
static int64_t do_send(void) { return CALL6(sendto, SOCKET, fake_at(SENT), 1000, 0, 0, 0); }

/* Fast enough to be posted; the error comes with a later one. */
static int64_t do_write_fast(void)
{
    int64_t r = 0;

    for (int i = 0; i < 40 && r >= 0; i++) {
        r = CALL3(write, OUT, fake_at(SENT), 100);
        if (r > 100)
            return r;
    }
    return r < 0 ? r : CALL1(close, OUT);
}

static int64_t do_read_block(void)
{
    CALL4(pwrite64, BLOCK, fake_at(SENT), 4096, 0);
    return CALL4(pread64, BLOCK, fake_at(BACK), 4096, 0);
}

static int64_t do_write_block(void) { return CALL4(pwrite64, BLOCK, fake_at(SENT), 4096, 0); }
static int64_t do_truncate(void) { return CALL2(ftruncate, BLOCK, 12345); }
static int64_t do_sync(void) { return CALL1(fsync, BLOCK); }

/* What is written to the new one goes to no handle that was there before. */
static int64_t do_accept(void)
{
    int64_t fd = CALL4(accept4, LISTENER, 0, 0, 0);

    if (fd < 0)
        return fd;
    (void)CALL3(write, fd, fake_at(SENT), 1);
    for (unsigned handle = 0; handle < HANDLES; handle++)
        if (fake.stream[handle].writes != 0 && handle != 6 && handle != 7)
            return INT64_MAX; /* 6 and 7 are nobody's */
    return fd;
}

static int64_t do_shutdown(void) { return CALL2(shutdown, SOCKET, 2); }
static int64_t do_close(void) { return CALL1(close, SOCKET); }

static int64_t do_poll(void)
{
    struct linux_pollfd list[3] = { { .fd = PIPE, .events = LINUX_POLLIN },
                                    { .fd = OUT, .events = LINUX_POLLOUT },
                                    { .fd = SOCKET, .events = LINUX_POLLIN | LINUX_POLLOUT } };
    int64_t r;

    memcpy(fake_memory() + LIST, list, sizeof list);
    r = CALL3(poll, fake_at(LIST), 3, 10);
    memcpy(list, fake_memory() + LIST, sizeof list);
    /* Nothing that was not asked for, but what needs no asking. */
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if ((list[i].revents & ~(list[i].events | LINUX_POLLERR | LINUX_POLLHUP)) != 0)
            return INT64_MAX;
    return r;
}

static int64_t do_count(void)
{
    int32_t n;
    int64_t r = CALL3(ioctl, SOCKET, 0x541b, fake_at(BACK)); /* FIONREAD */

    memcpy(&n, fake_memory() + BACK, sizeof n);
    return r != 0 ? r : n;
}

static int64_t do_evidence(void)
{
    int64_t r = CALL3(write, PLATFORM, fake_at(SENT), 64);

    return r == 64 ? CALL3(read, PLATFORM, fake_at(BACK), 65536) : r;
}

static int64_t do_key(void)
{
    int64_t r;

    fake_memory()[BACK] = 'K';
    fake_memory()[BACK + 1] = 'x';
    r = CALL3(write, PLATFORM, fake_at(BACK), 2);
    return r == 2 ? CALL3(read, PLATFORM, fake_at(BACK), 65536) : r;
}

/* Never back, well formed, and no faster than the counter can be at its slowest. */
static int64_t clock_steps(unsigned id)
{
    uint64_t begun = clock_counter(), first = 0, last = 0;

    for (unsigned i = 0; i < 20; i++) {
        struct linux_timespec t;
        uint64_t ns, most;
        int64_t r = CALL2(clock_gettime, id, fake_at(BACK));

        if (r != 0)
            return r;
        memcpy(&t, fake_memory() + BACK, sizeof t);
        if (t.nanoseconds < 0 || t.nanoseconds >= 1000000000 || t.seconds < 0)
            return INT64_MAX;
        ns = (uint64_t)t.seconds * 1000000000u + (uint64_t)t.nanoseconds;
        if (i == 0)
            first = ns;
        most = (clock_counter() - begun) / (GATE_TSC_KHZ_LEAST / 1000) * 1000 + 40000000;
        if (ns < last || ns - first > most)
            return INT64_MAX - 1;
        last = ns;
    }
    return 0;
}

static int64_t do_monotonic(void) { return clock_steps(1); }
static int64_t do_realtime(void) { return clock_steps(0); }

/* What comes with LAUNCH: what it says of itself, and a byte of what it gives. */
static int64_t do_launch(void)
{
    int64_t r = CALL2(fstat, PIPE, fake_at(BACK));

    if (r == 0 || r == -LINUX_EBADF)
        r = CALL3(read, PIPE, fake_at(BACK), 200);
    return r < 0 ? r : clock_steps(1);
}

#define BUFFER .room_at = BACK, .room = BACK_SIZE

const struct shim_drive shim_drives[] = {
    { "read", GATE_STREAM_READ, do_read, 200, 200, .room_at = BACK, .room = 200, .content = content,
      .content_size = 200 },
    { "read of a file", GATE_STREAM_READ, do_read_file, sizeof content, sizeof content,
      .room_at = BACK, .room = sizeof content, .content = content, .content_size = 1 },
    { "recvfrom", GATE_STREAM_READ, do_receive, 40, 100, .room_at = BACK, .room = 100,
      .content = content, .content_size = 40 },
    { "write", GATE_STREAM_WRITE, do_write, 1000, 1000, .room = 0 },
    { "sendto", GATE_STREAM_WRITE, do_send, 1000, 1000, .room = 0 },
    { "writes that are posted", GATE_STREAM_WRITE, do_write_fast, 0, 0, .room = 0 },
    { "pread of a block", GATE_BLOCK_READ, do_read_block, 4096, 4096, .room_at = BACK, .room = 4096,
      .content = content, .content_size = 4096 },
    { "pwrite of a block", GATE_BLOCK_WRITE, do_write_block, 4096, 4096, .room = 0 },
    { "ftruncate", GATE_BLOCK_CONTROL, do_truncate, 0, 0, .room = 0 },
    { "fsync", GATE_BLOCK_CONTROL, do_sync, 0, 0, .room = 0 },
    { "accept4", GATE_STREAM_ACCEPT, do_accept, HANDLES, HANDLES, .room = 0 },
    { "shutdown", GATE_STREAM_SHUTDOWN, do_shutdown, 0, 0, .room = 0 },
    { "close", GATE_STREAM_CLOSE, do_close, 0, 0, .room = 0 },
    { "poll", GATE_STREAM_POLL, do_poll, 2, 3, .room_at = LIST,
      .room = 3 * sizeof(struct linux_pollfd) },
    { "FIONREAD", GATE_STREAM_POLL, do_count, 40, INT32_MAX, .room_at = BACK, .room = 4 },
    { "evidence", GATE_EVIDENCE, do_evidence, 73, 32768, BUFFER },
    { "a seal key", GATE_SEAL_KEY, do_key, 32, 32, BUFFER },
    { "clock_gettime, monotonic", GATE_CLOCK, do_monotonic, 0, 0, .room_at = BACK, .room = 16,
      .is_unsteady = true },
    { "clock_gettime, realtime", GATE_CLOCK, do_realtime, 0, 0, .room_at = BACK, .room = 16,
      .is_unsteady = true },
    { "the first call of all", GATE_LAUNCH, do_launch, 0, 0, BUFFER },
};
const size_t shim_drives_count = COUNT_OF(shim_drives);

/* --- Lies. */

static void honest(struct gate_completion *c, uint64_t n) { (void)c, (void)n; }
static void value_add(struct gate_completion *c, uint64_t n) { c->value += n; }
static void value_set(struct gate_completion *c, uint64_t n) { c->value = n; }
static void size_add(struct gate_completion *c, uint64_t n) { c->data_size += (uint32_t)n; }
static void size_set(struct gate_completion *c, uint64_t n) { c->data_size = (uint32_t)n; }
static void id_add(struct gate_completion *c, uint64_t n) { c->id += (uint32_t)n; }
static void reserved(struct gate_completion *c, uint64_t n) { c->zero64 = n; }

static void both_add(struct gate_completion *c, uint64_t n)
{
    value_add(c, n);
    size_add(c, n);
}

static void both_set(struct gate_completion *c, uint64_t n)
{
    value_set(c, n);
    size_set(c, n);
}

static void refuse(struct gate_completion *c, uint64_t n)
{
    *c = (struct gate_completion){ .id = c->id, .refusal = (uint32_t)n };
}

static void fill(uint8_t *data, uint32_t size, uint64_t n) { memset(data, (int)n, size); }

static void flip(uint8_t *data, uint32_t size, uint64_t n)
{
    if (n / 256 < size)
        data[n / 256] ^= (uint8_t)n;
}

/* Every word of it, another each time. */
static void wild(uint8_t *data, uint32_t size, uint64_t n)
{
    static uint64_t state = 88172645463325252u; /* xorshift64: Marsaglia, 2003 */

    for (uint32_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word = state >> n;
        memcpy(data + i, &word, 8);
    }
}

#define MINUS(n) ((uint64_t)0 - (n))
static const uint64_t none[] = { 0 };
static const uint64_t few[] = { 1, MINUS(1) };
static const uint64_t steps[] = { 1, MINUS(1), 100, 65536, MINUS(40), (uint64_t)1 << 32 };
static const uint64_t values[] = {
    0, 1, 3, 5, 4096, 65537, INT32_MAX, (uint64_t)1 << 63, MINUS(1)
};
static const uint64_t refusals[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 255 };
static const uint64_t bytes[] = { 0, 1, 0xff };
static const uint64_t shifts[] = { 0, 1, 2, 16, 32, 60 };
static const uint64_t flips[] = { 0 * 256 + 1,     0 * 256 + 0xff,  1 * 256 + 1,    3 * 256 + 0x80,
                                  4 * 256 + 0xff,  6 * 256 + 0xff,  7 * 256 + 0xff, 8 * 256 + 0xff,
                                  15 * 256 + 0x80, 15 * 256 + 0xff, 24 * 256 + 1 };

#define LIE(what, how, list)                                                          \
    {                                                                                 \
        .name = what, .answer = how, .numbers = list, .numbers_count = COUNT_OF(list) \
    }
#define DATA(what, how, list)                                                       \
    {                                                                               \
        .name = what, .data = how, .numbers = list, .numbers_count = COUNT_OF(list) \
    }

const struct shim_lie shim_lies[] = {
    { .name = "none", .answer = honest, .numbers = none, .numbers_count = 1, .is_honest = true },
    LIE("a number more or less", value_add, steps),
    LIE("another number", value_set, values),
    LIE("bytes more or less", size_add, steps),
    LIE("another size", size_set, values),
    LIE("both more or less", both_add, steps),
    LIE("both others", both_set, values),
    LIE("another's id", id_add, few),
    LIE("a reserved field", reserved, few),
    LIE("refused", refuse, refusals),
    DATA("other bytes", fill, bytes),
    DATA("a byte changed", flip, flips),
    DATA("wild words", wild, shifts),
};
const size_t shim_lies_count = COUNT_OF(shim_lies);

const struct shim_lie shim_record_flip = { .name = "a byte of the record", .data = flip };

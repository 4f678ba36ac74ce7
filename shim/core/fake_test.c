/* fake_test.c: a keep and its host, for tests. */
#define _GNU_SOURCE
#include "shim/core/fake_test.h"

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shim/core/clock.h"
#include "shim/core/lock.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/signal.h"
#include "shim/core/signal_state.h"
#include "shim/core/thread.h"
#include "shim/core/user.h"

#define MEMORY_AT 0x20000000ul /* low: exec's end is below where a process has its stack */
#define INPUTS 4u

struct fake fake;

static struct cpu cpus[FAKE_CPUS];
static struct serve serves[FAKE_CPUS];
static uint8_t *ports;
static struct {
    uint64_t gpa;
    const void *bytes;
    size_t size;
} inputs[INPUTS];
static size_t inputs_count;

/* --- The host. */

static uint64_t counter_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static void launch_answer(struct serve *s, struct serve_call *c)
{
    struct gate_launch l = { .version = GATE_VERSION,
                             .handles_count = fake.handles_count,
                             .tsc_khz = fake.tsc_khz,
                             .clock = fake.clock,
                             .cpu_count = 2,
                             .memory_max = 1 << 30,
                             .seed = { 1, 2, 3 } };
    uint32_t size = (uint32_t)(sizeof l + fake.handles_count * sizeof(struct gate_handle));

    if (l.clock.tsc == 0)
        l.clock.tsc = counter_now();
    memcpy(fake.raw, &l, sizeof l);
    memcpy(c->back, fake.raw, size);
    (void)serve_answer(s, c, GATE_OK, 0, size);
}

static bool read_answer(struct serve *s, struct serve_call *c, struct fake_stream *f)
{
    size_t n = f->in_size - f->in_at;

    if (f->read_refusal != GATE_OK)
        return serve_answer(s, c, f->read_refusal, 0, 0) == ERR_OK;
    if (n == 0 && !f->in_ended) {
        if ((c->args[2] & GATE_NOWAIT) != 0)
            return serve_answer(s, c, GATE_REFUSED_AGAIN, 0, 0) == ERR_OK;
        return false;
    }
    n = n < c->args[1] ? n : c->args[1];
    memcpy(c->back, f->in + f->in_at, n);
    if ((c->args[2] & GATE_PEEK) == 0)
        f->in_at += n;
    return serve_answer(s, c, GATE_OK, n, (uint32_t)n) == ERR_OK;
}

static void write_answer(struct serve *s, struct serve_call *c, struct fake_stream *f)
{
    size_t n = c->sent_size;

    f->writes++;
    if (f->write_refusal != GATE_OK) {
        (void)serve_answer(s, c, f->write_refusal, 0, 0);
        return;
    }
    if (f->write_most != 0 && n > f->write_most)
        n = f->write_most;
    memcpy(f->out + f->out_size, c->sent, n);
    f->out_size += n;
    (void)serve_answer(s, c, GATE_OK, n, 0);
}

static bool poll_answer(struct serve *s, struct serve_call *c)
{
    struct gate_poll list[GATE_POLL_COUNT_MAX];
    uint64_t count = 0;

    memcpy(list, c->sent, c->sent_size);
    for (size_t i = 0; i < c->sent_size / sizeof list[0]; i++) {
        const struct fake_stream *f = &fake.stream[list[i].handle];

        list[i].ready = f->ready & (list[i].wanted | GATE_POLL_HANGUP | GATE_POLL_ERROR);
        list[i].size = (list[i].ready & GATE_POLL_READ) != 0 ? f->ready_size : 0;
        count += list[i].ready != 0;
    }
    if (count == 0 && c->args[0] == GATE_FOREVER)
        return false; /* waits */
    memcpy(c->back, list, c->sent_size);
    return serve_answer(s, c, GATE_OK, count, c->sent_size) == ERR_OK;
}

static void block_answer(struct serve *s, struct serve_call *c, struct fake_stream *f)
{
    uint64_t n;

    switch (c->call) {
    case GATE_BLOCK_READ:
        n = c->args[1] < f->out_size ? f->out_size - c->args[1] : 0;
        n = n < c->args[2] ? n : c->args[2];
        if (n > 0)
            memcpy(c->back, f->out + c->args[1], n);
        (void)serve_answer(s, c, GATE_OK, n, (uint32_t)n);
        return;
    case GATE_BLOCK_WRITE:
        if (f->write_refusal != GATE_OK || c->args[1] > sizeof f->out - c->sent_size) {
            n = f->write_refusal != GATE_OK ? f->write_refusal : GATE_REFUSED_NOSPC;
            (void)serve_answer(s, c, (enum gate_refusal)n, 0, 0);
            return;
        }
        memcpy(f->out + c->args[1], c->sent, c->sent_size);
        if (c->args[1] + c->sent_size > f->out_size)
            f->out_size = c->args[1] + c->sent_size;
        (void)serve_answer(s, c, GATE_OK, c->sent_size, 0);
        return;
    default:
        if (c->args[1] == GATE_BLOCK_RESIZE && c->args[2] > sizeof f->out) {
            (void)serve_answer(s, c, GATE_REFUSED_NOSPC, 0, 0);
            return;
        }
        if (c->args[1] == GATE_BLOCK_RESIZE)
            f->out_size = c->args[2];
        f->flushes += c->args[1] == GATE_BLOCK_FLUSH;
        (void)serve_answer(s, c, GATE_OK, c->args[1] == GATE_BLOCK_SIZE ? f->out_size : 0, 0);
    }
}

/* False: it waits. */
static bool answer(struct serve *s, struct serve_call *c)
{
    struct fake_stream *f = &fake.stream[c->args[0] % FAKE_HANDLES];
    struct serve_call *other;
    struct gate_clock clock = fake.clock;

    switch (c->call) {
    case GATE_LAUNCH: launch_answer(s, c); return true;
    case GATE_CLOCK:
        clock.tsc = counter_now();
        memcpy(c->back, &clock, sizeof clock);
        return serve_answer(s, c, GATE_OK, 0, sizeof clock) == ERR_OK;
    case GATE_STREAM_READ: return read_answer(s, c, f);
    case GATE_STREAM_WRITE:
        if (!f->write_waits)
            write_answer(s, c, f);
        return !f->write_waits;
    case GATE_STREAM_ACCEPT:
        if (fake.accepts != 0)
            return serve_answer(s, c, GATE_OK, fake.accepts, 0) == ERR_OK;
        return (c->args[1] & GATE_NOWAIT) != 0 &&
               serve_answer(s, c, GATE_REFUSED_AGAIN, 0, 0) == ERR_OK;
    case GATE_STREAM_SHUTDOWN:
        f->shut = c->args[1];
        return serve_answer(s, c, f->shut_refusal, 0, 0) == ERR_OK;
    case GATE_STREAM_CLOSE: f->closed = true; return serve_answer(s, c, GATE_OK, 0, 0) == ERR_OK;
    case GATE_STREAM_POLL: return poll_answer(s, c);
    case GATE_CANCEL:
        other = serve_find(s, (uint32_t)c->args[0]);
        if (other != NULL && serve_answer(s, other, GATE_REFUSED_CANCELLED, 0, 0) != ERR_OK)
            abort();
        return serve_answer(s, c, other != NULL ? GATE_OK : GATE_REFUSED_AGAIN, 0, 0) == ERR_OK;
    case GATE_BLOCK_READ:
    case GATE_BLOCK_WRITE:
    case GATE_BLOCK_CONTROL: block_answer(s, c, f); return true;
    case GATE_EVIDENCE:
        memmove(c->back + 9, c->sent, 64); /* the same place */
        memcpy(c->back, "evidence:", 9);
        return serve_answer(s, c, GATE_OK, 73, 73) == ERR_OK;
    case GATE_SEAL_KEY:
        memset(c->back, (int)c->sent_size, 32);
        return serve_answer(s, c, GATE_OK, 32, 32) == ERR_OK;
    default: return serve_answer(s, c, GATE_OK, 0, 0) == ERR_OK;
    }
}

/* Of what waits, the first that came at `from` or later. */
static struct serve_call *waiting(struct serve *s, uint64_t from)
{
    struct serve_call *first = NULL;

    for (size_t i = 0; i < SERVE_FLIGHT_MAX; i++) {
        struct serve_call *c = &s->flight[i];

        if (c->call != 0 && c->order >= from && (first == NULL || c->order < first->order))
            first = c;
    }
    return first;
}

/* Takes all there is, and looks again at what waits. */
static void serve_all(uint32_t index)
{
    struct serve *s = &serves[index];
    struct serve_call *c;
    uint64_t from = 0;

    while ((c = waiting(s, from)) != NULL) {
        from = c->order + 1;
        (void)answer(s, c);
    }
    for (;;) {
        if (serve_take(s, &c) != ERR_OK) {
            fprintf(stderr, "fake host: the keep broke the contract\n");
            abort();
        }
        if (c == NULL)
            break;
        fake.calls[c->call]++;
        (void)answer(s, c);
    }
}

static void park(void *context)
{
    const struct cpu *c = context;

    serve_all(c->index);
}

static void bell(void *context)
{
    if (!fake.held)
        park(context);
}

static bool woken(void *context)
{
    (void)context;
    return fake.signal;
}

static const struct gate_ops ops = { .park = park, .bell = bell, .woken = woken };

/* --- The keep: its processors. */

void fake_on(uint32_t index) { syscall(SYS_arch_prctl, ARCH_SET_GS, &cpus[index]); }

struct cpu *cpu_at(uint32_t index) { return &cpus[index]; }
static bool draw(uint64_t *out)
{
    return !fake.no_instructions && getentropy(out, sizeof *out) == 0;
}
bool port_rdseed(uint64_t *out) { return draw(out); }
bool port_rdrand(uint64_t *out) { return draw(out); }
bool thread_is_alone(void) { return !fake.threads; }
uint32_t cpu_count(void) { return FAKE_CPUS; }

void cpu_park(uint64_t ns)
{
    (void)ns;
    /* While one sleeps, the host serves the others. */
    for (uint32_t i = 0; i < FAKE_CPUS; i++)
        serve_all(i);
    if (gate_park(&cpu_here()->gate, 0) != ERR_OK)
        abort();
}

void cpu_say(const char *text) { printf("# %s\n", text); }

void cpu_end(uint32_t code, uint32_t end, const char *why)
{
    if (!fake.ends) {
        fprintf(stderr, "the keep ended: %u %u %s\n", code, end, why);
        abort();
    }
    fake.end_code = code;
    fake.end_why = end;
    longjmp(fake.end, 1);
}

void lock_take(struct lock *l)
{
    if (l->taken != 0)
        abort(); /* one thread: it would wait for itself */
    l->taken = 1;
}

void lock_give(struct lock *l) { l->taken = 0; }

void signal_raise(int number) { fake.raised = number; }
bool signal_waiting(void) { return fake.signal; }
void signal_mask_for_call(uint64_t mask)
{
    fake.mask = mask;
    fake.masked = true;
}

void signal_mask_restore(void) { fake.masked = false; }

/* --- The keep: its memory. */

uint8_t *fake_memory(void) { return (uint8_t *)MEMORY_AT; }

bool fake_stack_map(uint64_t at, size_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

    return mmap((void *)(uintptr_t)at, size, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
}

bool user_range(uint64_t at, uint64_t size)
{
    return at >= PLACE_USER_START && size <= PLACE_USER_END && at <= PLACE_USER_END - size;
}

/* The kernel copies, and says where a page is not there. */
static bool copy(void *ours, uint64_t theirs, size_t size, bool write)
{
    struct iovec a = { ours, size };
    struct iovec b = { (void *)(uintptr_t)theirs, size };
    ssize_t n;

    if (size == 0)
        return true;
    if (!user_range(theirs, size))
        return false;
    n = write ? process_vm_writev(getpid(), &a, 1, &b, 1, 0)
              : process_vm_readv(getpid(), &a, 1, &b, 1, 0);
    return n == (ssize_t)size;
}

bool user_read(void *to, uint64_t from, size_t size) { return copy(to, from, size, false); }

bool user_write(uint64_t to, const void *from, size_t size)
{
    return copy((void *)(uintptr_t)from, to, size, true);
}

int memory_protection_at(uint64_t at)
{
    uint64_t page = (at - MEMORY_AT) / PLACE_PAGE;

    if (at < MEMORY_AT || page >= FAKE_PAGES - 1)
        return -1;
    return fake.protected[page] ? (int)LINUX_PROT_READ : (int)(LINUX_PROT_READ | LINUX_PROT_WRITE);
}

uint64_t memory_page_take(void)
{
    return (uint64_t)(uintptr_t)calloc(1, PLACE_PAGE); /* lives as long as the test */
}

void *memory_direct(uint64_t gpa) { return (void *)(uintptr_t)gpa; }
uint64_t memory_ram_used(void) { return 5 << 20; }

int64_t memory_map_input(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags,
                         uint64_t gpa, uint64_t input_size)
{
    uint8_t *to =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

    (void)at;
    (void)protection;
    (void)flags;
    for (size_t i = 0; i < inputs_count; i++) {
        uint64_t offset = gpa - inputs[i].gpa;

        if (gpa < inputs[i].gpa || offset >= inputs[i].size)
            continue;
        if (input_size != inputs[i].size - offset)
            abort();
        memcpy(to, (const uint8_t *)inputs[i].bytes + offset,
               size < input_size ? size : input_size);
        return (int64_t)(uintptr_t)to;
    }
    return -LINUX_ENODEV;
}

int64_t memory_unmap(uint64_t at, uint64_t size)
{
    return munmap((void *)(uintptr_t)at, size) == 0 ? 0 : -LINUX_EINVAL;
}

/* --- Beginning. */

void fake_begin(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

    memset(&fake, 0, sizeof fake);
    if (mmap(fake_memory(), FAKE_PAGES * PLACE_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) ==
            MAP_FAILED ||
        munmap(fake_memory() + (FAKE_PAGES - 1) * PLACE_PAGE, PLACE_PAGE) != 0)
        abort();
    free(ports);
    ports = aligned_alloc(4096, FAKE_CPUS * (size_t)GATE_PORT_SIZE);
    if (ports == NULL)
        abort();
    memset(ports, 0, FAKE_CPUS * (size_t)GATE_PORT_SIZE);
    for (uint32_t i = 0; i < FAKE_CPUS; i++) {
        struct gate_port *port = (struct gate_port *)(void *)(ports + i * (size_t)GATE_PORT_SIZE);

        cpus[i] = (struct cpu){ .self = &cpus[i], .index = i, .thread = { .tid = i == 0 } };
        gate_init(&cpus[i].gate, port, &ops, &cpus[i]);
        serve_init(&serves[i], port, false);
        serve_sleeps(&serves[i], true);
    }
    inputs_count = 0;
    fake.tsc_khz = 2000000;
    fake.clock =
        (struct gate_clock){ .monotonic_ns = 5000000000, .realtime_ns = 1700000000000000000 };
    fake_on(0);
}

static void handle_add(const struct gate_handle *h)
{
    memcpy(fake.raw + sizeof(struct gate_launch) + fake.handles_count++ * sizeof *h, h, sizeof *h);
}

void fake_handle(uint32_t fd, uint16_t kind, uint16_t type, uint32_t handle, uint32_t flags)
{
    struct gate_handle h = {
        .fd = fd, .kind = kind, .type = type, .handle = handle, .flags = flags
    };

    handle_add(&h);
}

void fake_input(uint32_t fd, const void *bytes, size_t size)
{
    struct gate_handle h = { .fd = fd,
                             .kind = GATE_HANDLE_INPUT,
                             .type = GATE_TYPE_FILE,
                             .flags = GATE_HANDLE_READ,
                             .gpa = PLACE_INPUT_GPA + inputs_count * PLACE_PAGE_LARGE,
                             .size = size };

    inputs[inputs_count].gpa = h.gpa;
    inputs[inputs_count].bytes = bytes;
    inputs[inputs_count++].size = size;
    handle_add(&h);
}

int64_t fake_call(int64_t (*function)(const struct call *c), uint64_t a, uint64_t b, uint64_t c,
                  uint64_t d, uint64_t e, uint64_t f)
{
    const struct call one = { .a = { a, b, c, d, e, f } };

    return function(&one);
}

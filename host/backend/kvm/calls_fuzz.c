/* Covers: port_park port_attend loader_ops serve_take vm_grow vm_shrink stream_* */
/* The input is a keep: it writes whatever it likes into its port, rings and parks.
 * The loader must end it or serve it, and touch nothing but the port, its RAM and
 * the keep's own streams. There is no KVM behind it. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/reader.h"
#include "host/backend/kvm/loader.h"
#include "host/backend/kvm/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM ((uint64_t)64 << 20)

static struct loader *l;
static struct kvm_plan plan = { .word_fd = -1, .listen_fd = -1 };
static jmp_buf over;
static struct gate_port *shared;
static uint8_t *guard; /* behind the port: must stay as it is */

/* --- What the rest of the loader would do. */

void loader_end(struct loader *of, int code, const char *why)
{
    (void)of;
    (void)why;
    if (code < 0 || code > 255)
        abort();
    longjmp(over, 1);
}

enum err loader_vcpu_start(struct loader *of, uint64_t index)
{
    (void)of;
    return index == 0 || index >= GATE_VCPUS_MAX ? ERR_MALFORMED : ERR_NOMEM;
}

void loader_watch_kick(struct loader *of) { (void)of; }
int kvm_confine_memory(const struct loader *of)
{
    (void)of;
    return 0;
}
uint32_t loader_boot_flags(const struct kvm_plan *of)
{
    (void)of;
    return 0;
}
void loader_tell(const struct loader *of, enum kvm_step step, bool fatal, int error,
                 const char *text)
{
    (void)of;
    (void)step;
    (void)fatal;
    (void)error;
    (void)text;
}

static bool never(void *context)
{
    (void)context;
    return false; /* a park does not sleep */
}

/* --- A loader with a few streams, and no machine. */

static void stream_put(int fd, enum gate_handle_kind kind)
{
    struct gate_handle h;

    if (fd < 0 || stream_adopt(&l->streams, fd, kind, &h) != 0)
        abort();
    close(fd);
}

static void streams_make(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        abort();
    stream_put(ends[0], GATE_HANDLE_STREAM);
    stream_put(ends[1], GATE_HANDLE_STREAM);
    stream_put(open("/dev/null", O_RDWR), GATE_HANDLE_STREAM);
    stream_put(memfd_create("block", 0), GATE_HANDLE_BLOCK);
}

static void loader_make(void)
{
    l = calloc(1, sizeof *l);
    guard = mmap(NULL, GATE_PORT_SIZE + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    if (l == NULL || guard == MAP_FAILED || mprotect(guard + GATE_PORT_SIZE, 4096, PROT_NONE) != 0)
        abort();
    shared = (struct gate_port *)(void *)guard;
    l->plan = &plan;
    l->vm = (struct kvm_vm){ .vm_fd = -1, .ram_max = RAM, .ram_slotted = RAM, .slots_max = 8 };
    l->vm.ram = mmap(NULL, RAM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    atomic_store(&l->has_claims, true);
    pthread_mutex_init(&l->memory_lock, NULL);
    pthread_mutex_init(&l->vcpu_lock, NULL);
    stream_table_init(&l->streams);
}

static void loader_drop(void)
{
    for (uint64_t i = 0; i < GATE_HANDLES_MAX; i++) {
        if (l->streams.item[i].users > 1)
            l->streams.item[i].users = 1; /* an EXIT in the middle of a call cannot be: none uses */
        (void)stream_close(&l->streams, i);
    }
    close(l->port[0].kick_fd);
    munmap(l->vm.ram, RAM);
    munmap(guard, GATE_PORT_SIZE + 4096);
    free(l);
}

/* One thing that a keep does to its port. */
static enum err step_do(struct reader *r)
{
    struct port *p = &l->port[0];
    uint8_t what = reader_u8(r);
    bool left, some = false;

    switch (what % 4) {
    case 0: { /* a submission, well placed */
        struct gate_submission s = { 0 };
        uint32_t at = shared->submitted;

        s.call = reader_u8(r) % 24;
        s.id = reader_u8(r);
        for (int i = 0; i < 3; i++)
            s.args[i] = what & 0x80 ? reader_u64le(r) : reader_u8(r);
        s.data_at = reader_u16le(r);
        s.data_sent = reader_u16le(r);
        s.data_room = reader_u16le(r);
        shared->submission[at % GATE_RING_COUNT] = s;
        shared->submitted = at + 1;
        return ERR_OK;
    }
    case 1: /* any bytes anywhere */
    {
        uint32_t at = reader_u32le(r) % GATE_PORT_SIZE;
        size_t size = reader_u8(r);

        if (size > GATE_PORT_SIZE - at)
            size = GATE_PORT_SIZE - at;
        reader_copy(r, (uint8_t *)shared + at, size);
        return ERR_OK;
    }
    case 2: /* collect, and ring */
        shared->collected = shared->completed;
        return port_attend(p, (what & 0x40) != 0, &some);
    default: shared->park_ns = 0; return port_park(p, never, &left);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of((struct bytes){ data, size });

    loader_make();
    streams_make();
    if (port_init(&l->port[0], 0, shared, false, &l->server_is_awake, &loader_ops, l) != 0)
        abort();
    if (setjmp(over) == 0)
        while (reader_ok(&r) && r.left > 0)
            if (step_do(&r) != ERR_OK)
                break;
    if (l->vm.ram_size > l->vm.ram_max)
        abort();
    loader_drop();
    return 0;
}

#define _GNU_SOURCE

#include "host/backend/kvm/claims.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "base/num.h"

/* RAM of exec and shim beside the guest's: compiled code while it is written,
 * threads' stacks, page tables, the files' writable parts. */
#define EXEC_BYTES (512ull << 20)
#define TABLE_ENTRY_BYTES 32u
/* Page tables, and the core's map of what is free. */
#define TABLES_PART 256u
#define RAM_MOST ((uint64_t)PLACE_RAM_END - (uint64_t)PLACE_RAM_GPA)
#define MAP_FIXED_ANONYMOUS (MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE)
#define SEALS_WANTED (F_SEAL_WRITE | F_SEAL_SHRINK)

enum err claims_check(const struct launch *l, struct note *note)
{
    if (l->directories_count > 0) {
        note_set(note, "a keep in a virtual machine cannot reach into folders of this machine; "
                       "hand them in as images (--snapshot-dirs), or as volumes");
        return ERR_UNSUPPORTED;
    }
    return ERR_OK;
}

/* Adds, and stays at the top where it would not fit. */
static void sum_add(uint64_t *sum, uint64_t more)
{
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = UINT64_MAX;
}

uint64_t claims_memory_max(const struct launch *l)
{
    uint64_t total = EXEC_BYTES, tables;

    if (__builtin_mul_overflow(l->table_elements, TABLE_ENTRY_BYTES, &tables))
        tables = UINT64_MAX;
    sum_add(&total, tables);
    sum_add(&total, l->memory_bytes);
    sum_add(&total, l->stack_bytes);
    for (uint32_t i = 0; i < l->trees_count; i++)
        sum_add(&total, l->trees[i].size_max);
    for (uint32_t i = 0; i < l->images_count; i++)
        sum_add(&total, l->images[i].size_max);
    for (uint32_t i = 0; i < l->volumes_count; i++)
        for (int part = 0; part < 3; part++) /* files, the file's bytes, both versions */
            sum_add(&total, l->volumes[i].size_max);
    sum_add(&total, total / TABLES_PART);
    if (total > RAM_MOST)
        return RAM_MOST;
    return num_align(total, PLACE_PAGE_LARGE);
}

/* --- Inputs. */

/* A file that its owner can still change or cut off is read instead of mapped:
 * what exec checked must be what exec uses. */
static int file_copy(int fd, uint8_t *at, size_t size)
{
    size_t done = 0;

    if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_FIXED_ANONYMOUS, -1, 0) == MAP_FAILED)
        return errno;
    while (done < size) {
        ssize_t got = pread(fd, at + done, size - done, (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO;
        done += (size_t)got;
    }
    return 0;
}

static int file_size(int fd, size_t *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return errno;
    if (!S_ISREG(st.st_mode) || st.st_size < 0)
        return EINVAL;
    *out = (size_t)st.st_size;
    return 0;
}

static int file_place(int fd, uint8_t *at, size_t size)
{
    int seals = fcntl(fd, F_GET_SEALS);

    if (size == 0)
        return 0;
    if (seals < 0 || (seals & SEALS_WANTED) != SEALS_WANTED)
        return file_copy(fd, at, size);
    return mmap(at, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED ? errno : 0;
}

static struct gate_handle *handle_new(struct claims *c)
{
    struct gate_handle *h = &c->handle[c->launch.handles_count];

    *h = (struct gate_handle){ .fd = c->launch.handles_count };
    c->launch.handles_count++;
    return h;
}

/* A place for an input in the window; *at is where this process maps it. */
static int input_place(struct claims *c, struct kvm_vm *vm, size_t size, struct gate_handle *h,
                       uint8_t **at)
{
    int error = vm_input_at(vm, c->input_next, size, at);

    h->kind = GATE_HANDLE_INPUT;
    h->type = GATE_TYPE_FILE;
    h->flags = GATE_HANDLE_READ;
    h->gpa = c->input_next;
    h->size = size;
    c->input_next += num_align(size + 1, PLACE_PAGE_LARGE); /* an empty one has its place too */
    return error;
}

/* Each takes the number that exec will know the thing by from the handle's place. */
static int input_add(struct claims *c, struct kvm_vm *vm, uint32_t *fd)
{
    struct gate_handle *h = handle_new(c);
    uint8_t *at = NULL;
    size_t size = 0;
    int error = file_size((int)*fd, &size);

    if (error == 0)
        error = input_place(c, vm, size, h, &at);
    if (error == 0)
        error = file_place((int)*fd, at, size);
    *fd = h->fd;
    return error;
}

static int stream_add(struct claims *c, struct stream_table *t, uint32_t *fd,
                      enum gate_handle_kind kind)
{
    struct gate_handle *h = handle_new(c);
    int error = stream_adopt(t, (int)*fd, kind, h);

    *fd = h->fd;
    return error;
}

/* --- In the order of the numbers. */

static int stdio_add(struct claims *c, const int stdio[3], struct stream_table *t)
{
    int error = 0;

    for (uint32_t i = 0; i < 3 && error == 0; i++) {
        uint32_t fd = (uint32_t)stdio[i];

        error = stream_add(c, t, &fd, GATE_HANDLE_STREAM);
    }
    return error;
}

static int images_add(struct claims *c, struct launch *l, struct kvm_vm *vm, struct stream_table *t)
{
    int error = 0;

    for (uint32_t i = 0; i < l->images_count && error == 0; i++) {
        error = input_add(c, vm, &l->images[i].fd);
        if (error == 0 && l->images[i].has_output)
            error = stream_add(c, t, &l->images[i].output_fd, GATE_HANDLE_STREAM);
    }
    return error;
}

/* The file of a volume: up to three versions as they move about, each of which may be
 * half gaps, for files begin at a page; and what each file and each version has beside
 * its contents. */
static uint64_t volume_file_max(uint64_t size_max)
{
    uint64_t most = (uint64_t)8 << 20;

    for (int part = 0; part < 6; part++)
        sum_add(&most, size_max);
    return most;
}

static int volume_add(struct claims *c, struct stream_table *t, struct launch_volume *v)
{
    struct gate_handle *h = &c->handle[c->launch.handles_count];
    int error = stream_add(c, t, &v->fd, GATE_HANDLE_BLOCK);

    if (error == 0)
        stream_limit(t, h, volume_file_max(v->size_max));
    return error;
}

static int rest_add(struct claims *c, struct launch *l, struct stream_table *t)
{
    int error = 0;

    for (uint32_t i = 0; i < l->sockets_count && error == 0; i++)
        error = stream_add(c, t, &l->sockets[i].fd,
                           l->sockets[i].kind == LAUNCH_LISTEN ? GATE_HANDLE_LISTENER
                                                               : GATE_HANDLE_STREAM);
    for (uint32_t i = 0; i < l->volumes_count && error == 0; i++)
        error = volume_add(c, t, &l->volumes[i]);
    if (error == 0 && l->has_report)
        error = stream_add(c, t, &l->report_fd, GATE_HANDLE_STREAM);
    return error;
}

/* The record is written where the keep will find it; its size is known then. */
static int record_add(struct claims *c, const struct launch *l, struct kvm_vm *vm,
                      struct gate_handle *h)
{
    struct writer w;
    uint8_t *at = NULL;
    int error = input_place(c, vm, LAUNCH_SIZE_MAX, h, &at);

    if (error != 0)
        return error;
    if (mmap(at, LAUNCH_SIZE_MAX, PROT_READ | PROT_WRITE, MAP_FIXED_ANONYMOUS, -1, 0) == MAP_FAILED)
        return errno;
    w = writer_of(at, LAUNCH_SIZE_MAX);
    launch_write(&w, l);
    h->size = writer_bytes(&w).size;
    return writer_ok(&w) ? 0 : E2BIG;
}

int claims_make(struct claims *c, struct launch *l, const int stdio[3], struct kvm_vm *vm,
                struct stream_table *t, struct note *note)
{
    struct gate_handle *record;
    int error;

    c->launch.handles_count = 0;
    c->input_next = PLACE_INPUT_GPA;
    note_set(note, "stdin, stdout or stderr");
    error = stdio_add(c, stdio, t);
    record = handle_new(c);
    if (error == 0) {
        note_set(note, "the module");
        error = input_add(c, vm, &l->module_fd);
    }
    if (error == 0) {
        note_set(note, "an image of a folder");
        error = images_add(c, l, vm, t);
    }
    if (error == 0) {
        note_set(note, "a socket, a volume or the report");
        error = rest_add(c, l, t);
    }
    handle_new(c)->kind = GATE_HANDLE_PLATFORM; /* the last number: evidence and seal keys */
    if (error == 0) {
        note_set(note, "arguments and environment");
        error = record_add(c, l, vm, record);
    }
    return error;
}

/* --- Claims. */

static uint64_t clock_read(clockid_t which)
{
    struct timespec t;

    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void claims_clock(struct gate_clock *out)
{
    *out = (struct gate_clock){
        .monotonic_ns = clock_read(CLOCK_MONOTONIC),
        .tsc = __rdtsc(),
        .realtime_ns = clock_read(CLOCK_REALTIME),
    };
}

void claims_finish(struct claims *c, uint64_t tsc_khz, uint64_t memory_max)
{
    struct gate_launch *l = &c->launch;
    cpu_set_t set;
    int count = 1;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
    l->version = GATE_VERSION;
    l->tsc_khz = tsc_khz >= GATE_TSC_KHZ_LEAST && tsc_khz <= GATE_TSC_KHZ_MOST ? tsc_khz : 0;
    l->cpu_count = count < 1 ? 1 : (uint32_t)num_min((size_t)count, GATE_VCPUS_MAX);
    l->memory_max = memory_max;
    for (size_t done = 0; done < sizeof l->seed;) {
        ssize_t got = getrandom(l->seed + done, sizeof l->seed - done, 0);

        if (got > 0)
            done += (size_t)got;
    }
    claims_clock(&l->clock);
}

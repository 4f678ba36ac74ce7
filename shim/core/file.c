/* file.c: exec's descriptors, from LAUNCH to close. */
#include "shim/core/file.h"

#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/clock.h"
#include "shim/core/cpu.h"
#include "shim/core/entropy.h"
#include "shim/core/memory.h"
#include "shim/core/open.h"
#include "shim/core/syscall.h"

#define FILES_IN_PAGE (PLACE_PAGE / sizeof(struct file))
#define LAUNCH_ROOM \
    (sizeof(struct gate_launch) + GATE_LAUNCH_HANDLES_MAX * sizeof(struct gate_handle))

static struct {
    struct lock lock;
    uint32_t done; /* atomic */
    size_t size;
    const struct gate_launch *claims;
    _Alignas(8) uint8_t raw[LAUNCH_ROOM];
} launch;

/* Descriptors, by number: 1 + the index of the file; 0: none. The files are in
 * pages that are taken when the first of them is needed. */
static struct {
    struct lock lock;
    uint16_t file[FILE_FDS_MAX];
    uint64_t close_on_exec[FILE_FDS_MAX / 64];
    struct file *page[FILE_FDS_MAX / FILES_IN_PAGE + 1];
} table;

static struct file *file_at(uint32_t index)
{
    struct file *page = table.page[index / FILES_IN_PAGE];

    return page == NULL ? NULL : &page[index % FILES_IN_PAGE];
}

/* Both need the table's lock. */
static uint32_t file_index(const struct file *f)
{
    for (uint32_t i = 0; i < COUNT_OF(table.page); i++)
        if (table.page[i] != NULL && f >= table.page[i] && f < table.page[i] + FILES_IN_PAGE)
            return i * (uint32_t)FILES_IN_PAGE + (uint32_t)(f - table.page[i]);
    cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "a file that is in no page");
}

static bool page_need(uint32_t index)
{
    uint64_t gpa;

    if (table.page[index / FILES_IN_PAGE] != NULL)
        return true;
    gpa = memory_page_take();
    if (gpa == 0)
        return false;
    table.page[index / FILES_IN_PAGE] = memory_direct(gpa);
    return true;
}

struct file *file_new(void)
{
    struct file *found = NULL;

    lock_take(&table.lock);
    for (uint32_t i = 0; i < FILE_FDS_MAX && found == NULL && page_need(i); i++) {
        struct file *f = file_at(i);

        if (f == NULL || __atomic_load_n(&f->references, __ATOMIC_ACQUIRE) != 0)
            continue;
        *f = (struct file){ .references = 1 };
        found = f;
    }
    lock_give(&table.lock);
    return found;
}

static void table_set(uint32_t fd, const struct file *f, bool close_on_exec)
{
    uint64_t bit = 1ull << (fd % 64);

    table.file[fd] = f == NULL ? 0 : (uint16_t)(file_index(f) + 1);
    if (close_on_exec)
        table.close_on_exec[fd / 64] |= bit;
    else
        table.close_on_exec[fd / 64] &= ~bit;
}

static int64_t table_install(struct file *f, uint32_t least, bool close_on_exec)
{
    for (uint32_t fd = least; fd < FILE_FDS_MAX; fd++) {
        if (table.file[fd] != 0)
            continue;
        table_set(fd, f, close_on_exec);
        return fd;
    }
    return -LINUX_EMFILE;
}

int64_t file_install(struct file *f, uint32_t least, bool close_on_exec)
{
    int64_t fd;

    lock_take(&table.lock);
    fd = table_install(f, least, close_on_exec);
    lock_give(&table.lock);
    return fd;
}

/* The file at a descriptor, while the lock is held. */
static struct file *table_find(uint64_t fd)
{
    return fd < FILE_FDS_MAX && table.file[fd] != 0 ? file_at(table.file[fd] - 1u) : NULL;
}

struct file *file_take(uint64_t fd)
{
    struct file *f;

    fd &= UINT32_MAX; /* an int, and its upper half is nobody's */
    launch_need();
    lock_take(&table.lock);
    f = table_find(fd);
    if (f != NULL)
        __atomic_fetch_add(&f->references, 1, __ATOMIC_RELAXED);
    lock_give(&table.lock);
    return f;
}

void file_give(struct file *f)
{
    /* The one that would be the last keeps its reference until all is done, so
     * that nobody takes the place over meanwhile. */
    uint32_t n = __atomic_load_n(&f->references, __ATOMIC_ACQUIRE);

    while (n > 1)
        if (__atomic_compare_exchange_n(&f->references, &n, n - 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return;
    if (f->kind == GATE_HANDLE_STREAM || f->kind == GATE_HANDLE_LISTENER ||
        f->kind == GATE_HANDLE_BLOCK)
        stream_close(f);
    __atomic_store_n(&f->references, 0, __ATOMIC_RELEASE);
}

static uint32_t flags_of(const struct gate_handle *h)
{
    uint32_t both = h->flags & (GATE_HANDLE_READ | GATE_HANDLE_WRITE);
    uint32_t flags = (h->flags & GATE_HANDLE_APPEND) != 0 ? LINUX_O_APPEND : 0;

    if (h->kind == GATE_HANDLE_INPUT)
        return LINUX_O_RDONLY | LINUX_O_LARGEFILE;
    if (h->kind == GATE_HANDLE_PLATFORM)
        return LINUX_O_RDWR;
    if (h->type != GATE_TYPE_PIPE && h->type != GATE_TYPE_SOCKET)
        flags |= LINUX_O_LARGEFILE;
    if (h->kind == GATE_HANDLE_LISTENER || both == (GATE_HANDLE_READ | GATE_HANDLE_WRITE))
        return flags | LINUX_O_RDWR;
    return flags | (both == GATE_HANDLE_WRITE ? LINUX_O_WRONLY : LINUX_O_RDONLY);
}

static void handle_open(const struct gate_handle *h)
{
    struct file *f = file_new();
    bool has_handle = h->kind == GATE_HANDLE_STREAM || h->kind == GATE_HANDLE_LISTENER ||
                      h->kind == GATE_HANDLE_BLOCK;

    if (f == NULL)
        cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, "no memory for the descriptors");
    f->kind = h->kind;
    f->type = h->type;
    f->handle = h->handle;
    f->flags = flags_of(h);
    f->gpa = h->gpa;
    f->size = h->size;
    if (h->fd >= FILE_FDS_MAX || table_find(h->fd) != NULL ||
        (has_handle && !handle_take(h->handle)))
        ask_lied("LAUNCH names a descriptor or a handle twice, or one that is too high");
    lock_take(&table.lock);
    table_set(h->fd, f, false);
    lock_give(&table.lock);
}

/* The answer lies in shared memory: it is copied once, and the copy is judged. */
static void launch_ask(void)
{
    struct gate_ask a = { .call = GATE_LAUNCH, .room = LAUNCH_ROOM };
    const struct gate_handle *handles;
    uint64_t before = clock_counter();

    /* A template waits here: nothing that came before is the time of LAUNCH. */
    if (ask_host(&a) != GATE_OK)
        ask_lied("LAUNCH was refused");
    if (a.back.size > sizeof launch.raw)
        ask_lied("LAUNCH says more than it may");
    __builtin_memcpy(launch.raw, a.back.data, a.back.size);
    launch.size = a.back.size;
    if (gate_launch_check(&launch.claims, &handles, (struct bytes){ launch.raw, launch.size }) !=
        ERR_OK)
        ask_lied("LAUNCH says what no honest host says");
    clock_begin(launch.claims, before, clock_counter());
    entropy_add(launch.claims->seed, sizeof launch.claims->seed);
    for (uint32_t i = 0; i < launch.claims->handles_count; i++)
        handle_open(&handles[i]);
}

void launch_need(void)
{
    if (__atomic_load_n(&launch.done, __ATOMIC_ACQUIRE) != 0)
        return;
    lock_take(&launch.lock);
    if (launch.done == 0) {
        launch_ask();
        __atomic_store_n(&launch.done, 1, __ATOMIC_RELEASE);
    }
    lock_give(&launch.lock);
}

const struct gate_launch *launch_claims(void)
{
    launch_need();
    return launch.claims;
}

int64_t file_input(uint64_t fd, uint64_t *gpa, uint64_t *size)
{
    struct file *f = file_take(fd);
    int64_t r = 0;

    if (f == NULL)
        return -LINUX_EBADF;
    if (!file_can_read(f))
        r = -LINUX_EACCES;
    else if (f->kind != GATE_HANDLE_INPUT)
        r = -LINUX_ENODEV;
    *gpa = f->gpa;
    *size = f->size;
    file_give(f); /* an input's pages stay when its descriptor is closed */
    return r;
}

int64_t call_close(const struct call *c)
{
    uint64_t fd = c->a[0] & UINT32_MAX;
    struct file *f;
    int late = 0;

    launch_need();
    lock_take(&table.lock);
    f = table_find(fd);
    if (f != NULL)
        table_set((uint32_t)fd, NULL, false);
    lock_give(&table.lock);
    if (f == NULL)
        return -LINUX_EBADF;
    if (f->kind == GATE_HANDLE_STREAM) {
        (void)stream_flush();
        late = stream_late(f);
    }
    file_give(f); /* the table's reference */
    return -late;
}

int64_t call_dup(const struct call *c)
{
    struct file *f = file_take(c->a[0]);
    int64_t fd;

    if (f == NULL)
        return -LINUX_EBADF;
    fd = file_install(f, 0, false);
    if (fd < 0)
        file_give(f);
    return fd;
}

static int64_t dup_to(uint64_t from, uint64_t to, bool close_on_exec)
{
    struct file *f = file_take(from);
    struct file *old;

    if (f == NULL)
        return -LINUX_EBADF;
    if (to >= FILE_FDS_MAX) {
        file_give(f);
        return -LINUX_EBADF;
    }
    if (f->kind == GATE_HANDLE_STREAM)
        (void)stream_flush();
    lock_take(&table.lock);
    old = table_find(to);
    table_set((uint32_t)to, f, close_on_exec);
    lock_give(&table.lock);
    if (old != NULL)
        file_give(old);
    return (int64_t)to;
}

int64_t call_dup2(const struct call *c)
{
    uint64_t from = c->a[0] & UINT32_MAX;
    uint64_t to = c->a[1] & UINT32_MAX;
    struct file *f;

    if (from != to)
        return dup_to(from, to, false);
    f = file_take(from);
    if (f == NULL)
        return -LINUX_EBADF;
    file_give(f);
    return (int64_t)to;
}

int64_t call_dup3(const struct call *c)
{
    uint64_t from = c->a[0] & UINT32_MAX;
    uint64_t to = c->a[1] & UINT32_MAX;
    uint32_t flags = (uint32_t)c->a[2];

    if ((flags & ~LINUX_O_CLOEXEC) != 0 || from == to)
        return -LINUX_EINVAL;
    return dup_to(from, to, (flags & LINUX_O_CLOEXEC) != 0);
}

static int64_t dup_from(struct file *f, uint64_t least, bool close_on_exec)
{
    int64_t fd;

    if (least >= FILE_FDS_MAX)
        return -LINUX_EINVAL;
    __atomic_fetch_add(&f->references, 1, __ATOMIC_RELAXED);
    fd = file_install(f, (uint32_t)least, close_on_exec);
    if (fd < 0)
        file_give(f);
    return fd;
}

enum { GETFD = 1, SETFD = 2, GETFL = 3, SETFL = 4, DUPFD_CLOEXEC = 1030, GET_SEALS = 1034 };

static int64_t close_on_exec_get(uint32_t fd)
{
    uint64_t word = __atomic_load_n(&table.close_on_exec[fd / 64], __ATOMIC_RELAXED);

    return (word >> (fd % 64) & 1) != 0 ? LINUX_FD_CLOEXEC : 0;
}

int64_t file_close_on_exec(uint32_t fd, bool on)
{
    struct file *f;

    lock_take(&table.lock);
    f = table_find(fd);
    if (f != NULL)
        table_set(fd, f, on);
    lock_give(&table.lock);
    return f != NULL ? 0 : -LINUX_EBADF;
}

/* Only these two can be changed of what there is (fcntl(2)). */
static void flags_set(struct file *f, uint32_t wanted)
{
    const uint32_t may = LINUX_O_APPEND | LINUX_O_NONBLOCK;
    uint32_t old = file_flags(f);

    while (!__atomic_compare_exchange_n(&f->flags, &old, (old & ~may) | (wanted & may), false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

int64_t call_fcntl(const struct call *c)
{
    struct file *f = file_take(c->a[0]);
    uint32_t fd = (uint32_t)c->a[0];
    int64_t r = 0;

    if (f == NULL)
        return -LINUX_EBADF;
    switch ((uint32_t)c->a[1]) {
    case 0: r = dup_from(f, (uint32_t)c->a[2], false); break;
    case DUPFD_CLOEXEC: r = dup_from(f, (uint32_t)c->a[2], true); break;
    case GETFD: r = close_on_exec_get(fd); break;
    case SETFD: r = file_close_on_exec(fd, (c->a[2] & LINUX_FD_CLOEXEC) != 0); break;
    case GETFL: r = file_flags(f); break;
    case SETFL: flags_set(f, (uint32_t)c->a[2]); break;
    /* SEAL, SHRINK, GROW, WRITE: an input never changes. */
    case GET_SEALS: r = f->kind == GATE_HANDLE_INPUT ? 15 : -LINUX_EINVAL; break;
    default: r = -LINUX_EINVAL;
    }
    file_give(f);
    return r;
}

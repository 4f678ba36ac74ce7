/* keep.c: what a VM keep costs, beside the floor of bare KVM calls in the same run.
 *
 * A helper of bench/keep: prints one line of JSON per measure. Times are in
 * microseconds; of each measure all rounds, so that the reader judges. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend.h"
#include "host/backend/kvm/cpuid.h"
#include "host/files.h"
#include "host/pool.h"
#include "host/pool_client.h"

#define ROUNDS_MAX 1000u
#define FLOOR_RAM ((size_t)32 << 20)

/* (fd_write 1 one byte) */
static const uint8_t module_first[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x04, 0x7f, 0x7f, 0x7f,
    0x7f, 0x01, 0x7f, 0x60, 0x00, 0x00, 0x02, 0x23, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73,
    0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31,
    0x08, 0x66, 0x64, 0x5f, 0x77, 0x72, 0x69, 0x74, 0x65, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05,
    0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00,
    0x06, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x01, 0x0a, 0x0f, 0x01, 0x0d, 0x00, 0x41, 0x01,
    0x41, 0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x00, 0x1a, 0x0b, 0x0b, 0x0e, 0x01, 0x00, 0x41, 0x00,
    0x0b, 0x08, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
};
/* 20,000 times (fd_write 1 64 bytes) */
static const uint8_t module_stream[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x04, 0x7f, 0x7f, 0x7f,
    0x7f, 0x01, 0x7f, 0x60, 0x00, 0x00, 0x02, 0x23, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73,
    0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31,
    0x08, 0x66, 0x64, 0x5f, 0x77, 0x72, 0x69, 0x74, 0x65, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05,
    0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00,
    0x06, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x01, 0x0a, 0x23, 0x01, 0x21, 0x01, 0x01, 0x7f,
    0x41, 0xa0, 0x9c, 0x01, 0x21, 0x00, 0x03, 0x40, 0x41, 0x01, 0x41, 0x00, 0x41, 0x01, 0x41, 0x08,
    0x10, 0x00, 0x1a, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x0b, 0x0b, 0x0e,
    0x01, 0x00, 0x41, 0x00, 0x0b, 0x08, 0x10, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00,
};
/* (fd_read 0 one byte), (fd_write 1 it), until the end */
static const uint8_t module_echo[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x04, 0x7f, 0x7f,
    0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x00, 0x00, 0x02, 0x44, 0x02, 0x16, 0x77, 0x61, 0x73, 0x69,
    0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69,
    0x65, 0x77, 0x31, 0x07, 0x66, 0x64, 0x5f, 0x72, 0x65, 0x61, 0x64, 0x00, 0x00, 0x16, 0x77,
    0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72,
    0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x08, 0x66, 0x64, 0x5f, 0x77, 0x72, 0x69, 0x74, 0x65,
    0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06,
    0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x06, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74,
    0x00, 0x02, 0x0a, 0x27, 0x01, 0x25, 0x00, 0x03, 0x40, 0x41, 0x00, 0x41, 0x00, 0x41, 0x01,
    0x41, 0x08, 0x10, 0x00, 0x1a, 0x41, 0x08, 0x28, 0x02, 0x00, 0x04, 0x40, 0x41, 0x01, 0x41,
    0x00, 0x41, 0x01, 0x41, 0x08, 0x10, 0x01, 0x1a, 0x0c, 0x01, 0x0b, 0x0b, 0x0b, 0x0b, 0x0e,
    0x01, 0x00, 0x41, 0x00, 0x0b, 0x08, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
};
/* 100,000 times (clock_time_get 1) */
static const uint8_t module_clock[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0b, 0x02, 0x60, 0x03, 0x7f, 0x7e,
    0x7f, 0x01, 0x7f, 0x60, 0x00, 0x00, 0x02, 0x29, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f,
    0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65,
    0x77, 0x31, 0x0e, 0x63, 0x6c, 0x6f, 0x63, 0x6b, 0x5f, 0x74, 0x69, 0x6d, 0x65, 0x5f, 0x67,
    0x65, 0x74, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x13,
    0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x06, 0x5f, 0x73, 0x74, 0x61,
    0x72, 0x74, 0x00, 0x01, 0x0a, 0x21, 0x01, 0x1f, 0x01, 0x01, 0x7f, 0x41, 0xa0, 0x8d, 0x06,
    0x21, 0x00, 0x03, 0x40, 0x41, 0x01, 0x42, 0x01, 0x41, 0x08, 0x10, 0x00, 0x1a, 0x20, 0x00,
    0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x0b,
};
#define STREAM_CALLS 20000u
#define ECHO_CALLS 2000u
#define CLOCK_CALLS 100000u

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "bench-keep: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void rounds_print(const char *name, const double *all, uint32_t count)
{
    printf("{\"name\": \"%s\", \"us\": [", name);
    for (uint32_t i = 0; i < count; i++)
        printf("%s%.1f", i > 0 ? ", " : "", all[i]);
    printf("]}\n");
    fflush(stdout);
}

/* --- The floor: what any keep in KVM must do before its first exit. */

static int floor_memory(int vm, void *at)
{
    static const uint8_t program[] = { 0xba, 0x00, 0x01, 0xee }; /* mov $0x100,%dx; out %al,%dx */
    struct kvm_userspace_memory_region region = {
        .memory_size = FLOOR_RAM,
        .userspace_addr = (uintptr_t)at,
    };

    memcpy(at, program, sizeof program);
    return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static void floor_run(int device, int vm)
{
    int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0), size = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
    struct kvm_regs r = { .rflags = 2 };
    const struct cpuid *cpuid;
    struct kvm_sregs s;
    struct kvm_run *run;

    if (vcpu < 0 || cpuid_get(&cpuid, device) != 0)
        fail("vCPU");
    run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (run == MAP_FAILED || ioctl(vcpu, KVM_SET_CPUID2, cpuid->table) != 0 ||
        ioctl(vcpu, KVM_GET_SREGS, &s) != 0)
        fail("vCPU state");
    s.cs.base = s.cs.selector = 0;
    if (ioctl(vcpu, KVM_SET_SREGS, &s) != 0 || ioctl(vcpu, KVM_SET_REGS, &r) != 0 ||
        ioctl(vcpu, KVM_RUN, 0) != 0 || run->exit_reason != KVM_EXIT_IO)
        fail("first exit");
}

/* In a process of its own, as a keep is; timed from open to the first exit. */
static double floor_once(void)
{
    double result = 0, start = now_us();
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0)
        fail("pipe");
    pid = fork();
    if (pid == 0) {
        int device = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = ioctl(device, KVM_CREATE_VM, 0);
        void *at = mmap(NULL, FLOOR_RAM, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (device < 0 || vm < 0 || at == MAP_FAILED || floor_memory(vm, at) != 0)
            fail("VM");
        floor_run(device, vm);
        result = now_us() - start;
        _exit(write(ends[1], &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
    }
    if (read(ends[0], &result, sizeof result) != (ssize_t)sizeof result)
        fail("floor");
    waitpid(pid, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return result;
}

/* --- Keeps. */

static struct {
    int exec_fd, shim_fd, null;
    struct launch launch;
} world;

/* Puts these in the place of stdin and stdout: a keep takes them from there. */
static void stdio_set(int in, int out)
{
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
        fail("dup2");
}

static struct launch *launch_for(const uint8_t *module, size_t size)
{
    struct note note;
    int fd;

    if (world.launch.module_fd != 0)
        close((int)world.launch.module_fd);
    launch_init(&world.launch);
    world.launch.name = BYTES_TEXT("bench");
    world.launch.args[world.launch.args_count++] = world.launch.name;
    if (files_sealed(&fd, "module", (struct bytes){ module, size }, &note) != ERR_OK)
        fail(note.text);
    world.launch.module_fd = (uint32_t)fd;
    return &world.launch;
}

struct timing {
    double running; /* the keep runs */
    double first;   /* its first byte came */
    double ended;
    struct keep_end end;
};

/* One keep, cold, from create to its end; its stdout through a pipe of ours. */
static void cold_once(struct timing *t, const struct backend *b, const struct launch *launch)
{
    struct keep_config config = {
        .launch = launch,
        .exec_fd = world.exec_fd,
        .shim_fd = world.shim_fd,
    };
    struct note note = { 0 }, lack = { 0 };
    int ends[2], held = dup(1);
    struct keep *keep = NULL;
    double start;
    char byte;

    if (held < 0 || pipe(ends) != 0)
        fail("pipe");
    stdio_set(world.null, ends[1]);
    start = now_us();
    if (b->create(&keep, &config, &note) != ERR_OK || b->start(keep, &lack, &note) != ERR_OK)
        fail(note.text);
    t->running = now_us() - start;
    stdio_set(world.null, held);
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1)
        fail("no first byte");
    t->first = now_us() - start;
    if (b->wait(keep, &t->end) != ERR_OK || t->end.code != 0)
        fail("the keep failed");
    t->ended = now_us() - start;
    b->destroy(keep);
    close(ends[0]);
    close(held);
}

static void cold_measure(const struct backend *b, uint32_t rounds)
{
    const struct launch *launch = launch_for(module_first, sizeof module_first);
    double running[ROUNDS_MAX] = { 0 }, first[ROUNDS_MAX] = { 0 }, ended[ROUNDS_MAX] = { 0 };
    char name[64];

    for (uint32_t i = 0; i < rounds; i++) {
        struct timing t;

        cold_once(&t, b, launch);
        running[i] = t.running;
        first[i] = t.first;
        ended[i] = t.ended;
    }
    snprintf(name, sizeof name, "%s cold: first instruction of the keep", b->name);
    rounds_print(name, running, rounds);
    snprintf(name, sizeof name, "%s cold: first byte of the program", b->name);
    rounds_print(name, first, rounds);
    snprintf(name, sizeof name, "%s cold: reaped", b->name);
    rounds_print(name, ended, rounds);
}

/* --- Exits. */

static void drain(int fd)
{
    static char room[1 << 16];

    while (read(fd, room, sizeof room) > 0)
        ;
}

static void echo_drive(int to, int from)
{
    char byte = 'x';

    for (uint32_t i = 0; i < ECHO_CALLS / 2; i++)
        if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1)
            fail("echo");
}

static void exits_measure(const char *name, const struct backend *b, const uint8_t *module,
                          size_t size, uint32_t calls, bool echoes)
{
    struct keep_config config = {
        .launch = launch_for(module, size),
        .exec_fd = world.exec_fd,
        .shim_fd = world.shim_fd,
    };
    struct note note = { 0 }, lack = { 0 };
    int in[2], out[2], held = dup(1);
    struct keep_end end = { 0 };
    struct keep *keep = NULL;
    double start, took;

    if (held < 0 || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        fail("pipe");
    stdio_set(in[0], out[1]);
    if (b->create(&keep, &config, &note) != ERR_OK || b->start(keep, &lack, &note) != ERR_OK)
        fail(note.text);
    stdio_set(world.null, held);
    close(out[1]);
    close(in[0]);
    start = now_us();
    if (echoes)
        echo_drive(in[1], out[0]);
    took = now_us() - start;
    close(in[1]);
    drain(out[0]);
    if (!echoes)
        took = now_us() - start;
    if (b->wait(keep, &end) != ERR_OK || end.code != 0)
        fail("the keep failed");
    printf("{\"name\": \"%s %s\", \"calls\": %u, \"us_per_call\": %.3f, \"exits_per_call\": %.4f, "
           "\"gate_calls_per_call\": %.4f, \"exits\": %llu}\n",
           b->name, name, calls, took / calls, (double)end.exits / calls, (double)end.calls / calls,
           (unsigned long long)end.exits);
    fflush(stdout);
    b->destroy(keep);
    close(out[0]);
    close(held);
}

/* --- The pool. */

static pid_t pool_start(const char *path, uint32_t count)
{
    struct pool_config config = {
        .count = count,
        .exec_fd = world.exec_fd,
        .shim_fd = world.shim_fd,
        .memory_bytes = LAUNCH_MEMORY_DEFAULT,
    };
    struct note note = { 0 };
    pid_t pid;

    if (pool_listen(&config.listen_fd, path, &note) != ERR_OK)
        fail(note.text);
    pid = fork();
    if (pid == 0)
        _exit(pool_serve(&config, &note) == ERR_OK ? 0 : 1);
    close(config.listen_fd);
    return pid;
}

static void pool_once(struct timing *t, const char *path, struct launch *launch)
{
    int ends[2], held = dup(1), connection = -1;
    struct note note = { 0 };
    double start;
    char byte;

    if (held < 0 || pipe(ends) != 0)
        fail("pipe");
    stdio_set(world.null, ends[1]);
    start = now_us();
    if (pool_client_start(&connection, path, launch, &note) != ERR_OK)
        fail(note.text);
    t->running = now_us() - start;
    stdio_set(world.null, held);
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1)
        fail("no first byte");
    t->first = now_us() - start;
    if (pool_client_wait(connection, &t->end) != ERR_OK || t->end.code != 0)
        fail("the keep failed");
    t->ended = now_us() - start;
    close(connection);
    close(ends[0]);
    close(held);
}

/* Of a template that waits: what is its alone, and no other process's. */
static void idle_print(pid_t pool)
{
    char path[64], line[256], text[4096] = "";
    unsigned long kib = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pool, (int)pool);
    f = fopen(path, "re");
    if (f == NULL || fgets(text, sizeof text, f) == NULL)
        return;
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", atoi(text));
    f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "Private_", 8) == 0 && strchr(line, ' ') != NULL)
            kib += strtoul(strchr(line, ' '), NULL, 10);
    if (f != NULL)
        fclose(f);
    printf("{\"name\": \"idle keep: memory of its own\", \"kib\": %lu}\n", kib);
    fflush(stdout);
}

static void pool_measure(uint32_t rounds, uint32_t burst)
{
    struct launch *launch = launch_for(module_first, sizeof module_first);
    double running[ROUNDS_MAX] = { 0 }, first[ROUNDS_MAX] = { 0 }, ended[ROUNDS_MAX] = { 0 };
    double start;
    char path[64];
    pid_t pid;

    snprintf(path, sizeof path, "/tmp/broch-bench-%d", (int)getpid());
    pid = pool_start(path, 4);
    sleep(1);
    idle_print(pid);
    for (uint32_t i = 0; i < rounds; i++) {
        struct timing t;

        usleep(50000); /* a pool that has had the time to fill */
        pool_once(&t, path, launch);
        running[i] = t.running;
        first[i] = t.first;
        ended[i] = t.ended;
    }
    rounds_print("kvm pool: the workload is in", running, rounds);
    rounds_print("kvm pool: first byte of the program", first, rounds);
    rounds_print("kvm pool: its end is known", ended, rounds);
    start = now_us();
    for (uint32_t i = 0; i < burst; i++) {
        struct timing t;

        pool_once(&t, path, launch);
    }
    printf("{\"name\": \"kvm pool: keeps per second, one after the other\", \"per_s\": %.1f}\n",
           burst * 1e6 / (now_us() - start));
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    unlink(path);
}

int main(int argc, char **argv)
{
    uint32_t rounds = argc > 1 ? (uint32_t)num_min((size_t)atoi(argv[1]), ROUNDS_MAX) : 20;
    double floor_all[ROUNDS_MAX] = { 0 };
    struct note note = { 0 };

    world.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (files_program(&world.exec_fd, "broch-exec", &note) != ERR_OK ||
        files_program(&world.shim_fd, "broch-shim", &note) != ERR_OK)
        fail(note.text);
    for (uint32_t i = 0; i < rounds; i++)
        floor_all[i] = floor_once();
    rounds_print("floor: bare KVM, to the first exit", floor_all, rounds);
    cold_measure(&backend_kvm, rounds);
    cold_measure(&backend_process, rounds);
    exits_measure("streaming stdout", &backend_kvm, module_stream, sizeof module_stream,
                  STREAM_CALLS, false);
    exits_measure("streaming stdout", &backend_process, module_stream, sizeof module_stream,
                  STREAM_CALLS, false);
    exits_measure("round trips of one byte", &backend_kvm, module_echo, sizeof module_echo,
                  ECHO_CALLS, true);
    exits_measure("round trips of one byte", &backend_process, module_echo, sizeof module_echo,
                  ECHO_CALLS, true);
    exits_measure("clock_time_get", &backend_kvm, module_clock, sizeof module_clock, CLOCK_CALLS,
                  false);
    exits_measure("clock_time_get", &backend_process, module_clock, sizeof module_clock,
                  CLOCK_CALLS, false);
    pool_measure(rounds, rounds);
    return 0;
}

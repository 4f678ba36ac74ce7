#define _GNU_SOURCE
#include "cli/host_memory.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

enum { WAIT_MOST_NS = 10000000, FAULT_STACK_SIZE = 64 << 10 };

static void *heap_take(void *context, size_t size)
{
    (void)context;
    return malloc(size); /* aligned to 16 on x86-64 */
}

static void heap_give(void *context, void *at, size_t size)
{
    (void)context;
    (void)size;
    free(at);
}

static void *reserve(void *context, size_t size)
{
    void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)context;
    return at == MAP_FAILED ? NULL : at;
}

static bool commit(void *context, void *at, size_t size)
{
    (void)context;
    return mprotect(at, size, PROT_READ | PROT_WRITE) == 0;
}

static bool decommit(void *context, void *at, size_t size)
{
    (void)context;
    return mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) !=
           MAP_FAILED;
}

static bool seal(void *context, void *at, size_t size)
{
    (void)context;
    return mprotect(at, size, PROT_READ | PROT_EXEC) == 0;
}

static void release(void *context, void *at, size_t size)
{
    (void)context;
    munmap(at, size);
}

static int host_wait(void *context, const void *at, uint64_t expected, bool is64, int64_t timeout_ns)
{
    uint64_t now = is64 ? __atomic_load_n((const uint64_t *)at, __ATOMIC_SEQ_CST)
                        : __atomic_load_n((const uint32_t *)at, __ATOMIC_SEQ_CST);
    struct timespec t = { 0, WAIT_MOST_NS };

    (void)context;
    if (now != expected)
        return 1;
    if (timeout_ns >= 0 && timeout_ns < WAIT_MOST_NS)
        t.tv_nsec = timeout_ns;
    nanosleep(&t, NULL);
    return 2;
}

static uint32_t host_notify(void *context, const void *at, uint32_t count)
{
    (void)context;
    (void)at;
    (void)count;
    return 0;
}

const struct wasm_host host_memory = {
    .heap_take = heap_take,
    .heap_give = heap_give,
    .reserve = reserve,
    .commit = commit,
    .decommit = decommit,
    .seal = seal,
    .release = release,
    .wait = host_wait,
    .notify = host_notify,
};

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *r = u->uc_mcontext.gregs;
    struct wasm_fault fault = {
        .pc = (uint64_t)r[REG_RIP],
        .sp = (uint64_t)r[REG_RSP],
        .address = (uint64_t)(uintptr_t)info->si_addr,
        .context = (uint64_t)r[REG_R15],
    };

    if (!wasm_fault(&fault)) {
        /* Not the guest's: the same instruction again, and die of it. */
        signal(number, SIG_DFL);
        return;
    }
    r[REG_RIP] = (greg_t)fault.pc;
    r[REG_RSP] = (greg_t)fault.sp;
    r[REG_RDI] = (greg_t)fault.first;
    r[REG_RSI] = (greg_t)fault.second;
}

bool host_faults_open(void)
{
    static uint8_t room[FAULT_STACK_SIZE];
    stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigemptyset(&action.sa_mask);
    return sigaltstack(&stack, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0 &&
           sigaction(SIGBUS, &action, NULL) == 0;
}

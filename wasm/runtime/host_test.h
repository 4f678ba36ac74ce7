/* host_test.h: an embedder for the runtime's unit tests: malloc and mmap, a count of what is
 * out, and a switch that makes the n-th request fail. Include it in one file per test,
 * which defines _GNU_SOURCE. */
#ifndef BROCH_WASM_RUNTIME_HOST_TEST_H
#define BROCH_WASM_RUNTIME_HOST_TEST_H

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "include/broch/wasm.h"

static struct {
    long until_failure; /* requests that still succeed; negative: all */
    long heap_out;      /* bytes */
    long reserved_out;
    unsigned failures;
} test_host_state = { .until_failure = -1 };

static bool test_host_fails(void)
{
    if (test_host_state.until_failure < 0)
        return false;
    if (test_host_state.until_failure-- != 0)
        return false;
    test_host_state.until_failure = -1; /* one failure, then all is well */
    test_host_state.failures++;
    return true;
}

static void *test_heap_take(void *context, size_t size)
{
    (void)context;
    if (test_host_fails())
        return NULL;
    test_host_state.heap_out += (long)size;
    return malloc(size);
}

static void test_heap_give(void *context, void *at, size_t size)
{
    (void)context;
    test_host_state.heap_out -= (long)size;
    free(at);
}

static void *test_reserve(void *context, size_t size)
{
    void *at;

    (void)context;
    if (test_host_fails())
        return NULL;
    at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    test_host_state.reserved_out += (long)size;
    return at;
}

static bool test_commit(void *context, void *at, size_t size)
{
    (void)context;
    return !test_host_fails() && mprotect(at, size, PROT_READ | PROT_WRITE) == 0;
}

static bool test_decommit(void *context, void *at, size_t size)
{
    (void)context;
    return mprotect(at, size, PROT_NONE) == 0;
}

static bool test_seal(void *context, void *at, size_t size)
{
    (void)context;
    return !test_host_fails() && mprotect(at, size, PROT_READ | PROT_EXEC) == 0;
}

static void test_release(void *context, void *at, size_t size)
{
    (void)context;
    test_host_state.reserved_out -= (long)size;
    munmap(at, size);
}

static const struct wasm_host test_host = {
    .heap_take = test_heap_take,
    .heap_give = test_heap_give,
    .reserve = test_reserve,
    .commit = test_commit,
    .decommit = test_decommit,
    .seal = test_seal,
    .release = test_release,
};

static void test_on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *r = u->uc_mcontext.gregs;
    struct wasm_fault fault = { (uint64_t)r[REG_RIP],
                                (uint64_t)r[REG_RSP],
                                (uint64_t)(uintptr_t)info->si_addr,
                                (uint64_t)r[REG_R15],
                                0,
                                0 };

    if (!wasm_fault(&fault)) {
        signal(number, SIG_DFL);
        return;
    }
    r[REG_RIP] = (greg_t)fault.pc;
    r[REG_RSP] = (greg_t)fault.sp;
    r[REG_RDI] = (greg_t)fault.first;
    r[REG_RSI] = (greg_t)fault.second;
}

[[maybe_unused]] static void test_faults_open(void)
{
    static uint8_t room[1 << 16];
    stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
    struct sigaction action = { .sa_sigaction = test_on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

#endif

/* forbidden_memory.c: own code, own data, and every address that is not ours. */
#define _GNU_SOURCE
#include "forbidden.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "calls.h"
#include "tests/keep/guests/places.h"

static const uint8_t constant[64] = { 5 };
static uint8_t data[PAGE] __attribute__((aligned(4096))) = { 0xc3 };
static uint8_t bss[PAGE];

static unsigned long address(const volatile void *at) { return (unsigned long)(uintptr_t)at; }

/* What must be stopped, at one address. */
static void stopped(const char *name, attempt_fn *run, unsigned long at)
{
    forbidden_stopped(name, attempt(run, at, 0x90));
}

void forbid_text(void)
{
    void (*self)(void) = forbid_text;
    unsigned long at;

    memcpy(&at, &self, sizeof at);
    stopped("write own code", attempt_store, at);
    stopped("write a constant", attempt_store, address(constant));
    if (*(const volatile uint8_t *)constant != 5)
        forbidden_wrong("a constant changed");
    for (unsigned long page = at & -PAGE, i = 0; i < 16; i++)
        stopped("write other code", attempt_store, page + i * PAGE);
}

void forbid_data(void)
{
    uint8_t stack[16] = { 0xc3 }, *heap = malloc(1000), *map = pages_new(1, PROT_READ | PROT_WRITE);

    bss[0] = 0xc3;
    heap[0] = 0xc3;
    map[0] = 0xc3;
    stopped("execute data", attempt_jump, address(data));
    stopped("execute zeroed data", attempt_jump, address(bss));
    stopped("execute the stack", attempt_jump, address(stack));
    stopped("execute the heap", attempt_jump, address(heap));
    stopped("execute a mapping", attempt_jump, address(map));
    stopped("execute a constant", attempt_jump, address(constant));
    free(heap);
}

/* On Linux these work: the one case where the reference says 99. */
void forbid_both(void)
{
    static const int kinds[] = { PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC };
    uint8_t *map = pages_new(4, PROT_READ | PROT_WRITE);
    long got;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        got = call(SYS_mmap, 0, PAGE, kinds[i], MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (got != -EACCES && got != -EPERM)
            forbidden_wrong("mapped for writing and executing: %s", error_name(got));
        got = call(SYS_mprotect, map, PAGE, kinds[i]);
        if (got != -EACCES && got != -EPERM)
            forbidden_wrong("made writable and executable: %s", error_name(got));
        got = call(SYS_mprotect, data, PAGE, kinds[i]);
        if (got != -EACCES && got != -EPERM)
            forbidden_wrong("own data made executable: %s", error_name(got));
    }
    got = call(SYS_pkey_mprotect, map, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, -1);
    if (got >= 0)
        forbidden_wrong("by a key: done");
}

void forbid_loads(void)
{
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if ((places[i].never & NEVER_LOAD) != 0)
            stopped(places[i].name, attempt_load, places[i].at);
}

void forbid_stores(void)
{
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if ((places[i].never & NEVER_STORE) != 0)
            stopped(places[i].name, attempt_store, places[i].at);
}

void forbid_jumps(void)
{
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if ((places[i].never & NEVER_EXECUTE) != 0)
            stopped(places[i].name, attempt_jump, places[i].at);
}

void forbid_pointers(void)
{
    for (size_t i = 0; i < COUNT_OF(places); i++)
        for (size_t k = 0; k < calls_count(); k++) {
            long got = calls_make(k, (long)places[i].at);

            if (got != -EFAULT && got != -ENOSYS)
                forbidden_wrong("%s at %s: %s", calls_name(k), places[i].name, error_name(got));
        }
}

/* Calls that would change what is mapped there. */
void forbid_maps(void)
{
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const unsigned long at = places[i].at & -PAGE;
        const char *name = places[i].name;

        if (at < PLACE_SHIM_VA || at >= PLACE_SHIM_END)
            continue; /* page 0 may be mapped by who may */
        /* Linux has memory to give there; a keep never. */
        if (call(SYS_mprotect, at, PAGE, PROT_READ | PROT_WRITE) == 0)
            forbidden_wrong("mprotect %s", name);
        if (call(SYS_mremap, at, PAGE, 2 * PAGE, MREMAP_MAYMOVE) >= 0)
            forbidden_wrong("mremap %s", name);
        if (call(SYS_madvise, at, PAGE, MADV_DONTNEED) == 0)
            forbidden_wrong("madvise %s", name);
        if (call(SYS_madvise, at, PAGE, MADV_FREE) == 0)
            forbidden_wrong("madvise free %s", name);
    }
}

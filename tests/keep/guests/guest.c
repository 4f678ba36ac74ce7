/* guest.c: the lines, the names of errors, and what an address allows. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void bytes_write(const char *at, size_t left)
{
    while (left > 0) {
        long n = call(SYS_write, 1, at, left);

        if (n == -EINTR)
            continue;
        if (n <= 0)
            _exit(96);
        at += n;
        left -= (size_t)n;
    }
}

void say(const char *format, ...)
{
    char line[512];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(line, sizeof line - 1, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof line - 1)
        _exit(96);
    line[n] = '\n';
    bytes_write(line, (size_t)n + 1);
}

const char *error_name(long negated)
{
    const char *name = NULL;

    if (negated < 0 && negated > -4096)
        name = strerrorname_np((int)-negated);
    return name != NULL ? name : "no errno";
}

void result(const char *name, long got)
{
    if (got < 0)
        say("%s: %s", name, error_name(got));
    else
        say("%s: %ld", name, got);
}

void holds(const char *name, bool what) { say("%s: %s", name, what ? "yes" : "no"); }

/* exec/direct.h: the auxiliary vector's entry that a keep adds. */
#define AT_BROCH_CALL 0x62726f63ul
#define DIRECT "direct "

unsigned long guest_entry;

const char *case_read(void)
{
    static char name[64];
    size_t size = 0;

    /* Byte by byte: what follows the line belongs to the case. */
    while (size + 1 < sizeof name && call(SYS_read, 0, name + size, 1) == 1 && name[size] != '\n')
        size++;
    name[size] = '\0';
    if (strncmp(name, DIRECT, sizeof DIRECT - 1) != 0)
        return name;
    guest_entry = getauxval(AT_BROCH_CALL);
    return name + sizeof DIRECT - 1;
}

bool cases_run(const struct guest_case *cases, size_t count, const char *name)
{
    bool found = false, all = strcmp(name, "all") == 0;

    for (size_t i = 0; i < count; i++) {
        if (!all && strcmp(name, cases[i].name) != 0)
            continue;
        if (all)
            say("# %s", cases[i].name);
        cases[i].run();
        found = true;
    }
    return found;
}

static sigjmp_buf touch_back;
static volatile int touch_code;

static void on_touch(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    touch_code = info->si_code;
    siglongjmp(touch_back, 1);
}

static void access_do(const volatile void *at, enum access how)
{
    volatile uint8_t *byte = (volatile uint8_t *)(uintptr_t)at;

    if (how == ACCESS_READ)
        (void)*byte;
    else if (how == ACCESS_WRITE)
        __asm__ volatile("lock orb $0, %0" : "+m"(*byte));
    else
        ((void (*)(void))(uintptr_t)at)();
}

char touch(const volatile void *at, enum access how)
{
    struct sigaction mine = { .sa_sigaction = on_touch, .sa_flags = SA_SIGINFO }, old;
    volatile char letter = 'k';

    sigaction(SIGSEGV, &mine, &old);
    if (sigsetjmp(touch_back, 1) == 0)
        access_do(at, how);
    else if (touch_code == SEGV_MAPERR)
        letter = 'm';
    else if (touch_code == SEGV_ACCERR)
        letter = 'a';
    else
        letter = touch_code == SI_KERNEL ? 'g' : '?';
    sigaction(SIGSEGV, &old, NULL);
    return letter;
}

const char *map_letters(const void *at, size_t pages)
{
    static char letters[65];
    const uint8_t *page = at;
    size_t i;

    for (i = 0; i < pages && i < 64; i++) {
        char r = touch(page + i * PAGE, ACCESS_READ);

        letters[i] = r == 'm' ? '.' : r == 'a' ? '-' : r;
        if (r == 'k')
            letters[i] = touch(page + i * PAGE, ACCESS_WRITE) == 'k' ? 'w' : 'r';
    }
    letters[i] = '\0';
    return letters;
}

uint8_t *pages_new(size_t pages, int prot)
{
    size_t size = (pages + 2) * PAGE;
    long got = call(SYS_mmap, 0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (got < 0 ||
        (prot != PROT_NONE && call(SYS_mprotect, got + (long)PAGE, pages * PAGE, prot) != 0)) {
        say("no memory for the test");
        _exit(97);
    }
    return (uint8_t *)(uintptr_t)got + PAGE;
}

uint8_t *hole_new(size_t pages)
{
    uint8_t *at = pages_new(pages + 2, PROT_NONE);

    if (call(SYS_munmap, at + PAGE, pages * PAGE) != 0) {
        say("no hole for the test");
        _exit(97);
    }
    return at + PAGE;
}

void sleep_ms(unsigned ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

uint64_t now_ns(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        _exit(96);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

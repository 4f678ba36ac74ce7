/* guest.h: what the programs share that stand in for exec and judge the shim.
 *
 * Each of them is an ordinary static Linux program: Linux runs it for reference,
 * and the keep must then print the same bytes. So nothing is printed that a
 * machine decides: no address, no number of a process, no time.
 * System calls are made raw, because libc would judge arguments before a kernel
 * sees them: a result below zero is a negated errno.
 * The first line on descriptor 0 names the case; what follows it is the case's.
 * "direct NAME" makes the case's calls by the keep's direct entry. */
#ifndef BROCH_TESTS_KEEP_GUEST_H
#define BROCH_TESTS_KEEP_GUEST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define PAGE ((size_t)4096)
#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

/* The signal frame's words that the handlers look at, and a function per case. */
struct guest_case {
    const char *name;
    void (*run)(void);
};

/* Where a keep offers its calls by a CALL, and the case's name began with "direct ":
 * that entry; else 0, and calls are made by SYSCALL. Linux makes them so always. */
extern unsigned long guest_entry;

static inline long guest_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    unsigned long entry = guest_entry;
    long result;

    if (entry != 0) /* its return address must not hit the red zone */
        __asm__ volatile("lea -128(%%rsp), %%rsp\n call *%%rcx\n lea 128(%%rsp), %%rsp"
                         : "=a"(result), "+c"(entry)
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                         : "r11", "cc", "memory");
    else
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
    return result;
}

#define CALL_0(n) guest_call(n, 0, 0, 0, 0, 0, 0)
#define CALL_1(n, a) guest_call(n, (long)(a), 0, 0, 0, 0, 0)
#define CALL_2(n, a, b) guest_call(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL_3(n, a, b, c) guest_call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL_4(n, a, b, c, d) guest_call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL_5(n, a, b, c, d, e) \
    guest_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define CALL_6(n, a, b, c, d, e, f) \
    guest_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL_PICK(n, a, b, c, d, e, f, macro, ...) macro
/* call(SYS_x, …) with up to six arguments of any integer or pointer type. */
#define call(...)                                                                        \
    CALL_PICK(__VA_ARGS__, CALL_6, CALL_5, CALL_4, CALL_3, CALL_2, CALL_1, CALL_0, none) \
    (__VA_ARGS__)

/* One line, written at once, so that a dead keep shows how far it came. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* "NAME: 3" or "NAME: EFAULT". */
void result(const char *name, long got);
/* "NAME: yes" or "NAME: no". */
void holds(const char *name, bool what);
const char *error_name(long negated);

/* The first line of descriptor 0, without what ends it; at most 63 bytes. */
const char *case_read(void);
/* Runs the case of that name, or all of them for "all". False: no such case. */
bool cases_run(const struct guest_case *cases, size_t count, const char *name);

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };
/* Touches one byte there: 'k' it works, 'm' nothing is mapped (SEGV_MAPERR), 'a'
 * it may not be (SEGV_ACCERR), 'g' a general protection fault (SI_KERNEL), '?'
 * anything else. A write puts back what it read, where it can be read. Executing
 * needs a `ret` there. */
char touch(const volatile void *at, enum access how);
/* A letter for each page: '.' unmapped, '-' no access, 'r' readable, 'w' writable.
 * The string stays until the next call; at most 64 pages. */
const char *map_letters(const void *at, size_t pages);

/* A fresh private mapping that nothing else is near to: a page without access on
 * both sides. Ends the program where there is none. */
uint8_t *pages_new(size_t pages, int prot);
/* An address with nothing mapped, `pages` long, which nobody will take: a kernel
 * takes the highest hole first, and this one is cut from a mapping's middle. */
uint8_t *hole_new(size_t pages);

void sleep_ms(unsigned ms);
uint64_t now_ns(void);

#endif

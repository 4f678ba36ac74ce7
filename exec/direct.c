/* direct.c: Linux calls without the SYSCALL instruction. */
#define _GNU_SOURCE
#include "exec/direct.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long entry;

void direct_init(void) { entry = getauxval(AT_BROCH_CALL); }

bool direct_is_there(void) { return entry != 0; }

/* Registers as for SYSCALL, and RCX and R11 are lost as with it. The call pushes
 * its return address, so the red zone below the stack pointer is left alone. */
static long enter(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    unsigned long to = entry;
    long result;

    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                     "call *%%rcx\n\t"
                     "lea 128(%%rsp), %%rsp"
                     : "=a"(result), "+c"(to)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "r11", "cc", "memory");
    return result;
}

long direct_call(long number, long a, long b, long c, long d, long e, long f)
{
    long result;

    if (entry == 0)
        return syscall(number, a, b, c, d, e, f);
    result = enter(number, a, b, c, d, e, f);
    if (result < 0 && result >= -4095) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

ssize_t direct_readv(int fd, const struct iovec *to, int count)
{
    if (entry == 0)
        return readv(fd, to, count);
    return direct_call(SYS_readv, fd, (long)to, count, 0, 0, 0);
}

ssize_t direct_writev(int fd, const struct iovec *from, int count)
{
    if (entry == 0)
        return writev(fd, from, count);
    return direct_call(SYS_writev, fd, (long)from, count, 0, 0, 0);
}

int direct_clock_gettime(clockid_t id, struct timespec *out)
{
    if (entry == 0)
        return clock_gettime(id, out);
    return (int)direct_call(SYS_clock_gettime, id, (long)out, 0, 0, 0, 0);
}

ssize_t direct_getrandom(void *out, size_t size, unsigned flags)
{
    if (entry == 0)
        return getrandom(out, size, flags);
    return direct_call(SYS_getrandom, (long)out, (long)size, (long)flags, 0, 0, 0);
}

int direct_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout)
{
    /* The call writes to the time; the C library's keeps that to itself. */
    struct timespec left;

    if (entry == 0)
        return ppoll(fds, count, timeout, NULL);
    if (timeout != NULL)
        left = *timeout;
    return (int)direct_call(SYS_ppoll, (long)fds, (long)count, timeout != NULL ? (long)&left : 0, 0,
                            0, 0);
}

/* direct.h: Linux calls without the SYSCALL instruction, where a shim offers it.
 *
 * In a VM keep the shim is in the same address space and advertises an entry in the
 * auxiliary vector (AT_BROCH_CALL): calling it costs a tenth of what SYSCALL does.
 * Everywhere else, and for every call, the functions below are the C library's
 * own. Results and errno are the same either way; filters hold for both. */
#ifndef BROCH_EXEC_DIRECT_H
#define BROCH_EXEC_DIRECT_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

/* The type of an auxiliary vector's entry that a shim adds: "broc". */
#define AT_BROCH_CALL 0x62726f63ul

/* Looks for the entry, once: before there are threads. */
void direct_init(void);
bool direct_is_there(void);

/* As syscall(2): -1 and errno where it fails. */
long direct_call(long number, long a, long b, long c, long d, long e, long f);

ssize_t direct_readv(int fd, const struct iovec *to, int count);
ssize_t direct_writev(int fd, const struct iovec *from, int count);
int direct_clock_gettime(clockid_t id, struct timespec *out);
ssize_t direct_getrandom(void *out, size_t size, unsigned flags);
int direct_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout);

#endif

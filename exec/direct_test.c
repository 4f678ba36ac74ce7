/* The direct entry, with a stand-in for the shim's: one that makes the system call
 * and then spoils what the entry may spoil. */
#include "exec/direct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/check.h"

extern char fake_entry[];
static unsigned long offered;

/* Goes before the C library's: the auxiliary vector of a keep. */
unsigned long getauxval(unsigned long type) { return type == AT_BROCH_CALL ? offered : 0; }

__asm__(".text\n"
        "fake_entry:\n\t"
        "incq fake_count(%rip)\n\t"
        "syscall\n\t"
        "mov $-1, %rcx\n\t"
        "mov $-1, %r11\n\t"
        "ret\n"
        ".data\n.balign 8\n.globl fake_count\nfake_count: .quad 0\n.text\n");
extern unsigned long fake_count;

/* A leaf that keeps what it knows below its stack pointer. */
__attribute__((noinline)) static long around(long number, long seed)
{
    volatile long room[12];
    long sum = 0;

    for (int i = 0; i < 12; i++)
        room[i] = seed * i;
    if (direct_call(number, 0, 0, 0, 0, 0, 0) < 0)
        return -1;
    for (int i = 0; i < 12; i++)
        sum += room[i];
    return sum;
}

static void same_results(void)
{
    int ends[2];
    char got[8] = { 0 };
    struct iovec out[2] = { { (void *)(uintptr_t) "ab", 2 }, { (void *)(uintptr_t) "cde", 3 } };
    struct iovec in = { got, sizeof got };
    struct timespec t = { 0 };
    struct pollfd p;
    unsigned char random[16] = { 0 };
    const unsigned char zero[16] = { 0 };

    if (!CHECK(pipe(ends) == 0))
        return;
    CHECK_EQ(direct_writev(ends[1], out, 2), 5);
    p = (struct pollfd){ .fd = ends[0], .events = POLLIN };
    CHECK_EQ(direct_ppoll(&p, 1, &t), 1);
    CHECK_EQ(direct_readv(ends[0], &in, 1), 5);
    CHECK(memcmp(got, "abcde", 5) == 0);
    CHECK_EQ(direct_ppoll(&p, 1, &t), 0);
    CHECK_EQ(direct_clock_gettime(CLOCK_MONOTONIC, &t), 0);
    CHECK(t.tv_sec > 0);
    CHECK_EQ(direct_getrandom(random, sizeof random, 0), 16);
    CHECK(memcmp(random, zero, sizeof zero) != 0);
    close(ends[0]);
    close(ends[1]);
    errno = 0;
    CHECK_EQ(direct_writev(-1, out, 2), -1);
    CHECK_EQ(errno, EBADF);
    errno = 0;
    CHECK_EQ(direct_clock_gettime(99, &t), -1);
    CHECK_EQ(errno, EINVAL);
    CHECK_EQ(direct_call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
    CHECK_EQ(around(SYS_getpid, 7), 7 * 66);
}

int main(void)
{
    CASE("nothing is offered: the C library's calls");
    direct_init();
    CHECK(!direct_is_there());
    same_results();
    CHECK_EQ(fake_count, 0);

    CASE("an entry is offered: all go there, with the same results");
    offered = (unsigned long)fake_entry;
    direct_init();
    CHECK(direct_is_there());
    same_results();
    CHECK(fake_count >= 9);
    return check_done();
}

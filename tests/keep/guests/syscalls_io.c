/* syscalls_io.c: descriptors 0 to 3 and those that are not there.
 *
 * On descriptor 0, behind the case's line, are 1000 letters: "abc…zabc…". On 3 is
 * the launch record, a sealed file in memory whose first byte is a map's head. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define RECORD 3

static const int bad_fds[] = { -1, 77, 1023, 0x7fffffff, (int)0x80000000 };

static long read_whole(uint8_t *room, size_t size)
{
    size_t at = 0;
    long n;

    while (at < size && (n = call(SYS_read, 0, room + at, size - at)) > 0)
        at += (size_t)n;
    return (long)at;
}

static void stdin_reads(void)
{
    static uint8_t room[2000];
    uint8_t *none = pages_new(1, PROT_NONE), *ro = pages_new(1, PROT_READ);
    uint8_t *edge = pages_new(1, PROT_READ | PROT_WRITE);
    struct iovec v[3] = { { room, 3 }, { room + 100, 0 }, { room + 200, 4 } };
    long n;

    result("read nothing", call(SYS_read, 0, room, 0));
    result("read one", call(SYS_read, 0, room, 1));
    say("it is %c", room[0]);
    result("read into a hole", call(SYS_read, 0, hole_new(1), 5));
    result("read into no access", call(SYS_read, 0, none, 5));
    result("read into what is to be read", call(SYS_read, 0, ro, 5));
    result("read into the kernel", call(SYS_read, 0, 0xffff888000000000, 5));
    result("read into a wild place", call(SYS_read, 0, 0x8000000000000000, 5));
    result("read a wild size", call(SYS_read, 0, room, -1));
    n = call(SYS_readv, 0, v, 3);
    result("read in parts", n);
    say("they are %c%c%c %c%c%c%c", room[0], room[1], room[2], room[200], room[201], room[202],
        room[203]);
    n = call(SYS_read, 0, edge + PAGE - 4, 4);
    result("read up to an edge", n);
    say("they are %.4s", (const char *)edge + PAGE - 4);
    result("no parts", call(SYS_readv, 0, v, 0));
    result("too many parts", call(SYS_readv, 0, v, 1025));
    result("parts below zero", call(SYS_readv, 0, v, -1));
    result("parts in a hole", call(SYS_readv, 0, none, 2));
    v[0].iov_len = SIZE_MAX;
    result("a part of a wild size", call(SYS_readv, 0, v, 3));
    v[0] = (struct iovec){ none, 8 };
    result("a part without access", call(SYS_readv, 0, v, 1));
    n = read_whole(room, sizeof room);
    result("the rest", n > 0 && n < 1000 ? 0 : n);
    say("it ends with %c", room[n - 1]);
    result("at the end", call(SYS_read, 0, room, 1));
    result("and again", call(SYS_read, 0, room, 100));
    result("write to it", call(SYS_write, 0, "x", 1) < 0 ? 0 : 1);
    result("read at an offset", call(SYS_pread64, 0, room, 1, 0));
    result("seek", call(SYS_lseek, 0, 0, SEEK_SET));
}

void family_stdio(void)
{
    uint8_t *none = pages_new(1, PROT_NONE), *edge = pages_new(1, PROT_READ | PROT_WRITE);
    struct stat st;

    stdin_reads();
    memcpy(edge + PAGE - 5, "edge\n", 5);
    result("write up to an edge", call(SYS_write, 1, edge + PAGE - 5, 5));
    result("write nothing", call(SYS_write, 1, "", 0));
    result("write from a hole", call(SYS_write, 1, hole_new(1), 5));
    result("write without access", call(SYS_write, 1, none, 5));
    result("write from the kernel", call(SYS_write, 1, 0xffff888000000000, 5));
    result("write at an offset", call(SYS_pwrite64, 1, "x", 1, 0));
    result("write a wild size", call(SYS_write, 1, none, -1));
    result("seek", call(SYS_lseek, 1, 0, SEEK_CUR));
    result("the other output", call(SYS_write, 2, "to 2\n", 5));
    result("status", call(SYS_fstat, 1, &st));
    result("status of 0 to a hole", call(SYS_fstat, 0, hole_new(1)));
    result("terminal?", call(SYS_ioctl, 1, 0x5401, edge));
    result("window?", call(SYS_ioctl, 1, 0x5413, edge));
    holds("may be written", (call(SYS_fcntl, 1, F_GETFL) & O_ACCMODE) != O_RDONLY);
    holds("may be read", (call(SYS_fcntl, 0, F_GETFL) & O_ACCMODE) != O_WRONLY);
    result("flags", call(SYS_fcntl, 1, F_GETFD));
}

/* A large write in many parts: the order must stay. */
static void vector_large(void)
{
    static char text[4000];
    struct iovec v[100];
    size_t at = 0;

    for (size_t i = 0; i < 100; i++) {
        v[i] = (struct iovec){ text + i * 40, i % 7 == 0 ? 0 : 40 };
        memset(text + i * 40, 'a' + (int)(i % 26), 39);
        text[i * 40 + 39] = '\n';
    }
    while (at < 100) { /* Linux may take less than all */
        long n = call(SYS_writev, 1, v + at, 100 - at);

        if (n < 0) {
            result("writev", n);
            return;
        }
        while (at < 100 && (size_t)n >= v[at].iov_len)
            n -= (long)v[at++].iov_len;
        if (at < 100) {
            v[at].iov_base = (uint8_t *)v[at].iov_base + n;
            v[at].iov_len -= (size_t)n;
        }
    }
}

void family_vector(void)
{
    uint8_t *none = pages_new(1, PROT_NONE);
    struct iovec v[3] = { { "one ", 4 }, { none, 0 }, { "two\n", 4 } };
    static uint8_t large[300000];
    size_t at = 0;
    long n;

    result("in parts", call(SYS_writev, 1, v, 3));
    result("no parts", call(SYS_writev, 1, v, 0));
    result("too many", call(SYS_writev, 1, v, 1025));
    result("below zero", call(SYS_writev, 1, v, -1));
    result("from a hole", call(SYS_writev, 1, hole_new(1), 1));
    result("from the kernel", call(SYS_writev, 1, 0xffffffff80000000, 1));
    v[1].iov_len = SIZE_MAX / 2 + 1;
    result("a wild size", call(SYS_writev, 1, v, 3));
    v[0] = (struct iovec){ none, 4 };
    result("a wild pointer", call(SYS_writev, 1, v, 1));
    vector_large();
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)(i % 71 == 70 ? '\n' : 'A' + i % 71 % 50);
    while (at < sizeof large && (n = call(SYS_write, 1, large + at, sizeof large - at)) > 0)
        at += (size_t)n;
    say("%zu bytes", at);
}

void family_record(void)
{
    static uint8_t first[4096], second[4096];
    uint8_t *none = pages_new(1, PROT_NONE);
    struct iovec v[2] = { { second, 3 }, { second + 3, 4000 } };
    struct stat st = { 0 };
    long size = call(SYS_lseek, RECORD, 0, SEEK_END), got, at;

    holds("it has a size", size > 4 && size < 4096);
    result("read at its end", call(SYS_read, RECORD, first, 10));
    result("to its start", call(SYS_lseek, RECORD, 0, SEEK_SET));
    got = call(SYS_read, RECORD, first, sizeof first);
    holds("read whole", got == size && first[0] >> 5 == 5);
    result("then its end", call(SYS_read, RECORD, first, 10));
    result("seek behind", call(SYS_lseek, RECORD, 100000, SEEK_SET));
    result("read behind", call(SYS_read, RECORD, second, 10));
    result("seek below", call(SYS_lseek, RECORD, -1, SEEK_SET));
    result("seek below, from here", call(SYS_lseek, RECORD, -100001, SEEK_CUR));
    result("seek how", call(SYS_lseek, RECORD, 0, 99));
    result("to byte 1", call(SYS_lseek, RECORD, 1, SEEK_SET));
    result("from here", call(SYS_lseek, RECORD, 2, SEEK_CUR));
    holds("from the end", call(SYS_lseek, RECORD, -2, SEEK_END) == size - 2);
    result("the last two", call(SYS_read, RECORD, second, 10));
    result("at an offset", call(SYS_pread64, RECORD, second, 3, 1));
    holds("the same bytes", memcmp(first + 1, second, 3) == 0);
    result("at an offset behind", call(SYS_pread64, RECORD, second, 3, 5000));
    result("at an offset below", call(SYS_pread64, RECORD, second, 3, -1));
    holds("the place stays", call(SYS_lseek, RECORD, 0, SEEK_CUR) == size);
    call(SYS_lseek, RECORD, 0, SEEK_SET);
    memset(second, 0, sizeof second);
    holds("in parts", call(SYS_readv, RECORD, v, 2) == size);
    holds("the same bytes", memcmp(first, second, (size_t)size) == 0);
    result("into no access", call(SYS_pread64, RECORD, none, 3, 0));
    result("into a hole", call(SYS_pread64, RECORD, hole_new(1), 3, 0));
    result("write, refused", call(SYS_pwrite64, RECORD, "x", 1, 0) < 0 ? 0 : 1);
    result("shrink, refused", call(SYS_ftruncate, RECORD, 0) < 0 ? 0 : 1);
    result("status", call(SYS_fstat, RECORD, &st));
    holds("status says its size", st.st_size == size);
    result("status by an empty path", call(SYS_newfstatat, RECORD, "", &st, AT_EMPTY_PATH));
    result("status by no path", call(SYS_newfstatat, RECORD, hole_new(1), &st, 0));
    result("terminal?", call(SYS_ioctl, RECORD, 0x5401, second));
    at = call(SYS_mmap, 0, size, PROT_READ, MAP_PRIVATE, RECORD, 0);
    holds("mapped", at > 0);
    holds("the same bytes", at > 0 && memcmp(first, (void *)(uintptr_t)at, (size_t)size) == 0);
    say("mapped: %s", at > 0 ? map_letters((void *)(uintptr_t)at, 1) : "");
    holds("then zero", at > 0 && ((uint8_t *)(uintptr_t)at)[size] == 0);
    result("unmapped", call(SYS_munmap, at, size));
    at = call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, RECORD, 0);
    if (at > 0)
        *(uint8_t *)(uintptr_t)at = 0xee;
    result("a copy of ours is ours", call(SYS_pread64, RECORD, second, 1, 0));
    holds("the file stays", second[0] == first[0]);
    result("map to change it, refused",
           call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED, RECORD, 0) < 0 ? 0 : 1);
    result("map behind its end, inside a page",
           call(SYS_mmap, 0, size, PROT_READ, MAP_PRIVATE, RECORD, 8));
}

/* Every call that takes a descriptor, on descriptors that are none. */
void family_descriptor(void)
{
    static uint8_t room[256];
    static const struct {
        const char *name;
        long number;
    } calls[] = {
        { "read", SYS_read },         { "write", SYS_write }, { "pread64", SYS_pread64 },
        { "pwrite64", SYS_pwrite64 }, { "readv", SYS_readv }, { "writev", SYS_writev },
        { "fstat", SYS_fstat },       { "lseek", SYS_lseek }, { "close", SYS_close },
    };

    for (size_t i = 0; i < COUNT_OF(calls); i++)
        for (size_t k = 0; k < COUNT_OF(bad_fds); k++)
            say("%s of %d: %s", calls[i].name, bad_fds[k],
                error_name(call(calls[i].number, bad_fds[k], room, 1, 0)));
    for (size_t k = 0; k < COUNT_OF(bad_fds); k++) {
        say("fcntl of %d: %s", bad_fds[k], error_name(call(SYS_fcntl, bad_fds[k], F_GETFL)));
        say("ioctl of %d: %s", bad_fds[k], error_name(call(SYS_ioctl, bad_fds[k], 0x5401, room)));
        say("optional.dup of %d: %s", bad_fds[k], error_name(call(SYS_dup, bad_fds[k])));
        say("mmap of %d: %s", bad_fds[k],
            error_name(call(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, bad_fds[k], 0)));
    }
    result("fcntl, what", call(SYS_fcntl, 1, 9999));
    result("status of nothing, empty path", call(SYS_newfstatat, 77, "", room, AT_EMPTY_PATH));
    result("close 0", call(SYS_close, 0));
    result("close 0 again", call(SYS_close, 0));
    result("read from it", call(SYS_read, 0, room, 1));
    result("close the record", call(SYS_close, RECORD));
    result("read from it", call(SYS_read, RECORD, room, 1));
    result("close it again", call(SYS_close, RECORD));
}

void family_poll(void)
{
    static const struct timespec soon = { .tv_nsec = 3000000 }, none = { 0 },
                                 bad = { .tv_nsec = 1000000000 };
    struct pollfd p[4] = { { 1, POLLOUT, 0 }, { 77, POLLIN, 0 }, { -1, POLLIN, 9 }, { 1, 0, 0 } };
    uint64_t before = now_ns(), mask = 0;

    result("nothing, no time", call(SYS_poll, 0, 0, 0));
    result("nothing, some time", call(SYS_poll, 0, 0, 3));
    holds("it took it", now_ns() - before >= 3000000);
    result("one that can be written", call(SYS_poll, p, 1, 1000));
    say("events: %x", (unsigned)p[0].revents);
    result("one, for ever", call(SYS_poll, p, 1, -1));
    result("one that is none", call(SYS_poll, p + 1, 1, 1000));
    say("events: %x", (unsigned)p[1].revents);
    result("one to be left out", call(SYS_poll, p + 2, 1, 0));
    say("events: %x", (unsigned)p[2].revents);
    result("all four", call(SYS_poll, p, 4, 1000));
    say("events: %x %x %x %x", (unsigned)p[0].revents, (unsigned)p[1].revents,
        (unsigned)p[2].revents, (unsigned)p[3].revents);
    result("from a hole", call(SYS_poll, hole_new(1), 1, 0));
    result("from the kernel", call(SYS_poll, 0xffff888000000000, 1, 0));
    result("far too many", call(SYS_poll, p, 0x7fffffff, 0));
    result("ppoll, no time", call(SYS_ppoll, 0, 0, &none, 0, 8));
    before = now_ns();
    result("ppoll, some time", call(SYS_ppoll, 0, 0, &soon, 0, 8));
    holds("it took it", now_ns() - before >= 3000000);
    result("ppoll, a bad time", call(SYS_ppoll, 0, 0, &bad, 0, 8));
    result("ppoll, a wild time", call(SYS_ppoll, 0, 0, 16, 0, 8));
    result("ppoll, a mask", call(SYS_ppoll, p, 1, &none, &mask, 8));
    result("ppoll, a mask of size 4", call(SYS_ppoll, p, 1, &none, &mask, 4));
    result("ppoll, a wild mask", call(SYS_ppoll, p, 1, &none, 16, 8));
}

/* Descriptors of every kind, over the real gate, with a small honest host: each
 * call's results and errors as Linux has them, and what the host sees of it. */
#include "shim/core/file.h"

#include <string.h>

#include "shim/core/clock.h"
#include "shim/core/fake_test.h"
#include "shim/core/open.h"
#include "shim/core/stream.h"
#include "tests/check.h"

enum {
    IN = 0,
    OUT = 1,
    ERRORS = 2,
    RECORD = 3,
    SOCKET = 4,
    LISTENER = 5,
    BLOCK = 6,
    PLATFORM = 7,
    TTY = 8,
    NOTHING = 9,
    PLAIN = 10,
    ONLY_READ = 11
};
enum { BAD = 500 };

static uint8_t input[9000];

static void handles(void)
{
    const uint32_t both = GATE_HANDLE_READ | GATE_HANDLE_WRITE;

    fake_handle(IN, GATE_HANDLE_STREAM, GATE_TYPE_PIPE, 0, GATE_HANDLE_READ);
    fake_handle(OUT, GATE_HANDLE_STREAM, GATE_TYPE_PIPE, 1, GATE_HANDLE_WRITE);
    fake_handle(ERRORS, GATE_HANDLE_STREAM, GATE_TYPE_TERMINAL, 2, both);
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)(i * 7 + i / 256);
    fake_input(RECORD, input, sizeof input);
    fake_handle(SOCKET, GATE_HANDLE_STREAM, GATE_TYPE_SOCKET, 3, both);
    fake_handle(LISTENER, GATE_HANDLE_LISTENER, GATE_TYPE_SOCKET, 4, both);
    fake_handle(BLOCK, GATE_HANDLE_BLOCK, GATE_TYPE_FILE, 5, both);
    fake_handle(PLATFORM, GATE_HANDLE_PLATFORM, 0, 0, 0);
    fake_handle(TTY, GATE_HANDLE_STREAM, GATE_TYPE_TERMINAL, 6, both);
    fake_handle(NOTHING, GATE_HANDLE_STREAM, GATE_TYPE_CHARACTER, 7, both);
    fake_handle(PLAIN, GATE_HANDLE_STREAM, GATE_TYPE_FILE, 8, GATE_HANDLE_READ);
    fake_handle(ONLY_READ, GATE_HANDLE_BLOCK, GATE_TYPE_FILE, 9, GATE_HANDLE_READ);
}

static void put(size_t offset, const void *bytes, size_t size)
{
    memcpy(fake_memory() + offset, bytes, size);
}

static void put_iov(size_t offset, uint64_t base, uint64_t size)
{
    const struct linux_iovec v = { base, size };

    put(offset, &v, sizeof v);
}

static void give(unsigned handle, const void *bytes, size_t size)
{
    struct fake_stream *f = &fake.stream[handle];

    memcpy(f->in + f->in_size, bytes, size);
    f->in_size += size;
}

/* So that writes do not count as fast ones. */
static void slow(uint64_t fd)
{
    struct file *f = file_take(fd);

    f->quick = 0;
    f->wrote_at = 0;
    file_give(f);
}

/* One byte, right behind the write before it. */
static int64_t write_fast(uint64_t fd, char byte)
{
    struct file *f = file_take(fd);

    put(0, &byte, 1);
    f->wrote_at = clock_counter();
    file_give(f);
    return CALL3(write, fd, fake_at(0), 1);
}

static void test_bad_descriptors(void)
{
    CASE("a descriptor that is not there is EBADF, everywhere");
    CHECK_EQ(CALL3(read, BAD, fake_at(0), 1), -LINUX_EBADF);
    CHECK_EQ(CALL3(write, BAD, fake_at(0), 1), -LINUX_EBADF);
    CHECK_EQ(CALL3(readv, BAD, fake_at(0), 5000), -LINUX_EBADF);
    CHECK_EQ(CALL4(pread64, -1, fake_at(0), 1, 0), -LINUX_EBADF);
    CHECK_EQ(CALL2(fstat, BAD, fake_at(0)), -LINUX_EBADF);
    CHECK_EQ(CALL3(lseek, BAD, 0, 0), -LINUX_EBADF);
    CHECK_EQ(CALL3(ioctl, BAD, 0x5401, 0), -LINUX_EBADF);
    CHECK_EQ(CALL3(fcntl, BAD, 1, 0), -LINUX_EBADF);
    CHECK_EQ(CALL1(close, BAD), -LINUX_EBADF);
    CHECK_EQ(CALL1(close, 0xffffffffffffffff), -LINUX_EBADF);
    CHECK_EQ(CALL1(dup, BAD), -LINUX_EBADF);
    CHECK_EQ(CALL1(fsync, BAD), -LINUX_EBADF);
    CHECK_EQ(CALL2(ftruncate, BAD, 0), -LINUX_EBADF);
    CHECK_EQ(CALL2(ftruncate, BAD, -1), -LINUX_EINVAL);
    CHECK_EQ(CALL4(sendto, BAD, 0, 0, 0), -LINUX_EBADF);
    CHECK_EQ(CALL2(shutdown, BAD, 0), -LINUX_EBADF);
    CHECK_EQ(CALL3(accept, BAD, 0, 0), -LINUX_EBADF);
    CHECK_EQ(fake.calls[GATE_LAUNCH], 1);
}

static void test_access(void)
{
    CASE("reading what is open for writing, and the other way round, is EBADF");
    CHECK_EQ(CALL3(write, IN, fake_at(0), 1), -LINUX_EBADF);
    CHECK_EQ(CALL3(read, OUT, fake_at(0), 1), -LINUX_EBADF);
    CHECK_EQ(CALL3(write, RECORD, fake_at(0), 1), -LINUX_EBADF);
    CHECK_EQ(CALL4(pwrite64, ONLY_READ, fake_at(0), 1, 0), -LINUX_EBADF);
    CHECK_EQ(CALL2(ftruncate, ONLY_READ, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL3(read, LISTENER, fake_at(0), 1), -LINUX_ENOTCONN);
    CHECK_EQ(fake.calls[GATE_STREAM_READ] + fake.calls[GATE_STREAM_WRITE], 0);
}

static void test_faults(void)
{
    const uint64_t end = fake_at((FAKE_PAGES - 1) * PLACE_PAGE);

    CASE("buffers that are not exec's are EFAULT, and the host sees nothing");
    CHECK_EQ(CALL3(write, OUT, end, 1), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, OUT, end - 10, 20), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, OUT, PLACE_GATE_VA, 1), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, OUT, 0, 1), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, OUT, UINT64_MAX, 1), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, OUT, fake_at(0), UINT64_MAX), -LINUX_EFAULT);
    CHECK_EQ(CALL3(read, IN, PLACE_BOOT_VA, 1), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, OUT, 0, 0), 0);
    CHECK_EQ(fake.stream[1].writes, 0);

    CASE("what is read and cannot be put down stays with the host");
    give(0, "abcdef", 6);
    CHECK_EQ(CALL3(read, IN, end, 4), -LINUX_EFAULT);
    CHECK_EQ(CALL3(read, IN, end - 2, 4), 2);
    CHECK(memcmp(fake_memory() + (FAKE_PAGES - 1) * PLACE_PAGE - 2, "ab", 2) == 0);
    fake.protected[0] = true;
    CHECK_EQ(CALL3(read, IN, fake_at(0), 4), -LINUX_EFAULT);
    fake.protected[0] = false;
    CHECK_EQ(CALL3(read, IN, fake_at(0), 100), 4);
    CHECK(memcmp(fake_memory(), "cdef", 4) == 0);
}

static void test_vectors(void)
{
    CASE("lists of buffers: limits, order, gaps");
    put(100, "hello ", 6);
    put(200, "world", 5);
    put_iov(0, fake_at(100), 6);
    put_iov(16, 0, 0);
    put_iov(32, fake_at(200), 5);
    slow(OUT);
    CHECK_EQ(CALL3(writev, OUT, fake_at(0), 3), 11);
    CHECK(memcmp(fake.stream[1].out, "hello world", 11) == 0);
    CHECK_EQ(fake.stream[1].writes, 1);
    CHECK_EQ(CALL3(writev, OUT, fake_at(0), 0), 0);
    CHECK_EQ(CALL3(writev, OUT, fake_at(0), 1025), -LINUX_EINVAL);
    CHECK_EQ(CALL3(writev, OUT, 8, 1), -LINUX_EFAULT);
    put_iov(16, fake_at(0), 1ull << 63);
    CHECK_EQ(CALL3(writev, OUT, fake_at(0), 3), -LINUX_EINVAL);
    put_iov(16, PLACE_USER_END - 1, 2);
    CHECK_EQ(CALL3(writev, OUT, fake_at(0), 3), -LINUX_EFAULT);
    CHECK_EQ(fake.stream[1].writes, 1);
    give(0, "0123456789", 10);
    put_iov(0, fake_at(1000), 3);
    put_iov(16, fake_at(2000), 0);
    put_iov(32, fake_at(3000), 30);
    CHECK_EQ(CALL3(readv, IN, fake_at(0), 3), 10);
    CHECK(memcmp(fake_memory() + 1000, "012\0", 4) == 0);
    CHECK(memcmp(fake_memory() + 3000, "3456789\0", 8) == 0);
}

static void test_reads(void)
{
    CASE("reads: nothing more, nobody there, a signal, a terminal");
    fake.stream[0].in_ended = true;
    CHECK_EQ(CALL3(read, IN, fake_at(0), 10), 0);
    CHECK_EQ(CALL3(read, IN, fake_at(0), 0), 0);
    fake.stream[0].in_ended = false;
    CHECK_EQ(CALL3(fcntl, IN, 4, LINUX_O_NONBLOCK), 0);
    CHECK_EQ(CALL3(fcntl, IN, 3, 0), LINUX_O_RDONLY | LINUX_O_NONBLOCK);
    CHECK_EQ(CALL3(read, IN, fake_at(0), 10), -LINUX_EAGAIN);
    CHECK_EQ(CALL3(fcntl, IN, 4, 0), 0);
    fake.signal = true;
    CHECK_EQ(CALL3(read, IN, fake_at(0), 10), -LINUX_ERESTARTSYS);
    fake.signal = false;
    fake.stream[0].read_refusal = GATE_REFUSED_IO;
    CHECK_EQ(CALL3(read, IN, fake_at(0), 10), -LINUX_EIO);
    fake.stream[0].read_refusal = GATE_OK;
    give(6, "line\nmore", 9);
    CHECK_EQ(CALL3(read, TTY, fake_at(0), 5), 5);

    CASE("a file gives all it has, a pipe one answer");
    for (int i = 0; i < 10; i++)
        give(8, input, sizeof input);
    fake.stream[8].in_ended = true;
    CHECK_EQ(CALL3(read, PLAIN, fake_at(0), 80000), 80000);
    CHECK(memcmp(fake_memory() + 72000, input, 8000) == 0);
    CHECK_EQ(CALL3(read, PLAIN, fake_at(0), 80000), 10000);
    for (int i = 0; i < 10; i++)
        give(0, input, sizeof input);
    CHECK_EQ(CALL3(read, IN, fake_at(0), 80000), 65536);
    CHECK(memcmp(fake_memory(), input, sizeof input) == 0);
}

static void test_writes(void)
{
    CASE("large writes go in pieces, all of them");
    for (size_t i = 0; i < 200000; i++)
        fake_memory()[i] = (uint8_t)(i * 13 + i / 1000);
    fake.stream[1].out_size = 0;
    slow(OUT);
    CHECK_EQ(CALL3(write, OUT, fake_at(0), 200000), 200000);
    CHECK_EQ(fake.stream[1].out_size, 200000);
    CHECK(memcmp(fake.stream[1].out, fake_memory(), 200000) == 0);

    CASE("a write that the host cuts short is a short write");
    fake.stream[1].write_most = 1000;
    slow(OUT);
    CHECK_EQ(CALL3(write, OUT, fake_at(0), 200000), 1000);
    fake.stream[1].write_most = 0;

    CASE("errors of a write; SIGPIPE");
    slow(OUT);
    fake.stream[1].write_refusal = GATE_REFUSED_NOSPC;
    CHECK_EQ(CALL3(write, OUT, fake_at(0), 1), -LINUX_ENOSPC);
    CHECK_EQ(fake.raised, 0);
    fake.stream[1].write_refusal = GATE_REFUSED_PIPE;
    CHECK_EQ(CALL3(write, OUT, fake_at(0), 1), -LINUX_EPIPE);
    CHECK_EQ(fake.raised, LINUX_SIGPIPE);
    fake.raised = 0;
    fake.stream[1].write_refusal = GATE_OK;
}

static void test_posted(void)
{
    const struct gate *g = &cpu_at(0)->gate;

    CASE("fast writes are posted, in order; a read puts them out first");
    fake.stream[1].out_size = 0;
    slow(OUT);
    fake.held = true;
    for (int i = 0; i < 6; i++)
        CHECK_EQ(write_fast(OUT, (char)('a' + i)), 1);
    CHECK_EQ(fake.stream[1].out_size, 2); /* the first two waited: they were not fast yet */
    CHECK_NE(g->submitted, g->collected);
    CHECK_EQ(CALL3(read, IN, fake_at(0), 1), 1);
    CHECK(memcmp(fake.stream[1].out, "abcdef", 6) == 0);
    CHECK_EQ(g->submitted, g->collected);

    CASE("what goes to another stream comes behind");
    CHECK_EQ(write_fast(OUT, 'x'), 1);
    CHECK_EQ(fake.stream[1].out_size, 6);
    CHECK_EQ(CALL3(write, ERRORS, fake_at(0), 1), 1);
    CHECK_EQ(fake.stream[1].out_size, 7);

    CASE("an error of a posted write is told at the next one, once");
    fake.stream[1].write_refusal = GATE_REFUSED_PIPE;
    CHECK_EQ(write_fast(OUT, 'y'), 1);
    CHECK_EQ(fake.raised, 0);
    (void)stream_flush();
    CHECK_EQ(fake.raised, 0);
    fake.stream[1].write_refusal = GATE_OK;
    CHECK_EQ(CALL3(write, OUT, fake_at(0), 1), -LINUX_EPIPE);
    CHECK_EQ(fake.raised, LINUX_SIGPIPE);
    fake.raised = 0;
    CHECK_EQ(CALL3(write, OUT, fake_at(0), 1), 1);

    CASE("nothing is posted where there is a second thread");
    fake.stream[1].out_size = 0;
    slow(OUT);
    fake.threads = true;
    for (int i = 0; i < 5; i++)
        CHECK_EQ(write_fast(OUT, (char)('0' + i)), 1);
    CHECK_EQ(fake.stream[1].out_size, 5);
    fake.threads = false;

    CASE("before there is one, what was posted is out");
    CHECK_EQ(write_fast(OUT, '5'), 1);
    CHECK_EQ(fake.stream[1].out_size, 5);
    CHECK(stream_settle());
    CHECK_EQ(fake.stream[1].out_size, 6);
    CHECK(memcmp(fake.stream[1].out, "012345", 6) == 0);

    CASE("as many as there are places are posted; a signal ends the wait for one");
    fake.stream[1].out_size = 0;
    fake.stream[1].writes = 0;
    for (int i = 0; i < 100; i++)
        CHECK_EQ(write_fast(OUT, (char)(' ' + i % 64)), 1);
    (void)stream_flush();
    CHECK_EQ(fake.stream[1].out_size, 100);
    for (size_t i = 0; i < 100; i++)
        CHECK_EQ(fake.stream[1].out[i], ' ' + i % 64);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(write_fast(OUT, 's'), 1);
    (void)stream_flush();
    fake.stream[1].write_waits = true;
    fake.stream[1].out_size = 0;
    for (unsigned i = 0; i < GATE_POSTED_MAX - 1; i++)
        CHECK_EQ(write_fast(OUT, 'w'), 1);
    fake.signal = true;
    CHECK_EQ(write_fast(OUT, 'n'), -LINUX_ERESTARTSYS);

    CASE("and that for a second thread");
    CHECK(!stream_settle());
    CHECK_EQ(fake.stream[1].out_size, 0);
    fake.signal = false;
    fake.stream[1].write_waits = false;
    (void)stream_flush();
    CHECK_EQ(fake.stream[1].out_size, GATE_POSTED_MAX - 1);

    CASE("a nonblocking stream never posts");
    CHECK_EQ(CALL3(fcntl, OUT, 4, LINUX_O_NONBLOCK), 0);
    for (int i = 0; i < 6; i++)
        CHECK_EQ(write_fast(OUT, 'n'), 1);
    CHECK_EQ(g->submitted, g->collected);
    CHECK_EQ(CALL3(fcntl, OUT, 4, 0), 0);
    fake.held = false;
}

static void test_stat(void)
{
    static const struct {
        unsigned fd;
        uint32_t format;
        int64_t size;
        bool is_terminal;
    } all[] = {
        { IN, LINUX_S_IFIFO, 0, false },        { ERRORS, LINUX_S_IFCHR, 0, true },
        { RECORD, LINUX_S_IFREG, 9000, false }, { SOCKET, LINUX_S_IFSOCK, 0, false },
        { LISTENER, LINUX_S_IFSOCK, 0, false }, { BLOCK, LINUX_S_IFREG, 0, false },
        { NOTHING, LINUX_S_IFCHR, 0, false },   { PLAIN, LINUX_S_IFREG, 0, false },
    };

    CASE("fstat and isatty say what each descriptor is");
    put(0, "", 1);
    put(8, "name", 5);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct linux_stat s;

        CHECK_EQ(CALL4(newfstatat, all[i].fd, fake_at(0), fake_at(512), 0x1000), 0);
        memcpy(&s, fake_memory() + 512, sizeof s);
        CHECK_EQ(s.mode & 0170000u, all[i].format);
        CHECK_EQ(s.size, all[i].size);
        CHECK_EQ(CALL3(ioctl, all[i].fd, 0x5401, fake_at(1024)),
                 all[i].is_terminal ? 0 : -LINUX_ENOTTY);
        CHECK_EQ(CALL2(fstat, all[i].fd, fake_at(512)), 0);
    }
    CHECK_EQ(CALL2(fstat, IN, 8), -LINUX_EFAULT);
    CHECK_EQ(CALL4(newfstatat, IN, fake_at(8), fake_at(512), 0x1000), -LINUX_ENOENT);
    CHECK_EQ(CALL4(newfstatat, IN, fake_at(0), fake_at(512), 0), -LINUX_ENOENT);
    CHECK_EQ(CALL4(newfstatat, IN, 0, fake_at(512), 0x1000), -LINUX_EFAULT);
    CHECK_EQ(CALL4(newfstatat, IN, fake_at(0), fake_at(512), 0x80000), -LINUX_EINVAL);
    fake.stream[0].ready = GATE_POLL_READ;
    fake.stream[0].ready_size = 77;
    CHECK_EQ(CALL3(ioctl, IN, 0x541b, fake_at(0)), 0);
    CHECK_EQ(fake_memory()[0], 77);
}

static void test_inputs(void)
{
    uint64_t gpa, size;

    CASE("inputs: read, pread, lseek, for mmap");
    CHECK_EQ(CALL3(read, RECORD, fake_at(0), 5000), 5000);
    CHECK_EQ(CALL3(read, RECORD, fake_at(5000), 5000), 4000);
    CHECK(memcmp(fake_memory(), input, sizeof input) == 0);
    CHECK_EQ(CALL3(read, RECORD, fake_at(0), 5000), 0);
    CHECK_EQ(CALL4(pread64, RECORD, fake_at(0), 10, 8995), 5);
    CHECK(memcmp(fake_memory(), input + 8995, 5) == 0);
    CHECK_EQ(CALL4(pread64, RECORD, fake_at(0), 10, 9001), 0);
    CHECK_EQ(CALL4(pread64, RECORD, fake_at(0), 10, -1), -LINUX_EINVAL);
    CHECK_EQ(CALL3(lseek, RECORD, -10, 2), 8990);
    CHECK_EQ(CALL3(lseek, RECORD, 4, 1), 8994);
    CHECK_EQ(CALL3(lseek, RECORD, -1, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL3(lseek, RECORD, 0, 3), -LINUX_EINVAL);
    CHECK_EQ(CALL3(lseek, RECORD, INT64_MAX, 1), -LINUX_EINVAL);
    CHECK_EQ(CALL3(lseek, IN, 0, 1), -LINUX_ESPIPE);
    CHECK_EQ(CALL3(lseek, NOTHING, 5, 0), 0);
    CHECK_EQ(file_input(RECORD, &gpa, &size), 0);
    CHECK_EQ(gpa, PLACE_INPUT_GPA);
    CHECK_EQ(size, 9000);
    CHECK_EQ(file_input(BLOCK, &gpa, &size), -LINUX_ENODEV);
    CHECK_EQ(file_input(OUT, &gpa, &size), -LINUX_EACCES);
    CHECK_EQ(file_input(BAD, &gpa, &size), -LINUX_EBADF);
    CHECK_EQ(CALL3(fcntl, RECORD, 1034, 0), 15);
}

static void test_blocks(void)
{
    CASE("blocks: positions, appends, holes, size");
    put(0, "0123456789", 10);
    CHECK_EQ(CALL3(write, BLOCK, fake_at(0), 10), 10);
    CHECK_EQ(CALL4(pwrite64, BLOCK, fake_at(0), 3, 20), 3);
    CHECK_EQ(CALL3(lseek, BLOCK, 0, 2), 23);
    CHECK_EQ(CALL3(lseek, BLOCK, 0, 0), 0);
    CHECK_EQ(CALL3(read, BLOCK, fake_at(100), 100), 23);
    CHECK(memcmp(fake_memory() + 100,
                 "0123456789\0\0\0\0\0\0\0\0\0\0"
                 "012",
                 23) == 0);
    CHECK_EQ(CALL3(read, BLOCK, fake_at(100), 100), 0);
    CHECK_EQ(CALL3(fcntl, BLOCK, 4, LINUX_O_APPEND), 0);
    CHECK_EQ(CALL3(lseek, BLOCK, 0, 0), 0);
    CHECK_EQ(CALL3(write, BLOCK, fake_at(0), 2), 2);
    CHECK_EQ(CALL3(lseek, BLOCK, 0, 1), 25);
    CHECK_EQ(CALL3(fcntl, BLOCK, 4, 0), 0);
    CHECK_EQ(CALL2(ftruncate, BLOCK, 5), 0);
    CHECK_EQ(CALL4(pread64, BLOCK, fake_at(0), 100, 0), 5);
    CHECK_EQ(CALL2(ftruncate, BLOCK, GATE_BLOCK_SIZE_MAX + 1), -LINUX_EFBIG);
    CHECK_EQ(CALL4(pwrite64, BLOCK, fake_at(0), 1, GATE_BLOCK_SIZE_MAX), -LINUX_EFBIG);
    CHECK_EQ(CALL1(fsync, BLOCK), 0);
    CHECK_EQ(CALL1(fdatasync, BLOCK), 0);
    CHECK_EQ(fake.stream[5].flushes, 2);
    CHECK_EQ(CALL1(fsync, SOCKET), -LINUX_EINVAL);
    fake.stream[5].write_refusal = GATE_REFUSED_NOSPC;
    CHECK_EQ(CALL3(write, BLOCK, fake_at(0), 10), -LINUX_ENOSPC);
    fake.stream[5].write_refusal = GATE_OK;
    CHECK_EQ(CALL2(ftruncate, BLOCK, 100000), 0);
    CHECK_EQ(CALL4(pread64, BLOCK, fake_at(0), 200000, 0), 100000);
    put_iov(0, fake_at(64), 4);
    CHECK_EQ(CALL4(preadv, BLOCK, fake_at(0), 1, 1), 4);
    CHECK_EQ(CALL6(preadv2, BLOCK, fake_at(0), 1, -1, 0, 1), -LINUX_EOPNOTSUPP);
    CHECK_EQ(CALL6(pwritev2, BLOCK, fake_at(0), 1, -1, 0, LINUX_RWF_APPEND), 4);
    CHECK_EQ(CALL3(lseek, BLOCK, 0, 2), 100004);
    CHECK_EQ(CALL4(pread64, IN, fake_at(0), 1, 0), -LINUX_ESPIPE);
}

static void test_descriptors(void)
{
    CASE("dup, dup2, dup3, fcntl, close");
    CHECK_EQ(CALL1(dup, IN), 12);
    CHECK_EQ(CALL3(fcntl, IN, 0, 40), 40);
    CHECK_EQ(CALL3(fcntl, IN, 1030, 40), 41);
    CHECK_EQ(CALL3(fcntl, 41, 1, 0), LINUX_FD_CLOEXEC);
    CHECK_EQ(CALL3(fcntl, 40, 1, 0), 0);
    CHECK_EQ(CALL3(fcntl, 40, 2, 1), 0);
    CHECK_EQ(CALL3(fcntl, 40, 1, 0), 1);
    CHECK_EQ(CALL3(fcntl, 40, 0, 4096), -LINUX_EINVAL);
    CHECK_EQ(CALL3(fcntl, 40, 77, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL2(dup2, IN, 50), 50);
    CHECK_EQ(CALL2(dup2, IN, 4096), -LINUX_EBADF);
    CHECK_EQ(CALL2(dup2, IN, IN), IN);
    CHECK_EQ(CALL2(dup2, BAD, BAD), -LINUX_EBADF);
    CHECK_EQ(CALL3(dup3, IN, IN, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL3(dup3, IN, 51, 1), -LINUX_EINVAL);
    CHECK_EQ(CALL3(dup3, TTY, 50, LINUX_O_CLOEXEC), 50);
    CHECK_EQ(CALL1(close, 12), 0);
    CHECK_EQ(CALL1(close, 12), -LINUX_EBADF);
    CHECK_EQ(CALL1(close, 40), 0);
    CHECK_EQ(CALL1(close, 41), 0);
    CHECK(!fake.stream[0].closed);
    CHECK_EQ(CALL1(close, 50), 0);
    CHECK_EQ(CALL1(close, TTY), 0);
    CHECK(fake.stream[6].closed);
    CHECK_EQ(CALL1(dup, IN), 8); /* the lowest that is free */
    CHECK_EQ(CALL1(close, 8), 0);
    for (unsigned fd = 0; fd < 4096 - 11; fd++)
        CHECK(CALL1(dup, IN) >= 0);
    CHECK_EQ(CALL1(dup, IN), -LINUX_EMFILE);
    for (unsigned fd = 12; fd < 4096; fd++)
        CHECK_EQ(CALL1(close, fd), 0);
    CHECK_EQ(CALL1(close, 8), 0);
}

static void test_sockets(void)
{
    struct linux_msghdr m = { .iov = fake_at(300), .iov_count = 1 };
    int32_t four = 4;

    CASE("sockets: what a stream of another kind refuses");
    CHECK_EQ(CALL4(sendto, OUT, fake_at(0), 1, 0), -LINUX_ENOTSOCK);
    CHECK_EQ(CALL4(recvfrom, IN, fake_at(0), 1, 0), -LINUX_ENOTSOCK);
    CHECK_EQ(CALL2(shutdown, IN, 0), -LINUX_ENOTSOCK);
    CHECK_EQ(CALL3(accept, IN, 0, 0), -LINUX_ENOTSOCK);
    CHECK_EQ(CALL3(accept, SOCKET, 0, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL4(accept4, LISTENER, 0, 0, 1), -LINUX_EINVAL);

    CASE("sockets: sending and receiving");
    give(3, "peeked", 6);
    CHECK_EQ(CALL4(recvfrom, SOCKET, fake_at(0), 4, LINUX_MSG_PEEK), 4);
    CHECK_EQ(CALL4(recvfrom, SOCKET, fake_at(0), 100, 0), 6);
    CHECK_EQ(CALL4(recvfrom, SOCKET, fake_at(0), 1, LINUX_MSG_DONTWAIT), -LINUX_EAGAIN);
    CHECK_EQ(CALL4(recvfrom, SOCKET, fake_at(0), 1, LINUX_MSG_OOB), -LINUX_EINVAL);
    CHECK_EQ(CALL6(sendto, SOCKET, fake_at(0), 1, 0, fake_at(64), 16), -LINUX_EISCONN);
    CHECK_EQ(CALL4(sendto, SOCKET, fake_at(0), 6, 0), 6);
    fake.stream[3].write_refusal = GATE_REFUSED_PIPE;
    CHECK_EQ(CALL4(sendto, SOCKET, fake_at(0), 6, LINUX_MSG_NOSIGNAL), -LINUX_EPIPE);
    CHECK_EQ(fake.raised, 0);
    fake.stream[3].write_refusal = GATE_REFUSED_RESET;
    CHECK_EQ(CALL4(sendto, SOCKET, fake_at(0), 6, 0), -LINUX_ECONNRESET);
    fake.stream[3].write_refusal = GATE_OK;
    put(200, &m, sizeof m);
    put_iov(300, fake_at(400), 10);
    give(3, "message", 7);
    CHECK_EQ(CALL3(recvmsg, SOCKET, fake_at(200), 0), 7);
    CHECK_EQ(CALL3(sendmsg, SOCKET, fake_at(200), LINUX_MSG_NOSIGNAL), 10);
    m.iov_count = 1025;
    put(200, &m, sizeof m);
    CHECK_EQ(CALL3(sendmsg, SOCKET, fake_at(200), 0), -LINUX_EMSGSIZE);
    m.iov_count = 1;
    m.control_size = 16;
    put(200, &m, sizeof m);
    CHECK_EQ(CALL3(sendmsg, SOCKET, fake_at(200), 0), -LINUX_EINVAL);

    CASE("sockets: shutdown and options");
    CHECK_EQ(CALL2(shutdown, SOCKET, 3), -LINUX_EINVAL);
    CHECK_EQ(CALL2(shutdown, SOCKET, 1), 0);
    CHECK_EQ(fake.stream[3].shut, 2);
    CHECK_EQ(CALL2(shutdown, LISTENER, 1), -LINUX_ENOTCONN);
    put(0, &four, 4);
    CHECK_EQ(CALL6(getsockopt, LISTENER, 1, 30, fake_at(8), fake_at(0), 0), 0);
    CHECK_EQ(fake_memory()[8], 1);
    CHECK_EQ(CALL6(getsockopt, SOCKET, 1, 3, fake_at(8), fake_at(0), 0), 0);
    CHECK_EQ(fake_memory()[8], 1);
    CHECK_EQ(CALL6(getsockopt, SOCKET, 1, 99, fake_at(8), fake_at(0), 0), -LINUX_ENOPROTOOPT);
    CHECK_EQ(CALL6(getsockopt, IN, 1, 3, fake_at(8), fake_at(0), 0), -LINUX_ENOTSOCK);
    CHECK_EQ(CALL6(setsockopt, SOCKET, 6, 1, fake_at(0), 4, 0), -LINUX_ENOPROTOOPT);

    CASE("sockets: accepting, and a host that gives a handle twice");
    fake.signal = true;
    CHECK_EQ(CALL3(accept, LISTENER, 0, 0), -LINUX_ERESTARTSYS);
    fake.signal = false;
    fake.accepts = 10;
    put(0, &(uint32_t){ 16 }, 4);
    CHECK_EQ(CALL4(accept4, LISTENER, fake_at(8), fake_at(0), LINUX_O_NONBLOCK | LINUX_O_CLOEXEC),
             8);
    CHECK_EQ(fake_memory()[0], 2);
    CHECK_EQ(CALL3(fcntl, 8, 3, 0), LINUX_O_RDWR | LINUX_O_NONBLOCK);
    CHECK_EQ(CALL3(fcntl, 8, 1, 0), LINUX_FD_CLOEXEC);
    CHECK_EQ(CALL3(read, 8, fake_at(0), 1), -LINUX_EAGAIN);
    CHECK_EQ(CALL1(close, 8), 0);
    CHECK_EQ(CALL3(accept, LISTENER, 0, 0), 8); /* it was closed: the number may come again */
    CHECK_EQ(CALL1(close, 8), 0);
    CHECK_EQ(CALL3(accept, LISTENER, fake_at(0), 8), -LINUX_EFAULT);
    CHECK_EQ(CALL3(read, 8, fake_at(0), 1), -LINUX_EBADF); /* and it is not left open */
}

static void test_accept_lie(void)
{
    CASE("a handle in use, from ACCEPT, ends the keep");
    fake.accepts = 3;
    if (!FAKE_ENDS()) {
        (void)CALL3(accept, LISTENER, 0, 0);
        CHECK(false);
    }
    fake.ends = false;
    CHECK_EQ(fake.end_code, GATE_EXIT_HOST);
    CHECK_EQ(fake.end_why, GATE_END_HOST);
}

static struct linux_pollfd *polls(void) { return (struct linux_pollfd *)(void *)fake_memory(); }

static void test_poll(void)
{
    const struct linux_timespec bad = { 0, 1000000000 };
    const struct linux_timespec soon = { 0, 1000000 };
    uint64_t mask = 5;

    CASE("poll: files, streams, what is not there, what is left out");
    fake.stream[0].ready = 0;
    fake.stream[1].ready = GATE_POLL_WRITE;
    polls()[0] = (struct linux_pollfd){ .fd = IN, .events = LINUX_POLLIN };
    polls()[1] = (struct linux_pollfd){ .fd = OUT, .events = LINUX_POLLOUT };
    polls()[2] = (struct linux_pollfd){ .fd = RECORD, .events = LINUX_POLLIN | LINUX_POLLPRI };
    polls()[3] = (struct linux_pollfd){ .fd = BAD, .events = LINUX_POLLIN };
    polls()[4] = (struct linux_pollfd){ .fd = -1, .events = LINUX_POLLIN, .revents = 99 };
    CHECK_EQ(CALL3(poll, fake_at(0), 5, -1), 3);
    CHECK_EQ(polls()[0].revents, 0);
    CHECK_EQ(polls()[1].revents, LINUX_POLLOUT);
    CHECK_EQ(polls()[2].revents, LINUX_POLLIN);
    CHECK_EQ(polls()[3].revents, LINUX_POLLNVAL);
    CHECK_EQ(polls()[4].revents, 0);
    CHECK_EQ(CALL3(poll, fake_at(0), 4097, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL3(poll, 64, 1, 0), -LINUX_EFAULT);

    CASE("poll: time, hangup, signals");
    CHECK_EQ(CALL3(poll, fake_at(0), 1, 0), 0);
    CHECK_EQ(CALL3(poll, fake_at(0), 1, 2), 0);
    CHECK_EQ(CALL3(poll, 0, 0, 1), 0);
    fake.stream[0].ready = GATE_POLL_HANGUP;
    CHECK_EQ(CALL3(poll, fake_at(0), 1, -1), 1);
    CHECK_EQ(polls()[0].revents, LINUX_POLLHUP);
    fake.stream[3].ready = GATE_POLL_HANGUP | GATE_POLL_READ;
    polls()[0] = (struct linux_pollfd){ .fd = SOCKET, .events = LINUX_POLLIN | LINUX_POLLRDHUP };
    CHECK_EQ(CALL3(poll, fake_at(0), 1, -1), 1);
    CHECK_EQ(polls()[0].revents, LINUX_POLLIN | LINUX_POLLRDHUP);
    fake.stream[3].ready = 0;
    fake.signal = true;
    CHECK_EQ(CALL3(poll, fake_at(0), 1, -1), -LINUX_ERESTARTNOHAND);
    CHECK_EQ(CALL3(poll, 0, 0, -1), -LINUX_ERESTARTNOHAND);
    fake.signal = false;

    CASE("ppoll: its time and its mask");
    put(64, &bad, sizeof bad);
    put(128, &mask, sizeof mask);
    CHECK_EQ(CALL6(ppoll, fake_at(0), 1, fake_at(64), 0, 8, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL6(ppoll, fake_at(0), 1, 8, 0, 8, 0), -LINUX_EFAULT);
    put(64, &soon, sizeof soon);
    CHECK_EQ(CALL6(ppoll, fake_at(0), 1, fake_at(64), fake_at(128), 4, 0), -LINUX_EINVAL);
    CHECK_EQ(CALL6(ppoll, fake_at(0), 1, fake_at(64), fake_at(128), 8, 0), 0);
    CHECK_EQ(fake.mask, 5);
    CHECK(!fake.masked);
    fake.signal = true;
    CHECK_EQ(CALL6(ppoll, fake_at(0), 1, 0, fake_at(128), 8, 0), -LINUX_ERESTARTNOHAND);
    CHECK(fake.masked); /* until the signal's frame is made */
    fake.signal = false;
    CHECK_EQ(*(uint64_t *)(void *)(fake_memory() + 72), 0); /* nothing was left */

    CASE("poll: more streams than one call of the gate is asked about");
    fake.stream[0].ready = 0;
    for (int i = 0; i < 300; i++)
        polls()[i] = (struct linux_pollfd){ .fd = i == 290 ? SOCKET : IN, .events = LINUX_POLLIN };
    CHECK_EQ(CALL3(poll, fake_at(0), 300, 1), 0);
    fake.stream[3].ready = GATE_POLL_READ;
    CHECK_EQ(CALL3(poll, fake_at(0), 300, -1), 1);
    CHECK_EQ(polls()[290].revents, LINUX_POLLIN);
}

static void test_platform(void)
{
    static const uint8_t data[64] = { 'K', 2, 3 };

    CASE("evidence and keys, by what is written before");
    put(0, data, sizeof data);
    CHECK_EQ(CALL3(read, PLATFORM, fake_at(512), 4096), 0);
    CHECK_EQ(CALL3(write, PLATFORM, fake_at(0), 65), -LINUX_EINVAL);
    CHECK_EQ(CALL3(write, PLATFORM, fake_at(1), 10), -LINUX_EINVAL);
    CHECK_EQ(CALL3(write, PLATFORM, fake_at(0), 1), -LINUX_EINVAL);
    CHECK_EQ(CALL3(write, PLATFORM, 8, 64), -LINUX_EFAULT);
    CHECK_EQ(CALL3(write, PLATFORM, fake_at(0), 64), 64);
    CHECK_EQ(CALL3(read, PLATFORM, fake_at(512), 72), -LINUX_EMSGSIZE);
    CHECK_EQ(CALL3(read, PLATFORM, fake_at(512), 4096), 73);
    CHECK(memcmp(fake_memory() + 512, "evidence:K\2\3", 12) == 0);
    CHECK_EQ(CALL3(read, PLATFORM, fake_at(512), 4096), 0);
    CHECK_EQ(CALL3(write, PLATFORM, fake_at(0), 6), 6);
    CHECK_EQ(CALL3(read, PLATFORM, fake_at(512), 31), -LINUX_EMSGSIZE);
    CHECK_EQ(CALL3(read, PLATFORM, fake_at(512), 32), 32);
    CHECK_EQ(fake_memory()[512], 5); /* the fake's key: how long the label was */
}

int main(void)
{
    fake_begin();
    handles();
    test_bad_descriptors();
    test_access();
    test_faults();
    test_vectors();
    test_reads();
    test_writes();
    test_posted();
    test_stat();
    test_inputs();
    test_blocks();
    test_poll();
    test_descriptors();
    test_sockets();
    test_platform();
    test_accept_lie();
    return check_done();
}

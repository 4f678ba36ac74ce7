/* Covers: call_read call_write call_readv call_writev call_pread64 call_pwrite64 call_preadv
 * call_pwritev call_pwritev2 call_lseek call_close call_dup call_dup2 call_dup3 call_fcntl
 * call_ioctl call_fstat call_newfstatat call_ftruncate call_fsync call_poll call_ppoll
 * call_accept4 call_sendto call_recvfrom call_sendmsg call_recvmsg call_shutdown
 * call_getsockopt call_getrandom call_clock_gettime */
#include <stdlib.h>
#include <string.h>

#include "shim/core/fake_test.h"
#include "shim/core/file.h"

/* The input is exec: a list of calls with any arguments, over an honest host. The
 * keep goes on whatever they are (the fake host ends the program where a call
 * breaks the gate's contract), a result is a number that the call may give or an
 * errno, and nothing beyond exec's memory is touched (AddressSanitizer). */
typedef int64_t call_function(const struct call *c);

static call_function *const functions[] = {
    call_read,          call_write,   call_readv,      call_writev,     call_pread64,
    call_pwrite64,      call_preadv,  call_pwritev,    call_pwritev2,   call_lseek,
    call_close,         call_dup,     call_dup2,       call_dup3,       call_fcntl,
    call_ioctl,         call_fstat,   call_newfstatat, call_ftruncate,  call_fsync,
    call_poll,          call_ppoll,   call_accept4,    call_sendto,     call_recvfrom,
    call_sendmsg,       call_recvmsg, call_shutdown,   call_getsockopt, call_getrandom,
    call_clock_gettime,
};

enum { FDS = 8, STEP = 14 };

static void begin(void)
{
    const uint32_t both = GATE_HANDLE_READ | GATE_HANDLE_WRITE;
    static const uint8_t input[5000] = { 1, 2, 3 };

    fake_begin();
    fake_handle(0, GATE_HANDLE_STREAM, GATE_TYPE_PIPE, 0, GATE_HANDLE_READ);
    fake_handle(1, GATE_HANDLE_STREAM, GATE_TYPE_TERMINAL, 1, both);
    fake_handle(2, GATE_HANDLE_STREAM, GATE_TYPE_FILE, 2, GATE_HANDLE_WRITE);
    fake_input(3, input, sizeof input);
    fake_handle(4, GATE_HANDLE_STREAM, GATE_TYPE_SOCKET, 3, both);
    fake_handle(5, GATE_HANDLE_LISTENER, GATE_TYPE_SOCKET, 4, both);
    fake_handle(6, GATE_HANDLE_BLOCK, GATE_TYPE_FILE, 5, both);
    fake_handle(7, GATE_HANDLE_PLATFORM, 0, 0, 0);
    launch_need();
}

/* Nothing waits for ever, and no stream grows for ever. */
static void host_settle(void)
{
    for (unsigned i = 0; i < FAKE_HANDLES; i++) {
        struct fake_stream *f = &fake.stream[i];

        f->in_ended = true;
        f->in_at = 0;
        f->in_size = 4096;
        if (i != 5 && f->out_size > sizeof f->out / 2)
            f->out_size = 0;
        f->ready = GATE_POLL_READ;
        f->ready_size = 9;
    }
    fake.signal = true; /* what would wait is interrupted */
}

/* An argument: small numbers, addresses in and around exec's memory, anything. */
static uint64_t argument(uint8_t kind, uint8_t value)
{
    switch (kind % 8) {
    case 0: return value % (FDS + 2);
    case 1: return value;
    case 2: return fake_at((size_t)value * 64);
    case 3: return fake_at((FAKE_PAGES - 1) * PLACE_PAGE) - value;
    case 4: return (uint64_t)value << (value % 57);
    case 5: return (uint64_t)0 - value;
    case 6: return PLACE_USER_END - value;
    default: return (uint64_t)value * 4096;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;

    if (!begun)
        begin();
    begun = true;
    for (; size >= STEP; data += STEP, size -= STEP) {
        struct call c = { .frame = NULL };
        int64_t r;

        host_settle();
        for (size_t i = 0; i < 6; i++)
            c.a[i] = argument(data[2 + 2 * i], data[3 + 2 * i]);
        if (c.a[0] % 256 < FDS && (data[0] % 31 == 10 || data[0] % 31 == 12 || data[0] % 31 == 13))
            continue; /* the descriptors stay */
        /* Some of the input becomes exec's memory: lists, names, options. */
        memcpy(fake_memory() + (size_t)data[1] * 64, data, STEP);
        r = functions[data[0] % (sizeof functions / sizeof functions[0])](&c);
        if (r < -4095 || r > (int64_t)LINUX_RW_MAX + 1)
            if (r != (int64_t)c.a[1] && functions[data[0] % 31] != call_lseek)
                abort();
    }
    return 0;
}

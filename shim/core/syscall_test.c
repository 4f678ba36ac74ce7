/* From registers to a result: the table, filters, and the calls that ask little. */
#include "shim/core/syscall.h"

#include <string.h>

#include "gate/debug.h"
#include "shim/core/bpf.h"
#include "shim/core/clock.h"
#include "shim/core/fake_test.h"
#include "shim/core/memory.h"
#include "shim/core/signal.h"
#include "shim/core/stack.h"
#include "shim/core/stream.h"
#include "tests/check.h"

enum { STAND_IN = 4242 };

/* For the calls of other parts. */
__attribute__((used)) static int64_t stand_in(const struct call *c)
{
    (void)c;
    return STAND_IN;
}
#define CALL(number, name, function, ...) \
    __asm__(".weak " #function "\n.set " #function ", stand_in\n");
#include "shim/core/calls.def"
#undef CALL

static unsigned delivered;
static struct linux_siginfo forced;
static bool no_memory, guarded;

void signal_deliver(struct frame *f)
{
    (void)f;
    delivered++;
}

void signal_force(struct frame *f, const struct linux_siginfo *info, uint64_t cr2)
{
    (void)f;
    (void)cr2;
    forced = *info;
}

int64_t memory_map(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags)
{
    CHECK_EQ(flags, 0x32);
    if (protection == 0) {
        CHECK_EQ(at + size, PLACE_MAP_TOP - STACK_SIZE);
        CHECK_EQ(size, STACK_GUARD);
        guarded = true;
        return (int64_t)at;
    }
    CHECK_EQ(at, PLACE_MAP_TOP - STACK_SIZE);
    CHECK_EQ(size, STACK_SIZE);
    CHECK_EQ(protection, LINUX_PROT_READ | LINUX_PROT_WRITE);
    return no_memory ? -LINUX_ENOMEM : (int64_t)at;
}

static int64_t make(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    struct frame f = {
        .rax = number, .rdi = a, .rsi = b, .rdx = c, .rip = 0x1234, .error = number
    };

    core_syscall(&f);
    return (int64_t)f.rax;
}

static void test_table(void)
{
    CASE("numbers go where calls.def says, others are ENOSYS");
    CHECK_EQ(make(9, 0, 0, 0), STAND_IN);   /* mmap */
    CHECK_EQ(make(231, 0, 0, 0), STAND_IN); /* exit_group */
    CHECK_EQ(make(60, 0, 0, 0), STAND_IN);
    CHECK_EQ(make(202, 0, 0, 0), STAND_IN);
    CHECK_EQ(make(102, 0, 0, 0), 0); /* getuid */
    CHECK_EQ(make(334, 0, 0, 0), -LINUX_ENOSYS);
    CHECK_EQ(make(2, 0, 0, 0), -LINUX_ENOSYS);
    CHECK_EQ(make(100000, 0, 0, 0), -LINUX_ENOSYS);
    CHECK_EQ(make(UINT32_MAX, 0, 0, 0), -LINUX_ENOSYS);
    CHECK_EQ(make((1ull << 32) | 102, 0, 0, 0), 0); /* an int is looked at */

    CASE("signals are looked at behind a call, and where one was interrupted");
    CHECK_EQ(delivered, 0);
    fake.signal = true;
    CHECK_EQ(make(102, 0, 0, 0), 0);
    CHECK_EQ(delivered, 1);
    fake.signal = false;
    CHECK_EQ(make(102, 0, 0, 0), 0);
    CHECK_EQ(delivered, 1);
}

static void test_misc(void)
{
    const uint64_t lower[2] = { 10, 20 }, higher[2] = { 30, 40 }, wrong[2] = { 30, 20 };
    uint64_t *limit = (uint64_t *)(void *)(fake_memory() + 512);

    CASE("uname");
    CHECK_EQ(make(63, fake_at(0), 0, 0), 0);
    CHECK_TEXT((const char *)fake_memory(), "Linux");
    CHECK_TEXT((const char *)fake_memory() + 65 * 4, "x86_64");
    CHECK_EQ(make(63, 8, 0, 0), -LINUX_EFAULT);

    CASE("prctl");
    memcpy(fake_memory(), "a name that is too long", 24);
    CHECK_EQ(make(157, 15, fake_at(0), 0), 0);
    CHECK_EQ(make(157, 16, fake_at(64), 0), 0);
    CHECK_TEXT((const char *)fake_memory() + 64, "a name that is ");
    CHECK_EQ(make(157, 15, 8, 0), -LINUX_EFAULT);
    CHECK_EQ(make(157, 38, 2, 0), -LINUX_EINVAL);
    CHECK_EQ(make(157, 38, 1, 1), -LINUX_EINVAL);
    CHECK_EQ(make(157, 39, 0, 0), 0);
    CHECK_EQ(make(157, 999, 0, 0), -LINUX_EINVAL);

    CASE("limits are told, lowered, never raised");
    CHECK_EQ(CALL4(prlimit64, 0, 3, 0, fake_at(512)), 0);
    CHECK_EQ(limit[0], STACK_SIZE);
    CHECK_EQ(CALL4(prlimit64, 0, 7, 0, fake_at(512)), 0);
    CHECK_EQ(limit[0], 4096);
    memcpy(fake_memory(), lower, sizeof lower);
    CHECK_EQ(CALL4(prlimit64, 1, 7, fake_at(0), fake_at(512)), 0);
    memcpy(fake_memory(), higher, sizeof higher);
    CHECK_EQ(CALL4(prlimit64, 0, 7, fake_at(0), 0), -LINUX_EPERM);
    memcpy(fake_memory(), wrong, sizeof wrong);
    CHECK_EQ(CALL4(prlimit64, 0, 7, fake_at(0), 0), -LINUX_EINVAL);
    CHECK_EQ(CALL4(prlimit64, 0, 7, 0, fake_at(512)), 0);
    CHECK_EQ(limit[0], 10);
    CHECK_EQ(CALL4(prlimit64, 2, 7, 0, fake_at(512)), -LINUX_ESRCH);
    CHECK_EQ(CALL4(prlimit64, 0, 16, 0, fake_at(512)), -LINUX_EINVAL);
    CHECK_EQ(CALL4(prlimit64, 0, 7, 0, 8), -LINUX_EFAULT);
    CHECK_EQ(CALL2(getrusage, 0, fake_at(0)), 0);
    CHECK_EQ(CALL2(getrusage, -1, fake_at(0)), 0);
    CHECK_EQ(CALL2(getrusage, 2, fake_at(0)), -LINUX_EINVAL);
}

/* Puts a filter to exec's memory that says `said` for `number`, and else ALLOW. */
static uint64_t filter_put(uint32_t number, uint32_t said)
{
    const struct bpf_instruction code[] = {
        { 0x20, 0, 0, 0 }, /* the number */
        { 0x15, 0, 1, number },
        { 0x06, 0, 0, said },
        { 0x06, 0, 0, BPF_RET_ALLOW },
    };
    const uint64_t program[2] = { sizeof code / sizeof code[0], fake_at(2048) };

    memcpy(fake_memory() + 2048, code, sizeof code);
    memcpy(fake_memory() + 1024, program, sizeof program);
    return fake_at(1024);
}

static void test_filter(void)
{
    uint32_t action = BPF_RET_TRACE;
    struct frame f = { .rax = 104, .error = 104, .rip = 0x1234 };

    CASE("seccomp: what is refused");
    CHECK_EQ(make(317, 1, 0, filter_put(102, BPF_RET_ERRNO)), -LINUX_EACCES);
    CHECK_EQ(make(157, 38, 1, 0), 0);
    CHECK_EQ(make(157, 39, 0, 0), 1);
    CHECK_EQ(make(157, 21, 0, 0), 0);
    CHECK_EQ(make(317, 1, 8, filter_put(102, 0)), -LINUX_EINVAL);
    CHECK_EQ(make(317, 0, 0, 0), -LINUX_EINVAL);
    CHECK_EQ(make(317, 1, 0, 8), -LINUX_EFAULT);
    (void)filter_put(102, 0);
    fake_memory()[1024] = 0;
    CHECK_EQ(make(317, 1, 0, fake_at(1024)), -LINUX_EINVAL);
    fake_memory()[1024] = 1; /* it does not end with a return */
    CHECK_EQ(make(317, 1, 0, fake_at(1024)), -LINUX_EINVAL);
    memcpy(fake_memory(), &action, sizeof action);
    CHECK_EQ(make(317, 2, 0, fake_at(0)), -LINUX_EOPNOTSUPP);

    CASE("seccomp: ERRNO, for this call alone");
    CHECK_EQ(make(317, 1, 1, filter_put(102, BPF_RET_ERRNO | 77)), 0);
    CHECK_EQ(make(102, 0, 0, 0), -77);
    CHECK_EQ(make(107, 0, 0, 0), 0);
    CHECK_EQ(make(2, 0, 0, 0), -LINUX_ENOSYS);
    CHECK_EQ(make(157, 21, 0, 0), 2);

    CASE("seccomp: of two filters the stricter answer");
    CHECK_EQ(make(317, 1, 0, filter_put(102, BPF_RET_LOG)), 0);
    CHECK_EQ(make(102, 0, 0, 0), -77);
    CHECK_EQ(make(317, 1, 0, filter_put(107, BPF_RET_USER_NOTIF)), 0);
    CHECK_EQ(make(107, 0, 0, 0), -LINUX_ENOSYS);

    CASE("seccomp: TRAP is SIGSYS, with the registers as they were");
    CHECK_EQ(make(317, 1, 0, filter_put(104, BPF_RET_TRAP | 9)), 0);
    core_syscall(&f);
    CHECK_EQ(f.rax, 104);
    CHECK_EQ(forced.number, LINUX_SIGSYS);
    CHECK_EQ(forced.code, 1);
    CHECK_EQ(forced.error, 9);
    CHECK_EQ(forced.u.fault.address, 0x1234);

    CASE("seccomp: KILL ends the keep as SIGSYS would");
    CHECK_EQ(make(317, 1, 0, filter_put(108, BPF_RET_KILL_PROCESS)), 0);
    if (!FAKE_ENDS()) {
        (void)make(108, 0, 0, 0);
        CHECK(false);
    }
    CHECK_EQ(fake.end_code, 128 + LINUX_SIGSYS);
    CHECK_EQ(fake.end_why, GATE_END_SIGNAL);
    CHECK_EQ(make(317, 1, 0, filter_put(98, BPF_RET_KILL_THREAD)), 0);
    fake.end_code = 0;
    if (!FAKE_ENDS()) {
        (void)make(98, 0, fake_at(0), 0);
        CHECK(false);
    }
    fake.ends = false;
    CHECK_EQ(fake.end_code, 128 + LINUX_SIGSYS);
}

static void test_stack(void)
{
    const struct boot boot = { .exec_entry = 0x500000001000,
                               .exec_phdr = 0x500000000040,
                               .exec_phnum = 9 };
    const uint8_t zero[16] = { 0 };
    uint64_t rsp;
    const uint64_t *at;
    uint64_t value[64] = { 0 };
    uint64_t call = 0;

    CASE("exec's first stack");
    no_memory = true;
    CHECK_EQ(exec_stack_build(&boot, 0x7f8000100123), 0);
    CHECK(guarded);
    no_memory = false;
    if (!fake_stack_map(PLACE_MAP_TOP - 65536, 65536)) {
        CASE_SKIP("the test's own process has something where exec's stack goes");
        return;
    }
    rsp = exec_stack_build(&boot, 0x7f8000100123);
    CHECK(rsp % 16 == 0 && rsp < PLACE_MAP_TOP && rsp > PLACE_MAP_TOP - 4096);
    at = (const uint64_t *)(uintptr_t)rsp;
    CHECK_EQ(at[0], 1);
    CHECK_TEXT((const char *)(uintptr_t)at[1], "broch-exec");
    CHECK_EQ(at[2], 0);
    CHECK_EQ(at[3], 0);
    for (at += 4; at[0] != 0; at += 2) {
        if (at[0] == AT_BROCH_CALL)
            call = at[1];
        else if (at[0] == DEBUG_AUXV)
            CHECK_EQ(at[1], 0); /* this is no debug keep */
        else if (CHECK(at[0] < 64))
            value[at[0]] = at[1];
    }
    CHECK((uint64_t)(uintptr_t)at < PLACE_MAP_TOP);
    CHECK_EQ(call, 0x7f8000100123);
    CHECK_EQ(value[3], boot.exec_phdr);
    CHECK_EQ(value[4], 56);
    CHECK_EQ(value[5], 9);
    CHECK_EQ(value[6], 4096);
    CHECK_EQ(value[9], boot.exec_entry);
    CHECK(memcmp((const void *)(uintptr_t)value[25], zero, 16) != 0);
    CHECK_TEXT((const char *)(uintptr_t)value[31], "broch-exec");
}

int main(void)
{
    fake_begin();
    test_table();
    test_misc();
    test_filter();
    test_stack();
    return check_done();
}

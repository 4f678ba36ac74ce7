/* trap_test.c: which exception is which signal; which faults of the core are foreseen. */
#include "shim/core/trap.h"

#include <asm/prctl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate/boot.h"
#include "shim/core/cpu.h"
#include "shim/core/debug.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/signal.h"
#include "shim/core/syscall.h"
#include "tests/check.h"

static struct {
    int number, code, kicks;
    uint64_t address;
    enum memory_fault fault;
    uint64_t changes;
    uint32_t end_code, wanted;
    bool halted;
    jmp_buf end;
} seen;

void signal_fault(struct frame *f, int number, int code, uint64_t address, uint64_t cr2)
{
    (void)f;
    (void)cr2;
    seen.number = number;
    seen.code = code;
    seen.address = address;
}

void core_kicked(struct frame *f)
{
    (void)f;
    seen.kicks++;
}

enum memory_fault memory_fault_at(uint64_t at, uint32_t wanted)
{
    (void)at;
    seen.wanted = wanted;
    return seen.fault;
}

uint64_t memory_changes(void) { return seen.changes; }

_Noreturn void cpu_end(uint32_t code, uint32_t end, const char *why)
{
    (void)end;
    (void)why;
    seen.end_code = code;
    longjmp(seen.end, 1);
}

bool debug_trap(struct frame *f)
{
    (void)f;
    return false;
}

bool debug_trap_inside(const struct frame *f)
{
    (void)f;
    return false;
}

_Noreturn void stub_halt(void)
{
    seen.halted = true;
    longjmp(seen.end, 1);
}

const uint64_t core_faults[][2] = { { 0x1000, 0x2000 }, { 0x1008, 0x2010 }, { 0, 0 } };

static void test_signals(void)
{
    static const struct {
        const char *name;
        uint64_t vector, error;
        enum memory_fault fault;
        int number, code;
        uint64_t address;
    } cases[] = {
        { "#DE", 0, 0, MEMORY_HOLE, LINUX_SIGFPE, 1, 0x1234 },
        { "#DB", 1, 0, MEMORY_HOLE, LINUX_SIGTRAP, 2, 0x1234 },
        { "#BP", 3, 0, MEMORY_HOLE, LINUX_SIGTRAP, 0x80, 0 },
        { "#OF", 4, 0, MEMORY_HOLE, LINUX_SIGSEGV, 0x80, 0 },
        { "#BR", 5, 0, MEMORY_HOLE, LINUX_SIGSEGV, 0x80, 0 },
        { "#UD", 6, 0, MEMORY_HOLE, LINUX_SIGILL, 2, 0x1234 },
        { "#NP", 11, 8, MEMORY_HOLE, LINUX_SIGBUS, 0x80, 0 },
        { "#SS", 12, 0, MEMORY_HOLE, LINUX_SIGBUS, 0x80, 0 },
        { "#GP", 13, 0, MEMORY_HOLE, LINUX_SIGSEGV, 0x80, 0 },
        { "#PF of nothing", 14, 4, MEMORY_HOLE, LINUX_SIGSEGV, 1, 0xc0de },
        { "#PF of PROT_NONE", 14, 4, MEMORY_DENIED, LINUX_SIGSEGV, 2, 0xc0de },
        { "#PF of a right", 14, 7, MEMORY_DENIED, LINUX_SIGSEGV, 2, 0xc0de },
        { "#PF of a page that is the shim's alone", 14, 5, MEMORY_HOLE, LINUX_SIGSEGV, 1, 0xc0de },
        { "#PF behind the end of an input", 14, 4, MEMORY_BEHIND_INPUT, LINUX_SIGBUS, 2, 0xc0de },
        { "#PF in the kernel's half", 14, 4, MEMORY_HOLE, LINUX_SIGSEGV, 1, 0xffff800000000000 },
        { "#AC", 17, 0, MEMORY_HOLE, LINUX_SIGBUS, 1, 0 },
        { "one that nobody knows", 25, 0, MEMORY_HOLE, LINUX_SIGSEGV, 0x80, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame f = { .vector = cases[i].vector, .error = cases[i].error, .rip = 0x1234 };

        CASE(cases[i].name);
        seen.fault = cases[i].fault;
        core_trap(&f, cases[i].vector == 14 ? cases[i].address : 0xc0de);
        CHECK_EQ(seen.number, cases[i].number);
        CHECK_EQ(seen.code, cases[i].code);
        CHECK_EQ(seen.address, cases[i].address);
    }
}

static void test_kick(void)
{
    struct frame f = { .vector = 0x20 };

    CASE("the kick");
    core_trap(&f, 0);
    CHECK_EQ(seen.kicks, 1);
}

static void test_mended(void)
{
    struct frame f = { .vector = 14, .error = 7, .rip = 0x1234 };

    CASE("a page that another vCPU has changed meanwhile: again, but not for ever");
    seen.number = 0;
    seen.fault = MEMORY_PERMITTED;
    for (unsigned i = 0; i < 1000; i++)
        core_trap(&f, 0xc0de);
    CHECK_EQ(seen.number, 0);
    core_trap(&f, 0xc0de);
    CHECK_EQ(seen.number, LINUX_SIGSEGV);
    CHECK_EQ(seen.code, 2);
    seen.number = 0;
    core_trap(&f, 0xc0df);
    CHECK_EQ(seen.number, 0);

    CASE("as often as it changes");
    for (unsigned i = 0; i < 5000; i++) {
        seen.changes++;
        core_trap(&f, 0xc0de);
    }
    CHECK_EQ(seen.number, 0);

    CASE("the right that was wanted");
    CHECK_EQ(seen.wanted, LINUX_PROT_WRITE);
    f.error = 0x15;
    core_trap(&f, 0xc0de);
    CHECK_EQ(seen.wanted, LINUX_PROT_EXEC);
    f.error = 5;
    core_trap(&f, 0xc0de);
    CHECK_EQ(seen.wanted, LINUX_PROT_READ);
}

static void test_last(void)
{
    static const uint64_t last[] = { 2, 8, 18 };

    CASE("NMI, double fault and machine check end the keep");
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        struct frame f = { .vector = last[i] };

        seen.end_code = 0;
        if (setjmp(seen.end) == 0)
            core_trap(&f, 0);
        CHECK_EQ(seen.end_code, GATE_EXIT_SHIM);
    }
}

static void test_inside(void)
{
    struct boot *boot = (struct boot *)PLACE_BOOT_VA;
    struct frame f = { .vector = 14, .rip = 0x1008 };

    CASE("the boot page");
    if (mmap(boot, PLACE_PAGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
        CASE_SKIP("its address is taken in this process");
        return;
    }
    boot->syscall_stub = 0x7f8000000000;
    CASE("a fault that was to be expected");
    core_trap_inside(&f, 0x777000);
    CHECK_EQ(f.rip, 0x2010);
    CHECK_EQ(cpu_here()->copy_address, 0x777000);

    CASE("at the same place, what no instruction there can raise");
    for (uint64_t vector = 0; vector < 64; vector++) {
        if (vector == 1 || vector == 6 || vector == 13 || vector == 14)
            continue;
        f = (struct frame){ .vector = vector, .rip = 0x1008 };
        seen.end_code = 0;
        if (setjmp(seen.end) == 0)
            core_trap_inside(&f, 0);
        CHECK_EQ(seen.end_code, GATE_EXIT_SHIM);
    }
    f.vector = 14;

    CASE("one that was not");
    f.rip = 0x1004;
    seen.end_code = 0;
    if (setjmp(seen.end) == 0)
        core_trap_inside(&f, 0);
    CHECK_EQ(seen.end_code, GATE_EXIT_SHIM);

    CASE("a step of exec's into the core");
    f = (struct frame){ .vector = 1, .rip = 0x1004, .rflags = 0x302 };
    core_trap_inside(&f, 0);
    CHECK_EQ(f.rflags, 0x202);
    CHECK_EQ(f.rip, 0x1004);

    CASE("SYSCALL in the flat world");
    f = (struct frame){
        .vector = 14, .error = 0x15, .rip = 0x7f8000000000, .rcx = 77, .r11 = 0x246
    };
    core_trap_inside(&f, 0x7f8000000000);
    CHECK_EQ(f.rip, 77);
    CHECK_EQ(f.rflags, 0x246);
    CHECK_EQ(f.rax, 1);
}

static void bug_once(void)
{
    struct frame f = { .vector = 14, .rip = 0x1004 };

    if (setjmp(seen.end) == 0)
        core_trap_inside(&f, 0);
}

static void test_broken(void)
{
    unsigned ends = 0;

    CASE("a way out that faults itself, again and again, is the stub's");
    for (; !seen.halted && ends < 1000; ends++)
        bug_once();
    CHECK(seen.halted && ends < 100);
}

static void test_float(void)
{
    static const struct {
        uint32_t flagged, masked;
        int want;
    } cases[] = {
        { 0x01, 0x3e, 7 }, { 0x04, 0x3b, 3 }, { 0x08, 0x37, 4 },
        { 0x10, 0x2f, 5 }, { 0x02, 0x3d, 5 }, { 0x20, 0x1f, 6 },
        { 0x3f, 0x3f, 0 }, { 0x05, 0x3b, 3 }, { 0, 0, 0 },
    };

    CASE("floating-point codes: flagged and not masked");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(trap_float_code(cases[i].flagged, cases[i].masked), cases[i].want);
}

int main(void)
{
    static struct cpu here = { .self = &here };

    syscall(SYS_arch_prctl, ARCH_SET_GS, &here);
    test_signals();
    test_kick();
    test_mended();
    test_last();
    test_inside();
    test_broken();
    test_float();
    return check_done();
}

/* forbidden_processor.c: privileged instructions, ports, selectors, and the registers
 * that the keep's own kernel needs. lesson E23 */
#define _GNU_SOURCE
#include "forbidden.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"
#include "gate/abi.h"
#include "tests/keep/guests/places.h"

#define ONE(name)           \
    {                       \
#name, fault_##name \
    }

static void instruction_run(unsigned long run, unsigned long argument)
{
    fault_fn *f;

    memcpy(&f, &run, sizeof f);
    f((void *)argument);
}

static void instruction(const char *name, fault_fn *run)
{
    static uint64_t room[8];
    unsigned long at;

    memcpy(&at, &run, sizeof at);
    forbidden_stopped(name, attempt(instruction_run, at, (unsigned long)(uintptr_t)room));
}

void forbid_instructions(void)
{
    static const struct {
        const char *name;
        fault_fn *run;
    } all[] = {
        ONE(hlt),       ONE(cli),      ONE(sti),       ONE(cr0_read),  ONE(cr0_write),
        ONE(cr2_write), ONE(cr3_read), ONE(cr3_write), ONE(cr4_write), ONE(cr8_write),
        ONE(dr7_write), ONE(rdmsr),    ONE(wrmsr),     ONE(rdpmc),     ONE(lgdt),
        ONE(lidt),      ONE(lldt),     ONE(ltr),       ONE(lmsw),      ONE(clts),
        ONE(invlpg),    ONE(invd),     ONE(wbinvd),    ONE(swapgs),    ONE(sysret),
        ONE(sysexit),   ONE(xsetbv),   ONE(rsm),       ONE(monitor),   ONE(vmrun),
        ONE(in),        ONE(in_dx),    ONE(out),       ONE(outs),      ONE(ins),
    };

    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < COUNT_OF(all); i++)
            instruction(all[i].name, all[i].run);
}

/* `int n` for every n but 3 and 4, which programs may, 0x80, which Linux takes, and
 * 0x1a, which software KVM swallows before the keep sees it. */
void forbid_interrupts(void)
{
    uint8_t *code = pages_new(1, PROT_READ | PROT_WRITE);

    for (unsigned n = 0; n < 256; n++) {
        memcpy(code + 16 * n, (uint8_t[]){ 0xcd, (uint8_t)n, 0xc3 }, 3);
    }
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    for (unsigned n = 0; n < 256; n++) {
        char name[32] = "int 0x";

        name[6] = "0123456789abcdef"[n >> 4];
        name[7] = "0123456789abcdef"[n & 15];
        if (n != 3 && n != 4 && n != 0x80 && n != 0x1a)
            forbidden_stopped(name,
                              attempt(attempt_jump, (unsigned long)(uintptr_t)(code + 16 * n), 0));
    }
}

static void out_byte(unsigned long port, unsigned long value)
{
    __asm__ volatile("outb %%al, %%dx" ::"a"(value), "d"(port));
}

static void out_word(unsigned long port, unsigned long value)
{
    __asm__ volatile("outw %%ax, %%dx" ::"a"(value), "d"(port));
}

static void out_long(unsigned long port, unsigned long value)
{
    __asm__ volatile("outl %%eax, %%dx" ::"a"(value), "d"(port));
}

static void in_byte(unsigned long port, unsigned long unused)
{
    uint8_t got;

    (void)unused;
    __asm__ volatile("inb %%dx, %%al" : "=a"(got) : "d"(port));
}

static void in_long(unsigned long port, unsigned long unused)
{
    uint32_t got;

    (void)unused;
    __asm__ volatile("inl %%dx, %%eax" : "=a"(got) : "d"(port));
}

static bool gate_near(unsigned port)
{
    return port + 4 > GATE_PORT_PARK && port <= GATE_PORT_BELL + 3;
}

void forbid_ports(void)
{
    for (unsigned port = 0; port < 65536; port += port < 2048 ? 1 : 61) {
        if (gate_near(port))
            continue; /* ring.c has those */
        if (attempt(out_byte, port, 0) != SIGSEGV)
            forbidden_wrong("out of a byte to port %x", port);
        if (attempt(in_byte, port, 0) != SIGSEGV)
            forbidden_wrong("in of a byte from port %x", port);
        if (port % 4 == 0 && attempt(out_word, port, 0) != SIGSEGV)
            forbidden_wrong("out of a word to port %x", port);
        if (port % 4 == 0 && attempt(out_long, port, 0) != SIGSEGV)
            forbidden_wrong("out of a long to port %x", port);
        if (port % 4 == 0 && attempt(in_long, port, 0) != SIGSEGV)
            forbidden_wrong("in of a long from port %x", port);
    }
    if (attempt(out_byte, 0xffff, 0) != SIGSEGV)
        forbidden_wrong("out to the last port");
}

static void ds_load(unsigned long selector, unsigned long unused)
{
    (void)unused;
    __asm__ volatile("mov %0, %%ds" ::"r"(selector));
}

static void es_load(unsigned long selector, unsigned long unused)
{
    (void)unused;
    __asm__ volatile("mov %0, %%es" ::"r"(selector));
}

static void ss_load(unsigned long selector, unsigned long unused)
{
    (void)unused;
    __asm__ volatile("mov %0, %%ss" ::"r"(selector));
}

static void far_call(unsigned long selector, unsigned long at)
{
    struct __attribute__((packed)) {
        uint64_t at;
        uint16_t selector;
    } far = { at, (uint16_t)selector };

    __asm__ volatile(".byte 0x48\n lcall *%0" ::"m"(far) : "memory");
}

static void far_return(unsigned long selector, unsigned long at)
{
    __asm__ volatile("pushq %0\n pushq %1\n lretq" ::"r"(selector), "r"(at) : "memory");
}

static void interrupt_return(unsigned long cs, unsigned long ss)
{
    __asm__ volatile("mov %%rsp, %%rcx\n"
                     "pushq %1\n pushq %%rcx\n pushfq\n pushq %0\n pushq $0x1000\n iretq" ::"r"(cs),
                     "r"(ss)
                     : "rcx", "memory");
}

/* The keep's and Linux's kernel selectors are the same numbers. */
void forbid_selectors(void)
{
    static const uint16_t all[] = {
        PLACE_SEL_KERNEL_CS, PLACE_SEL_KERNEL_SS, PLACE_SEL_TSS, 0x48, 0x80, 0xfff8, 0x4
    };

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        forbidden_stopped("load ds", attempt(ds_load, all[i], 0));
        forbidden_stopped("load es", attempt(es_load, all[i], 0));
        forbidden_stopped("load ss", attempt(ss_load, all[i], 0));
        forbidden_stopped("load ss, as a user", attempt(ss_load, all[i] | 3u, 0));
        forbidden_stopped("far call", attempt(far_call, all[i], 0x1000));
        forbidden_stopped("far call, as a user", attempt(far_call, all[i] | 3u, 0x1000));
        forbidden_stopped("far return", attempt(far_return, all[i], 0x1000));
    }
}

void forbid_returns(void)
{
    static const uint16_t cs[] = { PLACE_SEL_KERNEL_CS, PLACE_SEL_KERNEL_CS | 3,
                                   PLACE_SEL_KERNEL_CS | 1, PLACE_SEL_TSS, 0 };
    static const uint16_t ss[] = { PLACE_SEL_KERNEL_SS, PLACE_SEL_KERNEL_SS | 3, PLACE_SEL_USER_SS,
                                   0 };

    for (size_t i = 0; i < COUNT_OF(cs); i++)
        for (size_t k = 0; k < COUNT_OF(ss); k++)
            forbidden_stopped("iretq", attempt(interrupt_return, cs[i], ss[k]));
    for (size_t k = 0; k < COUNT_OF(ss); k++)
        if (ss[k] != PLACE_SEL_USER_SS)
            forbidden_stopped("iretq, our cs", attempt(interrupt_return, PLACE_SEL_USER_CS, ss[k]));
}

/* --- Single steps into the kernel: they must come out of it, too. */

static volatile int steps, strange;
static unsigned long text_start, text_end;
extern char __executable_start, etext;

static void on_step(int number, siginfo_t *info, void *context)
{
    const unsigned long at = (unsigned long)(uintptr_t)info->si_addr;

    (void)number;
    (void)context;
    steps = steps + 1;
    if (at < text_start || at > text_end)
        strange = strange + 1;
}

static void steps_do(long number)
{
    long got = number;

    __asm__ volatile("pushfq\n orl $0x100, (%%rsp)\n popfq\n"
                     "xor %%edi, %%edi\n xor %%esi, %%esi\n"
                     "syscall\n"
                     "nop\n nop\n"
                     "pushfq\n andl $0xfffffeff, (%%rsp)\n popfq\n"
                     : "+a"(got)::"rcx", "r11", "rdi", "rsi", "memory");
}

void forbid_steps(void)
{
    struct sigaction a = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };

    text_start = (unsigned long)(uintptr_t)&__executable_start;
    text_end = (unsigned long)(uintptr_t)&etext;
    sigaction(SIGTRAP, &a, NULL);
    for (int i = 0; i < 50; i++) {
        steps_do(SYS_getpid);
        steps_do(999);
        steps_do(SYS_sched_yield);
    }
    if (steps == 0)
        forbidden_wrong("no step");
    if (strange != 0)
        forbidden_wrong("%d of %d steps outside of the program", strange, steps);
}

/* --- A kernel that trusts the user's stack pointer is nobody's. */

static long call_with_stack(unsigned long stack, long number)
{
    long got = number;

    __asm__ volatile("mov %%rsp, %%rbx\n mov %1, %%rsp\n syscall\n mov %%rbx, %%rsp\n"
                     : "+a"(got)
                     : "r"(stack), "D"(0L), "S"(0L), "d"(0L)
                     : "rbx", "rcx", "r11", "memory");
    return got;
}

static void fault_with_stack(unsigned long stack, unsigned long unused)
{
    (void)unused;
    __asm__ volatile("mov %0, %%rsp\n ud2" ::"r"(stack) : "memory");
}

void forbid_stack_pointer(void)
{
    const long pid = call(SYS_getpid);

    for (size_t i = 0; i < COUNT_OF(places); i++)
        for (unsigned long off = 0; off < 16; off += 8) {
            if (call_with_stack(places[i].at + off, SYS_getpid) != pid)
                forbidden_wrong("a call with its stack at %s", places[i].name);
            forbidden_stopped(places[i].name, attempt(fault_with_stack, places[i].at + off, 0));
        }
    if (call_with_stack(1, 999) != -38)
        forbidden_wrong("a call that is none, without a stack");
}

/* --- What may end the keep, and nothing else. */

/* The core finds its own data by GS: a keep that lost it may end, with a code. */
void wild_gs(void)
{
    __asm__ volatile("wrgsbase %0" ::"r"((uint64_t)16) : "memory");
    (void)call(SYS_getpid);
    __asm__ volatile("wrgsbase %0" ::"r"((uint64_t)(uintptr_t)&wild_gs) : "memory");
    (void)call(SYS_sched_yield);
    __asm__ volatile("mov %0, %%gs" ::"r"(0) : "memory");
    (void)call(SYS_getpid);
}

static void sysenter_do(unsigned long number, unsigned long unused)
{
    (void)unused;
    __asm__ volatile("push %%rbp\n mov %%rsp, %%rbp\n sysenter\n pop %%rbp" ::"a"(number)
                     : "memory");
}

void wild_sysenter(void) { (void)attempt(sysenter_do, 20, 0); }

static void vmcall_do(unsigned long number, unsigned long argument)
{
    __asm__ volatile("vmcall"
                     : "+a"(number)
                     : "b"(argument), "c"(argument), "d"(argument)
                     : "memory");
}

static void vmmcall_do(unsigned long number, unsigned long argument)
{
    __asm__ volatile("vmmcall"
                     : "+a"(number)
                     : "b"(argument), "c"(argument), "d"(argument)
                     : "memory");
}

void wild_hypercalls(void)
{
    for (unsigned long number = 0; number < 16; number++) {
        (void)attempt(vmcall_do, number - 1, 0);
        (void)attempt(vmmcall_do, number - 1, 0);
    }
}

void wild_core_jump(void)
{
    for (unsigned long off = 0; off < 0x4000; off += 37)
        (void)attempt(attempt_jump, PLACE_CORE_VA + off, 0);
}

static void word_spoil(unsigned long at, unsigned long bits) { *(volatile uint64_t *)at ^= bits; }

void wild_core_data(void)
{
    for (unsigned long at = PLACE_CPU_VA + PLACE_CPU_STATE; at < PLACE_CPU_VA + PLACE_CPU_STRIDE;
         at += 8)
        (void)attempt(word_spoil, at, 0x4141414141414141);
    for (unsigned long at = PLACE_CORE_VA; at < PLACE_CORE_VA + 0x100000; at += 8)
        if (attempt(word_spoil, at, 0x4141414141414141) != 0)
            at |= PAGE - 8; /* the next page */
    (void)call(SYS_getpid);
}

void wild_direct_map(void)
{
    for (unsigned long at = PLACE_DIRECT_VA; at < PLACE_DIRECT_VA + 0x200000; at += 8)
        if (attempt(word_spoil, at, 0x8000000000000067) != 0)
            break;
    (void)call(SYS_getpid);
}

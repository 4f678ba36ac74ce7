/* signals.c: every exception, as the signal that Linux makes of it.
 *
 * Runs the case named on the first line of descriptor 0; those that begin with
 * "end" end the process, and their exit code is the result. Linux is the reference. */
#define _GNU_SOURCE
#include "signals.h"

#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "faults.h"

static struct {
    int count, number, code;
    uint64_t address, rip, trap, error, cr2;
} seen;
static fault_fn *go_on;

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *r = u->uc_mcontext.gregs;

    seen.count++;
    seen.number = number;
    seen.code = info->si_code;
    seen.address = (uint64_t)(uintptr_t)info->si_addr;
    seen.rip = (uint64_t)r[REG_RIP];
    seen.trap = (uint64_t)r[REG_TRAPNO];
    seen.error = (uint64_t)r[REG_ERR];
    seen.cr2 = (uint64_t)r[REG_CR2];
    r[REG_RIP] = (greg_t)(intptr_t)go_on;
    r[REG_EFL] &= ~0x100l; /* no single steps from here */
}

static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };

static void handlers_set(int flags)
{
    struct sigaction a = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | flags };

    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &a, NULL);
}

/* Which address the kernel has to name. */
enum names { NAMES_NONE, NAMES_ARGUMENT, NAMES_PLACE };

static void fault(const char *name, fault_fn *run, const volatile void *argument, fault_fn *at,
                  enum names names)
{
    const uint64_t want = names == NAMES_ARGUMENT ? (uint64_t)(uintptr_t)argument
                          : names == NAMES_PLACE  ? (uint64_t)(uintptr_t)at
                                                  : 0;

    memset(&seen, 0, sizeof seen);
    go_on = run == fault_stack ? fault_stack_end : fault_end;
    run(argument);
    if (seen.count != 1) {
        say("%s: %d signals", name, seen.count);
        return;
    }
    say("%s: signal %d, code %d, address %s, place %s, trap %lu, error %lx%s", name, seen.number,
        seen.code, seen.address == want ? "right" : "wrong",
        seen.rip == (uint64_t)(uintptr_t)at ? "right" : "wrong", (unsigned long)seen.trap,
        (unsigned long)seen.error,
        seen.trap != 14                             ? ""
        : seen.cr2 == (uint64_t)(uintptr_t)argument ? ", cr2 right"
                                                    : ", cr2 wrong");
}

static void memory_faults(void)
{
    uint8_t *hole = hole_new(2), *none = pages_new(1, PROT_NONE);
    uint8_t *ro = pages_new(1, PROT_READ), *rw = pages_new(2, PROT_READ | PROT_WRITE);
    uint8_t *code = pages_new(1, PROT_READ | PROT_WRITE);
    fault_fn *into;

    handlers_set(0);
    fault("load a hole", fault_load, hole + 5, fault_load, NAMES_ARGUMENT);
    fault("store a hole", fault_store, hole + 5, fault_store, NAMES_ARGUMENT);
    fault("change a hole", fault_change, hole + 8, fault_change, NAMES_ARGUMENT);
    fault("load page 0", fault_load, (void *)8, fault_load, NAMES_ARGUMENT);
    fault("store page 0", fault_store, (void *)8, fault_store, NAMES_ARGUMENT);
    fault("load no access", fault_load, none + 77, fault_load, NAMES_ARGUMENT);
    fault("store no access", fault_store, none + 77, fault_store, NAMES_ARGUMENT);
    fault_load(ro); /* it is there from here on */
    fault("store read-only", fault_store, ro + 9, fault_store, NAMES_ARGUMENT);
    fault("change read-only", fault_change, ro + 12, fault_change, NAMES_ARGUMENT);
    memset(rw, 0xc3, 2 * PAGE);
    memcpy(&into, &(void *){ rw + 3 }, sizeof into);
    fault("execute data", fault_jump, rw + 3, into, NAMES_ARGUMENT);
    memcpy(&into, &(void *){ hole + 3 }, sizeof into);
    fault("execute a hole", fault_jump, hole + 3, into, NAMES_ARGUMENT);
    memcpy(&into, &(void *){ none }, sizeof into);
    fault("execute no access", fault_jump, none, into, NAMES_ARGUMENT);
    memcpy(&into, &(void *){ NULL }, sizeof into);
    fault("execute page 0", fault_jump, NULL, into, NAMES_ARGUMENT);
    memset(code, 0xc3, PAGE);
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    fault("store code", fault_store, code, fault_store, NAMES_ARGUMENT);
    mprotect(rw + PAGE, PAGE, PROT_NONE);
    /* The first byte that may not be touched is what the kernel names. */
    memset(&seen, 0, sizeof seen);
    go_on = fault_end;
    fault_load_large(rw + PAGE - 8);
    say("load over an edge: signal %d, code %d, the edge %s", seen.number, seen.code,
        seen.address == (uint64_t)(uintptr_t)(rw + PAGE) ? "named" : "not named");
    fault("load the kernel's half", fault_load, (void *)0xffffffff81000000, fault_load,
          NAMES_ARGUMENT);
    fault("store the kernel's half", fault_store, (void *)0xffff888000000000, fault_store,
          NAMES_ARGUMENT);
    fault("load what is not canonical", fault_load, (void *)0x8000000000000000, fault_load,
          NAMES_NONE);
    fault("store what is not canonical", fault_store, (void *)0x0000900000000000, fault_store,
          NAMES_NONE);
    fault("not canonical by the stack", fault_stack, (void *)0x7000000000000000, fault_stack_at,
          NAMES_NONE);
    fault("aligned load", fault_aligned, rw, fault_aligned, NAMES_NONE);
}

#define PRIVILEGED(name)    \
    {                       \
#name, fault_##name \
    }

static void instruction_faults(void)
{
    static const struct {
        const char *name;
        fault_fn *run;
    } privileged[] = {
        PRIVILEGED(hlt),       PRIVILEGED(cli),       PRIVILEGED(sti),       PRIVILEGED(in),
        PRIVILEGED(in_dx),     PRIVILEGED(out),       PRIVILEGED(outs),      PRIVILEGED(ins),
        PRIVILEGED(cr0_read),  PRIVILEGED(cr0_write), PRIVILEGED(cr2_write), PRIVILEGED(cr3_read),
        PRIVILEGED(cr3_write), PRIVILEGED(cr4_write), PRIVILEGED(cr8_write), PRIVILEGED(dr7_write),
        PRIVILEGED(rdmsr),     PRIVILEGED(wrmsr),     PRIVILEGED(rdpmc),     PRIVILEGED(lgdt),
        PRIVILEGED(lidt),      PRIVILEGED(lldt),      PRIVILEGED(ltr),       PRIVILEGED(lmsw),
        PRIVILEGED(clts),      PRIVILEGED(invlpg),    PRIVILEGED(invd),      PRIVILEGED(wbinvd),
        PRIVILEGED(swapgs),    PRIVILEGED(sysret),    PRIVILEGED(xsetbv),
    };

    static uint64_t room[8];

    handlers_set(0);
    for (size_t i = 0; i < COUNT_OF(privileged); i++)
        fault(privileged[i].name, privileged[i].run, room, privileged[i].run, NAMES_NONE);
    fault("declared.int 0x20", fault_int_20, NULL, fault_int_20, NAMES_NONE);
    fault("declared.int 0xff", fault_int_ff, NULL, fault_int_ff, NAMES_NONE);
    fault("ud2", fault_ud2, NULL, fault_ud2, NAMES_PLACE);
    fault("an undefined instruction", fault_undefined, NULL, fault_undefined, NAMES_PLACE);
    fault("no instruction of this mode", fault_no_such, NULL, fault_no_such, NAMES_PLACE);
    fault("divide by zero", fault_divide, NULL, fault_divide_at, NAMES_PLACE);
    fault("divide over the end", fault_overflow, NULL, fault_overflow_at, NAMES_PLACE);
    fault("divide floats by zero", fault_sse, NULL, fault_sse_at, NAMES_PLACE);
    __asm__ volatile("ldmxcsr %0" ::"m"((uint32_t){ 0x1f80 }));
    fault("divide by zero, x87", fault_x87, NULL, fault_x87_at, NAMES_PLACE);
    __asm__ volatile("fninit");
}

static void trap_faults(void)
{
    handlers_set(0);
    memset(&seen, 0, sizeof seen);
    go_on = fault_end;
    fault_int3(NULL);
    say("int3: signal %d, code %d, trap %lu, behind it: %s", seen.number, seen.code,
        (unsigned long)seen.trap, seen.rip == (uint64_t)(uintptr_t)fault_int3 + 1 ? "yes" : "no");
    fault("a single step", fault_step, NULL, fault_step_at, NAMES_PLACE);
}

static void many_faults(void)
{
    uint8_t *none = pages_new(1, PROT_NONE);

    handlers_set(SA_ONSTACK);
    memset(&seen, 0, sizeof seen);
    go_on = fault_end;
    for (int i = 0; i < 5000; i++) {
        fault_load(none + i % 4000);
        fault_ud2(NULL);
        fault_divide(NULL);
    }
    say("many: %d", seen.count);
}

static sigjmp_buf back;

static void on_jump(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    siglongjmp(back, number);
}

static void jumps(void)
{
    struct sigaction a = { .sa_sigaction = on_jump, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    static uint8_t room[32768];
    stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
    uint8_t *none = pages_new(1, PROT_NONE);
    volatile int count = 0;
    sigset_t mask;

    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &a, NULL);
    sigaction(SIGFPE, &a, NULL);
    for (volatile int i = 0; i < 2000; i++) {
        int got = sigsetjmp(back, 1);

        if (got == 0 && i % 2 == 0)
            fault_store(none);
        else if (got == 0)
            fault_divide(none);
        else
            count += got;
    }
    sigprocmask(SIG_BLOCK, NULL, &mask);
    say("jumps out: %d, blocked after: %d", count, sigismember(&mask, SIGSEGV));
    sigaltstack(NULL, &stack);
    say("stack after: %x", (unsigned)stack.ss_flags);
}

/* Without end, until the stack is; on it the handler could not run. */
__attribute__((noinline)) static int deep(int n)
{
    volatile char room[512];

    room[n % 512] = (char)n;
    return n <= 0 ? 0 : deep(n + 1) + room[n % 512];
}

static void *overflow(void *unused)
{
    static uint8_t room[32768];
    stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
    struct sigaction a = { .sa_sigaction = on_jump, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    int got;

    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &a, NULL);
    for (volatile int i = 0; i < 3; i++) {
        got = sigsetjmp(back, 1);
        if (got == 0)
            deep(1);
        else
            say("stack overflow %d: signal %d", i, got);
    }
    return unused;
}

static void overflows(void)
{
    pthread_t t;

    overflow(NULL);
    pthread_create(&t, NULL, overflow, NULL);
    pthread_join(t, NULL);
}

static int depth;

static void on_nested(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    (void)number;
    (void)info;
    depth++;
    if (depth < 8)
        fault_ud2(NULL);
    say("depth %d", depth);
    depth--;
    u->uc_mcontext.gregs[REG_RIP] += 2; /* over ud2 */
}

static void nested(void)
{
    struct sigaction a = { .sa_sigaction = on_nested, .sa_flags = SA_SIGINFO | SA_NODEFER };

    sigaction(SIGILL, &a, NULL);
    fault_ud2(NULL);
    a.sa_flags |= SA_ONSTACK;
    sigaction(SIGILL, &a, NULL);
    sigaltstack(&(stack_t){ .ss_sp = pages_new(40, PROT_READ | PROT_WRITE), .ss_size = 40 * PAGE },
                NULL);
    fault_ud2(NULL);
    say("nested: back at %d", depth);
}

/* Another signal in a handler: each has its own mask. */
static void mixed(void)
{
    struct sigaction a = { .sa_sigaction = on_nested, .sa_flags = SA_SIGINFO | SA_NODEFER };

    handlers_set(0);
    sigaction(SIGILL, &a, NULL);
    depth = 7;
    memset(&seen, 0, sizeof seen);
    go_on = fault_end;
    fault_ud2(NULL);
    fault_divide(NULL);
    say("mixed: %d, signal %d", seen.count, seen.number);
}

static void *fault_in_thread(void *at)
{
    for (int i = 0; i < 200; i++)
        fault_load(at);
    return at;
}

static void threads(void)
{
    pthread_t t[4];
    uint8_t *none = pages_new(1, PROT_NONE);

    handlers_set(0);
    memset(&seen, 0, sizeof seen);
    go_on = fault_end;
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        pthread_create(&t[i], NULL, fault_in_thread, none);
        pthread_join(t[i], NULL);
    }
    say("one after the other: %d", seen.count);
}

static const struct guest_case cases[] = {
    { "memory", memory_faults },
    { "instruction", instruction_faults },
    { "trap", trap_faults },
    { "many", many_faults },
    { "jumps", jumps },
    { "overflows", overflows },
    { "nested", nested },
    { "mixed", mixed },
    { "threads", threads },
    { "frame registers", frame_registers },
    { "frame vectors", frame_vectors },
    { "frame calls", frame_calls },
    { "frame flags", frame_flags },
    { "frame stack", frame_stack },
    { "frame extended", frame_extended },
    { "end default", end_default },
    { "end blocked", end_blocked },
    { "end ignored", end_ignored },
    { "end nested", end_nested },
    { "end reset", end_reset },
    { "end stack full", end_stack_full },
    { "end stack overflow", end_stack_overflow },
    { "end no stack", end_no_stack },
    { "end abort", end_abort },
    { "end divide", end_divide },
    { "end illegal", end_illegal },
    { "end trap", end_trap },
    { "end terminated", end_terminated },
    { "end thread", end_thread },
    { "end bad mxcsr", end_bad_mxcsr },
    { "end bad state", end_bad_state },
    { "end bad pointer", end_bad_pointer },
    { "end bad segment", end_bad_segment },
    { "end bad place", end_bad_place },
    { "end bad frame", end_bad_frame },
};

int main(void)
{
    const char *name = case_read();

    if (strcmp(name, "list") == 0) {
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            say("%s", cases[i].name);
        return 0;
    }
    return cases_run(cases, COUNT_OF(cases), name) ? 0 : 98;
}

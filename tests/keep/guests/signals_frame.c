/* signals_frame.c: what a handler finds, what it may change, and what must come back. */
#define _GNU_SOURCE
#include "signals.h"

#include <cpuid.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "faults.h"

/* greg_t indices in the order of state_registers. */
static const int order[14] = { REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RBP, REG_R8,
                               REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

static uint64_t words[34];
static bool right, direction, aligned;
static uint64_t flags_seen;

static uint64_t flags_now(void)
{
    uint64_t f;

    __asm__ volatile("pushfq\n popq %0" : "=r"(f));
    return f;
}

static uint64_t pattern(int i) { return 0x0101010101010101ul * (uint64_t)(i + 1) ^ 0xf0e1u; }

static void on_registers(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *r = u->uc_mcontext.gregs;

    (void)number;
    (void)info;
    direction = (flags_now() & 0x400) == 0;
    aligned = ((uintptr_t)__builtin_frame_address(0) & 15) == 0;
    right = r[REG_RIP] == (greg_t)(intptr_t)state_registers_at;
    for (int i = 0; i < 14; i++) {
        right = right && (uint64_t)r[order[i]] == words[i];
        r[order[i]] = (greg_t)pattern(i + 50);
    }
    right = right && (uint64_t)r[REG_RDI] == (uint64_t)(uintptr_t)words;
    r[REG_RDI] = 0x77;
    flags_seen = (uint64_t)r[REG_EFL];
    r[REG_EFL] ^= 0x41; /* carry and zero */
    r[REG_RIP] += 2;
}

void frame_registers(void)
{
    struct sigaction a = { .sa_sigaction = on_registers, .sa_flags = SA_SIGINFO };
    bool back = true;

    sigaction(SIGILL, &a, NULL);
    for (int i = 0; i < 14; i++)
        words[i] = pattern(i);
    state_registers(words);
    for (int i = 0; i < 14; i++)
        back = back && words[16 + i] == pattern(i + 50);
    holds("the handler finds them", right);
    holds("it may change them", back && words[31] == 0x77);
    holds("its stack is aligned", aligned);
    holds("it counts upwards", direction);
    say("flags: found %lx, left %lx", (unsigned long)flags_seen & 0xcd5,
        (unsigned long)words[30] & 0xcd5);
    holds("the red zone stays", words[32] == 0x1122334455667788 && words[33] == words[32]);
}

/* --- Vector registers. */

static int level_of(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
        return 2;
    return __builtin_cpu_supports("avx2") ? 1 : 0;
}

static int level;
static int vector_faults;

static void on_vectors(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    (void)number;
    (void)info;
    vector_faults++;
    vectors_scramble(level);
    u->uc_mcontext.gregs[REG_RIP] += 2;
}

struct vectors {
    const char *name;
    vectors_fn *run;
    size_t size;
    int level;
};

static const struct vectors kinds[] = {
    { "xmm", vectors_xmm, 256, 0 },
    { "ymm", vectors_ymm, 512, 1 },
    { "zmm and masks", vectors_zmm, 2048 + 64, 2 },
};

static void bytes_fill(uint8_t *at, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525u + 1013904223u;
        at[i] = (uint8_t)(seed >> 24);
    }
}

/* Eight numbers with their explicit leading bit, all exact; rounding and masks of
 * x87 and SSE that are not the usual ones. */
static void x87_fill(uint8_t at[96])
{
    memset(at, 0, 96);
    for (size_t i = 0; i < 8; i++) {
        bytes_fill(at + 10 * i, 8, (uint32_t)i + 3);
        at[10 * i + 7] |= 0x80;
        at[10 * i + 8] = (uint8_t)(0x10 + i);
        at[10 * i + 9] = 0x40;
    }
    memcpy(at + 80, &(uint16_t){ 0x0f7f }, 2);
    memcpy(at + 84, &(uint32_t){ 0x7f80 }, 4);
}

/* How many bytes are other ones when the registers come back from the kernel. */
static size_t vectors_lost(const struct vectors *v, long number, const long arguments[3])
{
    static uint8_t from[4096] __attribute__((aligned(64))), to[4096] __attribute__((aligned(64)));
    size_t lost = 0;

    for (uint32_t round = 0; round < 20; round++) {
        bytes_fill(from, v->size, round * 77 + 5);
        memset(to, 0, v->size);
        v->run(from, to, number, arguments);
        for (size_t i = 0; i < v->size; i++)
            lost += from[i] != to[i];
    }
    return lost;
}

static size_t x87_lost(long number, const long arguments[3])
{
    uint8_t from[96], to[96] = { 0 };
    size_t lost = 0;

    x87_fill(from);
    vectors_x87(from, to, number, arguments);
    for (size_t i = 0; i < 88; i++)
        lost += from[i] != to[i];
    return lost;
}

void frame_vectors(void)
{
    struct sigaction a = { .sa_sigaction = on_vectors, .sa_flags = SA_SIGINFO };
    const long none[3] = { 0 };

    level = level_of();
    sigaction(SIGILL, &a, NULL);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i].level <= level)
            say("%s: %zu bytes lost", kinds[i].name, vectors_lost(&kinds[i], -1, none));
    say("x87: %zu bytes lost", x87_lost(-1, none));
    holds("signals came", vector_faults > 20);
}

/* A system call changes rax, rcx and r11, and nothing else. */
static bool call_keeps(long number, const long arguments[3])
{
    static const int kept[] = { 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13 };
    bool good = true;

    memset(words, 0, sizeof words);
    for (int i = 0; i < 14; i++)
        words[i] = pattern(i);
    words[0] = (uint64_t)number;
    words[3] = (uint64_t)arguments[0];
    words[4] = (uint64_t)arguments[1];
    words[5] = (uint64_t)arguments[2];
    words[6] = words[7] = words[8] = 0;
    state_call(words);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        good = good && words[16 + kept[i]] == words[kept[i]];
    good = good && words[19] == words[3]; /* rdi */
    return good && (words[30] & 1) == 1 && words[32] == 0x1122334455667788 &&
           words[33] == words[32];
}

void frame_calls(void)
{
    static uint8_t room[4096];
    static const struct timespec {
        long s, ns;
    } soon = { 0, 100000 };
    const struct {
        const char *name;
        long number;
        long arguments[3];
    } calls[] = {
        { "getpid", SYS_getpid, { 0 } },
        { "getrandom", SYS_getrandom, { (long)(intptr_t)room, 256, 0 } },
        { "mmap, refused", SYS_mmap, { 0 } },
        { "mprotect",
          SYS_mprotect,
          { (long)(intptr_t)pages_new(2, PROT_READ), 2 * PAGE, PROT_READ | PROT_WRITE } },
        { "madvise",
          SYS_madvise,
          { (long)(intptr_t)pages_new(2, PROT_READ | PROT_WRITE), 2 * PAGE, MADV_DONTNEED } },
        { "write nothing", SYS_write, { 1, (long)(intptr_t)room, 0 } },
        { "write", SYS_write, { 1, (long)(intptr_t) "written\n", 8 } },
        { "clock_gettime", SYS_clock_gettime, { 1, (long)(intptr_t)room, 0 } },
        { "uname", SYS_uname, { (long)(intptr_t)room } },
        { "nanosleep", SYS_nanosleep, { (long)(intptr_t)&soon, 0, 0 } },
        { "futex", SYS_futex, { (long)(intptr_t)room, 129, 1 } },
        { "sched_yield", SYS_sched_yield, { 0 } },
        { "no such call", 999, { 1, 2, 3 } },
        { "a bad pointer", SYS_uname, { 16 } },
    };

    level = level_of();
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        size_t lost = x87_lost(calls[i].number, calls[i].arguments);

        if (calls[i].number != SYS_write || calls[i].arguments[2] == 0)
            for (size_t k = 0; k < COUNT_OF(kinds); k++)
                if (kinds[k].level <= level)
                    lost += vectors_lost(&kinds[k], calls[i].number, calls[i].arguments);
        say("%s: registers %s, %zu bytes of vectors lost", calls[i].name,
            call_keeps(calls[i].number, calls[i].arguments) ? "stay" : "change", lost);
    }
}

/* --- Flags that a handler may not give. */

static uint64_t flags_wanted;

static void on_flags(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    (void)number;
    (void)info;
    u->uc_mcontext.gregs[REG_EFL] = (greg_t)flags_wanted;
    u->uc_mcontext.gregs[REG_RIP] += 2;
}

void frame_flags(void)
{
    static const uint64_t wanted[] = { 0x202, 0x3202, 0x0, 0x24602, 0x100ed7, 0x1a0202, 0xed7 };
    struct sigaction a = { .sa_sigaction = on_flags, .sa_flags = SA_SIGINFO };

    sigaction(SIGILL, &a, NULL);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        uint64_t got;

        flags_wanted = wanted[i];
        __asm__ volatile("ud2\n pushfq\n popq %0\n cld" : "=r"(got)::"cc", "memory");
        say("flags %lx: %lx", (unsigned long)wanted[i], (unsigned long)(got & 0x7fff7));
    }
}

/* --- What else is in the frame. */

static ucontext_t kept;
static bool in_place;
static uint8_t *stack_room;

static void on_stack(int number, siginfo_t *info, void *context)
{
    uint8_t *here = __builtin_frame_address(0);
    stack_t now;

    (void)number;
    (void)info;
    memcpy(&kept, context, sizeof kept);
    in_place = here > stack_room && here < stack_room + 65536;
    result("another stack while on this", call(SYS_sigaltstack, &kept.uc_stack, 0));
    call(SYS_sigaltstack, 0, &now);
    say("flags while on it: %x", (unsigned)now.ss_flags);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

void frame_stack(void)
{
    struct sigaction a = { .sa_sigaction = on_stack, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    stack_t stack = { .ss_size = 65536 }, now;
    uint64_t mask = 1u << (SIGUSR2 - 1), after = 0;

    stack_room = pages_new(16, PROT_READ | PROT_WRITE);
    stack.ss_sp = stack_room;
    sigaltstack(&stack, NULL);
    sigaction(SIGILL, &a, NULL);
    call(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
    fault_ud2(NULL);
    holds("on the stack", in_place);
    holds("the frame names the stack", kept.uc_stack.ss_sp == stack.ss_sp &&
                                           kept.uc_stack.ss_size == stack.ss_size &&
                                           kept.uc_stack.ss_flags == 0);
    holds("the frame keeps the mask", sigismember(&kept.uc_sigmask, SIGUSR2) == 1 &&
                                          sigismember(&kept.uc_sigmask, SIGILL) == 0);
    holds("nothing is linked", kept.uc_link == NULL);
    call(SYS_rt_sigprocmask, SIG_SETMASK, 0, &after, 8);
    holds("the mask is back", after == mask);
    sigaltstack(NULL, &now);
    say("the stack after: flags %x", (unsigned)now.ss_flags);
}

/* --- The extended state: as the processor's manual and Linux's header have it. */

#define MAGIC_1 0x46505853u
#define MAGIC_2 0x46505845u

static struct {
    bool magic, size, end, aligned, changed;
} extended;

static void on_extended(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    uint8_t *state = (uint8_t *)u->uc_mcontext.fpregs;
    uint32_t word[12], end = 0;

    (void)number;
    (void)info;
    memcpy(word, state + 464, sizeof word);
    extended.magic = word[0] == MAGIC_1;
    extended.size = word[1] >= word[4] + 4 && word[4] >= 576 && word[4] < 16384;
    if (extended.size)
        memcpy(&end, state + word[4], 4);
    extended.end = end == MAGIC_2;
    extended.aligned = ((uintptr_t)state & 63) == 0;
    memset(state + 160 + 16 * 3, 0x5a, 16); /* xmm3 */
    if (level > 0 && (word[2] & 4) != 0) {
        unsigned a, b, c, d;
        uint64_t features;

        __cpuid_count(0xd, 2, a, b, c, d);
        memset(state + b + 16 * 3, 0xa5, 16); /* its upper half */
        memcpy(&features, state + 512, 8);
        features |= 6;
        memcpy(state + 512, &features, 8);
        extended.changed = true;
    }
    u->uc_mcontext.gregs[REG_RIP] += 2;
}

void frame_extended(void)
{
    struct sigaction a = { .sa_sigaction = on_extended, .sa_flags = SA_SIGINFO };
    static uint8_t from[512], to[512];
    const long none[3] = { 0 };
    bool low = true, high = true, rest = true;

    level = level_of();
    sigaction(SIGILL, &a, NULL);
    bytes_fill(from, sizeof from, 99);
    (level > 0 ? vectors_ymm : vectors_xmm)(from, to, -1, none);
    for (size_t i = 0; i < (level > 0 ? 512u : 256u); i++) {
        size_t each = level > 0 ? 32 : 16;

        if (i / each != 3)
            rest = rest && from[i] == to[i];
        else if (i % each < 16)
            low = low && to[i] == 0x5a;
        else
            high = high && (to[i] == 0xa5 || !extended.changed);
    }
    holds("it says that it is extended", extended.magic);
    holds("its sizes fit", extended.size);
    holds("its end says so too", extended.end);
    holds("it is aligned", extended.aligned);
    holds("the handler may change it", low);
    holds("and the upper half", high);
    holds("the rest stays", rest);
}

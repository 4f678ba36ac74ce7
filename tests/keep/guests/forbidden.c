/* forbidden.c: a program that tries what it must not.
 *
 * The case is named on the first line of descriptor 0. Exit code 0: every attempt
 * was stopped; 99: one was not. Cases that begin with "wild" may end the keep
 * instead, with a code that the keep has a name for; those that begin with "keep"
 * are run in a keep alone, because Linux would do them. */
#define _GNU_SOURCE
#include "forbidden.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

static sigjmp_buf back;
static int wrong_count;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    /* An attempt may have left them so. */
    __asm__ volatile("cld");
    siglongjmp(back, number);
}

__attribute__((noinline)) int attempt(attempt_fn *run, unsigned long a, unsigned long b)
{
    const int got = sigsetjmp(back, 1);

    if (got == 0)
        run(a, b);
    return got;
}

void attempt_load(unsigned long at, unsigned long unused)
{
    (void)unused;
    (void)*(volatile uint8_t *)at;
}

void attempt_store(unsigned long at, unsigned long value)
{
    *(volatile uint8_t *)at = (uint8_t)value;
}

void attempt_jump(unsigned long at, unsigned long unused)
{
    (void)unused;
    fault_jump((void *)at);
}

void forbidden_wrong(const char *format, ...)
{
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (wrong_count++ < 40)
        say("wrong: %s", text);
}

void forbidden_stopped(const char *name, int got)
{
    if (got == 0)
        forbidden_wrong("%s: not stopped", name);
    else if (got != SIGSEGV && got != SIGILL && got != SIGBUS && got != SIGTRAP)
        forbidden_wrong("%s: signal %d", name, got);
}

static void handlers_set(void)
{
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    static uint8_t room[65536];
    struct sigaction a = { .sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    sigaltstack(&(stack_t){ .ss_sp = room, .ss_size = sizeof room }, NULL);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &a, NULL);
}

static const struct guest_case cases[] = {
    { "text", forbid_text },
    { "data", forbid_data },
    { "both", forbid_both },
    { "loads", forbid_loads },
    { "stores", forbid_stores },
    { "jumps", forbid_jumps },
    { "pointers", forbid_pointers },
    { "maps", forbid_maps },
    { "instructions", forbid_instructions },
    { "interrupts", forbid_interrupts },
    { "ports", forbid_ports },
    { "selectors", forbid_selectors },
    { "returns", forbid_returns },
    { "steps", forbid_steps },
    { "stack pointer", forbid_stack_pointer },
    { "wild gs", wild_gs },
    { "wild sysenter", wild_sysenter },
    { "wild hypercalls", wild_hypercalls },
    { "wild core jump", wild_core_jump },
    { "wild core data", wild_core_data },
    { "wild direct map", wild_direct_map },
    { "keep wild calls", keep_wild_calls },
    { "keep wild arguments", keep_wild_arguments },
    { "keep exhaust", keep_exhaust },
    { "keep threads", keep_threads },
};

int main(void)
{
    const char *name = case_read();

    if (strcmp(name, "list") == 0) {
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            say("%s", cases[i].name);
        return 0;
    }
    /* A keep has no names: Linux would open this. */
    if (memcmp(name, "keep", 4) == 0 && open("/", O_RDONLY) >= 0)
        return 97;
    handlers_set();
    if (!cases_run(cases, COUNT_OF(cases), name))
        return 98;
    say("%s: %d wrong", name, wrong_count);
    return wrong_count == 0 ? 0 : 99;
}

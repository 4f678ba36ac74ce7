/* syscalls_wild.c: every pointer argument pointed to every place that is not ours,
 * and numbers that no call has. lesson E22 */
#define _GNU_SOURCE
#include "syscalls.h"

#include <errno.h>
#include <sys/mman.h>

#include "calls.h"

struct place {
    const char *name;
    long at;
    bool readable;
};

static void pointer_case(size_t i, const struct place *places, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        long got;

        if (places[k].readable && !calls_writes(i))
            continue;
        got = calls_make(i, places[k].at);
        say("%s, %s: %s", calls_name(i), places[k].name, error_name(got));
    }
}

void family_pointer(void)
{
    const struct place places[] = {
        { "page 0", 16, false },
        { "a hole", (long)(intptr_t)hole_new(1), false },
        { "no access", (long)(intptr_t)pages_new(1, PROT_NONE), false },
        { "to be read", (long)(intptr_t)pages_new(1, PROT_READ), true },
        { "over an edge", (long)(intptr_t)pages_new(1, PROT_READ | PROT_WRITE) + 4092, false },
        { "the top", 0x7ffffffff000, false },
        { "not canonical", 0x0000800000000000, false },
        { "not canonical, high", (long)0xffff7ffffffffff0, false },
        { "the kernel's half", (long)0xffff888000000000, false },
        { "the last bytes", -8, false },
    };

    for (size_t i = 0; i < calls_count(); i++)
        pointer_case(i, places, COUNT_OF(places));
}

/* What no kernel has, and what only this keep does not have. */
void family_unknown(void)
{
    static const long nobody[] = { 600, 700, 999, 1023, 4096, 65535, 0x7fffffff, -1, -4096 };
    static const struct {
        const char *name;
        long number;
    } left_out[] = {
        { "fork", SYS_fork },
        { "vfork", SYS_vfork },
        { "execve", SYS_execve },
        { "ptrace", SYS_ptrace },
        { "mount", SYS_mount },
        { "init_module", SYS_init_module },
        { "kexec_load", SYS_kexec_load },
        { "shmget", SYS_shmget },
        { "semget", SYS_semget },
        { "personality", SYS_personality },
        { "process_vm_readv", SYS_process_vm_readv },
        { "iopl", SYS_iopl },
        { "ioperm", SYS_ioperm },
        { "modify_ldt", SYS_modify_ldt },
        { "bpf", SYS_bpf },
        { "io_uring_setup", SYS_io_uring_setup },
        { "perf_event_open", SYS_perf_event_open },
        { "userfaultfd", SYS_userfaultfd },
    };

    for (size_t i = 0; i < COUNT_OF(nobody); i++)
        say("call %ld: %s", nobody[i], error_name(call(nobody[i], 1, 2, 3, 4, 5, 6)));
    /* Only in the keep: Linux would do some of them. */
    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        long got = left_out[i].number == SYS_fork || left_out[i].number == SYS_vfork
                       ? -ENOSYS
                       : call(left_out[i].number, -1, 16, 16, 0x7777, -1, 16);

        say("left out.%s: %s", left_out[i].name, got < 0 ? "refused" : "done");
    }
}

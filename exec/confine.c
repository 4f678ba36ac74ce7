/* confine.c: exec gives up what only its start needed. */
#define _GNU_SOURCE
#include "exec/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Given up from here on, each for a reason; the answer is EPERM. */
static const struct {
    int call;
    const char *why;
} given_up[] = {
    { SYS_execve, "exec is the only program" },
    { SYS_execveat, "exec is the only program" },
    { SYS_clone, "all threads that there will be are there" },
    { SYS_clone3, "all threads that there will be are there" },
    { SYS_fork, "one process" },
    { SYS_vfork, "one process" },
    { SYS_open, "files are opened beneath a directory, by openat2" },
    { SYS_openat, "files are opened beneath a directory, by openat2" },
    { SYS_creat, "files are opened beneath a directory, by openat2" },
    { SYS_socket, "sockets are handed in" },
    { SYS_ptrace, "no other process is ours to look at" },
    { SYS_process_vm_readv, "no other process is ours to look at" },
    { SYS_process_vm_writev, "no other process is ours to look at" },
    { SYS_io_uring_setup, "calls that no filter sees" },
    { SYS_personality, "readable memory would become executable" },
    { SYS_bpf, "the kernel is not ours to program" },
    { SYS_prctl, "this filter is the last word" },
    { SYS_seccomp, "this filter is the last word" },
};

/* Memory calls whose third argument is the protection. */
static const int protects[] = { SYS_mmap, SYS_mprotect, SYS_pkey_mprotect };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PROGRAM_MAX (8 + 2 * COUNT(given_up) + 8 * COUNT(protects))

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short size;
};

static void put(struct program *p, struct sock_filter instruction)
{
    p->code[p->size++] = instruction;
}

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define LOAD(offset) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset))
#define RETURN(what) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what))
#define EQUAL(value, yes, no) \
    ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no))
#define HAS(bits, yes, no) ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, yes, no))
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/* Executable where that is given up; writable and executable, never. */
static void put_protects(struct program *p, int call, bool compiles)
{
    put(p, EQUAL((uint32_t)call, 0, compiles ? 5 : 3));
    put(p, LOAD(FIELD(args[2]))); /* the low half: little-endian */
    if (compiles) {
        put(p, HAS(PROT_EXEC, 0, 2));
        put(p, HAS(PROT_WRITE, 0, 1));
    } else {
        put(p, HAS(PROT_EXEC, 0, 1));
    }
    put(p, RETURN(REFUSE));
    if (compiles)
        put(p, RETURN(SECCOMP_RET_ALLOW));
}

static void program_make(struct program *p, bool compiles)
{
    put(p, LOAD(FIELD(arch)));
    put(p, EQUAL(AUDIT_ARCH_X86_64, 1, 0));
    put(p, RETURN(SECCOMP_RET_KILL_PROCESS));
    for (size_t i = 0; i < COUNT(protects); i++) {
        put(p, LOAD(FIELD(nr)));
        put_protects(p, protects[i], compiles);
    }
    put(p, LOAD(FIELD(nr)));
    for (size_t i = 0; i < COUNT(given_up); i++) {
        put(p, EQUAL((uint32_t)given_up[i].call, 0, 1));
        put(p, RETURN(REFUSE));
    }
    put(p, RETURN(SECCOMP_RET_ALLOW));
}

enum err confine(bool compiles)
{
    struct program p = { .size = 0 };
    struct sock_fprog prog;

    program_make(&p, compiles);
    prog = (struct sock_fprog){ .len = p.size, .filter = p.code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return ERR_IO;
    /* For every thread: the deadline's is one. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0)
        return ERR_IO;
    return ERR_OK;
}

/* bpf.h: classic BPF as seccomp has it (Linux: net/core/filter.c, kernel/seccomp.c).
 *
 * Pure: a program is verified once, and then run as often as wanted. */
#ifndef BROCH_SHIM_CORE_BPF_H
#define BROCH_SHIM_CORE_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_COUNT_MAX 4096u
#define BPF_IN_PAGE 512u

struct bpf_instruction { /* struct sock_filter */
    uint16_t code;
    uint8_t yes;
    uint8_t no;
    uint32_t k;
};

/* A program lies in pages that need not follow each other. */
struct bpf_program {
    uint32_t count;
    struct bpf_instruction *page[BPF_COUNT_MAX / BPF_IN_PAGE];
};

struct bpf_call { /* struct seccomp_data */
    int32_t number;
    uint32_t arch;
    uint64_t instruction;
    uint64_t argument[6];
};
#define BPF_ARCH_X86_64 0xc000003eu

#define BPF_RET_KILL_PROCESS 0x80000000u
#define BPF_RET_KILL_THREAD 0x00000000u
#define BPF_RET_TRAP 0x00030000u
#define BPF_RET_ERRNO 0x00050000u
#define BPF_RET_USER_NOTIF 0x7fc00000u
#define BPF_RET_TRACE 0x7ff00000u
#define BPF_RET_LOG 0x7ffc0000u
#define BPF_RET_ALLOW 0x7fff0000u
#define BPF_RET_ACTION 0xffff0000u
#define BPF_RET_DATA 0x0000ffffu

_Static_assert(sizeof(struct bpf_instruction) == 8, "as Linux has it");
_Static_assert(sizeof(struct bpf_call) == 64, "as Linux has it");

/* Every jump stays inside and goes forward, every path ends in a return, nothing
 * is loaded that was not stored: so a verified program always ends. */
bool bpf_verify(const struct bpf_program *p);
uint32_t bpf_run(const struct bpf_program *p, const struct bpf_call *call);
/* Whether it lets this call pass whatever its arguments are. */
bool bpf_always_allows(const struct bpf_program *p, int32_t number);

#endif

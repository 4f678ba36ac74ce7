/* cpuid.h: what this machine's virtual processors can do, asked once per process. */
#ifndef BROCH_HOST_BACKEND_KVM_CPUID_H
#define BROCH_HOST_BACKEND_KVM_CPUID_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUID_ENTRIES_MAX 192u

/* struct kvm_cpuid2, with room for its entries. */
struct cpuid_room {
    uint32_t count;
    uint32_t padding;
    struct kvm_cpuid_entry2 entries[CPUID_ENTRIES_MAX];
};

_Static_assert(offsetof(struct cpuid_room, entries) == sizeof(struct kvm_cpuid2), "as KVM has it");

struct cpuid {
    const struct cpuid_room *table; /* as KVM_SET_CPUID2 takes it */
    uint64_t cr4;                   /* bits that a keep likes to have and this processor has */
    uint64_t xcr0;                  /* 0: XSAVE is not virtualized */
};

/* 0 or an errno. Costs some dozen trapped instructions the first time; the result
 * stays, and a child process has it from its parent. */
int cpuid_get(const struct cpuid **out, int system_fd);
/* The same, from what another process of this machine got. */
void cpuid_take(const struct cpuid **out, const struct cpuid_room *from);
/* Whether this processor's time-stamp counter runs at one rate, always. */
bool cpuid_tsc_is_constant(void);
/* Whether this machine's KVM is AMD's, by the processor's SVM. */
bool cpuid_has_svm(void);

#endif

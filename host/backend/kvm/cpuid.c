#include "host/backend/kvm/cpuid.h"

#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>

/* Intel SDM vol. 3, 2.5 (CR4), and vol. 1, 13.3 (XCR0). */
#define CR4_UMIP (1ull << 11)
#define CR4_FSGSBASE (1ull << 16)
#define CR4_OSXSAVE (1ull << 18)
#define CR4_SMEP (1ull << 20)
#define XCR0_X87 (1ull << 0)
#define XCR0_SSE (1ull << 1)
#define XCR0_AVX (1ull << 2)
#define XCR0_AVX512 (7ull << 5)

static const struct kvm_cpuid_entry2 *entry_find(const struct cpuid_room *t, uint32_t function,
                                                 uint32_t index)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->entries[i].function == function &&
            (t->entries[i].index == index ||
             (t->entries[i].flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) == 0))
            return &t->entries[i];
    return NULL;
}

/* SMAP stays off: the stub touches no user page, so there is nothing to catch, and QEMU
 * (7.2) reads the stack of user mode's IRETQ as if the supervisor did. */
static uint64_t cr4_of(const struct cpuid_room *t)
{
    const struct kvm_cpuid_entry2 *one = entry_find(t, 1, 0), *seven = entry_find(t, 7, 0);
    uint64_t cr4 = 0;

    if (one != NULL && (one->ecx >> 26 & 1) != 0)
        cr4 |= CR4_OSXSAVE;
    if (seven == NULL)
        return cr4;
    if ((seven->ebx >> 0 & 1) != 0)
        cr4 |= CR4_FSGSBASE;
    if ((seven->ebx >> 7 & 1) != 0)
        cr4 |= CR4_SMEP;
    if ((seven->ecx >> 2 & 1) != 0)
        cr4 |= CR4_UMIP;
    return cr4;
}

/* No more than exec uses: tiles and protection keys would only be more state. */
static uint64_t xcr0_of(const struct cpuid_room *t, uint64_t cr4)
{
    const struct kvm_cpuid_entry2 *state = entry_find(t, 0xd, 0);
    uint64_t xcr0;

    if ((cr4 & CR4_OSXSAVE) == 0 || state == NULL)
        return 0;
    xcr0 = state->eax & (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512);
    if ((xcr0 & XCR0_AVX512) != XCR0_AVX512) /* all three parts, or it faults */
        xcr0 &= ~XCR0_AVX512;
    if ((xcr0 & XCR0_AVX) == 0)
        xcr0 &= ~XCR0_AVX512;
    return xcr0;
}

static struct cpuid_room room;
static struct cpuid known;

static void known_fill(void)
{
    known.cr4 = cr4_of(&room);
    known.xcr0 = xcr0_of(&room, known.cr4);
    known.table = &room;
}

int cpuid_get(const struct cpuid **out, int system_fd)
{
    if (known.table == NULL) {
        room.count = CPUID_ENTRIES_MAX;
        if (ioctl(system_fd, KVM_GET_SUPPORTED_CPUID, &room) != 0)
            return errno;
        known_fill();
    }
    *out = &known;
    return 0;
}

void cpuid_take(const struct cpuid **out, const struct cpuid_room *from)
{
    if (known.table == NULL) {
        room = *from;
        known_fill();
    }
    *out = &known;
}

bool cpuid_tsc_is_constant(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;

    /* AMD APM vol. 3, Fn8000_0007 EDX; Intel SDM vol. 3, 18.17.1: invariant TSC. */
    return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1) != 0;
}

bool cpuid_has_svm(void)
{
    unsigned a, b, c, d;

    __cpuid(0x80000001, a, b, c, d); /* AMD APM vol. 3, Fn8000_0001 ECX */
    return (c >> 2 & 1) != 0;
}

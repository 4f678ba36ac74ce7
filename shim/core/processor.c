/* processor.c: CPUID, asked once. */
#include "shim/core/processor.h"

struct leaf {
    uint32_t a, b, c, d;
};

static struct {
    uint32_t done; /* atomic; whoever asks twice gets the same */
    struct leaf one;
} known;

static struct leaf ask(uint32_t number)
{
    struct leaf l;

    __asm__ volatile("cpuid" : "=a"(l.a), "=b"(l.b), "=c"(l.c), "=d"(l.d) : "a"(number), "c"(0));
    return l;
}

static void need(void)
{
    if (__atomic_load_n(&known.done, __ATOMIC_ACQUIRE) != 0)
        return;
    known.one = ask(1);
    __atomic_store_n(&known.done, 1, __ATOMIC_RELEASE);
}

uint32_t processor_hwcap(void)
{
    need();
    return known.one.d;
}

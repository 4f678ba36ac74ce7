/* mem.c: the four functions that a freestanding compiler calls.
 *
 * By string instructions: processors that keeps run on copy whole lines with them
 * (ERMS), and no vector register is touched that is exec's. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *at = to;
    const uint8_t *source = from;

    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    while (size-- > 0)
        ((volatile uint8_t *)at)[size] = source[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *at = to;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const uint8_t *a = one;
    const uint8_t *b = other;

    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* bytes.h: a borrowed run of bytes, and its length. */
#ifndef BROCH_BASE_BYTES_H
#define BROCH_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data;
    size_t size;
};

#define BYTES_OF(array) ((struct bytes){ (const uint8_t *)(array), sizeof(array) })
/* A string literal without its terminator. */
#define BYTES_TEXT(literal) ((struct bytes){ (const uint8_t *)(literal), sizeof(literal) - 1 })

/* The length of a C string, or `most` where that is less. For the floors that
 * have no libc, and for texts of our own: untrusted bytes go through a reader. */
static inline size_t bytes_text_size(const char *text, size_t most)
{
    size_t size = 0;

    while (size < most && text[size] != '\0')
        size++;
    return size;
}

/* Not for secrets: the time taken depends on the contents (ct.h is for those). */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || __builtin_memcmp(a.data, b.data, a.size) == 0);
}

#endif

/* span.h: the buffers that a call of exec names: one, or a list of them.
 *
 * Only user.h touches what they point to. A list is judged whole when the span is
 * made (iovec rules of readv(2)) and each of its entries again when it is used:
 * exec may change it meanwhile, to its own harm only. */
#ifndef BROCH_SHIM_CORE_SPAN_H
#define BROCH_SHIM_CORE_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct span {
    uint64_t total; /* bytes still to be moved */
    uint64_t at;    /* of the buffer in use */
    uint64_t left;  /* bytes of it */
    uint64_t iov;   /* the entries behind it */
    uint64_t count;
};

/* 0, or minus an errno: EFAULT, EINVAL. */
int64_t span_one(struct span *s, uint64_t at, uint64_t size);
int64_t span_list(struct span *s, uint64_t iov, uint64_t count);

/* Both move up to `size` bytes and give how many; fewer than there are: a fault. */
size_t span_take(struct span *s, void *to, size_t size);
size_t span_put(struct span *s, const void *from, size_t size);
/* How many of the next `size` bytes can be written to, as far as is known now. */
size_t span_writable(const struct span *s, size_t size);

#endif

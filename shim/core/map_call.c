/* map_call.c: the system calls of the address space. */
#include "base/num.h"
#include "gate/place.h"
#include "shim/core/file.h"
#include "shim/core/memory.h"
#include "shim/core/syscall.h"
#include "shim/linux.h"

/* A file is an input: what is behind its end has no pages. */
static int64_t map_file(const struct call *c)
{
    uint64_t offset = c->a[5], length = c->a[1], gpa, size;
    int64_t result = file_input((uint32_t)c->a[4], &gpa, &size);

    if (result != 0)
        return result;
    if (length != 0 && length <= PLACE_USER_END && offset > (uint64_t)INT64_MAX - length)
        return -LINUX_EOVERFLOW;
    size = num_align(size, PLACE_PAGE);
    offset = num_min(offset, size);
    return memory_map_input(c->a[0], length, (uint32_t)c->a[2], (uint32_t)c->a[3], gpa + offset,
                            size - offset);
}

int64_t call_mmap(const struct call *c)
{
    if (c->a[5] % PLACE_PAGE != 0)
        return -LINUX_EINVAL;
    if ((c->a[3] & LINUX_MAP_ANONYMOUS) == 0)
        return map_file(c);
    return memory_map(c->a[0], c->a[1], (uint32_t)c->a[2], (uint32_t)c->a[3]);
}

/* Flags that are a long there: a high bit makes them unknown, as there. */
static uint32_t flags_of(uint64_t a) { return (uint32_t)a | (a >> 32 != 0 ? 1u << 31 : 0); }

int64_t call_mprotect(const struct call *c)
{
    return memory_protect(c->a[0], c->a[1], flags_of(c->a[2]));
}

int64_t call_munmap(const struct call *c) { return memory_unmap(c->a[0], c->a[1]); }

int64_t call_brk(const struct call *c) { return memory_brk(c->a[0]); }

int64_t call_mremap(const struct call *c)
{
    return memory_remap(c->a[0], c->a[1], c->a[2], flags_of(c->a[3]), c->a[4]);
}

int64_t call_madvise(const struct call *c)
{
    return memory_advise(c->a[0], c->a[1], (uint32_t)c->a[2]);
}

/* stream_block.c: files that the keep reads and writes at any place. What is in
 * them is the keep's business. */
#define _GNU_SOURCE

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/stream.h"

static bool is_block(const struct stream *s, uint64_t offset, size_t size)
{
    return s->kind == GATE_HANDLE_BLOCK && offset <= GATE_BLOCK_SIZE_MAX &&
           size <= GATE_BLOCK_SIZE_MAX - offset;
}

ssize_t stream_block_read(const struct stream *s, void *to, size_t size, uint64_t offset)
{
    size_t done = 0;

    if (!is_block(s, offset, size))
        return -EINVAL;
    while (done < size) {
        ssize_t got = pread(s->fd, (uint8_t *)to + done, size - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

ssize_t stream_block_write(const struct stream *s, const void *from, size_t size, uint64_t offset)
{
    ssize_t done;

    if (!is_block(s, offset, size))
        return -EINVAL;
    if (offset + size > s->limit)
        return -ENOSPC;
    do {
        done = pwrite(s->fd, from, size, (off_t)offset);
    } while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}

ssize_t stream_block_control(const struct stream *s, uint64_t what, uint64_t size)
{
    struct stat st;

    if (!is_block(s, size, 0))
        return -EINVAL;
    switch (what) {
    case GATE_BLOCK_FLUSH: return fdatasync(s->fd) == 0 ? 0 : -errno;
    case GATE_BLOCK_RESIZE:
        if (size > s->limit)
            return -ENOSPC;
        return ftruncate(s->fd, (off_t)size) == 0 ? 0 : -errno;
    case GATE_BLOCK_SIZE:
        if (fstat(s->fd, &st) != 0)
            return -errno;
        return (uint64_t)st.st_size <= GATE_BLOCK_SIZE_MAX ? (ssize_t)st.st_size : -EFBIG;
    default: return -EINVAL;
    }
}

/* span.c: the buffers that a call of exec names. */
#include "shim/core/span.h"

#include "base/num.h"
#include "gate/place.h"
#include "shim/core/memory.h"
#include "shim/core/user.h"
#include "shim/linux.h"

int64_t span_one(struct span *s, uint64_t at, uint64_t size)
{
    if (size > 0 && !user_range(at, size))
        return -LINUX_EFAULT;
    if (size > LINUX_RW_MAX)
        size = LINUX_RW_MAX;
    *s = (struct span){ .total = size, .at = at, .left = size };
    return 0;
}

int64_t span_list(struct span *s, uint64_t iov, uint64_t count)
{
    uint64_t total = 0;

    if (count > LINUX_IOV_MAX)
        return -LINUX_EINVAL;
    for (uint64_t i = 0; i < count; i++) {
        struct linux_iovec v;

        if (!user_read(&v, iov + i * sizeof v, sizeof v))
            return -LINUX_EFAULT;
        if (v.size > INT64_MAX)
            return -LINUX_EINVAL;
        if (v.size > 0 && !user_range(v.base, v.size))
            return -LINUX_EFAULT;
        /* No overflow: total is at most LINUX_RW_MAX. */
        total = total + v.size < LINUX_RW_MAX ? total + v.size : LINUX_RW_MAX;
    }
    *s = (struct span){ .total = total, .iov = iov, .count = count };
    return 0;
}

/* The next buffer that is not empty; false where the list does not hold what it
 * held, or there is nothing left. */
static bool span_next(struct span *s)
{
    while (s->left == 0 && s->count > 0 && s->total > 0) {
        struct linux_iovec v;

        if (!user_read(&v, s->iov, sizeof v))
            return false;
        s->iov += sizeof v;
        s->count--;
        s->at = v.base;
        s->left = v.size;
    }
    return s->left > 0 && s->total > 0;
}

static void span_step(struct span *s, size_t size)
{
    s->at += size;
    s->left -= size;
    s->total -= size;
}

static size_t span_piece(const struct span *s, size_t size)
{
    uint64_t piece = s->left < s->total ? s->left : s->total;

    return piece < size ? (size_t)piece : size;
}

size_t span_take(struct span *s, void *to, size_t size)
{
    uint8_t *at = to;
    size_t done = 0;

    while (done < size && span_next(s)) {
        size_t piece = span_piece(s, size - done);

        if (!user_read(at + done, s->at, piece))
            break;
        span_step(s, piece);
        done += piece;
    }
    return done;
}

size_t span_put(struct span *s, const void *from, size_t size)
{
    const uint8_t *at = from;
    size_t done = 0;

    while (done < size && span_next(s)) {
        size_t piece = span_piece(s, size - done);

        if (!user_write(s->at, at + done, piece))
            break;
        span_step(s, piece);
        done += piece;
    }
    return done;
}

/* The end of what may be written from `at` on, page by page. */
static size_t room_at(uint64_t at, size_t size)
{
    size_t room = 0;

    while (room < size) {
        int protection = memory_protection_at(at + room);

        if (protection < 0 || ((unsigned)protection & LINUX_PROT_WRITE) == 0)
            break;
        room += PLACE_PAGE - (size_t)((at + room) % PLACE_PAGE);
    }
    return num_min(room, size);
}

size_t span_writable(const struct span *s, size_t size)
{
    struct span walk = *s;
    size_t done = 0;

    while (done < size && span_next(&walk)) {
        size_t piece = span_piece(&walk, size - done);
        size_t room = room_at(walk.at, piece);

        done += room;
        if (room < piece)
            break;
        span_step(&walk, piece);
    }
    return done;
}

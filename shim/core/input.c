/* input.c: inputs read as files: most programs map them.
 *
 * The core has no view of an input's pages; they are mapped into exec's space,
 * read-only, for as long as a call takes. exec may unmap them meanwhile: its own
 * read then fails. */
#include "base/num.h"
#include "gate/place.h"
#include "shim/core/memory.h"
#include "shim/core/open.h"
#include "shim/core/user.h"

#define WINDOW ((uint64_t)1 << 20)
#define MAP_PRIVATE 2u

/* Moves [offset, offset+size) of the input, which lies in one window. */
static int64_t window_read(const struct file *f, struct span *s, uint64_t offset, uint64_t size)
{
    uint64_t page = offset & ~(uint64_t)(PLACE_PAGE - 1);
    uint64_t span = offset - page + size;
    int64_t at =
        memory_map_input(0, span, LINUX_PROT_READ, MAP_PRIVATE, f->gpa + page, f->size - page);
    uint8_t piece[512];
    uint64_t done = 0;
    bool good = true;

    if (at < 0)
        return at;
    while (done < size && good) {
        size_t n = num_min(sizeof piece, (size_t)(size - done));
        size_t put;

        if (!user_read(piece, (uint64_t)at + (offset - page) + done, n))
            break;
        put = span_put(s, piece, n);
        good = put == n;
        done += put;
    }
    memory_unmap((uint64_t)at, span);
    return done > 0 ? (int64_t)done : -LINUX_EFAULT;
}

static int64_t input_read_at(const struct file *f, struct span *s, uint64_t offset)
{
    uint64_t done = 0;

    while (s->total > 0 && offset + done < f->size) {
        uint64_t size = f->size - offset - done;
        int64_t n;

        size = size < s->total ? size : s->total;
        size = size < WINDOW ? size : WINDOW;
        n = window_read(f, s, offset + done, size);
        if (n < 0)
            return done > 0 ? (int64_t)done : n;
        done += (uint64_t)n;
        if ((uint64_t)n < size)
            break;
    }
    return (int64_t)done;
}

static int64_t input_read(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    int64_t n;

    (void)flags;
    if (offset != NULL)
        return input_read_at(f, s, *offset);
    lock_take(&f->lock);
    n = input_read_at(f, s, f->position);
    if (n > 0)
        f->position += (uint64_t)n;
    lock_give(&f->lock);
    return n;
}

static int64_t input_write(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    (void)f;
    (void)s;
    (void)offset;
    (void)flags;
    return -LINUX_EBADF; /* an input is open for reading alone */
}

const struct file_ops input_ops = { .read = input_read, .write = input_write };

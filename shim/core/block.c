/* block.c: block files: random access over the gate.
 *
 * Their size is the keep's own once LAUNCH has said it: only the keep changes it. */
#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"

static int64_t read_piece(const struct file *f, struct span *s, uint64_t offset)
{
    size_t room = (size_t)(s->total < GATE_STAGE_SIZE ? s->total : GATE_STAGE_SIZE);
    struct gate_ask a = { .call = GATE_BLOCK_READ, .room = room };

    a.args[0] = f->handle;
    a.args[1] = offset;
    a.args[2] = room;
    (void)gate_stage(&cpu_here()->gate);
    if (ask_host(&a) != GATE_OK)
        return -ask_errno(a.refusal);
    if (a.value != a.back.size || a.back.size > room)
        ask_lied("a block file gave more than there was room for");
    if (a.back.size > 0 && span_put(s, a.back.data, a.back.size) < a.back.size)
        return -LINUX_EFAULT;
    return (int64_t)a.back.size;
}

/* The file's lock is held: the size is read and written. */
static int64_t read_at(struct file *f, struct span *s, uint64_t offset)
{
    int64_t done = 0;

    if (offset >= f->size)
        return 0;
    s->total = s->total < f->size - offset ? s->total : f->size - offset;
    while (s->total > 0) {
        int64_t n = read_piece(f, s, offset + (uint64_t)done);

        if (n <= 0)
            return done > 0 ? done : n;
        done += n;
    }
    return done;
}

static int64_t block_read(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    int64_t n;

    (void)flags;
    lock_take(&f->lock);
    n = read_at(f, s, offset != NULL ? *offset : f->position);
    if (n > 0 && offset == NULL)
        f->position += (uint64_t)n;
    lock_give(&f->lock);
    return n;
}

static int64_t write_piece(const struct file *f, struct span *s, uint64_t offset)
{
    size_t size = (size_t)(s->total < GATE_STAGE_SIZE ? s->total : GATE_STAGE_SIZE);
    struct gate_ask a = { .call = GATE_BLOCK_WRITE };

    a.args[0] = f->handle;
    a.args[1] = offset;
    a.sent = span_take(s, gate_stage(&cpu_here()->gate), size);
    if (a.sent < size)
        return -LINUX_EFAULT;
    if (ask_host(&a) != GATE_OK)
        return -ask_errno(a.refusal);
    if (a.value == 0 || a.value > size)
        ask_lied("a block file took more than it was given");
    return (int64_t)a.value;
}

static int64_t write_at(struct file *f, struct span *s, uint64_t offset)
{
    int64_t done = 0;

    if (s->total == 0)
        return 0;
    if (offset >= GATE_BLOCK_SIZE_MAX)
        return -LINUX_EFBIG;
    if (s->total > GATE_BLOCK_SIZE_MAX - offset)
        s->total = GATE_BLOCK_SIZE_MAX - offset;
    while (s->total > 0) {
        uint64_t want = s->total < GATE_STAGE_SIZE ? s->total : GATE_STAGE_SIZE;
        int64_t n = write_piece(f, s, offset + (uint64_t)done);

        if (n < 0)
            return done > 0 ? done : n;
        done += n;
        if (offset + (uint64_t)done > f->size)
            f->size = offset + (uint64_t)done;
        if ((uint64_t)n < want)
            break;
    }
    return done;
}

static int64_t block_write(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    bool append = (file_flags(f) & LINUX_O_APPEND) != 0 || (flags & LINUX_RWF_APPEND) != 0;
    uint64_t at;
    int64_t n;

    lock_take(&f->lock);
    /* Linux appends even where an offset is named (pwrite(2), BUGS). */
    at = append ? f->size : offset != NULL ? *offset : f->position;
    n = write_at(f, s, at);
    if (n > 0 && offset == NULL)
        f->position = at + (uint64_t)n;
    lock_give(&f->lock);
    return n;
}

int64_t block_resize(struct file *f, uint64_t size)
{
    struct gate_ask a = { .call = GATE_BLOCK_CONTROL,
                          .args = { f->handle, GATE_BLOCK_RESIZE, size } };
    int64_t r = 0;

    if (size > GATE_BLOCK_SIZE_MAX)
        return -LINUX_EFBIG;
    lock_take(&f->lock);
    if (ask_host(&a) != GATE_OK)
        r = -ask_errno(a.refusal);
    else
        f->size = size;
    lock_give(&f->lock);
    return r;
}

int64_t block_flush(struct file *f)
{
    struct gate_ask a = { .call = GATE_BLOCK_CONTROL, .args = { f->handle, GATE_BLOCK_FLUSH } };

    return -ask_errno(ask_host(&a));
}

const struct file_ops block_ops = { .read = block_read, .write = block_write };

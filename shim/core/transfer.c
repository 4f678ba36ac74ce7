/* transfer.c: read, write and their many forms: which file, which buffers, where. */
#include "shim/core/transfer.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/syscall.h"

static const struct file_ops *ops_of(const struct file *f)
{
    switch (f->kind) {
    case GATE_HANDLE_STREAM: return &stream_ops;
    case GATE_HANDLE_INPUT: return &input_ops;
    case GATE_HANDLE_BLOCK: return &block_ops;
    case GATE_HANDLE_PLATFORM: return &platform_ops;
    default: return NULL; /* a listener moves no bytes */
    }
}

static bool can_seek(const struct file *f)
{
    return f->kind == GATE_HANDLE_INPUT || f->kind == GATE_HANDLE_BLOCK;
}

int64_t transfer(struct file *f, const struct transfer *t)
{
    const struct file_ops *ops = ops_of(f);
    struct span s;
    int64_t r = t->is_list ? span_list(&s, t->at, t->size) : span_one(&s, t->at, t->size);

    if (r < 0)
        return r;
    if (ops == NULL)
        return -LINUX_ENOTCONN;
    return t->is_write ? ops->write(f, &s, t->offset, t->flags)
                       : ops->read(f, &s, t->offset, t->flags);
}

static int64_t transfer_fd(uint64_t fd, const struct transfer *t)
{
    struct file *f = file_take(fd);
    int64_t r;

    if (f == NULL)
        return -LINUX_EBADF;
    if (t->offset != NULL && !can_seek(f))
        r = -LINUX_ESPIPE;
    else if (!(t->is_write ? file_can_write(f) : file_can_read(f)))
        r = -LINUX_EBADF;
    else
        r = transfer(f, t);
    file_give(f);
    return r;
}

int64_t call_read(const struct call *c)
{
    return transfer_fd(c->a[0], &(struct transfer){ .at = c->a[1], .size = c->a[2] });
}

int64_t call_write(const struct call *c)
{
    return transfer_fd(c->a[0],
                       &(struct transfer){ .at = c->a[1], .size = c->a[2], .is_write = true });
}

int64_t call_readv(const struct call *c)
{
    return transfer_fd(c->a[0],
                       &(struct transfer){ .at = c->a[1], .size = c->a[2], .is_list = true });
}

int64_t call_writev(const struct call *c)
{
    return transfer_fd(
        c->a[0],
        &(struct transfer){ .at = c->a[1], .size = c->a[2], .is_list = true, .is_write = true });
}

/* Those that say where. A negative offset is EINVAL before the descriptor is
 * looked at (do_preadv and ksys_pread64 of Linux's fs/read_write.c). */
static int64_t at_offset(const struct call *c, bool is_list, bool is_write, uint32_t flags)
{
    uint64_t offset = c->a[3];

    if (offset > INT64_MAX)
        return -LINUX_EINVAL;
    return transfer_fd(c->a[0], &(struct transfer){ .at = c->a[1],
                                                    .size = c->a[2],
                                                    .offset = &offset,
                                                    .is_list = is_list,
                                                    .is_write = is_write,
                                                    .flags = flags });
}

int64_t call_pread64(const struct call *c) { return at_offset(c, false, false, 0); }
int64_t call_pwrite64(const struct call *c) { return at_offset(c, false, true, 0); }
int64_t call_preadv(const struct call *c) { return at_offset(c, true, false, 0); }
int64_t call_pwritev(const struct call *c) { return at_offset(c, true, true, 0); }

/* The offset -1 is the file's own position (preadv2(2)). */
static int64_t with_flags(const struct call *c, bool is_write, uint32_t known)
{
    struct transfer t = { .at = c->a[1], .size = c->a[2], .is_list = true, .is_write = is_write };

    if ((c->a[5] & UINT32_MAX & ~(uint64_t)known) != 0)
        return -LINUX_EOPNOTSUPP;
    t.flags = (uint32_t)c->a[5];
    if (c->a[3] == UINT64_MAX)
        return transfer_fd(c->a[0], &t);
    return at_offset(c, true, is_write, t.flags);
}

int64_t call_preadv2(const struct call *c) { return with_flags(c, false, 0); }
int64_t call_pwritev2(const struct call *c) { return with_flags(c, true, LINUX_RWF_APPEND); }

/* file.c: the bytes of a file. */
#include "exec/wasi/call.h"

typedef enum wasi_errno (*transfer)(struct world_file *f, const struct iovec *spans, size_t count,
                                    const uint64_t *offset, size_t *done);

/* fd_read, fd_write and their positioned forms: iovs, their count, an offset or
 * none, and where the number of bytes goes. */
static enum wasi_errno move(struct wasi_call *c, transfer t, struct world_file *f,
                            const uint64_t *offset, uint32_t result)
{
    CALL_UNZEROED struct iovec spans[CALL_SPANS_MAX];
    size_t count;
    size_t done = 0;

    WASI_TRY(call_spans(c, call_u32(c, 1), call_u32(c, 2), spans, &count));
    if (call_at(c, result, 4) == NULL) /* before anything happens to the file */
        return WASI_FAULT;
    WASI_TRY(t(f, spans, count, offset, &done));
    return call_put_u32(c, result, (uint32_t)done);
}

enum wasi_errno wasi_fd_read(struct wasi_call *c)
{
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_READ, &fd));
    return move(c, fd->file->ops->read, fd->file, NULL, call_u32(c, 3));
}

enum wasi_errno wasi_fd_write(struct wasi_call *c)
{
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_WRITE, &fd));
    return move(c, fd->file->ops->write, fd->file, NULL, call_u32(c, 3));
}

/* "If rights::fd_seek is set, includes the right to invoke fd_pread." */
enum wasi_errno wasi_fd_pread(struct wasi_call *c)
{
    const uint64_t rights = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK;
    uint64_t offset = call_u64(c, 3);
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), rights, &fd));
    return move(c, fd->file->ops->read, fd->file, &offset, call_u32(c, 4));
}

enum wasi_errno wasi_fd_pwrite(struct wasi_call *c)
{
    const uint64_t rights = WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK;
    uint64_t offset = call_u64(c, 3);
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), rights, &fd));
    return move(c, fd->file->ops->write, fd->file, &offset, call_u32(c, 4));
}

static bool whence_of(const struct wasi_call *c, uint32_t n, enum wasi_whence *out)
{
    static const enum wasi_whence old[] = {
        [WASI_OLD_SEEK_CUR] = WASI_SEEK_CUR,
        [WASI_OLD_SEEK_END] = WASI_SEEK_END,
        [WASI_OLD_SEEK_SET] = WASI_SEEK_SET,
    };

    if (n > WASI_SEEK_END)
        return false;
    *out = c->old ? old[n] : (enum wasi_whence)n;
    return true;
}

/* Asking for the position is allowed to whoever may tell or may seek ("This
 * flag implies rights::fd_tell"). */
static enum wasi_errno seek(struct wasi_call *c, int64_t delta, enum wasi_whence whence,
                            uint32_t result)
{
    bool tells = delta == 0 && whence == WASI_SEEK_CUR;
    uint64_t at;
    struct wasi_fd *fd;
    enum wasi_errno e = table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_SEEK, &fd);

    if (e == WASI_NOTCAPABLE && tells)
        e = table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_TELL, &fd);
    WASI_TRY(e);
    if (call_at(c, result, 8) == NULL)
        return WASI_FAULT;
    WASI_TRY(fd->file->ops->seek(fd->file, delta, whence, &at));
    return call_put_u64(c, result, at);
}

enum wasi_errno wasi_fd_seek(struct wasi_call *c)
{
    enum wasi_whence whence;

    if (!whence_of(c, call_u32(c, 2), &whence))
        return WASI_INVAL;
    return seek(c, (int64_t)call_u64(c, 1), whence, call_u32(c, 3));
}

enum wasi_errno wasi_fd_tell(struct wasi_call *c)
{
    return seek(c, 0, WASI_SEEK_CUR, call_u32(c, 1));
}

enum wasi_errno wasi_fd_advise(struct wasi_call *c)
{
    uint32_t advice = call_u32(c, 3);
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_ADVISE, &fd));
    if (advice > WASI_ADVICE_NOREUSE)
        return WASI_INVAL;
    return fd->file->ops->advise(fd->file, call_u64(c, 1), call_u64(c, 2),
                                 (enum wasi_advice)advice);
}

enum wasi_errno wasi_fd_allocate(struct wasi_call *c)
{
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_ALLOCATE, &fd));
    return fd->file->ops->allocate(fd->file, call_u64(c, 1), call_u64(c, 2));
}

enum wasi_errno wasi_fd_sync(struct wasi_call *c)
{
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_SYNC, &fd));
    return fd->file->ops->sync(fd->file, false);
}

enum wasi_errno wasi_fd_datasync(struct wasi_call *c)
{
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_DATASYNC, &fd));
    return fd->file->ops->sync(fd->file, true);
}

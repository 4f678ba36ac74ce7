/* fd.c: descriptors as such: close, renumber, flags, rights, attributes. */
#include "exec/wasi/call.h"

enum wasi_errno wasi_fd_close(struct wasi_call *c)
{
    return table_close(&c->wasi->table, call_u32(c, 0));
}

enum wasi_errno wasi_fd_renumber(struct wasi_call *c)
{
    return table_renumber(&c->wasi->table, call_u32(c, 0), call_u32(c, 1));
}

enum wasi_errno wasi_fd_fdstat_get(struct wasi_call *c)
{
    const struct wasi_fd *fd = table_find(&c->wasi->table, call_u32(c, 0));
    uint8_t raw[24] = { 0 };
    uint16_t flags;

    if (fd == NULL)
        return WASI_BADF;
    flags = (uint16_t)fd->file->ops->flags(fd->file);
    raw[0] = (uint8_t)fd->file->type;
    memcpy(raw + 2, &flags, sizeof flags);
    memcpy(raw + 8, &fd->base, 8);
    memcpy(raw + 16, &fd->inheriting, 8);
    return call_put(c, call_u32(c, 1), raw, sizeof raw);
}

enum wasi_errno wasi_fd_fdstat_set_flags(struct wasi_call *c)
{
    uint32_t flags = call_u32(c, 1);
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_FDSTAT_SET_FLAGS, &fd));
    if ((flags & ~WASI_FDFLAGS_ALL) != 0)
        return WASI_INVAL;
    return fd->file->ops->set_flags(fd->file, flags);
}

/* "This can only be used to remove rights." */
enum wasi_errno wasi_fd_fdstat_set_rights(struct wasi_call *c)
{
    struct wasi_fd *fd = table_find(&c->wasi->table, call_u32(c, 0));
    uint64_t base = call_u64(c, 1);
    uint64_t inheriting = call_u64(c, 2);

    if (fd == NULL)
        return WASI_BADF;
    if ((base & ~fd->base) != 0 || (inheriting & ~fd->inheriting) != 0)
        return WASI_NOTCAPABLE;
    fd->base = base;
    fd->inheriting = inheriting;
    return WASI_OK;
}

enum wasi_errno wasi_fd_filestat_get(struct wasi_call *c)
{
    struct world_stat s;
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_FILESTAT_GET, &fd));
    WASI_TRY(fd->file->ops->stat(fd->file, &s));
    return call_put_filestat(c, call_u32(c, 1), &s);
}

enum wasi_errno wasi_fd_filestat_set_size(struct wasi_call *c)
{
    struct wasi_fd *fd;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_FILESTAT_SET_SIZE, &fd));
    return fd->file->ops->set_size(fd->file, call_u64(c, 1));
}

enum wasi_errno wasi_fd_filestat_set_times(struct wasi_call *c)
{
    struct world_times times;
    struct wasi_fd *fd;

    WASI_TRY(call_times(call_u64(c, 1), call_u64(c, 2), call_u32(c, 3), &times));
    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_FILESTAT_SET_TIMES, &fd));
    return fd->file->ops->set_times(fd->file, &times);
}

static const struct wasi_fd *preopened(struct wasi_call *c)
{
    const struct wasi_fd *fd = table_find(&c->wasi->table, call_u32(c, 0));

    return fd != NULL && fd->preopened ? fd : NULL;
}

/* BADF for all else: it is what tells a C library that there are no more. */
enum wasi_errno wasi_fd_prestat_get(struct wasi_call *c)
{
    const struct wasi_fd *fd = preopened(c);
    uint32_t raw[2] = { 0 }; /* the tag preopentype::dir is 0 */

    if (fd == NULL)
        return WASI_BADF;
    raw[1] = (uint32_t)fd->guest_path.size;
    return call_put(c, call_u32(c, 1), raw, sizeof raw);
}

enum wasi_errno wasi_fd_prestat_dir_name(struct wasi_call *c)
{
    const struct wasi_fd *fd = preopened(c);

    if (fd == NULL)
        return WASI_BADF;
    if (fd->guest_path.size > call_u32(c, 2))
        return WASI_NAMETOOLONG;
    if (call_at(c, call_u32(c, 1), call_u32(c, 2)) == NULL) /* all that it claims to be */
        return WASI_FAULT;
    return call_put(c, call_u32(c, 1), fd->guest_path.data, fd->guest_path.size);
}

/* path.c: everything that names a file by a path beneath a directory. */
#include "base/num.h"
#include "exec/wasi/call.h"

/* The directory in argument `fd`, and the path in the two arguments at `path`. */
static enum wasi_errno place(struct wasi_call *c, unsigned fd, unsigned path, uint64_t rights,
                             struct world_file **dir, char out[WORLD_PATH_MAX])
{
    struct wasi_fd *found;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, fd), rights, &found));
    WASI_TRY(call_path(c, call_u32(c, path), call_u32(c, path + 1), out));
    *dir = found->file;
    return WASI_OK;
}

static enum wasi_errno follow_of(struct wasi_call *c, unsigned flags, bool *follow)
{
    if ((call_u32(c, flags) & ~WASI_LOOKUP_FOLLOW) != 0)
        return WASI_INVAL;
    *follow = (call_u32(c, flags) & WASI_LOOKUP_FOLLOW) != 0;
    return WASI_OK;
}

enum wasi_errno wasi_path_create_directory(struct wasi_call *c)
{
    char path[WORLD_PATH_MAX];
    struct world_file *dir;

    WASI_TRY(place(c, 0, 1, WASI_RIGHT_PATH_CREATE_DIRECTORY, &dir, path));
    return dir->ops->make_directory(dir, path);
}

enum wasi_errno wasi_path_remove_directory(struct wasi_call *c)
{
    char path[WORLD_PATH_MAX];
    struct world_file *dir;

    WASI_TRY(place(c, 0, 1, WASI_RIGHT_PATH_REMOVE_DIRECTORY, &dir, path));
    return dir->ops->remove_directory(dir, path);
}

enum wasi_errno wasi_path_unlink_file(struct wasi_call *c)
{
    char path[WORLD_PATH_MAX];
    struct world_file *dir;

    WASI_TRY(place(c, 0, 1, WASI_RIGHT_PATH_UNLINK_FILE, &dir, path));
    return dir->ops->unlink(dir, path);
}

enum wasi_errno wasi_path_filestat_get(struct wasi_call *c)
{
    char path[WORLD_PATH_MAX];
    struct world_file *dir;
    struct world_stat s;
    bool follow;

    WASI_TRY(place(c, 0, 2, WASI_RIGHT_PATH_FILESTAT_GET, &dir, path));
    WASI_TRY(follow_of(c, 1, &follow));
    WASI_TRY(dir->ops->stat_at(dir, path, follow, &s));
    return call_put_filestat(c, call_u32(c, 4), &s);
}

enum wasi_errno wasi_path_filestat_set_times(struct wasi_call *c)
{
    char path[WORLD_PATH_MAX];
    struct world_times times;
    struct world_file *dir;
    bool follow;

    WASI_TRY(place(c, 0, 2, WASI_RIGHT_PATH_FILESTAT_SET_TIMES, &dir, path));
    WASI_TRY(follow_of(c, 1, &follow));
    WASI_TRY(call_times(call_u64(c, 4), call_u64(c, 5), call_u32(c, 6), &times));
    return dir->ops->set_times_at(dir, path, follow, &times);
}

enum wasi_errno wasi_path_readlink(struct wasi_call *c)
{
    char path[WORLD_PATH_MAX];
    char target[WORLD_PATH_MAX];
    struct world_file *dir;
    size_t size;

    WASI_TRY(place(c, 0, 1, WASI_RIGHT_PATH_READLINK, &dir, path));
    if (call_at(c, call_u32(c, 3), call_u32(c, 4)) == NULL) /* all that it claims to be */
        return WASI_FAULT;
    WASI_TRY(dir->ops->read_link(dir, path, target, sizeof target, &size));
    size = num_min(size, call_u32(c, 4));
    if (call_at(c, call_u32(c, 5), 4) == NULL)
        return WASI_FAULT;
    WASI_TRY(call_put(c, call_u32(c, 3), target, size));
    return call_put_u32(c, call_u32(c, 5), (uint32_t)size);
}

/* What the link says is kept to what could be resolved at all: an absolute
 * target never could (call_path refuses it). */
enum wasi_errno wasi_path_symlink(struct wasi_call *c)
{
    char target[WORLD_PATH_MAX];
    char path[WORLD_PATH_MAX];
    struct world_file *dir;

    WASI_TRY(place(c, 2, 3, WASI_RIGHT_PATH_SYMLINK, &dir, path));
    WASI_TRY(call_path(c, call_u32(c, 0), call_u32(c, 1), target));
    return dir->ops->symlink(dir, target, path);
}

enum wasi_errno wasi_path_rename(struct wasi_call *c)
{
    char old_path[WORLD_PATH_MAX];
    char new_path[WORLD_PATH_MAX];
    struct world_file *from;
    struct world_file *to;

    WASI_TRY(place(c, 0, 1, WASI_RIGHT_PATH_RENAME_SOURCE, &from, old_path));
    WASI_TRY(place(c, 3, 4, WASI_RIGHT_PATH_RENAME_TARGET, &to, new_path));
    if (from->ops != to->ops)
        return WASI_XDEV;
    return from->ops->rename(from, old_path, to, new_path);
}

/* Links to where a link points are not made, as in other implementations: the
 * kernel could not be told to stay beneath while it follows. */
enum wasi_errno wasi_path_link(struct wasi_call *c)
{
    char old_path[WORLD_PATH_MAX];
    char new_path[WORLD_PATH_MAX];
    struct world_file *from;
    struct world_file *to;
    bool follow;

    WASI_TRY(place(c, 0, 2, WASI_RIGHT_PATH_LINK_SOURCE, &from, old_path));
    WASI_TRY(place(c, 4, 5, WASI_RIGHT_PATH_LINK_TARGET, &to, new_path));
    WASI_TRY(follow_of(c, 1, &follow));
    if (follow)
        return WASI_INVAL;
    if (from->ops != to->ops)
        return WASI_XDEV;
    return from->ops->link(from, old_path, to, new_path);
}

/* The rights that the flags of path_open need, of the directory itself and in
 * what it hands on (the comments of rights_t in the witx file). */
static uint64_t open_base_rights(uint32_t oflags)
{
    return WASI_RIGHT_PATH_OPEN |
           ((oflags & WASI_OPEN_CREAT) != 0 ? WASI_RIGHT_PATH_CREATE_FILE : 0) |
           ((oflags & WASI_OPEN_TRUNC) != 0 ? WASI_RIGHT_PATH_FILESTAT_SET_SIZE : 0);
}

static bool may_sync(const struct wasi_fd *dir, uint32_t fdflags)
{
    if ((fdflags & (WASI_FDFLAG_SYNC | WASI_FDFLAG_RSYNC)) != 0)
        return (dir->inheriting & WASI_RIGHT_FD_SYNC) != 0;
    if ((fdflags & WASI_FDFLAG_DSYNC) != 0)
        return (dir->inheriting & (WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_DATASYNC)) != 0;
    return true;
}

/* What path_open asks for: checked before anything is opened. */
struct request {
    struct world_file *dir;
    struct world_open how;
    uint64_t base;
    uint64_t inheriting;
    char path[WORLD_PATH_MAX];
};

/* Whether the file itself must be open for writing. To set the size of what is
 * read is no reason: Go asks for that right in every open. */
static bool asks_to_write(uint64_t base)
{
    if ((base & (WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE)) != 0)
        return true;
    return (base & WASI_RIGHT_FD_FILESTAT_SET_SIZE) != 0 && (base & WASI_RIGHT_FD_READ) == 0;
}

static enum wasi_errno request_check(struct wasi_call *c, struct request *r)
{
    struct wasi_fd *dir;

    r->how.oflags = call_u32(c, 4);
    r->how.fdflags = call_u32(c, 7);
    /* Bits that name no right apply to no file, and so may be left out. */
    r->base = call_u64(c, 5) & WASI_RIGHTS_ALL;
    r->inheriting = call_u64(c, 6) & WASI_RIGHTS_ALL;
    if ((r->how.oflags & ~WASI_OPEN_ALL) != 0 || (r->how.fdflags & ~WASI_FDFLAGS_ALL) != 0)
        return WASI_INVAL;
    WASI_TRY(follow_of(c, 1, &r->how.follow));
    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), open_base_rights(r->how.oflags), &dir));
    WASI_TRY(call_path(c, call_u32(c, 2), call_u32(c, 3), r->path));
    if (((r->base | r->inheriting) & ~dir->inheriting) != 0 || !may_sync(dir, r->how.fdflags))
        return WASI_NOTCAPABLE;
    r->how.read = (r->base & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR)) != 0;
    r->how.write = asks_to_write(r->base);
    r->dir = dir->file;
    return WASI_OK;
}

enum wasi_errno wasi_path_open(struct wasi_call *c)
{
    struct request r = { 0 };
    struct wasi_fd fd = { 0 };
    uint32_t number;
    uint64_t base;
    uint64_t inheriting;

    WASI_TRY(request_check(c, &r));
    if (call_at(c, call_u32(c, 8), 4) == NULL)
        return WASI_FAULT;
    WASI_TRY(r.dir->ops->open(r.dir, r.path, &r.how, &fd.file));
    rights_of(fd.file, &base, &inheriting);
    fd.base = r.base & base;
    fd.inheriting = r.inheriting & inheriting;
    WASI_TRY(table_add(&c->wasi->table, fd, WASI_FD_FIRST, &number));
    return call_put_u32(c, call_u32(c, 8), number);
}

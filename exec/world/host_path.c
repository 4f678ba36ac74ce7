/* host_path.c: names in the host world. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/world/host_file.h"

/* A rename elsewhere in the tree makes openat2 say EAGAIN where ".." is in the
 * path; it is to be asked again, but not for ever. */
#define RACES_MAX 128

static enum wasi_errno open_beneath(struct world_file *dir, const char *path, uint64_t flags,
                                    uint64_t mode, int *out)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };

    for (int races = 0; races < RACES_MAX;) {
        long fd = syscall(SYS_openat2, host_file_of(dir)->fd, path, &how, sizeof how);

        if (fd >= 0) {
            *out = (int)fd;
            return WASI_OK;
        }
        if (errno == EAGAIN && (flags & O_NONBLOCK) == 0)
            races++;
        else if (!host_again(errno))
            /* "EXDEV: … an escape from the root during path resolution was
             * detected" (openat2(2)). */
            return errno == EXDEV ? WASI_NOTCAPABLE : host_errno(errno);
    }
    return WASI_AGAIN;
}

static int access_flags(const struct world_open *how)
{
    if (how->write)
        return how->read ? O_RDWR : O_WRONLY;
    return O_RDONLY; /* Linux has no "neither" that could still be read later */
}

static uint64_t open_flags(const struct world_open *how)
{
    int flags = access_flags(how) | O_NOCTTY;

    if (!how->follow)
        flags |= O_NOFOLLOW;
    if ((how->oflags & WASI_OPEN_CREAT) != 0)
        flags |= O_CREAT;
    if ((how->oflags & WASI_OPEN_DIRECTORY) != 0)
        flags |= O_DIRECTORY;
    if ((how->oflags & WASI_OPEN_EXCL) != 0)
        flags |= O_EXCL;
    if ((how->oflags & WASI_OPEN_TRUNC) != 0)
        flags |= O_TRUNC;
    if ((how->fdflags & WASI_FDFLAG_NONBLOCK) != 0)
        flags |= O_NONBLOCK;
    return (uint64_t)flags;
}

/* In a read-only directory creating is opening what is there. */
static enum wasi_errno open_read_only(struct world_file *dir, const char *path,
                                      const struct world_open *how, int *fd)
{
    struct world_open plain = *how;
    struct world_stat s;

    if (how->write || (how->oflags & WASI_OPEN_TRUNC) != 0)
        return WASI_ROFS;
    if ((how->oflags & WASI_OPEN_CREAT) != 0) {
        enum wasi_errno e = host_stat_at(dir, path, how->follow, &s);

        if (e == WASI_NOENT)
            return WASI_ROFS;
        WASI_TRY(e);
        if ((how->oflags & WASI_OPEN_EXCL) != 0)
            return WASI_EXIST;
        plain.oflags &= ~(WASI_OPEN_CREAT | WASI_OPEN_EXCL);
    }
    return open_beneath(dir, path, open_flags(&plain), 0, fd);
}

enum wasi_errno host_open(struct world_file *dir, const char *path, const struct world_open *how,
                          struct world_file **out)
{
    const uint32_t both = WASI_OPEN_CREAT | WASI_OPEN_DIRECTORY;
    bool creates = (how->oflags & WASI_OPEN_CREAT) != 0;
    enum wasi_errno e;
    int fd;

    /* Linux made files of some of these (before 6.4) and refuses others. */
    if ((how->oflags & both) == both)
        return WASI_INVAL;
    if (dir->read_only)
        WASI_TRY(open_read_only(dir, path, how, &fd));
    else
        WASI_TRY(open_beneath(dir, path, open_flags(how), creates ? 0666 : 0, &fd));
    e = host_file_wrap(out, fd, how->fdflags, false);
    if (e != WASI_OK) {
        close(fd);
        return e;
    }
    (*out)->read_only = dir->read_only;
    return WASI_OK;
}

/* An O_PATH descriptor for what the path names, and no access to it. */
static enum wasi_errno find(struct world_file *dir, const char *path, bool follow, int *out)
{
    return open_beneath(dir, path, (uint64_t)(O_PATH | (follow ? 0 : O_NOFOLLOW)), 0, out);
}

enum wasi_errno host_stat_at(struct world_file *dir, const char *path, bool follow,
                             struct world_stat *out)
{
    enum wasi_errno e;
    int fd;

    WASI_TRY(find(dir, path, follow, &fd));
    e = host_stat_fd(fd, out);
    close(fd);
    return e;
}

enum wasi_errno host_set_times_at(struct world_file *dir, const char *path, bool follow,
                                  const struct world_times *times)
{
    enum wasi_errno e;
    int fd;

    if (dir->read_only)
        return WASI_ROFS;
    WASI_TRY(find(dir, path, follow, &fd));
    e = host_set_times_fd(fd, times);
    close(fd);
    return e;
}

enum wasi_errno host_read_link(struct world_file *dir, const char *path, char *out, size_t room,
                               size_t *size)
{
    enum wasi_errno e = WASI_OK;
    struct world_stat s;
    ssize_t n;
    int fd;

    WASI_TRY(find(dir, path, false, &fd));
    e = host_stat_fd(fd, &s);
    if (e == WASI_OK && s.type != WASI_TYPE_SYMLINK)
        e = WASI_INVAL; /* for an empty path readlinkat would say ENOENT */
    if (e == WASI_OK) {
        n = readlinkat(fd, "", out, room);
        if (n < 0)
            e = host_errno(errno);
        else
            *size = (size_t)n;
    }
    close(fd);
    return e;
}

/* A name to be made, removed or moved: its directory, resolved beneath, and its
 * last component with the slashes that trail it. The calls that take a place do
 * not follow a link there, trailing slash or not (Linux: filename_parentat). */
struct place {
    int fd;
    bool slash;
    char last[WORLD_NAME_MAX + 2];
};

static enum wasi_errno place_find(struct world_file *dir, const char *path, struct place *out)
{
    char parent[WORLD_PATH_MAX];
    size_t end = strlen(path);
    size_t start;

    if (dir->read_only)
        return WASI_ROFS;
    out->slash = path[end - 1] == '/';
    while (end > 1 && path[end - 1] == '/')
        end--;
    start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (end - start > WORLD_NAME_MAX)
        return WASI_NAMETOOLONG;
    memcpy(out->last, path + start, end - start);
    out->last[end - start] = '\0';
    /* ".." is not a name beneath anything; what it would do to it, neither. */
    if (strcmp(out->last, "..") == 0) {
        struct world_stat s;

        WASI_TRY(host_stat_at(dir, path, true, &s));
    }
    if (out->slash)
        memcpy(out->last + (end - start), "/", 2);
    memcpy(parent, path, start);
    parent[start] = '\0';
    return open_beneath(dir, start == 0 ? "." : parent, O_PATH | O_DIRECTORY, 0, &out->fd);
}

static enum wasi_errno place_result(struct place *p, int result)
{
    enum wasi_errno e = result == 0 ? WASI_OK : host_errno(errno);

    close(p->fd);
    return e;
}

enum wasi_errno host_make_directory(struct world_file *dir, const char *path)
{
    struct place p;

    WASI_TRY(place_find(dir, path, &p));
    return place_result(&p, mkdirat(p.fd, p.last, 0777));
}

enum wasi_errno host_remove_directory(struct world_file *dir, const char *path)
{
    struct place p;

    WASI_TRY(place_find(dir, path, &p));
    return place_result(&p, unlinkat(p.fd, p.last, AT_REMOVEDIR));
}

enum wasi_errno host_unlink(struct world_file *dir, const char *path)
{
    struct place p;

    WASI_TRY(place_find(dir, path, &p));
    return place_result(&p, unlinkat(p.fd, p.last, 0));
}

enum wasi_errno host_symlink(struct world_file *dir, const char *target, const char *path)
{
    struct place p;

    WASI_TRY(place_find(dir, path, &p));
    return place_result(&p, symlinkat(target, p.fd, p.last));
}

enum wasi_errno host_rename(struct world_file *from, const char *old_path, struct world_file *to,
                            const char *new_path)
{
    enum wasi_errno e;
    struct place a;
    struct place b;

    if (from->read_only || to->read_only)
        return WASI_ROFS;
    WASI_TRY(place_find(from, old_path, &a));
    e = place_find(to, new_path, &b);
    if (e == WASI_OK)
        e = place_result(&b, renameat(a.fd, a.last, b.fd, b.last));
    close(a.fd);
    return e;
}

enum wasi_errno host_link(struct world_file *from, const char *old_path, struct world_file *to,
                          const char *new_path)
{
    struct world_stat s;
    enum wasi_errno e;
    struct place a;
    struct place b;

    /* From a read-only directory, too: the new name would be writable. */
    if (from->read_only || to->read_only)
        return WASI_ROFS;
    WASI_TRY(place_find(from, old_path, &a));
    if (a.slash) {
        /* linkat would follow a link here, out of the directory. */
        close(a.fd);
        WASI_TRY(host_stat_at(from, old_path, true, &s));
        return s.type == WASI_TYPE_DIRECTORY ? WASI_PERM : WASI_NOTDIR;
    }
    e = place_find(to, new_path, &b);
    if (e == WASI_OK)
        e = place_result(&b, linkat(a.fd, a.last, b.fd, b.last, 0));
    close(a.fd);
    return e;
}

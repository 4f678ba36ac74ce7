/* host_file.c: open descriptors of the host world: bytes, flags, attributes. */
#define _GNU_SOURCE
#include "exec/world/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exec/direct.h"

static void file_close(struct world_file *f)
{
    struct host_file *h = host_file_of(f);

    /* Linux frees the number even where close fails, and a file that matters
     * was synced: there is nobody to tell. */
    close(h->fd);
    free(h->entries);
    free(h);
}

static uint64_t stamp(struct timespec t)
{
    if (t.tv_sec < 0) /* before 1970: WASI cannot say so */
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static enum wasi_filetype type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK: return WASI_TYPE_BLOCK_DEVICE;
    case S_IFCHR: return WASI_TYPE_CHARACTER_DEVICE;
    case S_IFDIR: return WASI_TYPE_DIRECTORY;
    case S_IFREG: return WASI_TYPE_FILE;
    case S_IFSOCK: return WASI_TYPE_SOCKET_STREAM;
    case S_IFLNK: return WASI_TYPE_SYMLINK;
    default: return WASI_TYPE_UNKNOWN; /* pipes: preview 1 has no word for them */
    }
}

enum wasi_errno host_stat_fd(int fd, struct world_stat *out)
{
    struct stat s;

    if (fstat(fd, &s) != 0)
        return host_errno(errno);
    *out = (struct world_stat){
        .dev = s.st_dev,
        .ino = s.st_ino,
        .nlink = s.st_nlink,
        .size = (uint64_t)s.st_size,
        .atim = stamp(s.st_atim),
        .mtim = stamp(s.st_mtim),
        .ctim = stamp(s.st_ctim),
        .type = type_of(s.st_mode),
    };
    return WASI_OK;
}

static enum wasi_errno file_stat(struct world_file *f, struct world_stat *out)
{
    return host_stat_fd(host_file_of(f)->fd, out);
}

static struct timespec time_wanted(uint64_t at, uint32_t flags, uint32_t set, uint32_t now)
{
    if ((flags & now) != 0)
        return (struct timespec){ .tv_nsec = UTIME_NOW };
    if ((flags & set) == 0)
        return (struct timespec){ .tv_nsec = UTIME_OMIT };
    return (struct timespec){ .tv_sec = (time_t)(at / 1000000000u),
                              .tv_nsec = (long)(at % 1000000000u) };
}

enum wasi_errno host_set_times_fd(int fd, const struct world_times *times)
{
    struct timespec t[2] = {
        time_wanted(times->atim, times->flags, WASI_TIME_ATIM, WASI_TIME_ATIM_NOW),
        time_wanted(times->mtim, times->flags, WASI_TIME_MTIM, WASI_TIME_MTIM_NOW),
    };

    /* The empty path makes it work for O_PATH descriptors, and so for links. */
    return utimensat(fd, "", t, AT_EMPTY_PATH) == 0 ? WASI_OK : host_errno(errno);
}

static enum wasi_errno file_set_times(struct world_file *f, const struct world_times *times)
{
    if (f->read_only)
        return WASI_ROFS;
    return host_set_times_fd(host_file_of(f)->fd, times);
}

static uint32_t file_flags(struct world_file *f)
{
    struct host_file *h = host_file_of(f);

    return h->fdflags | (h->os_append ? WASI_FDFLAG_APPEND : 0);
}

static enum wasi_errno file_set_flags(struct world_file *f, uint32_t fdflags)
{
    struct host_file *h = host_file_of(f);
    int want = (fdflags & WASI_FDFLAG_NONBLOCK) != 0 ? O_NONBLOCK : 0;

    if (!h->handed_in && ((h->fdflags ^ fdflags) & WASI_FDFLAG_NONBLOCK) != 0) {
        int now = fcntl(h->fd, F_GETFL);

        if (now < 0 || fcntl(h->fd, F_SETFL, (now & ~O_NONBLOCK) | want) != 0)
            return host_errno(errno);
    }
    h->fdflags = fdflags;
    return WASI_OK;
}

static enum wasi_errno file_sync(struct world_file *f, bool data_only)
{
    int fd = host_file_of(f)->fd;

    return (data_only ? fdatasync(fd) : fsync(fd)) == 0 ? WASI_OK : host_errno(errno);
}

bool host_would_block(struct host_file *h, short event)
{
    struct pollfd p = { .fd = h->fd, .events = event };

    if (!h->handed_in || (h->fdflags & WASI_FDFLAG_NONBLOCK) == 0)
        return false;
    return poll(&p, 1, 0) == 0;
}

static enum wasi_errno file_read(struct world_file *f, const struct iovec *to, size_t count,
                                 const uint64_t *offset, size_t *got)
{
    struct host_file *h = host_file_of(f);
    ssize_t n;

    if (offset != NULL && *offset > INT64_MAX)
        return WASI_INVAL;
    if (host_would_block(h, POLLIN))
        return WASI_AGAIN;
    do
        n = offset != NULL ? preadv(h->fd, to, (int)count, (off_t)*offset)
                           : direct_readv(h->fd, to, (int)count);
    while (n < 0 && host_again(errno));
    if (n < 0)
        return host_errno(errno);
    *got = (size_t)n;
    return WASI_OK;
}

/* Without pwritev2 (a filter may lack it) two appenders can cross; each one's own
 * bytes still go behind what it saw. */
static ssize_t write_append(struct host_file *h, const struct iovec *from, size_t count)
{
    ssize_t n = pwritev2(h->fd, from, (int)count, -1, RWF_APPEND);

    if (n >= 0 || (errno != ENOSYS && errno != EOPNOTSUPP))
        return n;
    if (lseek(h->fd, 0, SEEK_END) < 0)
        return -1;
    return writev(h->fd, from, (int)count);
}

static ssize_t write_once(struct host_file *h, const struct iovec *from, size_t count,
                          const uint64_t *offset)
{
    if (offset != NULL)
        return pwritev(h->fd, from, (int)count, (off_t)*offset);
    /* Append is said with each write and not in the descriptor, so that a
     * positioned write goes where it is sent, as POSIX has it. */
    if ((h->fdflags & WASI_FDFLAG_APPEND) != 0 && h->base.type == WASI_TYPE_FILE)
        return write_append(h, from, count);
    return direct_writev(h->fd, from, (int)count);
}

static enum wasi_errno file_write(struct world_file *f, const struct iovec *from, size_t count,
                                  const uint64_t *offset, size_t *put)
{
    struct host_file *h = host_file_of(f);
    ssize_t n;

    if (offset != NULL && *offset > INT64_MAX)
        return WASI_INVAL;
    if (host_would_block(h, POLLOUT))
        return WASI_AGAIN;
    do
        n = write_once(h, from, count, offset);
    while (n < 0 && host_again(errno));
    if (n < 0)
        return host_errno(errno);
    if ((h->fdflags & WASI_FDFLAG_SYNC) != 0)
        WASI_TRY(file_sync(f, false));
    else if ((h->fdflags & (WASI_FDFLAG_DSYNC | WASI_FDFLAG_RSYNC)) != 0)
        WASI_TRY(file_sync(f, true));
    *put = (size_t)n;
    return WASI_OK;
}

static enum wasi_errno file_seek(struct world_file *f, int64_t delta, enum wasi_whence whence,
                                 uint64_t *out)
{
    static const int host_whence[] = {
        [WASI_SEEK_SET] = SEEK_SET, [WASI_SEEK_CUR] = SEEK_CUR, [WASI_SEEK_END] = SEEK_END
    };
    off_t at = lseek(host_file_of(f)->fd, delta, host_whence[whence]);

    if (at < 0)
        return host_errno(errno);
    *out = (uint64_t)at;
    return WASI_OK;
}

static enum wasi_errno file_set_size(struct world_file *f, uint64_t size)
{
    if (f->read_only)
        return WASI_ROFS;
    if (size > INT64_MAX)
        return WASI_INVAL;
    return ftruncate(host_file_of(f)->fd, (off_t)size) == 0 ? WASI_OK : host_errno(errno);
}

static enum wasi_errno file_allocate(struct world_file *f, uint64_t offset, uint64_t size)
{
    int r;

    if (f->read_only)
        return WASI_ROFS;
    if (size == 0 || offset > INT64_MAX || size > INT64_MAX)
        return WASI_INVAL;
    do
        r = fallocate(host_file_of(f)->fd, 0, (off_t)offset, (off_t)size);
    while (r != 0 && host_again(errno));
    return r == 0 ? WASI_OK : host_errno(errno);
}

static enum wasi_errno file_advise(struct world_file *f, uint64_t offset, uint64_t size,
                                   enum wasi_advice advice)
{
    static const int host_advice[] = {
        [WASI_ADVICE_NORMAL] = POSIX_FADV_NORMAL,
        [WASI_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [WASI_ADVICE_RANDOM] = POSIX_FADV_RANDOM,
        [WASI_ADVICE_WILLNEED] = POSIX_FADV_WILLNEED,
        [WASI_ADVICE_DONTNEED] = POSIX_FADV_DONTNEED,
        [WASI_ADVICE_NOREUSE] = POSIX_FADV_NOREUSE,
    };
    int r;

    if (offset > INT64_MAX || size > INT64_MAX)
        return WASI_INVAL;
    r = posix_fadvise(host_file_of(f)->fd, (off_t)offset, (off_t)size, host_advice[advice]);
    return r == 0 ? WASI_OK : host_errno(r);
}

uint64_t host_readable_size(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

static bool is_listener(int fd)
{
    int on = 0;
    socklen_t size = sizeof on;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) == 0 && on != 0;
}

enum wasi_errno host_file_wrap(struct world_file **out, int fd, uint32_t fdflags, bool handed_in)
{
    struct world_stat s;
    int mode = fcntl(fd, F_GETFL);
    struct host_file *h;

    if (mode < 0)
        return host_errno(errno);
    WASI_TRY(host_stat_fd(fd, &s));
    h = calloc(1, sizeof *h);
    if (h == NULL)
        return WASI_NOMEM;
    h->base.ops = &host_file_ops;
    h->base.type = s.type;
    h->base.can_read = (mode & O_ACCMODE) != O_WRONLY;
    h->base.can_write = (mode & O_ACCMODE) != O_RDONLY;
    h->base.is_listener = s.type == WASI_TYPE_SOCKET_STREAM && is_listener(fd);
    h->fd = fd;
    h->handed_in = handed_in;
    h->os_append = handed_in && (mode & O_APPEND) != 0;
    h->fdflags = fdflags;
    *out = &h->base;
    return WASI_OK;
}

enum wasi_errno host_file_new(struct world_file **out, int fd, bool read_only, bool is_tty)
{
    WASI_TRY(host_file_wrap(out, fd, 0, true));
    (*out)->read_only = read_only;
    (*out)->is_tty = is_tty;
    return WASI_OK;
}

const struct world_file_ops host_file_ops = {
    .close = file_close,
    .stat = file_stat,
    .set_times = file_set_times,
    .flags = file_flags,
    .set_flags = file_set_flags,
    .sync = file_sync,
    .read = file_read,
    .write = file_write,
    .seek = file_seek,
    .set_size = file_set_size,
    .allocate = file_allocate,
    .advise = file_advise,
    .entry = host_entry,
    .open = host_open,
    .stat_at = host_stat_at,
    .set_times_at = host_set_times_at,
    .make_directory = host_make_directory,
    .remove_directory = host_remove_directory,
    .unlink = host_unlink,
    .rename = host_rename,
    .link = host_link,
    .symlink = host_symlink,
    .read_link = host_read_link,
    .accept = host_accept,
    .receive = host_receive,
    .send = host_send,
    .shutdown = host_shutdown,
};

#define _GNU_SOURCE

#include "host/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "base/num.h"

/* What poll's promise of room covers: a pipe that is writable takes this much
 * without blocking (pipe(7)). */
#define ASK_BYTES ((size_t)PIPE_BUF)

void stream_table_init(struct stream_table *t)
{
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->accepting, NULL);
    t->next = 0;
}

/* --- Handles. */

static struct stream *handle_free(struct stream_table *t)
{
    for (uint32_t i = 0; i < GATE_HANDLES_MAX; i++) {
        uint32_t at = (t->next + i) % GATE_HANDLES_MAX;

        if (t->item[at].users == 0) {
            t->next = (at + 1) % GATE_HANDLES_MAX;
            return &t->item[at];
        }
    }
    return NULL;
}

static struct stream *handle_new(struct stream_table *t, struct stream what)
{
    struct stream *s;

    pthread_mutex_lock(&t->lock);
    s = t->over ? NULL : handle_free(t);
    if (s != NULL) {
        what.users = 1;
        *s = what;
    }
    pthread_mutex_unlock(&t->lock);
    return s;
}

struct stream *stream_take(struct stream_table *t, uint64_t handle)
{
    struct stream *s;

    if (handle >= GATE_HANDLES_MAX)
        return NULL;
    s = &t->item[handle];
    pthread_mutex_lock(&t->lock);
    if (s->users == 0 || s->closing)
        s = NULL;
    else
        s->users++;
    pthread_mutex_unlock(&t->lock);
    return s;
}

void stream_give(struct stream_table *t, struct stream *s)
{
    int fd = -1;

    pthread_mutex_lock(&t->lock);
    s->users--;
    if (s->users == 0)
        fd = s->fd;
    pthread_mutex_unlock(&t->lock);
    /* The handle is free already, its descriptor's number not yet. */
    if (fd >= 0)
        close(fd);
}

bool stream_close(struct stream_table *t, uint64_t handle)
{
    struct stream *s = stream_take(t, handle);
    bool first;

    if (s == NULL)
        return false;
    pthread_mutex_lock(&t->lock);
    first = !s->closing;
    s->closing = true;
    pthread_mutex_unlock(&t->lock);
    if (first)
        stream_give(t, s); /* the table's own use of it */
    stream_give(t, s);
    return true;
}

void stream_close_all(struct stream_table *t)
{
    pthread_mutex_lock(&t->lock);
    t->over = true;
    for (uint32_t i = 0; i < GATE_HANDLES_MAX; i++) {
        struct stream *s = &t->item[i];

        if (s->users > 0 && s->fd >= 0)
            close(s->fd);
        s->fd = -1;
    }
    pthread_mutex_unlock(&t->lock);
}

size_t stream_fds(const struct stream_table *t, int *out, size_t room)
{
    size_t count = 0;

    for (uint32_t i = 0; i < t->next && count < room; i++)
        out[count++] = t->item[i].fd;
    return count;
}

/* --- Taking a descriptor in. */

static uint16_t type_of(int fd, const struct stat *st)
{
    struct termios t;

    if (S_ISFIFO(st->st_mode))
        return GATE_TYPE_PIPE;
    if (S_ISSOCK(st->st_mode))
        return GATE_TYPE_SOCKET;
    if (S_ISCHR(st->st_mode))
        return tcgetattr(fd, &t) == 0 ? GATE_TYPE_TERMINAL : GATE_TYPE_CHARACTER;
    return GATE_TYPE_FILE;
}

/* The same pipe, terminal or device under a description of our own. */
static int fd_again(int fd, int flags)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Opening some devices gives something new: another pseudo-terminal, another tunnel.
 * The numbers are Linux's (Documentation/admin-guide/devices.txt). */
static bool is_same_again(const struct stream *s, dev_t device)
{
    const bool is_new_terminal = major(device) == 5 && minor(device) == 2;

    if (s->type == GATE_TYPE_TERMINAL)
        return !is_new_terminal;
    return s->type == GATE_TYPE_PIPE || major(device) == 1; /* null, zero, full, random */
}

/* Whether plain calls on it do not block: a file never does, and what can be opened
 * once more gets a description of our own. */
static bool own_make(struct stream *s, int flags, dev_t device)
{
    int again;

    if (s->kind == GATE_HANDLE_BLOCK || s->type == GATE_TYPE_FILE || (flags & O_NONBLOCK) != 0)
        return true;
    if (s->type == GATE_TYPE_SOCKET || !is_same_again(s, device))
        return false;
    again = fd_again(s->fd, flags);
    if (again < 0)
        return false;
    close(s->fd);
    s->fd = again;
    return true;
}

static uint32_t rights_of(int flags)
{
    uint32_t out = (flags & O_APPEND) != 0 ? GATE_HANDLE_APPEND : 0;

    if ((flags & O_ACCMODE) != O_WRONLY)
        out |= GATE_HANDLE_READ;
    if ((flags & O_ACCMODE) != O_RDONLY)
        out |= GATE_HANDLE_WRITE;
    return out;
}

int stream_adopt(struct stream_table *t, int fd, enum gate_handle_kind kind,
                 struct gate_handle *out)
{
    int flags = fcntl(fd, F_GETFL);
    struct stream what = { .kind = (uint16_t)kind };
    struct stream *s;
    struct stat st;

    if (flags < 0 || fstat(fd, &st) != 0)
        return errno;
    if (kind == GATE_HANDLE_BLOCK && !S_ISREG(st.st_mode))
        return EINVAL;
    what.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (what.fd < 0)
        return errno;
    what.limit = GATE_BLOCK_SIZE_MAX;
    what.type = type_of(fd, &st);
    what.is_own = own_make(&what, flags, st.st_rdev);
    s = handle_new(t, what);
    if (s == NULL) {
        close(what.fd);
        return EMFILE;
    }
    out->kind = what.kind;
    out->type = what.type;
    out->handle = (uint32_t)(s - t->item);
    out->flags = rights_of(flags);
    out->size = kind == GATE_HANDLE_BLOCK ? (uint64_t)st.st_size : 0;
    return 0;
}

void stream_limit(struct stream_table *t, const struct gate_handle *h, uint64_t most)
{
    t->item[h->handle].limit = num_min(num_max(most, h->size), GATE_BLOCK_SIZE_MAX);
}

/* --- Reading and writing. */

static bool is_ready(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    return poll(&p, 1, 0) > 0;
}

static ssize_t result_of(ssize_t done)
{
    if (done >= 0)
        return done;
    /* EINTR: a kick for this thread came first; the caller looks and tries again. */
    return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

/* Not every kind of file can say "not now" (EOPNOTSUPP, preadv2(2)); such a one is
 * asked first, and may block where another process takes what poll promised. */
static ssize_t asked_read(const struct stream *s, void *to, size_t size)
{
    struct iovec v = { .iov_base = to, .iov_len = size };
    ssize_t got = preadv2(s->fd, &v, 1, -1, RWF_NOWAIT);

    if (got >= 0 || errno != EOPNOTSUPP)
        return result_of(got);
    return is_ready(s->fd, POLLIN) ? result_of(read(s->fd, to, size)) : -EAGAIN;
}

static ssize_t asked_write(const struct stream *s, const void *from, size_t size)
{
    struct iovec v = { .iov_base = (void *)(uintptr_t)from, .iov_len = size };
    ssize_t put = pwritev2(s->fd, &v, 1, -1, RWF_NOWAIT);

    if (put >= 0 || errno != EOPNOTSUPP)
        return result_of(put);
    if (!is_ready(s->fd, POLLOUT))
        return -EAGAIN;
    /* A terminal's promise is of one byte, no more. */
    return result_of(
        write(s->fd, from, s->type == GATE_TYPE_TERMINAL ? 1 : num_min(size, ASK_BYTES)));
}

ssize_t stream_read(const struct stream *s, void *to, size_t size, bool peek)
{
    if (s->kind != GATE_HANDLE_STREAM || (peek && s->type != GATE_TYPE_SOCKET))
        return -EINVAL;
    if (s->type == GATE_TYPE_SOCKET)
        return result_of(recv(s->fd, to, size, MSG_DONTWAIT | (peek ? MSG_PEEK : 0)));
    return s->is_own ? result_of(read(s->fd, to, size)) : asked_read(s, to, size);
}

ssize_t stream_write(const struct stream *s, const void *from, size_t size)
{
    if (s->kind != GATE_HANDLE_STREAM)
        return -EINVAL;
    if (s->type == GATE_TYPE_SOCKET)
        return result_of(send(s->fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL));
    return s->is_own ? result_of(write(s->fd, from, size)) : asked_write(s, from, size);
}

struct pollfd stream_wait(const struct stream *s, bool writes)
{
    return (struct pollfd){ .fd = s->fd, .events = writes ? POLLOUT : POLLIN };
}

/* --- Connections. */

/* A listener may be shared, and then its flags are not ours to change: another
 * process that takes the connection first makes us wait for the next one. Threads of
 * this one take turns, or each would be that other to the next. */
static int connection_take(struct stream_table *t, const struct stream *s)
{
    int fd;

    if (s->is_own)
        return accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    pthread_mutex_lock(&t->accepting);
    errno = EAGAIN;
    fd = is_ready(s->fd, POLLIN) ? accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    pthread_mutex_unlock(&t->accepting);
    return fd;
}

ssize_t stream_accept(struct stream_table *t, const struct stream *s)
{
    struct stream what = { .kind = GATE_HANDLE_STREAM, .type = GATE_TYPE_SOCKET };
    struct stream *made;

    if (s->kind != GATE_HANDLE_LISTENER)
        return -EINVAL;
    what.fd = connection_take(t, s);
    if (what.fd < 0)
        return errno == ECONNABORTED ? -EAGAIN : result_of(-1);
    made = handle_new(t, what);
    if (made == NULL) {
        close(what.fd);
        return -ENOMEM;
    }
    return made - t->item;
}

ssize_t stream_shutdown(const struct stream *s, uint64_t how)
{
    static const int hows[] = { -1, SHUT_RD, SHUT_WR, SHUT_RDWR };

    if (how < 1 || how > 3 || s->type != GATE_TYPE_SOCKET)
        return -EINVAL;
    return shutdown(s->fd, hows[how]) == 0 ? 0 : -errno;
}

/* --- Errors. */

static enum gate_refusal refusal_of(int error)
{
    switch (error) {
    case EAGAIN: return GATE_REFUSED_AGAIN;
    case EPIPE: return GATE_REFUSED_PIPE;
    case ECONNRESET:
    case ENOTCONN:
    case ETIMEDOUT: return GATE_REFUSED_RESET;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return GATE_REFUSED_NOSPC;
    case ENOMEM:
    case ENOBUFS:
    case EMFILE:
    case ENFILE: return GATE_REFUSED_NOMEM;
    default: return GATE_REFUSED_IO;
    }
}

enum gate_refusal stream_refusal(uint32_t call, int error)
{
    static const struct {
        uint32_t call;
        uint32_t refusals;
    } allowed[] = {
#define GATE_CALL(number, NAME, name, sent, back, value, flags, refusals, contract) \
    { GATE_##NAME, refusals },
#include "gate/calls.def"
#undef GATE_CALL
    };
    enum gate_refusal wanted = refusal_of(error);

    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        if (allowed[i].call == call && (allowed[i].refusals >> wanted & 1) != 0)
            return wanted;
    return GATE_REFUSED_IO;
}

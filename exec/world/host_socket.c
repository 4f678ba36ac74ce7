/* host_socket.c: sockets of the host world: handed in, or accepted from those. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/world/host_file.h"

enum wasi_errno host_accept(struct world_file *f, uint32_t fdflags, struct world_file **out)
{
    struct host_file *h = host_file_of(f);
    int flags = SOCK_CLOEXEC | ((fdflags & WASI_FDFLAG_NONBLOCK) != 0 ? SOCK_NONBLOCK : 0);
    enum wasi_errno e;
    int fd;

    if (host_would_block(h, POLLIN))
        return WASI_AGAIN;
    do
        fd = accept4(h->fd, NULL, NULL, flags);
    while (fd < 0 && host_again(errno));
    if (fd < 0)
        return host_errno(errno);
    e = host_file_wrap(out, fd, fdflags, false);
    if (e != WASI_OK)
        close(fd);
    return e;
}

enum wasi_errno host_receive(struct world_file *f, struct iovec *to, size_t count, uint32_t flags,
                             size_t *got, uint32_t *out_flags)
{
    struct host_file *h = host_file_of(f);
    struct msghdr m = { .msg_iov = to, .msg_iovlen = count };
    int host_flags = ((flags & WASI_RECV_PEEK) != 0 ? MSG_PEEK : 0) |
                     ((flags & WASI_RECV_WAITALL) != 0 ? MSG_WAITALL : 0);
    ssize_t n;

    if (host_would_block(h, POLLIN))
        return WASI_AGAIN;
    do
        n = recvmsg(h->fd, &m, host_flags);
    while (n < 0 && host_again(errno));
    if (n < 0)
        return host_errno(errno);
    *got = (size_t)n;
    *out_flags = (m.msg_flags & MSG_TRUNC) != 0 ? WASI_RECV_TRUNCATED : 0;
    return WASI_OK;
}

enum wasi_errno host_send(struct world_file *f, struct iovec *from, size_t count, size_t *put)
{
    struct host_file *h = host_file_of(f);
    struct msghdr m = { .msg_iov = from, .msg_iovlen = count };
    ssize_t n;

    if (host_would_block(h, POLLOUT))
        return WASI_AGAIN;
    do
        n = sendmsg(h->fd, &m, MSG_NOSIGNAL);
    while (n < 0 && host_again(errno));
    if (n < 0)
        return host_errno(errno);
    *put = (size_t)n;
    return WASI_OK;
}

enum wasi_errno host_shutdown(struct world_file *f, uint32_t how)
{
    int host_how = how == (WASI_SHUT_RD | WASI_SHUT_WR) ? SHUT_RDWR
                   : how == WASI_SHUT_RD                ? SHUT_RD
                                                        : SHUT_WR;

    return shutdown(host_file_of(f)->fd, host_how) == 0 ? WASI_OK : host_errno(errno);
}

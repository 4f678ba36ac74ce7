/* sock.c: sockets that were there at the start, and what they accept. */
#include "exec/wasi/call.h"

static bool is_socket(const struct world_file *f)
{
    return f->type == WASI_TYPE_SOCKET_STREAM || f->type == WASI_TYPE_SOCKET_DGRAM;
}

/* "Not a socket" comes before "not allowed". */
static enum wasi_errno use(struct wasi_call *c, uint64_t rights, struct wasi_fd **out)
{
    struct wasi_fd *fd = table_find(&c->wasi->table, call_u32(c, 0));

    if (fd == NULL)
        return WASI_BADF;
    if (!is_socket(fd->file))
        return WASI_NOTSOCK;
    if ((rights & ~fd->base) != 0)
        return WASI_NOTCAPABLE;
    *out = fd;
    return WASI_OK;
}

enum wasi_errno wasi_sock_accept(struct wasi_call *c)
{
    uint32_t flags = call_u32(c, 1);
    struct wasi_fd fd = { 0 };
    struct wasi_fd *listener;
    uint64_t inheriting;
    uint32_t number;

    WASI_TRY(use(c, WASI_RIGHT_SOCK_ACCEPT, &listener));
    if ((flags & ~WASI_FDFLAG_NONBLOCK) != 0)
        return WASI_INVAL;
    if (call_at(c, call_u32(c, 2), 4) == NULL)
        return WASI_FAULT;
    WASI_TRY(listener->file->ops->accept(listener->file, flags, &fd.file));
    rights_of(fd.file, &fd.base, &inheriting);
    fd.base &= listener->inheriting;
    WASI_TRY(table_add(&c->wasi->table, fd, WASI_FD_FIRST, &number));
    return call_put_u32(c, call_u32(c, 2), number);
}

enum wasi_errno wasi_sock_recv(struct wasi_call *c)
{
    uint32_t flags = call_u32(c, 3);
    CALL_UNZEROED struct iovec spans[CALL_SPANS_MAX];
    struct wasi_fd *fd;
    uint32_t out_flags;
    uint16_t short_flags;
    size_t count;
    size_t got;

    WASI_TRY(use(c, WASI_RIGHT_FD_READ, &fd));
    if ((flags & ~(WASI_RECV_PEEK | WASI_RECV_WAITALL)) != 0)
        return WASI_INVAL;
    WASI_TRY(call_spans(c, call_u32(c, 1), call_u32(c, 2), spans, &count));
    if (call_at(c, call_u32(c, 4), 4) == NULL || call_at(c, call_u32(c, 5), 2) == NULL)
        return WASI_FAULT;
    WASI_TRY(fd->file->ops->receive(fd->file, spans, count, flags, &got, &out_flags));
    short_flags = (uint16_t)out_flags;
    WASI_TRY(call_put_u32(c, call_u32(c, 4), (uint32_t)got));
    return call_put(c, call_u32(c, 5), &short_flags, sizeof short_flags);
}

enum wasi_errno wasi_sock_send(struct wasi_call *c)
{
    CALL_UNZEROED struct iovec spans[CALL_SPANS_MAX];
    struct wasi_fd *fd;
    size_t count;
    size_t put;

    WASI_TRY(use(c, WASI_RIGHT_FD_WRITE, &fd));
    if (call_u32(c, 3) != 0) /* "it must be set to zero" */
        return WASI_INVAL;
    WASI_TRY(call_spans(c, call_u32(c, 1), call_u32(c, 2), spans, &count));
    if (call_at(c, call_u32(c, 4), 4) == NULL)
        return WASI_FAULT;
    WASI_TRY(fd->file->ops->send(fd->file, spans, count, &put));
    return call_put_u32(c, call_u32(c, 4), (uint32_t)put);
}

enum wasi_errno wasi_sock_shutdown(struct wasi_call *c)
{
    uint32_t how = call_u32(c, 1);
    struct wasi_fd *fd;

    WASI_TRY(use(c, WASI_RIGHT_SOCK_SHUTDOWN, &fd));
    if (how == 0 || (how & ~(WASI_SHUT_RD | WASI_SHUT_WR)) != 0)
        return WASI_INVAL;
    return fd->file->ops->shutdown(fd->file, how);
}

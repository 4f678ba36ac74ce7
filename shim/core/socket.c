/* socket.c: sockets that were handed in, and those that they accept. */
#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/syscall.h"
#include "shim/core/transfer.h"
#include "shim/core/user.h"

static int64_t socket_take(struct file **out, uint64_t fd)
{
    struct file *f = file_take(fd);

    *out = NULL;
    if (f == NULL)
        return -LINUX_EBADF;
    if (!file_is_socket(f)) {
        file_give(f);
        return -LINUX_ENOTSOCK;
    }
    *out = f;
    return 0;
}

/* The peer has no name: an address of its family alone, as an unnamed Unix
 * socket has it (unix(7)). */
static int64_t peer_write(uint64_t to, uint64_t size_at)
{
    const uint16_t family = 1; /* AF_UNIX */
    uint32_t room;
    uint32_t size = sizeof family;

    if (to == 0)
        return 0;
    if (!user_read(&room, size_at, sizeof room))
        return -LINUX_EFAULT;
    if (room > INT32_MAX)
        return -LINUX_EINVAL;
    if (!user_write(to, &family, num_min(room, sizeof family)) ||
        !user_write(size_at, &size, sizeof size))
        return -LINUX_EFAULT;
    return 0;
}

static int64_t accept_one(struct file *listener, uint32_t flags)
{
    bool waits = (file_flags(listener) & LINUX_O_NONBLOCK) == 0;
    struct gate_ask a = { .call = GATE_STREAM_ACCEPT,
                          .args = { listener->handle, waits ? 0 : GATE_NOWAIT } };
    struct file *f = file_new(); /* before the host gives what we could not keep */
    int64_t fd;

    if (f == NULL)
        return -LINUX_ENOMEM;
    (void)stream_flush();
    (void)gate_stage(&cpu_here()->gate);
    if (ask_host(&a) != GATE_OK) {
        file_give(f);
        return -ask_errno(a.refusal);
    }
    if (a.value >= GATE_HANDLES_MAX || !handle_take((uint32_t)a.value))
        ask_lied("ACCEPT gives a handle that is in use");
    f->kind = GATE_HANDLE_STREAM;
    f->type = GATE_TYPE_SOCKET;
    f->handle = (uint32_t)a.value;
    f->flags = LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK);
    fd = file_install(f, 0, (flags & LINUX_O_CLOEXEC) != 0);
    if (fd < 0)
        file_give(f);
    return fd;
}

static int64_t accept_fd(const struct call *c, uint32_t flags)
{
    struct file *f;
    int64_t r;

    if ((flags & ~(LINUX_O_NONBLOCK | LINUX_O_CLOEXEC)) != 0)
        return -LINUX_EINVAL;
    r = socket_take(&f, c->a[0]);
    if (r < 0)
        return r;
    r = f->kind == GATE_HANDLE_LISTENER ? accept_one(f, flags) : -LINUX_EINVAL;
    file_give(f);
    if (r >= 0) {
        int64_t named = peer_write(c->a[1], c->a[2]);

        if (named < 0) {
            const struct call gone = { .a = { (uint64_t)r } };

            call_close(&gone);
            return named;
        }
    }
    return r;
}

int64_t call_accept(const struct call *c) { return accept_fd(c, 0); }
int64_t call_accept4(const struct call *c) { return accept_fd(c, (uint32_t)c->a[3]); }

static int64_t move(uint64_t fd, const struct transfer *t)
{
    struct file *f;
    int64_t r = socket_take(&f, fd);

    if (r < 0)
        return r;
    if ((t->flags & LINUX_MSG_OOB) != 0)
        r = t->is_write ? -LINUX_EOPNOTSUPP : -LINUX_EINVAL;
    else if (!t->is_write && (t->flags & LINUX_MSG_ERRQUEUE) != 0)
        r = -LINUX_EAGAIN;
    else
        r = transfer(f, t);
    file_give(f);
    return r;
}

int64_t call_sendto(const struct call *c)
{
    struct transfer t = {
        .at = c->a[1], .size = c->a[2], .flags = (uint32_t)c->a[3], .is_write = true
    };
    struct file *f;
    int64_t r;

    if (c->a[4] != 0) { /* a connected socket goes where it goes */
        r = socket_take(&f, c->a[0]);
        if (r == 0)
            file_give(f);
        return r < 0 ? r : -LINUX_EISCONN;
    }
    return move(c->a[0], &t);
}

int64_t call_recvfrom(const struct call *c)
{
    const uint32_t none = 0;
    int64_t r = move(
        c->a[0], &(struct transfer){ .at = c->a[1], .size = c->a[2], .flags = (uint32_t)c->a[3] });

    /* A connected stream names no sender (recvfrom(2)). */
    if (r >= 0 && c->a[4] != 0 && !user_write(c->a[5], &none, sizeof none))
        return -LINUX_EFAULT;
    return r;
}

static int64_t message_read(struct linux_msghdr *out, uint64_t from)
{
    if (!user_read(out, from, sizeof *out))
        return -LINUX_EFAULT;
    return out->iov_count > LINUX_IOV_MAX ? -LINUX_EMSGSIZE : 0;
}

int64_t call_sendmsg(const struct call *c)
{
    struct linux_msghdr m;
    struct file *f;
    int64_t r = socket_take(&f, c->a[0]);

    if (r < 0)
        return r;
    file_give(f);
    r = message_read(&m, c->a[1]);
    if (r < 0)
        return r;
    if (m.name != 0 && m.name_size != 0)
        return -LINUX_EISCONN;
    if (m.control_size != 0)
        return -LINUX_EINVAL;
    return move(c->a[0], &(struct transfer){ .at = m.iov,
                                             .size = m.iov_count,
                                             .flags = (uint32_t)c->a[2],
                                             .is_list = true,
                                             .is_write = true });
}

int64_t call_recvmsg(const struct call *c)
{
    struct linux_msghdr m;
    struct file *f;
    int64_t r = socket_take(&f, c->a[0]);

    if (r < 0)
        return r;
    file_give(f);
    r = message_read(&m, c->a[1]);
    if (r < 0)
        return r;
    r = move(c->a[0],
             &(struct transfer){
                 .at = m.iov, .size = m.iov_count, .flags = (uint32_t)c->a[2], .is_list = true });
    if (r < 0)
        return r;
    m.name_size = 0;
    m.control_size = 0;
    m.flags = 0;
    return user_write(c->a[1], &m, sizeof m) ? r : -LINUX_EFAULT;
}

int64_t call_shutdown(const struct call *c)
{
    uint32_t how = (uint32_t)c->a[1];
    struct gate_ask a = { .call = GATE_STREAM_SHUTDOWN };
    struct file *f;
    int64_t r = socket_take(&f, c->a[0]);

    if (r < 0)
        return r;
    if (how > 2) {
        r = -LINUX_EINVAL;
    } else if (f->kind != GATE_HANDLE_STREAM) {
        r = -LINUX_ENOTCONN;
    } else {
        (void)stream_flush();
        (void)gate_stage(&cpu_here()->gate);
        a.args[0] = f->handle;
        a.args[1] = how + 1; /* SHUT_RD is 0 */
        r = ask_host(&a) == GATE_REFUSED_RESET ? -LINUX_ENOTCONN : -ask_errno(a.refusal);
    }
    file_give(f);
    return r;
}

int64_t call_setsockopt(const struct call *c)
{
    struct file *f;
    int64_t r = socket_take(&f, c->a[0]);

    if (r < 0)
        return r;
    file_give(f);
    return -LINUX_ENOPROTOOPT;
}

enum { SOL_SOCKET = 1, SO_TYPE = 3, SO_ERROR = 4, SO_ACCEPTCONN = 30 };

static int64_t option_of(struct file *f, uint32_t level, uint32_t name, int32_t *out)
{
    if (level != SOL_SOCKET)
        return -LINUX_EOPNOTSUPP;
    switch (name) {
    case SO_TYPE: *out = 1; return 0; /* SOCK_STREAM */
    case SO_ACCEPTCONN: *out = f->kind == GATE_HANDLE_LISTENER; return 0;
    case SO_ERROR:
        (void)stream_flush();
        *out = stream_late(f);
        return 0;
    default: return -LINUX_ENOPROTOOPT;
    }
}

int64_t call_getsockopt(const struct call *c)
{
    struct file *f;
    int32_t value = 0;
    uint32_t room;
    int64_t r = socket_take(&f, c->a[0]);

    if (r < 0)
        return r;
    r = option_of(f, (uint32_t)c->a[1], (uint32_t)c->a[2], &value);
    file_give(f);
    if (r < 0)
        return r;
    if (!user_read(&room, c->a[4], sizeof room))
        return -LINUX_EFAULT;
    if (room > INT32_MAX)
        return -LINUX_EINVAL;
    room = (uint32_t)num_min(room, sizeof value);
    if (!user_write(c->a[3], &value, room) || !user_write(c->a[4], &room, sizeof room))
        return -LINUX_EFAULT;
    return 0;
}

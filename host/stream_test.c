#define _GNU_SOURCE

#include "host/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"

static struct stream_table table;

struct turns {
    struct stream *listener;
    atomic_uint taken;
    atomic_bool over;
};

static struct stream *adopt(int fd, enum gate_handle_kind kind, struct gate_handle *h)
{
    *h = (struct gate_handle){ 0 };
    if (!CHECK_EQ(stream_adopt(&table, fd, kind, h), 0))
        exit(check_done());
    return stream_take(&table, h->handle);
}

static void drop(struct stream *s, const struct gate_handle *h)
{
    stream_give(&table, s);
    CHECK(stream_close(&table, h->handle));
}

static void pipes(void)
{
    struct gate_handle in, out;
    struct stream *r, *w;
    static char room[1 << 17];
    int ends[2];
    ssize_t put;

    CASE("a pipe that nobody reads or writes does not block, and keeps its flags");
    CHECK_EQ(pipe(ends), 0);
    r = adopt(ends[0], GATE_HANDLE_STREAM, &in);
    w = adopt(ends[1], GATE_HANDLE_STREAM, &out);
    CHECK_EQ(in.type, GATE_TYPE_PIPE);
    CHECK_EQ(in.flags, GATE_HANDLE_READ);
    CHECK_EQ(out.flags, GATE_HANDLE_WRITE);
    CHECK_EQ(stream_read(r, room, sizeof room, false), -EAGAIN);
    while ((put = stream_write(w, room, sizeof room)) > 0)
        ;
    CHECK_EQ(put, -EAGAIN);
    CHECK_EQ(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);

    CASE("the end of a pipe, and nobody at its other end");
    CHECK(stream_read(r, room, sizeof room, false) > 0);
    close(ends[0]);
    drop(r, &in);
    put = stream_write(w, "x", 1);
    CHECK_EQ(put, -EPIPE);
    CHECK_EQ(stream_refusal(GATE_STREAM_WRITE, EPIPE), GATE_REFUSED_PIPE);
    drop(w, &out);
    close(ends[1]);
}

/* What a template does, which cannot open /proc any more. */
static void pipes_asked(void)
{
    struct stream r = { .users = 1, .kind = GATE_HANDLE_STREAM, .type = GATE_TYPE_PIPE }, w = r;
    static char room[1 << 17];
    int ends[2];
    ssize_t put, all = 0, got;

    CASE("a pipe that cannot be opened again does not block either");
    CHECK_EQ(pipe(ends), 0);
    r.fd = ends[0];
    w.fd = ends[1];
    CHECK_EQ(stream_read(&r, room, sizeof room, false), -EAGAIN);
    while ((put = stream_write(&w, room, sizeof room)) > 0)
        all += put;
    CHECK_EQ(put, -EAGAIN);
    while ((got = stream_read(&r, room, sizeof room, false)) > 0)
        all -= got;
    CHECK_EQ(got, -EAGAIN);
    CHECK_EQ(all, 0);
    close(ends[1]);
    CHECK_EQ(stream_read(&r, room, sizeof room, false), 0);
    close(ends[0]);
}

static void terminals(void)
{
    struct gate_handle h;
    struct stream *s;
    int control, terminal, other;
    char room[16];

    CASE("a terminal");
    CHECK_EQ(openpty(&control, &terminal, NULL, NULL, NULL), 0);
    s = adopt(terminal, GATE_HANDLE_STREAM, &h);
    CHECK_EQ(h.type, GATE_TYPE_TERMINAL);
    CHECK_EQ(stream_read(s, room, sizeof room, false), -EAGAIN);
    CHECK_EQ(write(control, "hi\n", 3), 3);
    CHECK_EQ(stream_read(s, room, sizeof room, false), 3);
    CHECK_EQ(fcntl(terminal, F_GETFL) & O_NONBLOCK, 0);
    drop(s, &h);
    close(terminal);

    CASE("the other side of a terminal is not another terminal");
    CHECK_EQ(openpty(&other, &terminal, NULL, NULL, NULL), 0);
    s = adopt(other, GATE_HANDLE_STREAM, &h);
    CHECK_EQ(stream_read(s, room, sizeof room, false), -EAGAIN);
    CHECK_EQ(write(terminal, "x", 1), 1);
    CHECK_EQ(stream_read(s, room, sizeof room, false), 1);
    CHECK_EQ(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
    drop(s, &h);
    close(other);
    close(control);
    close(terminal);
}

static void sockets(void)
{
    struct gate_handle h;
    struct stream *s;
    int pair[2];
    char room[16];

    CASE("a connected socket");
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    s = adopt(pair[0], GATE_HANDLE_STREAM, &h);
    CHECK_EQ(h.type, GATE_TYPE_SOCKET);
    CHECK_EQ(stream_read(s, room, sizeof room, false), -EAGAIN);
    CHECK_EQ(write(pair[1], "abc", 3), 3);
    CHECK_EQ(stream_read(s, room, 2, true), 2);
    CHECK_EQ(stream_read(s, room, sizeof room, false), 3);
    CHECK_EQ(stream_shutdown(s, 2), 0);
    CHECK_EQ(read(pair[1], room, 1), 0);
    CHECK_EQ(stream_shutdown(s, 4), -EINVAL);
    close(pair[1]);
    CHECK_EQ(stream_write(s, "x", 1), -EPIPE);
    CHECK_EQ(stream_accept(&table, s), -EINVAL);
    drop(s, &h);
    close(pair[0]);
}

static void listeners(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    struct gate_handle h;
    struct stream *s, *made;
    int listener = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t handle;

    CASE("a listener");
    CHECK_EQ(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(listener, 4), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    s = adopt(listener, GATE_HANDLE_LISTENER, &h);
    CHECK_EQ(stream_accept(&table, s), -EAGAIN);
    CHECK_EQ(stream_read(s, &size, 1, false), -EINVAL);
    CHECK_EQ(connect(other, (struct sockaddr *)&address, sizeof address), 0);
    handle = stream_accept(&table, s);
    CHECK(handle >= 0 && handle != (ssize_t)h.handle);
    made = stream_take(&table, (uint64_t)handle);
    CHECK_EQ(write(other, "q", 1), 1);
    CHECK_EQ(made->type, GATE_TYPE_SOCKET);
    stream_give(&table, made);
    CHECK(stream_close(&table, (uint64_t)handle));
    CHECK(!stream_close(&table, (uint64_t)handle));
    drop(s, &h);
    close(listener);
    close(other);
}

static void handles(void)
{
    struct gate_handle h;
    struct stream *s, *again;
    int ends[2];

    CASE("a handle that is closed while it is used goes with its last user");
    CHECK_EQ(pipe(ends), 0);
    s = adopt(ends[1], GATE_HANDLE_STREAM, &h);
    CHECK(stream_close(&table, h.handle));
    CHECK_NULL(stream_take(&table, h.handle));
    CHECK(fcntl(s->fd, F_GETFD) >= 0);
    stream_give(&table, s);
    CHECK_EQ(table.item[h.handle].users, 0);

    CASE("numbers that are no handles");
    CHECK_NULL(stream_take(&table, 77));
    CHECK_NULL(stream_take(&table, GATE_HANDLES_MAX));
    CHECK_NULL(stream_take(&table, UINT64_MAX));
    again = stream_take(&table, h.handle);
    CHECK_NULL(again);
    close(ends[0]);
    close(ends[1]);

    CASE("all handles taken");
    for (uint32_t i = 0; i < GATE_HANDLES_MAX; i++)
        table.item[i].users++;
    CHECK_EQ(stream_adopt(&table, 2, GATE_HANDLE_STREAM, &h), EMFILE);
    for (uint32_t i = 0; i < GATE_HANDLES_MAX; i++)
        table.item[i].users--;
    CHECK_EQ(stream_adopt(&table, 9999, GATE_HANDLE_STREAM, &h), EBADF);
}

static void blocks(void)
{
    int fd = memfd_create("block", MFD_CLOEXEC), ends[2];
    struct gate_handle h;
    struct stream *s;
    char room[8];

    CASE("a block file");
    CHECK_EQ(ftruncate(fd, 100), 0);
    s = adopt(fd, GATE_HANDLE_BLOCK, &h);
    CHECK_EQ(h.size, 100);
    CHECK_EQ(stream_block_write(s, "hello", 5, 98), 5);
    CHECK_EQ(stream_block_control(s, GATE_BLOCK_SIZE, 0), 103);
    CHECK_EQ(stream_block_read(s, room, sizeof room, 98), 5);
    CHECK_EQ(stream_block_read(s, room, sizeof room, 103), 0);
    CHECK_EQ(stream_block_control(s, GATE_BLOCK_RESIZE, 7), 0);
    CHECK_EQ(stream_block_control(s, GATE_BLOCK_FLUSH, 0), 0);
    CHECK_EQ(stream_block_control(s, 4, 0), -EINVAL);
    CHECK_EQ(stream_block_read(s, room, 1, GATE_BLOCK_SIZE_MAX), -EINVAL);
    CHECK_EQ(stream_block_read(s, room, 1, UINT64_MAX), -EINVAL);
    CHECK_EQ(stream_block_write(s, room, 1, GATE_BLOCK_SIZE_MAX), -EINVAL);
    CHECK_EQ(stream_read(s, room, 1, false), -EINVAL);
    drop(s, &h);

    CASE("a block file grows to its limit, and one that is longer stays as it is");
    s = adopt(fd, GATE_HANDLE_BLOCK, &h);
    stream_limit(&table, &h, 10);
    CHECK_EQ(stream_block_write(s, "abc", 3, 7), 3);
    CHECK_EQ(stream_block_write(s, "abc", 3, 8), -ENOSPC);
    CHECK_EQ(stream_block_control(s, GATE_BLOCK_RESIZE, 11), -ENOSPC);
    CHECK_EQ(stream_block_control(s, GATE_BLOCK_RESIZE, 10), 0);
    stream_limit(&table, &h, 1);
    CHECK_EQ(stream_block_write(s, "a", 1, 6), 1);
    stream_limit(&table, &h, UINT64_MAX);
    CHECK_EQ(stream_block_write(s, room, 1, GATE_BLOCK_SIZE_MAX), -EINVAL);
    drop(s, &h);
    close(fd);
    CHECK_EQ(pipe(ends), 0);
    CHECK_EQ(stream_adopt(&table, ends[0], GATE_HANDLE_BLOCK, &h), EINVAL);
    close(ends[0]);
    close(ends[1]);
}

static void polls(void)
{
    struct gate_handle in, out;
    struct stream *r, *w;
    struct gate_poll p[3];
    struct pollfd waits[2];
    int ends[2];

    CASE("poll says what is there, and how much");
    CHECK_EQ(pipe(ends), 0);
    r = adopt(ends[0], GATE_HANDLE_STREAM, &in);
    w = adopt(ends[1], GATE_HANDLE_STREAM, &out);
    p[0] = (struct gate_poll){ .handle = in.handle, .wanted = GATE_POLL_READ, .ready = 99 };
    p[1] = (struct gate_poll){ .handle = out.handle, .wanted = GATE_POLL_WRITE };
    p[2] = (struct gate_poll){ .handle = 4000, .wanted = GATE_POLL_READ };
    CHECK_EQ(stream_poll(&table, p, 1), 0);
    CHECK_EQ(p[0].ready, 0);
    CHECK_EQ(stream_poll(&table, p, 3), 2);
    CHECK_EQ(p[1].ready, GATE_POLL_WRITE);
    CHECK_EQ(p[2].ready, GATE_POLL_ERROR);
    CHECK_EQ(stream_poll_wait(&table, p, 3, waits, 2), 2);
    CHECK_EQ(stream_poll_wait(&table, p, 3, waits, 1), 1);
    CHECK_EQ(stream_write(w, "12345", 5), 5);
    CHECK_EQ(stream_poll(&table, p, 1), 1);
    CHECK_EQ(p[0].ready, GATE_POLL_READ);
    CHECK_EQ(p[0].size, 5);
    drop(w, &out);
    close(ends[1]);
    CHECK_EQ(stream_poll(&table, p, 1), 1);
    CHECK_EQ(p[0].ready, GATE_POLL_READ | GATE_POLL_HANGUP);
    drop(r, &in);
    close(ends[0]);
}

static void refusals(void)
{
    struct gate_handle h;
    int full = open("/dev/full", O_WRONLY);
    struct stream *s;

    CASE("errors are refusals that the call may have");
    CHECK_EQ(stream_refusal(GATE_STREAM_READ, ENOSPC), GATE_REFUSED_IO);
    CHECK_EQ(stream_refusal(GATE_STREAM_WRITE, ENOSPC), GATE_REFUSED_NOSPC);
    CHECK_EQ(stream_refusal(GATE_STREAM_READ, ECONNRESET), GATE_REFUSED_RESET);
    CHECK_EQ(stream_refusal(GATE_STREAM_ACCEPT, EMFILE), GATE_REFUSED_NOMEM);
    CHECK_EQ(stream_refusal(GATE_BLOCK_READ, EPIPE), GATE_REFUSED_IO);
    CHECK_EQ(stream_refusal(GATE_STREAM_WRITE, 12345), GATE_REFUSED_IO);
    if (full < 0) {
        CASE_SKIP("no /dev/full");
        return;
    }
    s = adopt(full, GATE_HANDLE_STREAM, &h);
    CHECK_EQ(h.type, GATE_TYPE_CHARACTER);
    CHECK_EQ(stream_write(s, "x", 1), -ENOSPC);
    drop(s, &h);
    close(full);
}

/* Two threads on one listener, one connection at a time: the one that comes too late
 * must not sleep until the next. */
static void *accept_turns(void *at)
{
    struct turns *t = at;

    while (!atomic_load(&t->over)) {
        ssize_t made = stream_accept(&table, t->listener);

        if (made >= 0) {
            (void)stream_close(&table, (uint64_t)made);
            atomic_fetch_add(&t->taken, 1);
        }
    }
    return NULL;
}

static void accepting(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    struct turns t = { 0 };
    struct gate_handle h;
    pthread_t threads[2];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CASE("threads that accept on one listener do not block each other");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(fd, 8), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    t.listener = adopt(fd, GATE_HANDLE_LISTENER, &h);
    for (size_t i = 0; i < 2; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, accept_turns, &t), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);

        CHECK_EQ(connect(client, (struct sockaddr *)&address, sizeof address), 0);
        while (atomic_load(&t.taken) <= i)
            sched_yield();
        close(client);
    }
    alarm(20); /* one that sleeps is not joined */
    atomic_store(&t.over, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    alarm(0);
    drop(t.listener, &h);
    close(fd);
}

/* Last: the table is of no use afterwards. */
static void the_end(void)
{
    struct gate_handle h;
    struct stream *s;
    int ends[2];
    char c;

    CASE("at the end every descriptor is given up, those in use as well");
    CHECK_EQ(pipe(ends), 0);
    s = adopt(ends[1], GATE_HANDLE_STREAM, &h);
    close(ends[1]);
    stream_close_all(&table);
    CHECK_EQ(read(ends[0], &c, 1), 0); /* nobody can write any more */
    CHECK_EQ(stream_write(s, "x", 1), -EBADF);
    stream_give(&table, s);
    CHECK_EQ(stream_adopt(&table, ends[0], GATE_HANDLE_STREAM, &h), EMFILE);
    close(ends[0]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    stream_table_init(&table);
    pipes();
    pipes_asked();
    terminals();
    sockets();
    listeners();
    handles();
    blocks();
    polls();
    refusals();
    accepting();
    the_end();
    return check_done();
}

#define _GNU_SOURCE

#include "host/pool_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/files.h"
#include "host/pool_wire.h"

/* For a process that has said its last word. */
#define GONE_WAIT_MS 5000

struct sent {
    int fds[POOL_FDS_MAX];
    uint32_t count;
};

/* From our number to the one that the keep will know it by. */
static void fd_add(struct sent *s, uint32_t *fd)
{
    s->fds[s->count] = (int)*fd;
    *fd = s->count++;
}

static void fd_restore(struct sent *s, uint32_t *fd) { *fd = (uint32_t)s->fds[*fd]; }

static uint32_t fds_needed(const struct launch *l)
{
    return POOL_FDS_LEAST + 2 * l->images_count + l->sockets_count + l->volumes_count +
           l->has_report;
}

/* There is room for all: fds_needed was asked. */
static void fds_each(struct sent *s, struct launch *l, void (*each)(struct sent *, uint32_t *))
{
    each(s, &l->module_fd);
    for (uint32_t i = 0; i < l->images_count; i++) {
        each(s, &l->images[i].fd);
        if (l->images[i].has_output)
            each(s, &l->images[i].output_fd);
    }
    for (uint32_t i = 0; i < l->sockets_count; i++)
        each(s, &l->sockets[i].fd);
    for (uint32_t i = 0; i < l->volumes_count; i++)
        each(s, &l->volumes[i].fd);
    if (l->has_report)
        each(s, &l->report_fd);
}

/* The record with the keep's numbers, in a file of its own. */
static enum err record_make(struct sent *s, struct launch *l, uint32_t *size, struct note *note)
{
    uint8_t *room = malloc(LAUNCH_SIZE_MAX);
    struct writer w = writer_of(room, room == NULL ? 0 : LAUNCH_SIZE_MAX);
    enum err e = ERR_LIMIT;

    fds_each(s, l, fd_add);
    launch_write(&w, l);
    fds_each(s, l, fd_restore);
    if (room == NULL || !writer_ok(&w))
        note_set(note, "arguments and environment are larger than %u bytes", LAUNCH_SIZE_MAX);
    else
        e = files_sealed(&s->fds[POOL_RECORD_FD], "launch", writer_bytes(&w), note);
    *size = (uint32_t)writer_bytes(&w).size;
    free(room);
    return e;
}

static enum err request_send(int connection, const struct sent *s, uint32_t record_size,
                             struct note *note)
{
    struct pool_request request = { POOL_MAGIC, POOL_VERSION, s->count, record_size };
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * POOL_FDS_MAX)];
    } control = { 0 };
    struct iovec v = { .iov_base = &request, .iov_len = sizeof request };
    struct msghdr m = { .msg_iov = &v,
                        .msg_iovlen = 1,
                        .msg_control = &control,
                        .msg_controllen = CMSG_SPACE(sizeof(int) * s->count) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * s->count);
    memcpy(CMSG_DATA(c), s->fds, sizeof(int) * s->count);
    if (sendmsg(connection, &m, MSG_NOSIGNAL) == (ssize_t)sizeof request)
        return ERR_OK;
    note_set_errno(note, errno, "cannot send the workload to the pool");
    return ERR_IO;
}

static bool reply_read(int connection, struct pool_reply *r)
{
    ssize_t got;

    do {
        got = recv(connection, r, sizeof *r, 0);
    } while (got < 0 && errno == EINTR);
    r->text[sizeof r->text - 1] = '\0';
    return got == (ssize_t)sizeof *r;
}

static enum err started_wait(int connection, struct note *note)
{
    struct pool_reply r;

    if (!reply_read(connection, &r)) {
        note_set(note, "the pool's keep ended before it began");
        return ERR_IO;
    }
    if (r.kind == POOL_STARTED)
        return ERR_OK;
    note_set(note, "the pool refused: %s%s%s", r.text, r.code != 0 ? ": " : "",
             r.code != 0 ? strerror(r.code) : "");
    return ERR_IO;
}

static enum err connect_to(int *out, const char *path, struct note *note)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd >= 0 && strlen(path) < sizeof address.sun_path) {
        memcpy(address.sun_path, path, strlen(path)); /* the rest is zero */
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
            *out = fd;
            return ERR_OK;
        }
    }
    note_set_errno(note, errno, "cannot reach the pool at %s", path);
    if (fd >= 0)
        close(fd);
    return ERR_IO;
}

/* A terminal under a description that does not block: a template has no /proc to open
 * it again by itself, and a terminal that nobody reads would hold its threads. Else, and
 * where it is another user's, the descriptor as it is. */
static int stdio_open(int fd)
{
    int flags = fcntl(fd, F_GETFL), made = -1;
    struct stat st;
    char path[32];

    /* The controlling side of a pseudo-terminal would be that of another one. */
    if (flags >= 0 && isatty(fd) && fstat(fd, &st) == 0 && st.st_rdev != makedev(5, 2)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        made = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    return made >= 0 ? made : fd;
}

static enum err workload_send(int connection, struct launch *l, struct note *note)
{
    struct sent s = { .fds = { stdio_open(0), stdio_open(1), stdio_open(2), -1 },
                      .count = POOL_RECORD_FD + 1 };
    uint32_t size = 0;
    enum err e = record_make(&s, l, &size, note);

    if (e == ERR_OK)
        e = request_send(connection, &s, size, note);
    for (int i = 0; i <= (int)POOL_RECORD_FD; i++)
        if (s.fds[i] > 2)
            close(s.fds[i]);
    return e;
}

enum err pool_client_start(int *connection, const char *path, struct launch *launch,
                           struct note *note)
{
    int made = -1;
    enum err e;

    if (fds_needed(launch) > POOL_FDS_MAX) {
        note_set(note, "a pool takes no more than %u descriptors", POOL_FDS_MAX);
        return ERR_LIMIT;
    }
    TRY(connect_to(&made, path, note));
    e = workload_send(made, launch, note);
    if (e == ERR_OK)
        e = started_wait(made, note);
    if (e == ERR_OK) {
        *connection = made;
        return ERR_OK;
    }
    if (launch->sockets_count + launch->volumes_count > 0)
        pool_client_gone(made);
    close(made);
    return e;
}

void pool_client_gone(int connection)
{
    struct pollfd p = { .fd = connection, .events = POLLIN };
    struct pool_reply r;

    (void)shutdown(connection, SHUT_WR); /* one that has not ended ends by that */
    while (poll(&p, 1, GONE_WAIT_MS) > 0 && recv(connection, &r, sizeof r, MSG_DONTWAIT) > 0)
        ;
}

void pool_client_signal(int connection, int number)
{
    struct pool_signal s = { .number = (uint32_t)number };

    (void)send(connection, &s, sizeof s, MSG_NOSIGNAL | MSG_DONTWAIT);
}

enum err pool_client_wait(int connection, struct keep_end *end)
{
    struct pool_reply r;

    if (!reply_read(connection, &r) || r.kind != POOL_ENDED) {
        note_set(&end->why, "the pool or its keep is gone, and nothing tells how the keep ended");
        return ERR_IO;
    }
    *end = (struct keep_end){
        .code = r.code & 255,
        .cpu_us = r.cpu_us,
        .peak_bytes = r.peak_bytes,
        .exits = r.exits,
        .calls = r.calls,
    };
    if (r.text[0] != '\0')
        note_set(&end->why, "%s", r.text);
    return ERR_OK;
}

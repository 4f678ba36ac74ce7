#define _GNU_SOURCE

#include "host/backend/kvm/template.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/kvm/confine.h"
#include "host/backend/kvm/run.h"
#include "host/pool_wire.h"

/* A client that connects and says nothing costs one template, for so long. */
#define CLIENT_WAIT_MS 5000

static struct launch launch; /* one workload, once */

void template_prepare(void) { launch_init(&launch); }

static void reply(int fd, enum pool_kind kind, int code, const char *text)
{
    struct pool_reply r = { .kind = kind, .code = code };

    if (text != NULL)
        strncpy(r.text, text, sizeof r.text - 1);
    (void)send(fd, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT); /* else it has gone */
}

_Noreturn static void refuse(int fd, int error, const char *text)
{
    reply(fd, POOL_FAILED, error, text);
    _exit(LAUNCH_EXIT_SOFTWARE);
}

static int client_accept(const struct loader *l)
{
    for (;;) {
        int fd = accept4(l->plan->listen_fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0)
            return fd;
        if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
            _exit(LAUNCH_EXIT_SOFTWARE);
    }
}

/* The request, and its descriptors; those of a message that is wrong are gone with
 * this process. */
static void request_take(int client, struct pool_request *out, int fds[POOL_FDS_MAX])
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * POOL_FDS_MAX)];
    } control;
    struct iovec v = { .iov_base = out, .iov_len = sizeof *out };
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    struct pollfd p = { .fd = client, .events = POLLIN };
    const struct cmsghdr *c;

    if (poll(&p, 1, CLIENT_WAIT_MS) <= 0 ||
        recvmsg(client, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != (ssize_t)sizeof *out)
        refuse(client, EPROTO, "no request came");
    c = CMSG_FIRSTHDR(&m);
    if (out->magic != POOL_MAGIC || out->version != POOL_VERSION)
        refuse(client, EPROTO, "a request of another version");
    if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || c == NULL || c->cmsg_level != SOL_SOCKET ||
        c->cmsg_type != SCM_RIGHTS || out->fds_count < POOL_FDS_LEAST ||
        out->fds_count > POOL_FDS_MAX || c->cmsg_len != CMSG_LEN(sizeof(int) * out->fds_count))
        refuse(client, EPROTO, "a request without its descriptors");
    memcpy(fds, CMSG_DATA(c), sizeof(int) * out->fds_count);
}

static void record_read(int client, int fd, uint32_t size)
{
    uint8_t *room = size <= LAUNCH_SIZE_MAX ? malloc(size) : NULL;
    size_t done = 0;

    if (room == NULL)
        refuse(client, ENOMEM, "a launch record that is too large");
    while (done < size) {
        ssize_t got = pread(fd, room + done, size - done, (off_t)done);

        if (got <= 0)
            refuse(client, got < 0 ? errno : EIO, "the launch record");
        done += (size_t)got;
    }
    if (launch_parse(&launch, (struct bytes){ room, size }) != ERR_OK)
        refuse(client, EPROTO, "the launch record is malformed");
}

/* From the number in the record to the descriptor that came for it. */
static void fd_map(int client, uint32_t *fd, const int *fds, uint32_t count)
{
    if (*fd <= POOL_RECORD_FD || *fd >= count)
        refuse(client, EBADF, "the record names a descriptor that was not sent");
    *fd = (uint32_t)fds[*fd];
}

static void fds_map(int client, struct launch *l, const int *fds, uint32_t count)
{
    fd_map(client, &l->module_fd, fds, count);
    for (uint32_t i = 0; i < l->images_count; i++) {
        fd_map(client, &l->images[i].fd, fds, count);
        if (l->images[i].has_output)
            fd_map(client, &l->images[i].output_fd, fds, count);
    }
    for (uint32_t i = 0; i < l->sockets_count; i++)
        fd_map(client, &l->sockets[i].fd, fds, count);
    for (uint32_t i = 0; i < l->volumes_count; i++)
        fd_map(client, &l->volumes[i].fd, fds, count);
    if (l->has_report)
        fd_map(client, &l->report_fd, fds, count);
}

static void workload_take(struct loader *l, int client)
{
    struct pool_request request;
    struct note note = { 0 };
    int fds[POOL_FDS_MAX], error;

    request_take(client, &request, fds);
    record_read(client, fds[POOL_RECORD_FD], request.record_size);
    if (claims_check(&launch, &note) != ERR_OK)
        refuse(client, EOPNOTSUPP, note.text);
    if (claims_memory_max(&launch) > l->vm.ram_max)
        refuse(client, ENOMEM,
               "memory, folders and volumes beyond what the keeps of this pool may have; ask for "
               "less, or run without the pool");
    l->vm.ram_max = num_max(claims_memory_max(&launch), l->vm.ram_size);
    fds_map(client, &launch, fds, request.fds_count);
    error = claims_make(&l->claims, &launch, fds, &l->vm, &l->streams, &note);
    if (error != 0)
        refuse(client, error, note.text);
    for (uint32_t i = 0; i < request.fds_count; i++)
        close(fds[i]); /* the streams have their own by now */
    error = kvm_confine_memory(l);
    if (error != 0)
        refuse(client, error, "resource limits");
}

/* Whether the client has said something already. */
static bool is_spoken(int client)
{
    struct pollfd p = { .fd = client, .events = POLLIN };

    return poll(&p, 1, 0) > 0;
}

void template_wait(struct loader *l)
{
    bool soon;
    int client;

    loader_tell(l, KVM_STEP_READY, false, 0, NULL);
    client = client_accept(l);
    /* The pool makes another template as soon as it hears that this one is taken: it
     * must not take the processor from a client that is served at once, nor wait for
     * one that keeps silent. */
    soon = is_spoken(client);
    if (!soon)
        loader_tell(l, KVM_STEP_TAKEN, false, 0, NULL);
    workload_take(l, client);
    reply(client, POOL_STARTED, 0, NULL);
    if (soon)
        loader_tell(l, KVM_STEP_TAKEN, false, 0, NULL);
    atomic_store(&l->client_fd, client);
    close(l->plan->listen_fd); /* a used keep is never handed on */
    atomic_store(&l->has_claims, true);
    loader_watch_kick(l);
}

void template_client(struct loader *l)
{
    struct pool_signal s;
    ssize_t got = recv(atomic_load(&l->client_fd), &s, sizeof s, MSG_DONTWAIT);

    if (got == (ssize_t)sizeof s && s.number > 0 && s.number < 65)
        loader_end(l, 128 + (int)s.number, NULL);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        loader_end(l, 128 + SIGHUP, NULL); /* nobody waits for it any more */
}

void template_end(struct loader *l, const struct kvm_word *word)
{
    int client = atomic_load(&l->client_fd);
    struct pool_reply r = {
        .kind = POOL_ENDED,
        .code = word->code,
        .exits = word->exits,
        .calls = word->calls,
        .cpu_us = word->cpu_us,
        .peak_bytes = word->peak_bytes,
    };

    if (client < 0)
        return;
    memcpy(r.text, word->text, sizeof r.text);
    (void)send(client, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

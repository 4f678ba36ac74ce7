#define _GNU_SOURCE /* accept4, pthread_timedjoin_np */
#include "host/gdb/session.h"

#include "base/num.h"
#include "gate/debug.h"
#include "host/core_file.h"
#include "host/gdb/server.h"
#include "host/symbol_file.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ATTACH_WAIT_MS 2000
#define THREAD_STACK ((size_t)1 << 20)
#define GOODBYE_S 1 /* for gdb to be told of the end */

struct session {
    struct session_config config;
    struct mailbox *mailbox;
    const struct gdb_target *target;
    bool started;
    bool ended; /* the keep has */
    bool held;  /* it stands still: `stop` says why */
    bool has_core;
    bool has_symbols;
    struct gdb_stop stop;
    pthread_t thread;
    pthread_mutex_t lock; /* of fd */
    int fd;               /* to gdb; -1: none */
    struct gdb_server server;
};

static bool memory_get(const struct session *s, uint64_t at, void *to, size_t size)
{
    uint8_t *bytes = to;
    size_t done = 0;

    while (done < size) {
        size_t got = s->target->read(s->target->context, at + done, bytes + done,
                                     num_min(size - done, DEBUG_PAYLOAD_MAX));

        if (got == 0)
            return false;
        done += got;
    }
    return true;
}

static void symbols_write(const struct session *s, const struct debug_symbols *slot)
{
    uint8_t *text = malloc(slot->size), *file = NULL;
    size_t size = 0, done = 0;

    if (text != NULL && memory_get(s, slot->text, text, slot->size) &&
        symbol_file_make(&file, &size, (struct bytes){ text, slot->size }) == ERR_OK)
        while (done < size) {
            ssize_t n = pwrite(s->config.symbols_fd, file + done, size - done, (off_t)done);

            if (n <= 0)
                break;
            done += (size_t)n;
        }
    free(file);
    free(text);
}

/* At every stop: whether exec has said where the guest's functions are. At the first
 * one it is asked to stop when it has. */
static void symbols_look(void *context)
{
    const uint64_t one = 1;
    struct session *s = context;
    uint64_t at = mailbox_symbols_at(s->mailbox);
    struct debug_symbols slot;

    if (at == 0 || s->has_symbols || !memory_get(s, at, &slot, sizeof slot))
        return;
    if (slot.text == 0) {
        (void)!s->target->write(s->target->context, at + offsetof(struct debug_symbols, stop),
                                (const uint8_t *)&one, sizeof one);
    } else if (slot.size > 0 && slot.size <= SYMBOL_TEXT_MAX) {
        s->has_symbols = true;
        symbols_write(s, &slot);
    }
}

static bool stop_wait(struct session *s, int timeout_ms)
{
    struct pollfd wait = { .fd = s->target->stop_fd, .events = POLLIN };

    return poll(&wait, 1, timeout_ms) == 1 && s->target->stop_take(s->target->context, &s->stop);
}

/* A stop while no debugger is there: the first, the last, or the end. */
static void stop_passive(struct session *s)
{
    struct gdb_resume on;

    if (!s->target->stop_take(s->target->context, &s->stop))
        return;
    if (s->stop.kind == GDB_STOP_EXITED || s->stop.kind == GDB_STOP_KILLED) {
        s->ended = true;
    } else if (s->stop.number == SIGTRAP && s->config.listener >= 0) {
        s->held = true; /* the start: for gdb to come */
    } else {
        if (s->config.core_fd >= 0 && !s->has_core)
            s->has_core = core_file_write(s->config.core_fd, s->target, &s->stop) == ERR_OK;
        on = (struct gdb_resume){ .thread = s->stop.thread, .signal = s->stop.number };
        (void)!s->target->resume(s->target->context, &on, 1);
    }
}

static void serve(struct session *s, int fd)
{
    mailbox_attach(s->mailbox, true);
    if (!s->held) {
        s->target->interrupt(s->target->context);
        if (!stop_wait(s, ATTACH_WAIT_MS)) {
            mailbox_attach(s->mailbox, false);
            return; /* nothing in it runs that could stop */
        }
        if (s->stop.kind == GDB_STOP_EXITED) {
            s->ended = true;
            return;
        }
    }
    s->held = false;
    gdb_server_init(&s->server, s->target, s->stop);
    s->ended = gdb_serve(&s->server, fd) != GDB_DETACHED;
}

static void fd_set_to(struct session *s, int fd)
{
    pthread_mutex_lock(&s->lock);
    s->fd = fd;
    pthread_mutex_unlock(&s->lock);
}

static void *session_main(void *context)
{
    struct session *s = context;

    while (!s->ended) {
        /* A poll of descriptor -1 waits for nothing. */
        struct pollfd wait[2] = { { .fd = s->config.listener, .events = POLLIN },
                                  { .fd = s->target->stop_fd, .events = POLLIN } };

        if (poll(wait, 2, -1) < 0)
            continue;
        if (wait[1].revents != 0) {
            stop_passive(s);
        } else if (wait[0].revents != 0) {
            int fd = accept4(s->config.listener, NULL, NULL, SOCK_CLOEXEC);

            if (fd >= 0) {
                fd_set_to(s, fd);
                serve(s, fd);
                fd_set_to(s, -1);
                close(fd);
            }
        }
    }
    return NULL;
}

enum err session_new(struct session **out, const struct session_config *config)
{
    struct session *s = calloc(1, sizeof *s);
    enum err result;

    if (s == NULL)
        return ERR_NOMEM;
    s->config = *config;
    result = mailbox_new(&s->mailbox, config->ops, config->context, config->listener >= 0,
                         config->core_fd >= 0);
    if (result != ERR_OK) {
        free(s);
        return result;
    }
    s->target = mailbox_target(s->mailbox);
    if (config->symbols_fd >= 0)
        mailbox_on_stop(s->mailbox, symbols_look, s);
    s->fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return ERR_OK;
}

struct mailbox *session_mailbox(struct session *s) { return s->mailbox; }

enum err session_start(struct session *s)
{
    pthread_attr_t attr;
    int error = pthread_attr_init(&attr);

    if (error == 0)
        error = pthread_attr_setstacksize(&attr, THREAD_STACK);
    if (error == 0)
        error = pthread_create(&s->thread, &attr, session_main, s);
    s->started = error == 0;
    return s->started ? ERR_OK : ERR_NOMEM;
}

bool session_has_core(const struct session *s) { return s->has_core; }

/* The thread ends by itself, unless gdb sits at a keep that stood still when it ended:
 * then it is hung up on. */
void session_wait(struct session *s)
{
    struct timespec deadline;

    if (!s->started || pthread_equal(pthread_self(), s->thread))
        return;
    s->started = false;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += GOODBYE_S;
    if (pthread_timedjoin_np(s->thread, NULL, &deadline) == 0)
        return;
    pthread_mutex_lock(&s->lock);
    if (s->fd >= 0)
        shutdown(s->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
}

struct session *session_free(struct session *s)
{
    if (s == NULL)
        return NULL;
    session_wait(s);
    pthread_mutex_destroy(&s->lock);
    mailbox_free(s->mailbox);
    free(s);
    return NULL;
}

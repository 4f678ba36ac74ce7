/* pooled.c: a keep that is already there: one of a pool of VM keeps that have
 * started, and wait for a workload (host/pool.h). */
#define _GNU_SOURCE

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend.h"
#include "host/pool_client.h"

struct keep {
    const char *pool;            /* the caller's */
    const struct launch *launch; /* until start has returned */
    int connection;
    bool lends;  /* a volume or a listener: free for others when the keep is gone */
    int signals; /* a descriptor that says which came */
};

static void pooled_destroy(struct keep *k)
{
    if (k == NULL)
        return;
    if (k->connection >= 0 && k->lends)
        pool_client_gone(k->connection);
    if (k->connection >= 0)
        close(k->connection); /* ends the keep if it still runs */
    if (k->signals >= 0)
        close(k->signals);
    free(k);
}

static enum err pooled_create(struct keep **out, const struct keep_config *config,
                              struct note *note)
{
    struct keep *k;

    if (config->pool == NULL || config->debug) {
        note_set(note,
                 config->debug ? "keeps of a pool are not for debugging" : "no pool was named");
        return ERR_USAGE;
    }
    k = calloc(1, sizeof *k);
    if (k == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    *k = (struct keep){
        .pool = config->pool,
        .launch = config->launch,
        .connection = -1,
        .lends = config->launch->sockets_count + config->launch->volumes_count > 0,
        .signals = -1,
    };
    *out = k;
    return ERR_OK;
}

/* What a terminal or a manager sends this process is for the keep. */
static int signals_take(void)
{
    static const int passed[] = {
        SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
    };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(passed); i++)
        sigaddset(&set, passed[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until the keep runs a signal is this process's own: it may wait long for a pool that
 * has none free, and one that dies takes its keep along. */
static enum err pooled_start(struct keep *k, struct note *lack, struct note *note)
{
    (void)lack;
    /* It is as it was when that returns. */
    TRY(pool_client_start(&k->connection, k->pool, (struct launch *)(uintptr_t)k->launch, note));
    k->signals = signals_take();
    if (k->signals >= 0)
        return ERR_OK;
    note_set_errno(note, errno, "cannot take signals");
    return ERR_IO;
}

static enum err pooled_wait(struct keep *k, struct keep_end *end)
{
    struct signalfd_siginfo info;

    for (;;) {
        struct pollfd polled[2] = { { k->connection, POLLIN, 0 }, { k->signals, POLLIN, 0 } };

        if (poll(polled, COUNT_OF(polled), -1) < 0 && errno != EINTR)
            return ERR_IO;
        if ((polled[1].revents & POLLIN) != 0 &&
            read(k->signals, &info, sizeof info) == (ssize_t)sizeof info)
            pool_client_signal(k->connection, (int)info.ssi_signo);
        if (polled[0].revents != 0)
            return pool_client_wait(k->connection, end);
    }
}

/* It is the pool's machine that matters, and the pool looked at it. */
static void pooled_probe(struct probe_list *out) { (void)out; }

const struct backend backend_pooled = {
    .name = "kvm",
    .isolation = "a virtual machine that was ready; the host can look inside",
    .lacks_folders = true,
    .probe = pooled_probe,
    .create = pooled_create,
    .start = pooled_start,
    .wait = pooled_wait,
    .destroy = pooled_destroy,
};

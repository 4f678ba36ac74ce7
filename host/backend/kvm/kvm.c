/* kvm.c: a keep that is a virtual machine of this machine's KVM.
 *
 * It keeps workloads apart from each other and from the host, and has the shape of
 * every confidential VM. It does not keep the host from looking: its evidence is
 * for development. */
#define _GNU_SOURCE

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend.h"
#include "host/backend/kvm/birth.h"
#include "host/backend/kvm/kvm_probe.h"
#include "host/gdb/debugger.h"

struct keep {
    struct birth birth;
    struct debugger *debugger; /* a debug keep's */
    int signal_fd;             /* signals that wait() passes on */
    bool has_ended;            /* it said so itself */
    bool lends;                /* it holds what others may wait for: see kvm_destroy */
};

/* The lock of a volume and the address of a listener are free when nobody holds them
 * any more, a thread that waits for a connection included: then we wait for the
 * process, not for its word alone. */
static void kvm_destroy(struct keep *k)
{
    if (k == NULL)
        return;
    if (k->has_ended && !k->lends)
        birth_leave(&k->birth);
    else
        birth_end(&k->birth);
    if (k->signal_fd >= 0)
        close(k->signal_fd);
    debugger_free(k->debugger);
    free(k);
}

/* A core file goes to the current folder; where that cannot be written to, a crash
 * leaves none. */
static enum err debugger_make(struct keep *k, const struct keep_config *config,
                              struct kvm_plan *plan, struct note *note)
{
    struct note unwritable = { 0 }, where = { 0 };
    char core[64];
    enum err e;

    if (!config->debug)
        return ERR_OK;
    snprintf(core, sizeof core, "broch.%d.core", (int)getpid());
    e = debugger_open(&k->debugger, config->gdb, core, &unwritable);
    if (e != ERR_OK)
        e = debugger_open(&k->debugger, config->gdb, NULL, &where);
    if (e != ERR_OK) {
        *note = where;
        return e == ERR_IO ? ERR_USAGE : e;
    }
    if (config->gdb_told != NULL)
        *config->gdb_told = note_empty(&where) ? unwritable : where;
    plan->debug = debugger_hooks(k->debugger);
    return ERR_OK;
}

static enum err plan_make(struct kvm_plan *plan, const struct keep_config *config,
                          struct note *note)
{
    *plan = (struct kvm_plan){
        .launch = config->launch,
        .shim_fd = config->shim_fd,
        .exec_fd = config->exec_fd,
        .system_fd = -1,
        .listen_fd = -1,
        .memory_max = claims_memory_max(config->launch),
    };
    TRY(claims_check(config->launch, note));
    TRY(evidence_sim_key_open(&plan->key));
    return birth_device(&plan->system_fd, note);
}

static enum err kvm_create(struct keep **out, const struct keep_config *config, struct note *note)
{
    struct keep *k = calloc(1, sizeof *k);
    struct kvm_plan plan;
    enum err e = ERR_NOMEM;

    if (k == NULL)
        note_set(note, "out of memory");
    else
        k->signal_fd = -1;
    if (k != NULL) {
        k->lends = config->launch->sockets_count + config->launch->volumes_count > 0;
        e = plan_make(&plan, config, note);
    }
    if (e == ERR_OK) {
        e = debugger_make(k, config, &plan, note);
        if (e == ERR_OK)
            e = birth_init(&k->birth, &plan, note);
        else
            close(plan.system_fd);
    }
    if (e != ERR_OK) {
        if (k != NULL)
            debugger_free(k->debugger);
        free(k);
        return e;
    }
    *out = k;
    return ERR_OK;
}

/* Blocks what wait() will take, so that nothing is lost between. */
static enum err signals_hold(struct keep *k, struct note *note)
{
    static const int passed[] = {
        SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
    };
    sigset_t waited;

    sigemptyset(&waited);
    for (size_t i = 0; i < COUNT_OF(passed); i++)
        sigaddset(&waited, passed[i]);
    signal(SIGCHLD, SIG_DFL); /* ignored, as some shells leave it, ends go unseen */
    sigprocmask(SIG_BLOCK, &waited, NULL);
    k->signal_fd = signalfd(-1, &waited, SFD_CLOEXEC | SFD_NONBLOCK);
    if (k->signal_fd >= 0)
        return ERR_OK;
    note_set_errno(note, errno, "cannot take signals");
    return ERR_IO;
}

static enum err kvm_start(struct keep *k, struct note *lack, struct note *note)
{
    TRY(signals_hold(k, note));
    TRY(birth_start(&k->birth, lack, note));
    return birth_wait(&k->birth, lack, note);
}

/* One that was killed, or fell, before it could say a word. */
static enum err status_take(struct keep *k, struct keep_end *end)
{
    struct rusage used;
    int status;
    pid_t pid;

    do {
        pid = wait4(k->birth.loader, &status, 0, &used);
    } while (pid < 0 && errno == EINTR);
    k->birth.loader = 0;
    if (pid < 0)
        return ERR_IO;
    *end = (struct keep_end){
        .code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
        .peak_bytes = (uint64_t)used.ru_maxrss * 1024,
    };
    return ERR_OK;
}

static enum err word_take(struct keep *k, struct keep_end *end)
{
    struct kvm_word word;

    if (!birth_word(&k->birth, &word) || word.step != KVM_STEP_ENDED)
        return status_take(k, end);
    *end = (struct keep_end){
        .code = word.code & 255,
        .cpu_us = word.cpu_us,
        .peak_bytes = word.peak_bytes,
        .exits = word.exits,
        .calls = word.calls,
    };
    if (word.text[0] != '\0')
        note_set(&end->why, "%s", word.text);
    k->has_ended = true;
    return ERR_OK;
}

static void signal_pass(const struct keep *k)
{
    struct signalfd_siginfo info;

    if (read(k->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    /* The terminal's own signals reach every process in the foreground. */
    if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
        kill(k->birth.loader, (int)info.ssi_signo);
}

static enum err kvm_wait(struct keep *k, struct keep_end *end)
{
    for (;;) {
        struct pollfd waits[] = {
            { .fd = k->birth.word_pipe[0], .events = POLLIN },
            { .fd = k->signal_fd, .events = POLLIN },
        };

        if (poll(waits, COUNT_OF(waits), -1) < 0)
            continue; /* interrupted */
        if (waits[1].revents != 0)
            signal_pass(k);
        if (waits[0].revents != 0)
            return word_take(k, end);
    }
}

const struct backend backend_kvm = {
    .name = "kvm",
    .isolation = "a virtual machine; the host can look inside",
    .needs_shim = true,
    .lacks_folders = true,
    .probe = kvm_probe,
    .create = kvm_create,
    .start = kvm_start,
    .wait = kvm_wait,
    .destroy = kvm_destroy,
};

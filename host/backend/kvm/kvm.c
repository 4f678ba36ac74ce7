/* kvm.c: a keep that is a virtual machine of this machine's KVM.
 *
 * It keeps workloads apart from each other and from the host, and has the shape of
 * every confidential VM. It does not keep the host from looking: its evidence is
 * for development. */
#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    sigset_t waited;           /* signals that wait() takes */
};

static void kvm_destroy(struct keep *k)
{
    if (k == NULL)
        return;
    birth_end(&k->birth);
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
        e = plan_make(&plan, config, note);
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
static void signals_hold(struct keep *k)
{
    static const int passed[] = {
        SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
    };

    sigemptyset(&k->waited);
    for (size_t i = 0; i < COUNT_OF(passed); i++)
        sigaddset(&k->waited, passed[i]);
    signal(SIGCHLD, SIG_DFL); /* ignored, as some shells leave it, ends go unseen */
    sigprocmask(SIG_BLOCK, &k->waited, NULL);
}

static enum err kvm_start(struct keep *k, struct note *lack, struct note *note)
{
    signals_hold(k);
    TRY(birth_start(&k->birth, lack, note));
    return birth_wait(&k->birth, lack, note);
}

static void end_fill(struct keep_end *end, int status, const struct rusage *used)
{
    const struct timeval *u = &used->ru_utime, *s = &used->ru_stime;

    end->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    end->cpu_us = (uint64_t)(u->tv_sec + s->tv_sec) * 1000000 + (uint64_t)(u->tv_usec + s->tv_usec);
    end->peak_bytes = (uint64_t)used->ru_maxrss * 1024;
}

/* What the loader said of the end, if it had the time. */
static void end_word(const struct keep *k, struct keep_end *end)
{
    struct kvm_word word;

    if (!birth_word(&k->birth, &word) || word.step != KVM_STEP_ENDED)
        return;
    end->exits = word.exits;
    end->calls = word.calls;
    if (word.text[0] != '\0')
        note_set(&end->why, "%s", word.text);
}

static enum err kvm_wait(struct keep *k, struct keep_end *end)
{
    struct rusage used;
    siginfo_t info;
    int status;

    for (;;) {
        pid_t pid = wait4(k->birth.loader, &status, WNOHANG, &used);
        int number;

        if (pid == k->birth.loader)
            break;
        if (pid < 0 && errno != EINTR)
            return ERR_IO;
        number = sigwaitinfo(&k->waited, &info);
        /* The terminal's own signals reach every process in the foreground. */
        if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
            kill(k->birth.loader, number);
    }
    k->birth.loader = 0;
    end_fill(end, status, &used);
    end_word(k, end);
    return ERR_OK;
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

/* kvm.c: a keep that is a virtual machine of this machine's KVM.
 *
 * It keeps workloads apart from each other and from the host, and has the shape of
 * every confidential VM. It does not keep the host from looking: its evidence is
 * for development. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend.h"
#include "host/backend/kvm/kvm_probe.h"
#include "host/backend/kvm/loader.h"
#include "host/backend/process/space.h"

struct keep {
    struct kvm_plan plan;
    int go_pipe[2];
    int word_pipe[2];
    pid_t loader;
    sigset_t waited; /* signals that wait() takes */
    sigset_t before;
};

struct step_text {
    const char *name;
    const char *cure;
};

static const struct step_text steps[KVM_STEP_COUNT] = {
    [KVM_STEP_PARENT] = { "tie to its parent", NULL },
    [KVM_STEP_VM] = { "making a virtual machine", "see `broch platform`" },
    [KVM_STEP_IMAGE] = { "reading broch-shim and broch-exec",
                         "install both from one build of Broch" },
    [KVM_STEP_MEMORY] = { "giving it memory", "free memory, or raise RLIMIT_AS (ulimit -v)" },
    [KVM_STEP_VCPU] = { "making a virtual processor", "see `broch platform`" },
    [KVM_STEP_FEATURES] = { "the virtual processor's features", "see `broch platform`" },
    [KVM_STEP_REGISTERS] = { "the virtual processor's registers", "see `broch platform`" },
    [KVM_STEP_BELL] = { "the doorbell", "raise RLIMIT_NOFILE (ulimit -n)" },
    [KVM_STEP_CLAIMS] = { "taking what is handed in",
                          "it must be open, and of the kind that was said" },
    [KVM_STEP_SIGNALS] = { "taking signals", NULL },
    [KVM_STEP_ROOT] = { "empty root", NULL },
    [KVM_STEP_CAPABILITIES] = { "dropping capabilities", NULL },
    [KVM_STEP_DESCRIPTORS] = { "closing descriptors", NULL },
    [KVM_STEP_LIMITS] = { "resource limits", NULL },
    [KVM_STEP_LANDLOCK] = { "landlock", NULL },
    [KVM_STEP_FILTER] = { "system call filter", "a kernel with CONFIG_SECCOMP_FILTER" },
    [KVM_STEP_THREADS] = { "starting a thread", "raise the limit of processes (ulimit -u)" },
};

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void kvm_destroy(struct keep *k)
{
    if (k == NULL)
        return;
    if (k->loader > 0) {
        kill(k->loader, SIGKILL);
        while (waitpid(k->loader, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    fd_close(&k->go_pipe[0]);
    fd_close(&k->go_pipe[1]);
    fd_close(&k->word_pipe[0]);
    fd_close(&k->word_pipe[1]);
    fd_close(&k->plan.loader_fd);
    fd_close(&k->plan.system_fd);
    explicit_bzero(&k->plan.key, sizeof k->plan.key);
    free(k);
}

static enum err device_open(struct keep *k, struct note *note)
{
    k->plan.system_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (k->plan.system_fd >= 0)
        return ERR_OK;
    note_set_errno(note, errno, "/dev/kvm");
    note_add(note, "%s", kvm_probe_device_cure(errno));
    return ERR_IO;
}

/* A debug keep without a debugger: why it ended is told in full. */
static const struct kvm_debug debug_plain = { .context = NULL };

static enum err kvm_create(struct keep **out, const struct keep_config *config, struct note *note)
{
    struct keep *k = calloc(1, sizeof *k);
    enum err e;

    if (k == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    k->go_pipe[0] = k->go_pipe[1] = k->word_pipe[0] = k->word_pipe[1] = -1;
    k->plan = (struct kvm_plan){
        .debug = config->debug ? &debug_plain : NULL,
        .launch = config->launch,
        .shim_fd = config->shim_fd,
        .exec_fd = config->exec_fd,
        .system_fd = -1,
        .workload_fd = -1,
        .memory_max = claims_memory_max(config->launch),
        .loader_fd = (int)syscall(SYS_pidfd_open, getpid(), 0),
    };
    e = claims_check(config->launch, note);
    if (e == ERR_OK)
        e = device_open(k, note);
    if (e == ERR_OK)
        e = evidence_sim_key_open(&k->plan.key);
    if (e == ERR_OK && (pipe2(k->go_pipe, O_CLOEXEC) != 0 || pipe2(k->word_pipe, O_CLOEXEC) != 0)) {
        note_set_errno(note, errno, "cannot make a pipe");
        e = ERR_IO;
    }
    if (e != ERR_OK) {
        kvm_destroy(k);
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
    sigprocmask(SIG_BLOCK, &k->waited, &k->before);
}

static pid_t loader_clone(struct keep *k, int spaces)
{
    pid_t pid;

    k->plan.spaces = spaces;
    k->plan.go_fd = k->go_pipe[0];
    k->plan.word_fd = k->word_pipe[1];
    pid = space_clone(spaces);
    if (pid == 0) {
        close(k->go_pipe[1]);
        close(k->word_pipe[0]);
        loader_run(&k->plan);
    }
    return pid;
}

/* All namespaces where they are permitted, else those that are. */
static enum err loader_start(struct keep *k, struct note *lack, struct note *note)
{
    int errors[SPACE_COUNT], spaces = 0;

    for (size_t i = 0; i < SPACE_COUNT; i++)
        spaces |= space_all[i].flag;
    k->loader = loader_clone(k, spaces);
    if (k->loader < 0) {
        spaces = space_permitted(errors);
        for (size_t i = 0; i < SPACE_COUNT; i++)
            if (errors[i] != 0)
                note_add(lack, "%s (%s)", space_all[i].name, strerror(errors[i]));
        k->loader = loader_clone(k, spaces);
    }
    if (k->loader < 0) {
        note_set_errno(note, errno, "cannot start a process");
        return ERR_IO;
    }
    if ((spaces & CLONE_NEWUSER) != 0) {
        int error = space_map_ids(k->loader);

        if (error != 0)
            note_add(lack, "mapped ids (%s)", strerror(error));
    }
    return ERR_OK;
}

static bool word_read(int fd, struct kvm_word *word)
{
    ssize_t got;

    do {
        got = read(fd, word, sizeof *word);
    } while (got < 0 && errno == EINTR);
    word->text[sizeof word->text - 1] = '\0';
    return got == (ssize_t)sizeof *word;
}

static void word_note(struct note *note, const struct kvm_word *word)
{
    const struct step_text *s = &steps[word->step];

    note_set_errno(note, word->error, "the keep did not start: %s%s%s%s", s->name,
                   word->text[0] != '\0' ? " (" : "", word->text,
                   word->text[0] != '\0' ? ")" : "");
    if (s->cure != NULL)
        note_add(note, "cure: %s", s->cure);
}

/* Reads until the keep runs, or is gone. */
static enum err words_read(struct keep *k, struct note *lack, struct note *note)
{
    struct kvm_word word;

    while (word_read(k->word_pipe[0], &word)) {
        if (word.step == KVM_STEP_RUNNING)
            return ERR_OK;
        if (word.step >= KVM_STEP_COUNT)
            break;
        if (word.fatal != 0) {
            word_note(note, &word);
            return ERR_IO;
        }
        note_add(lack, "%s (%s)", steps[word.step].name, strerror(word.error));
    }
    note_set(note, "the keep's loader ended before the keep ran");
    return ERR_IO;
}

static enum err kvm_start(struct keep *k, struct note *lack, struct note *note)
{
    enum err e;

    signals_hold(k);
    e = loader_start(k, lack, note);
    fd_close(&k->go_pipe[0]);
    fd_close(&k->word_pipe[1]);
    fd_close(&k->plan.system_fd);
    if (e == ERR_OK && write(k->go_pipe[1], "", 1) != 1) {
        note_set_errno(note, errno, "the keep's loader is gone");
        e = ERR_IO;
    }
    if (e == ERR_OK)
        e = words_read(k, lack, note);
    fd_close(&k->go_pipe[1]);
    return e;
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

    if (!word_read(k->word_pipe[0], &word) || word.step != KVM_STEP_ENDED)
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
        pid_t pid = wait4(k->loader, &status, WNOHANG, &used);
        int number;

        if (pid == k->loader)
            break;
        if (pid < 0 && errno != EINTR)
            return ERR_IO;
        number = sigwaitinfo(&k->waited, &info);
        /* The terminal's own signals reach every process in the foreground. */
        if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
            kill(k->loader, number);
    }
    k->loader = 0;
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

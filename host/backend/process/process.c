/* process.c: a keep that is a jailed process of this machine.
 *
 * It keeps workloads apart from each other and from the host. It does not keep
 * the host from looking: its evidence is for development. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend.h"
#include "host/backend/process/jail.h"
#include "host/backend/process/space.h"
#include "host/files.h"

/* Writable memory of exec beside the guest's: its own data, compiled code while
 * it is written, threads' stacks. */
#define EXEC_BYTES (512ull << 20)
#define TABLE_ENTRY_BYTES 32u

struct keep {
    struct jail jail;
    int go_pipe[2];
    int word_pipe[2];
    int record_fd;
    pid_t init;
    sigset_t waited; /* signals that wait() takes */
};

static const char *const step_names[STEP_COUNT] = {
    [STEP_USER_NS] = "user namespace",
    [STEP_MOUNT_NS] = "mount namespace",
    [STEP_PID_NS] = "pid namespace",
    [STEP_NET_NS] = "network namespace",
    [STEP_IPC_NS] = "ipc namespace",
    [STEP_UTS_NS] = "uts namespace",
    [STEP_PARENT] = "tie to the loader",
    [STEP_ROOT] = "empty root",
    [STEP_CAPABILITIES] = "dropping capabilities",
    [STEP_FORK] = "second process",
    [STEP_DESCRIPTORS] = "numbering descriptors",
    [STEP_LIMITS] = "resource limits",
    [STEP_LANDLOCK] = "landlock",
    [STEP_FILTER] = "system call filter",
    [STEP_EXECUTE] = "starting broch-exec",
};

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void process_destroy(struct keep *k)
{
    if (k == NULL)
        return;
    if (k->init > 0) {
        kill(k->init, SIGKILL);
        while (waitpid(k->init, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    fd_close(&k->go_pipe[0]);
    fd_close(&k->go_pipe[1]);
    fd_close(&k->word_pipe[0]);
    fd_close(&k->word_pipe[1]);
    fd_close(&k->record_fd);
    fd_close(&k->jail.loader_fd);
    free(k);
}

/* Gives a descriptor of ours the number that exec will know it by. */
static uint32_t fd_hand(struct jail *j, uint32_t fd)
{
    j->fds[j->fds_count] = (int)fd;
    return LAUNCH_FD + j->fds_count++;
}

/* The record that exec reads: ours, with exec's numbers. */
static enum err record_make(struct keep *k, const struct launch *ours, struct note *note)
{
    struct launch *l = malloc(sizeof *l);
    uint8_t *room = malloc(LAUNCH_SIZE_MAX);
    struct writer w = writer_of(room, LAUNCH_SIZE_MAX);
    struct jail *j = &k->jail;
    enum err e = ERR_NOMEM;

    if (l == NULL || room == NULL)
        goto done;
    *l = *ours;
    j->fds_count = 1; /* the record itself, whose descriptor is not there yet */
    l->module_fd = fd_hand(j, l->module_fd);
    for (uint32_t i = 0; i < l->directories_count; i++) {
        j->directories[i].read_only = l->directories[i].read_only;
        l->directories[i].fd = fd_hand(j, l->directories[i].fd);
    }
    j->directories_count = l->directories_count;
    for (uint32_t i = 0; i < l->sockets_count; i++)
        l->sockets[i].fd = fd_hand(j, l->sockets[i].fd);
    for (uint32_t i = 0; i < l->images_count; i++) {
        l->images[i].fd = fd_hand(j, l->images[i].fd);
        if (l->images[i].has_output)
            l->images[i].output_fd = fd_hand(j, l->images[i].output_fd);
    }
    for (uint32_t i = 0; i < l->volumes_count; i++)
        l->volumes[i].fd = fd_hand(j, l->volumes[i].fd);
    if (l->has_report)
        l->report_fd = fd_hand(j, l->report_fd);
    launch_write(&w, l);
    if (!writer_ok(&w)) {
        note_set(note, "arguments and environment are larger than %u bytes", LAUNCH_SIZE_MAX);
        e = ERR_LIMIT;
        goto done;
    }
    e = files_sealed(&k->record_fd, "launch", writer_bytes(&w), note);
    j->fds[0] = k->record_fd;
done:
    free(room);
    free(l);
    return e;
}

/* All folders that live in memory. An image is mapped and costs when it changes; a volume
 * is decrypted first, with up to as much again between its files. */
static bool trees_limit(const struct launch *l, uint64_t *total)
{
    for (uint32_t i = 0; i < l->trees_count; i++)
        if (__builtin_add_overflow(*total, l->trees[i].size_max, total))
            return false;
    for (uint32_t i = 0; i < l->images_count; i++)
        *total += l->images[i].size_max; /* each at most LIMIT_ARCHIVE_CONTENTS */
    for (uint32_t i = 0; i < l->volumes_count; i++)
        *total += 3 * l->volumes[i].size_max;
    return true;
}

static uint64_t data_limit(const struct launch *l)
{
    uint64_t total = EXEC_BYTES, tables;

    if (__builtin_mul_overflow(l->table_elements, TABLE_ENTRY_BYTES, &tables) ||
        __builtin_add_overflow(total, tables, &total) ||
        __builtin_add_overflow(total, l->memory_bytes, &total) ||
        __builtin_add_overflow(total, l->stack_bytes, &total) || total > UINT64_MAX / 2)
        return UINT64_MAX; /* no limit, as asked */
    return trees_limit(l, &total) ? total : UINT64_MAX;
}

static enum err process_create(struct keep **out, const struct keep_config *config,
                               struct note *note)
{
    struct keep *k = calloc(1, sizeof *k);
    enum err e;

    if (k == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    k->go_pipe[0] = k->go_pipe[1] = k->word_pipe[0] = k->word_pipe[1] = -1;
    k->record_fd = -1;
    k->jail.exec_fd = config->exec_fd;
    k->jail.keeps_access = geteuid() == 0;
    k->jail.data_bytes = data_limit(config->launch);
    k->jail.loader_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    e = record_make(k, config->launch, note);
    if (e == ERR_OK && (pipe2(k->go_pipe, O_CLOEXEC) != 0 || pipe2(k->word_pipe, O_CLOEXEC) != 0)) {
        note_set_errno(note, errno, "cannot make a pipe");
        e = ERR_IO;
    }
    if (e != ERR_OK) {
        process_destroy(k);
        return e;
    }
    *out = k;
    return ERR_OK;
}

/* Blocks what wait() will take, so that nothing is lost between. */
static void signals_hold(struct keep *k)
{
    static const int passed[] = {
        SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM,
    };

    sigemptyset(&k->waited);
    for (size_t i = 0; i < COUNT_OF(passed); i++)
        sigaddset(&k->waited, passed[i]);
    signal(SIGCHLD, SIG_DFL); /* ignored, as some shells leave it, ends go unseen */
    sigprocmask(SIG_BLOCK, &k->waited, &k->jail.mask);
}

static pid_t init_clone(struct keep *k, int spaces)
{
    pid_t pid;

    k->jail.spaces = spaces;
    k->jail.go_fd = k->go_pipe[0];
    k->jail.word_fd = k->word_pipe[1];
    pid = space_clone(spaces);
    if (pid == 0) {
        close(k->go_pipe[1]);
        close(k->word_pipe[0]);
        jail_init(&k->jail);
    }
    return pid;
}

/* All namespaces where they are permitted, else those that are. */
static enum err init_start(struct keep *k, struct note *lack, struct note *note)
{
    int errors[SPACE_COUNT], spaces = 0;

    for (size_t i = 0; i < SPACE_COUNT; i++)
        spaces |= space_all[i].flag;
    k->init = init_clone(k, spaces);
    if (k->init < 0) {
        spaces = space_permitted(errors);
        for (size_t i = 0; i < SPACE_COUNT; i++)
            if (errors[i] != 0)
                note_add(lack, "%s (%s)", space_all[i].name, strerror(errors[i]));
        k->init = init_clone(k, spaces);
    }
    if (k->init < 0) {
        note_set_errno(note, errno, "cannot start a process");
        return ERR_IO;
    }
    if ((spaces & CLONE_NEWUSER) != 0) {
        int error = space_map_ids(k->init);

        if (error != 0)
            note_add(lack, "mapped ids (%s)", strerror(error));
    }
    return ERR_OK;
}

/* Reads until the pipe closes: exec runs then, or is gone. */
static enum err words_read(struct keep *k, struct note *lack, struct note *note)
{
    struct jail_word word;
    enum err e = ERR_OK;

    for (;;) {
        ssize_t got = read(k->word_pipe[0], &word, sizeof word);

        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)sizeof word || word.step >= STEP_COUNT)
            return e;
        if (word.fatal != 0) {
            note_set_errno(note, word.error, "the keep did not start: %s", step_names[word.step]);
            e = ERR_IO;
        } else {
            note_add(lack, "%s (%s)", step_names[word.step], strerror(word.error));
        }
    }
}

static enum err process_start(struct keep *k, struct note *lack, struct note *note)
{
    enum err e;

    signals_hold(k);
    e = init_start(k, lack, note);
    fd_close(&k->go_pipe[0]);
    fd_close(&k->word_pipe[1]);
    if (e == ERR_OK && write(k->go_pipe[1], "", 1) != 1) {
        note_set_errno(note, errno, "the keep's first process is gone");
        e = ERR_IO;
    }
    if (e == ERR_OK)
        e = words_read(k, lack, note);
    fd_close(&k->go_pipe[1]);
    fd_close(&k->word_pipe[0]);
    fd_close(&k->record_fd);
    return e;
}

static void end_fill(struct keep_end *end, int status, const struct rusage *used)
{
    const struct timeval *u = &used->ru_utime, *s = &used->ru_stime;

    end->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    end->cpu_us = (uint64_t)(u->tv_sec + s->tv_sec) * 1000000 + (uint64_t)(u->tv_usec + s->tv_usec);
    end->peak_bytes = (uint64_t)used->ru_maxrss * 1024;
}

static enum err process_wait(struct keep *k, struct keep_end *end)
{
    struct rusage used;
    siginfo_t info;
    int status;

    for (;;) {
        pid_t pid = wait4(k->init, &status, WNOHANG, &used);
        int number;

        if (pid == k->init)
            break;
        if (pid < 0 && errno != EINTR)
            return ERR_IO;
        number = sigwaitinfo(&k->waited, &info);
        /* The terminal's own signals reach every process in the foreground. */
        if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
            kill(k->init, number);
    }
    k->init = 0;
    end_fill(end, status, &used);
    return ERR_OK;
}

static void probe_spaces(struct probe_list *out)
{
    int errors[SPACE_COUNT];

    space_permitted(errors);
    for (size_t i = 0; i < SPACE_COUNT; i++)
        probe_add(out, space_all[i].name, false, errors[i],
                  i == 0 ? "allow user namespaces: sysctl user.max_user_namespaces, "
                           "kernel.unprivileged_userns_clone, or the container's seccomp profile"
                         : "run as root, or allow user namespaces");
}

static void probe_memory(struct probe_list *out)
{
    size_t size = (size_t)8 << 30;
    void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    probe_add(out, "8 GiB reservation", false, at == MAP_FAILED ? errno : 0,
              "raise RLIMIT_AS (ulimit -v), or run with --config explicit-bounds");
    if (at != MAP_FAILED)
        munmap(at, size);
}

/* Loads the real filter in a child; a child that cannot says why. */
static int filter_try(void)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return errno;
    if (pid == 0) {
        int error = jail_capabilities_drop(false);

        _exit(error != 0 ? error : jail_filter_exec(0));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static void process_probe(struct probe_list *out)
{
    int version = jail_landlock_version();
    struct note note = { 0 };
    struct probe *p;
    int fd = -1;

    p = probe_add(out, "system call filter", true, filter_try(),
                  "a kernel with CONFIG_SECCOMP_FILTER");
    (void)p;
    probe_spaces(out);
    p = probe_add(out, "landlock", false, version < 0 ? -version : 0,
                  "a kernel with CONFIG_SECURITY_LANDLOCK, and landlock in the lsm= list");
    if (version >= 0) {
        note_set(&note, "version %d", version);
        memcpy(p->detail, note.text, sizeof p->detail - 1);
    }
    probe_add(out, "sealed memory files", true,
              files_sealed(&fd, "probe", BYTES_TEXT("x"), &note) == ERR_OK ? 0 : EPERM,
              "a kernel with CONFIG_MEMFD_CREATE");
    fd_close(&fd);
    probe_memory(out);
}

const struct backend backend_process = {
    .name = "process",
    .isolation = "a jailed process; the host can look inside",
    .probe = process_probe,
    .create = process_create,
    .start = process_start,
    .wait = process_wait,
    .destroy = process_destroy,
};

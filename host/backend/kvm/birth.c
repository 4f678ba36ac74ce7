#define _GNU_SOURCE

#include "host/backend/kvm/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/kvm/kvm_probe.h"
#include "host/backend/process/space.h"

/* Keeps of one process that end at the same time; beyond it, it waits for them. */
#define LEAVING_MAX 64u

struct step_text {
    const char *name;
    const char *cure;
};

static const struct step_text steps[KVM_STEP_COUNT] = {
    [KVM_STEP_PARENT] = { "tie to its parent", NULL },
    [KVM_STEP_VM] = { "making a virtual machine", "see `broch platform`" },
    [KVM_STEP_IMAGE] = { "reading broch-shim and broch-exec",
                         "install both from one build of Broch" },
    [KVM_STEP_MEMORY] = { "giving it memory",
                          "free memory, or raise RLIMIT_AS or RLIMIT_DATA (ulimit -v, -d)" },
    [KVM_STEP_VCPU] = { "making a virtual processor", "see `broch platform`" },
    [KVM_STEP_FEATURES] = { "the virtual processor's features", "see `broch platform`" },
    [KVM_STEP_REGISTERS] = { "the virtual processor's registers", "see `broch platform`" },
    [KVM_STEP_BELL] = { "the doorbell", NULL },
    [KVM_STEP_CLAIMS] = { "taking what is handed in",
                          "it must be open and of the kind that was said" },
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

/* Those that are on their way out. */
static pid_t leaving[LEAVING_MAX];

bool birth_reap(bool waits)
{
    bool left = false;

    for (size_t i = 0; i < LEAVING_MAX; i++) {
        pid_t gone = 1;

        if (leaving[i] > 0)
            do {
                gone = waitpid(leaving[i], NULL, waits ? 0 : WNOHANG);
            } while (gone < 0 && errno == EINTR);
        if (gone != 0)
            leaving[i] = 0;
        left |= leaving[i] != 0;
    }
    return left;
}

static bool leaving_add(pid_t pid)
{
    (void)birth_reap(false);
    for (size_t i = 0; i < LEAVING_MAX; i++)
        if (leaving[i] == 0) {
            leaving[i] = pid;
            return true;
        }
    return false;
}

static void fds_close(struct birth *b)
{
    fd_close(&b->go_pipe[0]);
    fd_close(&b->go_pipe[1]);
    fd_close(&b->word_pipe[0]);
    fd_close(&b->word_pipe[1]);
    fd_close(&b->plan.loader_fd);
    fd_close(&b->plan.system_fd);
    explicit_bzero(&b->plan.key, sizeof b->plan.key);
}

void birth_end(struct birth *b)
{
    if (b->loader > 0) {
        kill(b->loader, SIGKILL);
        while (waitpid(b->loader, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    b->loader = 0;
    fds_close(b);
}

void birth_leave(struct birth *b)
{
    /* It has said all that it had to say; one that sleeps in a call of its own, or
     * that the keep has taken over, would stay. */
    if (b->loader > 0)
        kill(b->loader, SIGKILL);
    if (b->loader > 0 && leaving_add(b->loader))
        b->loader = 0;
    birth_end(b);
}

enum err birth_device(int *fd, struct note *note)
{
    *fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (*fd >= 0)
        return ERR_OK;
    note_set_errno(note, errno, "/dev/kvm");
    note_add(note, "cure: %s", kvm_probe_device_cure(errno));
    return ERR_IO;
}

enum err birth_init(struct birth *b, const struct kvm_plan *plan, struct note *note)
{
    (void)birth_reap(false);
    *b = (struct birth){
        .plan = *plan,
        .go_pipe = { -1, -1 },
        .word_pipe = { -1, -1 },
    };
    b->plan.loader_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    /* A socket takes all that is to be said at once, where a pipe may be one page long. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b->go_pipe) == 0 &&
        pipe2(b->word_pipe, O_CLOEXEC) == 0)
        return ERR_OK;
    note_set_errno(note, errno, "cannot make a pipe");
    birth_end(b);
    return ERR_IO;
}

static pid_t loader_clone(struct birth *b, int spaces)
{
    pid_t pid;

    b->plan.spaces = spaces;
    b->plan.go_fd = b->go_pipe[0];
    b->plan.word_fd = b->word_pipe[1];
    pid = space_clone(spaces);
    if (pid == 0) {
        close(b->go_pipe[1]);
        close(b->word_pipe[0]);
        loader_run(&b->plan);
    }
    return pid;
}

/* All namespaces where they are permitted, else those that are. */
static enum err loader_start(struct birth *b, struct note *lack, struct note *note)
{
    int errors[SPACE_COUNT], spaces = 0;

    for (size_t i = 0; i < SPACE_COUNT; i++)
        spaces |= space_all[i].flag;
    b->loader = loader_clone(b, spaces);
    if (b->loader < 0) {
        spaces = space_permitted(errors);
        for (size_t i = 0; i < SPACE_COUNT; i++)
            if (errors[i] != 0)
                note_add(lack, "%s (%s)", space_all[i].name, strerror(errors[i]));
        b->loader = loader_clone(b, spaces);
    }
    if (b->loader < 0) {
        note_set_errno(note, errno, "cannot start a process");
        return ERR_IO;
    }
    if ((spaces & CLONE_NEWUSER) != 0) {
        int error = space_map_ids(b->loader);

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

void birth_note(struct note *note, const struct kvm_word *word)
{
    const struct step_text *s = &steps[word->step];

    note_set_errno(note, word->error, "the keep did not start: %s%s%s%s", s->name,
                   word->text[0] != '\0' ? " (" : "", word->text, word->text[0] != '\0' ? ")" : "");
    /* What ran out has the same cure at every step. */
    if (word->error == ENOMEM)
        note_add(note, "cure: %s", steps[KVM_STEP_MEMORY].cure);
    else if (s->cure != NULL && word->error != EMFILE)
        note_add(note, "cure: %s", s->cure);
}

/* Reads until the keep runs, or is gone. */
enum err birth_wait(struct birth *b, struct note *lack, struct note *note)
{
    struct kvm_word word;

    while (word_read(b->word_pipe[0], &word)) {
        if (word.step == KVM_STEP_RUNNING)
            return ERR_OK;
        if (word.step >= KVM_STEP_COUNT)
            break;
        if (word.fatal != 0) {
            birth_note(note, &word);
            return ERR_IO;
        }
        note_add(lack, "%s (%s)", steps[word.step].name, strerror(word.error));
    }
    note_set(note, "the keep's loader ended before the keep ran");
    return ERR_IO;
}

/* Made while the loader builds its machine; what cannot be made here it makes itself.
 * One that is gone already has said why. */
static void go_send(const struct birth *b)
{
    static struct kvm_go go;
    const struct cpuid *cpuid;
    const uint8_t *from = (const uint8_t *)&go;
    pid_t self = (b->plan.spaces & CLONE_NEWPID) != 0 ? 1 : b->loader;

    go.self = loader_filter_compile(&go.filter, self, b->plan.listen_fd >= 0) == 0 ? self : 0;
    go.cpuid.count = 0;
    if (cpuid_get(&cpuid, b->plan.system_fd) == 0)
        go.cpuid = *cpuid->table;
    for (size_t done = 0; done < sizeof go;) {
        ssize_t put = send(b->go_pipe[1], from + done, sizeof go - done, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return;
        done += (size_t)put;
    }
}

bool birth_word(const struct birth *b, struct kvm_word *word)
{
    return word_read(b->word_pipe[0], word);
}

enum err birth_start(struct birth *b, struct note *lack, struct note *note)
{
    enum err e = loader_start(b, lack, note);

    fd_close(&b->word_pipe[1]);
    fd_close(&b->plan.loader_fd); /* the loader has its own; a pool has many of us */
    fd_close(&b->go_pipe[0]);
    if (e == ERR_OK)
        go_send(b);
    fd_close(&b->plan.system_fd);
    fd_close(&b->go_pipe[1]);
    return e;
}

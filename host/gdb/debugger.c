#define _GNU_SOURCE /* O_NOFOLLOW */
#include "host/gdb/debugger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/debug.h"
#include "host/gdb/listen.h"
#include "host/gdb/session.h"

#define TEXT_MAX 1024u

/* A vCPU that waits to be told what to do. */
struct waiting {
    bool answered;
    size_t size;
    uint8_t command[sizeof(struct debug_command) + DEBUG_PAYLOAD_MAX];
};

struct debugger {
    struct kvm_debug hooks;
    int listener;
    int core_fd;
    int symbols_fd;
    char *core_path;
    char symbols_path[32];
    /* In the loader. */
    const struct kvm_debug_keep *keep;
    struct session *session;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct waiting waiting[GATE_VCPUS_MAX];
};

/* --- What the mailbox asks of the loader. */

static void keep_answer(void *context, uint32_t vcpu, struct bytes head, struct bytes payload)
{
    struct debugger *d = context;
    struct waiting *w = &d->waiting[vcpu];

    pthread_mutex_lock(&d->lock);
    memcpy(w->command, head.data, head.size);
    if (payload.size > 0)
        memcpy(w->command + head.size, payload.data, payload.size);
    w->size = head.size + payload.size;
    w->answered = true;
    pthread_cond_broadcast(&d->moved);
    pthread_mutex_unlock(&d->lock);
}

static void keep_interrupt(void *context)
{
    const struct debugger *d = context;

    d->keep->interrupt(d->keep->loader);
}

static void keep_kill(void *context)
{
    const struct debugger *d = context;

    d->keep->kill(d->keep->loader, 128 + SIGKILL);
}

static const struct mailbox_ops keep_ops = { keep_answer, keep_interrupt, keep_kill };

/* --- What the loader brings. */

static void hook_started(void *context, const struct kvm_debug_keep *keep)
{
    struct debugger *d = context;
    const struct session_config config = {
        .listener = d->listener,
        .core_fd = d->core_fd,
        .symbols_fd = d->symbols_fd,
        .ops = &keep_ops,
        .context = d,
    };

    d->keep = keep;
    if (session_new(&d->session, &config) == ERR_OK && session_start(d->session) == ERR_OK)
        return;
    /* A debug keep without its debugger is no use to anybody. */
    keep->kill(keep->loader, 70);
}

static void hook_text(void *context, uint32_t vcpu, struct bytes text)
{
    (void)context;
    (void)vcpu;
    (void)text; /* the loader's stderr is closed; the end of a keep is told by the backend */
}

static uint32_t hook_stop(void *context, uint32_t vcpu, struct bytes report, uint8_t *back,
                          uint32_t room)
{
    struct debugger *d = context;
    struct waiting *w = &d->waiting[vcpu];
    uint32_t size;

    /* A report that no honest keep makes: it is told to go on, and may lie to itself. */
    if (mailbox_report(session_mailbox(d->session), vcpu, report) != ERR_OK) {
        const struct debug_command go = { .number = DEBUG_CONTINUE };

        memcpy(back, &go, room < sizeof go ? room : sizeof go);
        return room < sizeof go ? room : sizeof go;
    }
    pthread_mutex_lock(&d->lock);
    while (!w->answered)
        pthread_cond_wait(&d->moved, &d->lock);
    w->answered = false;
    size = w->size < room ? (uint32_t)w->size : room;
    memcpy(back, w->command, size);
    pthread_mutex_unlock(&d->lock);
    return size;
}

static void hook_ended(void *context, int code)
{
    struct debugger *d = context;

    if (d->session == NULL)
        return;
    mailbox_ended(session_mailbox(d->session), code);
    session_wait(d->session);
}

/* --- Opening. */

/* A file of ours, whatever lies there: memory of the keep goes into no file of another's. */
static int file_make(const char *path)
{
    (void)unlink(path);
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum err core_open(struct debugger *d, const char *core, struct note *note)
{
    d->core_path = strdup(core);
    d->core_fd = file_make(core);
    if (d->core_path != NULL && d->core_fd >= 0)
        return ERR_OK;
    note_set_errno(note, errno, "cannot make the core file %s", core);
    return ERR_IO;
}

/* Where the current folder cannot be written to, gdb goes without. */
static void symbols_open(struct debugger *d, struct note *note)
{
    snprintf(d->symbols_path, sizeof d->symbols_path, "broch.%d.symbols", (int)getpid());
    d->symbols_fd = file_make(d->symbols_path);
    if (d->symbols_fd >= 0)
        note_add(note,
                 "it stops when the guest is compiled, and `add-symbol-file %s` names its "
                 "functions",
                 d->symbols_path);
}

static void file_close(int fd, const char *path)
{
    struct stat st;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size == 0)
        unlink(path);
    close(fd);
}

enum err debugger_open(struct debugger **out, const char *gdb, const char *core, struct note *note)
{
    struct debugger *d = calloc(1, sizeof *d);
    enum err e = ERR_OK;

    if (d == NULL)
        return ERR_NOMEM;
    d->listener = d->core_fd = d->symbols_fd = -1;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->moved, NULL);
    d->hooks = (struct kvm_debug){
        .context = d,
        .started = hook_started,
        .text = hook_text,
        .stop = hook_stop,
        .ended = hook_ended,
    };
    if (core != NULL)
        e = core_open(d, core, note);
    if (e == ERR_OK && gdb != NULL)
        e = gdb_listen(&d->listener, gdb, note);
    if (e == ERR_OK && gdb != NULL)
        symbols_open(d, note);
    if (e != ERR_OK) {
        debugger_free(d);
        return e;
    }
    if (d->core_fd >= 0)
        d->hooks.fds[d->hooks.fds_count++] = d->core_fd;
    if (d->listener >= 0)
        d->hooks.fds[d->hooks.fds_count++] = d->listener;
    if (d->symbols_fd >= 0)
        d->hooks.fds[d->hooks.fds_count++] = d->symbols_fd;
    *out = d;
    return ERR_OK;
}

const struct kvm_debug *debugger_hooks(const struct debugger *d) { return &d->hooks; }

struct debugger *debugger_free(struct debugger *d)
{
    if (d == NULL)
        return NULL;
    file_close(d->core_fd, d->core_path);
    file_close(d->symbols_fd, d->symbols_path);
    if (d->listener >= 0)
        close(d->listener);
    pthread_cond_destroy(&d->moved);
    pthread_mutex_destroy(&d->lock);
    free(d->core_path);
    free(d);
    return NULL;
}

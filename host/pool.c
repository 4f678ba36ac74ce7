#define _GNU_SOURCE

#include "host/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/kvm/birth.h"

#define BACKLOG 1024
/* Templates that could not be made, or died before they were ready, one after the
 * other: then it is not bad luck. A pool whose keeps run waits for better times. */
#define FAILURES_MAX 8u
#define FAILURE_PAUSE_MS 100u
#define FAILURES_PAUSE_MS 1000u
/* Until a keep that has ended is looked for again. */
#define REAP_PAUSE_MS 10

enum member_state { MEMBER_STARTING, MEMBER_READY, MEMBER_USED };

struct member {
    struct birth birth;
    enum member_state state;
};

struct pool {
    const struct pool_config *config;
    struct kvm_plan plan;
    struct member **members;
    struct pollfd *waits; /* as many, and one more */
    size_t count;
    size_t room;
    uint32_t failures;
    uint64_t retry_ns; /* no new template before */
    int signal_fd;
    struct note last; /* why a template did not start */
};

/* --- The socket. */

static enum err address_make(struct sockaddr_un *out, const char *path, struct note *note)
{
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof out->sun_path) {
        note_set(note, "%s: a socket's path is shorter than %zu bytes", path, sizeof out->sun_path);
        return ERR_LIMIT;
    }
    memcpy(out->sun_path, path, strlen(path)); /* the rest is zero */
    return ERR_OK;
}

/* Whether a pool listens there already; a file that is left of one that is gone does
 * not count. */
static bool is_served(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool served = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        close(fd);
    return served;
}

static int socket_make(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    int bound = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)address, sizeof *address);

    umask(mask);
    if (bound == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Made under another name, so that whoever sees the file can connect. */
enum err pool_listen(int *fd, const char *path, struct note *note)
{
    struct sockaddr_un address, first;
    struct stat st;
    char other[sizeof address.sun_path + 16];

    TRY(address_make(&address, path, note));
    snprintf(other, sizeof other, "%s.%d", path, (int)getpid());
    TRY(address_make(&first, other, note));
    if (is_served(&address) || (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))) {
        note_set_errno(note, EADDRINUSE, "cannot listen on %s", path);
        return ERR_IO;
    }
    *fd = socket_make(&first);
    if (*fd >= 0 && rename(other, path) == 0)
        return ERR_OK;
    note_set_errno(note, errno, "cannot listen on %s", path);
    if (*fd >= 0) {
        close(*fd);
        (void)unlink(other);
    }
    return ERR_IO;
}

/* --- Members. */

static bool room_make(struct pool *p)
{
    size_t room = p->room == 0 ? 64 : 2 * p->room;
    struct member **members;
    struct pollfd *waits;

    if (p->count < p->room)
        return true;
    members = realloc(p->members, room * sizeof *members);
    if (members == NULL)
        return false;
    p->members = members;
    waits = realloc(p->waits, (room + 1) * sizeof *waits);
    if (waits == NULL)
        return false;
    p->waits = waits;
    p->room = room;
    return true;
}

static enum err member_birth(struct member *m, struct pool *p, struct note *note)
{
    struct kvm_plan plan = p->plan;
    struct note lack = { 0 }; /* said by whoever runs a keep; a pool says nothing */

    TRY(birth_device(&plan.system_fd, note));
    TRY(birth_init(&m->birth, &plan, note));
    return birth_start(&m->birth, &lack, note);
}

static enum err member_add(struct pool *p, struct note *note)
{
    struct member *m = room_make(p) ? calloc(1, sizeof *m) : NULL;
    enum err e;

    if (m == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    m->birth = (struct birth){
        .plan = { .system_fd = -1, .loader_fd = -1 },
        .go_pipe = { -1, -1 },
        .word_pipe = { -1, -1 },
    };
    e = member_birth(m, p, note);
    if (e != ERR_OK) {
        birth_end(&m->birth);
        free(m);
        return e;
    }
    p->members[p->count++] = m;
    return ERR_OK;
}

static void member_remove(struct pool *p, size_t at, bool ended)
{
    if (ended)
        birth_leave(&p->members[at]->birth);
    else
        birth_end(&p->members[at]->birth);
    free(p->members[at]);
    p->members[at] = p->members[--p->count];
}

static void failed(struct pool *p)
{
    uint64_t pause_ms = p->failures < FAILURES_MAX ? FAILURE_PAUSE_MS : FAILURES_PAUSE_MS;

    p->failures += p->failures < FAILURES_MAX;
    p->retry_ns = port_now_ns() + pause_ms * 1000000;
}

static void succeeded(struct pool *p)
{
    p->failures = 0;
    p->retry_ns = 0;
}

/* Where it cannot be done now, those that run are none the worse. */
static void refill(struct pool *p)
{
    size_t unused = 0;

    if (port_now_ns() < p->retry_ns)
        return;
    for (size_t i = 0; i < p->count; i++)
        unused += p->members[i]->state != MEMBER_USED;
    for (; unused < p->config->count; unused++)
        if (member_add(p, &p->last) != ERR_OK) {
            failed(p);
            return;
        }
}

/* One word of a member. A failure before it was ready counts. */
static void word_take(struct pool *p, size_t at)
{
    struct member *m = p->members[at];
    struct kvm_word word = { 0 };

    if (!birth_word(&m->birth, &word) || word.step == KVM_STEP_ENDED) {
        if (m->state == MEMBER_STARTING)
            failed(p);
        else
            succeeded(p); /* it leaves room for another */
        member_remove(p, at, word.step == KVM_STEP_ENDED);
    } else if (word.step == KVM_STEP_READY) {
        m->state = MEMBER_READY;
        succeeded(p);
    } else if (word.step == KVM_STEP_TAKEN) {
        m->state = MEMBER_USED;
    } else if (word.step < KVM_STEP_COUNT && word.fatal != 0) {
        birth_note(&p->last, &word);
    }
}

/* --- All together. */

/* Each keep that runs costs a descriptor here, and whoever connects may have one. */
static void descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static enum err signals_take(struct pool *p, struct note *note)
{
    sigset_t taken;

    sigemptyset(&taken);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGHUP);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    p->signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signal_fd >= 0)
        return ERR_OK;
    note_set_errno(note, errno, "cannot take signals");
    return ERR_IO;
}

/* Until there is something to do without anybody's word: -1, or milliseconds. */
static int pause_ms(const struct pool *p)
{
    uint64_t now = port_now_ns();

    if (birth_reap(false))
        return REAP_PAUSE_MS;
    return p->retry_ns > now ? (int)((p->retry_ns - now) / 1000000 + 1) : -1;
}

static enum err turn(struct pool *p, bool *over, struct note *note)
{
    refill(p);
    if (p->count == 0 && p->failures >= FAILURES_MAX) {
        *note = p->last;
        return ERR_IO;
    }
    p->waits[p->count] = (struct pollfd){ .fd = p->signal_fd, .events = POLLIN };
    for (size_t i = 0; i < p->count; i++)
        p->waits[i] = (struct pollfd){ .fd = p->members[i]->birth.word_pipe[0], .events = POLLIN };
    if (poll(p->waits, p->count + 1, pause_ms(p)) < 0)
        return ERR_OK; /* interrupted: once more */
    *over = p->waits[p->count].revents != 0;
    for (size_t i = p->count; i > 0;
         i--) /* downwards: the last one takes the place of one that goes */
        if (p->waits[i - 1].revents != 0)
            word_take(p, i - 1);
    return ERR_OK;
}

enum err pool_serve(const struct pool_config *config, struct note *note)
{
    struct pool p = { .config = config, .signal_fd = -1 };
    struct launch *largest = calloc(1, sizeof *largest);
    const struct cpuid *known;
    bool over = false;
    int device;
    enum err e;

    if (largest == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    descriptors_raise();
    launch_init(largest);
    largest->memory_bytes = config->memory_bytes;
    /* Folders, whatever they are called: one that is large enough for all of them. */
    largest->images_count = 1;
    largest->images[0].size_max = config->files_bytes;
    p.plan = (struct kvm_plan){
        .shim_fd = config->shim_fd,
        .exec_fd = config->exec_fd,
        .listen_fd = config->listen_fd,
        .memory_max = claims_memory_max(largest),
    };
    free(largest);
    e = birth_device(&device, note);
    if (e == ERR_OK) {
        (void)cpuid_get(&known, device); /* once, for all that are forked */
        close(device);
        e = evidence_sim_key_open(&p.plan.key);
    }
    if (e == ERR_OK)
        e = signals_take(&p, note);
    while (e == ERR_OK && !over)
        e = turn(&p, &over, note);
    while (p.count > 0)
        member_remove(&p, p.count - 1, false);
    (void)birth_reap(true);
    if (p.signal_fd >= 0)
        close(p.signal_fd);
    explicit_bzero(&p.plan.key, sizeof p.plan.key);
    free(p.members);
    free(p.waits);
    return e;
}

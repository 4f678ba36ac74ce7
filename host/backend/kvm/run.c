#define _GNU_SOURCE

#include "host/backend/kvm/run.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/kvm/template.h"

#define THREAD_STACK ((size_t)256 << 10)
/* Of all ports together, for the server thread. A keep that lets more calls wait
 * without parking gets them served a little later. */
#define SERVER_WAITS_MAX 4096u

/* How long the server thread looks for more after the last call it served: what it
 * takes to wake it, about; and how long at most, since what waits for a descriptor is
 * looked at only in between. */
#define LINGER_NS 50000u
#define LINGER_MOST_NS (20 * LINGER_NS)

static struct loader *the_loader; /* one per process */

/* --- The end. */

static void end_tell(struct loader *l, int code, const char *why)
{
    struct kvm_word word = { .step = KVM_STEP_ENDED, .code = code };
    struct rusage used;

    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++) {
        word.exits += l->vcpu[i].exits;
        word.calls += l->port[i].calls;
    }
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        const struct timeval *u = &used.ru_utime, *s = &used.ru_stime;

        word.cpu_us =
            (uint64_t)(u->tv_sec + s->tv_sec) * 1000000 + (uint64_t)(u->tv_usec + s->tv_usec);
        word.peak_bytes = (uint64_t)used.ru_maxrss * 1024;
    }
    if (why != NULL)
        strncpy(word.text, why, sizeof word.text - 1);
    /* Who hears of the end may want the same port, or the same volume, at once; the
     * kernel takes its time with the machine. */
    stream_close_all(&l->streams);
    template_end(l, &word);
    if (write(l->plan->word_fd, &word, sizeof word) != (ssize_t)sizeof word)
        return; /* nobody is there to read it */
}

_Noreturn void loader_end(struct loader *l, int code, const char *why)
{
    const struct kvm_debug *debug = l->plan->debug;

    if (!atomic_exchange(&l->ending, true)) {
        if (debug != NULL && debug->ended != NULL)
            debug->ended(debug->context, code);
        end_tell(l, code, why);
        _exit(code);
    }
    for (;;) /* another thread is about to end this process */
        (void)ppoll(NULL, 0, NULL, NULL);
}

_Noreturn static void keep_died(struct loader *l, const char *why)
{
    loader_end(l, GATE_EXIT_SHIM, why);
}

/* --- vCPU threads. */

static bool still_running(void *context)
{
    struct loader *l = context;

    return !atomic_load(&l->ending);
}

_Noreturn static void vcpu_loop(struct loader *l, uint32_t index)
{
    struct vcpu *v = &l->vcpu[index];
    struct port *p = &l->port[index];
    struct note why = { 0 };

    for (;;) {
        bool left = false;

        switch (vcpu_run(v, &why)) {
        case VCPU_PARKED:
            if (port_park(p, still_running, &left) != ERR_OK)
                keep_died(l, "the keep broke the contract of the gate");
            if (left)
                loader_server_kick(l);
            break;
        case VCPU_KICKED: break; /* what it was for is looked at before it runs again */
        case VCPU_DIED: keep_died(l, why.text);
        }
    }
}

static void *vcpu_thread(void *at)
{
    struct vcpu *v = at;
    sigset_t kicks;

    vcpu_thread_is_here(v);
    sigemptyset(&kicks);
    sigaddset(&kicks, VCPU_KICK_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &kicks, NULL);
    vcpu_loop(the_loader, (uint32_t)(v - the_loader->vcpu));
}

static int thread_start(pthread_t *out, void *(*function)(void *), void *context)
{
    pthread_attr_t attr;
    int error = pthread_attr_init(&attr);

    if (error == 0)
        error = pthread_attr_setstacksize(&attr, THREAD_STACK);
    if (error == 0)
        error = pthread_create(out, &attr, function, context);
    return error;
}

static int vcpu_start(struct loader *l, uint32_t index)
{
    struct vcpu *v = &l->vcpu[index];
    struct image_registers registers;
    int error = vcpu_open(v, &l->vm, index);

    image_vcpu(&registers, &l->image, index);
    if (error == 0)
        error = vcpu_features(v, l->cpuid);
    if (error == 0)
        error = vcpu_registers(v, &registers, l->cpuid);
    if (error != 0)
        return error;
    vcpu_clock(v);
    error = port_init(&l->port[index], index, loader_port_at(l, index), l->plan->debug != NULL,
                      &l->server_is_awake, &loader_ops, l);
    return error != 0 ? error : thread_start(&v->thread, vcpu_thread, v);
}

enum err loader_vcpu_start(struct loader *l, uint64_t index)
{
    enum err e = ERR_OK;

    if (index == 0 || index >= GATE_VCPUS_MAX)
        return ERR_MALFORMED;
    pthread_mutex_lock(&l->vcpu_lock);
    if (l->vcpu[index].has_started)
        e = ERR_MALFORMED;
    else if (vcpu_start(l, (uint32_t)index) != 0)
        e = ERR_NOMEM; /* and that index cannot be asked for again: KVM has no way to undo it */
    l->vcpu[index].has_started = true;
    pthread_mutex_unlock(&l->vcpu_lock);
    return e;
}

/* --- The server thread. */

static void count_up(int fd)
{
    uint64_t one = 1;
    ssize_t done = write(fd, &one, sizeof one);

    (void)done; /* a counter that is full wakes as well */
}

static void count_drain(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);

    (void)got;
}

void loader_server_kick(struct loader *l) { count_up(l->server_fd); }

static bool ports_attend(struct loader *l, bool stays)
{
    bool some = false;

    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
        if (atomic_load(&l->port[i].open) && port_attend(&l->port[i], stays, &some) != ERR_OK)
            keep_died(l, "the keep broke the contract of the gate");
    return some;
}

/* A keep that has just rung goes on to submit: for a moment we look for that, so that
 * it needs neither bell nor exit. A processor that somebody else wants is given up. */
static void ports_linger(struct loader *l)
{
    const uint64_t last = port_now_ns() + LINGER_MOST_NS;
    uint64_t now, end = port_now_ns() + LINGER_NS;

    atomic_store(&l->server_is_awake, true);
    while ((now = port_now_ns()) < end && now < last) {
        if (ports_attend(l, true))
            end = now + LINGER_NS;
        else
            sched_yield();
    }
    atomic_store(&l->server_is_awake, false);
    (void)ports_attend(l, false);
}

static void *server_thread(void *at)
{
    static struct pollfd waits[SERVER_WAITS_MAX];
    struct loader *l = at;

    for (;;) {
        uint64_t deadline = UINT64_MAX;
        uint32_t count = 2;
        struct timespec t;

        waits[0] = (struct pollfd){ .fd = l->bell_fd, .events = POLLIN };
        waits[1] = (struct pollfd){ .fd = l->server_fd, .events = POLLIN };
        for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
            count += port_waits(&l->port[i], waits + count, SERVER_WAITS_MAX - count, &deadline);
        if (ppoll(waits, count, port_timeout(&t, deadline), NULL) < 0)
            continue;
        if (waits[0].revents != 0) {
            count_drain(l->bell_fd);
            ports_linger(l);
        }
        if (waits[1].revents != 0)
            count_drain(l->server_fd);
        (void)ports_attend(l, false);
    }
    return NULL;
}

/* --- Signals. */

void loader_watch_kick(struct loader *l) { count_up(l->watch_fd); }

static void signal_take(struct loader *l)
{
    struct signalfd_siginfo info;

    if (read(l->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        loader_end(l, 128 + (int)info.ssi_signo, NULL);
}

/* A thread that serves no port: whatever the keep makes the others wait for, it ends
 * when its owner wants that. */
static void *watch_thread(void *at)
{
    struct loader *l = at;

    for (;;) {
        struct pollfd waits[] = {
            { .fd = l->signal_fd, .events = POLLIN },
            { .fd = atomic_load(&l->client_fd), .events = POLLIN },
            { .fd = l->watch_fd, .events = POLLIN },
        };

        if (ppoll(waits, COUNT_OF(waits), NULL, NULL) < 0)
            continue;
        if (waits[0].revents != 0)
            signal_take(l);
        if (waits[1].revents != 0)
            template_client(l);
        if (waits[2].revents != 0)
            count_drain(l->watch_fd);
    }
    return NULL;
}

int kvm_signals_take(struct loader *l)
{
    static const int ending[] = {
        SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
    };
    sigset_t all, taken;

    /* A keep is told that nobody reads any more; its loader is not killed for it. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0)
        return errno;
    sigemptyset(&taken);
    for (size_t i = 0; i < COUNT_OF(ending); i++)
        sigaddset(&taken, ending[i]);
    l->signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signal_fd < 0 ? errno : vcpu_kicks_take();
}

/* --- For a debugger. */

static void all_interrupt(void *at)
{
    struct loader *l = at == NULL ? the_loader : at;

    for (uint32_t i = 0; i < GATE_VCPUS_MAX; i++)
        if (atomic_load(&l->port[i].open)) {
            atomic_store(&l->vcpu[i].wants_interrupt, true);
            port_wake(&l->port[i]);
            vcpu_kick(&l->vcpu[i]);
        }
}

static void all_kill(void *at, int code) { loader_end(at == NULL ? the_loader : at, code, NULL); }

const struct kvm_debug_keep kvm_run_debug_keep = { NULL, all_interrupt, all_kill };

/* --- All together. */

_Noreturn void kvm_keep_run(struct loader *l)
{
    int error;

    the_loader = l;
    l->vcpu[0].has_started = true;
    error = thread_start(&l->server, server_thread, l);
    if (error == 0)
        error = thread_start(&l->watch, watch_thread, l);
    if (error != 0) {
        loader_tell(l, KVM_STEP_THREADS, true, error, NULL);
        _exit(LAUNCH_EXIT_SOFTWARE);
    }
    loader_tell(l, KVM_STEP_RUNNING, false, 0, NULL);
    vcpu_thread(&l->vcpu[0]);
    __builtin_unreachable();
}

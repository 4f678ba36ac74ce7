/* loader.h: the process that is one VM keep's outside.
 *
 *     broch ── clone, new namespaces ──► loader: VM, jail, vCPU 0 … vCPU 63
 *
 * It is forked by the backend's start, builds the machine, gives up everything that
 * it no longer needs, and only then runs the keep. One thread per vCPU serves that
 * vCPU's port whenever it parks; one server thread serves the ports of those that
 * run, and is there for the bell; one takes signals, and sees when a pool's client
 * goes: neither waits for anything that the keep has a hand in.
 * What went wrong on the way, and how the keep ended, is told over a pipe. */
#ifndef BROCH_HOST_BACKEND_KVM_LOADER_H
#define BROCH_HOST_BACKEND_KVM_LOADER_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "codec/launch.h"
#include "host/backend/kvm/claims.h"
#include "host/backend/kvm/debug.h"
#include "host/backend/kvm/port.h"
#include "host/backend/kvm/vcpu.h"
#include "host/backend/kvm/vm.h"
#include "host/backend/process/filter.h"
#include "host/evidence_sim.h"
#include "host/stream.h"

/* In the order they are taken. Names and cures for messages are in kvm.c. */
enum kvm_step {
    KVM_STEP_PARENT,
    KVM_STEP_VM,
    KVM_STEP_IMAGE,
    KVM_STEP_MEMORY,
    KVM_STEP_VCPU,
    KVM_STEP_FEATURES,
    KVM_STEP_REGISTERS,
    KVM_STEP_BELL,
    KVM_STEP_CLAIMS,
    KVM_STEP_SIGNALS,
    KVM_STEP_ROOT,
    KVM_STEP_CAPABILITIES,
    KVM_STEP_DESCRIPTORS,
    KVM_STEP_LIMITS,
    KVM_STEP_LANDLOCK,
    KVM_STEP_FILTER,
    KVM_STEP_THREADS,
    KVM_STEP_COUNT,
    KVM_STEP_RUNNING, /* not a failure: the keep runs from here on */
    KVM_STEP_READY,   /* not a failure: a template waits for its workload */
    KVM_STEP_TAKEN,   /* not a failure: it has one */
    KVM_STEP_ENDED,   /* not a failure: `code`, and a sentence where it died */
};

/* What crosses the pipe: small enough to be written whole. */
struct kvm_word {
    uint32_t step;
    uint32_t fatal;
    int32_t error;
    int32_t code;
    uint64_t exits; /* at the end: how often the keep left for the loader's threads */
    uint64_t calls; /* and how many calls it made through the gate */
    uint64_t cpu_us;
    uint64_t peak_bytes;
    char text[160];
};

/* What the parent sends over go_fd once the ids of the new process are mapped: what
 * takes long and can be made while that builds its machine. */
struct kvm_go {
    int32_t self; /* the pid that the filter is for; 0: there is no filter */
    struct filter_program filter;
    struct cpuid_room cpuid; /* count 0: not asked */
};

/* What the loader is made of; filled in by the backend before it forks. */
struct kvm_plan {
    const struct launch *launch; /* NULL: a template, which gets it later */
    int shim_fd;
    int exec_fd;
    int system_fd; /* /dev/kvm */
    int word_fd;   /* where struct kvm_word goes */
    int go_fd;     /* struct kvm_go */
    int loader_fd; /* a pidfd of the parent, or -1 */
    int spaces;    /* CLONE_NEW* in force */
    int listen_fd; /* a template: where its workload comes from (host/pool.h); else -1 */
    uint64_t memory_max;
    const struct kvm_debug *debug; /* NULL: not a debug keep */
    struct evidence_sim_key key;
};

struct loader {
    const struct kvm_plan *plan;
    struct kvm_vm vm;
    struct image image;
    const struct cpuid *cpuid;
    struct kvm_go go;
    struct stream_table streams;
    struct claims claims;
    atomic_bool has_claims;
    atomic_bool ending;
    atomic_bool server_is_awake;
    atomic_bool launched; /* LAUNCH was answered: once in a keep's life */
    pthread_mutex_t memory_lock;
    pthread_mutex_t vcpu_lock;
    int bell_fd;   /* ioeventfd of GATE_PORT_BELL */
    int server_fd; /* eventfd: the server thread has something to look at */
    int signal_fd;
    int watch_fd;         /* eventfd: client_fd has changed */
    atomic_int client_fd; /* a template's, once it has a workload; else -1 */
    pthread_t server;
    pthread_t watch;
    struct port port[GATE_VCPUS_MAX];
    struct vcpu vcpu[GATE_VCPUS_MAX];
};

/* Becomes the keep's loader; never returns. */
_Noreturn void loader_run(const struct kvm_plan *plan);

/* --- For the parts of it. */

extern const struct port_ops loader_ops; /* calls.c */

/* Ends the keep: the first caller's word counts. `why` is NULL for an honest end. */
_Noreturn void loader_end(struct loader *l, int code, const char *why);
/* VCPU_START: ERR_MALFORMED, ERR_NOMEM. */
enum err loader_vcpu_start(struct loader *l, uint64_t index);
void loader_server_kick(struct loader *l);
void loader_watch_kick(struct loader *l);

/* The boot flags of a keep that is made by this plan. */
uint32_t loader_boot_flags(const struct kvm_plan *plan);

/* The system calls of a loader that has that number in its namespace; all loaders of
 * one process are templates, or none. 0 or an errno. */
int loader_filter_compile(struct filter_program *out, pid_t self, bool is_template);

#endif

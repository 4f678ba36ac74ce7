/* vcpu.h: one virtual processor and the thread that runs it.
 *
 * The thread is the only one that calls KVM for it; others set a flag and kick.
 * kvm_vcpu_run returns when the keep exits for something that is not the
 * processor's own business; `exit` says what, and its loop is the loader's. */
#ifndef BROCH_HOST_BACKEND_KVM_VCPU_H
#define BROCH_HOST_BACKEND_KVM_VCPU_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/backend/kvm/cpuid.h"
#include "host/backend/kvm/vm.h"
#include "host/note.h"
#include "measure/image.h"

/* Makes KVM_RUN return; it has a handler that does nothing more than that. */
#define VCPU_KICK_SIGNAL SIGURG

struct kvm_run;

enum vcpu_exit {
    VCPU_PARKED, /* the keep wrote to GATE_PORT_PARK */
    VCPU_KICKED, /* somebody wants something of this thread */
    VCPU_DIED,   /* anything else: the keep is over */
};

struct vcpu {
    int fd;
    struct kvm_run *run;
    pthread_t thread; /* of vCPU 1 and up */
    atomic_int tid;   /* of the thread that runs it; 0: not yet */
    bool has_started;
    atomic_bool wants_interrupt; /* vector GATE_VECTOR_KICK, as soon as it may be */
    uint64_t exits;              /* how often KVM_RUN came back; for bench/keep */
};

/* Each step gives 0 or an errno. */
int vcpu_open(struct vcpu *v, const struct kvm_vm *vm, uint32_t index);
int vcpu_features(const struct vcpu *v, const struct cpuid *cpuid);
int vcpu_registers(const struct vcpu *v, const struct image_registers *r,
                   const struct cpuid *cpuid);
/* The keep's time-stamp counter is this machine's own, as far as KVM lets us say so. */
void vcpu_clock(const struct vcpu *v);
/* kHz, or 0 where the counter is not constant or nobody knows. */
uint64_t vcpu_tsc_khz(const struct vcpu *v);

/* Once per process, before the first vcpu_run. */
int vcpu_kicks_take(void);
/* To be called first in the thread that will run it. */
void vcpu_thread_is_here(struct vcpu *v);
/* From any thread: its KVM_RUN, or its next one, returns. */
void vcpu_kick(struct vcpu *v);
/* `why` is set where the vCPU died. */
enum vcpu_exit vcpu_run(struct vcpu *v, struct note *why);

#endif

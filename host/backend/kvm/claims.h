/* claims.h: what LAUNCH will answer, and what it names.
 *
 * From a launch record with descriptors of this process: the handles, the inputs as
 * read-only memory of the keep, the record once more with the keep's own numbers.
 * Nothing of it is answered twice. */
#ifndef BROCH_HOST_BACKEND_KVM_CLAIMS_H
#define BROCH_HOST_BACKEND_KVM_CLAIMS_H

#include "codec/launch.h"
#include "gate/launch.h"
#include "host/backend/kvm/vm.h"
#include "host/note.h"
#include "host/stream.h"

struct claims {
    struct gate_launch launch;
    struct gate_handle handle[GATE_LAUNCH_HANDLES_MAX];
    uint64_t input_next; /* guest-physical */
};

/* ERR_UNSUPPORTED where the record asks for what a VM keep does not do: to be asked
 * before anything is built. */
enum err claims_check(const struct launch *l, struct note *note);
/* How much RAM a keep with these limits may have: its own, and what exec needs. */
uint64_t claims_memory_max(const struct launch *l);

/* *l is this process's own copy, and its numbers are changed. stdio: what becomes
 * descriptors 0, 1 and 2. 0 or an errno. */
int claims_make(struct claims *c, struct launch *l, const int stdio[3], struct kvm_vm *vm,
                struct stream_table *t, struct note *note);
/* What is read at the moment of the answer: clocks, seed, processors. */
void claims_finish(struct claims *c, uint64_t tsc_khz, uint64_t memory_max);

/* CLOCK. */
void claims_clock(struct gate_clock *out);

#endif

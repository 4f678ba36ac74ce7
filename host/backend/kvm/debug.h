/* debug.h: where the DEBUG calls of a debug keep go.
 *
 * The functions run in the loader's jailed process, in the thread of the vCPU that
 * made the call, and may take as long as they like: that vCPU is stopped, and the
 * others run on. Descriptors that they use must be open before the keep starts and
 * be named in fds, else they are closed. */
#ifndef BROCH_HOST_BACKEND_KVM_DEBUG_H
#define BROCH_HOST_BACKEND_KVM_DEBUG_H

#include <stdint.h>

#include "base/bytes.h"

#define KVM_DEBUG_FDS_MAX 8u

/* What a debugger may ask of the loader. */
struct kvm_debug_keep {
    void *loader;
    /* Makes every vCPU that runs take GATE_VECTOR_KICK, and every parked one look. */
    void (*interrupt)(void *loader);
    /* Ends the keep as if by a signal, with that code; does not return. */
    void (*kill)(void *loader, int code);
};

struct kvm_debug {
    void *context;
    int fds[KVM_DEBUG_FDS_MAX];
    uint32_t fds_count;
    /* Before the first instruction of the keep, in the jail. May be NULL. */
    void (*started)(void *context, const struct kvm_debug_keep *keep);
    /* The keep is over, with that code; its process ends when this returns, which it
     * does soon. From any thread, once. May be NULL. */
    void (*ended)(void *context, int code);
    /* GATE_DEBUG_TEXT. */
    void (*text)(void *context, uint32_t vcpu, struct bytes text);
    /* GATE_DEBUG_STOP: `report` is a private copy of struct debug_report and its
     * payload; gives how many bytes of struct debug_command and payload are in back. */
    uint32_t (*stop)(void *context, uint32_t vcpu, struct bytes report, uint8_t *back,
                     uint32_t room);
};

#endif

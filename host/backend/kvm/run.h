/* run.h: the threads of a loader, from the keep's first instruction to its end. */
#ifndef BROCH_HOST_BACKEND_KVM_RUN_H
#define BROCH_HOST_BACKEND_KVM_RUN_H

#include "host/backend/kvm/loader.h"

/* Signals become a descriptor; 0 or an errno. Before the jail. */
int kvm_signals_take(struct loader *l);
/* Runs vCPU 0 in this thread, and never returns. */
_Noreturn void kvm_keep_run(struct loader *l);

extern const struct kvm_debug_keep kvm_run_debug_keep;

/* loader.c */
void loader_tell(const struct loader *l, enum kvm_step step, bool fatal, int error,
                 const char *text);
struct gate_port *loader_port_at(const struct loader *l, uint32_t index);

#endif

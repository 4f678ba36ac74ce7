/* template.h: a keep that waits for its workload (the jailed process's side).
 *
 * The keep has run as far as it goes without one: its LAUNCH call waits. It is
 * given one workload, once. */
#ifndef BROCH_HOST_BACKEND_KVM_TEMPLATE_H
#define BROCH_HOST_BACKEND_KVM_TEMPLATE_H

#include "host/backend/kvm/loader.h"

/* Before the jail: what is touched now need not be touched later. */
void template_prepare(void);
/* From vCPU 0's thread, in LAUNCH: waits for a client and takes its workload in.
 * Returns with claims made, or ends the process. */
void template_wait(struct loader *l);
/* From the server thread: the client said something, or is gone. */
void template_client(struct loader *l);
/* Tells the client of the end. */
void template_end(struct loader *l, const struct kvm_word *word);

#endif

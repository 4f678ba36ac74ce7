/* confine.h: what a loader gives up before it runs its keep. */
#ifndef BROCH_HOST_BACKEND_KVM_CONFINE_H
#define BROCH_HOST_BACKEND_KVM_CONFINE_H

#include "host/backend/kvm/loader.h"

/* First of all: it goes when its parent goes. */
void kvm_confine_birth(const struct loader *l);
/* Waits for what the parent has to say; nothing of the jail works before. */
void kvm_confine_go(struct loader *l);
/* Then the jail. Ends the process where a wall that is needed does not stand; tells
 * of those that it does without. */
void kvm_confine(struct loader *l);

/* The kernel's limit of the process's memory, from the machine's; lowers it only. */
int kvm_confine_memory(const struct loader *l);

/* loader.c */
void loader_tell(const struct loader *l, enum kvm_step step, bool fatal, int error,
                 const char *text);

#endif

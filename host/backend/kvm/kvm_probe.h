/* kvm_probe.h: whether this machine's KVM can run a keep. */
#ifndef BROCH_HOST_BACKEND_KVM_PROBE_H
#define BROCH_HOST_BACKEND_KVM_PROBE_H

#include "host/probe.h"

void kvm_probe(struct probe_list *out);
/* What helps where /dev/kvm cannot be opened. */
const char *kvm_probe_device_cure(int error);

#endif

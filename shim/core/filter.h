/* filter.h: seccomp: programs that judge each system call (seccomp(2), BPF).
 *
 * exec's last act before it runs a guest is to give up calls; the shim keeps that
 * promise as Linux would. A filter holds for the whole process: in a keep every
 * thread has the same ones. bpf.c verifies and runs the programs. */
#ifndef BROCH_SHIM_CORE_FILTER_H
#define BROCH_SHIM_CORE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/core/frame.h"

/* seccomp(SECCOMP_SET_MODE_FILTER): 0 or minus an errno. */
int64_t filter_install(uint64_t program_at);
bool filter_is_set(void);
/* Judges the call in f. True: it is to be made. Otherwise *result is its answer,
 * or *ended says that the frame has been changed and is to be left alone. */
bool filter_pass(struct frame *f, int64_t *result, bool *ended);

/* misc.c */
bool misc_no_new_privileges(void);

#endif

/* ask.h: a call through the gate of the calling vCPU, for what waits for its answer.
 *
 * Ends the keep where the host lies. */
#ifndef BROCH_SHIM_CORE_ASK_H
#define BROCH_SHIM_CORE_ASK_H

#include "gate/keep.h"

/* Fills in what comes back in *a; gives a->refusal. */
enum gate_refusal ask_host(struct gate_ask *a);
/* The same for a call whose answer nobody waits for. */
void ask_post(struct gate_ask *a);
/* Ends the keep for a reply that no honest host gives. */
_Noreturn void ask_lied(const char *why);
/* A refusal as Linux's error, positive. CANCELLED is ERESTARTSYS. */
int ask_errno(enum gate_refusal refusal);

#endif

/* collect.h: within the keep's side: taking back what the host has answered.
 *
 * For gate/keep.c alone; callers of the gate know gate/keep.h. */
#ifndef BROCH_GATE_COLLECT_H
#define BROCH_GATE_COLLECT_H

#include "gate/keep.h"

/* Takes every completion that is there, without waiting. Answers of posted calls are
 * done with; others stay in `pending` until gate_pending_free. ERR_HOST, from then on
 * for ever, where one of them is a lie. */
enum err gate_collect(struct gate *g);
void gate_pending_free(struct gate_pending *p);

/* Posted calls in flight: all of them, or those with that handle. */
size_t gate_posted_count(const struct gate *g);
bool gate_posted_to(const struct gate *g, uint64_t handle);

/* The refusals of posted writes that nobody asked for yet. */
size_t gate_late_count(const struct gate *g);
enum gate_refusal gate_late_take(struct gate *g, uint64_t handle);

#endif

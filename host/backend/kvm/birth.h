/* birth.h: from a plan to a process that is a keep's loader (the parent's side).
 *
 * A struct birth is filled by birth_init, started once, and freed by birth_end,
 * which kills what still lives. Not for a process with several threads. */
#ifndef BROCH_HOST_BACKEND_KVM_BIRTH_H
#define BROCH_HOST_BACKEND_KVM_BIRTH_H

#include <sys/types.h>

#include "host/backend/kvm/loader.h"

struct birth {
    struct kvm_plan plan;
    int go_pipe[2];
    int word_pipe[2];
    pid_t loader; /* 0: there is none */
};

/* The plan is copied; its system_fd is taken over. On an error nothing is left. */
enum err birth_init(struct birth *b, const struct kvm_plan *plan, struct note *note);
/* Clones it; `lack` says which namespaces are not permitted. */
enum err birth_start(struct birth *b, struct note *lack, struct note *note);
/* Reads words until the keep runs, or is gone. */
enum err birth_wait(struct birth *b, struct note *lack, struct note *note);
/* One word of what comes later; false at the end. */
bool birth_word(const struct birth *b, struct kvm_word *word);
/* What a word of failure says, and its cure. */
void birth_note(struct note *note, const struct kvm_word *word);
void birth_end(struct birth *b);
/* The same for one that has said KVM_STEP_ENDED: does not wait until the kernel has
 * taken its machine apart. It is reaped by a later birth_init, or by whoever inherits
 * the children of this process. */
void birth_leave(struct birth *b);
/* Reaps those of them that have gone; whether any are left. */
bool birth_reap(bool waits);

/* /dev/kvm, opened; with its cure in the note where it cannot be. */
enum err birth_device(int *fd, struct note *note);

#endif

/* mailbox.h: a keep as a target of the debugger, by what its vCPUs report.
 *
 * gate/debug.h says what goes over the wall. The loader's threads that serve the
 * gate bring reports in (mailbox_report); the debugger's thread asks, through the
 * target, and a vCPU's waiting DEBUG call is answered with a command. Nothing here
 * looks into keep memory.
 *
 * vCPU N is thread N + 1. All-stop: a stop that the debugger takes interrupts the
 * other vCPUs and waits for them a moment; one that has nothing to run (it sleeps in
 * the shim) does not answer, is not listed, and is not waited for again.
 * Without a debugger ("passive") everything goes on at once, but for what is
 * wanted: the first report where it is to be held, the last for a core file. */
#ifndef BROCH_HOST_GDB_MAILBOX_H
#define BROCH_HOST_GDB_MAILBOX_H

#include "base/bytes.h"
#include "gate/abi.h"
#include "host/gdb/target.h"

struct mailbox;

/* How the mailbox reaches the loader. Called from any of its threads, and from
 * within mailbox_report, with no lock of the mailbox held. */
struct mailbox_ops {
    /* Answers the DEBUG call in which that vCPU waits: head and payload together. It
     * may come before mailbox_report, which brought the call's report, has returned. */
    void (*answer)(void *context, uint32_t vcpu, struct bytes head, struct bytes payload);
    /* Injects GATE_VECTOR_KICK into every vCPU, and ends its park. One that stands still
     * may take it when it goes on: its report then is answered at once. */
    void (*interrupt)(void *context);
    void (*kill)(void *context);
};

/* hold_start: the first report waits for a debugger. want_dying: so does the last. */
enum err mailbox_new(struct mailbox **out, const struct mailbox_ops *ops, void *context,
                     bool hold_start, bool want_dying);
struct mailbox *mailbox_free(struct mailbox *m);

/* What a DEBUG call with GATE_DEBUG_STOP sent, as a private copy. ERR_MALFORMED: no
 * honest keep says that; the caller ends the keep. */
enum err mailbox_report(struct mailbox *m, uint32_t vcpu, struct bytes raw);
/* That vCPU runs now. Whatever is not told is learnt from its first report. */
void mailbox_started(struct mailbox *m, uint32_t vcpu);
/* The keep is gone: with an exit code, or 128 + a signal. Whoever waits is released. */
void mailbox_ended(struct mailbox *m, int code);

/* Good as long as the mailbox; stop_fd is readable while a stop waits. */
const struct gdb_target *mailbox_target(struct mailbox *m);
/* What DEBUG_START said: where exec says what it has made of the guest; 0 before. */
uint64_t mailbox_symbols_at(struct mailbox *m);
/* Called when a stop has been taken and before it is given on, from stop_take. */
void mailbox_on_stop(struct mailbox *m, void (*look)(void *context), void *context);
/* A debugger is there, or (false) it is not: from then on the keep runs passively. */
void mailbox_attach(struct mailbox *m, bool attached);

#endif

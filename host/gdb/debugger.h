/* debugger.h: gdb and core files for a keep of the kvm backend.
 *
 * Opens what they need before the loader is forked, and hands the backend the hooks
 * that its kvm_plan wants. In the loader a thread of its own speaks to gdb; the
 * thread of a vCPU that has stopped waits here for what gdb wants of it. */
#ifndef BROCH_HOST_GDB_DEBUGGER_H
#define BROCH_HOST_GDB_DEBUGGER_H

#include "host/backend/kvm/debug.h"
#include "host/note.h"

struct debugger;

/* gdb: an address for gdb_listen, or NULL: no gdb, only core files.
 * core: where a core file goes if a signal ends the keep, or NULL. It is made now, and
 * empty; debugger_free takes one away that stayed empty.
 * The note says where gdb has to connect, or what is wrong. */
enum err debugger_open(struct debugger **out, const char *gdb, const char *core, struct note *note);
/* For struct kvm_plan; good as long as the debugger. */
const struct kvm_debug *debugger_hooks(const struct debugger *d);
/* In the process that opened it, after the keep. Takes NULL. */
struct debugger *debugger_free(struct debugger *d);

#endif

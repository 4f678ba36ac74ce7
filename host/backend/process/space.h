/* space.h: the namespaces a process keep is cloned into. */
#ifndef BROCH_HOST_BACKEND_PROCESS_SPACE_H
#define BROCH_HOST_BACKEND_PROCESS_SPACE_H

#include <sys/types.h>

#include "host/backend/process/jail.h"

struct space {
    const char *name;
    enum jail_step step;
    int flag;
};

#define SPACE_COUNT 6
extern const struct space space_all[SPACE_COUNT];

/* Clones with these namespaces, as fork does; -1 and errno where one of them is
 * refused. */
pid_t space_clone(int flags);
/* Tries each in a child process that ends at once. errors[i] is 0 or why
 * space_all[i] is refused; gives the flags that hold together. */
int space_permitted(int errors[SPACE_COUNT]);
/* Gives the process in a new user namespace its ids: all that we have where we
 * are root, else our own alone. 0 or an errno. */
int space_map_ids(pid_t pid);

#endif

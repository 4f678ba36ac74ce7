/* probe.h: what this machine gives, one line for each thing asked.
 *
 * A probe tries the thing itself where that is harmless, in a child process
 * where it is not. A failure names the step, the error and the cure. */
#ifndef BROCH_HOST_PROBE_H
#define BROCH_HOST_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#define PROBES_MAX 64

struct probe {
    const char *name;
    bool needed; /* the backend does not run without it */
    bool ok;
    int error;        /* errno where it is not ok; 0 where there is none to tell */
    char detail[96];  /* a version, a path, a number; may be empty */
    const char *cure; /* where it is not ok */
};

struct probe_list {
    struct probe item[PROBES_MAX];
    size_t count;
};

/* A new line at the end, zeroed but for what is given; the last one again where
 * the list is full. */
struct probe *probe_add(struct probe_list *list, const char *name, bool needed, int error,
                        const char *cure);
/* Every needed one is ok. */
bool probe_all_needed(const struct probe_list *list);

#endif

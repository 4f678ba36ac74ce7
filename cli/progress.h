/* progress.h: one line on a terminal that says how far long work has come.
 *
 * Nothing is shown where stderr is no terminal, nor before half a second is
 * over; what was shown is wiped at the end. */
#ifndef BROCH_CLI_PROGRESS_H
#define BROCH_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what;
    uint64_t next_ms; /* when to say something again */
    bool is_terminal;
    bool shown;
};

struct progress progress_of(const char *what);
void progress_step(struct progress *p, uint64_t done, uint64_t total);
void progress_end(struct progress *p);

#endif

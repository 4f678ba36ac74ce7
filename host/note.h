/* note.h: the sentence that goes with an error.
 *
 * A note holds one line of text, cut where it does not fit. Nothing is printed
 * here: programs print, libraries say. */
#ifndef BROCH_HOST_NOTE_H
#define BROCH_HOST_NOTE_H

#include <stdbool.h>

struct note {
    char text[512];
};

/* Sets the text, as printf would print it. */
__attribute__((format(printf, 2, 3))) void note_set(struct note *n, const char *format, ...);
/* The same, with ": " and what the kernel calls that error after it, and
 * a cure where there is always the same one. */
__attribute__((format(printf, 3, 4))) void note_set_errno(struct note *n, int error,
                                                          const char *format, ...);
/* Adds to what is there, after "; " where there is something. */
__attribute__((format(printf, 2, 3))) void note_add(struct note *n, const char *format, ...);

static inline bool note_empty(const struct note *n) { return n->text[0] == '\0'; }

#endif

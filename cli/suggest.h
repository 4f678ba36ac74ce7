/* suggest.h: which known word was probably meant by one that is not known. */
#ifndef BROCH_CLI_SUGGEST_H
#define BROCH_CLI_SUGGEST_H

#include <stddef.h>

struct suggest {
    const char *word; /* `size` bytes of it */
    size_t size;
    const char *best; /* NULL until something is near enough */
    unsigned distance;
};

struct suggest suggest_for(const char *word, size_t size);
/* Looks at one known word; keeps it where it is nearer than what was seen. */
void suggest_look(struct suggest *s, const char *known);

#endif

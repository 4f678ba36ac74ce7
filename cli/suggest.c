#include "cli/suggest.h"

#include <string.h>

#include "base/num.h"

enum { WORD_MAX = 24 };

struct suggest suggest_for(const char *word, size_t size)
{
    return (struct suggest){ .word = word, .size = size, .distance = 3 };
}

/* How many letters must be put in, left out, changed or swapped with their
 * neighbour to make one of the other (Damerau 1964, restricted form). */
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *above = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_size; j++)
        last[j] = above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned *spare = above;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above[j - 2] + 1 < best)
                best = above[j - 2] + 1;
            row[j] = best;
        }
        above = last;
        last = row;
        row = spare;
    }
    return last[b_size];
}

void suggest_look(struct suggest *s, const char *known)
{
    size_t size = strlen(known);
    unsigned d;

    if (s->size > WORD_MAX || size > WORD_MAX)
        return;
    d = distance(s->word, s->size, known, size);
    /* A third of a word may be wrong, not more: else everything is near. */
    if (d < s->distance && d * 3 <= num_max(size, s->size)) {
        s->distance = d;
        s->best = known;
    }
}

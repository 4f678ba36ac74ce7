/* tree_output.h: where a keep writes what became of a packed folder: a memory file that
 * cannot grow beyond what an archive may be, so a keep cannot fill the host's memory. */
#ifndef BROCH_HOST_TREE_OUTPUT_H
#define BROCH_HOST_TREE_OUTPUT_H

#include "codec/archive.h"
#include "host/note.h"

enum err tree_output_open(int *fd, struct note *note);
/* After the keep's end. *there is false where it wrote nothing whole: then *out is not set.
 * Takes the descriptor in any case. ERR_LIMIT where more than contents_max would be
 * written to the folder: the keep's own ceiling is the keep's to hold, or not. */
enum err tree_output_take(struct archive *out, bool *there, int fd, uint64_t contents_max,
                          struct note *note);
void tree_output_done(struct archive *a);

#endif

/* tree.h: a folder that lives in memory, with a ceiling.
 *
 * A struct tree is directories, files and symbolic links that begin empty and
 * end with the tree. Its files keep to world.h: a name removed while it is open
 * stays readable until it is closed, renames replace, cookies survive removals.
 * Everything it holds counts towards its ceiling, names and nodes with it;
 * beyond that is WASI_NOSPC.
 * Its files must be closed before tree_free. One thread at a time. */
#ifndef BROCH_EXEC_WORLD_TREE_H
#define BROCH_EXEC_WORLD_TREE_H

#include "exec/world.h"

struct tree;

/* clock says what time a file was changed. */
enum wasi_errno tree_new(struct tree **out, struct world *clock, uint64_t size_max);
void tree_free(struct tree *t);
/* Its root directory, opened. */
enum wasi_errno tree_root(struct tree *t, struct world_file **out);
/* What it holds, in the bytes that the ceiling counts. */
uint64_t tree_used(const struct tree *t);

#endif

/* tree_archive.h: a tree in memory, from an archive and to one (codec/archive.h).
 *
 * A loaded tree borrows the contents of its files from the archive until they change, so
 * the archive must live as long as the tree. Contents, names and nodes count towards the
 * ceiling all the same, borrowed or not. */
#ifndef BROCH_EXEC_TREE_ARCHIVE_H
#define BROCH_EXEC_TREE_ARCHIVE_H

#include "codec/archive.h"
#include "exec/world/tree.h"

/* ERR_LIMIT where it holds more than size_max, ERR_INVALID where a file's contents are
 * missing from it, ERR_NOMEM. Reading such a tree changes no access time, as on a file
 * system mounted noatime. */
enum err tree_load(struct tree **out, struct world *clock, const struct archive *a,
                   uint64_t size_max);
/* Writes all of the tree. Files that still have the name and the contents they had in base
 * are marked unchanged; base may be NULL. ERR_LIMIT where it is more than an archive holds. */
enum err tree_save(struct tree *t, const struct archive *base, const struct archive_sink *sink);
/* A number that is another one after every change. */
uint64_t tree_changes(const struct tree *t);
/* What a sync of any of its files calls. */
void tree_on_sync(struct tree *t, enum wasi_errno (*sync)(void *context), void *context);

#endif

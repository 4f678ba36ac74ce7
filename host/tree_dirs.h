/* tree_dirs.h: the folders beneath a folder, found by number.
 *
 * A tree numbers its entries so that parents come first, entry 0 is the folder that was
 * named. A folder is opened one name at a time, never through a symbolic link, so what is
 * opened lies beneath entry 0, however deep: what openat2 calls RESOLVE_BENEATH and
 * RESOLVE_NO_SYMLINKS, without the length that a path may have. */
#ifndef BROCH_HOST_TREE_DIRS_H
#define BROCH_HOST_TREE_DIRS_H

#include <stdint.h>

#include "base/bytes.h"

struct tree_dirs {
    int root;
    void *context;
    uint32_t (*parent)(void *context, uint32_t i);
    /* At most 255 bytes, none of them '/' or 0, not "." and not "..". */
    struct bytes (*name)(void *context, uint32_t i);
    uint32_t last; /* the one that was opened last; 0: none */
    int last_fd;
};

#define TREE_NAME_ROOM 256u

/* root stays the caller's, and is open as long as this is used. */
void tree_dirs_init(struct tree_dirs *d, int root);
void tree_dirs_done(struct tree_dirs *d);
/* Opened as a path (O_PATH), borrowed until the next call; -1 and errno. ELOOP where it is
 * deeper than LIMIT_ARCHIVE_DEPTH. */
int tree_dirs_open(struct tree_dirs *d, uint32_t i);
/* For the kernel: terminated. */
const char *tree_name(char out[TREE_NAME_ROOM], struct bytes name);
/* For people: "a/b/c", the middle of it cut where it is long. */
void tree_path(const struct tree_dirs *d, uint32_t i, char *out, size_t room);

#endif

/* cache.h: endorsements that were fetched, one file each, in a directory of the user's.
 *
 * The name of a file is its key. A file is replaced whole or not at all (written beside,
 * synced, renamed), so that readers need no lock and a crash or a full disk loses nothing that
 * was there. What a name promises is read again each time: nothing is believed for being in
 * the cache, and `cache_offer` gives nothing that is past its end. */
#ifndef BROCH_COLLATERAL_CACHE_H
#define BROCH_COLLATERAL_CACHE_H

#include <limits.h>

#include "collateral/form.h"

#define CACHE_NAME_SIZE 224u
/* Lists of revocations can be megabytes; more than this is no collateral. */
#define CACHE_ENTRY_MAX ((size_t)64 << 20)
#define CACHE_ENTRIES_MAX 16384u

struct cache {
    int fd;
    char path[PATH_MAX];
};

/* $XDG_CACHE_HOME/broch/collateral, or ~/.cache/broch/collateral. False where neither the
 * variable nor a home is set, or the path is too long. */
bool cache_default(char out[PATH_MAX]);
/* Opens the directory; `make` makes it, with those above it, for the user alone. ERR_IO with
 * errno. Every _open that gave ERR_OK is followed by one _close. */
enum err cache_open(struct cache *c, const char *path, bool make);
void cache_close(struct cache *c);

/* Contents in the arena. ERR_IO with errno (ENOENT: not there), ERR_LIMIT, ERR_NOMEM. */
enum err cache_read(struct bytes *out, const struct cache *c, struct arena *arena,
                    const char *name);
enum err cache_write(const struct cache *c, const char *name, struct bytes contents);

struct cache_entry {
    char name[CACHE_NAME_SIZE];
    enum form_kind kind;
};
/* What is there under names of ours, sorted. ERR_IO; ERR_NOMEM; ERR_LIMIT: more than
 * CACHE_ENTRIES_MAX. */
enum err cache_list(struct cache_entry **out, size_t *count, const struct cache *c,
                    struct arena *arena);

/* The form of an entry's contents; what reading them takes is given back. ERR_MALFORMED, ERR_NOMEM.
 */
enum err cache_form(struct form *out, struct arena *arena, enum form_kind kind, struct bytes raw);
/* Every entry that counts at `now`, with its bytes in the arena; what cannot be read or does not
 * count is left out. For `broch verify`. Gives what cache_list gives, ERR_NOMEM, and what `take`
 * gives instead of ERR_OK, where it stops. */
enum err cache_offer(const struct cache *c, struct arena *arena, int64_t now,
                     enum err (*take)(void *context, const char *name, struct bytes raw),
                     void *context);

#endif

/* tree_load.c: a tree in memory, from an archive. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "exec/tree_archive.h"
#include "exec/world/tree_node.h"

_Static_assert(ARCHIVE_NAME_MAX == WORLD_NAME_MAX, "every name of an archive fits a tree");
/* What a packer counts for each entry (host/tree_pack.c): what it takes fits the tree. */
_Static_assert(sizeof(struct tree_node) + 4 * sizeof(struct tree_entry) + 64 <= 512, "of an entry");
_Static_assert(ARCHIVE_TARGET_MAX < WORLD_PATH_MAX, "every target of an archive fits a tree");

struct load {
    struct tree *tree;
    const struct archive *archive;
    struct tree_node **nodes; /* of each entry */
};

static enum err lend(struct tree *t, struct tree_node *n, struct bytes b)
{
    if (b.size > t->size_max - t->used)
        return ERR_LIMIT;
    t->used += b.size;
    n->data = (uint8_t *)(uintptr_t)b.data; /* borrowed: nobody writes through it */
    n->size = n->capacity = b.size;
    n->borrowed = true;
    return ERR_OK;
}

static enum wasi_filetype type_of(const struct archive_entry *e)
{
    switch (e->type) {
    case ARCHIVE_DIRECTORY: return WASI_TYPE_DIRECTORY;
    case ARCHIVE_SYMLINK: return WASI_TYPE_SYMLINK;
    default: return WASI_TYPE_FILE;
    }
}

static enum err node_load(struct load *l, uint32_t i, const struct archive_entry *e,
                          struct tree_node **out)
{
    struct tree_node *n;

    if (e->type == ARCHIVE_LINK) {
        *out = l->nodes[e->link];
        return ERR_OK;
    }
    if (e->type == ARCHIVE_FILE && e->unchanged)
        return ERR_INVALID;
    n = tree_node_new(l->tree, type_of(e));
    if (n == NULL)
        return ERR_LIMIT;
    n->origin = i;
    n->executable = e->executable;
    *out = n; /* tree_free knows it already */
    if (e->type == ARCHIVE_DIRECTORY)
        return ERR_OK;
    return lend(l->tree, n, e->type == ARCHIVE_SYMLINK ? e->target : archive_data(l->archive, e));
}

static enum err entry_load(struct load *l, uint32_t i)
{
    char name[ARCHIVE_NAME_MAX + 1];
    struct archive_entry e;

    archive_entry(l->archive, i, &e);
    TRY(node_load(l, i, &e, &l->nodes[i]));
    memcpy(name, e.name.data, e.name.size);
    name[e.name.size] = '\0';
    if (tree_entry_add(l->tree, l->nodes[e.parent], name, l->nodes[i]) != WASI_OK)
        return ERR_LIMIT;
    return ERR_OK;
}

/* Last, because names that come to a directory change its times. */
static void times_load(struct load *l)
{
    for (uint32_t i = 0; i < l->archive->count; i++) {
        struct tree_node *n = l->nodes[i];
        struct archive_entry e;

        archive_entry(l->archive, i, &e);
        if (e.type == ARCHIVE_LINK)
            continue;
        n->atim = e.atime;
        n->mtim = n->ctim = e.mtime;
    }
}

static enum err all_load(struct load *l)
{
    l->nodes = calloc(l->archive->count, sizeof(struct tree_node *));
    if (l->nodes == NULL)
        return ERR_NOMEM;
    l->nodes[0] = l->tree->root;
    for (uint32_t i = 1; i < l->archive->count; i++)
        TRY(entry_load(l, i));
    times_load(l);
    l->tree->changes = 0;
    return ERR_OK;
}

enum err tree_load(struct tree **out, struct world *clock, const struct archive *a,
                   uint64_t size_max)
{
    struct load l = { .archive = a };
    enum wasi_errno made = tree_new(&l.tree, clock, size_max);
    enum err e;

    if (made != WASI_OK)
        return made == WASI_NOSPC ? ERR_LIMIT : ERR_NOMEM;
    /* So that what the program makes can be written: the root is an entry too. */
    l.tree->entries_max = LIMIT_ARCHIVE_ENTRIES - 1;
    l.tree->keeps_atime = true;
    e = all_load(&l);
    free(l.nodes);
    if (e != ERR_OK) {
        tree_free(l.tree);
        return e;
    }
    *out = l.tree;
    return ERR_OK;
}

uint64_t tree_changes(const struct tree *t) { return t->changes; }

void tree_on_sync(struct tree *t, enum wasi_errno (*sync)(void *context), void *context)
{
    t->sync = sync;
    t->sync_context = context;
}

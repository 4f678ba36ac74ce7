/* tree_save.c: a tree in memory, to an archive. */
#include <stdlib.h>

#include "exec/tree_archive.h"
#include "exec/world/tree_node.h"

/* One entry of the archive to be: a name, and the node that it names. */
struct row {
    struct tree_node *node;
    const struct tree_entry *entry; /* NULL: the root */
    uint32_t parent;
    bool same;  /* it is where it was in the base */
    bool again; /* the node stands under another name already */
};

struct save {
    const struct archive *base;
    struct row *rows;
    uint32_t count;
};

static struct bytes name_of(const struct row *r)
{
    if (r->entry == NULL)
        return (struct bytes){ 0 };
    return (struct bytes){ (const uint8_t *)r->entry->name, r->entry->name_size };
}

static int by_name(const void *a, const void *b)
{
    return archive_name_compare(name_of(a), name_of(b));
}

static bool is_same(const struct save *s, const struct row *r)
{
    const struct row *parent = &s->rows[r->parent];
    struct archive_entry was;

    if (!parent->same || r->node->origin == 0)
        return false;
    archive_entry(s->base, r->node->origin, &was);
    return was.parent == parent->node->origin && bytes_equal(was.name, name_of(r));
}

/* The names in one directory, behind all that stand there already. */
static void directory_list(struct save *s, uint32_t at)
{
    const struct tree_node *dir = s->rows[at].node;
    struct row *first = &s->rows[s->count];

    for (size_t i = 0; i < dir->entry_count; i++)
        s->rows[s->count++] =
            (struct row){ .node = dir->entries[i].node, .entry = &dir->entries[i], .parent = at };
    if (dir->entry_count > 1)
        qsort(first, dir->entry_count, sizeof *first, by_name);
    for (struct row *r = first; r < &s->rows[s->count]; r++) {
        r->again = r->node->saved != 0;
        if (!r->again)
            r->node->saved = (uint32_t)(r - s->rows);
        r->same = s->base != NULL && is_same(s, r);
    }
}

static enum err rows_make(struct save *s, struct tree *t)
{
    s->rows = calloc((size_t)t->entry_count + 1, sizeof *s->rows);
    if (s->rows == NULL)
        return ERR_NOMEM;
    for (struct tree_node *n = t->nodes; n != NULL; n = n->next)
        n->saved = 0;
    s->rows[0] = (struct row){ .node = t->root, .same = s->base != NULL };
    s->count = 1;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->rows[i].node->type == WASI_TYPE_DIRECTORY)
            directory_list(s, i);
    return ERR_OK;
}

static void row_entry(void *context, uint32_t i, struct archive_entry *out)
{
    const struct row *r = &((const struct save *)context)->rows[i];
    const struct tree_node *n = r->node;

    *out = (struct archive_entry){
        .parent = r->parent, .name = name_of(r), .mtime = n->mtim, .atime = n->atim
    };
    if (r->again) {
        out->type = ARCHIVE_LINK;
        out->link = n->saved;
    } else if (n->type == WASI_TYPE_DIRECTORY) {
        out->type = ARCHIVE_DIRECTORY;
    } else if (n->type == WASI_TYPE_SYMLINK) {
        out->type = ARCHIVE_SYMLINK;
        out->target = (struct bytes){ n->data, n->size };
    } else {
        out->type = ARCHIVE_FILE;
        out->executable = n->executable;
        out->unchanged = r->same && n->borrowed;
        out->size = n->size;
    }
}

static enum err row_data(void *context, uint32_t i, uint64_t at, struct bytes *out)
{
    const struct tree_node *n = ((const struct save *)context)->rows[i].node;

    *out = (struct bytes){ n->data + at, (size_t)(n->size - at) };
    return ERR_OK;
}

enum err tree_save(struct tree *t, const struct archive *base, const struct archive_sink *sink)
{
    struct save s = { .base = base };
    struct archive_list list = { .context = &s, .entry = row_entry, .data = row_data };
    enum err e = rows_make(&s, t);

    list.count = s.count;
    if (e == ERR_OK)
        e = archive_write(&list, sink, NULL);
    free(s.rows);
    return e;
}

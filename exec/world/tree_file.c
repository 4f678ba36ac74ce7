/* tree_file.c: open files and directories of a tree. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "exec/world/tree_node.h"

enum wasi_errno tree_file_open(struct tree *t, struct tree_node *n, const struct world_open *how,
                               bool read_only, struct world_file **out)
{
    struct tree_file *f = calloc(1, sizeof *f);

    if (f == NULL)
        return WASI_NOMEM;
    f->base.ops = &tree_file_ops;
    f->base.type = n->type;
    f->base.read_only = read_only;
    f->base.can_read = how->read || !how->write;
    f->base.can_write = how->write;
    f->tree = t;
    f->node = n;
    f->fdflags = how->fdflags;
    n->refs++;
    *out = &f->base;
    return WASI_OK;
}

static void file_close(struct world_file *base)
{
    struct tree_file *f = tree_file_of(base);

    f->node->refs--;
    tree_node_settle(f->tree, f->node);
    free(f);
}

void tree_node_stat(const struct tree *t, const struct tree_node *n, struct world_stat *out)
{
    *out = (struct world_stat){
        .dev = t->dev,
        .ino = n->ino,
        .nlink = n->links,
        .size = n->size,
        .atim = n->atim,
        .mtim = n->mtim,
        .ctim = n->ctim,
        .type = n->type,
    };
}

static enum wasi_errno file_stat(struct world_file *base, struct world_stat *out)
{
    tree_node_stat(tree_file_of(base)->tree, tree_file_of(base)->node, out);
    return WASI_OK;
}

void tree_node_set_times(struct tree *t, struct tree_node *n, const struct world_times *times)
{
    uint64_t now = tree_now(t);

    if ((times->flags & WASI_TIME_ATIM) != 0)
        n->atim = times->atim;
    if ((times->flags & WASI_TIME_ATIM_NOW) != 0)
        n->atim = now;
    if ((times->flags & WASI_TIME_MTIM) != 0)
        n->mtim = times->mtim;
    if ((times->flags & WASI_TIME_MTIM_NOW) != 0)
        n->mtim = now;
    n->ctim = now;
    t->changes++;
}

static enum wasi_errno file_set_times(struct world_file *base, const struct world_times *times)
{
    if (base->read_only)
        return WASI_ROFS;
    tree_node_set_times(tree_file_of(base)->tree, tree_file_of(base)->node, times);
    return WASI_OK;
}

static uint32_t file_flags(struct world_file *base) { return tree_file_of(base)->fdflags; }

static enum wasi_errno file_set_flags(struct world_file *base, uint32_t fdflags)
{
    tree_file_of(base)->fdflags = fdflags;
    return WASI_OK;
}

static enum wasi_errno file_sync(struct world_file *base, bool data_only)
{
    const struct tree *t = tree_file_of(base)->tree;

    (void)data_only;
    return t->sync != NULL ? t->sync(t->sync_context) : WASI_OK;
}

static enum wasi_errno file_read(struct world_file *base, const struct iovec *to, size_t count,
                                 const uint64_t *offset, size_t *got)
{
    struct tree_file *f = tree_file_of(base);
    const struct tree_node *n = f->node;
    uint64_t at = offset != NULL ? *offset : f->at;
    size_t total = 0;

    if (offset != NULL && *offset > INT64_MAX)
        return WASI_INVAL;
    if (!base->can_read)
        return WASI_BADF;
    for (size_t i = 0; i < count && at < n->size; i++) {
        size_t part = num_min(to[i].iov_len, n->size - at);

        if (part == 0)
            continue;
        memcpy(to[i].iov_base, n->data + at, part);
        at += part;
        total += part;
    }
    if (offset == NULL)
        f->at = at;
    if (!f->tree->keeps_atime)
        f->node->atim = tree_now(f->tree);
    *got = total;
    return WASI_OK;
}

/* What fits of part bytes at a position; a full tree takes less, and then says
 * so to the next write. */
static enum wasi_errno room_make(struct tree_file *f, uint64_t at, size_t *part)
{
    uint64_t room = tree_node_room(f->tree, f->node);

    if (at > INT64_MAX - *part)
        return WASI_FBIG;
    WASI_TRY(tree_node_own(f->node));
    if (at + *part <= f->node->size)
        return WASI_OK;
    if (at < room)
        *part = num_min(*part, room - at);
    return tree_node_resize(f->tree, f->node, num_max(f->node->size, at + *part));
}

static enum wasi_errno write_at(struct tree_file *f, uint64_t at, const struct iovec *from,
                                size_t count, size_t *put)
{
    struct tree_node *n = f->node;
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        size_t part = from[i].iov_len;
        enum wasi_errno e;

        if (part == 0)
            continue;
        e = room_make(f, at, &part);
        if (e != WASI_OK && total == 0)
            return e;
        if (e != WASI_OK)
            break;
        memcpy(n->data + at, from[i].iov_base, part);
        at += part;
        total += part;
        if (part < from[i].iov_len)
            break;
    }
    f->tree->changes++;
    n->mtim = n->ctim = tree_now(f->tree);
    *put = total;
    return WASI_OK;
}

static enum wasi_errno file_write(struct world_file *base, const struct iovec *from, size_t count,
                                  const uint64_t *offset, size_t *put)
{
    struct tree_file *f = tree_file_of(base);

    if (!base->can_write)
        return WASI_BADF;
    if (offset != NULL)
        return *offset > INT64_MAX ? WASI_INVAL : write_at(f, *offset, from, count, put);
    if ((f->fdflags & WASI_FDFLAG_APPEND) != 0)
        f->at = f->node->size;
    WASI_TRY(write_at(f, f->at, from, count, put));
    f->at += *put;
    return WASI_OK;
}

static enum wasi_errno file_seek(struct world_file *base, int64_t delta, enum wasi_whence whence,
                                 uint64_t *out)
{
    struct tree_file *f = tree_file_of(base);
    int64_t from = whence == WASI_SEEK_SET   ? 0
                   : whence == WASI_SEEK_CUR ? (int64_t)f->at
                                             : (int64_t)f->node->size;
    int64_t to;

    if (__builtin_add_overflow(from, delta, &to))
        return WASI_OVERFLOW;
    if (to < 0)
        return WASI_INVAL;
    f->at = (uint64_t)to;
    *out = f->at;
    return WASI_OK;
}

static enum wasi_errno file_set_size(struct world_file *base, uint64_t size)
{
    struct tree_file *f = tree_file_of(base);

    if (!base->can_write)
        return WASI_INVAL;
    return tree_node_resize(f->tree, f->node, size);
}

static enum wasi_errno file_allocate(struct world_file *base, uint64_t offset, uint64_t size)
{
    struct tree_file *f = tree_file_of(base);

    if (!base->can_write)
        return WASI_BADF;
    if (size == 0 || offset > INT64_MAX || size > INT64_MAX)
        return WASI_INVAL;
    if (size > INT64_MAX - offset)
        return WASI_FBIG;
    if (offset + size <= f->node->size)
        return WASI_OK;
    return tree_node_resize(f->tree, f->node, offset + size);
}

static enum wasi_errno file_advise(struct world_file *base, uint64_t offset, uint64_t size,
                                   enum wasi_advice advice)
{
    (void)base;
    (void)advice;
    return offset > INT64_MAX || size > INT64_MAX ? WASI_INVAL : WASI_OK;
}

static void entry_put(struct world_entry *out, const struct tree_node *n, const char *name,
                      size_t size, uint64_t next)
{
    out->next = next;
    out->ino = n->ino;
    out->type = n->type;
    out->name_size = (uint32_t)size;
    memcpy(out->name, name, size);
    out->name[size] = '\0';
}

/* The first entry whose number is above the cookie: entries are in the order of
 * their numbers, and one that was removed leaves the others theirs. */
static const struct tree_entry *entry_after(const struct tree_node *dir, uint64_t cookie)
{
    size_t low = 0;
    size_t high = dir->entry_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (dir->entries[middle].id > cookie)
            high = middle;
        else
            low = middle + 1;
    }
    return low < dir->entry_count ? &dir->entries[low] : NULL;
}

static enum wasi_errno dir_entry(struct world_file *base, uint64_t cookie, struct world_entry *out,
                                 bool *end)
{
    const struct tree_node *dir = tree_file_of(base)->node;
    const struct tree_entry *e = cookie > 1 ? entry_after(dir, cookie) : NULL;

    *end = cookie > 1 && e == NULL;
    if (cookie == 0)
        entry_put(out, dir, ".", 1, 1);
    else if (cookie == 1)
        entry_put(out, dir->parent != NULL ? dir->parent : dir, "..", 2, 2);
    else if (e != NULL)
        entry_put(out, e->node, e->name, e->name_size, e->id);
    return WASI_OK;
}

const struct world_file_ops tree_file_ops = {
    .close = file_close,
    .stat = file_stat,
    .set_times = file_set_times,
    .flags = file_flags,
    .set_flags = file_set_flags,
    .sync = file_sync,
    .read = file_read,
    .write = file_write,
    .seek = file_seek,
    .set_size = file_set_size,
    .allocate = file_allocate,
    .advise = file_advise,
    .entry = dir_entry,
    .open = tree_open,
    .stat_at = tree_stat_at,
    .set_times_at = tree_set_times_at,
    .make_directory = tree_make_directory,
    .remove_directory = tree_remove_directory,
    .unlink = tree_unlink,
    .rename = tree_rename,
    .link = tree_link,
    .symlink = tree_symlink,
    .read_link = tree_read_link,
};

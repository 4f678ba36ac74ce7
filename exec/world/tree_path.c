/* tree_path.c: what is done to names in a tree. The errors are those of Linux,
 * case by case, so that a guest cannot tell one world from the other. */
#include <string.h>

#include "base/num.h"
#include "exec/world/tree_node.h"

static bool is_directory(const struct tree_node *n)
{
    return n != NULL && n->type == WASI_TYPE_DIRECTORY;
}

static struct tree_entry *entry_of(const struct tree_walk *w)
{
    return tree_entry_find(w->parent, w->last, strlen(w->last));
}

/* A new node under the name that the walk ended at. */
static enum wasi_errno make(struct tree *t, const struct tree_walk *w, enum wasi_filetype type,
                            struct tree_node **out)
{
    struct tree_node *n = tree_node_new(t, type);
    enum wasi_errno e;

    if (n == NULL)
        return WASI_NOSPC;
    e = tree_entry_add(t, w->parent, w->last, n);
    if (e != WASI_OK) {
        tree_node_settle(t, n);
        return e;
    }
    *out = n;
    return WASI_OK;
}

static enum wasi_errno open_existing(const struct tree_node *n, const struct world_open *how,
                                     bool read_only)
{
    const uint32_t changes = WASI_OPEN_CREAT | WASI_OPEN_TRUNC;
    bool directory = (how->oflags & WASI_OPEN_DIRECTORY) != 0;

    if ((how->oflags & WASI_OPEN_CREAT) != 0 && (how->oflags & WASI_OPEN_EXCL) != 0)
        return WASI_EXIST;
    if (n->type == WASI_TYPE_SYMLINK)
        return directory ? WASI_NOTDIR : WASI_LOOP;
    if (n->type == WASI_TYPE_DIRECTORY)
        return how->write || (how->oflags & changes) != 0 ? WASI_ISDIR : WASI_OK;
    if (directory)
        return WASI_NOTDIR;
    if (read_only && (how->write || (how->oflags & WASI_OPEN_TRUNC) != 0))
        return WASI_ROFS;
    return WASI_OK;
}

enum wasi_errno tree_open(struct world_file *dir, const char *path, const struct world_open *how,
                          struct world_file **out)
{
    struct tree_file *d = tree_file_of(dir);
    bool creates = (how->oflags & WASI_OPEN_CREAT) != 0;
    bool follow = how->follow && !(creates && (how->oflags & WASI_OPEN_EXCL) != 0);
    struct tree_walk w;

    if (creates && (how->oflags & WASI_OPEN_DIRECTORY) != 0)
        return WASI_INVAL;
    WASI_TRY(tree_walk(d->node, path, follow ? TREE_FOLLOW : TREE_NO_FOLLOW, &w));
    if (w.node != NULL) {
        WASI_TRY(open_existing(w.node, how, dir->read_only));
        if ((how->oflags & WASI_OPEN_TRUNC) != 0)
            WASI_TRY(tree_node_resize(d->tree, w.node, 0));
    } else {
        if (!creates)
            return WASI_NOENT;
        if (w.slash)
            return WASI_ISDIR;
        if (dir->read_only)
            return WASI_ROFS;
        WASI_TRY(make(d->tree, &w, WASI_TYPE_FILE, &w.node));
    }
    return tree_file_open(d->tree, w.node, how, dir->read_only, out);
}

static enum wasi_errno find(struct world_file *dir, const char *path, bool follow,
                            struct tree_node **out)
{
    struct tree_walk w;

    WASI_TRY(tree_walk(tree_file_of(dir)->node, path, follow ? TREE_FOLLOW : TREE_NO_FOLLOW, &w));
    if (w.node == NULL)
        return WASI_NOENT;
    *out = w.node;
    return WASI_OK;
}

enum wasi_errno tree_stat_at(struct world_file *dir, const char *path, bool follow,
                             struct world_stat *out)
{
    struct tree_node *n;

    WASI_TRY(find(dir, path, follow, &n));
    tree_node_stat(tree_file_of(dir)->tree, n, out);
    return WASI_OK;
}

enum wasi_errno tree_set_times_at(struct world_file *dir, const char *path, bool follow,
                                  const struct world_times *times)
{
    struct tree_node *n;

    if (dir->read_only)
        return WASI_ROFS;
    WASI_TRY(find(dir, path, follow, &n));
    tree_node_set_times(tree_file_of(dir)->tree, n, times);
    return WASI_OK;
}

enum wasi_errno tree_read_link(struct world_file *dir, const char *path, char *out, size_t room,
                               size_t *size)
{
    struct tree_node *n;

    WASI_TRY(find(dir, path, false, &n));
    if (n->type != WASI_TYPE_SYMLINK)
        return WASI_INVAL;
    *size = num_min(room, n->size);
    memcpy(out, n->data, *size);
    return WASI_OK;
}

/* The name itself, whatever it names. */
static enum wasi_errno place(struct world_file *dir, const char *path, struct tree_walk *w)
{
    if (dir->read_only)
        return WASI_ROFS;
    return tree_walk(tree_file_of(dir)->node, path, TREE_PLACE, w);
}

enum wasi_errno tree_make_directory(struct world_file *dir, const char *path)
{
    struct tree_node *n;
    struct tree_walk w;

    WASI_TRY(place(dir, path, &w));
    if (w.node != NULL)
        return WASI_EXIST;
    return make(tree_file_of(dir)->tree, &w, WASI_TYPE_DIRECTORY, &n);
}

enum wasi_errno tree_remove_directory(struct world_file *dir, const char *path)
{
    struct tree_walk w;

    WASI_TRY(place(dir, path, &w));
    if (w.node == NULL)
        return WASI_NOENT;
    if (w.parent == NULL)
        return w.dot_dot ? WASI_NOTEMPTY : WASI_INVAL;
    if (!is_directory(w.node))
        return WASI_NOTDIR;
    if (w.node->entry_count > 0)
        return WASI_NOTEMPTY;
    tree_entry_remove(tree_file_of(dir)->tree, w.parent, entry_of(&w));
    return WASI_OK;
}

enum wasi_errno tree_unlink(struct world_file *dir, const char *path)
{
    struct tree_walk w;

    WASI_TRY(place(dir, path, &w));
    if (w.node == NULL)
        return WASI_NOENT;
    if (is_directory(w.node))
        return WASI_ISDIR;
    if (w.slash)
        return WASI_NOTDIR;
    tree_entry_remove(tree_file_of(dir)->tree, w.parent, entry_of(&w));
    return WASI_OK;
}

enum wasi_errno tree_symlink(struct world_file *dir, const char *target, const char *path)
{
    struct tree *t = tree_file_of(dir)->tree;
    size_t size = strlen(target);
    struct tree_node *n;
    struct tree_walk w;
    enum wasi_errno e;

    WASI_TRY(place(dir, path, &w));
    if (w.node != NULL)
        return WASI_EXIST;
    if (w.slash)
        return WASI_NOENT;
    WASI_TRY(make(t, &w, WASI_TYPE_SYMLINK, &n));
    e = tree_node_resize(t, n, size);
    if (e != WASI_OK) {
        tree_entry_remove(t, w.parent, entry_of(&w));
        return e;
    }
    memcpy(n->data, target, size);
    return WASI_OK;
}

enum wasi_errno tree_link(struct world_file *from, const char *old_path, struct world_file *to,
                          const char *new_path)
{
    struct tree *t = tree_file_of(from)->tree;
    struct tree_walk a;
    struct tree_walk b;

    if (tree_file_of(to)->tree != t)
        return WASI_XDEV;
    WASI_TRY(place(from, old_path, &a));
    if (a.node == NULL)
        return WASI_NOENT;
    if (a.slash && !is_directory(a.node))
        return WASI_NOTDIR;
    if (is_directory(a.node))
        return WASI_PERM;
    WASI_TRY(place(to, new_path, &b));
    if (b.node != NULL)
        return WASI_EXIST;
    if (b.slash)
        return WASI_NOENT;
    return tree_entry_add(t, b.parent, b.last, a.node);
}

static bool is_within(const struct tree_node *n, const struct tree_node *directory)
{
    for (; n != NULL; n = n->parent)
        if (n == directory)
            return true;
    return false;
}

static enum wasi_errno rename_check(const struct tree_walk *a, const struct tree_walk *b)
{
    if (a->node == NULL)
        return WASI_NOENT;
    if (a->parent == NULL || b->parent == NULL)
        return WASI_BUSY;
    if (!is_directory(a->node) && (a->slash || b->slash))
        return WASI_NOTDIR;
    if (is_directory(a->node) && is_within(b->parent, a->node))
        return WASI_INVAL;
    if (b->node == NULL || b->node == a->node)
        return WASI_OK;
    if (!is_directory(a->node))
        return is_directory(b->node) ? WASI_ISDIR : WASI_OK;
    if (!is_directory(b->node))
        return WASI_NOTDIR;
    return b->node->entry_count > 0 ? WASI_NOTEMPTY : WASI_OK;
}

enum wasi_errno tree_rename(struct world_file *from, const char *old_path, struct world_file *to,
                            const char *new_path)
{
    struct tree *t = tree_file_of(from)->tree;
    struct tree_node *directory;
    struct tree_walk a;
    struct tree_walk b;

    if (tree_file_of(to)->tree != t)
        return WASI_XDEV;
    WASI_TRY(place(from, old_path, &a));
    WASI_TRY(place(to, new_path, &b));
    WASI_TRY(rename_check(&a, &b));
    if (b.node == a.node)
        return WASI_OK;
    /* The new name comes first: after it nothing can fail. For a moment the old
     * holder of the name, which entry_find meets first, is there beside it. */
    directory = b.parent;
    WASI_TRY(tree_entry_add(t, directory, b.last, a.node));
    if (b.node != NULL)
        tree_entry_remove(t, directory, entry_of(&b));
    tree_entry_remove(t, a.parent, entry_of(&a));
    if (is_directory(a.node))
        a.node->parent = directory;
    return WASI_OK;
}

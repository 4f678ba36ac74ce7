/* tree_walk.c: from a path to a node, never above where it starts. */
#include <string.h>

#include "exec/world/tree_node.h"

/* The path that is still to be walked; a link's target is put before the rest. */
struct rest {
    char *at;
    char text[2 * WORLD_PATH_MAX];
    unsigned links;
};

static enum wasi_errno rest_push(struct rest *r, const struct tree_node *link)
{
    size_t size = strlen(r->at);
    char next[2 * WORLD_PATH_MAX];

    if (++r->links > WORLD_LINKS_MAX)
        return WASI_LOOP;
    if (link->size + 1 + size >= WORLD_PATH_MAX)
        return WASI_NAMETOOLONG;
    if (link->data[0] == '/')
        return WASI_NOTCAPABLE;
    memcpy(next, link->data, link->size);
    memcpy(next + link->size, r->at, size + 1); /* it begins with its slash, or ends here */
    memcpy(r->text, next, link->size + size + 1);
    r->at = r->text;
    return WASI_OK;
}

/* Takes the next component, which there is. */
static enum wasi_errno rest_take(struct rest *r, struct tree_walk *w, bool *final)
{
    size_t size = strcspn(r->at, "/");
    const char *behind = r->at + size;

    if (size > WORLD_NAME_MAX)
        return WASI_NAMETOOLONG;
    memcpy(w->last, r->at, size);
    w->last[size] = '\0';
    r->at += size;
    w->slash = *behind == '/';
    *final = behind[strspn(behind, "/")] == '\0';
    return WASI_OK;
}

/* "." and "..": a step that names no entry. */
static enum wasi_errno step_dots(struct tree_node *start, struct tree_node **at,
                                 struct tree_walk *w)
{
    w->dot_dot = w->last[1] == '.';
    if (w->dot_dot) {
        if (*at == start || (*at)->parent == NULL)
            return WASI_NOTCAPABLE;
        *at = (*at)->parent;
    }
    w->parent = NULL;
    w->node = *at;
    return WASI_OK;
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static bool followed(const struct tree_walk *w, bool final, enum tree_walk_mode mode)
{
    if (!final || mode == TREE_FOLLOW)
        return true;
    return mode == TREE_NO_FOLLOW && w->slash;
}

enum wasi_errno tree_walk(struct tree_node *start, const char *path, enum tree_walk_mode mode,
                          struct tree_walk *out)
{
    struct rest r = { .at = r.text };
    struct tree_walk w = { 0 };
    struct tree_node *at = start;
    bool final = false;

    memcpy(r.text, path, strlen(path) + 1);
    while (!final) {
        const struct tree_entry *e;

        r.at += strspn(r.at, "/");
        WASI_TRY(rest_take(&r, &w, &final));
        if (at->type != WASI_TYPE_DIRECTORY)
            return WASI_NOTDIR;
        if (is_dots(w.last)) {
            WASI_TRY(step_dots(start, &at, &w));
            continue;
        }
        e = tree_entry_find(at, w.last, strlen(w.last));
        if (e == NULL && !final)
            return WASI_NOENT;
        if (e != NULL && e->node->type == WASI_TYPE_SYMLINK && followed(&w, final, mode)) {
            WASI_TRY(rest_push(&r, e->node));
            final = false;
            continue;
        }
        w.parent = at;
        w.node = e != NULL ? e->node : NULL;
        if (!final)
            at = e->node;
    }
    if (w.slash && w.node != NULL && mode != TREE_PLACE && w.node->type != WASI_TYPE_DIRECTORY)
        return WASI_NOTDIR;
    *out = w;
    return WASI_OK;
}

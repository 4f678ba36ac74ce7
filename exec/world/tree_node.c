/* tree_node.c: nodes of a tree in memory: their life, bytes and entries. */
#include "exec/world/tree_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

/* What a node or an entry counts besides its bytes: more than it takes. */
#define NODE_SIZE (sizeof(struct tree_node) + 32)
/* An entry's list is at most three quarters empty (entries_fit). */
#define ENTRY_SIZE (4 * sizeof(struct tree_entry) + 32)

uint64_t tree_now(const struct tree *t)
{
    uint64_t now = 0;

    if (t->clock->ops->time(t->clock, WASI_CLOCK_REALTIME, &now) != WASI_OK)
        return 0;
    return now;
}

uint64_t tree_used(const struct tree *t) { return t->used; }

static bool charge(struct tree *t, uint64_t size)
{
    if (size > t->size_max - t->used)
        return false;
    t->used += size;
    return true;
}

struct tree_node *tree_node_new(struct tree *t, enum wasi_filetype type)
{
    struct tree_node *n;

    if (!charge(t, NODE_SIZE))
        return NULL;
    n = calloc(1, sizeof *n);
    if (n == NULL) {
        t->used -= NODE_SIZE;
        return NULL;
    }
    n->type = type;
    n->ino = t->next_ino++;
    n->next_id = TREE_FIRST_ID;
    n->atim = n->mtim = n->ctim = tree_now(t);
    n->next = t->nodes;
    if (t->nodes != NULL)
        t->nodes->previous = n;
    t->nodes = n;
    return n;
}

static void node_free(struct tree *t, struct tree_node *n)
{
    if (n->previous != NULL)
        n->previous->next = n->next;
    else
        t->nodes = n->next;
    if (n->next != NULL)
        n->next->previous = n->previous;
    for (size_t i = 0; i < n->entry_count; i++)
        free(n->entries[i].name);
    free(n->entries);
    if (!n->borrowed)
        free(n->data);
    t->used -= NODE_SIZE + n->capacity;
    free(n);
}

void tree_node_settle(struct tree *t, struct tree_node *n)
{
    if (n->links == 0 && n->refs == 0)
        node_free(t, n);
}

/* Twice what it was where the ceiling allows, so that appending is cheap. */
static enum wasi_errno reserve(struct tree *t, struct tree_node *n, size_t size)
{
    uint64_t left = t->size_max - t->used;
    size_t capacity;
    uint8_t *data;

    if (size <= n->capacity)
        return WASI_OK;
    if (size - n->capacity > left)
        return WASI_NOSPC;
    capacity = num_max(size, num_min(2 * n->capacity, n->capacity + left));
    data = realloc(n->data, capacity);
    if (data == NULL)
        return WASI_NOSPC;
    t->used += capacity - n->capacity;
    n->data = data;
    n->capacity = capacity;
    return WASI_OK;
}

enum wasi_errno tree_node_own(struct tree_node *n)
{
    uint8_t *data;

    if (!n->borrowed)
        return WASI_OK;
    data = malloc(n->capacity + 1);
    if (data == NULL)
        return WASI_NOSPC;
    if (n->size > 0)
        memcpy(data, n->data, n->size);
    n->data = data;
    n->borrowed = false;
    return WASI_OK;
}

uint64_t tree_node_room(const struct tree *t, const struct tree_node *n)
{
    return n->capacity + (t->size_max - t->used);
}

enum wasi_errno tree_node_resize(struct tree *t, struct tree_node *n, uint64_t size)
{
    if (size > t->size_max)
        return size > INT64_MAX ? WASI_INVAL : WASI_NOSPC;
    t->changes++;
    if (size == 0) {
        if (!n->borrowed)
            free(n->data);
        n->borrowed = false;
        t->used -= n->capacity;
        n->data = NULL;
        n->capacity = 0;
    }
    WASI_TRY(tree_node_own(n));
    WASI_TRY(reserve(t, n, size));
    if (size > n->size)
        memset(n->data + n->size, 0, size - n->size);
    n->size = size;
    n->mtim = n->ctim = tree_now(t);
    return WASI_OK;
}

static uint32_t hash_of(const char *name, size_t size)
{
    uint32_t h = 2166136261u; /* FNV-1a: only a quick "not this one" */

    for (size_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)name[i]) * 16777619u;
    return h;
}

struct tree_entry *tree_entry_find(const struct tree_node *dir, const char *name, size_t size)
{
    uint32_t hash = hash_of(name, size);

    for (size_t i = 0; i < dir->entry_count; i++) {
        struct tree_entry *e = &dir->entries[i];

        if (e->hash == hash && e->name_size == size && memcmp(e->name, name, size) == 0)
            return e;
    }
    return NULL;
}

static bool entries_reserve(struct tree_node *dir)
{
    size_t capacity = dir->entry_capacity == 0 ? 4 : 2 * dir->entry_capacity;
    struct tree_entry *entries;

    if (dir->entry_count < dir->entry_capacity)
        return true;
    entries = realloc(dir->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    dir->entries = entries;
    dir->entry_capacity = capacity;
    return true;
}

/* Room that names left behind is no longer counted: it goes back, or a guest could
 * gather what its limit forbids in one directory after the other. */
static void entries_fit(struct tree_node *dir)
{
    size_t capacity = dir->entry_count == 0 ? 0 : dir->entry_capacity / 2;
    struct tree_entry *entries = NULL;

    if (4 * dir->entry_count >= dir->entry_capacity)
        return;
    if (capacity == 0)
        free(dir->entries);
    else
        entries = realloc(dir->entries, capacity * sizeof *entries);
    if (capacity != 0 && entries == NULL)
        return;
    dir->entries = entries;
    dir->entry_capacity = capacity;
}

enum wasi_errno tree_entry_add(struct tree *t, struct tree_node *dir, const char *name,
                               struct tree_node *n)
{
    size_t size = strlen(name);
    char *copy;

    if (dir->links == 0) /* removed while open: nothing is made in it */
        return WASI_NOENT;
    if (t->entry_count >= t->entries_max || !charge(t, ENTRY_SIZE + size))
        return WASI_NOSPC;
    copy = malloc(size + 1);
    if (copy == NULL || !entries_reserve(dir)) {
        free(copy);
        t->used -= ENTRY_SIZE + size;
        return WASI_NOSPC;
    }
    memcpy(copy, name, size + 1);
    dir->entries[dir->entry_count++] = (struct tree_entry){
        .node = n,
        .id = dir->next_id++,
        .hash = hash_of(name, size),
        .name_size = (uint32_t)size,
        .name = copy,
    };
    t->entry_count++;
    t->changes++;
    n->links++;
    if (n->type == WASI_TYPE_DIRECTORY)
        n->parent = dir;
    dir->mtim = dir->ctim = n->ctim = tree_now(t);
    return WASI_OK;
}

void tree_entry_remove(struct tree *t, struct tree_node *dir, struct tree_entry *e)
{
    struct tree_node *n = e->node;
    size_t behind = dir->entry_count - (size_t)(e - dir->entries) - 1;

    t->used -= ENTRY_SIZE + e->name_size;
    free(e->name);
    memmove(e, e + 1, behind * sizeof *e);
    dir->entry_count--;
    t->entry_count--;
    t->changes++;
    entries_fit(dir);
    n->links--;
    dir->mtim = dir->ctim = n->ctim = tree_now(t);
    if (n->type == WASI_TYPE_DIRECTORY && n->links == 0)
        n->parent = NULL;
    tree_node_settle(t, n);
}

enum wasi_errno tree_new(struct tree **out, struct world *clock, uint64_t size_max)
{
    static uint64_t trees;
    struct tree *t = calloc(1, sizeof *t);

    if (t == NULL)
        return WASI_NOMEM;
    t->clock = clock;
    t->size_max = num_min(size_max, INT64_MAX);
    t->next_ino = 1;
    t->entries_max = UINT32_MAX;
    t->dev = ++trees;
    t->root = tree_node_new(t, WASI_TYPE_DIRECTORY);
    if (t->root == NULL) {
        free(t);
        return WASI_NOSPC;
    }
    t->root->links = 1;
    *out = t;
    return WASI_OK;
}

void tree_free(struct tree *t)
{
    if (t == NULL)
        return;
    while (t->nodes != NULL)
        node_free(t, t->nodes);
    free(t);
}

enum wasi_errno tree_root(struct tree *t, struct world_file **out)
{
    const struct world_open how = { .read = true };

    return tree_file_open(t, t->root, &how, false, out);
}

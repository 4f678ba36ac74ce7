/* tree_node.h: the nodes of a tree in memory, and how a path finds them. Not for
 * others than tree_*.c, here and above (exec/tree_load.c, exec/tree_save.c).
 *
 * A node lives while a directory names it (links) or a file has it open (refs). */
#ifndef BROCH_EXEC_WORLD_TREE_NODE_H
#define BROCH_EXEC_WORLD_TREE_NODE_H

#include "exec/world/tree.h"

struct tree_entry {
    struct tree_node *node;
    uint64_t id; /* its cookie: larger than those of all entries before it */
    uint32_t hash;
    uint32_t name_size;
    char *name;
};

struct tree_node {
    struct tree_node *next; /* all nodes of the tree, for tree_free */
    struct tree_node *previous;
    enum wasi_filetype type; /* directory, file or symbolic link */
    uint64_t ino;
    uint64_t atim;
    uint64_t mtim;
    uint64_t ctim;
    uint32_t links;
    uint32_t refs;
    /* Files and links: their bytes. */
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool borrowed; /* the bytes are an archive's until they change; tree_node_own copies */
    bool executable;
    uint32_t origin; /* the archive's entry that it came from; 0: none, or the root */
    uint32_t saved;  /* its entry in the archive being written */
    /* Directories. */
    struct tree_node *parent; /* NULL: the root, or removed */
    struct tree_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    uint64_t next_id;
};

struct tree {
    struct world *clock;
    struct tree_node *root;
    struct tree_node *nodes;
    uint64_t size_max;
    uint64_t used;
    uint64_t next_ino;
    uint64_t dev; /* another for each tree of the process */
    uint32_t entry_count;
    uint32_t entries_max;
    bool keeps_atime;                       /* reading leaves no trace */
    uint64_t changes;                       /* counts them */
    enum wasi_errno (*sync)(void *context); /* NULL: there is nothing behind it */
    void *sync_context;
};

struct tree_file {
    struct world_file base;
    struct tree *tree;
    struct tree_node *node;
    uint64_t at;
    uint32_t fdflags;
};

static inline struct tree_file *tree_file_of(struct world_file *f) { return (struct tree_file *)f; }

extern const struct world_file_ops tree_file_ops;

/* Entries "." and ".." have the first two cookies. */
#define TREE_FIRST_ID 3u

uint64_t tree_now(const struct tree *t);
struct tree_node *tree_node_new(struct tree *t, enum wasi_filetype type);
/* Frees it where nothing holds it any more. */
void tree_node_settle(struct tree *t, struct tree_node *n);
/* Bytes of a file or link; what is added is zero. */
enum wasi_errno tree_node_resize(struct tree *t, struct tree_node *n, uint64_t size);
/* Its bytes become its own, to be written to. */
enum wasi_errno tree_node_own(struct tree_node *n);
/* The largest size that resize would still give it. */
uint64_t tree_node_room(const struct tree *t, const struct tree_node *n);
/* NULL where there is none. */
struct tree_entry *tree_entry_find(const struct tree_node *dir, const char *name, size_t size);
enum wasi_errno tree_entry_add(struct tree *t, struct tree_node *dir, const char *name,
                               struct tree_node *n);
void tree_entry_remove(struct tree *t, struct tree_node *dir, struct tree_entry *e);

enum tree_walk_mode {
    TREE_FOLLOW,    /* a link at the end is followed */
    TREE_NO_FOLLOW, /* it is not, unless a slash follows it */
    TREE_PLACE,     /* it is not: the name itself is meant */
};

struct tree_walk {
    struct tree_node *node;   /* NULL: the last component does not exist */
    struct tree_node *parent; /* where `last` is, or would be; NULL for "." and ".." */
    bool slash;               /* slashes after the last component */
    bool dot_dot;
    char last[WORLD_NAME_MAX + 1];
};

enum wasi_errno tree_walk(struct tree_node *start, const char *path, enum tree_walk_mode mode,
                          struct tree_walk *out);
enum wasi_errno tree_file_open(struct tree *t, struct tree_node *n, const struct world_open *how,
                               bool read_only, struct world_file **out);
void tree_node_stat(const struct tree *t, const struct tree_node *n, struct world_stat *out);
void tree_node_set_times(struct tree *t, struct tree_node *n, const struct world_times *times);

/* tree_path.c */
enum wasi_errno tree_open(struct world_file *dir, const char *path, const struct world_open *how,
                          struct world_file **out);
enum wasi_errno tree_stat_at(struct world_file *dir, const char *path, bool follow,
                             struct world_stat *out);
enum wasi_errno tree_set_times_at(struct world_file *dir, const char *path, bool follow,
                                  const struct world_times *times);
enum wasi_errno tree_make_directory(struct world_file *dir, const char *path);
enum wasi_errno tree_remove_directory(struct world_file *dir, const char *path);
enum wasi_errno tree_unlink(struct world_file *dir, const char *path);
enum wasi_errno tree_rename(struct world_file *from, const char *old_path, struct world_file *to,
                            const char *new_path);
enum wasi_errno tree_link(struct world_file *from, const char *old_path, struct world_file *to,
                          const char *new_path);
enum wasi_errno tree_symlink(struct world_file *dir, const char *target, const char *path);
enum wasi_errno tree_read_link(struct world_file *dir, const char *path, char *out, size_t room,
                               size_t *size);

#endif

/* world.h: what is outside of the guest, as the WASI calls see it.
 *
 * A world gives time, randomness and waiting; a world file is one open
 * description: a file, directory, stream or socket. Both are tables of
 * functions, so that the same WASI code runs over a process's descriptors
 * (world/host.h), over a tree in memory (world/tree.h), and later over the shim.
 *
 * Paths: never empty, never absolute, no zero byte inside, shorter than
 * WORLD_PATH_MAX: whoever calls has checked. Resolution starts at the directory
 * given and never leaves what is beneath it, not by "..", not by a symbolic
 * link, not by a race: what would leave is WASI_NOTCAPABLE.
 *
 * Ownership: open and accept give a file that world_file_close ends. Nothing
 * here knows rights; the descriptor table above does (wasi/table.h).
 * A world and its files belong to one thread at a time. */
#ifndef BROCH_EXEC_WORLD_H
#define BROCH_EXEC_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "exec/wasi/types.h"

#define WORLD_PATH_MAX 4096u /* Linux's PATH_MAX: longer ones fail there anyway */
#define WORLD_NAME_MAX 255u
/* Symbolic links followed in one resolution, as Linux has it (path_resolution(7)). */
#define WORLD_LINKS_MAX 40u

struct world_stat {
    uint64_t dev;
    uint64_t ino;
    uint64_t nlink;
    uint64_t size;
    uint64_t atim; /* nanoseconds since 1970 */
    uint64_t mtim;
    uint64_t ctim;
    enum wasi_filetype type;
};

struct world_times {
    uint64_t atim;
    uint64_t mtim;
    uint32_t flags; /* WASI_TIME_…, never both of a pair */
};

struct world_open {
    bool follow; /* the last component may be a symbolic link */
    bool read;
    bool write;
    uint32_t oflags; /* WASI_OPEN_… */
    uint32_t fdflags;
};

struct world_entry {
    uint64_t next; /* cookie of the entry behind this one */
    uint64_t ino;
    enum wasi_filetype type;
    uint32_t name_size;
    char name[WORLD_NAME_MAX + 1];
};

struct world_file;

struct world_file_ops {
    void (*close)(struct world_file *f);
    enum wasi_errno (*stat)(struct world_file *f, struct world_stat *out);
    enum wasi_errno (*set_times)(struct world_file *f, const struct world_times *times);
    uint32_t (*flags)(struct world_file *f);
    enum wasi_errno (*set_flags)(struct world_file *f, uint32_t fdflags);
    enum wasi_errno (*sync)(struct world_file *f, bool data_only);
    /* Bytes: offset NULL means the file's own position, which then moves. */
    enum wasi_errno (*read)(struct world_file *f, const struct iovec *to, size_t count,
                            const uint64_t *offset, size_t *got);
    enum wasi_errno (*write)(struct world_file *f, const struct iovec *from, size_t count,
                             const uint64_t *offset, size_t *put);
    enum wasi_errno (*seek)(struct world_file *f, int64_t delta, enum wasi_whence whence,
                            uint64_t *out);
    enum wasi_errno (*set_size)(struct world_file *f, uint64_t size);
    enum wasi_errno (*allocate)(struct world_file *f, uint64_t offset, uint64_t size);
    enum wasi_errno (*advise)(struct world_file *f, uint64_t offset, uint64_t size,
                              enum wasi_advice advice);
    /* Directories. The entry at a cookie (0 the first); *end where there is none. */
    enum wasi_errno (*entry)(struct world_file *f, uint64_t cookie, struct world_entry *out,
                             bool *end);
    enum wasi_errno (*open)(struct world_file *dir, const char *path, const struct world_open *how,
                            struct world_file **out);
    enum wasi_errno (*stat_at)(struct world_file *dir, const char *path, bool follow,
                               struct world_stat *out);
    enum wasi_errno (*set_times_at)(struct world_file *dir, const char *path, bool follow,
                                    const struct world_times *times);
    enum wasi_errno (*make_directory)(struct world_file *dir, const char *path);
    enum wasi_errno (*remove_directory)(struct world_file *dir, const char *path);
    enum wasi_errno (*unlink)(struct world_file *dir, const char *path);
    /* Both directories are of the same world_file_ops: the caller saw to it. */
    enum wasi_errno (*rename)(struct world_file *from, const char *old_path, struct world_file *to,
                              const char *new_path);
    enum wasi_errno (*link)(struct world_file *from, const char *old_path, struct world_file *to,
                            const char *new_path);
    enum wasi_errno (*symlink)(struct world_file *dir, const char *target, const char *path);
    enum wasi_errno (*read_link)(struct world_file *dir, const char *path, char *out, size_t room,
                                 size_t *size);
    /* Sockets; NULL in a table whose files never have the type of one. */
    enum wasi_errno (*accept)(struct world_file *f, uint32_t fdflags, struct world_file **out);
    enum wasi_errno (*receive)(struct world_file *f, struct iovec *to, size_t count, uint32_t flags,
                               size_t *got, uint32_t *out_flags);
    enum wasi_errno (*send)(struct world_file *f, struct iovec *from, size_t count, size_t *put);
    enum wasi_errno (*shutdown)(struct world_file *f, uint32_t how);
};

/* The head of every world's own file. */
struct world_file {
    const struct world_file_ops *ops;
    enum wasi_filetype type;
    bool read_only; /* nothing reached through it may be changed */
    bool is_tty;
    bool is_listener;
    bool can_read;
    bool can_write;
};

static inline void world_file_close(struct world_file *f)
{
    if (f != NULL)
        f->ops->close(f);
}

struct world_poll {
    struct world_file *file;
    bool write; /* else read */
    bool ready; /* out, and the rest */
    bool hangup;
    uint64_t size; /* bytes there to read, or 1 */
    enum wasi_errno error;
};

struct world;

struct world_ops {
    enum wasi_errno (*time)(struct world *w, enum wasi_clock clock, uint64_t *out);
    enum wasi_errno (*resolution)(struct world *w, enum wasi_clock clock, uint64_t *out);
    enum wasi_errno (*random)(struct world *w, void *out, size_t size);
    /* Waits until an item is ready or timeout_ns passed (negative: for ever);
     * WASI_INTR where the program is being stopped. */
    enum wasi_errno (*poll)(struct world *w, struct world_poll *items, size_t count,
                            int64_t timeout_ns);
    void (*yield)(struct world *w);
};

struct world {
    const struct world_ops *ops;
};

#endif

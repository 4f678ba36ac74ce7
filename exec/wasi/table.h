/* table.h: the guest's descriptors, and what each may be used for.
 *
 * Numbers 0 to 2 are the streams of the start; once closed they are not given
 * out again, so that a program which writes to a closed stream does not write
 * into a file instead. Others are the lowest that is free.
 * The table owns its files. */
#ifndef BROCH_EXEC_WASI_TABLE_H
#define BROCH_EXEC_WASI_TABLE_H

#include "base/bytes.h"
#include "exec/world.h"

/* Enough for servers; one guest must not use up the process's. */
#define WASI_FDS_MAX 4096u
#define WASI_FD_FIRST 3u

struct wasi_fd {
    struct world_file *file; /* NULL: closed */
    uint64_t base;           /* rights */
    uint64_t inheriting;
    struct bytes guest_path; /* of a directory that was there at the start */
    bool preopened;
};

struct wasi_table {
    struct wasi_fd *fds;
    uint32_t count; /* numbers below it exist, open or closed */
    uint32_t capacity;
};

void table_done(struct wasi_table *t);
/* Takes the file over, also where it fails. first: the lowest number allowed. */
enum wasi_errno table_add(struct wasi_table *t, struct wasi_fd fd, uint32_t first,
                          uint32_t *number);
/* NULL where it is closed or never was. Good until the next table_add. */
struct wasi_fd *table_find(struct wasi_table *t, uint32_t number);
enum wasi_errno table_close(struct wasi_table *t, uint32_t number);
enum wasi_errno table_renumber(struct wasi_table *t, uint32_t from, uint32_t to);

/* The descriptor if it has all of these rights. What a kind of file cannot do
 * is said as such: data calls on directories WASI_ISDIR, path calls on what is
 * none WASI_NOTDIR, else a right that is missing is WASI_NOTCAPABLE. */
enum wasi_errno table_use(struct wasi_table *t, uint32_t number, uint64_t rights,
                          struct wasi_fd **out);

/* The most that a file of this kind, opened like this, can ever be allowed. */
void rights_of(const struct world_file *f, uint64_t *base, uint64_t *inheriting);

#endif

/* table.c: the guest's descriptors. */
#include "exec/wasi/table.h"

#include <stdlib.h>

#define READING (WASI_RIGHT_FD_READ)
#define WRITING                                                              \
    (WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_ALLOCATE | \
     WASI_RIGHT_FD_FILESTAT_SET_SIZE)
#define ANY_FILE \
    (WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_POLL_FD_READWRITE)
#define POSITION (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL)
#define REGULAR                                                                                 \
    (ANY_FILE | POSITION | WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_ADVISE | \
     WASI_RIGHT_FD_FILESTAT_SET_TIMES)
#define PATHS                                                                                   \
    (WASI_RIGHT_PATH_CREATE_DIRECTORY | WASI_RIGHT_PATH_CREATE_FILE |                           \
     WASI_RIGHT_PATH_LINK_SOURCE | WASI_RIGHT_PATH_LINK_TARGET | WASI_RIGHT_PATH_OPEN |         \
     WASI_RIGHT_PATH_READLINK | WASI_RIGHT_PATH_RENAME_SOURCE | WASI_RIGHT_PATH_RENAME_TARGET | \
     WASI_RIGHT_PATH_FILESTAT_GET | WASI_RIGHT_PATH_FILESTAT_SET_SIZE |                         \
     WASI_RIGHT_PATH_FILESTAT_SET_TIMES | WASI_RIGHT_PATH_SYMLINK |                             \
     WASI_RIGHT_PATH_REMOVE_DIRECTORY | WASI_RIGHT_PATH_UNLINK_FILE)
#define DIRECTORY                                                                          \
    (PATHS | WASI_RIGHT_FD_READDIR | WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_SYNC | \
     WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_FILESTAT_SET_TIMES)
#define DATA                                                                         \
    (READING | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_ADVISE | \
     WASI_RIGHT_FD_FILESTAT_SET_SIZE | POSITION)

void table_done(struct wasi_table *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        world_file_close(t->fds[i].file);
    free(t->fds);
    *t = (struct wasi_table){ 0 };
}

static enum wasi_errno room_for(struct wasi_table *t, uint32_t number)
{
    uint32_t capacity = t->capacity == 0 ? 16 : t->capacity;
    struct wasi_fd *fds;

    if (number >= WASI_FDS_MAX)
        return WASI_MFILE;
    while (capacity <= number)
        capacity *= 2;
    if (capacity > t->capacity) {
        fds = realloc(t->fds, capacity * sizeof *fds);
        if (fds == NULL)
            return WASI_NOMEM;
        t->fds = fds;
        t->capacity = capacity;
    }
    while (t->count <= number)
        t->fds[t->count++] = (struct wasi_fd){ 0 };
    return WASI_OK;
}

enum wasi_errno table_add(struct wasi_table *t, struct wasi_fd fd, uint32_t first, uint32_t *number)
{
    enum wasi_errno e;
    uint32_t n = first;

    while (n < t->count && t->fds[n].file != NULL)
        n++;
    e = room_for(t, n);
    if (e != WASI_OK) {
        world_file_close(fd.file);
        return e;
    }
    t->fds[n] = fd;
    *number = n;
    return WASI_OK;
}

struct wasi_fd *table_find(struct wasi_table *t, uint32_t number)
{
    if (number >= t->count || t->fds[number].file == NULL)
        return NULL;
    return &t->fds[number];
}

enum wasi_errno table_close(struct wasi_table *t, uint32_t number)
{
    struct wasi_fd *fd = table_find(t, number);

    if (fd == NULL)
        return WASI_BADF;
    world_file_close(fd->file);
    *fd = (struct wasi_fd){ 0 };
    return WASI_OK;
}

enum wasi_errno table_renumber(struct wasi_table *t, uint32_t from, uint32_t to)
{
    struct wasi_fd *a = table_find(t, from);
    struct wasi_fd *b = table_find(t, to);

    if (a == NULL || b == NULL)
        return WASI_BADF;
    if (a == b)
        return WASI_OK;
    world_file_close(b->file);
    *b = *a;
    *a = (struct wasi_fd){ 0 };
    return WASI_OK;
}

enum wasi_errno table_use(struct wasi_table *t, uint32_t number, uint64_t rights,
                          struct wasi_fd **out)
{
    struct wasi_fd *fd = table_find(t, number);
    bool directory;

    if (fd == NULL)
        return WASI_BADF;
    directory = fd->file->type == WASI_TYPE_DIRECTORY;
    if (directory && (rights & DATA) != 0)
        return WASI_ISDIR;
    if (!directory && (rights & (PATHS | WASI_RIGHT_FD_READDIR)) != 0)
        return WASI_NOTDIR;
    if ((rights & ~fd->base) != 0)
        return WASI_NOTCAPABLE;
    *out = fd;
    return WASI_OK;
}

void rights_of(const struct world_file *f, uint64_t *base, uint64_t *inheriting)
{
    uint64_t ways = (f->can_read ? READING : 0) | (f->can_write ? WRITING : 0);

    *inheriting = 0;
    switch (f->type) {
    case WASI_TYPE_DIRECTORY:
        *base = DIRECTORY;
        *inheriting = WASI_RIGHTS_ALL;
        return;
    case WASI_TYPE_FILE:
    case WASI_TYPE_BLOCK_DEVICE: *base = REGULAR | ways; return;
    case WASI_TYPE_SOCKET_DGRAM:
    case WASI_TYPE_SOCKET_STREAM:
        /* What accept gives has the rights that the listener hands on. */
        *base = ANY_FILE | WASI_RIGHT_SOCK_SHUTDOWN;
        if (f->is_listener) {
            *base |= WASI_RIGHT_SOCK_ACCEPT | WASI_RIGHT_FD_READ;
            *inheriting = ANY_FILE | READING | WASI_RIGHT_FD_WRITE | WASI_RIGHT_SOCK_SHUTDOWN;
        } else {
            *base |= READING | WASI_RIGHT_FD_WRITE;
        }
        return;
    case WASI_TYPE_CHARACTER_DEVICE:
        /* A terminal is what programs know by a character device that has no
         * position (wasi-libc: isatty). */
        *base = ANY_FILE | (ways & (READING | WASI_RIGHT_FD_WRITE)) | (f->is_tty ? 0 : POSITION);
        return;
    case WASI_TYPE_UNKNOWN:
    case WASI_TYPE_SYMLINK: break;
    }
    /* Pipes: they have no position, and say so themselves (WASI_SPIPE). */
    *base = ANY_FILE | (ways & (READING | WASI_RIGHT_FD_WRITE)) | WASI_RIGHT_FD_SYNC |
            WASI_RIGHT_FD_DATASYNC | POSITION;
}

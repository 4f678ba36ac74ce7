/* host_dir.c: reading directories of the host world.
 *
 * The cookie of WASI is Linux's own (d_off), so a guest may come back to it at
 * any time; names read ahead are used when it goes straight on. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/world/host_file.h"

/* getdents64(2), whose structure has no header of the C library. */
struct dirent64_head {
    uint64_t ino;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

struct host_entries {
    uint64_t cookie; /* of the entry at `at` */
    size_t at;
    size_t used;
    bool filled;
    _Alignas(8) char bytes[HOST_ENTRIES_SIZE];
};

static enum wasi_filetype entry_type(uint8_t type)
{
    switch (type) {
    case 4: return WASI_TYPE_DIRECTORY; /* DT_DIR and so on, getdents64(2) */
    case 8: return WASI_TYPE_FILE;
    case 10: return WASI_TYPE_SYMLINK;
    case 2: return WASI_TYPE_CHARACTER_DEVICE;
    case 6: return WASI_TYPE_BLOCK_DEVICE;
    case 12: return WASI_TYPE_SOCKET_STREAM;
    default: return WASI_TYPE_UNKNOWN;
    }
}

static enum wasi_errno fill(struct host_file *h)
{
    struct host_entries *b = h->entries;
    long n;

    do
        n = syscall(SYS_getdents64, h->fd, b->bytes, sizeof b->bytes);
    while (n < 0 && host_again(errno));
    if (n < 0)
        return host_errno(errno);
    b->at = 0;
    b->used = (size_t)n;
    b->filled = true;
    return WASI_OK;
}

static enum wasi_errno move_to(struct host_file *h, uint64_t cookie)
{
    struct host_entries *b = h->entries;

    /* From the start again is asked anew: the directory may have changed. */
    if (b->filled && cookie != 0 && b->cookie == cookie)
        return b->at < b->used ? WASI_OK : fill(h);
    b->filled = false;
    if (cookie > INT64_MAX)
        return WASI_INVAL;
    if (lseek(h->fd, (off_t)cookie, SEEK_SET) < 0)
        return host_errno(errno);
    b->cookie = cookie;
    return fill(h);
}

enum wasi_errno host_entry(struct world_file *f, uint64_t cookie, struct world_entry *out,
                           bool *end)
{
    struct host_file *h = host_file_of(f);
    struct host_entries *b;
    const struct dirent64_head *d;

    if (h->entries == NULL)
        h->entries = calloc(1, sizeof *h->entries);
    if (h->entries == NULL)
        return WASI_NOMEM;
    WASI_TRY(move_to(h, cookie));
    b = h->entries;
    if (b->used == 0) {
        b->filled = false;
        *end = true;
        return WASI_OK;
    }
    d = (const struct dirent64_head *)(const void *)(b->bytes + b->at);
    *end = false;
    out->next = (uint64_t)d->next;
    out->ino = d->ino;
    out->type = entry_type(d->type);
    out->name_size = (uint32_t)strnlen(d->name, WORLD_NAME_MAX);
    memcpy(out->name, d->name, out->name_size);
    out->name[out->name_size] = '\0';
    b->at += d->size;
    b->cookie = out->next;
    return WASI_OK;
}

/* dir.c: fd_readdir. */
#include "base/num.h"
#include "exec/wasi/call.h"

#define HEAD_SIZE 24 /* dirent_t */

static size_t put_part(uint8_t *to, size_t room, const void *from, size_t size)
{
    size_t n = num_min(room, size);

    memcpy(to, from, n);
    return n;
}

static size_t put_entry(uint8_t *to, size_t room, const struct world_entry *e)
{
    uint8_t head[HEAD_SIZE] = { 0 };
    size_t n;

    memcpy(head, &e->next, 8);
    memcpy(head + 8, &e->ino, 8);
    memcpy(head + 16, &e->name_size, 4);
    head[20] = (uint8_t)e->type;
    n = put_part(to, room, head, sizeof head);
    return n + put_part(to + n, room - n, e->name, e->name_size);
}

/* "This function fills the output buffer as much as possible, potentially
 * truncating the last directory entry." A buffer that is not full says that the
 * directory has ended. */
enum wasi_errno wasi_fd_readdir(struct wasi_call *c)
{
    uint32_t room = call_u32(c, 2);
    uint8_t *to = call_at(c, call_u32(c, 1), room);
    uint64_t cookie = call_u64(c, 3);
    struct world_entry e;
    struct wasi_fd *fd;
    size_t used = 0;
    bool end = false;

    WASI_TRY(table_use(&c->wasi->table, call_u32(c, 0), WASI_RIGHT_FD_READDIR, &fd));
    if (to == NULL || call_at(c, call_u32(c, 4), 4) == NULL)
        return WASI_FAULT;
    while (used < room) {
        WASI_TRY(fd->file->ops->entry(fd->file, cookie, &e, &end));
        if (end)
            break;
        used += put_entry(to + used, room - used, &e);
        cookie = e.next;
    }
    return call_put_u32(c, call_u32(c, 4), (uint32_t)used);
}

#define _GNU_SOURCE

#include "host/tree_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/num.h"

void tree_dirs_init(struct tree_dirs *d, int root)
{
    *d = (struct tree_dirs){ .root = root, .last_fd = -1 };
}

static void last_close(struct tree_dirs *d)
{
    if (d->last_fd >= 0)
        close(d->last_fd);
    d->last_fd = -1;
    d->last = 0;
}

void tree_dirs_done(struct tree_dirs *d) { last_close(d); }

const char *tree_name(char out[TREE_NAME_ROOM], struct bytes name)
{
    size_t size = num_min(name.size, TREE_NAME_ROOM - 1);

    if (size > 0)
        memcpy(out, name.data, size);
    out[size] = '\0';
    return out;
}

int tree_dirs_open(struct tree_dirs *d, uint32_t i)
{
    uint32_t chain[LIMIT_ARCHIVE_DEPTH];
    size_t above = 0, depth = 0;
    int at = d->root;

    /* To the top, also where the way is known from the middle: how deep a folder may lie
     * does not depend on what was opened before it. */
    for (uint32_t up = i; up != 0; up = d->parent(d->context, up)) {
        if (++above > COUNT_OF(chain)) {
            errno = ELOOP;
            return -1;
        }
        if (up == d->last && d->last_fd >= 0)
            at = d->last_fd;
        else if (at == d->root)
            chain[depth++] = up;
    }
    while (depth > 0) {
        char name[TREE_NAME_ROOM];
        int next;

        depth--;
        next = openat(at, tree_name(name, d->name(d->context, chain[depth])),
                      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) {
            int error = errno;

            last_close(d);
            errno = error;
            return -1;
        }
        last_close(d); /* at, where it is not the root */
        d->last_fd = at = next;
        d->last = chain[depth];
    }
    return at;
}

/* One name in front of what stands there; control characters shown as '?'. */
static size_t name_before(char *out, size_t at, struct bytes name)
{
    for (size_t n = name.size; n > 0 && at > 0; n--) {
        uint8_t c = name.data[n - 1];

        out[--at] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    return at;
}

void tree_path(const struct tree_dirs *d, uint32_t i, char *out, size_t room)
{
    char text[1024];
    size_t at = sizeof text - 1;

    text[at] = '\0';
    for (size_t depth = 0; i != 0 && at > 1 && depth < LIMIT_ARCHIVE_DEPTH; depth++) {
        if (depth > 0)
            text[--at] = '/';
        at = name_before(text, at, d->name(d->context, i));
        i = d->parent(d->context, i);
    }
    if (sizeof text - at <= room)
        snprintf(out, room, "%s", text + at);
    else
        snprintf(out, room, "...%s", text + sizeof text - room + 3);
}

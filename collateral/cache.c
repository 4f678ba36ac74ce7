#define _GNU_SOURCE

#include "collateral/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY ".new-"
enum { TEMPORARY_AGE_S = 3600 };

bool cache_default(char out[PATH_MAX])
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int size = -1;

    /* The XDG base directory specification: relative paths are to be ignored. */
    if (base != NULL && base[0] == '/')
        size = snprintf(out, PATH_MAX, "%s/broch/collateral", base);
    else if (home != NULL && home[0] == '/')
        size = snprintf(out, PATH_MAX, "%s/.cache/broch/collateral", home);
    return size > 0 && size < PATH_MAX;
}

static bool directories_make(char *path)
{
    for (char *at = path + 1; at[0] != '\0' && (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* What a fetch that was killed left behind. */
static void leftovers_drop(const struct cache *c)
{
    int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *d;
    struct stat st;

    if (all == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((d = readdir(all)) != NULL)
        if (strncmp(d->d_name, TEMPORARY, strlen(TEMPORARY)) == 0 &&
            fstatat(c->fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_mtime + TEMPORARY_AGE_S < time(NULL))
            (void)unlinkat(c->fd, d->d_name, 0);
    closedir(all);
}

enum err cache_open(struct cache *c, const char *path, bool make)
{
    c->fd = -1;
    if (strlen(path) >= sizeof c->path) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    memcpy(c->path, path, strlen(path) + 1);
    if (path[0] == '\0' || (make && !directories_make(c->path)))
        return ERR_IO;
    c->fd = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->fd < 0)
        return ERR_IO;
    if (make)
        leftovers_drop(c);
    return ERR_OK;
}

void cache_close(struct cache *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

enum err cache_read(struct bytes *out, const struct cache *c, struct arena *arena, const char *name)
{
    int fd = openat(c->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    size_t size = 0, want;
    struct stat st;
    uint8_t *at;

    if (fd < 0)
        return ERR_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0 ||
        (uint64_t)st.st_size > CACHE_ENTRY_MAX) {
        close(fd);
        return ERR_LIMIT;
    }
    want = (size_t)st.st_size;
    at = arena_alloc(arena, want + 1);
    while (at != NULL &&
           size < want) { /* a file that shrinks meanwhile is read as far as it goes */
        ssize_t n = read(fd, at + size, want - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        size += (size_t)n;
    }
    close(fd);
    if (at == NULL)
        return ERR_NOMEM;
    *out = (struct bytes){ at, size };
    return size == want ? ERR_OK : ERR_IO;
}

static bool all_written(int fd, struct bytes contents)
{
    for (size_t at = 0; at < contents.size;) {
        ssize_t n = write(fd, contents.data + at, contents.size - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return fsync(fd) == 0;
}

enum err cache_write(const struct cache *c, const char *name, struct bytes contents)
{
    char beside[64];
    uint64_t random;
    bool ok;
    int fd, why;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return ERR_IO;
    snprintf(beside, sizeof beside, TEMPORARY "%016llx", (unsigned long long)random);
    fd = openat(c->fd, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ERR_IO;
    ok = all_written(fd, contents);
    why = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && renameat(c->fd, beside, c->fd, name) == 0)
        return fsync(c->fd) == 0 ? ERR_OK : ERR_IO;
    if (ok)
        why = errno;
    (void)unlinkat(c->fd, beside, 0);
    errno = why;
    return ERR_IO;
}

static int entry_compare(const void *a, const void *b)
{
    const struct cache_entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

enum err cache_list(struct cache_entry **out, size_t *count, const struct cache *c,
                    struct arena *arena)
{
    int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = fd < 0 ? NULL : fdopendir(fd);
    struct cache_entry *entries = NULL;
    uint32_t room = 0, n = 0;
    struct dirent *d;

    if (all == NULL) {
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    while ((d = readdir(all)) != NULL) {
        enum form_kind kind;
        size_t size = strlen(d->d_name);

        if (d->d_name[0] == '.' || size >= CACHE_NAME_SIZE || !form_of_name(&kind, d->d_name))
            continue;
        if (n == CACHE_ENTRIES_MAX || !ARENA_RESERVE(arena, entries, room, (size_t)n + 1)) {
            closedir(all);
            return n == CACHE_ENTRIES_MAX ? ERR_LIMIT : ERR_NOMEM;
        }
        entries[n] = (struct cache_entry){ .kind = kind };
        memcpy(entries[n++].name, d->d_name, size + 1);
    }
    closedir(all);
    if (n > 0)
        qsort(entries, n, sizeof *entries, entry_compare);
    *out = entries;
    *count = n;
    return ERR_OK;
}

enum err cache_form(struct form *out, struct arena *arena, enum form_kind kind, struct bytes raw)
{
    struct arena scratch;
    enum err e;

    arena_init(&scratch, arena->source, arena->ceiling - arena->held);
    e = form_read(out, &scratch, kind, raw);
    arena_done(&scratch);
    return e;
}

enum err cache_offer(const struct cache *c, struct arena *arena, int64_t now,
                     enum err (*take)(void *context, const char *name, struct bytes raw),
                     void *context)
{
    struct cache_entry *entries = NULL;
    size_t count = 0;

    TRY(cache_list(&entries, &count, c, arena));
    for (size_t i = 0; i < count; i++) {
        struct bytes raw;
        struct form form;

        enum err e = cache_read(&raw, c, arena, entries[i].name);

        if (e == ERR_OK)
            e = cache_form(&form, arena, entries[i].kind, raw);
        if (e == ERR_NOMEM)
            return e;
        if (e == ERR_OK && form_is_current(&form, now))
            TRY(take(context, entries[i].name, raw));
    }
    return ERR_OK;
}

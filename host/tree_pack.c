#define _GNU_SOURCE

#include "host/tree_pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/num.h"
#include "host/tree_dirs.h"

/* What each entry counts towards the ceiling besides its bytes: at least what it will
 * count in the keep, so that what is packed fits there. */
#define ENTRY_BYTES 512u
#define READ_SIZE ((size_t)1 << 20)

struct item {
    struct archive_entry entry; /* its texts are ours */
    dev_t dev;
    ino_t ino;
    uint32_t number;
};

struct pack {
    const char *path;
    struct note *note;
    struct tree_dirs dirs;
    struct item *items;
    uint32_t count;
    uint32_t room;
    uint64_t bytes;
    void *linked; /* items that have several names, by device and inode */
    /* The file that is being read. */
    int file;
    uint32_t file_of;
    uint8_t *read;
    /* Where it goes. */
    int out;
    struct hash hash;
    size_t held_size;
    uint8_t held[32 << 10];
};

static uint32_t parent_of(void *context, uint32_t i)
{
    return ((struct pack *)context)->items[i].entry.parent;
}

static struct bytes name_of(void *context, uint32_t i)
{
    return ((struct pack *)context)->items[i].entry.name;
}

static enum err failed(struct pack *p, int error, uint32_t i, const char *what)
{
    char path[256];

    tree_path(&p->dirs, i, path, sizeof path);
    note_set_errno(p->note, error, "%s/%s: %s", p->path, path, what);
    return ERR_IO;
}

static enum err out_of_memory(struct pack *p)
{
    note_set(p->note, "%s: out of memory", p->path);
    return ERR_NOMEM;
}

static enum err too_large(struct pack *p)
{
    note_set(p->note,
             "%s: the folder holds more than %u files or %llu MiB, which is what a keep can take a "
             "copy of; name a smaller folder, or use a process keep without --snapshot-dirs",
             p->path, LIMIT_ARCHIVE_ENTRIES - 1, LIMIT_ARCHIVE_CONTENTS >> 20);
    return ERR_LIMIT;
}

/* --- What there is. */

static uint64_t nanoseconds(struct timespec t)
{
    uint64_t ns;

    if (t.tv_sec < 0) /* before 1970: WASI has no such time */
        return 0;
    if (__builtin_mul_overflow((uint64_t)t.tv_sec, 1000000000u, &ns) ||
        __builtin_add_overflow(ns, (uint64_t)t.tv_nsec, &ns))
        return UINT64_MAX;
    return ns;
}

static int item_compare(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void key_free(void *key) { free(key); }

/* Whether the file stands under another name already; else it is remembered. */
static enum err link_find(struct pack *p, struct item *i)
{
    struct item *key = malloc(sizeof *key);
    void **found;

    if (key == NULL)
        return out_of_memory(p);
    *key = *i;
    found = tsearch(key, &p->linked, item_compare);
    if (found == NULL || *found != key)
        free(key);
    if (found == NULL)
        return out_of_memory(p);
    if (*found != key) {
        i->entry.type = ARCHIVE_LINK;
        i->entry.link = ((const struct item *)*found)->number;
        i->entry.size = 0;
        i->entry.executable = false;
        free((void *)(uintptr_t)i->entry.target.data);
        i->entry.target = (struct bytes){ 0 };
    }
    return ERR_OK;
}

static bool bytes_copy(struct bytes *out, const void *from, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    if (copy == NULL)
        return false;
    memcpy(copy, from, size);
    *out = (struct bytes){ copy, size };
    return true;
}

static enum err target_read(struct pack *p, int dir, struct item *i, const char *name)
{
    char target[ARCHIVE_TARGET_MAX + 1];
    ssize_t size = readlinkat(dir, name, target, sizeof target);

    if (size <= 0 || size > (ssize_t)ARCHIVE_TARGET_MAX)
        return failed(p, size < 0 ? errno : ENAMETOOLONG, i->number, "cannot read the link");
    return bytes_copy(&i->entry.target, target, (size_t)size) ? ERR_OK : out_of_memory(p);
}

static struct archive_entry entry_of(const struct stat *st, uint32_t parent)
{
    struct archive_entry e = { .parent = parent,
                               .mtime = nanoseconds(st->st_mtim),
                               .atime = nanoseconds(st->st_atim) };

    if (S_ISREG(st->st_mode)) {
        e.type = ARCHIVE_FILE;
        e.size = (uint64_t)st->st_size;
        e.executable = (st->st_mode & S_IXUSR) != 0;
    } else {
        e.type = S_ISDIR(st->st_mode) ? ARCHIVE_DIRECTORY : ARCHIVE_SYMLINK;
    }
    return e;
}

static enum err item_reserve(struct pack *p)
{
    uint32_t room = p->room == 0 ? 64 : 2 * p->room;
    struct item *items;

    if (p->count >= LIMIT_ARCHIVE_ENTRIES)
        return too_large(p);
    if (p->count < p->room)
        return ERR_OK;
    items = realloc(p->items, room * sizeof *items);
    if (items == NULL)
        return out_of_memory(p);
    p->items = items;
    p->room = room;
    return ERR_OK;
}

static enum err item_add(struct pack *p, uint32_t parent, int dir, struct bytes name)
{
    char text[TREE_NAME_ROOM];
    struct item *i;
    struct stat st;

    if (fstatat(dir, tree_name(text, name), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_OK : failed(p, errno, parent, text); /* gone meanwhile */
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
        return ERR_OK;
    TRY(item_reserve(p));
    i = &p->items[p->count];
    *i = (struct item){ .entry = entry_of(&st, parent), .dev = st.st_dev, .ino = st.st_ino };
    i->number = p->count;
    if (!bytes_copy(&i->entry.name, name.data, name.size))
        return out_of_memory(p);
    p->count++;
    if (S_ISLNK(st.st_mode))
        TRY(target_read(p, dir, i, text));
    if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
        TRY(link_find(p, i));
    if (i->entry.size > LIMIT_ARCHIVE_CONTENTS)
        return too_large(p);
    p->bytes += ENTRY_BYTES + name.size + i->entry.size + i->entry.target.size;
    return p->bytes > LIMIT_ARCHIVE_CONTENTS ? too_large(p) : ERR_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;

    return archive_name_compare(*x, *y);
}

struct names {
    struct bytes *all;
    size_t count;
    size_t room;
};

static void names_free(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free((void *)(uintptr_t)n->all[i].data);
    free(n->all);
}

static bool name_add(struct names *n, const char *name)
{
    if (n->count == n->room) {
        size_t room = n->room == 0 ? 64 : 2 * n->room;
        struct bytes *all = realloc(n->all, room * sizeof *all);

        if (all == NULL)
            return false;
        n->all = all;
        n->room = room;
    }
    if (!bytes_copy(&n->all[n->count], name, strlen(name)))
        return false;
    n->count++;
    return true;
}

static enum err names_read(struct pack *p, uint32_t at, int fd, struct names *n)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *e;
    enum err result = ERR_OK;

    if (d == NULL) {
        int error = errno;

        if (copy >= 0)
            close(copy);
        return failed(p, error, at, "cannot list it");
    }
    for (errno = 0; result == ERR_OK && (e = readdir(d)) != NULL; errno = 0) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (n->count > LIMIT_ARCHIVE_ENTRIES)
            result = too_large(p);
        else if (!name_add(n, e->d_name))
            result = out_of_memory(p);
    }
    if (result == ERR_OK && errno != 0)
        result = failed(p, errno, at, "cannot list it");
    closedir(d);
    return result;
}

static enum err folder_list(struct pack *p, uint32_t at)
{
    struct names names = { 0 };
    int fd = tree_dirs_open(&p->dirs, at);
    enum err e;

    if (fd < 0)
        return failed(p, errno, at,
                      errno == ELOOP ? "too many folders inside each other" : "cannot open it");
    e = names_read(p, at, fd, &names);
    if (names.count > 1)
        qsort(names.all, names.count, sizeof names.all[0], by_name);
    for (size_t i = 0; i < names.count && e == ERR_OK; i++)
        e = item_add(p, at, fd, names.all[i]);
    names_free(&names);
    return e;
}

static enum err items_list(struct pack *p)
{
    struct stat st;

    if (fstat(p->dirs.root, &st) != 0)
        return failed(p, errno, 0, "cannot open it");
    TRY(item_reserve(p));
    p->items[0] = (struct item){ .entry = entry_of(&st, 0) };
    p->items[0].entry.type = ARCHIVE_DIRECTORY;
    p->count = 1;
    for (uint32_t i = 0; i < p->count; i++)
        if (p->items[i].entry.type == ARCHIVE_DIRECTORY)
            TRY(folder_list(p, i));
    return ERR_OK;
}

/* --- What is in it. */

static void pack_entry(void *context, uint32_t i, struct archive_entry *out)
{
    *out = ((struct pack *)context)->items[i].entry;
}

static enum err file_open(struct pack *p, uint32_t i)
{
    const struct item *item = &p->items[i];
    int dir = tree_dirs_open(&p->dirs, item->entry.parent);
    char name[TREE_NAME_ROOM];
    struct stat st;

    if (p->file >= 0)
        close(p->file);
    p->file_of = i;
    p->file = dir < 0 ? -1
                      : openat(dir, tree_name(name, item->entry.name),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (p->file < 0)
        return failed(p, errno, i, "cannot open it");
    if (fstat(p->file, &st) != 0 || !S_ISREG(st.st_mode) || st.st_ino != item->ino ||
        st.st_dev != item->dev)
        return failed(p, ESTALE, i, "it was replaced while it was read");
    return ERR_OK;
}

static enum err pack_data(void *context, uint32_t i, uint64_t at, struct bytes *out)
{
    struct pack *p = context;
    size_t want = num_min(p->items[i].entry.size - at, READ_SIZE);
    ssize_t got;

    if (p->file < 0 || p->file_of != i)
        TRY(file_open(p, i));
    do {
        got = pread(p->file, p->read, want, (off_t)at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return failed(p, got < 0 ? errno : ESTALE, i, "it cannot be read whole");
    *out = (struct bytes){ p->read, (size_t)got };
    return ERR_OK;
}

static enum err out_write(struct pack *p, struct bytes b)
{
    TRY(hash_add(&p->hash, b));
    while (b.size > 0) {
        ssize_t n = write(p->out, b.data, b.size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            note_set_errno(p->note, errno, "%s: cannot copy it to a memory file", p->path);
            return ERR_IO;
        }
        b.data += n;
        b.size -= (size_t)n;
    }
    return ERR_OK;
}

static enum err out_flush(struct pack *p)
{
    struct bytes held = { p->held, p->held_size };

    p->held_size = 0;
    return out_write(p, held);
}

/* Small parts are gathered: most of them are names, records and gaps. */
static enum err pack_put(void *context, struct bytes b)
{
    struct pack *p = context;

    if (b.size > sizeof p->held - p->held_size)
        TRY(out_flush(p));
    if (b.size > sizeof p->held)
        return out_write(p, b);
    memcpy(p->held + p->held_size, b.data, b.size);
    p->held_size += b.size;
    return ERR_OK;
}

static enum err archive_seal(struct pack *p, struct tree_pack *out, uint64_t size)
{
    void *at;

    if (lseek(p->out, 0, SEEK_SET) != 0 ||
        fcntl(p->out, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        note_set_errno(p->note, errno, "%s: cannot seal a memory file", p->path);
        return ERR_IO;
    }
    at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, p->out, 0);
    if (at == MAP_FAILED)
        return out_of_memory(p);
    out->archive.raw = (struct bytes){ at, (size_t)size };
    TRY(archive_open(&out->archive, out->archive.raw)); /* our own: it is good */
    out->fd = p->out;
    p->out = -1;
    return ERR_OK;
}

static enum err archive_make(struct pack *p, struct tree_pack *out)
{
    const struct archive_list list = { p->count, p, pack_entry, pack_data };
    const struct archive_sink sink = { pack_put, p };
    uint64_t size = 0;
    enum err e;

    p->out = memfd_create("folder", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (p->out < 0) {
        note_set_errno(p->note, errno, "cannot make a memory file");
        return ERR_IO;
    }
    TRY(hash_init(&p->hash, HASH_SHA256));
    e = archive_write(&list, &sink, &size);
    if (e == ERR_OK)
        e = out_flush(p);
    if (e == ERR_OK)
        e = hash_end(&p->hash, out->digest);
    hash_done(&p->hash);
    if (e == ERR_LIMIT)
        return too_large(p);
    return e == ERR_OK ? archive_seal(p, out, size) : e;
}

static void pack_free(struct pack *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        free((void *)(uintptr_t)p->items[i].entry.name.data);
        free((void *)(uintptr_t)p->items[i].entry.target.data);
    }
    free(p->items);
    free(p->read);
    tdestroy(p->linked, key_free);
    tree_dirs_done(&p->dirs);
    if (p->file >= 0)
        close(p->file);
    if (p->out >= 0)
        close(p->out);
}

enum err tree_pack(struct tree_pack *out, int dir, const char *path, struct note *note)
{
    struct pack p = { .path = path, .note = note, .file = -1, .out = -1 };
    enum err e;

    *out = (struct tree_pack){ .fd = -1 };
    tree_dirs_init(&p.dirs, dir);
    p.dirs.context = &p;
    p.dirs.parent = parent_of;
    p.dirs.name = name_of;
    p.read = malloc(READ_SIZE);
    e = p.read == NULL ? out_of_memory(&p) : items_list(&p);
    if (e == ERR_OK)
        e = archive_make(&p, out);
    if (e != ERR_OK && note_empty(note))
        note_set(note, "%s: cannot take a copy of the folder", path);
    pack_free(&p);
    if (e != ERR_OK)
        tree_pack_done(out);
    return e;
}

void tree_pack_done(struct tree_pack *p)
{
    if (p->archive.raw.size > 0)
        munmap((void *)(uintptr_t)p->archive.raw.data, p->archive.raw.size);
    if (p->fd >= 0)
        close(p->fd);
    *p = (struct tree_pack){ .fd = -1 };
}

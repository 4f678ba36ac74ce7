#define _GNU_SOURCE

#include "host/tree_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "host/tree_dirs.h"

struct side {
    const struct archive *archive;
    struct tree_dirs dirs;
};

struct apply {
    const char *path;
    struct note *note;
    struct side base;
    struct side now;
    uint32_t *becomes; /* of each entry of base, the one of now at its path; 0: none */
    uint32_t *was;     /* the other way round */
    bool *fresh;       /* entries of now that were made, or written to */
    bool *touched;     /* folders of now in which something was done */
    unsigned failures;
    mode_t umask;
};

static uint32_t side_parent(void *context, uint32_t i)
{
    struct archive_entry e;

    archive_entry(((const struct side *)context)->archive, i, &e);
    return e.parent;
}

static struct bytes side_name(void *context, uint32_t i)
{
    struct archive_entry e;

    archive_entry(((const struct side *)context)->archive, i, &e);
    return e.name;
}

static void side_init(struct side *s, const struct archive *a, int dir)
{
    s->archive = a;
    tree_dirs_init(&s->dirs, dir);
    s->dirs.context = s;
    s->dirs.parent = side_parent;
    s->dirs.name = side_name;
}

static struct archive_entry entry_of(const struct side *s, uint32_t i)
{
    struct archive_entry e;

    archive_entry(s->archive, i, &e);
    return e;
}

static void failed(struct apply *a, struct side *s, uint32_t i, int error, const char *what)
{
    char path[256];

    if (a->failures++ > 0)
        return;
    tree_path(&s->dirs, i, path, sizeof path);
    if (error != 0)
        note_set_errno(a->note, error, "%s/%s: %s", a->path, path, what);
    else
        note_set(a->note, "%s/%s: %s", a->path, path, what);
}

/* --- Which is which. */

static void paths_match(struct apply *a)
{
    for (uint32_t i = 1; i < a->base.archive->count; i++) {
        struct archive_entry e = entry_of(&a->base, i);
        uint32_t parent = a->becomes[e.parent], at = 0;

        if (e.parent != 0 && parent == 0)
            continue;
        if (!archive_find(a->now.archive, parent, e.name, &at))
            continue;
        a->becomes[i] = at;
        a->was[at] = i;
    }
}

static bool is_directory(const struct side *s, uint32_t i)
{
    return entry_of(s, i).type == ARCHIVE_DIRECTORY;
}

/* --- What goes. */

static void entry_remove(struct apply *a, uint32_t i)
{
    struct archive_entry e = entry_of(&a->base, i);
    bool directory = e.type == ARCHIVE_DIRECTORY;
    int dir = tree_dirs_open(&a->base.dirs, e.parent);
    char name[TREE_NAME_ROOM];

    if (dir < 0 && errno == ENOENT)
        return; /* somebody else was faster */
    if (dir < 0)
        return failed(a, &a->base, i, errno, "cannot open its folder");
    if (unlinkat(dir, tree_name(name, e.name), directory ? AT_REMOVEDIR : 0) != 0 &&
        errno != ENOENT)
        return failed(a, &a->base, i, errno, "cannot remove it");
    a->touched[a->becomes[e.parent]] = true;
}

/* Children before parents. A file's place may be taken by rename, a folder's not. */
static void all_remove(struct apply *a)
{
    for (uint32_t i = a->base.archive->count; i-- > 1;) {
        uint32_t now = a->becomes[i];

        if (now == 0 || is_directory(&a->base, i) != is_directory(&a->now, now))
            entry_remove(a, i);
    }
}

/* --- What comes. */

/* A place beside the name, under which a thing is made before it takes the name. */
struct place {
    int dir;
    char name[TREE_NAME_ROOM];
    char aside[32];
};

/* The folder stays open for one call of its kind. */
static bool place_open(struct apply *a, uint32_t i, struct place *p)
{
    struct archive_entry e = entry_of(&a->now, i);
    uint64_t random = 0;

    p->dir = tree_dirs_open(&a->now.dirs, e.parent);
    if (p->dir < 0) {
        failed(a, &a->now, i, errno, "cannot open its folder");
        return false;
    }
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        failed(a, &a->now, i, errno, "no random number");
        return false;
    }
    tree_name(p->name, e.name);
    snprintf(p->aside, sizeof p->aside, ".broch-%016llx", (unsigned long long)random);
    return true;
}

/* What is at the name now: only a file or a symbolic link may give way. */
static bool place_free(struct apply *a, uint32_t i, const struct place *p, struct stat *st)
{
    *st = (struct stat){ 0 };
    if (fstatat(p->dir, p->name, st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(st->st_mode) ||
        S_ISLNK(st->st_mode))
        return true;
    failed(a, &a->now, i, 0, "something else is in its place");
    return false;
}

static void place_take(struct apply *a, uint32_t i, const struct place *p)
{
    int error = renameat(p->dir, p->aside, p->dir, p->name) == 0 ? 0 : errno;

    /* Where both were names of one file, rename leaves both. */
    (void)unlinkat(p->dir, p->aside, 0);
    if (error != 0)
        return failed(a, &a->now, i, error, "cannot replace it");
    a->fresh[i] = true;
    a->touched[entry_of(&a->now, i).parent] = true;
}

static struct timespec time_of(uint64_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000u),
                              .tv_nsec = (long)(ns % 1000000000u) };
}

/* Where the file belongs to somebody else its times cannot be set: it keeps others. */
static void times_set(int dir, const char *name, const struct archive_entry *e)
{
    const struct timespec times[2] = { time_of(e->atime), time_of(e->mtime) };

    (void)utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int all_write(int fd, struct bytes b)
{
    while (b.size > 0) {
        ssize_t n = write(fd, b.data, num_min(b.size, (size_t)1 << 30));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        b.data += n;
        b.size -= (size_t)n;
    }
    return 0;
}

/* A new file gets what any new file of this user gets; one that was there keeps its mode
 * (nothing that lends rights) and, where that is allowed, its owner. */
static int file_dress(const struct apply *a, int fd, const struct stat *old, bool executable)
{
    mode_t mode = (executable ? 0777 : 0666) & ~a->umask;

    if (S_ISREG(old->st_mode)) {
        mode = old->st_mode & 0777;
        if (fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM && errno != EINVAL)
            return errno;
    }
    return fchmod(fd, mode) == 0 ? 0 : errno;
}

static void file_make(struct apply *a, uint32_t i)
{
    struct archive_entry e = entry_of(&a->now, i);
    struct stat old;
    struct place p;
    int fd, error;

    if (!place_open(a, i, &p) || !place_free(a, i, &p, &old))
        return;
    fd = openat(p.dir, p.aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(a, &a->now, i, errno, "cannot write it");
    error = all_write(fd, archive_data(a->now.archive, &e));
    if (error == 0)
        error = file_dress(a, fd, &old, e.executable);
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error != 0) {
        (void)unlinkat(p.dir, p.aside, 0);
        return failed(a, &a->now, i, error, "cannot write it");
    }
    times_set(p.dir, p.aside, &e);
    place_take(a, i, &p);
}

static void symlink_make(struct apply *a, uint32_t i)
{
    struct archive_entry e = entry_of(&a->now, i);
    char target[ARCHIVE_TARGET_MAX + 1];
    struct stat old;
    struct place p;

    /* WASI makes none of these: whoever follows it would be led out of the folder. */
    if (e.target.data[0] == '/')
        return failed(a, &a->now, i, 0, "a link to an absolute path is not made");
    memcpy(target, e.target.data, e.target.size);
    target[e.target.size] = '\0';
    if (!place_open(a, i, &p) || !place_free(a, i, &p, &old))
        return;
    if (symlinkat(target, p.dir, p.aside) != 0)
        return failed(a, &a->now, i, errno, "cannot make the link");
    times_set(p.dir, p.aside, &e);
    place_take(a, i, &p);
}

static void link_make(struct apply *a, uint32_t i)
{
    uint32_t first = entry_of(&a->now, i).link;
    struct archive_entry e = entry_of(&a->now, first);
    int from = tree_dirs_open(&a->now.dirs, e.parent);
    char name[TREE_NAME_ROOM];
    struct stat old;
    struct place p;
    int error;

    /* The next folder that is opened closes this one. */
    from = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, 0);
    if (from < 0)
        return failed(a, &a->now, i, errno, "cannot open its folder");
    if (!place_open(a, i, &p) || !place_free(a, i, &p, &old)) {
        close(from);
        return;
    }
    error = linkat(from, tree_name(name, e.name), p.dir, p.aside, 0) == 0 ? 0 : errno;
    close(from);
    if (error != 0)
        return failed(a, &a->now, i, error, "cannot make its other name");
    place_take(a, i, &p);
}

static void directory_make(struct apply *a, uint32_t i)
{
    struct place p;
    struct stat st;

    if (!place_open(a, i, &p))
        return;
    if (mkdirat(p.dir, p.name, 0777) != 0) {
        int error = errno;

        if (error != EEXIST || fstatat(p.dir, p.name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(st.st_mode))
            return failed(a, &a->now, i, error, "cannot make the folder");
    }
    a->fresh[i] = a->touched[i] = true;
    a->touched[entry_of(&a->now, i).parent] = true;
}

/* The entry that a name stands for: itself, or the one that it is a link to. */
static uint32_t meant(const struct side *s, uint32_t i)
{
    struct archive_entry e = entry_of(s, i);

    return e.type == ARCHIVE_LINK ? e.link : i;
}

/* Both names were one file already, and still are. */
static bool link_there(const struct apply *a, uint32_t i, uint32_t first)
{
    uint32_t x = a->was[i], y = a->was[first];

    return x != 0 && y != 0 && !a->fresh[first] && meant(&a->base, x) == meant(&a->base, y);
}

static void file_apply(struct apply *a, uint32_t i, const struct archive_entry *e)
{
    if (!e->unchanged)
        file_make(a, i);
    else if (a->was[i] == 0 || entry_of(&a->base, a->was[i]).type != ARCHIVE_FILE)
        failed(a, &a->now, i, 0, "the keep calls it unchanged, and it was not there");
}

static void entry_apply(struct apply *a, uint32_t i)
{
    struct archive_entry e = entry_of(&a->now, i), was = { 0 };
    uint32_t before = a->was[i];

    if (before != 0)
        was = entry_of(&a->base, before);
    switch (e.type) {
    case ARCHIVE_FILE: return file_apply(a, i, &e);
    case ARCHIVE_DIRECTORY:
        if (before == 0 || was.type != ARCHIVE_DIRECTORY)
            directory_make(a, i);
        return;
    case ARCHIVE_SYMLINK:
        if (before == 0 || was.type != ARCHIVE_SYMLINK || !bytes_equal(was.target, e.target))
            symlink_make(a, i);
        return;
    case ARCHIVE_LINK:
        if (!link_there(a, i, e.link))
            link_make(a, i);
    }
}

/* --- When. */

/* Whether the times of what is there now are still to be set. What was made beside its
 * name has them; where something failed, what is there is not ours. */
static bool is_undated(const struct apply *a, uint32_t i, const struct archive_entry *e)
{
    bool directory = e->type == ARCHIVE_DIRECTORY;
    struct archive_entry was;

    if (a->fresh[i])
        return directory;
    if ((i != 0 && a->was[i] == 0) || e->type == ARCHIVE_LINK)
        return false;
    was = entry_of(&a->base, a->was[i]);
    if (was.type != e->type || (e->type == ARCHIVE_FILE && !e->unchanged))
        return false;
    return (directory && a->touched[i]) || was.mtime != e->mtime || was.atime != e->atime;
}

/* Backwards, so that what is done in a folder is done before its own times are set. */
static void all_date(struct apply *a)
{
    for (uint32_t i = a->now.archive->count; i-- > 0;) {
        struct archive_entry e = entry_of(&a->now, i);
        char name[TREE_NAME_ROOM] = ".";
        int dir;

        if (!is_undated(a, i, &e))
            continue;
        dir = tree_dirs_open(&a->now.dirs, e.parent);
        if (dir >= 0)
            times_set(dir, i == 0 ? name : tree_name(name, e.name), &e);
    }
}

static bool tables_make(struct apply *a)
{
    a->becomes = calloc(a->base.archive->count, sizeof *a->becomes);
    a->was = calloc(a->now.archive->count, sizeof *a->was);
    a->fresh = calloc(a->now.archive->count, sizeof *a->fresh);
    a->touched = calloc(a->now.archive->count, sizeof *a->touched);
    return a->becomes != NULL && a->was != NULL && a->fresh != NULL && a->touched != NULL;
}

static void all_apply(struct apply *a)
{
    a->umask = umask(0);
    umask(a->umask);
    paths_match(a);
    all_remove(a);
    for (uint32_t i = 1; i < a->now.archive->count; i++)
        entry_apply(a, i);
    all_date(a);
}

enum err tree_apply(int dir, const char *path, const struct archive *base,
                    const struct archive *now, struct note *note)
{
    struct apply a = { .path = path, .note = note };
    enum err e = ERR_NOMEM;

    side_init(&a.base, base, dir);
    side_init(&a.now, now, dir);
    if (tables_make(&a)) {
        all_apply(&a);
        e = a.failures == 0 ? ERR_OK : ERR_IO;
        if (a.failures > 1)
            note_add(note, "and %u more could not be brought to the folder", a.failures - 1);
    } else {
        note_set(note, "%s: out of memory", path);
    }
    tree_dirs_done(&a.base.dirs);
    tree_dirs_done(&a.now.dirs);
    free(a.becomes);
    free(a.was);
    free(a.fresh);
    free(a.touched);
    return e;
}

/* Covers: tree_pack tree_load tree_save tree_apply archive_open */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/reader.h"
#include "exec/tree_archive.h"
#include "host/tree_apply.h"
#include "host/tree_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A folder is packed, a keep's tree is made of it, calls are made on that as the input says,
 * and the outcome is applied. Then the folder, packed again, holds what the tree held, to the
 * name, the byte and the nanosecond. Where the input changes bytes of the outcome before it is
 * applied, as a hostile keep would, nothing outside of the folder changes. */

static char place[64];
static uint64_t now_ns = 1000000000;

static enum wasi_errno time_give(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    (void)clock;
    *out = now_ns += 1000;
    return WASI_OK;
}

static const struct world_ops clock_ops = { .time = time_give };
static struct world clock_world = { &clock_ops };

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "files: %s\n", what);
    abort();
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void place_remove(void)
{
    if (place[0] != '\0')
        nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "cannot write");
    close(fd);
}

static int place_make(void)
{
    const char *tmp = getenv("TMPDIR");
    int at;

    if (place[0] == '\0')
        atexit(place_remove);
    place_remove();
    snprintf(place, sizeof place, "%.40s/broch-files-XXXXXX", tmp != NULL ? tmp : "/tmp");
    must(mkdtemp(place) != NULL, "no temporary folder");
    at = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(at >= 0 && mkdirat(at, "outside", 0755) == 0 && mkdirat(at, "folder", 0755) == 0 &&
             mkdirat(at, "folder/d", 0755) == 0 && mkdirat(at, "folder/d/e", 0755) == 0,
         "cannot make folders");
    put(at, "outside/a", "secret");
    put(at, "folder/a", "hello");
    put(at, "folder/d/a", "deep");
    put(at, "folder/d/e/b", "");
    must(linkat(at, "folder/a", at, "folder/b", 0) == 0 &&
             symlinkat("../outside", at, "folder/out") == 0 && symlinkat("d", at, "folder/s") == 0,
         "cannot make links");
    return at;
}

/* --- What the program does. */

static const char *const paths[] = {
    "a",   "b",   "c",     "d",     "s",        "out",   "d/a",   "d/b",
    "d/e", "d/d", "d/e/a", "d/e/b", "d/d/deep", "out/a", "s/e/c", "c/a",
};
static const char *const targets[] = { "a", "d/a", "../outside/a", "..", "d/e", "nowhere" };

static const char *path_take(struct reader *r) { return paths[reader_u8(r) % COUNT_OF(paths)]; }

static void write_do(struct world_file *root, struct reader *r)
{
    struct world_open how = { .write = true, .oflags = WASI_OPEN_CREAT, .follow = true };
    const char *path = path_take(r);
    uint64_t at = reader_u8(r);
    uint8_t text[40];
    struct iovec v = { text, reader_u8(r) % sizeof text };
    struct world_file *f;
    size_t n;

    memset(text, reader_u8(r), sizeof text);
    if ((at & 1) != 0)
        how.oflags |= WASI_OPEN_TRUNC;
    if (root->ops->open(root, path, &how, &f) != WASI_OK)
        return;
    if (f->type == WASI_TYPE_FILE)
        (void)f->ops->write(f, &v, 1, &at, &n);
    world_file_close(f);
}

static void times_do(struct world_file *root, struct reader *r)
{
    const char *path = path_take(r);
    struct world_times t = { .mtim = reader_u8(r) * 1000000007ull, .flags = WASI_TIME_MTIM };

    (void)root->ops->set_times_at(root, path, false, &t);
}

static void call_do(struct world_file *root, struct reader *r)
{
    switch (reader_u8(r) % 8) {
    case 0: write_do(root, r); break;
    case 1: (void)root->ops->unlink(root, path_take(r)); break;
    case 2: (void)root->ops->make_directory(root, path_take(r)); break;
    case 3: (void)root->ops->remove_directory(root, path_take(r)); break;
    case 4: {
        const char *old = path_take(r);

        (void)root->ops->rename(root, old, root, path_take(r));
        break;
    }
    case 5: {
        const char *old = path_take(r);

        (void)root->ops->link(root, old, root, path_take(r));
        break;
    }
    case 6: {
        const char *target = targets[reader_u8(r) % COUNT_OF(targets)];

        (void)root->ops->symlink(root, target, path_take(r));
        break;
    }
    default: times_do(root, r);
    }
}

/* --- What comes of it. */

struct room {
    uint8_t bytes[1 << 18];
    size_t size;
};

static enum err room_put(void *context, struct bytes b)
{
    struct room *room = context;

    must(b.size <= sizeof room->bytes - room->size, "the outcome is larger than it can be");
    memcpy(room->bytes + room->size, b.data, b.size);
    room->size += b.size;
    return ERR_OK;
}

static struct bytes save(struct room *room, struct tree *t, const struct archive *base)
{
    const struct archive_sink sink = { room_put, room };

    room->size = 0;
    must(tree_save(t, base, &sink) == ERR_OK, "the tree is not saved");
    return (struct bytes){ room->bytes, room->size };
}

static void same_check(const struct archive *want, const struct archive *got)
{
    must(want->count == got->count, "another count of entries");
    for (uint32_t i = 0; i < want->count; i++) {
        struct archive_entry a, b;

        archive_entry(want, i, &a);
        archive_entry(got, i, &b);
        must(a.parent == b.parent && a.type == b.type && bytes_equal(a.name, b.name), "a name");
        must(bytes_equal(a.target, b.target) && a.link == b.link, "a link");
        must(bytes_equal(archive_data(want, &a), archive_data(got, &b)), "contents");
        must(a.type == ARCHIVE_LINK || a.mtime == b.mtime, "a time");
    }
}

static void outside_check(int at)
{
    char text[16] = "";
    struct stat st;
    int fd = openat(at, "outside/a", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    must(fd >= 0 && read(fd, text, sizeof text) == 6 && strcmp(text, "secret") == 0,
         "a file outside was changed");
    must(fstat(fd, &st) == 0 && st.st_nlink == 1, "a file outside has another name");
    close(fd);
    must(fstatat(at, "outside", &st, 0) == 0 && st.st_nlink == 2, "a folder outside was changed");
    must(faccessat(at, "b", F_OK, 0) != 0 && faccessat(at, "outside/b", F_OK, 0) != 0,
         "something was made outside");
}

static void hostile_apply(int at, int dir, const struct tree_pack *pack, struct bytes raw,
                          struct room *room, struct reader *r)
{
    struct note note = { 0 };
    struct archive now;

    while (r->left >= 3) {
        size_t where = reader_u16le(r) % raw.size;

        room->bytes[where] = reader_u8(r);
    }
    if (archive_open(&now, raw) == ERR_OK && tree_apply(dir, "F", &pack->archive, &now, &note) > 0)
        must(!note_empty(&note), "a failure without words");
    outside_check(at);
}

static void honest_apply(int at, int dir, const struct tree_pack *pack, struct bytes raw,
                         struct tree *t)
{
    static struct room whole;
    struct tree_pack again;
    struct note note = { 0 };
    struct archive now, want;

    must(archive_open(&now, raw) == ERR_OK, "the outcome is malformed");
    if (tree_apply(dir, "F", &pack->archive, &now, &note) != ERR_OK)
        must(false, note.text);
    must(archive_open(&want, save(&whole, t, NULL)) == ERR_OK, "the tree is malformed");
    must(tree_pack(&again, dir, "F", &note) == ERR_OK, "the folder cannot be packed");
    same_check(&want, &again.archive);
    tree_pack_done(&again);
    outside_check(at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct room room;
    struct reader r = reader_of((struct bytes){ data, size });
    uint8_t calls = reader_u8(&r);
    struct world_file *root;
    struct tree_pack pack;
    struct note note = { 0 };
    struct tree *t;
    struct bytes raw;
    int at, dir;

    if (size == 0 || size > 4096)
        return 0;
    at = place_make();
    dir = openat(at, "folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(tree_pack(&pack, dir, "F", &note) == ERR_OK, "the folder cannot be packed");
    must(tree_load(&t, &clock_world, &pack.archive, 1 << 20) == ERR_OK, "it cannot be loaded");
    must(tree_root(t, &root) == WASI_OK, "it has no root");
    for (unsigned i = 0; i < (calls & 63u) && r.left > 0; i++)
        call_do(root, &r);
    raw = save(&room, t, &pack.archive);
    if ((calls & 64) != 0 && r.left >= 3)
        hostile_apply(at, dir, &pack, raw, &room, &r);
    else
        honest_apply(at, dir, &pack, raw, t);
    world_file_close(root);
    tree_free(t);
    tree_pack_done(&pack);
    close(dir);
    close(at);
    return 0;
}

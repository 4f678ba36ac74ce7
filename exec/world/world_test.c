/* One list of cases for every world of files: a folder of the host, and a tree in
 * memory, must behave alike. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/world/host.h"
#include "exec/world/tree_node.h"
#include "tests/check.h"

static struct world_file *root;
static const char *world_name;

static void case_of(const char *name)
{
    char text[160];

    snprintf(text, sizeof text, "%s: %s", world_name, name);
    CASE(text);
}

static const struct world_open reading = { .read = true };
static const struct world_open creating = { .read = true,
                                            .write = true,
                                            .oflags = WASI_OPEN_CREAT };

static enum wasi_errno open_as(const char *path, struct world_open how, struct world_file **out)
{
    *out = NULL;
    return root->ops->open(root, path, &how, out);
}

/* The error of opening, and nothing left open. */
static enum wasi_errno opens(const char *path, struct world_open how)
{
    struct world_file *f;
    enum wasi_errno e = open_as(path, how, &f);

    world_file_close(f);
    return e;
}

static enum wasi_errno put(const char *path, const char *text)
{
    struct iovec v = { .iov_len = strlen(text) };
    struct world_file *f;
    size_t n = 0;
    enum wasi_errno e = open_as(path, creating, &f);
    char room[64];

    if (e != WASI_OK)
        return e;
    memcpy(room, text, v.iov_len);
    v.iov_base = room;
    e = f->ops->write(f, &v, 1, NULL, &n);
    world_file_close(f);
    return e;
}

static const char *get(struct world_file *f)
{
    static char room[128];
    struct iovec v = { .iov_base = room, .iov_len = sizeof room - 1 };
    const uint64_t start = 0;
    size_t n = 0;

    if (f->ops->read(f, &v, 1, &start, &n) != WASI_OK)
        return "(error)";
    room[n] = '\0';
    return room;
}

static const char *get_path(const char *path)
{
    struct world_file *f;
    const char *text;

    if (open_as(path, reading, &f) != WASI_OK)
        return "(none)";
    text = get(f);
    world_file_close(f);
    return text;
}

static enum wasi_errno make(const char *path) { return root->ops->make_directory(root, path); }
static enum wasi_errno drop(const char *path) { return root->ops->unlink(root, path); }
static enum wasi_errno drop_dir(const char *p) { return root->ops->remove_directory(root, p); }
static enum wasi_errno move(const char *a, const char *b)
{
    return root->ops->rename(root, a, root, b);
}
static enum wasi_errno link_to(const char *a, const char *b)
{
    return root->ops->link(root, a, root, b);
}
static enum wasi_errno symlink_to(const char *target, const char *path)
{
    return root->ops->symlink(root, target, path);
}

static enum wasi_errno stat_of(const char *path, bool follow, struct world_stat *s)
{
    return root->ops->stat_at(root, path, follow, s);
}

static void test_bytes(void)
{
    char room[8] = "abcdef";
    struct iovec v = { room, 6 };
    const uint64_t two = 2;
    struct world_file *f;
    uint64_t at;
    size_t n;

    case_of("what is written is read, at the position and elsewhere");
    CHECK_EQ(open_as("bytes", creating, &f), WASI_OK);
    CHECK_EQ(f->ops->write(f, &v, 1, NULL, &n), WASI_OK);
    CHECK_EQ(n, 6);
    CHECK_EQ(f->ops->write(f, &v, 1, &two, &n), WASI_OK);
    CHECK_TEXT(get(f), "ababcdef");
    CHECK_EQ(f->ops->seek(f, 0, WASI_SEEK_CUR, &at), WASI_OK);
    CHECK_EQ(at, 6);
    CHECK_EQ(f->ops->seek(f, -1, WASI_SEEK_SET, &at), WASI_INVAL);
    CHECK_EQ(f->ops->seek(f, -2, WASI_SEEK_END, &at), WASI_OK);
    CHECK_EQ(at, 6);

    case_of("append goes to the end, a positioned write does not");
    CHECK_EQ(f->ops->set_flags(f, WASI_FDFLAG_APPEND), WASI_OK);
    CHECK_EQ(f->ops->flags(f), WASI_FDFLAG_APPEND);
    CHECK_EQ(f->ops->seek(f, 0, WASI_SEEK_SET, &at), WASI_OK);
    v.iov_len = 1;
    CHECK_EQ(f->ops->write(f, &v, 1, NULL, &n), WASI_OK);
    room[0] = 'Z';
    CHECK_EQ(f->ops->write(f, &v, 1, &two, &n), WASI_OK);
    CHECK_TEXT(get(f), "abZbcdefa");

    case_of("a size set grows with zeroes and cuts");
    CHECK_EQ(f->ops->set_size(f, 2), WASI_OK);
    CHECK_TEXT(get(f), "ab");
    CHECK_EQ(f->ops->set_size(f, 20), WASI_OK);
    CHECK_TEXT(get(f), "ab");
    CHECK_EQ(f->ops->allocate(f, 10, 30), WASI_OK);
    CHECK_EQ(f->ops->seek(f, 0, WASI_SEEK_END, &at), WASI_OK);
    CHECK_EQ(at, 40);
    CHECK_EQ(f->ops->allocate(f, 0, 0), WASI_INVAL);
    world_file_close(f);
    CHECK_EQ(drop("bytes"), WASI_OK);
}

static void test_open(void)
{
    const struct world_open exclusive = { .oflags = WASI_OPEN_CREAT | WASI_OPEN_EXCL,
                                          .write = true };
    const struct world_open directory = { .read = true, .oflags = WASI_OPEN_DIRECTORY };
    const struct world_open cutting = { .write = true, .oflags = WASI_OPEN_TRUNC };
    const struct world_open both = { .oflags = WASI_OPEN_CREAT | WASI_OPEN_DIRECTORY };
    const struct world_open writing = { .read = true, .write = true };

    case_of("open");
    CHECK_EQ(opens("none", reading), WASI_NOENT);
    CHECK_EQ(opens("none/none", creating), WASI_NOENT);
    CHECK_EQ(put("file", "text"), WASI_OK);
    CHECK_EQ(make("dir"), WASI_OK);
    CHECK_EQ(opens("file", exclusive), WASI_EXIST);
    CHECK_EQ(opens("file", directory), WASI_NOTDIR);
    CHECK_EQ(opens("file/", reading), WASI_NOTDIR);
    CHECK_EQ(opens("file/x", creating), WASI_NOTDIR);
    CHECK_EQ(opens("dir", directory), WASI_OK);
    CHECK_EQ(opens("dir///", reading), WASI_OK);
    CHECK_EQ(opens("dir", writing), WASI_ISDIR);
    CHECK_EQ(opens("dir", creating), WASI_ISDIR);
    CHECK_EQ(opens("new/", creating), WASI_ISDIR);
    CHECK_EQ(opens("dir2", both), WASI_INVAL);
    CHECK_EQ(opens("./dir/.././file", reading), WASI_OK);
    CHECK_EQ(opens("file", cutting), WASI_OK);
    CHECK_TEXT(get_path("file"), "");
    CHECK_EQ(drop("file"), WASI_OK);
    CHECK_EQ(drop_dir("dir"), WASI_OK);
}

static void test_escape(void)
{
    static const char *const out[] = {
        "..", "../", "../x", "dir/../..", "dir/../../x", "dir/./../../dir", "././..",
    };
    struct world_file *sub = NULL;
    struct world_stat s;

    case_of("nothing above the root, from any call");
    CHECK_EQ(make("dir"), WASI_OK);
    CHECK_EQ(put("dir/f", "inside"), WASI_OK);
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        char buffer[64];
        size_t n;

        CHECK_EQ(opens(out[i], reading), WASI_NOTCAPABLE);
        CHECK_EQ(opens(out[i], creating), WASI_NOTCAPABLE);
        CHECK_EQ(stat_of(out[i], true, &s), WASI_NOTCAPABLE);
        CHECK_EQ(stat_of(out[i], false, &s), WASI_NOTCAPABLE);
        CHECK_EQ(make(out[i]), WASI_NOTCAPABLE);
        CHECK_EQ(drop(out[i]), WASI_NOTCAPABLE);
        CHECK_EQ(drop_dir(out[i]), WASI_NOTCAPABLE);
        CHECK_EQ(symlink_to("x", out[i]), WASI_NOTCAPABLE);
        CHECK_EQ(move("dir", out[i]), WASI_NOTCAPABLE);
        CHECK_EQ(move(out[i], "there"), WASI_NOTCAPABLE);
        CHECK_EQ(link_to("dir/f", out[i]), WASI_NOTCAPABLE);
        CHECK_EQ(link_to(out[i], "there"), WASI_NOTCAPABLE);
        CHECK_EQ(root->ops->read_link(root, out[i], buffer, sizeof buffer, &n), WASI_NOTCAPABLE);
    }

    case_of("nothing above a directory that was opened beneath");
    CHECK_EQ(open_as("dir", reading, &sub), WASI_OK);
    CHECK_EQ(sub->ops->stat_at(sub, "../dir", true, &s), WASI_NOTCAPABLE);
    CHECK_EQ(sub->ops->stat_at(sub, "f", true, &s), WASI_OK);
    world_file_close(sub);

    case_of("nothing above, through links");
    CHECK_EQ(symlink_to("..", "up"), WASI_OK);
    CHECK_EQ(symlink_to("../../x", "dir/up2"), WASI_OK);
    CHECK_EQ(symlink_to("../dir/f", "dir/fine"), WASI_OK);
    CHECK_EQ(symlink_to("dir/fine", "chain"), WASI_OK);
    CHECK_EQ(opens("up", (struct world_open){ .follow = true, .read = true }), WASI_NOTCAPABLE);
    CHECK_EQ(opens("up/", reading), WASI_NOTCAPABLE);
    CHECK_EQ(opens("up/x", reading), WASI_NOTCAPABLE);
    CHECK_EQ(stat_of("up/", false, &s), WASI_NOTCAPABLE);
    CHECK_EQ(stat_of("up", true, &s), WASI_NOTCAPABLE);
    CHECK_EQ(stat_of("up", false, &s), WASI_OK);
    CHECK_EQ(s.type, WASI_TYPE_SYMLINK);
    CHECK_EQ(make("up/new"), WASI_NOTCAPABLE);
    CHECK_EQ(drop("up/x"), WASI_NOTCAPABLE);
    CHECK_EQ(move("dir/f", "up/f"), WASI_NOTCAPABLE);
    CHECK_NE(link_to("up/", "stolen"), WASI_OK);
    CHECK_NE(link_to("dir/up2", "up/y"), WASI_OK);
    CHECK_EQ(stat_of("dir/up2", true, &s), WASI_NOTCAPABLE);
    CHECK_EQ(stat_of("chain", true, &s), WASI_OK);
    CHECK_EQ(s.type, WASI_TYPE_FILE);
    CHECK_EQ(s.size, 6);
    CHECK_EQ(drop("up"), WASI_OK);
    CHECK_EQ(drop("chain"), WASI_OK);
    CHECK_EQ(drop("dir/up2"), WASI_OK);
    CHECK_EQ(drop("dir/fine"), WASI_OK);
    CHECK_EQ(drop("dir/f"), WASI_OK);
    CHECK_EQ(drop_dir("dir"), WASI_OK);
}

static void test_links(void)
{
    const struct world_open follow_new = { .follow = true,
                                           .write = true,
                                           .oflags = WASI_OPEN_CREAT };
    struct world_stat s;
    char room[16];
    size_t n;

    case_of("symbolic links");
    CHECK_EQ(symlink_to("target", "link"), WASI_OK);
    CHECK_EQ(symlink_to("target", "link"), WASI_EXIST);
    CHECK_EQ(symlink_to("target", "other/"), WASI_NOENT);
    CHECK_EQ(root->ops->read_link(root, "link", room, sizeof room, &n), WASI_OK);
    CHECK_EQ(n, 6);
    CHECK_EQ(root->ops->read_link(root, "link", room, 3, &n), WASI_OK);
    CHECK_EQ(n, 3);
    CHECK_EQ(opens("link", reading), WASI_LOOP);
    CHECK_EQ(opens("link", (struct world_open){ .oflags = WASI_OPEN_DIRECTORY }), WASI_NOTDIR);
    CHECK_EQ(stat_of("link", true, &s), WASI_NOENT);
    CHECK_EQ(opens("link", follow_new), WASI_OK); /* makes what it points to */
    CHECK_EQ(stat_of("target", false, &s), WASI_OK);
    CHECK_EQ(root->ops->read_link(root, "target", room, sizeof room, &n), WASI_INVAL);
    CHECK_EQ(stat_of("link/", true, &s), WASI_NOTDIR);
    CHECK_EQ(drop("link/"), WASI_NOTDIR);
    CHECK_EQ(drop("link"), WASI_OK);

    case_of("a link to itself, and a chain that is too long");
    CHECK_EQ(symlink_to("loop", "loop"), WASI_OK);
    CHECK_EQ(stat_of("loop", true, &s), WASI_LOOP);
    CHECK_EQ(opens("loop/x", reading), WASI_LOOP);
    CHECK_EQ(drop("loop"), WASI_OK);

    case_of("hard links");
    CHECK_EQ(link_to("target", "second"), WASI_OK);
    CHECK_EQ(link_to("target", "second"), WASI_EXIST);
    CHECK_EQ(link_to("none", "third"), WASI_NOENT);
    CHECK_EQ(link_to("target", "third/"), WASI_NOENT);
    CHECK_EQ(link_to("target/", "third"), WASI_NOTDIR);
    CHECK_EQ(make("dir"), WASI_OK);
    CHECK_EQ(link_to("dir", "third"), WASI_PERM);
    CHECK_EQ(drop_dir("dir"), WASI_OK);
    CHECK_EQ(put("second", "both"), WASI_OK);
    CHECK_TEXT(get_path("target"), "both");
    CHECK_EQ(stat_of("target", false, &s), WASI_OK);
    CHECK_EQ(s.nlink, 2);
    CHECK_EQ(drop("second"), WASI_OK);
    CHECK_EQ(drop("target"), WASI_OK);
}

static void test_remove(void)
{
    struct world_file *f;

    case_of("remove");
    CHECK_EQ(make("dir"), WASI_OK);
    CHECK_EQ(make("dir"), WASI_EXIST);
    CHECK_EQ(make("dir/"), WASI_EXIST);
    CHECK_EQ(make("dir/sub/"), WASI_OK);
    CHECK_EQ(drop_dir("dir"), WASI_NOTEMPTY);
    CHECK_EQ(drop("dir"), WASI_ISDIR);
    CHECK_EQ(drop("dir/"), WASI_ISDIR);
    CHECK_EQ(drop_dir("dir/sub/."), WASI_INVAL);
    CHECK_EQ(drop_dir("dir/sub/.."), WASI_NOTEMPTY);
    CHECK_EQ(drop_dir("dir/sub/"), WASI_OK);
    CHECK_EQ(put("dir/f", "x"), WASI_OK);
    CHECK_EQ(drop_dir("dir/f"), WASI_NOTDIR);
    CHECK_EQ(drop("dir/f/"), WASI_NOTDIR);
    CHECK_EQ(drop("none"), WASI_NOENT);
    CHECK_EQ(drop_dir("none"), WASI_NOENT);

    case_of("what is open lives on after its name");
    CHECK_EQ(open_as("dir/f", reading, &f), WASI_OK);
    CHECK_EQ(drop("dir/f"), WASI_OK);
    CHECK_EQ(opens("dir/f", reading), WASI_NOENT);
    CHECK_TEXT(get(f), "x");
    world_file_close(f);

    case_of("nothing is made in a directory that is gone");
    CHECK_EQ(open_as("dir", reading, &f), WASI_OK);
    CHECK_EQ(drop_dir("dir"), WASI_OK);
    CHECK_EQ(f->ops->make_directory(f, "x"), WASI_NOENT);
    world_file_close(f);
}

static void test_rename(void)
{
    case_of("rename");
    CHECK_EQ(put("a", "one"), WASI_OK);
    CHECK_EQ(put("b", "two"), WASI_OK);
    CHECK_EQ(move("a", "b"), WASI_OK);
    CHECK_TEXT(get_path("b"), "one");
    CHECK_EQ(opens("a", reading), WASI_NOENT);
    CHECK_EQ(move("b", "b"), WASI_OK);
    CHECK_EQ(move("none", "b"), WASI_NOENT);
    CHECK_EQ(move("b/", "c"), WASI_NOTDIR);
    CHECK_EQ(move("b", "c/"), WASI_NOTDIR);
    CHECK_EQ(make("d"), WASI_OK);
    CHECK_EQ(make("e"), WASI_OK);
    CHECK_EQ(move("b", "d"), WASI_ISDIR);
    CHECK_EQ(move("d", "b"), WASI_NOTDIR);
    CHECK_EQ(move("d", "d/inside"), WASI_INVAL);
    CHECK_EQ(move("d", "e"), WASI_OK);
    CHECK_EQ(put("e/f", "x"), WASI_OK);
    CHECK_EQ(make("d"), WASI_OK);
    CHECK_EQ(move("d", "e"), WASI_NOTEMPTY);
    CHECK_EQ(move("e", "d/"), WASI_OK);
    CHECK_TEXT(get_path("d/f"), "x");
    CHECK_TEXT(get_path("d/../d/f"), "x");
    CHECK_EQ(move("d", "."), WASI_BUSY);
    CHECK_EQ(move("d/f", "f"), WASI_OK);
    CHECK_EQ(drop("f"), WASI_OK);
    CHECK_EQ(drop("b"), WASI_OK);
    CHECK_EQ(drop_dir("d"), WASI_OK);
}

static unsigned names_from(struct world_file *dir, uint64_t cookie, uint64_t *third)
{
    struct world_entry e;
    unsigned count = 0;
    bool end = false;

    for (;; count++) {
        if (dir->ops->entry(dir, cookie, &e, &end) != WASI_OK || end)
            return count;
        cookie = e.next;
        if (count == 2)
            *third = cookie;
    }
}

static void test_entries(void)
{
    struct world_file *dir;
    uint64_t third = 0;
    uint64_t unused;
    char name[32];

    case_of("directories list every name once, and go on at a cookie");
    CHECK_EQ(make("many"), WASI_OK);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        if (!CHECK_EQ(put(name, ""), WASI_OK))
            return;
    }
    CHECK_EQ(open_as("many", reading, &dir), WASI_OK);
    CHECK_EQ(names_from(dir, 0, &third), 502);
    CHECK_EQ(names_from(dir, third, &unused), 499);
    CHECK_EQ(names_from(dir, third, &unused), 499);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        CHECK_EQ(drop(name), WASI_OK);
    }
    CHECK_EQ(names_from(dir, 0, &unused), 2);
    world_file_close(dir);
    CHECK_EQ(drop_dir("many"), WASI_OK);
}

static void test_times(void)
{
    struct world_times t = { .atim = 1000000001,
                             .mtim = 2000000002,
                             .flags = WASI_TIME_ATIM | WASI_TIME_MTIM };
    struct world_stat s;

    case_of("times are set as asked, to the nanosecond");
    CHECK_EQ(put("t", ""), WASI_OK);
    CHECK_EQ(root->ops->set_times_at(root, "t", false, &t), WASI_OK);
    CHECK_EQ(stat_of("t", false, &s), WASI_OK);
    CHECK_EQ(s.atim, 1000000001);
    CHECK_EQ(s.mtim, 2000000002);
    t.flags = WASI_TIME_MTIM_NOW;
    CHECK_EQ(root->ops->set_times_at(root, "t", false, &t), WASI_OK);
    CHECK_EQ(stat_of("t", false, &s), WASI_OK);
    CHECK_EQ(s.atim, 1000000001);
    CHECK(s.mtim > 1500000000000000000u);

    case_of("times of a link are its own");
    CHECK_EQ(symlink_to("t", "l"), WASI_OK);
    t.flags = WASI_TIME_MTIM;
    CHECK_EQ(root->ops->set_times_at(root, "l", false, &t), WASI_OK);
    CHECK_EQ(stat_of("l", false, &s), WASI_OK);
    CHECK_EQ(s.mtim, 2000000002);
    CHECK_EQ(stat_of("l", true, &s), WASI_OK);
    CHECK(s.mtim > 1500000000000000000u);
    CHECK_EQ(drop("l"), WASI_OK);
    CHECK_EQ(drop("t"), WASI_OK);
}

static void test_names(void)
{
    char name[WORLD_NAME_MAX + 2];

    case_of("names of 255 bytes, and of 256");
    memset(name, 'n', sizeof name);
    name[WORLD_NAME_MAX] = '\0';
    CHECK_EQ(make(name), WASI_OK);
    CHECK_EQ(drop_dir(name), WASI_OK);
    name[WORLD_NAME_MAX] = 'n';
    name[WORLD_NAME_MAX + 1] = '\0';
    CHECK_EQ(make(name), WASI_NAMETOOLONG);
    CHECK_EQ(opens(name, creating), WASI_NAMETOOLONG);
}

/* Last: the root stays read-only. */
static void test_read_only(void)
{
    struct world_times t = { .flags = WASI_TIME_MTIM_NOW };
    struct world_file *f;

    case_of("a read-only directory is left as it is");
    CHECK_EQ(put("f", "x"), WASI_OK);
    CHECK_EQ(make("d"), WASI_OK);
    root->read_only = true;
    CHECK_EQ(opens("f", reading), WASI_OK);
    CHECK_EQ(opens("f", creating), WASI_ROFS);
    CHECK_EQ(opens("f", (struct world_open){ .oflags = WASI_OPEN_TRUNC }), WASI_ROFS);
    CHECK_EQ(opens("f", (struct world_open){ .read = true, .oflags = WASI_OPEN_CREAT }), WASI_OK);
    CHECK_EQ(opens("g", (struct world_open){ .read = true, .oflags = WASI_OPEN_CREAT }), WASI_ROFS);
    CHECK_EQ(opens("d/g", creating), WASI_ROFS);
    CHECK_EQ(make("e"), WASI_ROFS);
    CHECK_EQ(drop("f"), WASI_ROFS);
    CHECK_EQ(drop_dir("d"), WASI_ROFS);
    CHECK_EQ(move("f", "g"), WASI_ROFS);
    CHECK_EQ(link_to("f", "g"), WASI_ROFS);
    CHECK_EQ(symlink_to("f", "g"), WASI_ROFS);
    CHECK_EQ(root->ops->set_times_at(root, "f", false, &t), WASI_ROFS);
    CHECK_EQ(open_as("f", reading, &f), WASI_OK);
    CHECK_EQ(f->ops->set_times(f, &t), WASI_ROFS);
    world_file_close(f);
    CHECK_EQ(open_as("d", reading, &f), WASI_OK);
    CHECK_EQ(f->ops->make_directory(f, "x"), WASI_ROFS);
    world_file_close(f);
    CHECK_TEXT(get_path("f"), "x");
}

static void test_all(const char *name, struct world_file *at)
{
    world_name = name;
    root = at;
    test_bytes();
    test_open();
    test_escape();
    test_links();
    test_remove();
    test_rename();
    test_entries();
    test_times();
    test_names();
    test_read_only();
    world_file_close(at);
}

static int remove_one(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    (void)s;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* A limit on a tree is one on all that it takes, names that are gone included. */
static void test_room(struct world *clock)
{
    struct tree *t = NULL;
    struct world_file *f = NULL;
    uint64_t before;
    char name[16];

    CASE("tree: a directory keeps no room for names that are gone");
    CHECK_EQ(tree_new(&t, clock, 1 << 20), WASI_OK);
    CHECK_EQ(tree_root(t, &f), WASI_OK);
    before = tree_used(t);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%u", i);
        CHECK_EQ(f->ops->make_directory(f, name), WASI_OK);
    }
    CHECK(t->root->entry_capacity >= 1000);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%u", i);
        CHECK_EQ(f->ops->remove_directory(f, name), WASI_OK);
        CHECK(t->root->entry_capacity <= 4 * t->root->entry_count);
    }
    CHECK_EQ(tree_used(t), before);
    world_file_close(f);
    tree_free(t);
}

int main(void)
{
    char folder[] = "/tmp/broch-world-XXXXXX";
    struct world *host = host_world(NULL);
    struct world_file *f = NULL;
    struct tree *t = NULL;

    if (mkdtemp(folder) == NULL ||
        host_file_new(&f, open(folder, O_RDONLY | O_DIRECTORY), false, false) != WASI_OK)
        return 1;
    test_all("host", f);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);

    if (tree_new(&t, host, 1 << 20) != WASI_OK || tree_root(t, &f) != WASI_OK)
        return 1;
    test_all("tree", f);
    tree_free(t);
    test_room(host);
    return check_done();
}

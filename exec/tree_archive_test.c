/* Trees from archives, and back: what is borrowed, what is copied, what is unchanged. */
#include "exec/tree_archive.h"

#include <stdlib.h>

#include "base/limits.h"
#include "exec/world/tree_node.h"
#include "tests/check.h"

static enum wasi_errno time_give(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    (void)clock;
    *out = 999;
    return WASI_OK;
}

static const struct world_ops clock_ops = { .time = time_give };
static struct world clock_world = { &clock_ops };

static const struct archive_entry first[] = {
    { .type = ARCHIVE_DIRECTORY, .mtime = 1, .atime = 2 },
    { .type = ARCHIVE_FILE, .name = BYTES_TEXT("a"), .size = 5, .mtime = 3, .executable = true },
    { .type = ARCHIVE_DIRECTORY, .name = BYTES_TEXT("d"), .mtime = 4 },
    { .type = ARCHIVE_FILE, .name = BYTES_TEXT("empty"), .mtime = 5 },
    { .type = ARCHIVE_LINK, .name = BYTES_TEXT("l"), .link = 1, .mtime = 3 },
    { .type = ARCHIVE_SYMLINK, .name = BYTES_TEXT("s"), .target = BYTES_TEXT("d/x"), .mtime = 6 },
    { .type = ARCHIVE_FILE, .parent = 2, .name = BYTES_TEXT("x"), .size = 5, .mtime = 7 },
};

struct room {
    uint8_t bytes[1 << 16];
    size_t size;
};

static struct room in, out;

static void first_entry(void *context, uint32_t i, struct archive_entry *e)
{
    (void)context;
    *e = first[i];
}

static enum err first_data(void *context, uint32_t i, uint64_t at, struct bytes *b)
{
    (void)context;
    *b = i == 1 ? BYTES_TEXT("hello") : BYTES_TEXT("world");
    b->data += at;
    b->size -= at;
    return ERR_OK;
}

static enum err room_put(void *context, struct bytes b)
{
    struct room *r = context;

    if (b.size > sizeof r->bytes - r->size)
        return ERR_LIMIT;
    memcpy(r->bytes + r->size, b.data, b.size);
    r->size += b.size;
    return ERR_OK;
}

static struct archive base;
static struct tree *t;
static struct world_file *root;

static void tree_begin(void)
{
    const struct archive_list list = { 7, NULL, first_entry, first_data };
    const struct archive_sink sink = { room_put, &in };

    in.size = 0;
    CHECK_OK(archive_write(&list, &sink, NULL));
    CHECK_OK(archive_open(&base, (struct bytes){ in.bytes, in.size }));
    CHECK_OK(tree_load(&t, &clock_world, &base, 1 << 20));
    CHECK_EQ(tree_root(t, &root), WASI_OK);
}

static void tree_end(void)
{
    world_file_close(root);
    tree_free(t);
}

static struct archive saved(const struct archive *against)
{
    const struct archive_sink sink = { room_put, &out };
    struct archive a = { 0 };

    out.size = 0;
    if (CHECK_OK(tree_save(t, against, &sink)))
        CHECK_OK(archive_open(&a, (struct bytes){ out.bytes, out.size }));
    return a;
}

static struct archive_entry find(const struct archive *a, uint32_t parent, const char *name)
{
    struct archive_entry e = { .type = (enum archive_type)99 };
    uint32_t i;

    if (CHECK(archive_find(a, parent, (struct bytes){ (const uint8_t *)name, strlen(name) }, &i)))
        archive_entry(a, i, &e);
    return e;
}

static struct world_file *file(const char *path, uint32_t oflags)
{
    struct world_open how = { .read = true, .write = true, .oflags = oflags };
    struct world_file *f = NULL;

    CHECK_EQ(root->ops->open(root, path, &how, &f), WASI_OK);
    return f;
}

static void text_write(const char *path, uint32_t oflags, uint64_t at)
{
    struct world_file *f = file(path, oflags);
    char text[] = "XY";
    struct iovec v = { text, 2 };
    size_t n = 0;

    if (f == NULL)
        return;
    CHECK_EQ(f->ops->write(f, &v, 1, &at, &n), WASI_OK);
    world_file_close(f);
}

static struct bytes text_read(const char *path)
{
    static char room[64];
    struct world_file *f = file(path, 0);
    struct iovec v = { room, sizeof room };
    size_t n = 0;

    if (f != NULL) {
        CHECK_EQ(f->ops->read(f, &v, 1, NULL, &n), WASI_OK);
        world_file_close(f);
    }
    return (struct bytes){ (const uint8_t *)room, n };
}

static void check_same(void)
{
    struct archive a;

    CASE("loaded and saved is the same archive, byte for byte");
    tree_begin();
    a = saved(NULL);
    CHECK_BYTES(a.raw, base.raw);

    CASE("against its base, files are unchanged and without contents");
    CHECK_BYTES(text_read("d/x"), BYTES_TEXT("world"));
    a = saved(&base);
    CHECK(find(&a, 0, "a").unchanged && find(&a, 0, "empty").unchanged);
    CHECK(find(&a, 2, "x").unchanged);
    CHECK_EQ(find(&a, 2, "x").size, 5);
    CHECK_EQ(find(&a, 2, "x").atime, 0); /* reading left no trace */
    CHECK(find(&a, 0, "a").executable);
    tree_end();
}

static void check_changes(void)
{
    struct archive_entry e;
    struct archive a;
    uint64_t used;

    CASE("writing copies: the base stays, the file changes under both its names");
    tree_begin();
    used = tree_used(t);
    text_write("a", 0, 1);
    CHECK_EQ(tree_used(t), used);
    CHECK_BYTES(text_read("l"), BYTES_TEXT("hXYlo"));
    e = find(&base, 0, "a");
    CHECK_BYTES(archive_data(&base, &e), BYTES_TEXT("hello"));
    a = saved(&base);
    e = find(&a, 0, "a");
    CHECK(!e.unchanged && e.mtime == 999);
    CHECK_BYTES(archive_data(&a, &e), BYTES_TEXT("hXYlo"));
    CHECK_EQ(find(&a, 0, "l").type, ARCHIVE_LINK);

    CASE("appending, cutting and emptying");
    text_write("d/x", 0, 5);
    CHECK_BYTES(text_read("d/x"), BYTES_TEXT("worldXY"));
    world_file_close(file("d/x", WASI_OPEN_TRUNC));
    CHECK_BYTES(text_read("d/x"), (struct bytes){ 0 });
    world_file_close(file("empty", WASI_OPEN_TRUNC));
    a = saved(&base);
    CHECK(!find(&a, 2, "x").unchanged && !find(&a, 0, "empty").unchanged);
    CHECK_EQ(find(&a, 2, "x").mtime, 999);
    tree_end();

    CASE("a file under another name carries its contents");
    tree_begin();
    CHECK_EQ(root->ops->rename(root, "d/x", root, "d/y"), WASI_OK);
    a = saved(&base);
    e = find(&a, 2, "y");
    CHECK(!e.unchanged);
    CHECK_BYTES(archive_data(&a, &e), BYTES_TEXT("world"));
    CHECK_EQ(root->ops->rename(root, "d/y", root, "d/x"), WASI_OK);
    a = saved(&base);
    CHECK(find(&a, 2, "x").unchanged);

    CASE("so does all in a folder under another name, and what took a name over");
    CHECK_EQ(root->ops->rename(root, "d", root, "e"), WASI_OK);
    CHECK_EQ(root->ops->rename(root, "empty", root, "a"), WASI_OK);
    a = saved(&base);
    CHECK(!find(&a, 2, "x").unchanged);
    CHECK(!find(&a, 0, "a").unchanged && find(&a, 0, "a").size == 0);
    e = find(&a, 0, "l"); /* the other name of what was a, which stands first now */
    CHECK(e.type == ARCHIVE_FILE && !e.unchanged);
    CHECK_BYTES(archive_data(&a, &e), BYTES_TEXT("hello"));
    tree_end();
}

static void check_gone(void)
{
    struct world_file *f;
    struct archive a;
    uint32_t i;

    CASE("what is removed is gone, also while it is open");
    tree_begin();
    f = file("d/x", 0);
    CHECK_EQ(root->ops->unlink(root, "d/x"), WASI_OK);
    CHECK_EQ(root->ops->remove_directory(root, "d"), WASI_OK);
    a = saved(&base);
    CHECK_EQ(a.count, 5);
    CHECK(!archive_find(&a, 0, BYTES_TEXT("d"), &i));
    world_file_close(f);
    tree_end();
}

static void check_refusals(void)
{
    struct tree *other = NULL;
    struct archive a;

    CASE("a ceiling below what is in it");
    tree_begin();
    CHECK_ERR(tree_load(&other, &clock_world, &base, 0), ERR_LIMIT);
    for (uint64_t size = 100; size < tree_used(t); size += 100)
        CHECK_ERR(tree_load(&other, &clock_world, &base, size), ERR_LIMIT);
    CHECK_OK(tree_load(&other, &clock_world, &base, tree_used(t)));
    tree_free(other);

    CASE("a tree full of borrowed bytes takes no more");
    CHECK_OK(tree_load(&other, &clock_world, &base, tree_used(t)));
    world_file_close(root);
    CHECK_EQ(tree_root(other, &root), WASI_OK);
    {
        struct world_file *f = file("a", 0);
        char text[] = "too much";
        struct iovec v = { text, 8 };
        size_t n = 0;

        CHECK_EQ(f->ops->write(f, &v, 1, NULL, &n), WASI_OK);
        CHECK_EQ(n, 5);
        CHECK_EQ(f->ops->write(f, &v, 1, NULL, &n), WASI_NOSPC);
        world_file_close(f);
    }
    world_file_close(root);
    tree_free(other);
    CHECK_EQ(tree_root(t, &root), WASI_OK);

    CASE("an archive whose contents are elsewhere");
    a = saved(&base);
    CHECK_ERR(tree_load(&other, &clock_world, &a, 1 << 20), ERR_INVALID);
    tree_end();
}

/* As many names as an archive holds, and not one more. */
static void check_many(void)
{
    enum wasi_errno e = WASI_OK;
    char name[16];
    uint32_t made = 0;

    CASE("the program is told where an archive would end");
    tree_begin();
    t->size_max = 1 << 30;
    t->entry_count = LIMIT_ARCHIVE_ENTRIES - 11; /* as if */
    for (; e == WASI_OK && made < 100; made++) {
        snprintf(name, sizeof name, "n%u", made);
        e = root->ops->make_directory(root, name);
    }
    CHECK_EQ(e, WASI_NOSPC);
    CHECK_EQ(made, 11);
    tree_end();
}

int main(void)
{
    check_same();
    check_changes();
    check_gone();
    check_refusals();
    check_many();
    return check_done();
}

/* Volumes: kept from run to run, and refused when anything in the file is not as it was. */
#define _GNU_SOURCE
#include "exec/volume.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "tests/check.h"

static enum wasi_errno time_give(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    (void)clock;
    *out = 5;
    return WASI_OK;
}

static const struct world_ops clock_ops = { .time = time_give };
static struct world clock_world = { &clock_ops };
static struct launch_volume from;
static uint8_t raw[1 << 20], other[1 << 20];
static size_t raw_size;

static void file_begin(void)
{
    if (from.fd != 0)
        close((int)from.fd);
    from = (struct launch_volume){ .guest = BYTES_TEXT("/v"), .key = { 1 }, .size_max = 1 << 20 };
    from.fd = (uint32_t)memfd_create("volume", MFD_CLOEXEC);
}

static void file_get(void)
{
    struct stat st;

    CHECK_EQ(fstat((int)from.fd, &st), 0);
    raw_size = (size_t)st.st_size;
    CHECK(raw_size <= sizeof raw && pread((int)from.fd, raw, raw_size, 0) == (ssize_t)raw_size);
}

static void file_set(const uint8_t *bytes, size_t size)
{
    CHECK_EQ(ftruncate((int)from.fd, (off_t)size), 0);
    CHECK_EQ(pwrite((int)from.fd, bytes, size, 0), (ssize_t)size);
}

static enum wasi_errno text_put(struct volume *v, const char *name, const char *text, size_t size)
{
    const struct world_open how = { .write = true, .oflags = WASI_OPEN_CREAT | WASI_OPEN_TRUNC };
    struct iovec from_text = { (void *)(uintptr_t)text, size };
    struct world_file *root = NULL, *f = NULL;
    size_t n = 0;
    enum wasi_errno e = tree_root(v->tree, &root);

    if (e == WASI_OK)
        e = root->ops->open(root, name, &how, &f);
    if (e == WASI_OK)
        e = f->ops->write(f, &from_text, 1, NULL, &n);
    world_file_close(f);
    world_file_close(root);
    return e;
}

static struct bytes text_get(struct volume *v, const char *name)
{
    const struct world_open how = { .read = true };
    struct world_file *root = NULL, *f = NULL;
    static char room[100];
    struct iovec to = { room, sizeof room };
    size_t n = 0;

    if (tree_root(v->tree, &root) == WASI_OK && root->ops->open(root, name, &how, &f) == WASI_OK)
        (void)f->ops->read(f, &to, 1, NULL, &n);
    world_file_close(f);
    world_file_close(root);
    return (struct bytes){ (const uint8_t *)room, n };
}

/* Loads, writes one file, stores. */
static void generation_add(const char *text)
{
    struct volume v;

    if (!CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK))
        return;
    CHECK_EQ(text_put(&v, "f", text, strlen(text)), WASI_OK);
    CHECK_OK(volume_store(&v));
    volume_drop(&v);
}

static enum volume_fault load_only(void)
{
    struct volume v;
    enum volume_fault fault = volume_load(&v, &from, &clock_world);

    if (fault == VOLUME_OK)
        volume_drop(&v);
    return fault;
}

static bool holds(const char *text)
{
    struct volume v;
    bool same;

    if (volume_load(&v, &from, &clock_world) != VOLUME_OK)
        return false;
    same = bytes_equal(text_get(&v, "f"), (struct bytes){ (const uint8_t *)text, strlen(text) });
    volume_drop(&v);
    return same;
}

static void check_life(void)
{
    struct volume v;

    CASE("an empty file is a new volume, and stays empty until something is in it");
    file_begin();
    CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK);
    CHECK_OK(volume_store(&v));
    file_get();
    CHECK_EQ(raw_size, 0);

    CASE("what was stored is there, snapshot after snapshot");
    CHECK_EQ(text_put(&v, "f", "one", 3), WASI_OK);
    CHECK_OK(volume_store(&v));
    CHECK_EQ(v.now.generation, 1);
    CHECK_OK(volume_store(&v)); /* nothing changed: nothing is written */
    CHECK_EQ(v.now.generation, 1);
    CHECK(holds("one"));
    for (unsigned i = 0; i < 5; i++) {
        CHECK_EQ(text_put(&v, "f", i % 2 == 0 ? "even" : "odd", i % 2 == 0 ? 4 : 3), WASI_OK);
        CHECK_OK(volume_store(&v));
        CHECK(holds(i % 2 == 0 ? "even" : "odd"));
    }
    volume_drop(&v);
    file_get();
    CHECK_EQ(raw_size, VOLUME_DATA_AT + VOLUME_STORED_SIZE + num_align(VOLUME_STORED_SIZE, 4096));

    CASE("nothing of it can be read in the file");
    CHECK(memmem(raw, raw_size, "even", 4) == NULL && memmem(raw, raw_size, "brochtre", 8) == NULL);
}

static void check_sizes(void)
{
    static char large[300 << 10];
    struct volume v;

    CASE("large and small in turn: neither overwrites the other");
    file_begin();
    memset(large, 'x', sizeof large);
    CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK);
    for (unsigned i = 0; i < 6; i++) {
        size_t size = i % 2 == 0 ? sizeof large : 3;

        large[0] = (char)('a' + i);
        CHECK_EQ(text_put(&v, "f", large, size), WASI_OK);
        CHECK_OK(volume_store(&v));
        CHECK_EQ(load_only(), VOLUME_OK);
        /* The one before is whole too: without the newest header it loads. */
        if (i == 0)
            continue;
        file_get();
        memcpy(other, raw, raw_size);
        memset(other + (size_t)v.slot * VOLUME_SLOT_SIZE, 0, VOLUME_SLOT_SIZE);
        file_set(other, raw_size);
        CHECK_EQ(load_only(), VOLUME_OK);
        file_set(raw, raw_size);
    }
    volume_drop(&v);

    CASE("more than its ceiling");
    from.size_max = 500;
    CHECK_EQ(load_only(), VOLUME_TOO_LARGE);
}

static void check_bytes(void)
{
    bool all = true;

    CASE("any byte changed: refused, or the snapshot before, never something else");
    file_begin();
    generation_add("old");
    generation_add("new");
    file_get();
    for (size_t i = 0; i < raw_size; i += i < 2 * VOLUME_SLOT_SIZE ? 1 : 997) {
        uint8_t kept = raw[i];

        raw[i] ^= 0x40;
        CHECK_EQ(pwrite((int)from.fd, &raw[i], 1, (off_t)i), 1);
        all &= load_only() != VOLUME_OK || holds("new") || holds("old");
        raw[i] = kept;
        CHECK_EQ(pwrite((int)from.fd, &raw[i], 1, (off_t)i), 1);
    }
    CHECK(all && holds("new"));

    CASE("a byte of the newest contents");
    other[0] = raw[raw_size - 1] ^ 1;
    CHECK_EQ(pwrite((int)from.fd, other, 1, (off_t)raw_size - 1), 1);
    CHECK_EQ(load_only(), VOLUME_CHUNK_CHANGED);
    file_set(raw, raw_size);

    CASE("cut short");
    CHECK_EQ(ftruncate((int)from.fd, (off_t)raw_size - 1), 0);
    CHECK_EQ(load_only(), VOLUME_CUT);
    CHECK_EQ(ftruncate((int)from.fd, VOLUME_DATA_AT), 0);
    CHECK_EQ(load_only(), VOLUME_CUT);
    CHECK_EQ(ftruncate((int)from.fd, 100), 0);
    CHECK_EQ(load_only(), VOLUME_CUT);
    file_set(raw, raw_size);
}

static void check_torn(void)
{
    struct volume v;

    CASE("the newest header half written: the snapshot before it, and a note");
    memcpy(other, raw, raw_size);
    memset(other + VOLUME_SLOT_SIZE + 50, 0, 20); /* generation 2 is in slot B */
    file_set(other, raw_size);
    CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK);
    CHECK(v.torn && v.now.generation == 1);
    CHECK_BYTES(text_get(&v, "f"), BYTES_TEXT("old"));
    CHECK_EQ(text_put(&v, "f", "next", 4), WASI_OK);
    CHECK_OK(volume_store(&v)); /* over the broken one */
    volume_drop(&v);
    CHECK(holds("next"));

    CASE("a header wiped that has been written: a note");
    memcpy(other, raw, raw_size);
    memset(other, 0, VOLUME_SLOT_SIZE);
    file_set(other, raw_size);
    CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK);
    CHECK(v.torn && v.now.generation == 2);
    volume_drop(&v);

    CASE("a crash in the middle of contents: the headers are untouched");
    memcpy(other, raw, raw_size);
    memset(other + VOLUME_DATA_AT, 0xee, 1000); /* where generation 3 goes */
    file_set(other, raw_size);
    CHECK(holds("new"));

    CASE("both headers broken");
    memcpy(other, raw, raw_size);
    memset(other + 90, 0, 10);
    memset(other + VOLUME_SLOT_SIZE + 90, 0, 10);
    file_set(other, raw_size);
    CHECK_EQ(load_only(), VOLUME_HEADER_CHANGED);
    file_set(raw, raw_size);
}

static void check_foreign(void)
{
    struct launch_volume mine = from;

    CASE("another key");
    from.key[31] ^= 1;
    CHECK_EQ(load_only(), VOLUME_OTHER_KEY);
    from = mine;

    CASE("not a volume");
    memset(other, 'x', raw_size);
    file_set(other, raw_size);
    CHECK_EQ(load_only(), VOLUME_FOREIGN);

    CASE("another version");
    memcpy(other, raw, raw_size);
    other[8] = other[VOLUME_SLOT_SIZE + 8] = 2;
    file_set(other, raw_size);
    CHECK_EQ(load_only(), VOLUME_OTHER_VERSION);

    CASE("slots in each other's place are the same volume");
    memcpy(other, raw, raw_size);
    memcpy(other, raw + VOLUME_SLOT_SIZE, VOLUME_SLOT_SIZE);
    memcpy(other + VOLUME_SLOT_SIZE, raw, VOLUME_SLOT_SIZE);
    file_set(other, raw_size);
    CHECK(holds("new"));

    CASE("contents of another volume with the same key");
    file_begin();
    generation_add("one");
    generation_add("two");
    file_get();
    memcpy(other, raw, raw_size);
    file_begin();
    generation_add("old");
    generation_add("new");
    file_get();
    memcpy(other, raw, VOLUME_DATA_AT); /* our headers, their chunks */
    file_set(other, raw_size);
    CHECK_EQ(load_only(), VOLUME_CHUNK_CHANGED);

    CASE("chunks of the snapshot before in the place of the newest");
    memcpy(other, raw, raw_size);
    memcpy(other + num_align(VOLUME_DATA_AT + VOLUME_STORED_SIZE, VOLUME_SLOT_SIZE),
           raw + VOLUME_DATA_AT, VOLUME_STORED_SIZE);
    file_set(other, raw_size);
    CHECK_EQ(load_only(), VOLUME_CHUNK_CHANGED);
}

static void check_read_only(void)
{
    struct volume v;

    CASE("read-only: nothing is written, and an empty file is nothing");
    file_set(raw, raw_size);
    from.read_only = true;
    CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK);
    CHECK_EQ(text_put(&v, "f", "xxx", 3), WASI_OK); /* the root's own flag would forbid it */
    CHECK_OK(volume_store(&v));
    volume_drop(&v);
    CHECK(holds("new"));
    CHECK_EQ(ftruncate((int)from.fd, 0), 0);
    CHECK_EQ(load_only(), VOLUME_NOTHING);
}

static void check_failing(void)
{
    struct volume v;

    CASE("where nothing can be written, the file holds what it held");
    file_begin();
    generation_add("old");
    CHECK_EQ(volume_load(&v, &from, &clock_world), VOLUME_OK);
    CHECK_EQ(text_put(&v, "f", "new", 3), WASI_OK);
    v.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    CHECK_ERR(volume_store(&v), ERR_IO);
    close(v.fd);
    volume_drop(&v);
    CHECK(holds("old"));
}

int main(void)
{
    check_life();
    check_sizes();
    check_bytes();
    check_torn();
    check_foreign();
    check_read_only();
    check_failing();
    return check_done();
}

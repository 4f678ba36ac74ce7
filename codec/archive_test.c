#include "codec/archive.h"

#include "base/limits.h"
#include "base/num.h"
#include "codec/archive_form.h"
#include "tests/check.h"

static struct archive_entry entries[16];
static struct bytes contents[16];
static uint32_t count;
static uint8_t room[64 << 10], other[64 << 10];
static size_t used;
static uint8_t page[5000];

static void entry_of(void *context, uint32_t i, struct archive_entry *out)
{
    (void)context;
    *out = entries[i];
}

/* In parts of at most 1000 bytes, as a file would be read. */
static enum err data_of(void *context, uint32_t i, uint64_t at, struct bytes *out)
{
    (void)context;
    *out = (struct bytes){ contents[i].data + at, num_min(contents[i].size - at, 1000) };
    return ERR_OK;
}

static enum err keep(void *context, struct bytes b)
{
    (void)context;
    if (b.size > sizeof room - used)
        return ERR_LIMIT;
    memcpy(room + used, b.data, b.size);
    used += b.size;
    return ERR_OK;
}

static enum err write_all(void)
{
    const struct archive_list list = { .count = count, .entry = entry_of, .data = data_of };
    const struct archive_sink sink = { keep, NULL };
    uint64_t size = 0;
    enum err e;

    used = 0;
    e = archive_write(&list, &sink, &size);
    if (e == ERR_OK)
        CHECK_EQ(size, used);
    return e;
}

static struct archive_entry *add(uint32_t parent, enum archive_type type, struct bytes name)
{
    struct archive_entry *e = &entries[count];

    contents[count] = (struct bytes){ 0 };
    *e = (struct archive_entry){
        .parent = parent, .type = type, .name = name, .mtime = 1001 + count, .atime = 7
    };
    count++;
    return e;
}

static void file(uint32_t parent, struct bytes name, struct bytes data)
{
    add(parent, ARCHIVE_FILE, name)->size = data.size;
    contents[count - 1] = data;
}

/* 0 /; 1 a (page), 2 b/, 3 empty, 4 link to a, 5 symbolic; 6 b/a, 7 b/c (unchanged) */
static void tree_make(void)
{
    count = 0;
    memset(page, 'p', sizeof page);
    add(0, ARCHIVE_DIRECTORY, (struct bytes){ 0 });
    file(0, BYTES_TEXT("a"), BYTES_OF(page));
    add(0, ARCHIVE_DIRECTORY, BYTES_TEXT("b"));
    file(0, BYTES_TEXT("empty"), (struct bytes){ 0 });
    add(0, ARCHIVE_LINK, BYTES_TEXT("more"))->link = 1;
    add(0, ARCHIVE_SYMLINK, BYTES_TEXT("sym\xff"))->target = BYTES_TEXT("../elsewhere");
    file(2, BYTES_TEXT("a"), BYTES_TEXT("hello"));
    entries[count - 1].executable = true;
    add(2, ARCHIVE_FILE, BYTES_TEXT("c"))->unchanged = true;
    entries[count - 1].size = 77;
}

static struct bytes good(void)
{
    tree_make();
    CHECK_OK(write_all());
    return (struct bytes){ room, used };
}

static void check_round_trip(void)
{
    struct archive a;
    struct archive_entry e;
    uint32_t found = 0;

    CASE("a tree there and back");
    if (!CHECK_OK(archive_open(&a, good())))
        return;
    CHECK_EQ(archive_size((struct bytes){ room, ARCHIVE_HEADER_SIZE }), used);
    CHECK_EQ(a.count, 8);
    archive_entry(&a, 1, &e);
    CHECK_EQ(e.type, ARCHIVE_FILE);
    CHECK_EQ(e.mtime, 1002);
    CHECK_EQ(e.at % 4096, 0);
    CHECK_BYTES(archive_data(&a, &e), BYTES_OF(page));
    archive_entry(&a, 4, &e);
    CHECK(e.type == ARCHIVE_LINK && e.link == 1);
    archive_entry(&a, 5, &e);
    CHECK_BYTES(e.target, BYTES_TEXT("../elsewhere"));
    CHECK_BYTES(e.name, BYTES_TEXT("sym\xff"));
    archive_entry(&a, 6, &e);
    CHECK(e.executable && e.parent == 2 && e.at % 16 == 0);
    CHECK_BYTES(archive_data(&a, &e), BYTES_TEXT("hello"));
    archive_entry(&a, 7, &e);
    CHECK(e.unchanged && e.size == 77 && archive_data(&a, &e).size == 0);

    CASE("found by name");
    CHECK(archive_find(&a, 2, BYTES_TEXT("c"), &found) && found == 7);
    CHECK(archive_find(&a, 0, BYTES_TEXT("a"), &found) && found == 1);
    CHECK(!archive_find(&a, 0, BYTES_TEXT("c"), &found));
    CHECK(!archive_find(&a, 1, BYTES_TEXT("a"), &found));

    CASE("the root alone");
    count = 1;
    CHECK_OK(write_all());
    CHECK_OK(archive_open(&a, (struct bytes){ room, used }));
}

static void check_bytes(void)
{
    struct bytes raw = good();
    struct archive a;
    bool all = true;

    CASE("every truncation, and a byte more, is refused");
    for (size_t size = 0; size < raw.size; size++)
        all &= archive_open(&a, (struct bytes){ raw.data, size }) != ERR_OK;
    CHECK(all);
    room[raw.size] = 0;
    CHECK_ERR(archive_open(&a, (struct bytes){ raw.data, raw.size + 1 }), ERR_MALFORMED);

    CASE("a byte changed: refused, or another tree, but never two forms of one");
    for (size_t i = 0; i < raw.size; i++) {
        memcpy(other, room, raw.size);
        other[i] ^= 0x81;
        if (archive_open(&a, (struct bytes){ other, raw.size }) != ERR_OK)
            continue;
        for (uint32_t n = 0; n < a.count; n++)
            archive_entry(&a, n, &entries[n]);
        for (uint32_t n = 0; n < a.count; n++)
            contents[n] = archive_data(&a, &entries[n]);
        all &= write_all() == ERR_OK && used == raw.size && memcmp(room, other, used) == 0;
        (void)good();
    }
    CHECK(all);

    CASE("another version");
    room[8] = 2;
    CHECK_ERR(archive_open(&a, raw), ERR_UNSUPPORTED);
    CHECK_EQ(archive_size(raw), 0);
}

/* Each breaks one rule of a good archive, in its bytes. */
static uint8_t *record(uint32_t i) { return room + ARCHIVE_HEADER_SIZE + i * ARCHIVE_RECORD_SIZE; }
static uint8_t *text(uint32_t at) { return record(8) + at; }
static void none(void) {}
static void root_named(void) { record(0)[6] = 1; }
static void root_file(void) { record(0)[4] = ARCHIVE_FILE; }
static void parent_file(void) { record(6)[0] = 1; }
static void parent_itself(void) { record(2)[0] = 2; }
static void parent_later(void) { record(1)[0] = 2; }
static void order_broken(void) { text(0)[0] = 'c'; }
static void twice(void) { text(0)[0] = 'b'; }
static void slash(void) { text(0)[0] = '/'; }
static void zero(void) { text(1)[0] = 0; }
static void dot(void) { text(0)[0] = '.'; }
static void type_unknown(void) { record(3)[4] = 4; }
static void link_to_link(void) { record(4)[12] = 4; }
static void link_to_directory(void) { record(4)[12] = 2; }
static void link_ahead(void) { record(4)[12] = 6; }
static void link_sized(void) { record(4)[32] = 1; }
static void link_of_a_file(void) { record(3)[12] = 1; }
static void target_zero(void) { text(12)[0] = 0; }
static void flag_unknown(void) { record(1)[5] = 4; }
static void flag_on_directory(void) { record(2)[5] = 1; }
static void data_elsewhere(void) { record(1)[40 + 1] ^= 0x10; }
static void data_of_directory(void) { record(2)[40] = 16; }
static void gap_filled(void) { room[4000] = 1; }
static void count_huge(void) { memset(room + 12, 0xff, 4); }
static void size_huge(void) { room[24 + 7] = 1; }
static void texts_huge(void) { memset(room + 16, 0xff, 8); }

static const struct {
    const char *name;
    void (*change)(void);
    enum err want;
} changes[] = {
    { "unchanged", none, ERR_OK },
    { "a root with a name", root_named, ERR_MALFORMED },
    { "a root that is a file", root_file, ERR_MALFORMED },
    { "a parent that is a file", parent_file, ERR_MALFORMED },
    { "a directory in itself", parent_itself, ERR_MALFORMED },
    { "a parent that comes later", parent_later, ERR_MALFORMED },
    { "names out of order", order_broken, ERR_MALFORMED },
    { "a name twice", twice, ERR_MALFORMED },
    { "a name that is a slash", slash, ERR_MALFORMED },
    { "a zero byte as a name", zero, ERR_MALFORMED },
    { "the name .", dot, ERR_MALFORMED },
    { "a type that nobody knows", type_unknown, ERR_MALFORMED },
    { "a link to a link", link_to_link, ERR_MALFORMED },
    { "a link to a directory", link_to_directory, ERR_MALFORMED },
    { "a link to what comes later", link_ahead, ERR_MALFORMED },
    { "a link with a size", link_sized, ERR_MALFORMED },
    { "a file that links", link_of_a_file, ERR_MALFORMED },
    { "a zero byte in a target", target_zero, ERR_MALFORMED },
    { "a flag that nobody knows", flag_unknown, ERR_MALFORMED },
    { "an executable directory", flag_on_directory, ERR_MALFORMED },
    { "contents somewhere else", data_elsewhere, ERR_MALFORMED },
    { "contents of a directory", data_of_directory, ERR_MALFORMED },
    { "a gap that is not zero", gap_filled, ERR_MALFORMED },
    { "more entries than allowed", count_huge, ERR_LIMIT },
    { "larger than allowed", size_huge, ERR_LIMIT },
    { "texts larger than the archive", texts_huge, ERR_MALFORMED },
};

static void check_changes(void)
{
    struct archive a;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct bytes raw;

        CASE(changes[i].name);
        raw = good();
        changes[i].change();
        CHECK_ERR(archive_open(&a, raw), changes[i].want);
    }
}

static enum err refuse(void *context, struct bytes b)
{
    (void)context;
    (void)b;
    return ERR_IO;
}

static void check_writer(void)
{
    const struct archive_list list = { .count = 8, .entry = entry_of, .data = data_of };
    const struct archive_list none_list = { .entry = entry_of, .data = data_of };
    const struct archive_sink sink = { refuse, NULL };

    CASE("the writer refuses");
    tree_make();
    CHECK_ERR(archive_write(&list, &sink, NULL), ERR_IO);
    CHECK_ERR(archive_write(&none_list, &sink, NULL), ERR_INVALID);
    entries[1].name = BYTES_TEXT("..");
    CHECK_ERR(write_all(), ERR_INVALID);
    tree_make();
    entries[1].parent = 1;
    CHECK_ERR(write_all(), ERR_INVALID);
    tree_make();
    entries[5].target = (struct bytes){ 0 };
    CHECK_ERR(write_all(), ERR_INVALID);
    tree_make();
    entries[1].size = LIMIT_ARCHIVE_SIZE;
    CHECK_ERR(write_all(), ERR_LIMIT);
    entries[1].size = UINT64_MAX;
    CHECK_ERR(write_all(), ERR_LIMIT);
}

int main(void)
{
    check_round_trip();
    check_bytes();
    check_changes();
    check_writer();
    return check_done();
}

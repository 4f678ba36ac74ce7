/* Folders packed, and what comes back applied to them: above all what a keep must not do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "host/tree_apply.h"
#include "host/tree_output.h"
#include "host/tree_pack.h"
#include "tests/check.h"

static char place[64]; /* holds folder/ and outside/ */
static int dir;        /* the folder */
static struct tree_pack pack;
static struct note note;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static const char *path_of(const char *name)
{
    static char path[4][200];
    static unsigned next;
    char *out = path[next++ % 4];

    snprintf(out, sizeof path[0], "%s/%s", place, name);
    return out;
}

static void put(const char *name, const char *text, mode_t mode)
{
    int fd = open(path_of(name), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK_EQ(fchmod(fd, mode), 0);
    close(fd);
}

static bool has(const char *name, const char *text)
{
    char room[100] = "";
    int fd = open(path_of(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, room, sizeof room - 1) : -1;

    if (fd >= 0)
        close(fd);
    return size == (ssize_t)strlen(text) && strcmp(room, text) == 0;
}

static struct stat stat_of(const char *name)
{
    struct stat st = { 0 };

    if (lstat(path_of(name), &st) != 0)
        st = (struct stat){ 0 };
    return st;
}

static bool is_there(const char *name) { return stat_of(name).st_ino != 0; }

/* folder/: a (two names: l), d/x, d/pipe, s -> d/x, run (executable); outside/: secret */
static void folder_begin(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(place, sizeof place, "%.40s/broch-tree-XXXXXX", tmp != NULL ? tmp : "/tmp");
    CHECK(mkdtemp(place) != NULL);
    CHECK_EQ(mkdir(path_of("folder"), 0755), 0);
    CHECK_EQ(mkdir(path_of("outside"), 0755), 0);
    put("outside/secret", "secret", 0600);
    CHECK_EQ(mkdir(path_of("folder/d"), 0755), 0);
    put("folder/a", "hello", 0640);
    put("folder/d/x", "world", 0644);
    put("folder/run", "#!", 04755);
    CHECK_EQ(link(path_of("folder/a"), path_of("folder/l")), 0);
    CHECK_EQ(symlink("d/x", path_of("folder/s")), 0);
    CHECK_EQ(mkfifo(path_of("folder/d/pipe"), 0600), 0);
    dir = open(path_of("folder"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    note = (struct note){ 0 };
    CHECK_OK(tree_pack(&pack, dir, "F", &note));
}

static void folder_end(void)
{
    tree_pack_done(&pack);
    close(dir);
    nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- What comes back, made from what was packed. */

static struct archive_entry entries[32];
static struct bytes contents[32];
static uint32_t count;
static uint8_t room[1 << 16];
static size_t used;

static void list_entry(void *context, uint32_t i, struct archive_entry *out)
{
    (void)context;
    *out = entries[i];
}

static enum err list_data(void *context, uint32_t i, uint64_t at, struct bytes *out)
{
    (void)context;
    *out = (struct bytes){ contents[i].data + at, contents[i].size - at };
    return ERR_OK;
}

static enum err list_put(void *context, struct bytes b)
{
    (void)context;
    if (b.size > sizeof room - used)
        return ERR_LIMIT;
    memcpy(room + used, b.data, b.size);
    used += b.size;
    return ERR_OK;
}

/* 0 root, 1 a, 2 d, 3 l, 4 run, 5 s, 6 d/x: all unchanged. */
static void now_begin(void)
{
    count = pack.archive.count;
    for (uint32_t i = 0; i < count; i++) {
        archive_entry(&pack.archive, i, &entries[i]);
        entries[i].unchanged = entries[i].type == ARCHIVE_FILE;
    }
}

static void contents_set(uint32_t i, struct bytes text)
{
    entries[i].type = ARCHIVE_FILE;
    entries[i].unchanged = false;
    entries[i].size = text.size;
    contents[i] = text;
}

static void entry_drop(uint32_t at)
{
    count--;
    for (uint32_t i = at; i < count; i++) {
        entries[i] = entries[i + 1];
        contents[i] = contents[i + 1];
        if (entries[i].parent > at)
            entries[i].parent--;
        if (entries[i].type == ARCHIVE_LINK && entries[i].link > at)
            entries[i].link--;
    }
}

/* At the end, where its name and parent put it. */
static struct archive_entry *entry_add(uint32_t parent, enum archive_type type, struct bytes name)
{
    contents[count] = (struct bytes){ 0 };
    entries[count] = (struct archive_entry){ .parent = parent, .type = type, .name = name };
    return &entries[count++];
}

static enum err now_apply(void)
{
    const struct archive_list list = { count, NULL, list_entry, list_data };
    const struct archive_sink sink = { list_put, NULL };
    struct archive now;

    used = 0;
    note = (struct note){ 0 };
    if (!CHECK_OK(archive_write(&list, &sink, NULL)) ||
        !CHECK_OK(archive_open(&now, (struct bytes){ room, used })))
        return ERR_USAGE;
    return tree_apply(dir, "F", &pack.archive, &now, &note);
}

/* --- Cases. */

static void check_pack(void)
{
    struct archive_entry e;
    uint32_t i = 0;

    CASE("a folder is packed as it is, but for pipes");
    folder_begin();
    CHECK_EQ(pack.archive.count, 7);
    CHECK(archive_find(&pack.archive, 0, BYTES_TEXT("a"), &i));
    archive_entry(&pack.archive, i, &e);
    CHECK_BYTES(archive_data(&pack.archive, &e), BYTES_TEXT("hello"));
    CHECK_EQ(e.mtime / 1000000000, stat_of("folder/a").st_mtim.tv_sec);
    archive_entry(&pack.archive, 3, &e);
    CHECK(e.type == ARCHIVE_LINK && e.link == i);
    archive_entry(&pack.archive, 4, &e);
    CHECK(e.executable);
    archive_entry(&pack.archive, 5, &e);
    CHECK_BYTES(e.target, BYTES_TEXT("d/x"));
    CHECK(!archive_find(&pack.archive, 2, BYTES_TEXT("pipe"), &i));

    CASE("its memory file cannot be changed");
    CHECK(pwrite(pack.fd, "x", 1, 0) < 0);
    folder_end();
}

static void check_pack_refusals(void)
{
    int fd;

    CASE("a folder with too much in it");
    folder_begin();
    tree_pack_done(&pack);
    fd = open(path_of("folder/big"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK_EQ(ftruncate(fd, (off_t)1 << 31), 0);
    close(fd);
    CHECK_ERR(tree_pack(&pack, dir, "F", &note), ERR_LIMIT);
    CHECK(strstr(note.text, "F: the folder holds more than") == note.text);
    unlink(path_of("folder/big"));

    CASE("folders inside each other, without end");
    note = (struct note){ 0 };
    {
        int at = dup(dir);

        for (unsigned i = 0; i < 1100; i++) {
            int next;

            CHECK_EQ(mkdirat(at, "n", 0755), 0);
            next = openat(at, "n", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            close(at);
            at = next;
        }
        close(at);
    }
    CHECK_ERR(tree_pack(&pack, dir, "F", &note), ERR_IO);
    CHECK(strstr(note.text, "n/n/n: too many folders inside each other") != NULL);
    nftw(path_of("folder/n"), remove_one, 8, FTW_DEPTH | FTW_PHYS);

    CASE("a file that cannot be read");
    note = (struct note){ 0 };
    put("folder/d/shut", "x", 0);
    if (geteuid() == 0) {
        CASE_SKIP("root reads all");
    } else {
        CHECK_ERR(tree_pack(&pack, dir, "F", &note), ERR_IO);
        CHECK_TEXT(note.text, "F/d/shut: cannot open it: Permission denied");
    }
    folder_end();
}

static void check_nothing(void)
{
    struct stat before, after;

    CASE("nothing changed: nothing is done");
    folder_begin();
    before = stat_of("folder");
    now_begin();
    CHECK_OK(now_apply());
    after = stat_of("folder");
    CHECK(before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
    CHECK_EQ(stat_of("folder/a").st_nlink, 2);
    folder_end();
}

static void check_changes(void)
{
    struct stat st;

    CASE("a file gets new contents and times, and keeps its mode");
    folder_begin();
    now_begin();
    contents_set(1, BYTES_TEXT("HELLO"));
    entries[1].mtime = 5000000007;
    CHECK_OK(now_apply());
    st = stat_of("folder/a");
    CHECK(has("folder/a", "HELLO") && (st.st_mode & 07777) == 0640);
    CHECK(st.st_mtim.tv_sec == 5 && st.st_mtim.tv_nsec == 7);
    CHECK(has("folder/l", "HELLO") && st.st_nlink == 2);
    folder_end();

    CASE("what lends rights is not kept with new contents");
    folder_begin();
    now_begin();
    contents_set(4, BYTES_TEXT("#!/evil"));
    CHECK_OK(now_apply());
    CHECK_EQ(stat_of("folder/run").st_mode & 07777, 0755);
    folder_end();

    CASE("times alone, of a file and of a folder");
    folder_begin();
    now_begin();
    entries[1].atime = 1000000000;
    entries[2].mtime = 2000000000;
    CHECK_OK(now_apply());
    CHECK_EQ(stat_of("folder/a").st_atim.tv_sec, 1);
    CHECK(has("folder/a", "hello"));
    CHECK_EQ(stat_of("folder/d").st_mtim.tv_sec, 2);
    folder_end();

    CASE("files, folders and links come");
    folder_begin();
    now_begin();
    entry_add(2, ARCHIVE_FILE, BYTES_TEXT("y"))->executable = true;
    contents_set(7, BYTES_TEXT("new"));
    entry_add(2, ARCHIVE_DIRECTORY, BYTES_TEXT("z"))->mtime = 3000000000;
    entry_add(8, ARCHIVE_SYMLINK, BYTES_TEXT("up"))->target = BYTES_TEXT("../y");
    entry_add(8, ARCHIVE_LINK, BYTES_TEXT("w"))->link = 7;
    CHECK_OK(now_apply());
    CHECK(has("folder/d/y", "new") && has("folder/d/z/w", "new"));
    CHECK((stat_of("folder/d/y").st_mode & S_IXUSR) != 0 && stat_of("folder/d/y").st_nlink == 2);
    CHECK(S_ISLNK(stat_of("folder/d/z/up").st_mode));
    CHECK_EQ(stat_of("folder/d/z").st_mtim.tv_sec, 3);
    folder_end();
}

static void check_removals(void)
{
    CASE("what is gone in the keep goes; what others made meanwhile stays");
    folder_begin();
    put("folder/theirs", "theirs", 0600);
    now_begin();
    entry_drop(3); /* l */
    entry_drop(1); /* a */
    CHECK_OK(now_apply());
    CHECK(!is_there("folder/a") && !is_there("folder/l") && has("folder/theirs", "theirs"));
    folder_end();

    CASE("a folder with a pipe in it stays, which is said, and the rest is done");
    folder_begin();
    now_begin();
    entry_drop(6);
    entry_drop(2);
    contents_set(1, BYTES_TEXT("still"));
    CHECK_ERR(now_apply(), ERR_IO);
    CHECK_TEXT(note.text, "F/d: cannot remove it: Directory not empty");
    CHECK(is_there("folder/d/pipe") && !is_there("folder/d/x") && has("folder/a", "still"));
    folder_end();

    CASE("a folder becomes a file, and a file a folder");
    folder_begin();
    unlink(path_of("folder/d/pipe"));
    now_begin();
    entry_drop(6);
    contents_set(2, BYTES_TEXT("file"));
    entries[4] = (struct archive_entry){ .type = ARCHIVE_DIRECTORY, .name = entries[4].name };
    CHECK_OK(now_apply());
    CHECK(has("folder/d", "file") && S_ISDIR(stat_of("folder/run").st_mode));
    folder_end();

    CASE("names that were one file are two, and two are one");
    folder_begin();
    now_begin();
    contents_set(3, BYTES_TEXT("apart"));
    entries[6] = (struct archive_entry){
        .type = ARCHIVE_LINK, .parent = 2, .name = entries[6].name, .link = 4
    };
    CHECK_OK(now_apply());
    CHECK(has("folder/a", "hello") && has("folder/l", "apart") && has("folder/d/x", "#!"));
    CHECK_EQ(stat_of("folder/run").st_nlink, 2);
    folder_end();
}

static void check_hostile(void)
{
    CASE("a link that appeared in a folder's place is not followed");
    folder_begin();
    unlink(path_of("folder/d/x"));
    unlink(path_of("folder/d/pipe"));
    rmdir(path_of("folder/d"));
    CHECK_EQ(symlink("../outside", path_of("folder/d")), 0);
    now_begin();
    contents_set(6, BYTES_TEXT("evil"));
    entry_add(2, ARCHIVE_FILE, BYTES_TEXT("y"));
    CHECK_ERR(now_apply(), ERR_IO);
    CHECK(!is_there("outside/x") && !is_there("outside/y"));
    now_begin();
    entry_drop(6);
    entry_drop(2);
    (void)now_apply();
    CHECK(has("outside/secret", "secret"));
    folder_end();

    CASE("a link in the folder, called a folder by the keep");
    folder_begin();
    tree_pack_done(&pack);
    CHECK_EQ(symlink("../outside", path_of("folder/out")), 0);
    CHECK_OK(tree_pack(&pack, dir, "F", &note));
    now_begin(); /* 4 is out */
    entries[4] = (struct archive_entry){ .type = ARCHIVE_DIRECTORY, .name = entries[4].name };
    entry_add(4, ARCHIVE_FILE, BYTES_TEXT("secret"));
    contents_set(count - 1, BYTES_TEXT("evil"));
    (void)now_apply();
    CHECK(has("outside/secret", "secret") && has("folder/out/secret", "evil"));
    folder_end();

    CASE("a file that it says was there, and was not");
    folder_begin();
    now_begin();
    entry_add(2, ARCHIVE_FILE, BYTES_TEXT("y"))->unchanged = true;
    CHECK_ERR(now_apply(), ERR_IO);
    CHECK(!is_there("folder/d/y"));

    CASE("a link to an absolute path is not made, nor is one changed to it");
    now_begin();
    entries[5].target = BYTES_TEXT("/etc/passwd");
    CHECK_ERR(now_apply(), ERR_IO);
    CHECK_TEXT(note.text, "F/s: a link to an absolute path is not made");
    CHECK(S_ISLNK(stat_of("folder/s").st_mode));

    CASE("a pipe is not replaced");
    now_begin();
    entry_add(2, ARCHIVE_FILE, BYTES_TEXT("y"));
    entries[count - 1] = entries[6];
    entries[6] =
        (struct archive_entry){ .type = ARCHIVE_FILE, .parent = 2, .name = BYTES_TEXT("pipe") };
    CHECK_ERR(now_apply(), ERR_IO);
    CHECK(S_ISFIFO(stat_of("folder/d/pipe").st_mode));

    CASE("names are shown as they can be");
    now_begin();
    entry_add(2, ARCHIVE_SYMLINK, BYTES_TEXT("y\x1b[0m\n"))->target = BYTES_TEXT("/x");
    CHECK_ERR(now_apply(), ERR_IO);
    CHECK_TEXT(note.text, "F/d/y?[0m?: a link to an absolute path is not made");
    folder_end();
}

static void check_output(void)
{
    struct archive a = { 0 };
    bool there = true;
    int fd = -1;

    CASE("an output that nobody wrote to");
    CHECK_OK(tree_output_open(&fd, &note));
    CHECK_OK(tree_output_take(&a, &there, fd, 1 << 20, &note));
    CHECK(!there);

    CASE("one that was cut short, at any place");
    folder_begin();
    for (size_t size = 1; size < pack.archive.raw.size; size += 61) {
        CHECK_OK(tree_output_open(&fd, &note));
        CHECK_EQ(write(fd, pack.archive.raw.data, size), (ssize_t)size);
        there = true;
        CHECK_OK(tree_output_take(&a, &there, fd, 1 << 20, &note));
        CHECK(!there);
    }

    CASE("one that is whole");
    CHECK_OK(tree_output_open(&fd, &note));
    CHECK_EQ(write(fd, pack.archive.raw.data, pack.archive.raw.size),
             (ssize_t)pack.archive.raw.size);
    CHECK_OK(tree_output_take(&a, &there, fd, 1 << 20, &note));
    CHECK(there && a.count == pack.archive.count);
    tree_output_done(&a);

    CASE("one that holds more than was agreed");
    CHECK_OK(tree_output_open(&fd, &note));
    CHECK_EQ(write(fd, pack.archive.raw.data, pack.archive.raw.size),
             (ssize_t)pack.archive.raw.size);
    CHECK_ERR(tree_output_take(&a, &there, fd, 1, &note), ERR_LIMIT);
    CHECK(!there);
    folder_end();

    CASE("nobody writes more than an archive may be");
    CHECK_OK(tree_output_open(&fd, &note));
    CHECK(pwrite(fd, "x", 1, (off_t)1 << 31) < 0);
    CHECK(ftruncate(fd, 0) < 0);
    close(fd);
}

int main(void)
{
    umask(022);
    check_pack();
    check_pack_refusals();
    check_nothing();
    check_changes();
    check_removals();
    check_hostile();
    check_output();
    return check_done();
}

#define _GNU_SOURCE

#include "collateral/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static char root[] = "/tmp/broch-cache-XXXXXX";

static const char *under(const char *name)
{
    static char path[4][PATH_MAX];
    static unsigned next;
    char *out = path[next++ % 4];

    snprintf(out, PATH_MAX, "%s/%s", root, name);
    return out;
}

static void check_default(void)
{
    char path[PATH_MAX];

    CASE("where the cache is");
    setenv("HOME", "/home/x", 1);
    setenv("XDG_CACHE_HOME", "/cache", 1);
    CHECK(cache_default(path));
    CHECK_TEXT(path, "/cache/broch/collateral");
    setenv("XDG_CACHE_HOME", "cache", 1);
    CHECK(cache_default(path));
    CHECK_TEXT(path, "/home/x/.cache/broch/collateral");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    CHECK(!cache_default(path));
}

static void check_files(struct cache *c)
{
    struct bytes got = { 0 };
    struct stat st;

    CASE("written whole, read whole, replaced whole");
    CHECK_ERR(cache_read(&got, c, &arena, "a.crl"), ERR_IO);
    CHECK_EQ(errno, ENOENT);
    CHECK_OK(cache_write(c, "a.crl", BYTES_TEXT("one")));
    CHECK_OK(cache_write(c, "a.crl", BYTES_TEXT("another")));
    CHECK_OK(cache_read(&got, c, &arena, "a.crl"));
    CHECK_BYTES(got, BYTES_TEXT("another"));
    CHECK_OK(cache_write(c, "empty.crl", (struct bytes){ 0 }));
    CHECK_OK(cache_read(&got, c, &arena, "empty.crl"));
    CHECK_EQ(got.size, 0);
    CHECK_EQ(stat(under("a/b/a.crl"), &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0600);
    CHECK_EQ(stat(under("a/b"), &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0700);
    CASE("folders, links, pipes and what is too large are not read");
    CHECK_EQ(mkdir(under("a/b/folder.crl"), 0700), 0);
    CHECK_ERR(cache_read(&got, c, &arena, "folder.crl"), ERR_LIMIT);
    CHECK_ERR(cache_write(c, "folder.crl", BYTES_TEXT("x")), ERR_IO);
    CHECK_EQ(symlink("a.crl", under("a/b/link.crl")), 0);
    CHECK_ERR(cache_read(&got, c, &arena, "link.crl"), ERR_IO);
    CHECK_EQ(mkfifo(under("a/b/pipe.crl"), 0600), 0);
    CHECK_ERR(cache_read(&got, c, &arena, "pipe.crl"), ERR_LIMIT);
    CHECK_EQ(truncate(under("a/b/empty.crl"), (off_t)CACHE_ENTRY_MAX + 1), 0);
    CHECK_ERR(cache_read(&got, c, &arena, "empty.crl"), ERR_LIMIT);
    CASE("a link is replaced, not followed");
    CHECK_OK(cache_write(c, "link.crl", BYTES_TEXT("y")));
    CHECK_OK(cache_read(&got, c, &arena, "a.crl"));
    CHECK_BYTES(got, BYTES_TEXT("another"));
}

static enum err nothing_take(void *context, const char *name, struct bytes raw)
{
    (void)context;
    (void)name;
    (void)raw;
    return ERR_USAGE;
}

static void check_list(struct cache *c)
{
    struct cache_entry *entries = NULL;
    size_t count = 0;

    CASE("names of ours are listed, sorted, each with its kind");
    CHECK_OK(cache_write(c, "b.tcb.json", BYTES_TEXT("x")));
    CHECK_OK(cache_write(c, "b.json", BYTES_TEXT("x")));
    CHECK_OK(cache_write(c, ".hidden.crl", BYTES_TEXT("x")));
    CHECK_OK(cache_write(c, "README", BYTES_TEXT("x")));
    CHECK_OK(cache_list(&entries, &count, c, &arena));
    if (CHECK_EQ(count, 6)) {
        CHECK_TEXT(entries[0].name, "a.crl");
        CHECK_EQ(entries[0].kind, FORM_CRL);
        CHECK_TEXT(entries[1].name, "b.tcb.json");
        CHECK_EQ(entries[1].kind, FORM_TCB_INFO);
    }
    CASE("what cannot be read is not offered");
    CHECK_OK(cache_offer(c, &arena, 0, nothing_take, NULL));
}

static int entry_drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int main(void)
{
    struct cache c;
    char long_path[PATH_MAX + 2];

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)16 << 20);
    CHECK(mkdtemp(root) != NULL);
    check_default();
    CASE("made where it is wanted, else not");
    CHECK_ERR(cache_open(&c, under("a/b"), false), ERR_IO);
    CHECK_EQ(errno, ENOENT);
    CHECK_ERR(cache_open(&c, "", true), ERR_IO);
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    CHECK_ERR(cache_open(&c, long_path, true), ERR_IO);
    CHECK_OK(cache_open(&c, under("a/b"), true));
    cache_close(&c);
    CHECK_OK(cache_open(&c, under("a/b"), true));
    check_files(&c);
    check_list(&c);
    CASE("what a killed fetch left goes after an hour");
    CHECK_OK(cache_write(&c, ".new-0123", BYTES_TEXT("x")));
    CHECK_OK(cache_write(&c, ".new-4567", BYTES_TEXT("x")));
    {
        struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

        CHECK_EQ(utimensat(c.fd, ".new-0123", old, 0), 0);
    }
    cache_close(&c);
    CHECK_OK(cache_open(&c, under("a/b"), true));
    CHECK(access(under("a/b/.new-0123"), F_OK) != 0);
    CHECK(access(under("a/b/.new-4567"), F_OK) == 0);
    cache_close(&c);
    arena_done(&arena);
    CHECK_EQ(nftw(root, entry_drop, 8, FTW_DEPTH | FTW_PHYS), 0);
    return check_done();
}

/* The 46 functions as a guest calls them, over a tree in memory: mostly what is
 * refused. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/memory.h"
#include "exec/wasi/call.h"
#include "exec/world/fixed.h"
#include "exec/world/host.h"
#include "exec/world/tree.h"
#include "tests/check.h"

#define MEMORY_SIZE 65536u
#define PATH_AT 1024u /* where the paths of a test lie in guest memory */
#define PATH2_AT 8192u
#define OUT_AT 512u
#define DATA_AT 16384u
#define ROOT 3u

static struct wasm_memory *memory;
static struct wasi *w;
static bool old;

static uint8_t *at(uint32_t address) { return wasm_memory_at(memory, address, 1); }

static uint32_t u32(uint32_t address)
{
    uint32_t n;

    memcpy(&n, at(address), 4);
    return n;
}

static uint64_t u64(uint32_t address)
{
    uint64_t n;

    memcpy(&n, at(address), 8);
    return n;
}

static enum wasm_trap last_trap;

/* Arguments are 64 bits here; the function takes what its type says. */
static unsigned call_list(const char *name, const uint64_t *args, size_t count)
{
    union wasm_value slots[10] = { 0 };
    struct wasi_call c = { .wasi = w, .memory = memory, .args = slots, .old = old };
    wasi_function f = wasi_find(name);
    unsigned e;

    for (size_t i = 0; i < count; i++)
        slots[i].i64 = args[i];
    e = (unsigned)f(&c);
    last_trap = c.trap;
    return e;
}

#define ARGS(...) \
    (const uint64_t[]){ __VA_ARGS__ }, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t)
#define CALL(name, ...) call_list(#name, ARGS(__VA_ARGS__))

static uint64_t path_at(uint32_t address, const char *path)
{
    memcpy(at(address), path, strlen(path) + 1);
    return strlen(path);
}

#define FAILED 1000000u

/* Opens and gives the descriptor, or FAILED + the error. */
static uint32_t open_at(uint32_t dir, const char *path, uint32_t oflags, uint64_t base,
                        uint64_t inheriting)
{
    uint64_t size = path_at(PATH_AT, path);
    unsigned e = CALL(path_open, dir, 0, PATH_AT, size, oflags, base, inheriting, 0, OUT_AT);

    return e != 0 ? FAILED + e : u32(OUT_AT);
}

static uint32_t open_file(const char *path)
{
    return open_at(ROOT, path, WASI_OPEN_CREAT, WASI_RIGHTS_ALL, 0);
}

static unsigned write_text(uint32_t fd, const char *text)
{
    uint32_t span[2] = { DATA_AT, (uint32_t)path_at(DATA_AT, text) };

    memcpy(at(64), span, sizeof span);
    return CALL(fd_write, fd, 64, 1, OUT_AT);
}

static unsigned drop(const char *path)
{
    uint64_t size = path_at(PATH_AT, path);

    return CALL(path_unlink_file, ROOT, PATH_AT, size);
}

static void test_pointers(void)
{
    static const uint32_t bad[] = { MEMORY_SIZE, MEMORY_SIZE - 1, UINT32_MAX, UINT32_MAX - 3 };
    uint32_t fd = open_file("f");
    uint32_t span[2] = { MEMORY_SIZE - 4, 5 };

    /* lesson E22 */
    CASE("pointers outside of memory, or that end there, are faults");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t p = bad[i];

        CHECK_EQ(CALL(args_sizes_get, p, 0), WASI_FAULT);
        CHECK_EQ(CALL(args_get, p, 0), WASI_FAULT);
        CHECK_EQ(CALL(args_get, 0, p), WASI_FAULT);
        CHECK_EQ(CALL(environ_get, p, 0), WASI_FAULT);
        CHECK_EQ(CALL(clock_time_get, 1, 0, p), WASI_FAULT);
        CHECK_EQ(CALL(clock_res_get, 1, p), WASI_FAULT);
        CHECK_EQ(CALL(random_get, p, 2), WASI_FAULT);
        CHECK_EQ(CALL(fd_fdstat_get, fd, p), WASI_FAULT);
        CHECK_EQ(CALL(fd_filestat_get, fd, p), WASI_FAULT);
        CHECK_EQ(CALL(fd_prestat_get, ROOT, p), WASI_FAULT);
        CHECK_EQ(CALL(fd_prestat_dir_name, ROOT, p, 9), WASI_FAULT);
        CHECK_EQ(CALL(fd_read, fd, p, 1, OUT_AT), WASI_FAULT);
        CHECK_EQ(CALL(fd_write, fd, 64, 0, p), WASI_FAULT);
        CHECK_EQ(CALL(fd_seek, fd, 0, 0, p), WASI_FAULT);
        CHECK_EQ(CALL(fd_readdir, ROOT, p, 2, 0, OUT_AT), WASI_FAULT);
        CHECK_EQ(CALL(path_create_directory, ROOT, p, 2), WASI_FAULT);
        CHECK_EQ(CALL(path_open, ROOT, 0, PATH_AT, 1, 1, 0, 0, 0, p), WASI_FAULT);
        CHECK_EQ(CALL(poll_oneoff, p, 0, 1, OUT_AT), WASI_FAULT);
        CHECK_EQ(CALL(poll_oneoff, 0, p, 1, OUT_AT), WASI_FAULT);
    }
    CASE("a span that leaves memory by one byte");
    memcpy(at(64), span, sizeof span);
    CHECK_EQ(CALL(fd_write, fd, 64, 1, OUT_AT), WASI_FAULT);
    span[1] = 4;
    memcpy(at(64), span, sizeof span);
    CHECK_EQ(CALL(fd_write, fd, 64, 1, OUT_AT), WASI_OK);
    CASE("span counts whose size overflows 32 bits");
    CHECK_EQ(CALL(fd_write, fd, 64, UINT32_MAX, OUT_AT), WASI_FAULT);
    CHECK_EQ(CALL(fd_read, fd, 64, 0x20000001, OUT_AT), WASI_FAULT);
    CHECK_EQ(CALL(poll_oneoff, 0, 0, UINT32_MAX, OUT_AT), WASI_INVAL);
    CASE("a read whose result cannot be told does not happen");
    CHECK_EQ(CALL(fd_seek, fd, 0, WASI_SEEK_SET, OUT_AT), WASI_OK);
    CHECK_EQ(CALL(fd_read, fd, 64, 1, MEMORY_SIZE - 3), WASI_FAULT);
    CHECK_EQ(CALL(fd_tell, fd, OUT_AT), WASI_OK);
    CHECK_EQ(u64(OUT_AT), 0);
    CASE("a guest without memory");
    {
        struct wasm_memory *kept = memory;
        union wasm_value slots[2] = { 0 };
        struct wasi_call c = { .wasi = w, .args = slots };

        memory = kept;
        CHECK_EQ(wasi_find("args_sizes_get")(&c), WASI_FAULT);
    }
    CALL(fd_close, fd);
    drop("f");
}

static void test_paths(void)
{
    static char longer[5000];

    CASE("paths that are none");
    CHECK_EQ(open_at(ROOT, "", 0, 0, 0), FAILED + WASI_NOENT);
    CHECK_EQ(open_at(ROOT, "/", 0, 0, 0), FAILED + WASI_NOTCAPABLE);
    CHECK_EQ(open_at(ROOT, "/etc/passwd", 0, 0, 0), FAILED + WASI_NOTCAPABLE);
    CHECK_EQ(open_at(ROOT, "../x", 0, 0, 0), FAILED + WASI_NOTCAPABLE);
    CHECK_EQ(open_at(ROOT,
                     "bad\xff"
                     "name",
                     WASI_OPEN_CREAT, 0, 0),
             FAILED + WASI_ILSEQ);
    CHECK_EQ(open_at(ROOT, "over\xc0\xaflong", WASI_OPEN_CREAT, 0, 0), FAILED + WASI_ILSEQ);
    memcpy(at(PATH_AT), "a\0b", 3);
    CHECK_EQ(CALL(path_open, ROOT, 0, PATH_AT, 3, 1, 0, 0, 0, OUT_AT), WASI_INVAL);
    CHECK_EQ(CALL(path_create_directory, ROOT, PATH_AT, 3), WASI_INVAL);
    memset(longer, 'a', sizeof longer - 1);
    CHECK_EQ(open_at(ROOT, longer, WASI_OPEN_CREAT, 0, 0), FAILED + WASI_NAMETOOLONG);
    CASE("links to absolute paths are not made");
    path_at(PATH_AT, "/etc");
    path_at(PATH2_AT, "link");
    CHECK_EQ(CALL(path_symlink, PATH_AT, 4, ROOT, PATH2_AT, 4), WASI_NOTCAPABLE);
    CASE("hard links are not made through links");
    CHECK_EQ(CALL(path_link, ROOT, WASI_LOOKUP_FOLLOW, PATH2_AT, 4, ROOT, PATH_AT, 4),
             WASI_NOTCAPABLE);
    CHECK_EQ(CALL(path_link, ROOT, WASI_LOOKUP_FOLLOW, PATH2_AT, 4, ROOT, PATH2_AT, 4), WASI_INVAL);
    CASE("flags that are none");
    CHECK_EQ(open_at(ROOT, "x", 16, 0, 0), FAILED + WASI_INVAL);
    CHECK_EQ(CALL(path_open, ROOT, 2, PATH_AT, 1, 1, 0, 0, 0, OUT_AT), WASI_INVAL);
    CHECK_EQ(CALL(path_open, ROOT, 0, PATH_AT, 1, 1, 0, 0, 32, OUT_AT), WASI_INVAL);
}

static void test_rights(void)
{
    const uint64_t rw = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE;
    const uint64_t all = WASI_RIGHTS_ALL;
    uint32_t file;
    uint32_t dir;

    CASE("a file opened to be read is not written");
    file = open_file("r");
    CHECK_EQ(write_text(file, "text"), WASI_OK);
    CALL(fd_close, file);
    file = open_at(ROOT, "r", 0, WASI_RIGHT_FD_READ, 0);
    CHECK_EQ(write_text(file, "x"), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_filestat_set_size, file, 0), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_allocate, file, 0, 10), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_seek, file, 1, WASI_SEEK_SET, OUT_AT), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_tell, file, OUT_AT), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_filestat_get, file, OUT_AT), WASI_NOTCAPABLE);
    CASE("rights are given up, and do not come back");
    CHECK_EQ(CALL(fd_fdstat_set_rights, file, rw, 0), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_fdstat_set_rights, file, 0, 0), WASI_OK);
    CHECK_EQ(CALL(fd_fdstat_set_rights, file, WASI_RIGHT_FD_READ, 0), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_read, file, 64, 1, OUT_AT), WASI_NOTCAPABLE);
    CALL(fd_close, file);
    CASE("a directory hands on what it may, and no more");
    path_at(PATH_AT, "d");
    CHECK_EQ(CALL(path_create_directory, ROOT, PATH_AT, 1), WASI_OK);
    dir = open_at(ROOT, "d", WASI_OPEN_DIRECTORY,
                  WASI_RIGHT_PATH_OPEN | WASI_RIGHT_PATH_CREATE_FILE, WASI_RIGHT_FD_READ);
    CHECK_EQ(open_at(dir, "f", WASI_OPEN_CREAT, rw, 0), FAILED + WASI_NOTCAPABLE);
    CHECK_EQ(open_at(dir, "f", WASI_OPEN_CREAT, 0, WASI_RIGHT_FD_WRITE), FAILED + WASI_NOTCAPABLE);
    CHECK_EQ(open_at(dir, "f", WASI_OPEN_TRUNC, 0, 0), FAILED + WASI_NOTCAPABLE);
    CHECK_EQ(CALL(path_open, dir, 0, PATH_AT, 1, 1, 0, 0, WASI_FDFLAG_SYNC, OUT_AT),
             WASI_NOTCAPABLE);
    CHECK_EQ(CALL(path_create_directory, dir, PATH_AT, 1), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(path_unlink_file, dir, PATH_AT, 1), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(fd_readdir, dir, DATA_AT, 100, 0, OUT_AT), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(path_rename, dir, PATH_AT, 1, ROOT, PATH_AT, 1), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(path_rename, ROOT, PATH_AT, 1, dir, PATH_AT, 1), WASI_NOTCAPABLE);
    file = open_at(dir, "f", WASI_OPEN_CREAT, WASI_RIGHT_FD_READ, 0);
    CHECK(file < FAILED);
    CALL(fd_close, file);
    CASE("a sub-directory cannot have more than its parent gave");
    CHECK_EQ(open_at(dir, ".", WASI_OPEN_DIRECTORY, all, all), FAILED + WASI_NOTCAPABLE);
    CALL(fd_close, dir);
    CASE("data calls on directories, path calls on files");
    CHECK_EQ(CALL(fd_read, ROOT, 64, 1, OUT_AT), WASI_ISDIR);
    CHECK_EQ(CALL(fd_seek, ROOT, 0, 0, OUT_AT), WASI_ISDIR);
    file = open_file("r");
    CHECK_EQ(open_at(file, "x", WASI_OPEN_CREAT, 0, 0), FAILED + WASI_NOTDIR);
    CHECK_EQ(CALL(fd_readdir, file, DATA_AT, 100, 0, OUT_AT), WASI_NOTDIR);
    CALL(fd_close, file);
    drop("r");
    drop("d/f");
    path_at(PATH_AT, "d");
    CHECK_EQ(CALL(path_remove_directory, ROOT, PATH_AT, 1), WASI_OK);
}

static void test_descriptors(void)
{
    uint32_t a = open_file("a");
    uint32_t b = open_file("b");
    uint32_t count = 0;

    CASE("descriptors that are none");
    CHECK_EQ(CALL(fd_close, 77), WASI_BADF);
    CHECK_EQ(CALL(fd_close, UINT32_MAX), WASI_BADF);
    CHECK_EQ(CALL(fd_fdstat_get, 0x80000003, OUT_AT), WASI_BADF);
    CHECK_EQ(CALL(fd_prestat_get, a, OUT_AT), WASI_BADF);
    CHECK_EQ(CALL(fd_prestat_get, 0, OUT_AT), WASI_BADF);
    CHECK_EQ(CALL(fd_renumber, a, 77), WASI_BADF);
    CHECK_EQ(CALL(fd_renumber, 77, a), WASI_BADF);
    CASE("renumber closes what was there, and moves");
    CHECK_EQ(CALL(fd_renumber, a, b), WASI_OK);
    CHECK_EQ(CALL(fd_close, a), WASI_BADF);
    CHECK_EQ(CALL(fd_renumber, b, b), WASI_OK);
    CHECK_EQ(write_text(b, "to a"), WASI_OK);
    CASE("closed streams are not given out as files");
    CHECK_EQ(CALL(fd_close, 1), WASI_OK);
    CHECK(open_file("a") > 2);
    CASE("the table has an end, and the error says so");
    while (count < 2 * WASI_FDS_MAX && open_file("a") < WASI_FDS_MAX)
        count++;
    CHECK_EQ(open_file("a"), FAILED + WASI_MFILE);
    CHECK(count < WASI_FDS_MAX);
    for (uint32_t i = ROOT + 1; i < WASI_FDS_MAX; i++)
        CALL(fd_close, i);
    CHECK(open_file("a") == ROOT + 1);
    CALL(fd_close, ROOT + 1);
    drop("a");
    drop("b");
    CASE("prestat");
    CHECK_EQ(CALL(fd_prestat_get, ROOT, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 0);
    CHECK_EQ(u32(OUT_AT + 4), 5);
    CHECK_EQ(CALL(fd_prestat_dir_name, ROOT, OUT_AT, 4), WASI_NAMETOOLONG);
    CHECK_EQ(CALL(fd_prestat_dir_name, ROOT, OUT_AT, 5), WASI_OK);
    CHECK(memcmp(at(OUT_AT), "/data", 5) == 0);
}

static void test_lists(void)
{
    CASE("arguments and environment");
    CHECK_EQ(CALL(args_sizes_get, OUT_AT, OUT_AT + 4), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 2);
    CHECK_EQ(u32(OUT_AT + 4), 9);
    CHECK_EQ(CALL(args_get, 0, DATA_AT), WASI_OK);
    CHECK_TEXT((const char *)at(u32(0)), "prog");
    CHECK_TEXT((const char *)at(u32(4)), "two");
    CHECK_EQ(CALL(args_get, 0, MEMORY_SIZE - 9), WASI_OK);
    CHECK_EQ(CALL(args_get, 0, MEMORY_SIZE - 8), WASI_FAULT);
    CHECK_EQ(CALL(environ_sizes_get, OUT_AT, OUT_AT + 4), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 1);
    CHECK_EQ(CALL(environ_get, 0, DATA_AT), WASI_OK);
    CHECK_TEXT((const char *)at(u32(0)), "K=V");
}

static void test_readdir(void)
{
    uint32_t fd = open_file("entry-with-a-long-name");

    CASE("the last entry is cut where the buffer ends");
    CALL(fd_close, fd);
    CHECK_EQ(CALL(fd_readdir, ROOT, DATA_AT, 1000, 0, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 3 * 24 + 1 + 2 + 22);
    CHECK_EQ(CALL(fd_readdir, ROOT, DATA_AT, 60, 0, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 60);
    CHECK_EQ(CALL(fd_readdir, ROOT, DATA_AT, 0, 0, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 0);
    CASE("cookies that were never given");
    CHECK_EQ(CALL(fd_readdir, ROOT, DATA_AT, 1000, UINT64_MAX, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 0);
    drop("entry-with-a-long-name");
}

static void test_clocks(void)
{
    uint64_t first;

    CASE("clocks");
    CHECK_EQ(CALL(clock_time_get, WASI_CLOCK_MONOTONIC, 0, OUT_AT), WASI_OK);
    first = u64(OUT_AT);
    CHECK_EQ(CALL(clock_time_get, WASI_CLOCK_MONOTONIC, 0, OUT_AT), WASI_OK);
    CHECK(u64(OUT_AT) >= first);
    CHECK_EQ(CALL(clock_time_get, 4, 0, OUT_AT), WASI_INVAL);
    CHECK_EQ(CALL(clock_res_get, UINT32_MAX, OUT_AT), WASI_INVAL);
}

/* One subscription at address, as the new or the old layout has it. */
static void subscribe_clock(uint32_t address, uint64_t userdata, uint32_t id, uint64_t timeout,
                            uint16_t flags)
{
    uint32_t clock = old ? 24 : 16;

    memset(at(address), 0, old ? 56 : 48);
    memcpy(at(address), &userdata, 8);
    memcpy(at(address + clock), &id, 4);
    memcpy(at(address + clock + 8), &timeout, 8);
    memcpy(at(address + clock + 24), &flags, 2);
}

static void subscribe_file(uint32_t address, uint64_t userdata, uint8_t kind, uint32_t fd)
{
    memset(at(address), 0, old ? 56 : 48);
    memcpy(at(address), &userdata, 8);
    *at(address + 8) = kind;
    memcpy(at(address + 16), &fd, 4);
}

static void test_poll(void)
{
    uint32_t size = old ? 56 : 48;
    uint32_t fd = open_file("p");

    CASE(old ? "poll, old layout" : "poll");
    CHECK_EQ(CALL(poll_oneoff, 0, DATA_AT, 0, OUT_AT), WASI_INVAL);
    subscribe_clock(0, 7, WASI_CLOCK_MONOTONIC, 1000000, 0);
    CHECK_EQ(CALL(poll_oneoff, 0, DATA_AT, 1, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 1);
    CHECK_EQ(u64(DATA_AT), 7);
    CHECK_EQ(u32(DATA_AT + 8), 0);
    subscribe_clock(0, 7, WASI_CLOCK_REALTIME, 5, WASI_CLOCK_ABSTIME); /* long ago */
    CHECK_EQ(CALL(poll_oneoff, 0, DATA_AT, 1, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 1);
    subscribe_clock(0, 1, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    subscribe_file(size, 2, WASI_EVENT_READ, fd);
    subscribe_file(2 * size, 3, WASI_EVENT_WRITE, 99);
    subscribe_clock(3 * size, 4, WASI_CLOCK_THREAD, 1, 0);
    CHECK_EQ(CALL(poll_oneoff, 0, DATA_AT, 4, OUT_AT), WASI_OK);
    CHECK_EQ(u32(OUT_AT), 3);
    CHECK_EQ(u64(DATA_AT), 2);
    CHECK_EQ(u32(DATA_AT + 8), WASI_EVENT_READ << 16);
    CHECK_EQ(u64(DATA_AT + 32), 3);
    CHECK_EQ(u32(DATA_AT + 40), WASI_BADF | WASI_EVENT_WRITE << 16);
    CHECK_EQ(u64(DATA_AT + 64), 4);
    CHECK_EQ(u32(DATA_AT + 72), WASI_NOTSUP);
    subscribe_file(0, 2, 3, fd); /* no such kind */
    CHECK_EQ(CALL(poll_oneoff, 0, DATA_AT, 1, OUT_AT), WASI_INVAL);
    CALL(fd_close, fd);
    drop("p");
}

static void test_old(void)
{
    uint32_t fd = open_file("o");

    CASE("wasi_unstable: other file attributes, other whence");
    CHECK_EQ(write_text(fd, "12345"), WASI_OK);
    memset(at(DATA_AT), 0xee, 64);
    CHECK_EQ(CALL(fd_filestat_get, fd, DATA_AT), WASI_OK);
    CHECK_EQ(u64(DATA_AT + 32), 5);
    old = true;
    memset(at(DATA_AT), 0xee, 64);
    CHECK_EQ(CALL(fd_filestat_get, fd, DATA_AT), WASI_OK);
    CHECK_EQ(*at(DATA_AT + 16), WASI_TYPE_FILE);
    CHECK_EQ(u32(DATA_AT + 20), 1);
    CHECK_EQ(u64(DATA_AT + 24), 5);
    CHECK_EQ(*at(DATA_AT + 56), 0xee);
    CHECK_EQ(CALL(fd_seek, fd, (uint64_t)-2, WASI_OLD_SEEK_END, OUT_AT), WASI_OK);
    CHECK_EQ(u64(OUT_AT), 3);
    CHECK_EQ(CALL(fd_seek, fd, 1, WASI_OLD_SEEK_CUR, OUT_AT), WASI_OK);
    CHECK_EQ(u64(OUT_AT), 4);
    CHECK_EQ(CALL(fd_seek, fd, 1, WASI_OLD_SEEK_SET, OUT_AT), WASI_OK);
    CHECK_EQ(u64(OUT_AT), 1);
    CHECK_EQ(CALL(fd_seek, fd, 1, 3, OUT_AT), WASI_INVAL);
    test_poll();
    old = false;
    CALL(fd_close, fd);
    drop("o");
}

static void test_end(void)
{
    CASE("exit and raise");
    CHECK_EQ(CALL(proc_exit, 300), WASI_OK);
    CHECK_EQ(last_trap, WASM_TRAP_EXIT);
    CHECK_EQ(wasi_exit_code(w), 300);
    CHECK_EQ(CALL(proc_raise, 99), WASI_INVAL);
    CHECK_EQ(CALL(proc_raise, 0), WASI_OK);
    CHECK_EQ(last_trap, WASM_TRAP_NONE);
    CHECK_EQ(CALL(proc_raise, 18), WASI_NOTSUP);
    CHECK_EQ(CALL(proc_raise, 6), WASI_OK);
    CHECK_EQ(last_trap, WASM_TRAP_EXIT);
    CHECK_EQ(wasi_exit_code(w), 134);
    CASE("sockets that are none");
    CHECK_EQ(CALL(sock_shutdown, 77, 1), WASI_BADF);
    CHECK_EQ(CALL(sock_shutdown, ROOT, 1), WASI_NOTSOCK);
    CHECK_EQ(CALL(sock_accept, 0, 0, OUT_AT), WASI_NOTSOCK);
    CHECK_EQ(CALL(sock_recv, ROOT, 0, 0, 0, OUT_AT, OUT_AT), WASI_NOTSOCK);
    CHECK_EQ(CALL(sock_send, 2, 0, 0, 0, OUT_AT), WASI_NOTSOCK);
}

/* The tree's ceiling, as a guest meets it. */
static void test_ceiling(void)
{
    uint32_t fd = open_file("big");
    uint32_t span[2] = { 0, MEMORY_SIZE };
    unsigned e = WASI_OK;
    uint64_t total = 0;
    char name[32];
    unsigned made = 0;

    CASE("a full tree is full, and is freed again");
    memcpy(at(64), span, sizeof span);
    while (e == WASI_OK && total < (8u << 20)) {
        e = CALL(fd_write, fd, 64, 1, OUT_AT);
        total += e == WASI_OK ? u32(OUT_AT) : 0;
        memcpy(at(64), span, sizeof span);
    }
    CHECK_EQ(e, WASI_NOSPC);
    CHECK(total < (1u << 20) && total > (1u << 20) - 4096); /* to the last byte */
    CHECK_EQ(CALL(fd_filestat_set_size, fd, UINT64_MAX), WASI_INVAL);
    CHECK_EQ(CALL(fd_filestat_set_size, fd, 1ull << 40), WASI_NOSPC);
    CHECK_EQ(CALL(fd_allocate, fd, 1ull << 62, 1ull << 62), WASI_FBIG);
    CHECK_EQ(CALL(fd_filestat_set_size, fd, 0), WASI_OK);
    CALL(fd_close, fd);
    drop("big");
    for (; made < 100000; made++) {
        uint64_t size;

        snprintf(name, sizeof name, "n%u", made);
        size = path_at(PATH_AT, name);
        if (CALL(path_create_directory, ROOT, PATH_AT, size) != WASI_OK)
            break;
    }
    CHECK(made > 100 && made < 10000); /* names and nodes count too */
}

static bool setup(struct tree **tree)
{
    static const struct bytes args[] = { { (const uint8_t *)"prog", 4 },
                                         { (const uint8_t *)"two", 3 } };
    static const struct bytes environment[] = { { (const uint8_t *)"K=V", 3 } };
    static struct fixed_world fixed;
    static const uint8_t seed[FIXED_SEED_SIZE];
    struct wasi_config config = {
        .world = fixed_world_init(&fixed, host_world(NULL), seed),
        .args = args,
        .args_count = 2,
        .environment = environment,
        .environment_count = 1,
    };
    struct world_file *f;

    if (wasi_new(&w, &config) != ERR_OK)
        return false;
    for (int i = 0; i < 3; i++)
        if (host_file_new(&f, dup(i), false, false) != WASI_OK || wasi_add_stream(w, f) != WASI_OK)
            return false;
    return tree_new(tree, config.world, 1u << 20) == WASI_OK && tree_root(*tree, &f) == WASI_OK &&
           wasi_add_directory(w, f, BYTES_TEXT("/data")) == WASI_OK;
}

int main(void)
{
    const struct wasm_limits one = { .least = 1, .most = 1, .has_most = true };
    struct wasm_host host;
    struct wasm_engine *engine;
    struct wasm_store *store;
    struct tree *tree;

    memory_host(&host, 0);
    if (wasm_engine_new(&engine, &host, wasm_config_native()) != ERR_OK ||
        wasm_store_new(&store, engine, &(struct wasm_store_limits){ 0 }) != ERR_OK ||
        wasm_memory_new(&memory, store, one) != ERR_OK || !setup(&tree))
        return 1;
    test_lists();
    test_pointers();
    test_paths();
    test_rights();
    test_readdir();
    test_clocks();
    test_poll();
    test_old();
    test_descriptors();
    test_end();
    test_ceiling();
    wasi_free(w);
    tree_free(tree);
    wasm_store_free(store);
    wasm_engine_free(engine);
    return check_done();
}

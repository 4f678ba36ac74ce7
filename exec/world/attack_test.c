/* A guest that wants out of its directory, with an accomplice outside who may
 * put anything inside: the host world must stay beneath.
 *
 * The folder has secret/ beside inside/, and only inside/ is handed in. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/world/host.h"
#include "tests/check.h"

static char folder[64] = "/tmp/broch-attack-XXXXXX";
static int outside;             /* descriptor of the folder */
static struct world_file *root; /* inside/ */
static struct world_stat secret;

static const struct world_open reading = { .read = true, .follow = true };
static const struct world_open creating = { .write = true,
                                            .follow = true,
                                            .oflags = WASI_OPEN_CREAT };

static enum wasi_errno opens(struct world_file *dir, const char *path, struct world_open how)
{
    struct world_file *f = NULL;
    enum wasi_errno e = dir->ops->open(dir, path, &how, &f);

    world_file_close(f);
    return e;
}

/* No call that takes this path may reach the secret. */
static void refuse_all(const char *path)
{
    struct world_times t = { .flags = WASI_TIME_MTIM, .mtim = 1 };
    struct world_stat s = { 0 };
    char text[64];
    size_t n;

    CHECK_NE(opens(root, path, reading), WASI_OK);
    CHECK_NE(opens(root, path, creating), WASI_OK);
    CHECK_NE(root->ops->stat_at(root, path, true, &s), WASI_OK);
    CHECK_NE(root->ops->set_times_at(root, path, true, &t), WASI_OK);
    CHECK_NE(s.ino, secret.ino);
    if (root->ops->stat_at(root, path, false, &s) == WASI_OK)
        CHECK_EQ(s.type, WASI_TYPE_SYMLINK);
    if (root->ops->link(root, path, root, "stolen") == WASI_OK) { /* a link, if anything */
        CHECK_EQ(root->ops->stat_at(root, "stolen", false, &s), WASI_OK);
        CHECK_EQ(s.type, WASI_TYPE_SYMLINK);
        CHECK_EQ(root->ops->unlink(root, "stolen"), WASI_OK);
    }
    snprintf(text, sizeof text, "%s/", path);
    CHECK_NE(root->ops->stat_at(root, text, false, &s), WASI_OK);
    CHECK_NE(root->ops->set_times_at(root, text, false, &t), WASI_OK);
    CHECK_NE(root->ops->read_link(root, text, text, sizeof text, &n), WASI_OK);
    CHECK_NE(root->ops->remove_directory(root, path), WASI_OK);
}

static void plant(const char *target, const char *name)
{
    CHECK_EQ(symlinkat(target, outside, name), 0);
}

static void test_links(void)
{
    char absolute[128];

    CASE("links that an outsider planted");
    snprintf(absolute, sizeof absolute, "%s/secret/file", folder);
    plant(absolute, "inside/absolute");
    plant("../secret/file", "inside/relative");
    plant("../secret", "inside/directory");
    plant("relative", "inside/chain");
    plant("/proc/self/root", "inside/magic");
    plant("/proc/self/cwd", "inside/cwd");
    refuse_all("absolute");
    refuse_all("relative");
    refuse_all("directory");
    refuse_all("directory/file");
    refuse_all("chain");
    refuse_all("magic");
    refuse_all("cwd");
    CHECK_NE(root->ops->make_directory(root, "directory/new"), WASI_OK);
    CHECK_NE(root->ops->unlink(root, "directory/file"), WASI_OK);
    CHECK_NE(root->ops->rename(root, "directory/file", root, "mine"), WASI_OK);
    CHECK_NE(root->ops->rename(root, "absolute", root, "directory/x"), WASI_OK);
    CHECK_NE(root->ops->symlink(root, "x", "directory/x"), WASI_OK);
    CHECK_EQ(faccessat(outside, "secret/file", F_OK, 0), 0);
    CHECK_NE(faccessat(outside, "secret/x", F_OK, AT_SYMLINK_NOFOLLOW), 0);
}

/* Someone handed in /proc itself: its links to descriptors stay shut. */
static void test_magic(void)
{
    int fd = open("/proc/self", O_RDONLY | O_DIRECTORY);
    struct world_file *proc = NULL;
    struct world_stat s;
    char path[32];

    CASE("magic links of /proc are not followed");
    if (fd < 0 || host_file_new(&proc, fd, false, false) != WASI_OK) {
        CASE_SKIP("no /proc here");
        return;
    }
    snprintf(path, sizeof path, "fd/%d", outside);
    CHECK_NE(opens(proc, path, reading), WASI_OK);
    snprintf(path, sizeof path, "fd/%d/secret", outside);
    CHECK_NE(opens(proc, path, reading), WASI_OK);
    CHECK_NE(opens(proc, "cwd", reading), WASI_OK);
    CHECK_NE(opens(proc, "root/etc", reading), WASI_OK);
    CHECK_NE(proc->ops->stat_at(proc, "root/etc", true, &s), WASI_OK);
    CHECK_NE(proc->ops->stat_at(proc, "cwd/", false, &s), WASI_OK);
    world_file_close(proc);
}

static atomic_bool racing;

/* Turns inside/swap from a directory into a link that leads out, and back. */
static void *swap(void *unused)
{
    (void)unused;
    while (atomic_load(&racing))
        renameat2(outside, "inside/swap", outside, "inside/trap", RENAME_EXCHANGE);
    return NULL;
}

static unsigned races_lost(void)
{
    struct world_stat s;
    unsigned lost = 0;

    for (int i = 0; i < 20000; i++) {
        struct world_file *f = NULL;

        if (root->ops->open(root, "swap/file", &reading, &f) == WASI_OK) {
            if (f->ops->stat(f, &s) != WASI_OK || s.ino == secret.ino)
                lost++;
            world_file_close(f);
        }
        if (root->ops->stat_at(root, "swap/file", true, &s) == WASI_OK && s.ino == secret.ino)
            lost++;
        (void)!root->ops->make_directory(root, "swap/made");
        (void)!root->ops->remove_directory(root, "swap/made");
        (void)!root->ops->unlink(root, "swap/victim");
    }
    return lost;
}

static void test_race(void)
{
    pthread_t thread;

    CASE("a directory that becomes a link between two looks");
    CHECK_EQ(mkdirat(outside, "inside/swap", 0755), 0);
    close(openat(outside, "inside/swap/file", O_CREAT | O_WRONLY, 0644));
    close(openat(outside, "secret/victim", O_CREAT | O_WRONLY, 0644));
    plant("../secret", "inside/trap");
    atomic_store(&racing, true);
    if (!CHECK_EQ(pthread_create(&thread, NULL, swap, NULL), 0))
        return;
    CHECK_EQ(races_lost(), 0);
    atomic_store(&racing, false);
    pthread_join(thread, NULL);
    CHECK_NE(faccessat(outside, "secret/made", F_OK, 0), 0);
    CHECK_EQ(faccessat(outside, "secret/victim", F_OK, 0), 0);
}

/* A directory above is moved while ".." is walked: the kernel asks to try again,
 * and what comes of it is still beneath. */
static void *shuffle(void *unused)
{
    (void)unused;
    while (atomic_load(&racing)) {
        renameat(outside, "inside/a/b", outside, "inside/b");
        renameat(outside, "inside/b", outside, "inside/a/b");
    }
    return NULL;
}

static void test_dots(void)
{
    struct world_stat s;
    pthread_t thread;
    unsigned lost = 0;

    CASE("\"..\" while directories move");
    mkdirat(outside, "inside/a", 0755);
    mkdirat(outside, "inside/a/b", 0755);
    atomic_store(&racing, true);
    if (!CHECK_EQ(pthread_create(&thread, NULL, shuffle, NULL), 0))
        return;
    for (int i = 0; i < 20000; i++) {
        if (root->ops->stat_at(root, "a/b/../../secret", true, &s) == WASI_OK)
            lost++;
        if (root->ops->stat_at(root, "a/b/../../../secret", true, &s) == WASI_OK)
            lost++;
    }
    atomic_store(&racing, false);
    pthread_join(thread, NULL);
    CHECK_EQ(lost, 0);
}

static int remove_one(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    (void)s;
    (void)flag;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    struct stat s;

    if (host_world(NULL) == NULL || mkdtemp(folder) == NULL)
        return 1;
    outside = open(folder, O_RDONLY | O_DIRECTORY);
    mkdirat(outside, "secret", 0755);
    mkdirat(outside, "inside", 0755);
    close(openat(outside, "secret/file", O_CREAT | O_WRONLY, 0644));
    if (fstatat(outside, "secret/file", &s, 0) != 0 ||
        host_file_new(&root, openat(outside, "inside", O_RDONLY | O_DIRECTORY), false, false) !=
            WASI_OK)
        return 1;
    secret.ino = s.st_ino;
    test_links();
    test_magic();
    test_race();
    test_dots();
    world_file_close(root);
    close(outside);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}

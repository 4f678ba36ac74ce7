/* main.c: broch-loader, one process for one keep; or the pool of many that wait.
 *
 * A keep manager starts it with the launch record on a descriptor; every
 * descriptor in the record is one of this process. Its exit code is the keep's. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/backend.h"
#include "host/files.h"
#include "host/pool.h"
#include "host/pool_client.h"

static const char usage[] =
    "usage: broch-loader --record FD [--exec-fd FD] [--backend NAME] [--debug] [--gdb ADDRESS]\n"
    "       broch-loader --record FD --connect SOCKET\n"
    "       broch-loader --pool COUNT --listen SOCKET [--exec-fd FD]\n"
    "Builds one keep from the launch record on FD and serves it until it ends; or has it\n"
    "run by a keep of the pool that listens on SOCKET; or is such a pool: of so many VM\n"
    "keeps that have started and wait for a workload.\n";

struct options {
    long record_fd;
    long exec_fd;
    long pool;
    const char *listen;
    const char *connect;
    const char *backend;
    const char *gdb;
    bool debug;
};

static int fail(int code, const char *text)
{
    fprintf(stderr, "broch-loader: %s\n", text);
    return code;
}

static bool fd_parse(long *out, const char *text)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= 1 << 20;
}

static bool option_take(struct options *o, int c)
{
    switch (c) {
    case 'r': return fd_parse(&o->record_fd, optarg);
    case 'e': return fd_parse(&o->exec_fd, optarg);
    case 'p': return fd_parse(&o->pool, optarg) && o->pool > 0 && o->pool <= POOL_TEMPLATES_MAX;
    case 'l': o->listen = optarg; return true;
    case 'c': o->connect = optarg; return true;
    case 'b': o->backend = optarg; return true;
    case 'g': o->gdb = optarg; return true;
    case 'd': o->debug = true; return true;
    default: return false;
    }
}

static bool options_parse(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        { "record", required_argument, NULL, 'r' },
        { "exec-fd", required_argument, NULL, 'e' },
        { "pool", required_argument, NULL, 'p' },
        { "listen", required_argument, NULL, 'l' },
        { "connect", required_argument, NULL, 'c' },
        { "backend", required_argument, NULL, 'b' },
        { "gdb", required_argument, NULL, 'g' },
        { "debug", no_argument, NULL, 'd' },
        { 0 },
    };
    int c;

    *o = (struct options){ .record_fd = -1, .exec_fd = -1, .backend = "process" };
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!option_take(o, c))
            return false;
    if (optind != argc || (o->gdb != NULL && !o->debug))
        return false;
    return o->pool > 0 ? o->listen != NULL && o->record_fd < 0 && o->connect == NULL
                       : o->listen == NULL && o->record_fd >= 0;
}

/* The strings in the launch stay where they are mapped. */
static enum err record_read(struct launch *out, int fd, struct note *note)
{
    struct stat st;
    void *at;
    enum err e;

    if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > (off_t)LAUNCH_SIZE_MAX) {
        note_set(note, "descriptor %d holds no launch record", fd);
        return ERR_MALFORMED;
    }
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) {
        note_set_errno(note, errno, "launch record");
        return ERR_IO;
    }
    e = launch_parse(out, (struct bytes){ at, (size_t)st.st_size });
    if (e != ERR_OK)
        note_set(note, "the launch record on descriptor %d is malformed", fd);
    return e;
}

static enum err keep_serve(const struct backend *b, const struct keep_config *config,
                           struct keep_end *end, struct note *note)
{
    struct note lack = { 0 };
    struct keep *keep = NULL;
    enum err e = b->create(&keep, config, note);

    if (e == ERR_OK && config->gdb != NULL && !note_empty(config->gdb_told))
        fprintf(stderr, "broch-loader: %s\n", config->gdb_told->text);
    if (e == ERR_OK)
        e = b->start(keep, &lack, note);
    if (e == ERR_OK && !note_empty(&lack))
        fprintf(stderr, "broch-loader: note: this %s keep runs without %s\n", b->name, lack.text);
    if (e == ERR_OK)
        e = b->wait(keep, end);
    b->destroy(keep);
    return e;
}

static void why_print(const struct keep_end *end)
{
    if (!note_empty(&end->why))
        fprintf(stderr, "broch-loader: %s\n", end->why.text);
}

static enum err programs_open(struct options *o, int *shim_fd, bool needs_shim, struct note *note)
{
    int exec_fd = (int)o->exec_fd;

    if (exec_fd < 0)
        TRY(files_program(&exec_fd, "broch-exec", note));
    o->exec_fd = exec_fd;
    return needs_shim ? files_program(shim_fd, "broch-shim", note) : ERR_OK;
}

/* Reserved address space, of which nothing is used before it is written to. */
#define POOL_FILES_BYTES ((uint64_t)4 << 30)

static int pool_run(struct options *o)
{
    struct pool_config config = {
        .count = (uint32_t)o->pool,
        .shim_fd = -1,
        .memory_bytes = LAUNCH_MEMORY_DEFAULT,
        .files_bytes = POOL_FILES_BYTES,
    };
    struct note note = { 0 };
    enum err e = programs_open(o, &config.shim_fd, true, &note);

    config.exec_fd = (int)o->exec_fd;
    if (e == ERR_OK)
        e = pool_listen(&config.listen_fd, o->listen, &note);
    if (e == ERR_OK) {
        e = pool_serve(&config, &note);
        (void)unlink(o->listen);
    }
    return e == ERR_OK ? 0 : fail(LAUNCH_EXIT_SOFTWARE, note.text);
}

static int connect_run(const struct options *o, struct launch *launch)
{
    struct note note = { 0 };
    struct keep_end end = { 0 };
    int connection = -1;

    if (pool_client_start(&connection, o->connect, launch, &note) != ERR_OK)
        return fail(LAUNCH_EXIT_SOFTWARE, note.text);
    if (pool_client_wait(connection, &end) != ERR_OK)
        return fail(LAUNCH_EXIT_SOFTWARE, "the keep ended without a word");
    why_print(&end);
    return end.code;
}

static int keep_run(struct options *o, const struct launch *launch)
{
    const struct backend *backend = backend_find(o->backend);
    struct keep_config config = { .launch = launch, .shim_fd = -1 };
    struct keep_end end = { 0 };
    struct note note = { 0 }, told = { 0 };
    enum err e;

    if (backend == NULL)
        return fail(LAUNCH_EXIT_USAGE, "no backend of that name");
    e = programs_open(o, &config.shim_fd, backend->needs_shim, &note);
    config.exec_fd = (int)o->exec_fd;
    config.debug = o->debug;
    config.gdb = o->gdb;
    config.gdb_told = &told;
    if (e == ERR_OK)
        e = keep_serve(backend, &config, &end, &note);
    if (e != ERR_OK)
        return fail(LAUNCH_EXIT_SOFTWARE, note.text);
    why_print(&end);
    return end.code;
}

int main(int argc, char **argv)
{
    static struct launch launch;
    struct note note = { 0 };
    struct options o;

    if (files_stdio_hold() != ERR_OK || !options_parse(&o, argc, argv)) {
        fputs(usage, stderr);
        return LAUNCH_EXIT_USAGE;
    }
    if (o.pool > 0)
        return pool_run(&o);
    if (record_read(&launch, (int)o.record_fd, &note) != ERR_OK)
        return fail(LAUNCH_EXIT_DATA, note.text);
    return o.connect != NULL ? connect_run(&o, &launch) : keep_run(&o, &launch);
}

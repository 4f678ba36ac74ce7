/* main.c: broch-loader, one process for one keep.
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

static const char usage[] =
    "usage: broch-loader --record FD [--exec-fd FD] [--backend NAME]\n"
    "Builds one keep from the launch record on FD and serves it until it ends.\n";

struct options {
    long record_fd;
    long exec_fd;
    const char *backend;
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

static bool options_parse(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        { "record", required_argument, NULL, 'r' },
        { "exec-fd", required_argument, NULL, 'e' },
        { "backend", required_argument, NULL, 'b' },
        { 0 },
    };
    int c;

    *o = (struct options){ .record_fd = -1, .exec_fd = -1, .backend = "process" };
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'r' && fd_parse(&o->record_fd, optarg))
            continue;
        if (c == 'e' && fd_parse(&o->exec_fd, optarg))
            continue;
        if (c != 'b')
            return false;
        o->backend = optarg;
    }
    return optind == argc && o->record_fd >= 0;
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

    if (e == ERR_OK)
        e = b->start(keep, &lack, note);
    if (e == ERR_OK && !note_empty(&lack))
        fprintf(stderr, "broch-loader: note: this %s keep runs without %s\n", b->name, lack.text);
    if (e == ERR_OK)
        e = b->wait(keep, end);
    if (e == ERR_OK && !note_empty(&end->why))
        fprintf(stderr, "broch-loader: %s\n", end->why.text);
    b->destroy(keep);
    return e;
}

int main(int argc, char **argv)
{
    static struct launch launch;
    struct note note = { 0 };
    struct keep_end end = { 0 };
    const struct backend *backend;
    struct options o;
    struct keep_config config;
    int exec_fd = -1, shim_fd = -1;

    if (files_stdio_hold() != ERR_OK || !options_parse(&o, argc, argv)) {
        fputs(usage, stderr);
        return LAUNCH_EXIT_USAGE;
    }
    backend = backend_find(o.backend);
    if (backend == NULL)
        return fail(LAUNCH_EXIT_USAGE, "no backend of that name");
    if (record_read(&launch, (int)o.record_fd, &note) != ERR_OK)
        return fail(LAUNCH_EXIT_DATA, note.text);
    exec_fd = (int)o.exec_fd;
    if (exec_fd < 0 && files_program(&exec_fd, "broch-exec", &note) != ERR_OK)
        return fail(LAUNCH_EXIT_SOFTWARE, note.text);
    if (backend->needs_shim && files_program(&shim_fd, "broch-shim", &note) != ERR_OK)
        return fail(LAUNCH_EXIT_SOFTWARE, note.text);
    config = (struct keep_config){ .launch = &launch, .exec_fd = exec_fd, .shim_fd = shim_fd };
    if (keep_serve(backend, &config, &end, &note) != ERR_OK)
        return fail(LAUNCH_EXIT_SOFTWARE, note.text);
    return end.code;
}

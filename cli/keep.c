#define _GNU_SOURCE

#include "cli/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/keep_files.h"
#include "host/files.h"

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static const char *program_name(const struct workload *w)
{
    const char *slash;

    if (w->name != NULL)
        return w->name;
    slash = strrchr(w->module, '/');
    return slash != NULL ? slash + 1 : w->module;
}

static enum err args_fill(struct launch *l, const struct workload *w, struct note *note)
{
    if (w->args_count >= LAUNCH_ARGS_MAX) {
        note_set(note, "more than %u arguments", LAUNCH_ARGS_MAX - 1);
        return ERR_LIMIT;
    }
    l->name = text_bytes(program_name(w));
    l->args[l->args_count++] = l->name;
    for (uint32_t i = 0; i < w->args_count; i++)
        l->args[l->args_count++] = text_bytes(w->args[i]);
    for (uint32_t i = 0; i < w->environment_count; i++)
        l->environment[l->environment_count++] = text_bytes(w->environment[i]);
    return ERR_OK;
}

static void limits_fill(struct launch *l, const struct workload *w)
{
    l->memory_bytes = w->memory_bytes;
    l->table_elements = w->table_elements;
    l->stack_bytes = w->stack_bytes;
    l->has_fuel = w->has_fuel;
    l->fuel = w->fuel;
    l->has_time = w->has_time;
    l->time_ms = w->time_ms;
    l->deterministic = w->deterministic;
    l->has_seed = w->deterministic; /* all zero: the same run every time */
    l->engine_config = w->engine_config;
    if (w->invoke != NULL) {
        l->has_invoke = true;
        l->invoke = text_bytes(w->invoke);
    }
    for (int i = 0; i < 3; i++)
        l->tty[i] = isatty(i) == 1;
}

/* Numbers below the first that a keep may hand out are taken by what is already
 * there: stdio by main(), LAUNCH_FD by this. */
static enum err fd_reserve(int *held, struct note *note)
{
    *held = fcntl(2, F_DUPFD_CLOEXEC, LAUNCH_FD);
    if (*held < 0) {
        note_set_errno(note, errno, "cannot duplicate a descriptor");
        return ERR_IO;
    }
    return ERR_OK;
}

static enum err directories_open(struct launch *l, const struct workload *w, bool packed,
                                 struct note *note)
{
    for (uint32_t i = 0; i < w->directories_count && !packed; i++) {
        const struct workload_directory *d = &w->directories[i];
        int fd = -1;

        TRY(files_directory(&fd, d->host, note));
        l->directories[l->directories_count++] =
            (struct launch_directory){ text_bytes(d->guest), (uint32_t)fd, d->read_only };
    }
    for (uint32_t i = 0; i < w->trees_count; i++)
        l->trees[l->trees_count++] =
            (struct launch_tree){ text_bytes(w->trees[i].guest), w->trees[i].size_max };
    return ERR_OK;
}

static enum err sockets_open(struct launch *l, const struct workload *w, struct note *note)
{
    for (uint32_t i = 0; i < w->sockets_count; i++) {
        const struct workload_socket *s = &w->sockets[i];
        int fd = -1;

        TRY(s->listens ? files_listen(&fd, s->address, note)
                       : files_connect(&fd, s->address, note));
        l->sockets[l->sockets_count++] =
            (struct launch_socket){ (uint32_t)fd, s->listens ? LAUNCH_LISTEN : LAUNCH_STREAM,
                                    text_bytes(s->name) };
    }
    return ERR_OK;
}

static enum err report_open(struct launch *l, int *from, struct note *note)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        note_set_errno(note, errno, "cannot make a pipe");
        return ERR_IO;
    }
    *from = ends[0];
    l->has_report = true;
    l->report_fd = (uint32_t)ends[1];
    return ERR_OK;
}

static enum err launch_open(struct launch *l, const struct workload *w, struct bytes module,
                            struct keep_files *files, bool packed, struct note *note)
{
    int fd = -1;

    TRY(args_fill(l, w, note));
    limits_fill(l, w);
    TRY(files_sealed(&fd, "module", module, note));
    l->module_fd = (uint32_t)fd;
    TRY(directories_open(l, w, packed, note));
    if (packed)
        TRY(keep_files_pack(files, l, w, note));
    TRY(keep_files_volumes(files, l, w, note));
    return sockets_open(l, w, note);
}

/* exec has its own copies once it runs; and a listener that we kept would go on
 * taking connections that nobody serves. */
static void launch_close(const struct launch *l)
{
    if (l->module_fd != 0)
        close((int)l->module_fd);
    for (uint32_t i = 0; i < l->directories_count; i++)
        close((int)l->directories[i].fd);
    for (uint32_t i = 0; i < l->sockets_count; i++)
        close((int)l->sockets[i].fd);
    if (l->has_report)
        close((int)l->report_fd);
}

/* Once nothing of the keep is left. A guest whose changes are lost did not succeed. */
static void changes_return(struct keep_result *out, struct keep_files *files)
{
    if (!keep_files_return(files, out->end.code) && out->end.code == 0)
        out->end.code = LAUNCH_EXIT_SOFTWARE;
}

static enum err file_digest(uint8_t out[HASH_SHA256_SIZE], int fd, struct note *note)
{
    struct stat st;
    void *at = MAP_FAILED;
    enum err e = ERR_IO;

    if (fstat(fd, &st) == 0 && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) {
        e = hash_sha256(out, (struct bytes){ at, (size_t)st.st_size });
        munmap(at, (size_t)st.st_size);
    }
    if (e != ERR_OK)
        note_set(note, "the program of the keep cannot be read");
    return e;
}

static enum err keep_start(struct keep **out, const struct backend *b, const struct workload *w,
                           const struct launch *l, uint8_t exec_digest[HASH_SHA256_SIZE],
                           struct note *note)
{
    struct keep_config config = {
        .launch = l,
        .exec_fd = -1,
        .shim_fd = -1,
        .debug = w->debug,
        .gdb = w->gdb,
        .pool = w->pool,
    };
    struct note lack = { 0 }, told = { 0 };
    enum err e;

    config.gdb_told = &told;
    TRY(files_program(&config.exec_fd, w->program, note));
    e = l->has_report ? file_digest(exec_digest, config.exec_fd, note) : ERR_OK;
    if (e == ERR_OK && b->needs_shim)
        e = files_program(&config.shim_fd, "broch-shim", note);
    if (e == ERR_OK)
        e = b->create(out, &config, note);
    if (e == ERR_OK && !note_empty(&told))
        fprintf(stderr, "broch: %s\n", told.text);
    if (e == ERR_OK)
        e = b->start(*out, &lack, note);
    close(config.exec_fd);
    if (config.shim_fd >= 0)
        close(config.shim_fd);
    if (e == ERR_OK && !note_empty(&lack))
        fprintf(stderr, "broch: note: this %s keep runs without %s\n", b->name, lack.text);
    return e;
}

static void report_take(struct keep_result *out, int fd)
{
    uint8_t room[LAUNCH_REPORT_SIZE_MAX];
    ssize_t size;

    do {
        size = read(fd, room, sizeof room);
    } while (size < 0 && errno == EINTR);
    if (size > 0)
        out->has_report =
            launch_report_parse(&out->report, (struct bytes){ room, (size_t)size }) == ERR_OK;
}

enum err keep_run(struct keep_result *out, const struct workload *w, struct bytes module,
                  bool wants_report, struct note *note)
{
    const struct backend *b = w->pool != NULL ? &backend_pooled : backend_find(w->backend);
    struct launch *l = malloc(sizeof *l);
    struct keep_files *files = calloc(1, sizeof *files);
    struct keep *keep = NULL;
    int report = -1, held = -1;
    enum err e;

    if (l == NULL || files == NULL || b == NULL) {
        free(l);
        free(files);
        note_set(note, b == NULL ? "no kind of keep has that name" : "out of memory");
        return b == NULL ? ERR_USAGE : ERR_NOMEM;
    }
    launch_init(l);
    e = fd_reserve(&held, note);
    if (e == ERR_OK)
        e = launch_open(l, w, module, files, w->pack_directories || b->lacks_folders, note);
    if (e == ERR_OK && wants_report)
        e = report_open(l, &report, note);
    if (e == ERR_IO) /* a file or address that the command line named */
        e = ERR_USAGE;
    if (e == ERR_OK)
        e = keep_start(&keep, b, w, l, out->exec_digest, note);
    launch_close(l);
    explicit_bzero(l->volumes, sizeof l->volumes); /* keys are in them */
    free(l);
    if (e == ERR_OK)
        e = b->wait(keep, &out->end);
    if (e != ERR_OK && note_empty(note))
        note_set(note, "%s",
                 note_empty(&out->end.why) ? "the keep is gone without a word" : out->end.why.text);
    if (e == ERR_OK && !note_empty(&out->end.why))
        fprintf(stderr, "broch: %s\n", out->end.why.text);
    if (e == ERR_OK && report >= 0)
        report_take(out, report);
    b->destroy(keep);
    if (e == ERR_OK)
        changes_return(out, files);
    keep_files_close(files);
    free(files);
    if (report >= 0)
        close(report);
    if (held >= 0)
        close(held);
    return e;
}

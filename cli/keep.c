#define _GNU_SOURCE

#include "cli/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static const char *program_name(const struct workload *w)
{
    const char *slash = strrchr(w->module, '/');

    if (w->name != NULL)
        return w->name;
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

static enum err directories_open(struct launch *l, const struct workload *w, struct note *note)
{
    for (uint32_t i = 0; i < w->directories_count; i++) {
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
                            int *report, struct note *note)
{
    int fd = -1;

    TRY(args_fill(l, w, note));
    limits_fill(l, w);
    TRY(files_sealed(&fd, "module", module, note));
    l->module_fd = (uint32_t)fd;
    TRY(directories_open(l, w, note));
    TRY(sockets_open(l, w, note));
    if (report != NULL)
        TRY(report_open(l, report, note));
    return ERR_OK;
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

static enum err keep_start(struct keep **out, const struct backend *b, const struct launch *l,
                           struct note *note)
{
    struct keep_config config = { .launch = l, .exec_fd = -1 };
    struct note lack = { 0 };
    enum err e;

    TRY(files_program(&config.exec_fd, "broch-exec", note));
    e = b->create(out, &config, note);
    if (e == ERR_OK)
        e = b->start(*out, &lack, note);
    close(config.exec_fd);
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
    const struct backend *b = &backend_process;
    struct launch *l = malloc(sizeof *l);
    struct keep *keep = NULL;
    int report = -1, held = -1;
    enum err e;

    if (l == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    launch_init(l);
    e = fd_reserve(&held, note);
    if (e == ERR_OK)
        e = launch_open(l, w, module, wants_report ? &report : NULL, note);
    if (e == ERR_IO) /* a file or address that the command line named */
        e = ERR_USAGE;
    if (e == ERR_OK)
        e = keep_start(&keep, b, l, note);
    launch_close(l);
    free(l);
    if (e == ERR_OK)
        e = b->wait(keep, &out->end);
    if (e == ERR_OK && report >= 0)
        report_take(out, report);
    b->destroy(keep);
    if (report >= 0)
        close(report);
    if (held >= 0)
        close(held);
    return e;
}

/* wasi.c: what a guest starts with. */
#include "exec/wasi/wasi.h"

#include <stdlib.h>

#include "exec/wasi/call.h"

enum err wasi_new(struct wasi **out, const struct wasi_config *config)
{
    struct wasi *w = calloc(1, sizeof *w);

    if (w == NULL)
        return ERR_NOMEM;
    w->world = config->world;
    w->args = config->args;
    w->args_count = config->args_count;
    w->environment = config->environment;
    w->environment_count = config->environment_count;
    w->stop = config->stop;
    *out = w;
    return ERR_OK;
}

void wasi_free(struct wasi *w)
{
    if (w == NULL)
        return;
    table_done(&w->table);
    free(w->bound);
    free(w);
}

static enum wasi_errno add(struct wasi *w, struct world_file *file, uint32_t first,
                           struct bytes guest_path)
{
    struct wasi_fd fd = {
        .file = file,
        .guest_path = guest_path,
        .preopened = guest_path.data != NULL,
    };
    uint32_t number;

    rights_of(file, &fd.base, &fd.inheriting);
    return table_add(&w->table, fd, first, &number);
}

enum wasi_errno wasi_add_stream(struct wasi *w, struct world_file *file)
{
    return add(w, file, 0, (struct bytes){ 0 });
}

enum wasi_errno wasi_add_directory(struct wasi *w, struct world_file *directory,
                                   struct bytes guest_path)
{
    if (directory->type != WASI_TYPE_DIRECTORY || guest_path.data == NULL) {
        world_file_close(directory);
        return WASI_NOTDIR;
    }
    return add(w, directory, WASI_FD_FIRST, guest_path);
}

enum wasi_errno wasi_add_socket(struct wasi *w, struct world_file *socket)
{
    return add(w, socket, WASI_FD_FIRST, (struct bytes){ 0 });
}

uint32_t wasi_exit_code(const struct wasi *w) { return w->exit_code; }

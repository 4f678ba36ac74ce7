/* guest.c: the world of one guest, made from the launch record. */
#include "exec/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/deadline.h"
#include "exec/image.h"
#include "exec/message.h"
#include "exec/volume.h"
#include "exec/world/fixed.h"
#include "exec/world/host.h"
#include "exec/world/tree.h"

_Static_assert(LAUNCH_SEED_SIZE == FIXED_SEED_SIZE, "the seed of deterministic mode");

static struct world *world_of(const struct launch *l)
{
    static struct fixed_world fixed;
    struct world *host = host_world(deadline_flag());

    return l->deterministic ? fixed_world_init(&fixed, host, l->seed) : host;
}

static enum wasi_errno streams_add(struct wasi *w, const struct launch *l)
{
    for (int i = 0; i < 3; i++) {
        struct world_file *f;

        WASI_TRY(host_file_new(&f, i, false, l->tty[i]));
        /* A terminal is open both ways on all three; the guest's are one way. */
        f->can_read = i == 0;
        f->can_write = i != 0;
        WASI_TRY(wasi_add_stream(w, f));
    }
    return WASI_OK;
}

static enum wasi_errno directories_add(struct wasi *w, const struct launch *l)
{
    for (uint32_t i = 0; i < l->directories_count; i++) {
        const struct launch_directory *d = &l->directories[i];
        struct world_file *f;

        WASI_TRY(host_file_new(&f, (int)d->fd, d->read_only, false));
        WASI_TRY(wasi_add_directory(w, f, d->guest));
    }
    return WASI_OK;
}

/* What the guest may leave something in that outlives it. As long as the process. */
static struct {
    struct image images[LAUNCH_IMAGES_MAX];
    struct volume volumes[LAUNCH_VOLUMES_MAX];
} kept;

static enum wasi_errno tree_add(struct wasi *w, struct tree *t, struct bytes guest, bool read_only)
{
    struct world_file *f;

    WASI_TRY(tree_root(t, &f));
    f->read_only = read_only;
    return wasi_add_directory(w, f, guest);
}

static enum wasi_errno images_add(struct wasi *w, const struct launch *l)
{
    for (uint32_t i = 0; i < l->images_count; i++)
        WASI_TRY(tree_add(w, kept.images[i].tree, l->images[i].guest, l->images[i].read_only));
    return WASI_OK;
}

static enum wasi_errno trees_add(struct wasi *w, const struct launch *l, struct world *world)
{
    for (uint32_t i = 0; i < l->trees_count; i++) {
        struct tree *t; /* lives as long as the process */

        WASI_TRY(tree_new(&t, world, l->trees[i].size_max));
        WASI_TRY(tree_add(w, t, l->trees[i].guest, false));
    }
    return WASI_OK;
}

static enum wasi_errno volumes_add(struct wasi *w, const struct launch *l)
{
    for (uint32_t i = 0; i < l->volumes_count; i++)
        WASI_TRY(tree_add(w, kept.volumes[i].tree, l->volumes[i].guest, l->volumes[i].read_only));
    return WASI_OK;
}

/* The time limit does not cut a volume's writing short. */
static enum wasi_errno volume_sync(void *context)
{
    enum err e;

    deadline_hold();
    e = volume_store(context);
    deadline_release();
    return e == ERR_OK ? WASI_OK : e == ERR_LIMIT ? WASI_NOSPC : WASI_IO;
}

static int kept_open(const struct launch *l, struct world *world)
{
    int code = 0;

    for (uint32_t i = 0; i < l->images_count && code == 0; i++)
        code = image_open(&kept.images[i], &l->images[i], world);
    for (uint32_t i = 0; i < l->volumes_count && code == 0; i++) {
        code = volume_open(&kept.volumes[i], &l->volumes[i], world);
        if (code == 0)
            tree_on_sync(kept.volumes[i].tree, volume_sync, &kept.volumes[i]);
    }
    return code;
}

bool guest_end(const struct launch *l)
{
    bool all = true;

    deadline_hold(); /* and never lets go: what follows is short, and must not be lost */
    for (uint32_t i = 0; i < l->images_count; i++)
        all &= image_end(&kept.images[i]);
    for (uint32_t i = 0; i < l->volumes_count; i++)
        all &= volume_end(&kept.volumes[i], &l->volumes[i]);
    return all;
}

static enum wasi_errno sockets_add(struct wasi *w, const struct launch *l)
{
    for (uint32_t i = 0; i < l->sockets_count; i++) {
        struct world_file *f;

        WASI_TRY(host_file_new(&f, (int)l->sockets[i].fd, false, false));
        WASI_TRY(wasi_add_socket(w, f));
    }
    return WASI_OK;
}

static bool environment_has(const struct launch *l, const char *name)
{
    size_t size = strlen(name);

    for (uint32_t i = 0; i < l->environment_count; i++)
        if (l->environment[i].size > size && l->environment[i].data[size] == '=' &&
            memcmp(l->environment[i].data, name, size) == 0)
            return true;
    return false;
}

static void join(char *text, size_t room, struct bytes name)
{
    size_t at = strlen(text);

    if (at + 1 + name.size >= room) /* the buffer holds all: see its size */
        return;
    text[at++] = ':';
    for (size_t i = 0; i < name.size; i++)
        text[at++] = name.data[i] == ':' ? '_' : (char)name.data[i];
    text[at] = '\0';
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* FD_NAMES: which number is which, for programs that serve sockets. */
static char *names_new(const struct launch *l)
{
    static const char start[] = "FD_NAMES=stdin:stdout:stderr";
    size_t room = sizeof start;
    char *text;

    for (uint32_t i = 0; i < l->directories_count; i++)
        room += l->directories[i].guest.size + 1;
    for (uint32_t i = 0; i < l->images_count; i++)
        room += l->images[i].guest.size + 1;
    for (uint32_t i = 0; i < l->trees_count; i++)
        room += l->trees[i].guest.size + 1;
    for (uint32_t i = 0; i < l->volumes_count; i++)
        room += l->volumes[i].guest.size + 1;
    for (uint32_t i = 0; i < l->sockets_count; i++)
        room += l->sockets[i].name.size + 1;
    text = malloc(room + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, start, sizeof start);
    for (uint32_t i = 0; i < l->directories_count; i++)
        join(text, room + 1, l->directories[i].guest);
    for (uint32_t i = 0; i < l->images_count; i++)
        join(text, room + 1, l->images[i].guest);
    for (uint32_t i = 0; i < l->trees_count; i++)
        join(text, room + 1, l->trees[i].guest);
    for (uint32_t i = 0; i < l->volumes_count; i++)
        join(text, room + 1, l->volumes[i].guest);
    for (uint32_t i = 0; i < l->sockets_count; i++)
        join(text, room + 1, l->sockets[i].name);
    return text;
}

static enum wasi_errno environment_of(const struct launch *l, struct wasi_config *config)
{
    static struct bytes list[LAUNCH_ENVIRONMENT_MAX + 2];
    static char count[32];
    char *names;

    config->environment = l->environment;
    config->environment_count = l->environment_count;
    if (l->sockets_count == 0 || environment_has(l, "FD_NAMES") || environment_has(l, "FD_COUNT"))
        return WASI_OK;
    names = names_new(l);
    if (names == NULL)
        return WASI_NOMEM;
    snprintf(count, sizeof count, "FD_COUNT=%u",
             3 + l->directories_count + l->images_count + l->trees_count + l->volumes_count +
                 l->sockets_count);
    memcpy(list, l->environment, l->environment_count * sizeof list[0]);
    list[config->environment_count++] = text_of(count);
    list[config->environment_count++] = text_of(names);
    config->environment = list;
    return WASI_OK;
}

static enum wasi_errno fill(struct wasi *w, const struct launch *l, struct world *world)
{
    WASI_TRY(streams_add(w, l));
    WASI_TRY(directories_add(w, l));
    WASI_TRY(images_add(w, l));
    WASI_TRY(trees_add(w, l, world));
    WASI_TRY(volumes_add(w, l));
    return sockets_add(w, l);
}

int guest_new(struct wasi **out, const struct launch *l)
{
    struct wasi_config config = {
        .world = world_of(l),
        .args = l->args,
        .args_count = l->args_count,
        .stop = deadline_flag(),
    };
    struct wasi *w = NULL;
    int code = kept_open(l, config.world);
    enum wasi_errno e;

    if (code != 0)
        return code;
    e = environment_of(l, &config);
    if (e == WASI_OK && wasi_new(&w, &config) != ERR_OK)
        e = WASI_NOMEM;
    if (e == WASI_OK)
        e = fill(w, l, config.world);
    if (e != WASI_OK) {
        wasi_free(w);
        message("a descriptor of the launch record cannot be used (WASI error %d)", (int)e);
        return LAUNCH_EXIT_SOFTWARE;
    }
    *out = w;
    return 0;
}

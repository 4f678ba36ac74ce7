#define _GNU_SOURCE

#include "cli/keep_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/volume_key.h"
#include "host/files.h"
#include "host/tree_apply.h"
#include "host/tree_output.h"

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static enum err folder_open(struct keep_folder *f, const struct workload_directory *d,
                            struct note *note)
{
    *f = (struct keep_folder){ .path = d->host, .dir = -1, .output = -1, .pack = { .fd = -1 } };
    TRY(files_directory(&f->dir, d->host, note));
    TRY(tree_pack(&f->pack, f->dir, d->host, note));
    return d->read_only ? ERR_OK : tree_output_open(&f->output, note);
}

enum err keep_files_pack(struct keep_files *k, struct launch *l, const struct workload *w,
                         struct note *note)
{
    for (uint32_t i = 0; i < w->directories_count; i++) {
        const struct workload_directory *d = &w->directories[i];
        struct keep_folder *f = &k->folders[k->folders_count++];
        struct launch_image *m = &l->images[l->images_count];

        TRY(folder_open(f, d, note));
        *m = (struct launch_image){
            .guest = text_bytes(d->guest),
            .fd = (uint32_t)f->pack.fd,
            .size_max = LIMIT_ARCHIVE_CONTENTS,
            .read_only = d->read_only,
            .has_output = f->output >= 0,
            .output_fd = f->output >= 0 ? (uint32_t)f->output : 0,
        };
        memcpy(m->digest, f->pack.digest, sizeof m->digest);
        l->images_count++;
    }
    return ERR_OK;
}

/* Two keeps that wrote one volume would each lose what the other wrote. */
static enum err volume_lock(int fd, const struct workload_volume *v, struct note *note)
{
    if (flock(fd, (v->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return ERR_OK;
    if (errno == EWOULDBLOCK)
        note_set(note, "%s: another keep has this volume open", v->file);
    else
        note_set_errno(note, errno, "%s: cannot lock it", v->file);
    return ERR_IO;
}

static enum err volume_open(int *out, const struct workload_volume *v, struct note *note)
{
    int flags = v->read_only ? O_RDONLY : O_RDWR | O_CREAT;
    int fd = open(v->file, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0) {
        note_set_errno(note, errno, "%s", v->file);
        return ERR_IO;
    }
    *out = fd;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        note_set(note, "%s: not a regular file", v->file);
        return ERR_IO;
    }
    return volume_lock(fd, v, note);
}

enum err keep_files_volumes(struct keep_files *k, struct launch *l, const struct workload *w,
                            struct note *note)
{
    for (uint32_t i = 0; i < w->volumes_count; i++) {
        const struct workload_volume *v = &w->volumes[i];
        const char *key = v->key != NULL ? v->key : w->volume_key;
        struct launch_volume *into = &l->volumes[l->volumes_count];
        int *fd = &k->volumes[k->volumes_count++];

        *fd = -1;
        if (key == NULL) {
            note_set(note, "%s: a volume needs a key: --volume-key FILE", v->file);
            return ERR_USAGE;
        }
        TRY(volume_key_read(into->key, key, note));
        TRY(volume_open(fd, v, note));
        into->guest = text_bytes(v->guest);
        into->fd = (uint32_t)*fd;
        into->size_max = v->size_max;
        into->read_only = v->read_only;
        l->volumes_count++;
    }
    return ERR_OK;
}

/* Where exec itself refused to run anything, it has said why. */
static bool was_refused(int code)
{
    return code == LAUNCH_EXIT_USAGE || code == LAUNCH_EXIT_DATA || code == LAUNCH_EXIT_SOFTWARE;
}

static bool folder_return(struct keep_folder *f, int code)
{
    struct note note = { 0 };
    struct archive now;
    bool there = false;
    int output = f->output;
    enum err e;

    f->output = -1;
    e = tree_output_take(&now, &there, output, LIMIT_ARCHIVE_CONTENTS, &note);
    if (e == ERR_OK && there) {
        e = tree_apply(f->dir, f->path, &f->pack.archive, &now, &note);
        tree_output_done(&now);
    } else if (e == ERR_OK && !was_refused(code)) {
        fprintf(stderr,
                "broch: note: the keep ended before it could hand back %s: nothing in it "
                "was changed\n",
                f->path);
    }
    if (e != ERR_OK)
        fprintf(stderr, "broch: %s\n", note.text);
    return e == ERR_OK;
}

bool keep_files_return(struct keep_files *k, int code)
{
    bool all = true;

    for (uint32_t i = 0; i < k->folders_count; i++)
        if (k->folders[i].output >= 0)
            all &= folder_return(&k->folders[i], code);
    return all;
}

void keep_files_close(struct keep_files *k)
{
    for (uint32_t i = 0; i < k->folders_count; i++) {
        struct keep_folder *f = &k->folders[i];

        if (f->output >= 0)
            close(f->output);
        if (f->dir >= 0)
            close(f->dir);
        tree_pack_done(&f->pack);
    }
    for (uint32_t i = 0; i < k->volumes_count; i++)
        if (k->volumes[i] >= 0)
            close(k->volumes[i]);
    k->folders_count = k->volumes_count = 0;
}

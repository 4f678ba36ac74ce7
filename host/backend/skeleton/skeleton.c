/* skeleton.c: the smallest backend, and the guide for the next one.
 *
 * It always compiles, never runs a keep, and is not offered to users. To make a
 * backend of it: copy the folder, rename the struct, add it to backend.c in
 * order of preference and to host/meson.build, then fill in the functions from
 * top to bottom; each says what the loader counts on. tests/run-cli has the
 * list that every backend must pass. */
#include <stdlib.h>

#include "host/backend.h"

/* All that one keep needs until it is destroyed: descriptors, mappings, ids. */
struct keep {
    const struct keep_config *config;
};

/* One line for each thing the backend stands on: the device, its version, the
 * firmware, a certificate cache. Try the thing, do not guess from a file's
 * presence; on failure give errno and what an operator can do about it. */
static void skeleton_probe(struct probe_list *out)
{
    probe_add(out, "skeleton", true, 95 /* EOPNOTSUPP */,
              "none: this backend only shows how one is made");
}

/* Check everything first, then act: refuse a limit that the hardware cannot
 * keep, load exec's segments from config->exec_fd, write the launch record to
 * where exec finds it there, and measure what must be measured. */
static enum err skeleton_create(struct keep **out, const struct keep_config *config,
                                struct note *note)
{
    struct keep *k = calloc(1, sizeof *k);

    if (k == NULL) {
        note_set(note, "out of memory");
        return ERR_NOMEM;
    }
    k->config = config;
    *out = k;
    return ERR_OK;
}

/* Enter the keep on the first virtual processor. What the machine could not
 * give, but the keep can live without, goes into `lack`. */
static enum err skeleton_start(struct keep *keep, struct note *lack, struct note *note)
{
    (void)keep;
    (void)lack;
    note_set(note, "the skeleton backend runs nothing");
    return ERR_UNSUPPORTED;
}

/* Serve the gate until the keep exits; the exit code comes through unchanged. */
static enum err skeleton_wait(struct keep *keep, struct keep_end *end)
{
    (void)keep;
    *end = (struct keep_end){ .code = LAUNCH_EXIT_SOFTWARE };
    return ERR_UNSUPPORTED;
}

/* Whatever state the keep is in, nothing of it may be left behind. */
static void skeleton_destroy(struct keep *keep) { free(keep); }

const struct backend backend_skeleton = {
    .name = "skeleton",
    .isolation = "none; it runs nothing and shows how a backend is made",
    .probe = skeleton_probe,
    .create = skeleton_create,
    .start = skeleton_start,
    .wait = skeleton_wait,
    .destroy = skeleton_destroy,
};

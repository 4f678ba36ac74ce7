/* image.h: folders that exec makes from archives, and what it gives back of them.
 *
 * An archive comes from the host. It is mapped, and nothing in it is looked at before its
 * digest was found to be the one in the launch record. The mapping must be memory that the
 * host cannot change afterwards: a sealed memory file in a process keep, the keep's own
 * memory where a shim answers. The archive lives as long as the process. */
#ifndef BROCH_EXEC_IMAGE_H
#define BROCH_EXEC_IMAGE_H

#include "codec/launch.h"
#include "exec/tree_archive.h"

/* What became of one archive. */
struct image {
    const struct launch_image *from;
    struct archive base;
    struct tree *tree;
};

/* Says what is wrong, and gives the exit code; 0 is success. The descriptor is closed. */
int image_open(struct image *out, const struct launch_image *from, struct world *clock);
/* Writes the tree to the image's output, where it has one. Says what is wrong. */
bool image_end(const struct image *m);

#endif

/* tree_pack.h: a folder of this machine, as an archive (codec/archive.h) in a sealed
 * memory file, for a keep that can reach no folder.
 *
 * Files, folders, symbolic links as they are, times, and which names are one file. What is
 * none of these (a pipe, a device, a socket) is left out. The folder may change meanwhile:
 * each file is then as it was at some moment, and one that shrinks is an error. */
#ifndef BROCH_HOST_TREE_PACK_H
#define BROCH_HOST_TREE_PACK_H

#include "codec/archive.h"
#include "crypto/hash.h"
#include "host/note.h"

struct tree_pack {
    int fd; /* sealed; -1: none */
    uint8_t digest[HASH_SHA256_SIZE];
    struct archive archive; /* of the same bytes, mapped */
};

/* dir is open for reading; path is its name in messages. ERR_LIMIT above the ceilings of
 * limits.h, ERR_IO where something in it cannot be read. */
enum err tree_pack(struct tree_pack *out, int dir, const char *path, struct note *note);
/* Also for one that was never made, if fd is -1. */
void tree_pack_done(struct tree_pack *p);

#endif

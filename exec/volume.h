/* volume.h: a folder that lives in one file of the host, encrypted and authenticated.
 *
 * It is a tree in memory, loaded when the keep starts and stored as a whole: when the
 * program syncs any of its files and something changed, and at the end. A snapshot is
 * written beside the one before it, and its header last, so a crash at any moment leaves
 * one of the two. What is stored costs its whole size each time: a volume is for what
 * fits in memory. exec/volume_form.h has the bytes.
 *
 * Protected: contents, names, structure and times, against being read and against being
 * changed, without the key. A file that was changed, cut short or taken from elsewhere is
 * refused, and nothing is written to it.
 * Not protected: the size, rounded up to 64 KiB; the number of snapshots taken; when. And
 * not against rollback: who can write the file can put back an older state of the whole
 * file, or an empty file, which is a new volume; by breaking the newest header alone he
 * gets the snapshot before it, which is said in a note. That needs a counter which the
 * host does not hold. */
#ifndef BROCH_EXEC_VOLUME_H
#define BROCH_EXEC_VOLUME_H

#include "codec/launch.h"
#include "exec/tree_archive.h"
#include "exec/volume_form.h"

enum volume_fault {
    VOLUME_OK,
    VOLUME_UNREADABLE,
    VOLUME_FOREIGN,
    VOLUME_OTHER_VERSION,
    VOLUME_OTHER_KEY,
    VOLUME_HEADER_CHANGED,
    VOLUME_CUT,
    VOLUME_CHUNK_CHANGED,
    VOLUME_MALFORMED, /* authentic, and yet no tree */
    VOLUME_TOO_LARGE,
    VOLUME_NOTHING, /* read-only, and empty */
    VOLUME_NO_MEMORY,
};

struct volume {
    int fd;
    bool read_only;
    uint8_t key[LAUNCH_KEY_SIZE];
    struct volume_header now; /* the snapshot that the file holds */
    unsigned slot;            /* where its header is */
    bool failed;              /* nobody knows which header is there: no more is written */
    bool torn;                /* the other slot holds something broken */
    uint64_t chunk;           /* the one that was changed, for the message */
    struct bytes archive;     /* decrypted; the tree borrows from it */
    struct tree *tree;
    uint64_t stored; /* tree_changes of what the file holds */
};

/* Reads the file, changing nothing. */
enum volume_fault volume_load(struct volume *out, const struct launch_volume *from,
                              struct world *clock);
/* Writes what changed since; on an error the file still holds what it held. */
enum err volume_store(struct volume *v);
/* Frees what was loaded, without storing. */
void volume_drop(struct volume *v);

/* The same, saying what is wrong: an exit code, where 0 is success; and whether it could be
 * stored. */
int volume_open(struct volume *out, const struct launch_volume *from, struct world *clock);
bool volume_end(struct volume *v, const struct launch_volume *from);

#endif

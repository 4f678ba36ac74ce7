/* tree_apply.h: what a keep made of a packed folder, brought to the folder.
 *
 * The archive comes from a keep and is hostile: nothing outside of the folder is touched,
 * whatever it holds and whatever symbolic links lie in the folder. Only what differs
 * between the two archives is done, so what others made in the folder meanwhile stays, and
 * so do pipes, devices and sockets. Contents come by rename, whole or not at all. */
#ifndef BROCH_HOST_TREE_APPLY_H
#define BROCH_HOST_TREE_APPLY_H

#include "codec/archive.h"
#include "host/note.h"

/* dir is the folder, path its name in messages, base what was packed, now what came back.
 * Goes on after a failure; the note is about the first, and says how many there were. */
enum err tree_apply(int dir, const char *path, const struct archive *base,
                    const struct archive *now, struct note *note);

#endif

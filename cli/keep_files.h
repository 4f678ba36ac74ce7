/* keep_files.h: the folders of a workload that are not handed to the keep as they are:
 * folders that it gets a copy of, and volumes.
 *
 * Everything is opened here, before the keep starts. What the program changed in a copy is
 * brought to the folder after the keep's end; a volume is the keep's own to write. */
#ifndef BROCH_CLI_KEEP_FILES_H
#define BROCH_CLI_KEEP_FILES_H

#include "cli/workload.h"
#include "host/tree_pack.h"

struct keep_folder {
    const char *path;
    int dir;    /* the folder itself; -1: closed */
    int output; /* -1: read-only, or taken */
    struct tree_pack pack;
};

struct keep_files {
    struct keep_folder folders[LAUNCH_IMAGES_MAX];
    uint32_t folders_count;
    int volumes[LAUNCH_VOLUMES_MAX];
    uint32_t volumes_count;
};

/* Fills in the images of the record: its directories as the keep will see them. On an
 * error, too, keep_files_close is called. */
enum err keep_files_pack(struct keep_files *k, struct launch *l, const struct workload *w,
                         struct note *note);
/* Fills in the volumes of the record. A volume's file is made where there is none, and
 * stays locked against other keeps as long as somebody has it open. */
enum err keep_files_volumes(struct keep_files *k, struct launch *l, const struct workload *w,
                            struct note *note);
/* After the end, with the keep's exit code: brings back what was changed. What could not
 * be is said on stderr; then false. */
bool keep_files_return(struct keep_files *k, int code);
void keep_files_close(struct keep_files *k);

#endif

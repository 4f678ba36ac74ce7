/* volume_key.h: the key of a volume, from a file: 32 bytes, or 64 hexadecimal digits, with
 * or without a line end. A file that others may read or change is refused. */
#ifndef BROCH_CLI_VOLUME_KEY_H
#define BROCH_CLI_VOLUME_KEY_H

#include "codec/launch.h"
#include "host/note.h"

enum err volume_key_read(uint8_t out[LAUNCH_KEY_SIZE], const char *path, struct note *note);

#endif

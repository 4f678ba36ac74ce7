/* files.h: what the loader opens before there is a jail.
 *
 * Every function gives one descriptor, close-on-exec, that the caller closes, or
 * an error with a note that names the file. Nothing is created or changed. */
#ifndef BROCH_HOST_FILES_H
#define BROCH_HOST_FILES_H

#include "base/bytes.h"
#include "base/err.h"
#include "host/note.h"

/* A module, or a manifest: more than any we have seen, by far. */
#define FILES_SIZE_MAX ((size_t)1 << 30)

/* Opens /dev/null on those of descriptors 0, 1 and 2 that are not open, so that
 * nothing else can come to lie there. */
enum err files_stdio_hold(void);
/* A memory file with these contents, which nobody can change any more. */
enum err files_sealed(int *fd, const char *name, struct bytes contents, struct note *note);
/* The contents of a regular file, from malloc. ERR_LIMIT above size_max. */
enum err files_read(struct bytes *out, const char *path, size_t size_max, struct note *note);
enum err files_directory(int *fd, const char *path, struct note *note);
/* The program of that name beside the one that runs, or in ../libexec/broch. */
enum err files_program(int *fd, const char *name, struct note *note);
/* "ADDRESS:PORT", "[V6]:PORT" or ":PORT", bound and listening. */
enum err files_listen(int *fd, const char *address, struct note *note);
/* "HOST:PORT", connected. */
enum err files_connect(int *fd, const char *address, struct note *note);

#endif

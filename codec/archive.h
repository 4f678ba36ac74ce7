/* archive.h: a tree of files as one run of bytes, in the one form that it has.
 *
 *     header   magic, version, count of entries, sizes            32 bytes
 *     records  one for each entry, of fixed size                   48 bytes each
 *     texts    each entry's name, and a symbolic link's target, in the entries' order
 *     data     of files, in that order: from a multiple of 4096 where it is 4096 bytes
 *              or more, so that a mapping can lend whole pages, else from one of 16
 *     end      16 bytes that say so: what was cut short lacks them
 *
 * Entry 0 is the root, a directory without a name. Every other entry has a directory of
 * a lower number as its parent, and the entries are in the order of (parent, name), which
 * rises strictly: nothing is named twice, no parent comes late, no path can be absolute or
 * contain "..", because there are no paths. Numbers are little-endian, gaps are zero, and
 * nothing may follow the end, so a tree has one archive and no other.
 *
 * A file that has several names stands where the first is, the others are links to it. A
 * file may be marked unchanged: its contents are those of the archive that this one
 * answers, and are not here.
 *
 * The reader borrows, allocates nothing, and believes nothing. archive_open checks all of
 * it once; the other calls only look up. Whether the bytes are those that somebody meant
 * is a question for a digest beside them. Owners, modes and special files are not kept. */
#ifndef BROCH_CODEC_ARCHIVE_H
#define BROCH_CODEC_ARCHIVE_H

#include "base/bytes.h"
#include "base/err.h"

#define ARCHIVE_VERSION 1
/* The header: enough for archive_size. */
#define ARCHIVE_HEADER_SIZE 32u
#define ARCHIVE_NAME_MAX 255u
#define ARCHIVE_TARGET_MAX 4095u

enum archive_type {
    ARCHIVE_DIRECTORY,
    ARCHIVE_FILE,
    ARCHIVE_SYMLINK,
    ARCHIVE_LINK, /* one more name of a file or symbolic link that came before */
};

struct archive_entry {
    uint32_t parent;
    enum archive_type type;
    bool executable; /* files */
    bool unchanged;  /* files */
    struct bytes name;
    uint64_t mtime; /* nanoseconds since 1970 */
    uint64_t atime;
    uint64_t size;       /* files: bytes of contents, here or not */
    uint32_t link;       /* links: the entry that is meant */
    struct bytes target; /* symbolic links */
    uint64_t at;         /* files: where the contents begin; for archive_data */
};

struct archive {
    struct bytes raw;
    struct bytes records;
    struct bytes texts;
    uint32_t count; /* of entries, the root among them */
};

/* The size of the whole archive that begins so; 0 where none does. */
uint64_t archive_size(struct bytes start);
/* ERR_MALFORMED, ERR_UNSUPPORTED (another version), ERR_LIMIT (limits.h). */
enum err archive_open(struct archive *out, struct bytes raw);
/* i is below a->count. */
void archive_entry(const struct archive *a, uint32_t i, struct archive_entry *out);
/* The contents of a file; nothing for what is no file, or unchanged. */
struct bytes archive_data(const struct archive *a, const struct archive_entry *e);
/* The entry of that name in that directory. */
bool archive_find(const struct archive *a, uint32_t parent, struct bytes name, uint32_t *out);
/* Below 0, 0 or above, as the order of names has it. */
int archive_name_compare(struct bytes a, struct bytes b);

/* Where an archive goes, from its first byte to its last. */
struct archive_sink {
    enum err (*put)(void *context, struct bytes b);
    void *context;
};

/* What becomes an archive. Each entry is asked for several times, and must be the same
 * each time; `at` in it is not looked at. */
struct archive_list {
    uint32_t count;
    void *context;
    void (*entry)(void *context, uint32_t i, struct archive_entry *out);
    /* Contents of file i from offset at, which lies below its size: at least one byte,
     * borrowed until the next call. */
    enum err (*data)(void *context, uint32_t i, uint64_t at, struct bytes *out);
};

/* ERR_INVALID where the list breaks a rule of the format, ERR_LIMIT where it is too large,
 * and what put and data give. The size of it all goes to *size where that is not NULL. */
enum err archive_write(const struct archive_list *list, const struct archive_sink *sink,
                       uint64_t *size);

#endif

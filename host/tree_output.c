#define _GNU_SOURCE

#include "host/tree_output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"

enum err tree_output_open(int *fd, struct note *note)
{
    int made = memfd_create("changes", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    /* As long as it may ever be, and nothing in it: what is not written costs nothing. */
    if (made >= 0 && ftruncate(made, (off_t)LIMIT_ARCHIVE_SIZE) == 0 &&
        fcntl(made, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0) {
        *fd = made;
        return ERR_OK;
    }
    note_set_errno(note, errno, "cannot make a memory file");
    if (made >= 0)
        close(made);
    return ERR_IO;
}

/* What it would write: files that are not marked unchanged. */
static uint64_t contents_size(const struct archive *a)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < a->count; i++) {
        struct archive_entry e;

        archive_entry(a, i, &e);
        total += archive_data(a, &e).size; /* all of them lie within one mapping */
    }
    return total;
}

enum err tree_output_take(struct archive *out, bool *there, int fd, uint64_t contents_max,
                          struct note *note)
{
    uint8_t start[ARCHIVE_HEADER_SIZE];
    struct archive a;
    uint64_t size = 0;
    void *at;

    *there = false;
    if (pread(fd, start, sizeof start, 0) == (ssize_t)sizeof start)
        size = archive_size(BYTES_OF(start));
    if (size == 0) {
        close(fd);
        return ERR_OK;
    }
    /* From here on nobody changes it, not even who may still hold it. */
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        note_set_errno(note, errno, "cannot seal a memory file");
        close(fd);
        return ERR_IO;
    }
    at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED) {
        note_set_errno(note, errno, "cannot map a memory file");
        return ERR_NOMEM;
    }
    if (archive_open(&a, (struct bytes){ at, (size_t)size }) != ERR_OK) {
        munmap(at, (size_t)size);
        return ERR_OK;
    }
    if (contents_size(&a) > contents_max) {
        munmap(at, (size_t)size);
        note_set(note, "the keep handed back more than the %llu bytes that it may write",
                 (unsigned long long)contents_max);
        return ERR_LIMIT;
    }
    *out = a;
    *there = true;
    return ERR_OK;
}

void tree_output_done(struct archive *a)
{
    if (a->raw.size > 0)
        munmap((void *)(uintptr_t)a->raw.data, a->raw.size);
    *a = (struct archive){ 0 };
}

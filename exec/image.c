#include "exec/image.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/num.h"
#include "crypto/hash.h"
#include "exec/message.h"

_Static_assert(LAUNCH_DIGEST_SIZE == HASH_SHA256_SIZE, "an image's digest is a SHA-256");

/* Of a name, in a message. */
#define SHOWN(guest) (int)num_min((guest).size, 200), (const char *)(guest).data

static bool archive_map(struct bytes *out, int fd)
{
    struct stat s;
    void *at = MAP_FAILED;

    if (fstat(fd, &s) == 0 && s.st_size > 0 && (uint64_t)s.st_size <= LIMIT_ARCHIVE_SIZE)
        at = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        return false;
    *out = (struct bytes){ at, (size_t)s.st_size };
    return true;
}

static bool is_announced(struct bytes raw, const struct launch_image *from)
{
    uint8_t digest[HASH_SHA256_SIZE];

    return hash_sha256(digest, raw) == ERR_OK &&
           bytes_equal(BYTES_OF(digest), BYTES_OF(from->digest));
}

static int tree_refused(const struct launch_image *from, enum err e)
{
    if (e == ERR_LIMIT)
        message("limit: the image of %.*s holds more than %llu bytes", SHOWN(from->guest),
                (unsigned long long)from->size_max);
    else
        message("the image of %.*s cannot be used", SHOWN(from->guest));
    return e == ERR_NOMEM ? LAUNCH_EXIT_SOFTWARE : LAUNCH_EXIT_DATA;
}

int image_open(struct image *out, const struct launch_image *from, struct world *clock)
{
    struct bytes raw;
    enum err e;

    *out = (struct image){ .from = from };
    if (!archive_map(&raw, (int)from->fd)) {
        message("the image of %.*s cannot be read", SHOWN(from->guest));
        return LAUNCH_EXIT_SOFTWARE;
    }
    if (!is_announced(raw, from)) {
        message("the image of %.*s is not the one that was announced", SHOWN(from->guest));
        return LAUNCH_EXIT_DATA;
    }
    e = archive_open(&out->base, raw);
    if (e == ERR_OK)
        e = tree_load(&out->tree, clock, &out->base, from->size_max);
    return e == ERR_OK ? 0 : tree_refused(from, e);
}

/* An output under way: a stream, so all goes out in order. */
struct output {
    int fd;
    size_t size;
    uint8_t room[64 << 10];
};

static enum err output_all(int fd, struct bytes b)
{
    while (b.size > 0) {
        ssize_t n = write(fd, b.data, b.size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        b.data += n;
        b.size -= (size_t)n;
    }
    return ERR_OK;
}

static enum err output_flush(struct output *o)
{
    struct bytes held = { o->room, o->size };

    o->size = 0;
    return output_all(o->fd, held);
}

static enum err output_put(void *context, struct bytes b)
{
    struct output *o = context;

    if (b.size > sizeof o->room - o->size)
        TRY(output_flush(o));
    if (b.size > sizeof o->room)
        return output_all(o->fd, b);
    memcpy(o->room + o->size, b.data, b.size);
    o->size += b.size;
    return ERR_OK;
}

bool image_end(const struct image *m)
{
    static struct output out;
    const struct archive_sink sink = { output_put, &out };
    enum err e;

    if (m->tree == NULL || !m->from->has_output)
        return true;
    out.fd = (int)m->from->output_fd;
    out.size = 0;
    e = tree_save(m->tree, &m->base, &sink);
    if (e == ERR_OK)
        e = output_flush(&out);
    if (e != ERR_OK)
        message("what was changed in %.*s could not be handed back%s", SHOWN(m->from->guest),
                e == ERR_LIMIT ? ": it is more than an archive holds" : "");
    return e == ERR_OK;
}

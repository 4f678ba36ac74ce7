#include "exec/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/num.h"
#include "exec/message.h"

static struct bytes key_of(const struct volume *v) { return BYTES_OF(v->key); }

/* --- Loading. */

static bool read_all(int fd, uint8_t *out, size_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t n = pread(fd, out, size, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        out += n;
        size -= (size_t)n;
        at += (uint64_t)n;
    }
    return true;
}

/* Why no header can be used, where neither can. */
static enum volume_fault slots_refused(const enum volume_slot slot[2])
{
    static const struct {
        enum volume_slot slot;
        enum volume_fault fault;
    } why[] = {
        { VOLUME_SLOT_STRANGE, VOLUME_OTHER_KEY },
        { VOLUME_SLOT_BROKEN, VOLUME_HEADER_CHANGED },
        { VOLUME_SLOT_VERSION, VOLUME_OTHER_VERSION },
    };

    for (size_t i = 0; i < COUNT_OF(why); i++)
        if (slot[0] == why[i].slot || slot[1] == why[i].slot)
            return why[i].fault;
    return VOLUME_FOREIGN;
}

/* The newer of two good headers. A slot that is neither good nor empty was being written
 * when somebody crashed, or was changed: nobody can tell, so it is said. */
static enum volume_fault header_load(struct volume *v)
{
    uint8_t raw[VOLUME_SLOT_SIZE];
    struct volume_header h[2];
    enum volume_slot slot[2];

    for (unsigned i = 0; i < 2; i++) {
        if (!read_all(v->fd, raw, sizeof raw, (uint64_t)i * VOLUME_SLOT_SIZE))
            return VOLUME_UNREADABLE;
        slot[i] = volume_header_read(&h[i], raw, key_of(v));
    }
    if (slot[0] == VOLUME_SLOT_EMPTY && slot[1] == VOLUME_SLOT_EMPTY)
        return VOLUME_OK;
    if (slot[0] != VOLUME_SLOT_GOOD && slot[1] != VOLUME_SLOT_GOOD)
        return slots_refused(slot);
    v->slot = slot[1] == VOLUME_SLOT_GOOD &&
              (slot[0] != VOLUME_SLOT_GOOD || h[1].generation > h[0].generation);
    v->now = h[v->slot];
    /* From the second generation on both have been written: an empty one was wiped. */
    v->torn = slot[!v->slot] != VOLUME_SLOT_GOOD &&
              (slot[!v->slot] != VOLUME_SLOT_EMPTY || v->now.generation > 1);
    return VOLUME_OK;
}

static enum volume_fault chunks_load(struct volume *v, struct seal *s, uint8_t *out)
{
    static uint8_t room[VOLUME_STORED_SIZE];
    uint8_t nonce[SEAL_NONCE_SIZE];

    for (uint64_t i = 0; i < v->now.chunks; i++) {
        struct bytes locked = { room, VOLUME_CHUNK_SIZE };

        if (!read_all(v->fd, room, sizeof room, v->now.at + i * VOLUME_STORED_SIZE))
            return VOLUME_UNREADABLE;
        volume_nonce(nonce, i + 1);
        v->chunk = i;
        if (seal_unlock(s, nonce, (struct bytes){ 0 }, locked, room + VOLUME_CHUNK_SIZE,
                        out + i * VOLUME_CHUNK_SIZE) != ERR_OK)
            return VOLUME_CHUNK_CHANGED;
    }
    return VOLUME_OK;
}

static enum volume_fault snapshot_load(struct volume *v)
{
    size_t size = (size_t)v->now.chunks * VOLUME_CHUNK_SIZE;
    uint8_t check[VOLUME_CHECK_SIZE], *room = malloc(size);
    enum volume_fault fault;
    struct seal s;

    if (room == NULL)
        return VOLUME_NO_MEMORY;
    v->archive = (struct bytes){ room, size };
    if (volume_seal(&s, check, key_of(v), v->now.salt) != ERR_OK)
        return VOLUME_NO_MEMORY;
    fault = chunks_load(v, &s, room);
    seal_done(&s);
    return fault;
}

static enum volume_fault tree_begin(struct volume *v, const struct launch_volume *from,
                                    struct world *clock)
{
    struct archive a;
    uint64_t size = archive_size(v->archive);
    enum err e;

    if (size == 0 || size > v->archive.size ||
        archive_open(&a, (struct bytes){ v->archive.data, (size_t)size }) != ERR_OK)
        return VOLUME_MALFORMED;
    e = tree_load(&v->tree, clock, &a, from->size_max);
    if (e == ERR_OK)
        return VOLUME_OK;
    return e == ERR_LIMIT ? VOLUME_TOO_LARGE : e == ERR_NOMEM ? VOLUME_NO_MEMORY : VOLUME_MALFORMED;
}

/* A new volume: the root alone. Nothing is written until something is in it. */
static enum err root_put(void *context, struct bytes b)
{
    struct bytes *a = context;
    uint8_t *room = realloc((void *)(uintptr_t)a->data, a->size + b.size);

    if (room == NULL)
        return ERR_NOMEM;
    memcpy(room + a->size, b.data, b.size);
    *a = (struct bytes){ room, a->size + b.size };
    return ERR_OK;
}

static void root_entry(void *context, uint32_t i, struct archive_entry *out)
{
    (void)context;
    (void)i;
    *out = (struct archive_entry){ .type = ARCHIVE_DIRECTORY };
}

static enum volume_fault root_make(struct volume *v)
{
    const struct archive_list list = { .count = 1, .entry = root_entry };
    const struct archive_sink sink = { root_put, &v->archive };

    return archive_write(&list, &sink, NULL) == ERR_OK ? VOLUME_OK : VOLUME_NO_MEMORY;
}

static enum volume_fault load(struct volume *v, const struct launch_volume *from,
                              struct world *clock)
{
    enum volume_fault fault = VOLUME_OK;
    struct stat st;

    if (fstat(v->fd, &st) != 0)
        return VOLUME_UNREADABLE;
    if (st.st_size > 0 && st.st_size < (off_t)VOLUME_DATA_AT)
        return VOLUME_CUT;
    if (st.st_size > 0)
        fault = header_load(v);
    if (fault != VOLUME_OK)
        return fault;
    if (v->now.generation == 0)
        fault = v->read_only ? VOLUME_NOTHING : root_make(v);
    else
        fault = volume_snapshot_end(&v->now) > (uint64_t)st.st_size ? VOLUME_CUT : snapshot_load(v);
    return fault == VOLUME_OK ? tree_begin(v, from, clock) : fault;
}

enum volume_fault volume_load(struct volume *out, const struct launch_volume *from,
                              struct world *clock)
{
    enum volume_fault fault;

    *out = (struct volume){ .fd = (int)from->fd, .read_only = from->read_only };
    memcpy(out->key, from->key, sizeof out->key);
    fault = load(out, from, clock);
    if (fault != VOLUME_OK)
        volume_drop(out);
    return fault;
}

void volume_drop(struct volume *v)
{
    tree_free(v->tree);
    v->tree = NULL;
    free((void *)(uintptr_t)v->archive.data);
    v->archive = (struct bytes){ 0 };
    explicit_bzero(v->key, sizeof v->key);
}

/* --- Storing. */

struct store {
    const struct volume *v;
    struct seal seal;
    struct volume_header next;
    uint64_t chunk;
    size_t filled;
    uint8_t room[VOLUME_STORED_SIZE];
};

static enum err write_all(int fd, const uint8_t *from, size_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, from, size, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        from += n;
        size -= (size_t)n;
        at += (uint64_t)n;
    }
    return ERR_OK;
}

/* Where no byte of the snapshot that holds now is touched. */
static void place(struct store *s, uint64_t size)
{
    const struct volume_header *now = &s->v->now;

    s->next.chunks = (size + VOLUME_CHUNK_SIZE - 1) / VOLUME_CHUNK_SIZE;
    s->next.at = VOLUME_DATA_AT;
    if (now->generation > 0 && volume_snapshot_end(&s->next) > now->at)
        s->next.at = num_align(volume_snapshot_end(now), VOLUME_SLOT_SIZE);
}

static enum err chunk_flush(struct store *s)
{
    struct bytes plain = { s->room, VOLUME_CHUNK_SIZE };
    uint8_t nonce[SEAL_NONCE_SIZE];

    memset(s->room + s->filled, 0, VOLUME_CHUNK_SIZE - s->filled);
    volume_nonce(nonce, s->chunk + 1);
    TRY(seal_lock(&s->seal, nonce, (struct bytes){ 0 }, plain, s->room,
                  s->room + VOLUME_CHUNK_SIZE));
    TRY(write_all(s->v->fd, s->room, sizeof s->room, s->next.at + s->chunk * VOLUME_STORED_SIZE));
    s->chunk++;
    s->filled = 0;
    return ERR_OK;
}

static enum err store_put(void *context, struct bytes b)
{
    struct store *s = context;

    if (s->next.chunks == 0) /* the first bytes are the archive's header */
        place(s, archive_size(b));
    while (b.size > 0) {
        size_t part = num_min(b.size, VOLUME_CHUNK_SIZE - s->filled);

        memcpy(s->room + s->filled, b.data, part);
        s->filled += part;
        b.data += part;
        b.size -= part;
        if (s->filled == VOLUME_CHUNK_SIZE)
            TRY(chunk_flush(s));
    }
    return ERR_OK;
}

static enum err snapshot_write(struct volume *v, struct store *s)
{
    const struct archive_sink sink = { store_put, s };

    TRY(tree_save(v->tree, NULL, &sink));
    if (s->filled > 0)
        TRY(chunk_flush(s));
    if (s->chunk != s->next.chunks)
        return ERR_USAGE;
    return fdatasync(v->fd) == 0 ? ERR_OK : ERR_IO;
}

/* From here on the new snapshot is the one that holds. */
static enum err header_store(struct volume *v, const struct volume_header *next)
{
    unsigned slot = v->now.generation > 0 ? !v->slot : 0;
    uint8_t raw[VOLUME_SLOT_SIZE];

    TRY(volume_header_write(raw, next, key_of(v)));
    TRY(write_all(v->fd, raw, sizeof raw, (uint64_t)slot * VOLUME_SLOT_SIZE));
    if (fdatasync(v->fd) != 0)
        return ERR_IO;
    v->slot = slot;
    return ERR_OK;
}

/* What lies behind both snapshots is of no use; where it cannot be cut off, it stays. */
static void trim(const struct volume *v, const struct volume_header *before)
{
    uint64_t end = volume_snapshot_end(&v->now);
    struct stat st;

    if (before->generation > 0)
        end = num_max(end, volume_snapshot_end(before));
    if (fstat(v->fd, &st) == 0 && (uint64_t)st.st_size > end && ftruncate(v->fd, (off_t)end) != 0)
        errno = 0;
}

enum err volume_store(struct volume *v)
{
    static struct store s; /* large, and used by one thread at a time */
    struct volume_header before = v->now;
    uint64_t changes = tree_changes(v->tree);
    uint8_t check[VOLUME_CHECK_SIZE];
    enum err e;

    if (v->read_only || changes == v->stored)
        return ERR_OK;
    if (v->failed)
        return ERR_IO;
    memset(&s, 0, sizeof s);
    s.v = v;
    s.next.generation = v->now.generation + 1;
    if (getrandom(s.next.salt, sizeof s.next.salt, 0) != (ssize_t)sizeof s.next.salt)
        return ERR_IO;
    TRY(volume_seal(&s.seal, check, key_of(v), s.next.salt));
    e = snapshot_write(v, &s);
    seal_done(&s.seal);
    explicit_bzero(s.room, sizeof s.room);
    TRY(e);
    v->failed = header_store(v, &s.next) != ERR_OK;
    if (v->failed)
        return ERR_IO;
    v->now = s.next;
    v->torn = false;
    v->stored = changes;
    trim(v, &before);
    return ERR_OK;
}

/* --- With words. */

#define SHOWN(guest) (int)num_min((guest).size, 200), (const char *)(guest).data

static int refused(const struct volume *v, const struct launch_volume *from,
                   enum volume_fault fault)
{
    static const char *const why[] = {
        [VOLUME_UNREADABLE] = "its file cannot be read",
        [VOLUME_FOREIGN] = "its file is no volume",
        [VOLUME_OTHER_VERSION] = "it was made by another version of broch",
        [VOLUME_OTHER_KEY] = "it was made with another key, or its headers were changed",
        [VOLUME_HEADER_CHANGED] = "its headers were changed",
        [VOLUME_CUT] = "its file was cut short",
        [VOLUME_MALFORMED] = "it holds no folder",
        [VOLUME_TOO_LARGE] = "it holds more than its ceiling",
        [VOLUME_NOTHING] = "it is empty, and read-only",
        [VOLUME_NO_MEMORY] = "there is no memory for it",
    };

    if (fault == VOLUME_CHUNK_CHANGED)
        message("the volume of %.*s: its contents were changed (chunk %llu of %llu)",
                SHOWN(from->guest), (unsigned long long)v->chunk + 1,
                (unsigned long long)v->now.chunks);
    else
        message("the volume of %.*s: %s", SHOWN(from->guest), why[fault]);
    return fault == VOLUME_NO_MEMORY ? LAUNCH_EXIT_SOFTWARE : LAUNCH_EXIT_DATA;
}

int volume_open(struct volume *out, const struct launch_volume *from, struct world *clock)
{
    enum volume_fault fault = volume_load(out, from, clock);

    if (fault != VOLUME_OK)
        return refused(out, from, fault);
    if (out->torn)
        message("note: the volume of %.*s: its newest snapshot was not finished, or its header was "
                "changed; the one before it (number %llu) is used",
                SHOWN(from->guest), (unsigned long long)out->now.generation);
    return 0;
}

bool volume_end(struct volume *v, const struct launch_volume *from)
{
    enum err e = v->tree != NULL ? volume_store(v) : ERR_OK;

    if (e != ERR_OK)
        message("the volume of %.*s could not be written%s; it holds what it held before",
                SHOWN(from->guest), e == ERR_LIMIT ? ": it is more than a volume can hold" : "");
    return e == ERR_OK;
}

/* poll.c: poll_oneoff.
 *
 * The subscriptions are read once into our own list, judged there, and waited
 * for together: the earliest clock is the timeout of one wait for all files.
 * One call gives every event that is due when it ends. */
#include <stdlib.h>

#include "exec/wasi/call.h"

/* A guest cannot have more descriptors than WASI_FDS_MAX, nor use for many more
 * subscriptions than two of each. */
#define SUBSCRIPTIONS_MAX 16384u
#define EVENT_SIZE 32u

struct subscription {
    uint64_t userdata;
    enum wasi_event kind;
    enum wasi_errno error; /* an event at once */
    int64_t wait_ns;       /* clocks: how long from now */
    size_t item;           /* files: which of the polled */
};

struct wait {
    struct subscription *list;
    struct world_poll *items;
    size_t count;
    size_t item_count;
    int64_t timeout_ns; /* -1: none */
};

static uint64_t u64_at(const uint8_t *raw)
{
    uint64_t n;

    memcpy(&n, raw, sizeof n);
    return n;
}

static uint32_t u32_at(const uint8_t *raw)
{
    uint32_t n;

    memcpy(&n, raw, sizeof n);
    return n;
}

/* subscription_clock. The old one starts with an identifier of its own. */
static enum wasi_errno clock_take(struct wasi_call *c, const uint8_t *raw, struct subscription *s)
{
    struct world *w = c->wasi->world;
    const uint8_t *at = c->old ? raw + 8 : raw;
    uint32_t id = u32_at(at);
    uint64_t timeout = u64_at(at + 8);
    uint32_t flags = u32_at(at + 24) & 0xffffu;
    uint64_t now;

    if ((flags & ~WASI_CLOCK_ABSTIME) != 0)
        return WASI_INVAL;
    /* Waiting for processor time to pass is nothing a program can do. */
    if (id != WASI_CLOCK_REALTIME && id != WASI_CLOCK_MONOTONIC)
        return id <= WASI_CLOCK_THREAD ? WASI_NOTSUP : WASI_INVAL;
    if ((flags & WASI_CLOCK_ABSTIME) != 0) {
        WASI_TRY(w->ops->time(w, (enum wasi_clock)id, &now));
        timeout = timeout > now ? timeout - now : 0;
    }
    s->wait_ns = timeout > INT64_MAX ? INT64_MAX : (int64_t)timeout;
    return WASI_OK;
}

static enum wasi_errno file_take(struct wasi_call *c, const uint8_t *raw, struct subscription *s,
                                 struct wait *w)
{
    const struct wasi_fd *fd = table_find(&c->wasi->table, u32_at(raw));
    bool write = s->kind == WASI_EVENT_WRITE;
    uint64_t either = write ? WASI_RIGHT_FD_WRITE : WASI_RIGHT_FD_READ;

    if (fd == NULL)
        return WASI_BADF;
    if (fd->file->type == WASI_TYPE_DIRECTORY)
        return WASI_ISDIR;
    if ((fd->base & WASI_RIGHT_POLL_FD_READWRITE) == 0 || (fd->base & either) == 0)
        return WASI_NOTCAPABLE;
    s->item = w->item_count;
    w->items[w->item_count++] = (struct world_poll){ .file = fd->file, .write = write };
    return WASI_OK;
}

static enum wasi_errno subscription_take(struct wasi_call *c, const uint8_t *raw, struct wait *w)
{
    struct subscription *s = &w->list[w->count++];

    s->userdata = u64_at(raw);
    s->kind = (enum wasi_event)raw[8];
    switch (s->kind) {
    case WASI_EVENT_CLOCK:
        s->error = clock_take(c, raw + 16, s);
        if (s->error == WASI_OK && (w->timeout_ns < 0 || s->wait_ns < w->timeout_ns))
            w->timeout_ns = s->wait_ns;
        break;
    case WASI_EVENT_READ:
    case WASI_EVENT_WRITE: s->error = file_take(c, raw + 16, s, w); break;
    default: return WASI_INVAL;
    }
    if (s->error != WASI_OK)
        w->timeout_ns = 0;
    return WASI_OK;
}

static void event_put(uint8_t *to, const struct subscription *s, enum wasi_errno error,
                      const struct world_poll *item)
{
    uint16_t short_error = (uint16_t)error;
    uint16_t flags = item != NULL && item->hangup ? WASI_EVENT_HANGUP : 0;

    memset(to, 0, EVENT_SIZE);
    memcpy(to, &s->userdata, 8);
    memcpy(to + 8, &short_error, 2);
    to[10] = (uint8_t)s->kind;
    if (item != NULL) {
        memcpy(to + 16, &item->size, 8);
        memcpy(to + 24, &flags, 2);
    }
}

static bool event_due(const struct wait *w, const struct subscription *s, int64_t passed_ns,
                      uint8_t *to)
{
    const struct world_poll *item;

    if (s->error != WASI_OK) {
        event_put(to, s, s->error, NULL);
        return true;
    }
    if (s->kind == WASI_EVENT_CLOCK) {
        if (s->wait_ns > passed_ns)
            return false;
        event_put(to, s, WASI_OK, NULL);
        return true;
    }
    item = &w->items[s->item];
    if (!item->ready)
        return false;
    event_put(to, s, item->error, item);
    return true;
}

/* Waits, and writes the events. */
static enum wasi_errno wait_end(struct wasi_call *c, struct wait *w, uint8_t *events,
                                uint32_t *event_count)
{
    struct world *world = c->wasi->world;
    int64_t passed = 0;
    uint64_t before;
    uint64_t after;
    bool ready = false;

    WASI_TRY(world->ops->time(world, WASI_CLOCK_MONOTONIC, &before));
    WASI_TRY(world->ops->poll(world, w->items, w->item_count, w->timeout_ns));
    WASI_TRY(world->ops->time(world, WASI_CLOCK_MONOTONIC, &after));
    for (size_t i = 0; i < w->item_count; i++)
        ready = ready || w->items[i].ready;
    passed = (int64_t)(after - before);
    /* Where nothing else ended the wait, its clock did. */
    if (!ready && passed < w->timeout_ns)
        passed = w->timeout_ns;
    for (size_t i = 0; i < w->count; i++)
        if (event_due(w, &w->list[i], passed, events + (size_t)*event_count * EVENT_SIZE))
            ++*event_count;
    return WASI_OK;
}

enum wasi_errno wasi_poll_oneoff(struct wasi_call *c)
{
    uint32_t count = call_u32(c, 2);
    uint32_t size = c->old ? 56 : 48;
    uint32_t event_count = 0;
    struct wait w = { .timeout_ns = -1 };
    enum wasi_errno e = WASI_OK;
    const uint8_t *in;
    uint8_t *out;

    if (count == 0 || count > SUBSCRIPTIONS_MAX)
        return WASI_INVAL;
    in = call_at(c, call_u32(c, 0), (uint64_t)count * size);
    out = call_at(c, call_u32(c, 1), (uint64_t)count * EVENT_SIZE);
    if (in == NULL || out == NULL || call_at(c, call_u32(c, 3), 4) == NULL)
        return WASI_FAULT;
    w.list = calloc(count, sizeof *w.list);
    w.items = calloc(count, sizeof *w.items);
    if (w.list == NULL || w.items == NULL)
        e = WASI_NOMEM;
    for (uint32_t i = 0; e == WASI_OK && i < count; i++) {
        uint8_t raw[56];

        memcpy(raw, in + (size_t)i * size, size);
        e = subscription_take(c, raw, &w);
    }
    if (e == WASI_OK)
        e = wait_end(c, &w, out, &event_count);
    free(w.list);
    free(w.items);
    WASI_TRY(e);
    return call_put_u32(c, call_u32(c, 3), event_count);
}

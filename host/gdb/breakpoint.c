#include "host/gdb/breakpoint.h"

#include <string.h>

#define INT3 0xcc

static struct breakpoint *find(struct breakpoints *b, uint64_t at)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (b->list[i].at == at)
            return &b->list[i];
    return NULL;
}

bool breakpoint_is_at(const struct breakpoints *b, uint64_t at)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (b->list[i].at == at)
            return true;
    return false;
}

enum err breakpoint_insert(struct breakpoints *b, const struct gdb_target *t, uint64_t at)
{
    static const uint8_t int3 = INT3;
    struct breakpoint new = { .at = at };

    if (find(b, at) != NULL)
        return ERR_OK;
    if (b->count == BREAKPOINTS_MAX)
        return ERR_LIMIT;
    if (t->read(t->context, at, &new.own, 1) != 1)
        return ERR_INVALID;
    TRY(t->write(t->context, at, &int3, 1));
    b->list[b->count++] = new;
    return ERR_OK;
}

enum err breakpoint_remove(struct breakpoints *b, const struct gdb_target *t, uint64_t at)
{
    struct breakpoint *old = find(b, at);

    if (old == NULL)
        return ERR_OK;
    TRY(t->write(t->context, at, &old->own, 1));
    *old = b->list[--b->count];
    return ERR_OK;
}

void breakpoint_remove_all(struct breakpoints *b, const struct gdb_target *t)
{
    /* Where the memory is gone, so is the int3. */
    for (; b->count > 0; b->count--)
        (void)!t->write(t->context, b->list[b->count - 1].at, &b->list[b->count - 1].own, 1);
}

size_t breakpoint_read(const struct breakpoints *b, const struct gdb_target *t, uint64_t at,
                       uint8_t *to, size_t size)
{
    size_t got = t->read(t->context, at, to, size);

    for (uint32_t i = 0; i < b->count; i++)
        if (b->list[i].at - at < got) /* wraps where it lies below */
            to[b->list[i].at - at] = b->list[i].own;
    return got;
}

enum err breakpoint_write(struct breakpoints *b, const struct gdb_target *t, uint64_t at,
                          const uint8_t *from, size_t size)
{
    uint8_t masked[DEBUG_PAYLOAD_MAX];

    if (size > sizeof masked)
        return ERR_LIMIT;
    memcpy(masked, from, size);
    for (uint32_t i = 0; i < b->count; i++)
        if (b->list[i].at - at < size)
            masked[b->list[i].at - at] = INT3;
    TRY(t->write(t->context, at, masked, size));
    for (uint32_t i = 0; i < b->count; i++)
        if (b->list[i].at - at < size)
            b->list[i].own = from[b->list[i].at - at];
    return ERR_OK;
}

/* args.c: arguments and environment: two lists of strings, given out alike. */
#include "exec/wasi/call.h"

/* Every string with its terminator. The launch record bounds both lists, so the
 * sum fits; a guest's size_t is 32 bits. */
static uint32_t text_size(const struct bytes *list, uint32_t count)
{
    size_t size = 0;

    for (uint32_t i = 0; i < count; i++)
        size += list[i].size + 1;
    return (uint32_t)size;
}

static enum wasi_errno put_sizes(struct wasi_call *c, const struct bytes *list, uint32_t count)
{
    WASI_TRY(call_put_u32(c, call_u32(c, 0), count));
    return call_put_u32(c, call_u32(c, 1), text_size(list, count));
}

static enum wasi_errno put_list(struct wasi_call *c, const struct bytes *list, uint32_t count)
{
    uint32_t at = call_u32(c, 1);
    uint8_t *pointers = call_at(c, call_u32(c, 0), (uint64_t)count * 4);
    uint8_t *text = call_at(c, at, text_size(list, count));

    if (pointers == NULL || text == NULL)
        return WASI_FAULT;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(pointers + 4 * (size_t)i, &at, sizeof at);
        if (list[i].size > 0)
            memcpy(text, list[i].data, list[i].size);
        text[list[i].size] = 0;
        text += list[i].size + 1;
        at += (uint32_t)list[i].size + 1;
    }
    return WASI_OK;
}

enum wasi_errno wasi_args_sizes_get(struct wasi_call *c)
{
    return put_sizes(c, c->wasi->args, c->wasi->args_count);
}

enum wasi_errno wasi_args_get(struct wasi_call *c)
{
    return put_list(c, c->wasi->args, c->wasi->args_count);
}

enum wasi_errno wasi_environ_sizes_get(struct wasi_call *c)
{
    return put_sizes(c, c->wasi->environment, c->wasi->environment_count);
}

enum wasi_errno wasi_environ_get(struct wasi_call *c)
{
    return put_list(c, c->wasi->environment, c->wasi->environment_count);
}

/* random.c: random_get. */
#include "exec/wasi/call.h"

enum wasi_errno wasi_random_get(struct wasi_call *c)
{
    struct world *w = c->wasi->world;
    uint32_t size = call_u32(c, 1);
    void *to = call_at(c, call_u32(c, 0), size);

    if (to == NULL)
        return WASI_FAULT;
    return w->ops->random(w, to, size);
}

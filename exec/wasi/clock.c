/* clock.c: clock_res_get, clock_time_get. */
#include "exec/wasi/call.h"

enum wasi_errno wasi_clock_res_get(struct wasi_call *c)
{
    struct world *w = c->wasi->world;
    uint64_t n;

    WASI_TRY(w->ops->resolution(w, (enum wasi_clock)call_u32(c, 0), &n));
    return call_put_u64(c, call_u32(c, 1), n);
}

/* The precision (argument 1) is the lag that would be allowed; there is none. */
enum wasi_errno wasi_clock_time_get(struct wasi_call *c)
{
    struct world *w = c->wasi->world;
    uint64_t n;

    WASI_TRY(w->ops->time(w, (enum wasi_clock)call_u32(c, 0), &n));
    return call_put_u64(c, call_u32(c, 2), n);
}

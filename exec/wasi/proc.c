/* proc.c: proc_exit, proc_raise, sched_yield. */
#include "exec/wasi/call.h"

enum wasi_errno wasi_proc_exit(struct wasi_call *c)
{
    c->wasi->exit_code = call_u32(c, 0);
    c->trap = WASM_TRAP_EXIT;
    return WASI_OK;
}

/* signal_t of the witx file, as Linux numbers them; 0 where its action is to
 * ignore or to continue, -1 where it is to stop, which a keep cannot. */
static const int8_t signals[] = {
    0, 1, 2,  3,  4,  5,  6, 7,  8,  9,  10, 11, 12, 0,  14, 15,
    0, 0, -1, -1, -1, -1, 0, 24, 25, 26, 27, 0,  29, 30, 31,
};

/* There is nobody but the guest to signal, and no handler: it ends, with the
 * exit code that shells give to a program that a signal ended. */
enum wasi_errno wasi_proc_raise(struct wasi_call *c)
{
    uint32_t signal = call_u32(c, 0);

    if (signal >= sizeof signals)
        return WASI_INVAL;
    if (signals[signal] < 0)
        return WASI_NOTSUP;
    if (signals[signal] > 0) {
        c->wasi->exit_code = 128u + (uint32_t)signals[signal];
        c->trap = WASM_TRAP_EXIT;
    }
    return WASI_OK;
}

enum wasi_errno wasi_sched_yield(struct wasi_call *c)
{
    c->wasi->world->ops->yield(c->wasi->world);
    return WASI_OK;
}

#include "wasm/runtime/frame.h"

#include <string.h>

bool frame_word(uint64_t *out, const struct frame_walk *w, uint64_t at)
{
    uint64_t low = (uint64_t)(uintptr_t)w->store->stack + HOST_PAGE_SIZE;
    uint64_t size = w->store->stack_size - HOST_PAGE_SIZE;

    if (at % 8 != 0 || at - low > size - 8) /* below the stack the difference wraps: larger too */
        return false;
    memcpy(out, (const uint8_t *)w->store->stack + HOST_PAGE_SIZE + (at - low), sizeof *out);
    return true;
}

enum frame_end frame_find(struct frame_walk *w)
{
    const struct wasm_code_region *r = w->region;

    if (w->pc == (uint64_t)(uintptr_t)wasm_enter_return)
        return FRAME_ENTRY;
    if (r == NULL || w->pc - (uint64_t)(uintptr_t)r->base > r->reserved)
        r = wasm_code_find(w->pc - (w->at_pc ? 0 : 1));
    if (r == NULL)
        return FRAME_UNKNOWN;
    w->region = r;
    w->function = wasm_code_function_at(r, w->pc, w->at_pc ? 0 : 1);
    return w->function == UINT32_MAX ? FRAME_UNKNOWN : FRAME_GUEST;
}

bool frame_leave(struct frame_walk *w)
{
    const struct wasm_code_function *f = &w->region->functions[w->function];
    uint64_t *const kept[] = { &w->rbx, &w->rbp, &w->r12, &w->r13 };
    uint64_t at = w->sp + f->frame_size;

    if (!frame_word(&w->pc, w, at))
        return false;
    w->sp = at + 8;
    w->at_pc = false;
    for (unsigned i = 0; i < COUNT_OF(kept); i++)
        if ((f->saved >> i & 1) != 0) {
            at -= 8;
            if (!frame_word(kept[i], w, at))
                return false;
        }
    return true;
}

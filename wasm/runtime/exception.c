#include "wasm/runtime/exception.h"

#include "wasm/runtime/frame.h"

/* `state`: bit 0 says marked, bit 1 pinned; the rest is, while collecting, the
 * next exception whose payload is still to be looked at. */
enum { MARKED = 1, PINNED = 2, BITS = 3 };

static const struct wasm_host *host_of(const struct wasm_store *s) { return &s->engine->host; }

static size_t size_of(const struct wasm_exception *x)
{
    return sizeof *x + (size_t)x->tag->param_count * sizeof x->payload[0];
}

/* --- The set of all exceptions */

static uint32_t slot_of(const struct wasm_exception_heap *h, uint64_t address)
{
    return (uint32_t)((address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (h->slot_count - 1);
}

static void insert(struct wasm_exception_heap *h, struct wasm_exception *x)
{
    uint32_t at = slot_of(h, (uint64_t)(uintptr_t)x);

    while (h->slots[at] != NULL)
        at = (at + 1) & (h->slot_count - 1);
    h->slots[at] = x;
}

/* The exception at an address, if there is one. */
static struct wasm_exception *find(const struct wasm_exception_heap *h, uint64_t address)
{
    uint32_t at;

    if (h->slot_count == 0 || address == 0 || address % 8 != 0)
        return NULL;
    at = slot_of(h, address);
    while (h->slots[at] != NULL && (uint64_t)(uintptr_t)h->slots[at] != address)
        at = (at + 1) & (h->slot_count - 1);
    return h->slots[at];
}

static void release(struct wasm_store *s, struct wasm_exception *x)
{
    s->exceptions.count--;
    s->exceptions.bytes -= size_of(x);
    wasm_heap_give(host_of(s), x, size_of(x));
}

/* Lays the set out anew, `collected` without those that are not marked. Without memory for
 * it nothing is released: it is open addressing, and taking one out would break chains. */
static bool rehash(struct wasm_store *s, uint32_t slot_count, bool collected)
{
    struct wasm_exception_heap *h = &s->exceptions;
    struct wasm_exception **old = h->slots;
    uint32_t old_count = h->slot_count;
    struct wasm_exception **slots = wasm_heap_take(host_of(s), slot_count * sizeof(*slots));

    if (slots == NULL)
        return false;
    h->slots = slots;
    h->slot_count = slot_count;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i] != NULL && collected && (old[i]->state & MARKED) == 0)
            release(s, old[i]);
        else if (old[i] != NULL)
            insert(h, old[i]);
    wasm_heap_give(host_of(s), old, old_count * sizeof(*old));
    return true;
}

void wasm_exception_heap_done(struct wasm_store *store)
{
    struct wasm_exception_heap *h = &store->exceptions;

    for (uint32_t i = 0; i < h->slot_count; i++)
        if (h->slots[i] != NULL)
            release(store, h->slots[i]);
    wasm_heap_give(host_of(store), h->slots, h->slot_count * sizeof(struct wasm_exception *));
    *h = (struct wasm_exception_heap){ 0 };
}

struct wasm_exception *wasm_exception_new(struct wasm_store *store, struct wasm_tag *tag)
{
    struct wasm_exception_heap *h = &store->exceptions;
    size_t size = sizeof(struct wasm_exception) + tag->param_count * sizeof(union wasm_value);
    struct wasm_exception *x;

    if (h->count_next == 0) {
        h->count_next = LIMIT_EXCEPTIONS;
        h->bytes_next = WASM_EXCEPTION_BYTES;
    }
    if (h->count >= h->count_next || h->bytes + size > h->bytes_next)
        wasm_exception_collect(store);
    if (h->bytes + size > WASM_EXCEPTION_BYTES_MOST)
        return NULL;
    if (h->count + 1 > h->slot_count / 2 &&
        !rehash(store, h->slot_count == 0 ? 64 : h->slot_count * 2, false))
        return NULL;
    x = wasm_heap_take(host_of(store), size);
    if (x == NULL)
        return NULL;
    x->tag = tag;
    insert(h, x);
    h->count++;
    h->bytes += size;
    return x;
}

void wasm_exception_pin(struct wasm_exception *exception)
{
    if (exception != NULL)
        exception->state |= PINNED;
}

/* --- Collection */

/* Marks what a word may refer to; `gray` is the list of those still to look into. */
static void mark(const struct wasm_exception_heap *h, uint64_t word, uint64_t *gray)
{
    struct wasm_exception *x = find(h, word);

    if (x == NULL || (x->state & MARKED) != 0)
        return;
    x->state = *gray | (x->state & PINNED) | MARKED;
    *gray = (uint64_t)(uintptr_t)x;
}

static void mark_stack(const struct wasm_store *s, uint64_t *gray)
{
    struct frame_walk w = { .store = s };
    uint64_t word;

    for (uint64_t at = s->thread.guest_sp; frame_word(&word, &w, at); at += 8)
        mark(&s->exceptions, word, gray);
    for (unsigned i = 0; i < WASM_ABI_SPILL_COUNT; i++)
        mark(&s->exceptions, s->thread.spill[i].words[0], gray);
}

static void mark_instance(struct wasm_instance *i, uint64_t *gray)
{
    const struct wasm_decoded *m = &i->module->decoded;

    for (uint32_t n = m->imported_global_count; n < m->global_count; n++)
        if (m->globals[n].type == WASM_EXNREF)
            mark(&i->store->exceptions, i->globals[n]->value->words[0], gray);
}

static void mark_roots(struct wasm_store *s, uint64_t *gray)
{
    mark_stack(s, gray);
    for (struct wasm_instance *i = s->instances; i != NULL; i = i->next)
        mark_instance(i, gray);
    for (const struct wasm_global *g = s->globals; g != NULL; g = g->next)
        if (g->type == WASM_EXNREF)
            mark(&s->exceptions, g->own.words[0], gray);
    for (const struct wasm_table *t = s->tables; t != NULL; t = t->next)
        for (uint64_t n = 0; n < t->view.size && t->type == WASM_EXNREF; n++)
            mark(&s->exceptions, t->view.base[n], gray);
    for (uint32_t n = 0; n < s->exceptions.slot_count; n++)
        if (s->exceptions.slots[n] != NULL && (s->exceptions.slots[n]->state & PINNED) != 0)
            mark(&s->exceptions, (uint64_t)(uintptr_t)s->exceptions.slots[n], gray);
}

void wasm_exception_collect(struct wasm_store *store)
{
    struct wasm_exception_heap *h = &store->exceptions;
    uint64_t gray = 0;

    if (h->slot_count == 0)
        return;
    mark_roots(store, &gray);
    while (gray != 0) {
        struct wasm_exception *x = find(h, gray);

        gray = x->state & ~(uint64_t)BITS;
        for (uint32_t i = 0; i < x->tag->param_count; i++)
            mark(h, x->payload[i].words[0], &gray);
    }
    (void)rehash(store, h->slot_count, true);
    for (uint32_t i = 0; i < h->slot_count; i++)
        if (h->slots[i] != NULL)
            h->slots[i]->state &= PINNED;
    /* Twice what lives, so that collecting stays a constant share of allocating. */
    h->count_next =
        (uint32_t)num_max(LIMIT_EXCEPTIONS, num_min((size_t)h->count * 2, UINT32_MAX / 8));
    h->bytes_next = num_max(WASM_EXCEPTION_BYTES, h->bytes * 2);
}

/* --- Throwing (core 4.6.9, throw_ref): the innermost call in a try, outwards */

/* Looks for a landing pad; FRAME_GUEST where the walk stands at one. */
static enum frame_end find_pad(struct frame_walk *w, struct wasm_site_entry *site)
{
    for (;;) {
        enum frame_end end = frame_find(w);

        if (end != FRAME_GUEST)
            return end;
        if (wasm_code_site(site, w->region, w->function, w->pc, WASM_SITE_CALL) &&
            site->pad_pc != 0)
            return FRAME_GUEST;
        if (!frame_leave(w))
            return FRAME_UNKNOWN;
    }
}

const struct entry_resume *wasm_exception_throw(struct wasm_context *context, uint64_t exception,
                                                const struct entry_saved *saved)
{
    struct wasm_store *store = wasm_store_of(context);
    uint64_t start;
    struct frame_walk w = { .store = store,
                            .pc = saved->pc,
                            .sp = (uint64_t)(uintptr_t)(saved + 1),
                            .rbx = saved->rbx,
                            .rbp = saved->rbp,
                            .r12 = saved->r12,
                            .r13 = saved->r13 };
    struct wasm_site_entry site;

    if (find(&store->exceptions, exception) == NULL) {
        wasm_trap_of_call(store, WASM_TRAP_NULL_REFERENCE, saved);
        return NULL;
    }
    if (find_pad(&w, &site) != FRAME_GUEST) {
        wasm_trap_of_call(store, WASM_TRAP_EXCEPTION, saved);
        return NULL;
    }
    start = (uint64_t)(uintptr_t)w.region->base + w.region->functions[w.function].start;
    store->exceptions.resume = (struct entry_resume){
        .pc = start + site.pad_pc,
        .sp = w.sp,
        .rax = exception,
        .rbx = w.rbx,
        .rbp = w.rbp,
        .r12 = w.r12,
        .r13 = w.r13,
        .r14 = saved->r14,
        .r15 = saved->r15,
    };
    return &store->exceptions.resume;
}

#include "wasm/runtime/code.h"

#include <string.h>

#include "wasm/runtime/runtime.h"

/* A lazy entry slot. A direct call comes to it, and so does every reference:
 *   jmp [rip + its target]      the function, or at first the next instruction
 *   mov r11d, function
 *   jmp [r15 + LAZY_COMPILE] */
enum { SLOT_SIZE = 24, SLOT_LATER = 6, SLOT_NUMBER = 8, SLOT_DISP = 15, FILL = 0xcc };

static const struct wasm_host *host_of(const struct wasm_code_region *r)
{
    return &r->module->engine->host;
}

static bool is_lazy(const struct wasm_code_region *r)
{
    return (r->module->engine->config & WASM_CONFIG_LAZY) != 0;
}

enum err wasm_code_init(struct wasm_code_region *r, struct wasm_module *module)
{
    const struct wasm_decoded *m = &module->decoded;
    uint32_t count = m->func_count - m->imported_func_count;

    r->module = module;
    r->count = count;
    r->pieces = arena_array(&module->arena, count, sizeof *r->pieces);
    r->functions = arena_array(&module->arena, count, sizeof *r->functions);
    r->order = arena_array(&module->arena, count, sizeof *r->order);
    return r->pieces != NULL && r->functions != NULL && r->order != NULL ? ERR_OK : ERR_NOMEM;
}

static void piece_free(const struct wasm_host *host, struct wasm_code_piece *p, bool with_sites)
{
    if (p == NULL)
        return;
    if (with_sites)
        wasm_heap_give(host, p->info.sites, p->info.sites_size);
    wasm_heap_give(host, p, p->block_size);
}

/* As if it never had been compiled. */
static void forget(struct wasm_code_region *r, uint32_t function)
{
    if (r->functions[function].size != 0)
        wasm_heap_give(host_of(r), r->functions[function].sites, r->functions[function].sites_size);
    r->functions[function] = (struct wasm_code_function){ 0 };
    piece_free(host_of(r), r->pieces[function], true);
    r->pieces[function] = NULL;
}

void wasm_code_forget(struct wasm_code_region *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        forget(r, i);
}

void wasm_code_done(struct wasm_code_region *r)
{
    const struct wasm_host *host;

    if (r->module == NULL || r->order == NULL)
        return;
    host = host_of(r);
    wasm_code_list_remove(r);
    wasm_code_forget(r);
    if (r->base != NULL)
        host->release(host->context, r->base, r->reserved);
}

void *wasm_code_entry(const struct wasm_code_region *r, uint32_t function)
{
    if (is_lazy(r))
        return r->base + (size_t)function * SLOT_SIZE;
    return r->base + r->functions[function].start;
}

/* --- Pieces */

/* What the runtime itself relies on. The verifier judges the instructions. */
static bool code_sound(const struct wasm_code *c, const struct wasm_decoded *m)
{
    uint32_t last = 0;

    if (c->size == 0 || c->size % 16 != 0 || c->text_size > c->size || c->frame_size % 8 != 0 ||
        c->frame_size > LIMIT_FRAME_SIZE || c->saved > 15 ||
        c->frame_size / 8 < (uint32_t)__builtin_popcount(c->saved))
        return false;
    for (uint32_t i = 0; i < c->site_count; i++) {
        const struct wasm_site_entry *s = &c->sites[i];

        if (s->pc < last || s->pc > c->text_size || s->kind > WASM_SITE_MEMORY ||
            s->trap >= WASM_TRAP_COUNT || s->pad_pc >= c->text_size)
            return false;
        last = s->pc;
    }
    for (uint32_t i = 0; i < c->reloc_count; i++)
        if (c->relocs[i].at > c->text_size || c->text_size - c->relocs[i].at < 4 ||
            c->relocs[i].target < m->imported_func_count || c->relocs[i].target >= m->func_count)
            return false;
    return true;
}

static enum err piece_new(struct wasm_code_piece **out, const struct wasm_host *host,
                          const struct wasm_code *c, struct arena *arena)
{
    size_t relocs_size = (size_t)c->reloc_count * sizeof(struct wasm_reloc);
    size_t block_size = sizeof(struct wasm_code_piece) + relocs_size + c->size;
    uint8_t *packed = arena_array(arena, num_max(c->site_count, 1), WASM_SITE_PACKED);
    struct wasm_code_piece *p;

    if (packed == NULL)
        return ERR_NOMEM;
    p = wasm_heap_take(host, block_size);
    if (p == NULL)
        return ERR_NOMEM;
    *p = (struct wasm_code_piece){
        .block_size = block_size,
        .text_size = c->text_size,
        .reloc_count = c->reloc_count,
        .bytes = (uint8_t *)p + sizeof *p + relocs_size,
        .info = { .size = c->size,
                  .frame_size = c->frame_size,
                  .saved = c->saved,
                  .site_count = c->site_count },
    };
    if (c->reloc_count != 0)
        memcpy(p->relocs, c->relocs, relocs_size);
    memcpy(p->bytes, c->bytes, c->size);
    p->info.sites_size = (uint32_t)wasm_sites_pack(packed, c->sites, c->site_count);
    if (p->info.sites_size != 0) {
        p->info.sites = wasm_heap_take(host, p->info.sites_size);
        if (p->info.sites == NULL) {
            piece_free(host, p, false);
            return ERR_NOMEM;
        }
        memcpy(p->info.sites, packed, p->info.sites_size);
    }
    *out = p;
    return ERR_OK;
}

enum err wasm_code_put(struct wasm_code_region *r, uint32_t function, const struct wasm_code *code,
                       struct arena *arena, struct wasm_note *note)
{
    const struct wasm_decoded *m = &r->module->decoded;
    uint32_t index = m->imported_func_count + function;
    struct wasm_code_piece *piece, *nobody = NULL;

    if (!code_sound(code, m))
        return note_at(note, ERR_INVALID, m->funcs[index].body_offset, "compiled code",
                       "its tables do not fit its bytes");
    TRY(piece_new(&piece, host_of(r), code, arena));
    if (!__atomic_compare_exchange_n(&r->pieces[function], &nobody, piece, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        piece_free(host_of(r), piece, true); /* another worker was first, with the same code */
    return ERR_OK;
}

/* --- Placing */

static uint32_t call_target(const struct wasm_code_region *r, uint32_t function)
{
    if (is_lazy(r) && r->functions[function].size == 0)
        return function * SLOT_SIZE;
    return r->functions[function].start;
}

static void place_bytes(struct wasm_code_region *r, const struct wasm_code_piece *p, uint32_t start)
{
    uint8_t *to = r->base + start;

    memcpy(to, p->bytes, p->info.size);
    for (uint32_t i = 0; i < p->reloc_count; i++) {
        const struct wasm_reloc *reloc = &p->relocs[i];
        uint32_t target = reloc->target - r->module->decoded.imported_func_count;
        int32_t displacement = (int32_t)(call_target(r, target) - (start + reloc->at + 4));

        memcpy(to + reloc->at, &displacement, sizeof displacement);
    }
}

/* Places the pieces of order[order_count .. to) in fresh pages. */
static enum err place(struct wasm_code_region *r, uint32_t to)
{
    const struct wasm_host *host = host_of(r);
    size_t at = r->used, size;

    for (uint32_t i = r->order_count; i < to; i++)
        at += r->pieces[r->order[i]]->info.size; /* sizes and counts are 32-bit */
    size = num_align(at - r->used, HOST_PAGE_SIZE);
    if (size > r->reserved - r->used)
        return ERR_LIMIT;
    if (size == 0)
        return ERR_OK;
    if (!host->commit(host->context, r->base + r->used, size))
        return ERR_NOMEM;
    memset(r->base + r->used, FILL, size);
    at = r->used;
    for (uint32_t i = r->order_count; i < to; i++) {
        struct wasm_code_function *f = &r->functions[r->order[i]];

        *f = r->pieces[r->order[i]]->info;
        f->start = (uint32_t)at;
        at += f->size;
    }
    for (uint32_t i = r->order_count; i < to; i++) {
        uint32_t n = r->order[i];

        place_bytes(r, r->pieces[n], r->functions[n].start);
        piece_free(host, r->pieces[n], false);
        r->pieces[n] = NULL;
    }
    if (!host->seal(host->context, r->base + r->used, size))
        return ERR_NOMEM;
    for (uint32_t i = r->order_count; i < to && r->slot_targets != NULL; i++)
        __atomic_store_n(&r->slot_targets[r->order[i]], r->base + r->functions[r->order[i]].start,
                         __ATOMIC_RELEASE);
    r->used += size;
    __atomic_store_n(&r->order_count, to, __ATOMIC_RELEASE);
    return ERR_OK;
}

static void slot_write(struct wasm_code_region *r, uint32_t function)
{
    static const uint8_t model[SLOT_SIZE] = {
        0xff, 0x25, 0,    0,    0,    0,    /* jmp [rip + disp] */
        0x41, 0xbb, 0,    0,    0,    0,    /* mov r11d, function */
        0x41, 0xff, 0xa7, 0,    0,    0, 0, /* jmp [r15 + disp] */
        FILL, FILL, FILL, FILL, FILL,
    };
    uint8_t *at = r->base + (size_t)function * SLOT_SIZE;
    int32_t to_target = (int32_t)((uint8_t *)&r->slot_targets[function] - (at + SLOT_LATER));
    uint32_t lazy = WASM_CONTEXT_BUILTINS + 8 * WASM_BUILTIN_LAZY_COMPILE;

    memcpy(at, model, sizeof model);
    memcpy(at + 2, &to_target, sizeof to_target);
    memcpy(at + SLOT_NUMBER, &function, sizeof function);
    memcpy(at + SLOT_DISP, &lazy, sizeof lazy);
    r->slot_targets[function] = at + SLOT_LATER;
}

static enum err lazy_open(struct wasm_code_region *r)
{
    const struct wasm_host *host = host_of(r);
    size_t slots = num_align((size_t)r->count * SLOT_SIZE, HOST_PAGE_SIZE);
    size_t targets = num_align((size_t)r->count * sizeof(void *), HOST_PAGE_SIZE);

    /* Addresses cost nothing; how much code a byte becomes (a call may take 1,000
     * arguments) nobody knows before it is compiled. */
    r->reserved = LIMIT_CODE_SIZE;
    r->base = host->reserve(host->context, r->reserved);
    if (r->base == NULL || !host->commit(host->context, r->base, slots + targets))
        return ERR_NOMEM;
    memset(r->base, FILL, slots);
    r->slot_targets = (void **)(void *)(r->base + slots);
    for (uint32_t i = 0; i < r->count; i++)
        slot_write(r, i);
    r->used = slots + targets;
    return host->seal(host->context, r->base, slots) ? ERR_OK : ERR_NOMEM;
}

static enum err eager_open(struct wasm_code_region *r, struct wasm_note *note)
{
    const struct wasm_host *host = host_of(r);
    size_t size = 0;

    for (uint32_t i = 0; i < r->count; i++)
        size += r->pieces[i]->info.size;
    if (size > LIMIT_CODE_SIZE)
        return note_at(note, ERR_LIMIT, 0, "code size", "the module's machine code is too large");
    r->reserved = num_align(size, HOST_PAGE_SIZE);
    r->base = host->reserve(host->context, r->reserved);
    return r->base != NULL ? ERR_OK : ERR_NOMEM;
}

enum err wasm_code_seal(struct wasm_code_region *r, struct wasm_note *note)
{
    uint32_t ready = 0;

    if (r->sealed)
        return ERR_OK;
    if (r->base != NULL)
        return ERR_NOMEM; /* an earlier attempt failed half-way; its pages are not reused */
    for (uint32_t i = 0; i < r->count; i++)
        if (r->pieces[i] != NULL)
            r->order[ready++] = i;
    if (r->count != 0) {
        if (is_lazy(r))
            TRY(lazy_open(r));
        else
            TRY(eager_open(r, note));
        TRY(place(r, ready));
        wasm_code_list_add(r);
    }
    r->sealed = true;
    return ERR_OK;
}

void *wasm_code_now(struct wasm_code_region *r, uint32_t function)
{
    struct arena arena;
    void *at = NULL;

    arena_init(&arena, wasm_heap_source(&r->module->engine->host), 0);
    while (__atomic_test_and_set(&r->lock, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause(); /* another thread compiles, perhaps the same function */
    if (r->functions[function].size == 0 &&
        wasm_code_compile(r, function, &arena, NULL) == ERR_OK) {
        r->order[r->order_count] = function;
        if (place(r, r->order_count + 1) != ERR_OK)
            forget(r, function);
    }
    if (r->functions[function].size != 0)
        at = r->base + r->functions[function].start;
    __atomic_clear(&r->lock, __ATOMIC_RELEASE);
    arena_done(&arena);
    return at;
}

/* --- Looking up */

uint32_t wasm_code_function_at(const struct wasm_code_region *r, uint64_t pc, unsigned back)
{
    uint64_t at = pc - back - (uint64_t)(uintptr_t)r->base;
    uint32_t low = 0, high = __atomic_load_n(&r->order_count, __ATOMIC_ACQUIRE);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (r->functions[r->order[middle]].start <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return UINT32_MAX;
    low = r->order[low - 1];
    return at - r->functions[low].start < r->functions[low].size ? low : UINT32_MAX;
}

bool wasm_code_site(struct wasm_site_entry *out, const struct wasm_code_region *r,
                    uint32_t function, uint64_t pc, enum wasm_site kind)
{
    const struct wasm_code_function *f = &r->functions[function];
    uint64_t at = pc - (uint64_t)(uintptr_t)r->base - f->start;
    struct wasm_site_cursor c =
        wasm_sites_from((struct bytes){ f->sites, f->sites_size }, f->site_count, (uint32_t)at);

    while (wasm_sites_next(&c) && c.entry.pc <= at)
        if (c.entry.pc == at && c.entry.kind == kind) {
            *out = c.entry;
            return true;
        }
    return false;
}

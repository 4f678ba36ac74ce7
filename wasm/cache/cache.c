/* The image: for each function, in order, six numbers (LEB128), its relocations (two
 * each), its packed sites and its bytes. */
#include "wasm/cache/cache.h"

#include "base/reader.h"
#include "base/writer.h"
#include "wasm/compile.h"
#include "wasm/runtime/runtime.h"

enum { NUMBER_SIZE = 5, HEAD_NUMBERS = 6 };

static struct wasm_cache_key key_of(const struct wasm_module *module,
                                    const struct wasm_cache *cache)
{
    struct wasm_cache_key key = cache->key;

    key.config = module->engine->config;
    return key;
}

/* --- Out */

static size_t piece_room(const struct wasm_code_piece *p)
{
    return NUMBER_SIZE * (HEAD_NUMBERS + 2 * (size_t)p->reloc_count) + p->info.sites_size +
           p->info.size;
}

static void piece_write(struct writer *w, const struct wasm_code_piece *p)
{
    writer_leb_u64(w, p->info.size);
    writer_leb_u64(w, p->text_size);
    writer_leb_u64(w, (uint64_t)p->info.frame_size << 4 | p->info.saved);
    writer_leb_u64(w, p->info.site_count);
    writer_leb_u64(w, p->info.sites_size);
    writer_leb_u64(w, p->reloc_count);
    for (uint32_t i = 0; i < p->reloc_count; i++) {
        writer_leb_u64(w, p->relocs[i].at);
        writer_leb_u64(w, p->relocs[i].target);
    }
    writer_put(w, (struct bytes){ p->info.sites, p->info.sites_size });
    writer_put(w, (struct bytes){ p->bytes, p->info.size });
}

void wasm_cache_store(const struct wasm_module *module, const struct wasm_cache *cache)
{
    const struct wasm_host *host = &module->engine->host;
    const struct wasm_cache_key key = key_of(module, cache);
    const struct wasm_code_region *r = &module->code;
    struct writer w;
    size_t room = 1;
    void *image;

    for (uint32_t i = 0; i < r->count; i++)
        room += piece_room(r->pieces[i]);
    image = wasm_heap_take(host, room);
    if (image == NULL)
        return;
    w = writer_of(image, room);
    for (uint32_t i = 0; i < r->count; i++)
        piece_write(&w, r->pieces[i]);
    if (writer_ok(&w))
        cache->store(cache->context, &key, writer_bytes(&w));
    wasm_heap_give(host, image, room);
}

/* --- In */

static bool sites_read(struct wasm_code *c, struct bytes packed, struct arena *arena)
{
    struct wasm_site_cursor cursor = wasm_sites_from(packed, c->site_count, 0);

    if (c->site_count > packed.size)
        return false;
    c->sites = arena_array(arena, (size_t)c->site_count + 1, sizeof *c->sites);
    if (c->sites == NULL)
        return false;
    for (uint32_t i = 0; i < c->site_count; i++) {
        if (!wasm_sites_next(&cursor))
            return false;
        c->sites[i] = cursor.entry;
    }
    return cursor.at == cursor.end;
}

static bool relocs_read(struct wasm_code *c, struct reader *r, struct arena *arena)
{
    if (c->reloc_count > r->left)
        return false;
    c->relocs = arena_array(arena, (size_t)c->reloc_count + 1, sizeof *c->relocs);
    if (c->relocs == NULL)
        return false;
    for (uint32_t i = 0; i < c->reloc_count; i++) {
        c->relocs[i].at = reader_leb_u32(r);
        c->relocs[i].target = reader_leb_u32(r);
    }
    return reader_ok(r);
}

static bool code_read(struct wasm_code *c, struct reader *r, struct arena *arena)
{
    uint32_t frame, sites_size;
    struct bytes sites, bytes;

    c->size = reader_leb_u32(r);
    c->text_size = reader_leb_u32(r);
    frame = reader_leb_u32(r);
    c->frame_size = frame >> 4;
    c->saved = frame & 15;
    c->site_count = reader_leb_u32(r);
    sites_size = reader_leb_u32(r);
    c->reloc_count = reader_leb_u32(r);
    if (!reader_ok(r) || !relocs_read(c, r, arena))
        return false;
    sites = reader_take(r, sites_size);
    bytes = reader_take(r, c->size);
    c->bytes = (uint8_t *)(uintptr_t)bytes.data; /* only read from here on */
    return reader_ok(r) && sites_read(c, sites, arena);
}

/* The seal says who wrote an image; that its code stays in the sandbox is proved
 * again all the same, or one leaked key would be the end of the inner wall. */
static bool code_take(struct wasm_module *module, uint32_t function, const struct wasm_code *code,
                      struct arena *arena)
{
    const struct wasm_unit unit = { &module->decoded, &module->layout, module->engine->config };
    uint32_t index = module->decoded.imported_func_count + function;

    if (wasm_code_put(&module->code, function, code, arena, NULL) != ERR_OK)
        return false;
    return (unit.config & WASM_CONFIG_NO_VERIFY) != 0 ||
           wasm_verify_function(&unit, index, code, arena, NULL) == ERR_OK;
}

static bool image_read(struct wasm_module *module, struct bytes image)
{
    struct reader r = reader_of(image);
    struct arena arena;
    bool good = true;

    arena_init(&arena, wasm_heap_source(&module->engine->host), LIMIT_CODE_SIZE);
    for (uint32_t i = 0; i < module->code.count && good; i++) {
        struct wasm_code code = { 0 };

        good = code_read(&code, &r, &arena) && code_take(module, i, &code, &arena);
        arena_reset(&arena);
    }
    arena_done(&arena);
    return good && reader_done(&r);
}

bool wasm_cache_load(struct wasm_module *module, const struct wasm_cache *cache)
{
    const struct wasm_cache_key key = key_of(module, cache);
    struct bytes image;

    if (cache->load(cache->context, &key, &image) && image_read(module, image))
        return true;
    wasm_code_forget(&module->code); /* all of it or nothing */
    return false;
}

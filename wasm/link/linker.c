#include <string.h>

#include "wasm/runtime/runtime.h"

/* One definition: a heap block with its two names behind it. */
struct link_entry {
    struct link_entry *next; /* in its bucket */
    struct bytes module, name;
    uint32_t hash;
    struct wasm_link link;
    size_t size; /* of the block */
};

struct wasm_linker {
    struct wasm_store *store;
    struct link_entry **buckets; /* a power of two */
    uint32_t bucket_count;
    uint32_t count;
};

static const struct wasm_host *host_of(const struct wasm_linker *linker)
{
    return &linker->store->engine->host;
}

enum err wasm_linker_new(struct wasm_linker **out, struct wasm_store *store)
{
    const struct wasm_host *host = &store->engine->host;
    struct wasm_linker *l = wasm_heap_take(host, sizeof *l);

    if (l == NULL)
        return ERR_NOMEM;
    l->store = store;
    l->bucket_count = 64;
    l->buckets = wasm_heap_take(host, l->bucket_count * sizeof(struct link_entry *));
    if (l->buckets == NULL) {
        wasm_heap_give(host, l, sizeof *l);
        return ERR_NOMEM;
    }
    *out = l;
    return ERR_OK;
}

void wasm_linker_free(struct wasm_linker *linker)
{
    const struct wasm_host *host;

    if (linker == NULL)
        return;
    host = host_of(linker);
    for (uint32_t i = 0; i < linker->bucket_count; i++)
        while (linker->buckets[i] != NULL) {
            struct link_entry *e = linker->buckets[i];

            linker->buckets[i] = e->next;
            wasm_heap_give(host, e, e->size);
        }
    wasm_heap_give(host, linker->buckets, linker->bucket_count * sizeof(struct link_entry *));
    wasm_heap_give(host, linker, sizeof *linker);
}

struct wasm_store *wasm_linker_store(const struct wasm_linker *linker) { return linker->store; }

static uint32_t hash_of(struct bytes module, struct bytes name)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < module.size; i++)
        h = (h ^ module.data[i]) * 16777619u;
    h = (h ^ 0xff) * 16777619u; /* between the names; no byte of UTF-8 */
    for (size_t i = 0; i < name.size; i++)
        h = (h ^ name.data[i]) * 16777619u;
    return h ^ (h >> 15);
}

static struct link_entry *find(const struct wasm_linker *l, struct bytes module, struct bytes name)
{
    uint32_t h = hash_of(module, name);
    struct link_entry *e = l->buckets[h & (l->bucket_count - 1)];

    while (e != NULL &&
           (e->hash != h || !bytes_equal(e->module, module) || !bytes_equal(e->name, name)))
        e = e->next;
    return e;
}

static void grow(struct wasm_linker *l)
{
    uint32_t count = l->bucket_count * 2;
    struct link_entry **buckets = wasm_heap_take(host_of(l), count * sizeof(struct link_entry *));

    if (buckets == NULL)
        return; /* longer chains, nothing worse */
    for (uint32_t i = 0; i < l->bucket_count; i++)
        while (l->buckets[i] != NULL) {
            struct link_entry *e = l->buckets[i];

            l->buckets[i] = e->next;
            e->next = buckets[e->hash & (count - 1)];
            buckets[e->hash & (count - 1)] = e;
        }
    wasm_heap_give(host_of(l), l->buckets, l->bucket_count * sizeof(struct link_entry *));
    l->buckets = buckets;
    l->bucket_count = count;
}

static struct bytes put_name(uint8_t *to, struct bytes name)
{
    if (name.size != 0)
        memcpy(to, name.data, name.size);
    return (struct bytes){ to, name.size };
}

static enum err define(struct wasm_linker *l, struct bytes module, struct bytes name,
                       struct wasm_link link)
{
    struct link_entry *e = find(l, module, name);
    size_t size;
    uint32_t bucket;

    if (e != NULL) {
        e->link = link;
        return ERR_OK;
    }
    if (!num_add(&size, module.size, name.size) || !num_add(&size, size, sizeof *e))
        return ERR_NOMEM;
    if (l->count >= l->bucket_count)
        grow(l);
    e = wasm_heap_take(host_of(l), size);
    if (e == NULL)
        return ERR_NOMEM;
    e->size = size;
    e->module = put_name((uint8_t *)(e + 1), module);
    e->name = put_name((uint8_t *)(e + 1) + module.size, name);
    e->hash = hash_of(module, name);
    e->link = link;
    bucket = e->hash & (l->bucket_count - 1);
    e->next = l->buckets[bucket];
    l->buckets[bucket] = e;
    l->count++;
    return ERR_OK;
}

bool wasm_linker_find(struct wasm_link *out, const struct wasm_linker *linker, struct bytes module,
                      struct bytes name)
{
    const struct link_entry *e = find(linker, module, name);

    if (e == NULL)
        return false;
    *out = e->link;
    return true;
}

enum err wasm_linker_function(struct wasm_linker *linker, struct bytes module, struct bytes name,
                              struct wasm_signature signature, wasm_host_call call, void *context)
{
    struct wasm_host_function *h;
    uint32_t number;

    if (signature.param_count > LIMIT_PARAMS || signature.result_count > LIMIT_RESULTS)
        return ERR_LIMIT;
    TRY(wasm_signature_number(&number, &linker->store->signatures, signature));
    TRY(wasm_host_function_new(&h, linker->store, number, call, context, NULL));
    return define(linker, module, name, (struct wasm_link){ WASM_EXTERN_FUNCTION, &h->function });
}

/* What belongs to another store is refused: its numbers of types mean other types
 * here, and it is freed at another time. */
enum err wasm_linker_memory(struct wasm_linker *linker, struct bytes module, struct bytes name,
                            struct wasm_memory *memory)
{
    if (memory->store != linker->store)
        return ERR_USAGE;
    return define(linker, module, name, (struct wasm_link){ WASM_EXTERN_MEMORY, memory });
}

enum err wasm_linker_table(struct wasm_linker *linker, struct bytes module, struct bytes name,
                           struct wasm_table *table)
{
    if (table->store != linker->store)
        return ERR_USAGE;
    return define(linker, module, name, (struct wasm_link){ WASM_EXTERN_TABLE, table });
}

enum err wasm_linker_global(struct wasm_linker *linker, struct bytes module, struct bytes name,
                            struct wasm_global *global)
{
    if (global->store != linker->store)
        return ERR_USAGE;
    return define(linker, module, name, (struct wasm_link){ WASM_EXTERN_GLOBAL, global });
}

enum err wasm_linker_instance(struct wasm_linker *linker, struct bytes module,
                              struct wasm_instance *instance)
{
    const struct wasm_decoded *m = &instance->module->decoded;

    if (instance->store != linker->store)
        return ERR_USAGE;
    for (uint32_t i = 0; i < m->export_count; i++)
        TRY(define(linker, module, m->exports[i].name, wasm_instance_export(instance, i)));
    return ERR_OK;
}

#include "wasm/runtime/signature.h"

#include <string.h>

#include "base/num.h"
#include "wasm/decode/type.h"
#include "wasm/runtime/runtime.h"

void wasm_signature_set_init(struct wasm_signature_set *s, const struct wasm_host *host)
{
    const void *const where[] = { s, host };

    /* Where things lie is what the author of a module does not know. Nothing but the
     * order in the table depends on it. */
    *s = (struct wasm_signature_set){ .host = host, .key = siphash_key_of(BYTES_OF(where)) };
}

static size_t types_size(const struct wasm_signature *g)
{
    return (size_t)g->param_count + g->result_count;
}

void wasm_signature_set_done(struct wasm_signature_set *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        wasm_heap_give(s->host, (uint8_t *)(uintptr_t)s->items[i].params,
                       num_max(types_size(&s->items[i]), 1));
    wasm_heap_give(s->host, s->items, s->room * sizeof *s->items);
    wasm_heap_give(s->host, s->buckets, s->bucket_count * sizeof *s->buckets);
    wasm_signature_set_init(s, s->host);
}

static void insert(uint32_t *buckets, uint32_t count, uint32_t h, uint32_t number)
{
    while (buckets[h & (count - 1)] != 0)
        h++;
    buckets[h & (count - 1)] = number + 1;
}

static enum err grow(struct wasm_signature_set *s)
{
    uint32_t room = s->room == 0 ? 16 : s->room * 2;
    struct wasm_signature *items = wasm_heap_take(s->host, room * sizeof *items);
    uint32_t *buckets = wasm_heap_take(s->host, 2 * (size_t)room * sizeof *buckets);

    if (items == NULL || buckets == NULL) {
        wasm_heap_give(s->host, items, room * sizeof *items);
        wasm_heap_give(s->host, buckets, 2 * (size_t)room * sizeof *buckets);
        return ERR_NOMEM;
    }
    if (s->count != 0)
        memcpy(items, s->items, s->count * sizeof *items);
    for (uint32_t i = 0; i < s->count; i++)
        insert(buckets, 2 * room, wasm_signature_hash(&s->key, &items[i]), i);
    wasm_heap_give(s->host, s->items, s->room * sizeof *s->items);
    wasm_heap_give(s->host, s->buckets, s->bucket_count * sizeof *s->buckets);
    s->items = items;
    s->room = room;
    s->buckets = buckets;
    s->bucket_count = 2 * room;
    return ERR_OK;
}

static bool find(uint32_t *out, const struct wasm_signature_set *s, const struct wasm_signature *g)
{
    if (s->bucket_count == 0)
        return false;
    for (uint32_t h = wasm_signature_hash(&s->key, g);; h++) {
        uint32_t number = s->buckets[h & (s->bucket_count - 1)];

        if (number == 0)
            return false;
        if (wasm_signature_equal(&s->items[number - 1], g)) {
            *out = number - 1;
            return true;
        }
    }
}

enum err wasm_signature_number(uint32_t *out, struct wasm_signature_set *s,
                               struct wasm_signature signature)
{
    uint8_t *types;

    if (find(out, s, &signature))
        return ERR_OK;
    if (s->count == s->room)
        TRY(grow(s));
    types = wasm_heap_take(s->host, num_max(types_size(&signature), 1));
    if (types == NULL)
        return ERR_NOMEM;
    if (signature.param_count != 0)
        memcpy(types, signature.params, signature.param_count);
    if (signature.result_count != 0)
        memcpy(types + signature.param_count, signature.results, signature.result_count);
    signature.params = types;
    signature.results = types + signature.param_count;
    s->items[s->count] = signature;
    insert(s->buckets, s->bucket_count, wasm_signature_hash(&s->key, &signature), s->count);
    *out = s->count++;
    return ERR_OK;
}

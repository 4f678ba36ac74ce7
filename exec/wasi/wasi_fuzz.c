/* Covers: every WASI function over a tree in memory, called in any order with any
 * arguments, and the tree behind them.
 *
 * A guest of one page does what the bytes say. What must hold: no call touches
 * memory behind the page (it is not there), the tree never holds more than its
 * ceiling, and what it says it holds is back where it began once every name and
 * descriptor is gone. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "exec/memory.h"
#include "exec/wasi/call.h"
#include "exec/world/fixed.h"
#include "exec/world/host.h"
#include "exec/world/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CEILING (256u << 10)
#define CALLS_MAX 400
#define NAMES_MAX 10000
#define PAGE 65536u
#define ROOT 3u

static const struct {
    wasi_function function;
    const char *parameters;
} functions[] = {
#define WASI_CALL(name, parameters) { wasi_##name, parameters },
#include "exec/wasi/calls.def"
#undef WASI_CALL
};
#define FUNCTION_COUNT (sizeof functions / sizeof functions[0])

/* Paths that mean something, so that calls meet each other; each at 16 times its
 * number in guest memory. */
static const char *const paths[16] = {
    "a", "b",   "c",     "a/b", "a/../b", "..",  ".",        "a/",
    "l", "l/a", "a/b/c", "./a", "../a",   "b/.", "a/b/../c", "l/",
};

static struct wasm_memory *memory_new(void)
{
    const struct wasm_limits one = { .least = 1, .most = 1, .has_most = true };
    static struct wasm_memory *memory;
    static struct wasm_host host;
    static struct wasm_engine *engine;
    static struct wasm_store *store;

    if (memory != NULL)
        return memory;
    memory_host(&host, 0);
    if (wasm_engine_new(&engine, &host, wasm_config_native()) != ERR_OK ||
        wasm_store_new(&store, engine, &(struct wasm_store_limits){ 0 }) != ERR_OK ||
        wasm_memory_new(&memory, store, one) != ERR_OK)
        abort();
    return memory;
}

/* One argument: mostly something that could be meant. *path is the length that
 * goes with a path pointer just given, or 0. */
static uint64_t argument(struct reader *r, char type, uint64_t *path)
{
    uint8_t kind = reader_u8(r);
    uint64_t length = *path;

    *path = 0;
    if (length != 0 && type == 'i')
        return length;
    if (type == 'I')
        return kind < 128 ? kind : kind < 192 ? WASI_RIGHTS_ALL : reader_u64le(r);
    if (kind < 96)
        return kind % 16;
    if (kind < 176) {
        *path = strlen(paths[kind % 16]);
        return 16u * (kind % 16u);
    }
    if (kind < 224)
        return 1024u + 8u * kind;
    return kind < 240 ? PAGE - (kind - 224u) : reader_u32le(r);
}

static void call_once(struct wasi *w, struct wasm_memory *memory, struct reader *r)
{
    union wasm_value slots[10] = { 0 };
    struct wasi_call c = { .wasi = w, .memory = memory, .args = slots };
    uint8_t chosen = reader_u8(r);
    size_t n = chosen % FUNCTION_COUNT;
    uint64_t path = 0;

    c.old = chosen >= 4 * FUNCTION_COUNT;
    for (size_t i = 0; functions[n].parameters[i] != '\0'; i++)
        slots[i].i64 = argument(r, functions[n].parameters[i], &path);
    if ((unsigned)functions[n].function(&c) > WASI_NOTCAPABLE)
        abort();
}

/* Removes what names it can reach, deepest first, by trying. */
static void empty(struct world_file *dir)
{
    const struct world_open how = { .read = true };
    struct world_entry e;
    bool end = false;

    for (int i = 0; i < NAMES_MAX; i++) {
        struct world_file *sub;

        /* The first name behind "." and "..". */
        if (dir->ops->entry(dir, 2, &e, &end) != WASI_OK || end)
            return;
        if (dir->ops->unlink(dir, e.name) == WASI_OK ||
            dir->ops->remove_directory(dir, e.name) == WASI_OK)
            continue;
        if (dir->ops->open(dir, e.name, &how, &sub) != WASI_OK)
            abort();
        empty(sub); /* no deeper than the guest made calls */
        world_file_close(sub);
    }
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[FIXED_SEED_SIZE];
    static struct fixed_world fixed;
    struct reader r = reader_of((struct bytes){ data, size });
    struct wasm_memory *memory = memory_new();
    struct wasi_config config = { .world = fixed_world_init(&fixed, host_world(NULL), seed) };
    struct world_file *root;
    struct tree *tree;
    struct wasi *w;
    uint64_t before;

    memset(wasm_memory_at(memory, 0, PAGE), 0, PAGE);
    for (size_t i = 0; i < 16; i++)
        memcpy(wasm_memory_at(memory, 16 * i, 16), paths[i], strlen(paths[i]));
    if (wasi_new(&w, &config) != ERR_OK || tree_new(&tree, config.world, CEILING) != WASI_OK ||
        tree_root(tree, &root) != WASI_OK ||
        wasi_add_directory(w, root, BYTES_TEXT("/")) != WASI_OK)
        abort();
    before = tree_used(tree);
    for (int i = 0; i < CALLS_MAX && reader_ok(&r) && r.left > 0; i++) {
        call_once(w, memory, &r);
        if (tree_used(tree) > CEILING)
            abort();
    }
    wasi_free(w);
    if (tree_root(tree, &root) != WASI_OK)
        abort();
    empty(root);
    world_file_close(root);
    if (tree_used(tree) != before)
        abort();
    tree_free(tree);
    return 0;
}

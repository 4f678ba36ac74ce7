/* An image that was kept, as it was and changed: what is run is either what the
 * compiler would make, or refused and compiled again. */
#define _GNU_SOURCE
#include <string.h>

#include "tests/check.h"
#include "wasm/cache/cache.h"
#include "wasm/runtime/host_test.h"

/* (func (export "f") (result i32) (i32.const 7)) */
static const uint8_t raw[] = {
    0, 'a', 's', 'm', 1, 0, 0,   0, 1, 5,  1, 0x60, 0, 1, 0x7f, 3, 2,
    1, 0,   7,   5,   1, 1, 'f', 0, 0, 10, 6, 1,    4, 0, 0x41, 7, 0x0b,
};

static struct {
    uint8_t at[4096];
    size_t size;
    unsigned stores;
} kept;

static bool load(void *context, const struct wasm_cache_key *key, struct bytes *image)
{
    (void)context;
    (void)key;
    *image = (struct bytes){ kept.at, kept.size };
    return kept.size != 0;
}

static void store(void *context, const struct wasm_cache_key *key, struct bytes image)
{
    (void)context;
    (void)key;
    kept.stores++;
    kept.size = image.size;
    memcpy(kept.at, image.data, image.size);
}

/* Whether the image was taken; whatever it holds, the function gives 7. */
static bool taken(struct wasm_engine *engine)
{
    const struct wasm_cache cache = { .load = load, .store = store };
    struct wasm_module *module = NULL;
    struct wasm_store *s = NULL;
    struct wasm_linker *linker = NULL;
    struct wasm_instance *instance = NULL;
    union wasm_value result = { 0 };
    struct wasm_note note = { 0 };
    unsigned before = kept.stores;

    CHECK_OK(wasm_module_new(&module, engine, BYTES_OF(raw), &note));
    CHECK_OK(wasm_module_compile_cached(module, &cache, &note));
    CHECK_OK(wasm_store_new(&s, engine, NULL));
    CHECK_OK(wasm_linker_new(&linker, s));
    CHECK_OK(wasm_instance_new(&instance, linker, module, &note));
    CHECK_OK(wasm_function_call(wasm_instance_function(instance, BYTES_TEXT("f")), &result));
    CHECK_EQ(result.i32, 7);
    wasm_linker_free(linker);
    wasm_store_free(s);
    wasm_module_free(module);
    return kept.stores == before;
}

static size_t find(const uint8_t *what, size_t size)
{
    for (size_t i = 0; i + size <= kept.size; i++)
        if (memcmp(kept.at + i, what, size) == 0)
            return i;
    return SIZE_MAX;
}

int main(void)
{
    static const uint8_t seven[] = { 0xb8, 7, 0, 0, 0 }; /* mov eax, 7 */
    struct wasm_engine *engine = NULL;
    size_t at;

    CASE("what is not there is compiled, and then it is there");
    CHECK_OK(wasm_engine_new(&engine, &test_host, wasm_config_native()));
    CHECK(!taken(engine));
    CHECK(kept.size != 0);
    CHECK(taken(engine));

    CASE("code that would leave the sandbox is refused, seal or not");
    at = find(seven, sizeof seven);
    CHECK(at != SIZE_MAX);
    if (at != SIZE_MAX) {
        kept.at[at] = 0x0f; /* syscall */
        kept.at[at + 1] = 0x05;
        CHECK(!taken(engine));
    }

    CASE("an image cut short is refused, wherever it ends");
    for (size_t size = kept.size; size-- > 1;) {
        kept.size = size;
        CHECK(!taken(engine));
    }
    wasm_engine_free(engine);
    return check_done();
}

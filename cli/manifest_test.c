#include "cli/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct workload w;
static struct note note;

static enum err parse(const char *text, const char *base)
{
    struct bytes raw = { (const uint8_t *)text, strlen(text) };

    return manifest_parse(&w, raw, "broch.toml", base, &note);
}

/* tests/run-cli has the refusals, as a user sees them. */
static void check_whole(void)
{
    static const char text[] =
        "name = 'app'\n"
        "module = 'bin/app.wasm'\n"
        "args = ['a', '']\n"
        "invoke = 'main'\n"
        "deterministic = true\n"
        "snapshot-dirs = true\n"
        "env = { A = '1', B = '' }\n"
        "limits = { memory = '64MiB', fuel = 1000, time = '10s', table = 5, stack = '1M' }\n"
        "[[dirs]]\nhost = 'data'\nguest = '/data'\nread-only = true\n"
        "[[dirs]]\nhost = '/abs'\nguest = '/abs'\n"
        "[[memory-dirs]]\nguest = '/tmp'\nsize = '1MiB'\n"
        "[[volumes]]\nfile = 'db.volume'\nguest = '/db'\nkey = 'db.key'\nread-only = true\n"
        "[[volumes]]\nfile = '/v'\nguest = '/v'\nsize = '1MiB'\n"
        "[[listen]]\nname = 'web'\naddress = '127.0.0.1:80'\n"
        "[[connect]]\naddress = 'db:1'\n";

    CASE("every key");
    if (!CHECK_OK(parse(text, "conf/")))
        return;
    CHECK_TEXT(w.name, "app");
    CHECK_TEXT(w.module, "conf/bin/app.wasm");
    CHECK_EQ(w.args_count, 2);
    CHECK_TEXT(w.args[1], "");
    CHECK_TEXT(w.invoke, "main");
    CHECK(w.deterministic);
    CHECK_EQ(w.environment_count, 2);
    CHECK_TEXT(w.environment[1], "B=");
    CHECK_EQ(w.memory_bytes, 64 << 20);
    CHECK_EQ(w.fuel, 1000);
    CHECK_EQ(w.time_ms, 10000);
    CHECK_EQ(w.table_elements, 5);
    CHECK_EQ(w.stack_bytes, 1 << 20);
    CHECK_TEXT(w.directories[0].host, "conf/data");
    CHECK(w.directories[0].read_only);
    CHECK_TEXT(w.directories[1].host, "/abs");
    CHECK(!w.directories[1].read_only);
    CHECK_TEXT(w.trees[0].guest, "/tmp");
    CHECK_EQ(w.trees[0].size_max, 1 << 20);
    CHECK_TEXT(w.volumes[0].file, "conf/db.volume");
    CHECK_TEXT(w.volumes[0].key, "conf/db.key");
    CHECK(w.volumes[0].read_only && w.volumes[0].size_max == 1 << 30);
    CHECK_TEXT(w.volumes[1].guest, "/v");
    CHECK(w.volumes[1].key == NULL && w.volumes[1].size_max == 1 << 20);
    CHECK(w.pack_directories);
    CHECK_TEXT(w.sockets[0].name, "web");
    CHECK(w.sockets[0].listens && !w.sockets[1].listens);
}

static void check_errors(void)
{
    CASE("an empty manifest says nothing");
    CHECK_OK(parse("", ""));

    CASE("a syntax error has its place");
    CHECK_ERR(parse("name = 'a'\nmodule ='x", ""), ERR_MALFORMED);
    CHECK(strncmp(note.text, "broch.toml:2:", 13) == 0);

    CASE("an unknown key has its place, and the known ones"); /* lesson E13 */
    CHECK_ERR(parse("\n  modul = 'x'", ""), ERR_INVALID);
    CHECK(strncmp(note.text, "broch.toml:2:3: unknown key modul; expected one of name,", 56) == 0);

    CASE("a value of another type");
    CHECK_ERR(parse("env = []", ""), ERR_INVALID);
    CHECK_TEXT(note.text, "broch.toml:1:1: expected a table");
}

int main(void)
{
    struct arena arena;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 24);
    workload_init(&w, &arena);
    check_whole();
    check_errors();
    arena_done(&arena);
    return check_done();
}

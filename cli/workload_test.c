#include "cli/workload.h"

#include <stdlib.h>

#include "base/num.h"
#include "broch/wasm.h"
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

static const struct {
    const char *text, *host, *guest;
    bool read_only;
} directories[] = {
    { ".", ".", ".", false },          { "/a/b:ro", "/a/b", "/a/b", true },
    { "a::b", "a", "b", false },       { "a::b:ro", "a", "b", true },
    { "a::b:rw", "a", "b", false },    { "a:b::c", "a:b", "c", false },
    { "a::b::c", "a", "b::c", false }, { "a:rot", "a:rot", "a:rot", false },
};

static void check_directories(void)
{
    for (size_t i = 0; i < COUNT_OF(directories); i++) {
        CASE(directories[i].text);
        w.directories_count = 0;
        CHECK_OK(workload_directory_add(&w, directories[i].text, &note));
        CHECK_TEXT(w.directories[0].host, directories[i].host);
        CHECK_TEXT(w.directories[0].guest, directories[i].guest);
        CHECK_EQ(w.directories[0].read_only, directories[i].read_only);
    }

    CASE("the later folder of a name replaces the earlier");
    w.directories_count = 0;
    CHECK_OK(workload_directory_add(&w, "a::x", &note));
    CHECK_OK(workload_directory_add(&w, "b::x:ro", &note));
    CHECK_EQ(w.directories_count, 1);
    CHECK_TEXT(w.directories[0].host, "b");

    CASE("folders without a part");
    CHECK_ERR(workload_directory_add(&w, "", &note), ERR_USAGE);
    CHECK_ERR(workload_directory_add(&w, "::b", &note), ERR_USAGE);
    CHECK_ERR(workload_directory_add(&w, "a::", &note), ERR_USAGE);
    CHECK_ERR(workload_directory_add(&w, ":ro", &note), ERR_USAGE);

    CASE("more folders than a keep takes");
    for (unsigned i = 0; i < LAUNCH_DIRECTORIES_MAX + 1; i++) {
        char text[16];

        snprintf(text, sizeof text, "d%u", i);
        CHECK_EQ(workload_directory_add(&w, text, &note) == ERR_OK, i < LAUNCH_DIRECTORIES_MAX - 1);
    }
}

static void check_environment(void)
{
    CASE("variables: the later replaces, values may hold =");
    CHECK_OK(workload_environment_add(&w, "A=1", &note));
    CHECK_OK(workload_environment_add(&w, "AB=2", &note));
    CHECK_OK(workload_environment_add(&w, "A=x=y", &note));
    CHECK_OK(workload_environment_add(&w, "E=", &note));
    CHECK_EQ(w.environment_count, 3);
    CHECK_TEXT(w.environment[0], "A=x=y");
    CHECK_TEXT(w.environment[1], "AB=2");
    CHECK_TEXT(w.environment[2], "E=");

    CASE("variables without a name");
    CHECK_ERR(workload_environment_add(&w, "=x", &note), ERR_USAGE);
    CHECK_ERR(workload_environment_add(&w, "", &note), ERR_USAGE);
    CHECK_EQ(w.environment_count, 3);
}

static void check_lists(void)
{
    CASE("several limits at once");
    CHECK_OK(workload_limits_add(&w, "memory=64MiB,fuel=10,time=1s", &note));
    CHECK_EQ(w.memory_bytes, 64 << 20);
    CHECK(w.has_fuel && w.fuel == 10 && w.has_time && w.time_ms == 1000);

    CASE("limits that are none");
    CHECK_ERR(workload_limits_add(&w, "", &note), ERR_USAGE);
    CHECK_ERR(workload_limits_add(&w, "memory=1,", &note), ERR_USAGE);
    CHECK_ERR(workload_limits_add(&w, "memor=1", &note), ERR_USAGE);
    CHECK_ERR(workload_limits_add(&w, "=1", &note), ERR_USAGE);

    CASE("engine words");
    CHECK_OK(workload_config_add(&w, "explicit-bounds,no-verify", &note));
    CHECK_EQ(w.engine_config, WASM_CONFIG_EXPLICIT | WASM_CONFIG_NO_VERIFY);
    CHECK_ERR(workload_config_add(&w, "explicit", &note), ERR_USAGE);
}

static void check_sockets(void)
{
    CASE("sockets: by name, else by address");
    CHECK_OK(workload_listen_add(&w, "127.0.0.1:80", &note));
    CHECK_OK(workload_listen_add(&w, "127.0.0.1:80", &note));
    CHECK_OK(workload_listen_add(&w, "127.0.0.1:81", &note));
    CHECK_OK(workload_connect_add(&w, "db=h:1", &note));
    CHECK_OK(workload_connect_add(&w, "db=h:2", &note));
    CHECK_EQ(w.sockets_count, 3);
    CHECK_TEXT(w.sockets[2].address, "h:2");
    CHECK(w.sockets[0].listens && !w.sockets[2].listens);
    CHECK_ERR(workload_listen_add(&w, "80", &note), ERR_USAGE);

    CASE("folders in memory");
    CHECK_OK(workload_tree_add(&w, "/tmp", &note));
    CHECK_OK(workload_tree_add(&w, "/tmp:1MiB", &note));
    CHECK_EQ(w.trees_count, 1);
    CHECK_EQ(w.trees[0].size_max, 1 << 20);
    CHECK_ERR(workload_tree_add(&w, "/tmp:", &note), ERR_USAGE);
    CHECK_ERR(workload_tree_add(&w, "", &note), ERR_USAGE);
    CHECK_ERR(workload_tree_add(&w, ":1", &note), ERR_USAGE);
}

static void check_volumes(void)
{
    static char name[8];

    CASE("volumes: a file, a name, and nothing else");
    CHECK_OK(workload_volume_add(&w, "a.volume::/v:ro", &note));
    CHECK_TEXT(w.volumes[0].file, "a.volume");
    CHECK_TEXT(w.volumes[0].guest, "/v");
    CHECK(w.volumes[0].read_only && w.volumes[0].key == NULL);
    CHECK_OK(workload_volume_add(&w, "b.volume::/v", &note));
    CHECK_EQ(w.volumes_count, 1);
    CHECK(!w.volumes[0].read_only);
    CHECK_ERR(workload_volume_add(&w, "a.volume", &note), ERR_USAGE);
    CHECK_ERR(workload_volume_add(&w, "::/v", &note), ERR_USAGE);
    CHECK_ERR(workload_volume_add(&w, "a::", &note), ERR_USAGE);
    CHECK_ERR(workload_volume_set(
                  &w, (struct workload_volume){ "a", "/b", NULL, UINT64_MAX, false }, &note),
              ERR_LIMIT);

    CASE("more volumes than a record holds");
    for (unsigned i = 1; i < LAUNCH_VOLUMES_MAX; i++) {
        snprintf(name, sizeof name, "f::/%u", i);
        CHECK_OK(workload_volume_add(&w, name, &note));
    }
    CHECK_ERR(workload_volume_add(&w, "f::/more", &note), ERR_LIMIT);
}

int main(void)
{
    struct arena arena;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 24);
    workload_init(&w, &arena);
    check_directories();
    check_environment();
    check_lists();
    check_sockets();
    check_volumes();
    arena_done(&arena);
    return check_done();
}

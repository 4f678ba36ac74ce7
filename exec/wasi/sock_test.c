/* Sockets as a guest has them: a listener handed in, what it accepts, and what is
 * refused on them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/memory.h"
#include "exec/wasi/call.h"
#include "exec/world/host.h"
#include "tests/check.h"

#define LISTENER 3u
#define OUT_AT 512u
#define DATA_AT 1024u
#define SPAN_AT 64u

static struct wasm_memory *memory;
static struct wasi *w;
static int client;

static void *at(uint32_t address, size_t size) { return wasm_memory_at(memory, address, size); }

static uint32_t out_u32(void)
{
    uint32_t n;

    memcpy(&n, at(OUT_AT, 4), 4);
    return n;
}

static unsigned call(const char *name, const uint32_t *args, size_t count)
{
    union wasm_value slots[10] = { 0 };
    struct wasi_call c = { .wasi = w, .memory = memory, .args = slots };

    for (size_t i = 0; i < count; i++)
        slots[i].i64 = args[i];
    return (unsigned)wasi_find(name)(&c);
}

#define CALL(name, ...)                            \
    call(#name, (const uint32_t[]){ __VA_ARGS__ }, \
         sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void span(uint32_t address, uint32_t size)
{
    const uint32_t s[2] = { address, size };

    memcpy(at(SPAN_AT, 8), s, sizeof s);
}

static bool setup(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct wasi_config config = { .world = host_world(NULL) };
    struct world_file *f;

    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return listener >= 0 && client >= 0 &&
           bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(listener, 4) == 0 &&
           getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
           wasi_new(&w, &config) == ERR_OK &&
           host_file_new(&f, listener, false, false) == WASI_OK &&
           wasi_add_socket(w, f) == WASI_OK &&
           call("fd_fdstat_set_flags", (const uint32_t[]){ LISTENER, 4 }, 2) == WASI_OK &&
           CALL(sock_accept, LISTENER, 0, OUT_AT) == WASI_AGAIN &&
           connect(client, (struct sockaddr *)&address, size) == 0;
}

static void test_accept(void)
{
    CASE("a listener only listens");
    span(DATA_AT, 4);
    CHECK_EQ(CALL(fd_prestat_get, LISTENER, OUT_AT), WASI_BADF);
    CHECK_EQ(CALL(fd_write, LISTENER, SPAN_AT, 1, OUT_AT), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(sock_send, LISTENER, SPAN_AT, 1, 0, OUT_AT), WASI_NOTCAPABLE);
    CHECK_EQ(CALL(sock_accept, LISTENER, 1, OUT_AT), WASI_INVAL);
    CHECK_EQ(CALL(sock_accept, LISTENER, 0, UINT32_MAX), WASI_FAULT);
    CASE("accept");
    while (CALL(sock_accept, LISTENER, 0, OUT_AT) == WASI_AGAIN)
        usleep(1000);
    CHECK_EQ(out_u32(), LISTENER + 1);
}

static void test_transfer(uint32_t s)
{
    char text[16];

    CASE("send and receive, to the byte");
    CHECK_EQ(write(client, "hello", 5), 5);
    span(DATA_AT, 16);
    CHECK_EQ(CALL(sock_recv, s, SPAN_AT, 1, WASI_RECV_PEEK, OUT_AT, OUT_AT + 4), WASI_OK);
    CHECK_EQ(out_u32(), 5);
    span(DATA_AT, 3);
    CHECK_EQ(CALL(sock_recv, s, SPAN_AT, 1, 0, OUT_AT, OUT_AT + 4), WASI_OK);
    CHECK_EQ(out_u32(), 3);
    span(DATA_AT + 3, 16);
    CHECK_EQ(CALL(fd_read, s, SPAN_AT, 1, OUT_AT), WASI_OK);
    CHECK_EQ(out_u32(), 2);
    CHECK(memcmp(at(DATA_AT, 5), "hello", 5) == 0);
    span(DATA_AT, 5);
    CHECK_EQ(CALL(sock_send, s, SPAN_AT, 1, 0, OUT_AT), WASI_OK);
    CHECK_EQ(read(client, text, sizeof text), 5);
    CASE("flags that are none");
    CHECK_EQ(CALL(sock_recv, s, SPAN_AT, 1, 4, OUT_AT, OUT_AT + 4), WASI_INVAL);
    CHECK_EQ(CALL(sock_send, s, SPAN_AT, 1, 1, OUT_AT), WASI_INVAL);
    CHECK_EQ(CALL(sock_shutdown, s, 0), WASI_INVAL);
    CHECK_EQ(CALL(sock_shutdown, s, 4), WASI_INVAL);
    CASE("the end, from both sides");
    CHECK_EQ(CALL(sock_shutdown, s, WASI_SHUT_WR), WASI_OK);
    CHECK_EQ(read(client, text, sizeof text), 0);
    CHECK_EQ(CALL(sock_send, s, SPAN_AT, 1, 0, OUT_AT), WASI_PIPE);
    close(client);
    CHECK_EQ(CALL(fd_read, s, SPAN_AT, 1, OUT_AT), WASI_OK);
    CHECK_EQ(out_u32(), 0);
    CHECK_EQ(CALL(fd_close, s), WASI_OK);
}

int main(void)
{
    const struct wasm_limits one = { .least = 1, .most = 1, .has_most = true };
    struct wasm_host host;
    struct wasm_engine *engine;
    struct wasm_store *store;

    memory_host(&host, 0);
    if (wasm_engine_new(&engine, &host, wasm_config_native()) != ERR_OK ||
        wasm_store_new(&store, engine, &(struct wasm_store_limits){ 0 }) != ERR_OK ||
        wasm_memory_new(&memory, store, one) != ERR_OK)
        return 1;
    if (!setup()) {
        CASE("sockets");
        CASE_SKIP("no loopback here");
        return check_done();
    }
    test_accept();
    test_transfer(out_u32());
    wasi_free(w);
    wasm_store_free(store);
    wasm_engine_free(engine);
    return check_done();
}

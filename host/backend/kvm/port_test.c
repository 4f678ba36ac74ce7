/* The real keep side (gate/keep.c) against the real port: one thread is both. */
#define _GNU_SOURCE

#include "host/backend/kvm/port.h"

#include <setjmp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "gate/keep.h"
#include "tests/check.h"

static union {
    struct gate_port port;
    uint8_t room[GATE_PORT_SIZE];
} shared;

static jmp_buf keep_is_over;

/* A server whose streams are ready when the test says so. */
static struct {
    bool ready;
    uint32_t order[16]; /* the calls that were done, by number and first argument */
    uint32_t count;
    int pipe[2]; /* what waiting calls wait for */
} server;

static enum port_tried fake_try(struct port *p, struct serve_call *c, struct port_work *work,
                                struct port_answer *a)
{
    (void)p;
    (void)work;
    if (c->call == GATE_MEMORY_GROW)
        return PORT_BROKEN;
    if (!server.ready && (c->call == GATE_STREAM_WRITE || c->call == GATE_STREAM_READ))
        return PORT_WAITS;
    if (c->call == GATE_STREAM_WRITE)
        a->value = c->sent_size;
    if (c->call == GATE_CLOCK)
        a->back_size = sizeof(struct gate_clock);
    if (c->call == GATE_EXIT)
        longjmp(keep_is_over, 1);
    if (server.count < 16)
        server.order[server.count++] = c->call << 8 | (uint32_t)c->args[0];
    return PORT_ANSWERED;
}

static uint32_t fake_waits(struct port *p, const struct serve_call *c, struct pollfd *out,
                           uint32_t room)
{
    (void)p;
    (void)c;
    if (room == 0)
        return 0;
    out[0] = (struct pollfd){ .fd = server.pipe[0], .events = POLLIN };
    return 1;
}

static void fake_cancel(struct port *p, const struct serve_call *c, const struct port_work *work,
                        struct port_answer *a)
{
    (void)p;
    (void)c;
    (void)work;
    (void)a;
}

static const struct port_ops fake = { fake_try, fake_waits, fake_cancel };

static atomic_bool server_awake;
static struct port port;
static struct gate gate;
static bool is_running = true, keep_woken, left, some;
static unsigned parks;

static bool still(void *context)
{
    (void)context;
    return is_running;
}

static void keep_park(void *context)
{
    (void)context;
    parks++;
    if (port_park(&port, still, &left) != ERR_OK)
        longjmp(keep_is_over, 1);
}

static void keep_bell(void *context)
{
    (void)context;
    if (port_attend(&port, false, &some) != ERR_OK)
        longjmp(keep_is_over, 1);
}

static bool keep_was_woken(void *context)
{
    (void)context;
    return keep_woken;
}

static const struct gate_ops ops = { keep_park, keep_bell, keep_was_woken };

static void begin(void)
{
    memset(&shared, 0, sizeof shared);
    memset(&port, 0, sizeof port);
    memset(&server, 0, sizeof server);
    parks = 0;
    keep_woken = left = false;
    if (pipe(server.pipe) != 0 ||
        port_init(&port, 0, &shared.port, false, &server_awake, &fake, NULL) != 0)
        abort();
    gate_init(&gate, &shared.port, &ops, NULL);
}

static void end(void)
{
    close(server.pipe[0]);
    close(server.pipe[1]);
    close(port.kick_fd);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void calls(void)
{
    struct gate_ask ask = { .call = GATE_CLOCK, .room = sizeof(struct gate_clock) };

    CASE("a call is answered in the park that tells of it");
    begin();
    gate_stage(&gate);
    CHECK_OK(gate_call(&gate, &ask));
    CHECK_EQ(parks, 1);
    CHECK(!left);
    end();

    CASE("what no honest keep asks ends it");
    begin();
    ask = (struct gate_ask){ .call = GATE_MEMORY_GROW, .args = { 0x100000000, 0x200000 } };
    if (setjmp(keep_is_over) == 0) {
        CHECK_NE(gate_call(&gate, &ask), ERR_OK);
        CHECK(false); /* it does not come back */
    }
    end();
}

static enum err post(uint32_t call, uint64_t handle, size_t sent)
{
    struct gate_ask ask = { .call = call, .args = { handle }, .sent = sent };

    memset(gate_stage(&gate), 'x', 8);
    return gate_post(&gate, &ask);
}

static void posted(void)
{
    CASE("posted writes wait for their stream, in order, while the vCPU runs");
    begin();
    CHECK_OK(post(GATE_STREAM_WRITE, 1, 3));
    CHECK_OK(post(GATE_STREAM_WRITE, 2, 3));
    CHECK_OK(post(GATE_STREAM_WRITE, 1, 3));
    CHECK_EQ(server.count, 0);
    CHECK_OK(port_attend(&port, false, &some));
    CHECK_EQ(server.count, 0);
    {
        struct pollfd waits[8];
        uint64_t deadline = UINT64_MAX;

        CHECK_EQ(port_waits(&port, waits, 8, &deadline), 2); /* the third waits for the first */
        CHECK_EQ(deadline, UINT64_MAX);
    }
    server.ready = true;
    CHECK_OK(port_attend(&port, false, &some));
    CHECK_EQ(server.count, 3);
    CHECK_EQ(server.order[0], GATE_STREAM_WRITE << 8 | 1);
    CHECK_EQ(server.order[1], GATE_STREAM_WRITE << 8 | 2);
    CHECK_EQ(server.order[2], GATE_STREAM_WRITE << 8 | 1);
    CHECK_OK(gate_flush(&gate));
    end();

    CASE("no bell is needed while the server looks by itself, and one is when it does not");
    begin();
    CHECK_EQ(shared.port.host_asleep, 1);
    CHECK_OK(port_attend(&port, true, &some));
    CHECK_EQ(shared.port.host_asleep, 0);
    CHECK_OK(gate_park(&gate, 0));
    CHECK_EQ(shared.port.host_asleep, 1);
    atomic_store(&server_awake, true);
    CHECK_OK(gate_park(&gate, 0));
    CHECK_EQ(shared.port.host_asleep, 0);
    atomic_store(&server_awake, false);
    CHECK_OK(port_attend(&port, false, &some));
    CHECK_EQ(shared.port.host_asleep, 1);
    end();

    CASE("a handle is closed after what was written to it");
    begin();
    CHECK_OK(post(GATE_STREAM_WRITE, 1, 3));
    CHECK_EQ(server.count, 0);
    server.ready = true;
    CHECK_OK(post(GATE_STREAM_CLOSE, 1, 0));
    CHECK_OK(gate_flush(&gate));
    CHECK_EQ(server.count, 2);
    CHECK_EQ(server.order[1], GATE_STREAM_CLOSE << 8 | 1);
    end();
}

static void ending(void)
{
    struct gate_ask ask = { .call = GATE_EXIT, .args = { 3 } };

    CASE("a keep ends, whatever waits for a stream that nobody reads");
    begin();
    CHECK_OK(post(GATE_STREAM_WRITE, 1, 3));
    CHECK_OK(port_attend(&port, false, &some));
    if (setjmp(keep_is_over) == 0) {
        gate_stage(&gate);
        (void)gate_call(&gate, &ask);
        CHECK(false); /* it does not come back */
    }
    end();
}

static void for_its_own_thread(void)
{
    static const struct gate_submission asked[] = {
        { .id = 1, .call = GATE_CLOCK, .data_room = sizeof(struct gate_clock) },
        { .id = 1, .call = GATE_LAUNCH, .data_room = 65536 },
    };

    CASE("what takes time is left to the thread of the vCPU that wants it");
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        begin();
        shared.port.submission[0] = asked[i];
        shared.port.submitted = 1;
        CHECK_OK(port_attend(&port, false, &some));
        CHECK_EQ(server.count, 0);
        CHECK_OK(port_park(&port, still, &left));
        CHECK_EQ(server.count, 1);
        end();
    }
}

static void waiting(void)
{
    struct gate_ask ask = { .call = GATE_STREAM_READ, .args = { 5, 4 }, .room = 4 };
    uint64_t start;

    CASE("a call that waits is cancelled when the keep is woken");
    begin();
    gate_stage(&gate);
    port_wake(&port); /* before the park: it returns at once */
    keep_woken = true;
    CHECK_OK(gate_call(&gate, &ask));
    CHECK_EQ(ask.refusal, GATE_REFUSED_CANCELLED);
    end();

    CASE("a park ends at its time");
    begin();
    start = now_ms();
    CHECK_OK(gate_park(&gate, 20000000));
    CHECK(now_ms() - start >= 19 && now_ms() - start < 2000);
    CHECK_OK(gate_park(&gate, 0));
    end();

    CASE("a park of a keep that is ending ends");
    begin();
    is_running = false;
    CHECK_OK(gate_park(&gate, GATE_FOREVER));
    is_running = true;
    end();

    CASE("a keep that rings is not held by an endless ring");
    begin();
    shared.port.submitted = 0x80000000u;
    CHECK_ERR(port_attend(&port, false, &some), ERR_MALFORMED);
    end();
}

int main(void)
{
    calls();
    posted();
    ending();
    for_its_own_thread();
    waiting();
    return check_done();
}

#include "gate/keep.h"

#include <stdlib.h>

#include "base/num.h"
#include "gate/serve.h"
#include "tests/check.h"

/* An honest host on the other side: each park serves the port once. */
static struct gate_port *port;
static struct serve s;
static struct gate g;
static struct {
    unsigned parks, bells, closed;
    bool is_holding; /* waiting calls are left until a CANCEL */
    bool is_deaf;    /* takes, and answers nothing */
    bool woken;
    uint64_t park_ns;    /* the last one */
    unsigned one_by_one; /* answers at most so many in a park; 0: all */
    enum gate_refusal refuse_writes;
    bool writes_half;
    uint8_t wrote[1 << 20];
    size_t wrote_size;
} host;

static void answer(struct serve_call *c, enum gate_refusal refusal, uint64_t value, size_t size)
{
    CHECK_OK(serve_answer(&s, c, refusal, value, (uint32_t)size));
}

static void serve_write(struct serve_call *c)
{
    size_t size = host.writes_half ? (c->sent_size + 1) / 2 : c->sent_size;

    if (host.refuse_writes != GATE_OK) {
        answer(c, host.refuse_writes, 0, 0);
        return;
    }
    if (CHECK(host.wrote_size + size <= sizeof host.wrote)) {
        memcpy(host.wrote + host.wrote_size, c->sent, size);
        host.wrote_size += size;
    }
    answer(c, GATE_OK, size, 0);
}

static void serve_cancel(struct serve_call *c)
{
    struct serve_call *target = serve_find(&s, (uint32_t)c->args[0]);

    if (target != NULL)
        answer(target, GATE_REFUSED_CANCELLED, 0, 0);
    answer(c, target != NULL ? GATE_OK : GATE_REFUSED_AGAIN, 0, 0);
}

static void serve_one(struct serve_call *c)
{
    switch (c->call) {
    case GATE_STREAM_READ:
        if (host.is_holding)
            return;
        memset(c->back, 'r', c->args[1]);
        answer(c, GATE_OK, c->args[1], c->args[1]);
        break;
    case GATE_STREAM_WRITE: serve_write(c); break;
    case GATE_STREAM_CLOSE:
        host.closed++;
        answer(c, GATE_OK, 0, 0);
        break;
    case GATE_CANCEL: serve_cancel(c); break;
    case GATE_CLOCK: answer(c, GATE_OK, 0, sizeof(struct gate_clock)); break;
    case GATE_EXIT: break;
    default: answer(c, GATE_OK, 0, 0); break;
    }
}

/* The oldest first, as far as this park goes. */
static void host_park(void *context)
{
    struct serve_call *c;
    unsigned served = 0;

    (void)context;
    host.parks++;
    host.park_ns = serve_park_ns(&s);
    if (host.parks > 10000)
        abort(); /* the keep waits for what never comes */
    do
        CHECK_OK(serve_take(&s, &c));
    while (c != NULL);
    while (!host.is_deaf && (host.one_by_one == 0 || served < host.one_by_one)) {
        c = NULL;
        for (size_t i = 0; i < COUNT_OF(s.flight); i++)
            if (s.flight[i].call != 0 && s.flight[i].note == NULL &&
                (c == NULL || s.flight[i].order < c->order))
                c = &s.flight[i];
        if (c == NULL)
            break;
        c->note = c; /* seen */
        serve_one(c);
        served++;
    }
}

static void host_bell(void *context)
{
    (void)context;
    host.bells++;
}

static bool host_woken(void *context)
{
    (void)context;
    return host.woken;
}

static const struct gate_ops ops = { .park = host_park, .bell = host_bell, .woken = host_woken };

static void begin(const char *name)
{
    CASE(name);
    memset(port, 0, GATE_PORT_SIZE);
    memset(&host, 0, sizeof host);
    serve_init(&s, port, false);
    gate_init(&g, port, &ops, NULL);
}

static struct gate_ask read_of(uint64_t size)
{
    return (struct gate_ask){ .call = GATE_STREAM_READ, .args = { 3, size }, .room = size };
}

static struct gate_ask write_of(uint32_t handle, size_t size, int fill)
{
    memset(gate_stage(&g), fill, size);
    return (struct gate_ask){ .call = GATE_STREAM_WRITE, .args = { handle }, .sent = size };
}

static void test_call(void)
{
    struct gate_ask ask;

    begin("a read");
    ask = read_of(100);
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.refusal, GATE_OK);
    CHECK_EQ(ask.value, 100);
    CHECK_EQ(ask.back.size, 100);
    CHECK_EQ(ask.back.data[99], 'r');
    CHECK_EQ(host.parks, 1);
    CHECK_EQ(host.park_ns, GATE_FOREVER);
    CHECK_EQ(host.bells, 0);
    CHECK_EQ(port->collected, 1);

    begin("a write, and a refusal");
    ask = write_of(1, 5, 'w');
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.value, 5);
    CHECK_BYTES(((struct bytes){ host.wrote, host.wrote_size }), BYTES_TEXT("wwwww"));
    host.refuse_writes = GATE_REFUSED_PIPE;
    ask = write_of(1, 5, 'w');
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.refusal, GATE_REFUSED_PIPE);
    CHECK_EQ(ask.value, 0);

    begin("a thousand calls around the rings, and around the numbers");
    g.submitted = g.taken = g.collected = s.taken = s.completed = UINT32_MAX - 500;
    port->submitted = port->taken = port->collected = port->completed = UINT32_MAX - 500;
    g.next_id = UINT32_MAX - 300;
    for (unsigned i = 0; i < 1000; i++) {
        ask = read_of(i);
        CHECK_OK(gate_call(&g, &ask));
        CHECK_EQ(ask.back.size, i);
    }
    CHECK_EQ(host.parks, 1000);
}

static void test_usage(void)
{
    struct gate_ask ask;

    begin("our own bugs are not put out");
    ask = (struct gate_ask){ .call = 0 };
    CHECK_ERR(gate_call(&g, &ask), ERR_USAGE);
    ask = (struct gate_ask){ .call = GATE_STREAM_READ, .args = { 3, 5 }, .room = 4 };
    CHECK_ERR(gate_call(&g, &ask), ERR_USAGE);
    ask = (struct gate_ask){ .call = GATE_STREAM_READ, .room = (size_t)1 << 32 };
    CHECK_ERR(gate_call(&g, &ask), ERR_USAGE);
    ask = (struct gate_ask){ .call = GATE_STREAM_WRITE, .sent = 65537 };
    CHECK_ERR(gate_call(&g, &ask), ERR_USAGE);
    ask = (struct gate_ask){ .call = GATE_CANCEL, .args = { 1 } };
    CHECK_ERR(gate_call(&g, &ask), ERR_USAGE);
    ask = read_of(5);
    CHECK_ERR(gate_post(&g, &ask), ERR_USAGE);
    CHECK_EQ(port->submitted, 0);
    CHECK_EQ(host.parks, 0);

    begin("data that was not staged since the last post");
    ask = write_of(1, 5, 'a');
    CHECK_OK(gate_post(&g, &ask));
    CHECK_ERR(gate_post(&g, &ask), ERR_USAGE);
    CHECK_ERR(gate_call(&g, &ask), ERR_USAGE);
}

static void test_post(void)
{
    struct gate_ask ask;

    begin("posted writes do not wait, and keep their order and their bytes");
    for (int i = 0; i < 8; i++) {
        ask = write_of(1, 1000, 'a' + i);
        CHECK_OK(gate_post(&g, &ask));
        CHECK_EQ(ask.value, 1000);
    }
    CHECK_EQ(host.parks, 0);
    CHECK_OK(gate_flush(&g));
    CHECK_EQ(host.wrote_size, 8000);
    for (size_t i = 0; i < 8000; i++)
        CHECK_EQ(host.wrote[i], 'a' + i / 1000);
    CHECK_EQ(gate_posted_refusal(&g, 1), GATE_OK);
    CHECK_OK(gate_flush(&g));
    CHECK_EQ(host.parks, 1);

    begin("one more than there are places waits for one");
    host.one_by_one = 1;
    for (int i = 0; i < (int)GATE_POSTED_MAX + 1; i++) {
        ask = write_of(1, 10, 'A' + i);
        CHECK_OK(gate_post(&g, &ask));
    }
    CHECK_EQ(host.parks, 1);
    CHECK_EQ(host.wrote_size, 10);

    begin("large ones wait for room in the data area, and mix with small ones");
    host.one_by_one = 1;
    for (unsigned i = 0; i < 60; i++) {
        ask = write_of(1, i % 3 == 0 ? 65536 : 1 + i, 'A' + (int)(i % 50));
        CHECK_OK(gate_post(&g, &ask));
        if (host.wrote_size > sizeof host.wrote / 2)
            break;
    }
    CHECK_OK(gate_flush(&g));
    for (size_t i = 0, at = 0; at < host.wrote_size; i++)
        for (size_t end = at + (i % 3 == 0 ? 65536 : 1 + i); at < end; at++)
            if (!CHECK_EQ(host.wrote[at], 'A' + i % 50))
                return;

    begin("a call with an answer does not write over what is posted");
    ask = write_of(1, 65536, 'p');
    CHECK_OK(gate_post(&g, &ask));
    ask = read_of(65536);
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.back.data[0], 'r');
    CHECK_EQ(host.wrote[0], 'p');
    CHECK_EQ(host.wrote[65535], 'p');

    begin("the bell rings where the host sleeps, and only there");
    ask = write_of(1, 1, 'x');
    CHECK_OK(gate_post(&g, &ask));
    CHECK_EQ(host.bells, 0);
    serve_sleeps(&s, true);
    ask = (struct gate_ask){ .call = GATE_WAKE, .args = { 2, GATE_WAKE_INTERRUPT } };
    CHECK_OK(gate_post(&g, &ask));
    CHECK_EQ(host.bells, 1);
}

static void test_late(void)
{
    struct gate_ask ask;

    begin("a refusal of a posted write is kept until somebody asks");
    host.refuse_writes = GATE_REFUSED_PIPE;
    ask = write_of(7, 1, 'x');
    CHECK_OK(gate_post(&g, &ask));
    CHECK_EQ(gate_posted_refusal(&g, 7), GATE_OK);
    host_park(NULL);
    host.refuse_writes = GATE_REFUSED_NOSPC;
    ask = write_of(7, 1, 'x');
    CHECK_OK(gate_post(&g, &ask));
    CHECK_OK(gate_flush(&g));
    CHECK_EQ(gate_posted_refusal(&g, 8), GATE_OK);
    CHECK_EQ(gate_posted_refusal(&g, 7), GATE_REFUSED_PIPE);
    CHECK_EQ(gate_posted_refusal(&g, 7), GATE_OK);

    begin("a posted write that took a part is a failure");
    host.writes_half = true;
    ask = write_of(7, 4, 'x');
    CHECK_OK(gate_post(&g, &ask));
    CHECK_OK(gate_flush(&g));
    CHECK_EQ(gate_posted_refusal(&g, 7), GATE_REFUSED_IO);

    begin("refusals of more handles than there are places are not lost");
    host.refuse_writes = GATE_REFUSED_RESET;
    for (uint32_t h = 0; h < GATE_POSTED_MAX + 12; h++) {
        ask = write_of(h, 1, 'x');
        CHECK_OK(gate_post(&g, &ask));
        if (h >= GATE_POSTED_MAX)
            CHECK_EQ(ask.refusal, GATE_REFUSED_RESET);
    }
    for (uint32_t h = 0; h < GATE_POSTED_MAX; h++)
        CHECK_EQ(gate_posted_refusal(&g, h), GATE_REFUSED_RESET);

    begin("a closed handle's refusal does not meet the next owner of the number");
    host.refuse_writes = GATE_REFUSED_RESET;
    ask = write_of(5, 1, 'x');
    CHECK_OK(gate_post(&g, &ask));
    ask = (struct gate_ask){ .call = GATE_STREAM_CLOSE, .args = { 5 } };
    CHECK_OK(gate_post(&g, &ask));
    CHECK_EQ(host.parks, 1); /* the write was answered first */
    CHECK_EQ(host.closed, 0);
    CHECK_OK(gate_flush(&g));
    CHECK_EQ(host.closed, 1);
    CHECK_EQ(gate_posted_refusal(&g, 5), GATE_OK);
}

static void test_cancel(void)
{
    struct gate_ask ask;

    begin("a call that waits is given up when there is a reason");
    host.is_holding = true;
    host.woken = true;
    ask = read_of(10);
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.refusal, GATE_REFUSED_CANCELLED);
    CHECK_EQ(ask.back.size, 0);

    begin("what was done by then stays done");
    host.woken = true;
    ask = read_of(10);
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.refusal, GATE_OK);
    CHECK_EQ(ask.value, 10);

    begin("nothing is left of either");
    host.woken = true;
    for (unsigned i = 0; i < 200; i++) {
        host.is_holding = i % 2 == 0;
        ask = read_of(10);
        CHECK_OK(gate_call(&g, &ask));
    }
    for (size_t i = 0; i < COUNT_OF(g.pending); i++)
        CHECK_EQ(g.pending[i].id, 0);

    begin("what cannot be cancelled is waited for");
    host.woken = true;
    ask = (struct gate_ask){ .call = GATE_CLOCK, .room = 32 };
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(port->submitted, 1);

    begin("a cancelled call while everything else is in flight");
    host.is_holding = true;
    host.woken = true;
    for (int i = 0; i < (int)GATE_POSTED_MAX; i++) {
        ask = write_of(1, 10, 'a');
        CHECK_OK(gate_post(&g, &ask));
    }
    ask = read_of(10);
    CHECK_OK(gate_call(&g, &ask));
    CHECK_EQ(ask.refusal, GATE_REFUSED_CANCELLED);
}

static void test_park(void)
{
    struct gate_ask ask;

    begin("a park says how long");
    CHECK_OK(gate_park(&g, 1234));
    CHECK_EQ(host.park_ns, 1234);
    CHECK_EQ(host.parks, 1);

    begin("exit tells the code, and ends even a gate that is dead");
    port->completed = 5;
    ask = read_of(10);
    CHECK_ERR(gate_call(&g, &ask), ERR_HOST);
    CHECK_ERR(gate_call(&g, &ask), ERR_HOST);
    CHECK_ERR(gate_post(&g, &(struct gate_ask){ .call = GATE_WAKE }), ERR_HOST);
    CHECK_ERR(gate_flush(&g), ERR_HOST);
    CHECK_ERR(gate_park(&g, 0), ERR_HOST);
    CHECK_EQ(port->submitted, 1);
    host.parks = 0;
    ask = (struct gate_ask){ .call = GATE_EXIT, .args = { GATE_EXIT_HOST, GATE_END_HOST } };
    CHECK_ERR(gate_call(&g, &ask), ERR_HOST);
    CHECK_EQ(host.parks, 1);
    CHECK_EQ(port->submission[1].call, GATE_EXIT);
    CHECK_EQ(port->submission[1].args[0], GATE_EXIT_HOST);
}

int main(void)
{
    port = aligned_alloc(4096, GATE_PORT_SIZE);
    if (port == NULL)
        return 1;
    test_call();
    test_usage();
    test_post();
    test_late();
    test_cancel();
    test_park();
    free(port);
    return check_done();
}

#include "gate/serve.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"

static struct gate_port *port;
static struct serve s;

static void begin(const char *name)
{
    CASE(name);
    memset(port, 0, GATE_PORT_SIZE);
    serve_init(&s, port, false);
}

static void put(struct gate_submission one)
{
    port->submission[port->submitted % GATE_RING_COUNT] = one;
    port->submitted++;
}

static struct gate_submission read_of(uint32_t id)
{
    return (struct gate_submission){
        .call = GATE_STREAM_READ, .id = id, .args = { 3, 100 }, .data_at = 64, .data_room = 100
    };
}

static const struct {
    const char *name;
    struct gate_submission s;
} broken[] = {
    { "call 0", { .id = 1 } },
    { "call 21", { .id = 1, .call = 21 } },
    { "call 2^32-1", { .id = 1, .call = UINT32_MAX } },
    { "id 0", { .call = GATE_LAUNCH } },
    { "a reserved field", { .call = GATE_LAUNCH, .id = 1, .zero = 1 } },
    { "the other one", { .call = GATE_LAUNCH, .id = 1, .zero64 = 1 } },
    { "data behind the area",
      { .call = GATE_STREAM_WRITE, .id = 1, .data_at = GATE_DATA_SIZE, .data_sent = 1 } },
    { "data far behind it",
      { .call = GATE_STREAM_WRITE, .id = 1, .data_at = UINT32_MAX, .data_sent = 1 } },
    { "data that reaches beyond",
      { .call = GATE_STREAM_WRITE, .id = 1, .data_at = GATE_DATA_SIZE - 99, .data_sent = 100 } },
    { "room that reaches beyond",
      { .call = GATE_STREAM_READ, .id = 1, .data_at = GATE_DATA_SIZE - 99, .data_room = 100 } },
    { "data around the number space",
      { .call = GATE_STREAM_WRITE, .id = 1, .data_at = 64, .data_sent = UINT32_MAX - 32 } },
    { "more data than the call has", { .call = GATE_STREAM_WRITE, .id = 1, .data_sent = 65537 } },
    { "arguments that break the contract",
      { .call = GATE_STREAM_READ, .id = 1, .args = { GATE_HANDLES_MAX } } },
    { "a debug call of another keep",
      { .call = GATE_DEBUG, .id = 1, .args = { GATE_DEBUG_TEXT }, .data_sent = 1 } },
};

static void test_broken(void)
{
    struct serve_call *c;

    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        begin(broken[i].name);
        put(broken[i].s);
        CHECK_ERR(serve_take(&s, &c), ERR_MALFORMED);
        CHECK_NULL(c);
        CHECK_EQ(port->taken, 0);
    }
    begin("a debug call of a debug keep");
    s.is_debug = true;
    put(broken[COUNT_OF(broken) - 1].s);
    CHECK_OK(serve_take(&s, &c));
    CHECK(c != NULL);
}

static void test_honest(void)
{
    struct serve_call *c, *second;

    begin("nothing to take");
    CHECK_OK(serve_take(&s, &c));
    CHECK_NULL(c);

    begin("a call, and its answer");
    put(read_of(77));
    CHECK_OK(serve_take(&s, &c));
    if (!CHECK(c != NULL))
        return;
    CHECK_EQ(port->taken, 1);
    CHECK_EQ(c->call, GATE_STREAM_READ);
    CHECK(c->sent == (uint8_t *)port + GATE_DATA_AT + 64);
    CHECK(c->back == c->sent);
    CHECK_EQ(c->back_room, 100);
    CHECK(serve_find(&s, 77) == c);
    CHECK(!serve_has_answer(&s));
    CHECK_OK(serve_answer(&s, c, GATE_OK, 5, 5));
    CHECK(serve_has_answer(&s));
    CHECK_EQ(port->completed, 1);
    CHECK_EQ(port->completion[0].id, 77);
    CHECK_EQ(port->completion[0].value, 5);
    CHECK_EQ(port->completion[0].data_size, 5);
    CHECK_NULL(serve_find(&s, 77));
    port->collected = 1;
    CHECK(!serve_has_answer(&s));

    begin("many in flight keep their order, and are answered in any");
    put(read_of(1));
    put(read_of(2));
    CHECK_OK(serve_take(&s, &c));
    CHECK_OK(serve_take(&s, &second));
    CHECK(c->order < second->order);
    CHECK_OK(serve_answer(&s, second, GATE_REFUSED_IO, 0, 0));
    CHECK_OK(serve_answer(&s, c, GATE_OK, 0, 0));
    CHECK_EQ(port->completion[0].id, 2);
    CHECK_EQ(port->completion[1].id, 1);

    begin("indices wrap");
    s.taken = port->submitted = s.completed = port->collected = UINT32_MAX;
    put(read_of(5));
    CHECK_OK(serve_take(&s, &c));
    CHECK_OK(serve_answer(&s, c, GATE_OK, 0, 0));
    CHECK_EQ(port->taken, 0);
    CHECK_EQ(port->completed, 0);
    CHECK_EQ(port->completion[31].id, 5);

    begin("what the keep says of its sleep, and the host of its own");
    port->park_ns = 12345;
    CHECK_EQ(serve_park_ns(&s), 12345);
    serve_sleeps(&s, true);
    CHECK_EQ(port->host_asleep, 1);
    serve_sleeps(&s, false);
    CHECK_EQ(port->host_asleep, 0);
}

static void test_rings(void)
{
    struct serve_call *c;

    begin("an index that jumps");
    port->submitted = GATE_RING_COUNT + 1;
    CHECK_ERR(serve_take(&s, &c), ERR_MALFORMED);

    begin("an index that goes back");
    put(read_of(1));
    CHECK_OK(serve_take(&s, &c));
    port->submitted = 0;
    CHECK_ERR(serve_take(&s, &c), ERR_MALFORMED);

    begin("one id twice");
    put(read_of(1));
    put(read_of(1));
    CHECK_OK(serve_take(&s, &c));
    CHECK_ERR(serve_take(&s, &c), ERR_MALFORMED);

    begin("an id may be used again when it was answered");
    put(read_of(1));
    CHECK_OK(serve_take(&s, &c));
    CHECK_OK(serve_answer(&s, c, GATE_OK, 0, 0));
    put(read_of(1));
    CHECK_OK(serve_take(&s, &c));
    CHECK(c != NULL);

    begin("more in flight than there are completions");
    for (uint32_t id = 1; id <= GATE_RING_COUNT; id++) {
        put(read_of(id));
        CHECK_OK(serve_take(&s, &c));
    }
    put(read_of(99));
    CHECK_ERR(serve_take(&s, &c), ERR_MALFORMED);

    begin("a keep that does not collect");
    for (uint32_t id = 1; id <= GATE_RING_COUNT; id++) {
        put(read_of(id));
        CHECK_OK(serve_take(&s, &c));
        CHECK_OK(serve_answer(&s, c, GATE_OK, 0, 0));
    }
    put(read_of(99));
    CHECK_OK(serve_take(&s, &c));
    CHECK_ERR(serve_answer(&s, c, GATE_OK, 0, 0), ERR_MALFORMED);
    CHECK(c->call != 0);

    begin("a keep that has collected what was never answered");
    put(read_of(1));
    CHECK_OK(serve_take(&s, &c));
    port->collected = 1;
    CHECK_ERR(serve_answer(&s, c, GATE_OK, 0, 0), ERR_MALFORMED);
}

static const struct {
    const char *name;
    enum gate_refusal refusal;
    uint64_t value;
    uint32_t size;
} dishonest[] = {
    { "a loader that answers more than was asked", GATE_OK, 101, 101 },
    { "a loader whose value is not its size", GATE_OK, 5, 6 },
    { "a loader that refuses what it may not", GATE_REFUSED_PIPE, 0, 0 },
    { "a loader that refuses and answers", GATE_REFUSED_IO, 5, 5 },
};

static void test_answers(void)
{
    struct serve_call *c;

    for (size_t i = 0; i < COUNT_OF(dishonest); i++) {
        begin(dishonest[i].name);
        put(read_of(1));
        CHECK_OK(serve_take(&s, &c));
        CHECK_ERR(serve_answer(&s, c, dishonest[i].refusal, dishonest[i].value, dishonest[i].size),
                  ERR_USAGE);
        CHECK_EQ(port->completed, 0);
        CHECK(c->call != 0);
    }
}

int main(void)
{
    port = aligned_alloc(4096, GATE_PORT_SIZE);
    if (port == NULL)
        return 1;
    test_honest();
    test_broken();
    test_rings();
    test_answers();
    free(port);
    return check_done();
}

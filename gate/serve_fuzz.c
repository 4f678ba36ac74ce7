/* Covers: serve_take serve_answer serve_find gate_ask_holds */
#include "gate/serve.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gate/call.h"
#include "gate/contract.h"

/* The input is a keep that does what it likes to the port, and what the loader
 * answers. Whatever is taken lies in the port and holds the contract; whatever is
 * answered is what the keep may believe. */
static struct gate_port *port;
static struct serve s;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Any bytes, anywhere in the port. */
static void scribble(struct reader *r)
{
    size_t at = reader_u16le(r) % sizeof *port, size = reader_u8(r);
    struct bytes b = reader_take(r, size < sizeof *port - at ? size : sizeof *port - at);

    if (b.size != 0)
        memcpy((uint8_t *)port + at, b.data, b.size);
}

/* A submission that is nearly right: its fields are small numbers. */
static void submit(struct reader *r)
{
    struct gate_submission one = {
        .call = reader_u8(r) % 24,
        .id = reader_u8(r),
        .args = { reader_u8(r), reader_u16le(r), reader_u8(r) % 4 },
        .data_at = (uint32_t)reader_u8(r) << 10,
        .data_sent = reader_u16le(r),
        .data_room = reader_u16le(r),
    };
    uint8_t wide = reader_u8(r);

    if (wide < 3)
        one.args[wide] = reader_u64le(r);
    port->submission[port->submitted % GATE_RING_COUNT] = one;
    port->submitted++;
}

static void taken_holds(const struct serve_call *c)
{
    const uint8_t *start = (const uint8_t *)port + GATE_DATA_AT;
    const uint8_t *end = (const uint8_t *)port + GATE_PORT_SIZE;
    const struct gate_asked asked = {
        .call = c->call,
        .sent = c->sent_size,
        .room = c->back_room,
        .args = { c->args[0], c->args[1], c->args[2], c->args[3] },
    };
    uint8_t sum = 0;

    must(gate_ask_holds(&asked));
    must(c->sent >= start && c->sent <= end && c->sent_size <= (size_t)(end - c->sent));
    must(c->back >= start && c->back <= end && c->back_room <= (size_t)(end - c->back));
    for (uint32_t i = 0; i < c->sent_size; i++)
        sum = (uint8_t)(sum + c->sent[i]);
    memset(c->back, sum, c->back_room);
    must(serve_find(&s, c->id) == c);
}

static void answer(struct reader *r)
{
    struct serve_call *c = &s.flight[reader_u8(r) % SERVE_FLIGHT_MAX];
    enum gate_refusal refusal = reader_u8(r) % 12;
    uint64_t value = reader_u16le(r);
    uint32_t size = reader_u8(r) % 2 == 0 ? (uint32_t)value : reader_u16le(r);
    struct serve_call before = *c;
    uint32_t completed = s.completed;

    if (c->call == 0)
        return;
    if (serve_answer(&s, c, refusal, value, size) != ERR_OK) {
        must(c->call == before.call && s.completed == completed);
        return;
    }
    must(c->call == 0 && s.completed == completed + 1 && port->completed == s.completed);
    must(size <= before.back_room && value <= gate_rule_of(before.call)->value_max);
    must(port->completion[completed % GATE_RING_COUNT].id == before.id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of((struct bytes){ data, size });

    /* Of exactly this size: a sanitizer sees one byte too far. */
    port = aligned_alloc(4096, GATE_PORT_SIZE);
    must(port != NULL);
    memset(port, 0, GATE_PORT_SIZE);
    serve_init(&s, port, size % 2 != 0);
    while (reader_ok(&r) && !reader_done(&r)) {
        struct serve_call *c = NULL;

        switch (reader_u8(&r) % 6) {
        case 0: scribble(&r); break;
        case 1: answer(&r); break;
        case 2: port->collected = s.completed; break;
        case 3:
            (void)serve_has_answer(&s);
            (void)serve_park_ns(&s);
            serve_sleeps(&s, true);
            break;
        case 4: submit(&r); [[fallthrough]];
        default:
            if (serve_take(&s, &c) != ERR_OK)
                must(c == NULL);
            if (c != NULL)
                taken_holds(c);
            break;
        }
    }
    free(port);
    return 0;
}

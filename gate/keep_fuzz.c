/* Covers: gate_call gate_post gate_flush gate_park gate_stage gate_collect gate_answer_holds */
#include "gate/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gate/call.h"

/* The input is the program in the keep and, at every park, the host. When it has run
 * out, the host tells a lie that ends the keep: nothing waits for ever. A call that
 * comes back has an answer that the contract permits, and lies in the port. */
static struct gate_port *port;
static struct {
    uint64_t before;
    struct gate gate;
    uint64_t after;
} room;
static struct reader r;
static unsigned parks;

#define CANARY 0x5ca1ab1ef00dull

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void complete(const struct gate_completion *c)
{
    port->completion[port->completed % GATE_RING_COUNT] = *c;
    port->completed++;
}

/* What an honest host would say to the submission at that index, and then perhaps
 * one field of it changed. */
static void answer(uint32_t index)
{
    const struct gate_submission *sub = &port->submission[index % GATE_RING_COUNT];
    struct gate_completion c = { .id = sub->id };

    switch (sub->call) {
    case GATE_STREAM_READ:
    case GATE_BLOCK_READ:
    case GATE_EVIDENCE: c.value = c.data_size = sub->data_room; break;
    case GATE_SEAL_KEY: c.value = c.data_size = 32; break;
    case GATE_CLOCK: c.data_size = 32; break;
    case GATE_STREAM_WRITE:
    case GATE_BLOCK_WRITE: c.value = sub->data_sent; break;
    case GATE_STREAM_POLL:
        c.value = sub->data_sent / sizeof(struct gate_poll);
        c.data_size = sub->data_sent;
        break;
    default: break;
    }
    switch (reader_u8(&r) % 16) {
    case 0: c.id = reader_u8(&r); break;
    case 1: c.refusal = reader_u8(&r) % 12; break;
    case 2: c.value = reader_u64le(&r); break;
    case 3: c.data_size = reader_u32le(&r); break;
    case 4: c.zero = reader_u8(&r); break;
    case 5: c.zero64 = reader_u8(&r); break;
    case 6: /* a refusal as it should be */
        c = (struct gate_completion){ .id = sub->id, .refusal = reader_u8(&r) % 9 };
        break;
    default: break;
    }
    complete(&c);
}

static void scribble(void)
{
    size_t at = reader_u16le(&r) % sizeof *port, size = reader_u8(&r);
    struct bytes b = reader_take(&r, size < sizeof *port - at ? size : sizeof *port - at);

    if (b.size != 0)
        memcpy((uint8_t *)port + at, b.data, b.size);
}

/* Each step is the host's; it comes back from the park when the input says so. */
static void host_park(void *context)
{
    (void)context;
    if (++parks > 64 || reader_done(&r) || !reader_ok(&r)) {
        port->completed = room.gate.collected + GATE_RING_COUNT + 1;
        return;
    }
    for (uint8_t steps = reader_u8(&r) % 16; steps > 0; steps--) {
        switch (reader_u8(&r) % 8) {
        case 0: scribble(); break;
        case 1: port->completed = reader_u32le(&r); break;
        case 2: port->taken = reader_u32le(&r); break;
        case 3: complete(&(struct gate_completion){ .id = reader_u8(&r) }); break;
        case 4: answer(room.gate.submitted - 1 - reader_u8(&r) % 12); break;
        default:
            port->taken = room.gate.submitted;
            answer(room.gate.submitted - 1);
            break;
        }
    }
}

static void host_bell(void *context) { (void)context; }

static bool host_woken(void *context)
{
    (void)context;
    return reader_u8(&r) % 4 == 0;
}

static const struct gate_ops ops = { .park = host_park, .bell = host_bell, .woken = host_woken };

static void back_holds(const struct gate_ask *ask)
{
    const struct gate_asked asked = {
        .call = ask->call,
        .sent = (uint32_t)ask->sent,
        .room = (uint32_t)ask->room,
        .cancelled = true,
        .args = { ask->args[0], ask->args[1], ask->args[2], ask->args[3] },
    };
    const struct gate_completion c = {
        .refusal = ask->refusal,
        .value = ask->value,
        .data_size = (uint32_t)ask->back.size,
    };
    const uint8_t *start = (const uint8_t *)port + GATE_DATA_AT;
    const uint8_t *end = (const uint8_t *)port + GATE_PORT_SIZE;

    must(ask->back.size <= ask->room && gate_answer_holds(&asked, &c));
    must(ask->back.data >= start && ask->back.data <= end);
    must(ask->back.size <= (size_t)(end - ask->back.data));
}

static void program_call(struct gate *g)
{
    struct gate_ask ask = {
        .call = reader_u8(&r) % 22,
        .args = { reader_u8(&r), reader_u16le(&r), reader_u8(&r) % 4 },
        .sent = reader_u16le(&r),
        .room = reader_u16le(&r),
    };
    const struct gate_rule *rule = gate_rule_of(ask.call);
    bool posts = reader_u8(&r) % 2 == 0;
    uint8_t *stage;

    if (rule == NULL || ask.call == GATE_EXIT)
        return;
    /* Mostly within the contract, so that the host is asked at all. */
    ask.sent = ask.sent < rule->sent_max ? ask.sent : rule->sent_max;
    ask.room = ask.room < rule->back_max ? ask.room : rule->back_max;
    if (ask.call == GATE_STREAM_POLL)
        ask.sent = ask.room = ask.sent / 16 * 16;
    if (ask.call == GATE_CLOCK || ask.call == GATE_STREAM_CLOSE || ask.call == GATE_STREAM_POLL)
        ask.args[1] = ask.args[2] = 0;
    stage = gate_stage(g);
    memset(stage, 0x77, ask.sent);
    if (posts && (rule->flags & GATE_POSTED) != 0)
        (void)!gate_post(g, &ask);
    else if (gate_call(g, &ask) == ERR_OK)
        back_holds(&ask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    r = reader_of((struct bytes){ data, size });
    parks = 0;
    port = aligned_alloc(4096, GATE_PORT_SIZE);
    must(port != NULL);
    memset(port, 0, GATE_PORT_SIZE);
    room.before = room.after = CANARY;
    gate_init(&room.gate, port, &ops, NULL);

    for (unsigned step = 0; step < 200 && reader_ok(&r) && !reader_done(&r); step++) {
        bool was_dead = room.gate.dead;
        uint32_t submitted = room.gate.submitted;

        switch (reader_u8(&r) % 8) {
        case 0: (void)!gate_flush(&room.gate); break;
        case 1: (void)!gate_park(&room.gate, step); break;
        case 2: (void)gate_posted_refusal(&room.gate, reader_u8(&r)); break;
        default: program_call(&room.gate); break;
        }
        must(room.before == CANARY && room.after == CANARY);
        must(room.gate.port == port && room.gate.ops == &ops);
        /* Once dead, for ever dead, and silent. */
        must(!was_dead || (room.gate.dead && room.gate.submitted == submitted));
    }
    free(port);
    return 0;
}

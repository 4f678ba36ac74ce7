/* LAUNCH: each claim wrong in turn, over the gate, into the check that the keep makes
 * of its own copy. gate/launch_test.c has the claims by name; here is every bit. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "gate/launch.h"
#include "gate/place.h"
#include "tests/liar/more.h"

struct record {
    struct gate_launch head;
    struct gate_handle handle[5];
};

static struct record record; /* what the host says */
static union {
    uint64_t align;
    uint8_t bytes[65536];
} copy;

static struct record honest(void)
{
    struct record r = {
        .head = { .version = GATE_VERSION, .handles_count = 5, .tsc_khz = 3000000,
                  .cpu_count = 2, .memory_max = (uint64_t)1 << 30,
                  .clock = { .tsc = 1, .monotonic_ns = 1, .realtime_ns = 1 } },
        .handle = {
            { .fd = 0, .kind = GATE_HANDLE_STREAM, .type = GATE_TYPE_PIPE, .handle = 1,
              .flags = GATE_HANDLE_READ },
            { .fd = 2, .kind = GATE_HANDLE_LISTENER, .type = GATE_TYPE_SOCKET, .handle = 2 },
            { .fd = 4, .kind = GATE_HANDLE_BLOCK, .type = GATE_TYPE_FILE, .handle = 4,
              .flags = GATE_HANDLE_READ | GATE_HANDLE_WRITE, .size = 1 << 20 },
            { .fd = 8, .kind = GATE_HANDLE_INPUT, .type = GATE_TYPE_FILE,
              .flags = GATE_HANDLE_READ, .gpa = PLACE_INPUT_GPA, .size = 100 },
            { .fd = 16, .kind = GATE_HANDLE_INPUT, .type = GATE_TYPE_FILE,
              .flags = GATE_HANDLE_READ, .gpa = PLACE_INPUT_GPA + PLACE_PAGE_LARGE,
              .size = 1 << 20 },
        },
    };

    return r;
}

/* The host's park: the record as it is now, of the size that l->number says. */
static void say(struct liar *l)
{
    struct gate_submission *s = liar_submission(l, l->victim);
    struct gate_completion a = { .id = s->id, .data_size = (uint32_t)l->number };
    uint8_t *data = (uint8_t *)l->port + GATE_DATA_AT + s->data_at;

    memset(data, 0, s->data_room);
    memcpy(data, &record, num_min(sizeof record, (size_t)l->number));
    liar_take(l);
    liar_complete(l, &a);
}

/* As the shim does it: call, copy once, check the copy. */
static enum err launch(size_t size, struct record *out)
{
    static const struct liar_case launch_case = { .name = "launch",
                                                  .call = GATE_LAUNCH,
                                                  .room = 65536 };
    const struct gate_launch *head;
    const struct gate_handle *handles;

    liar_begin(&launch_case);
    liar.park = say;
    liar.number = size;
    liar_try();
    if (liar_last()->e != ERR_OK)
        return liar_last()->e;
    memcpy(copy.bytes, liar_last()->bytes, liar_last()->copied);
    TRY(gate_launch_check(&head, &handles, (struct bytes){ copy.bytes, liar_last()->copied }));
    memcpy(&out->head, head, sizeof *head);
    memcpy(out->handle, handles, sizeof *handles * num_min(head->handles_count, 5));
    return ERR_OK;
}

static bool overlap(const struct gate_handle *a, const struct gate_handle *b)
{
    return a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

/* What the shim rests on. */
static bool believable(const struct record *r)
{
    if (r->head.version != GATE_VERSION || r->head.handles_count != 5 || r->head.zero != 0 ||
        r->head.cpu_count == 0 || r->head.cpu_count > 64 || r->head.clock.zero != 0 ||
        (r->head.tsc_khz != 0 && r->head.tsc_khz < 100000) || r->head.tsc_khz > 20000000 ||
        r->head.memory_max > PLACE_RAM_END - PLACE_RAM_GPA)
        return false;
    for (size_t i = 0; i < 5; i++) {
        const struct gate_handle *h = &r->handle[i];

        if (i != 0 && h->fd <= r->handle[i - 1].fd)
            return false;
        if (h->handle >= GATE_HANDLES_MAX || h->fd >= 4096)
            return false;
        for (size_t k = 0; k < i; k++)
            if (h->handle == r->handle[k].handle && h->kind != GATE_HANDLE_INPUT &&
                r->handle[k].kind != GATE_HANDLE_INPUT)
                return false;
        if (h->kind != GATE_HANDLE_INPUT)
            continue;
        if (h->gpa % 4096 != 0 || h->gpa < PLACE_INPUT_GPA || h->gpa > PLACE_INPUT_END ||
            h->size > PLACE_INPUT_END - h->gpa)
            return false;
        for (size_t k = 0; k < i; k++)
            if (r->handle[k].kind == GATE_HANDLE_INPUT && overlap(h, &r->handle[k]))
                return false;
    }
    return true;
}

static void every_bit(void)
{
    struct record got;
    unsigned refused = 0;

    for (size_t bit = 0; bit < 8 * sizeof record; bit++) {
        enum err e;

        record = honest();
        ((uint8_t *)&record)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        e = launch(sizeof record, &got);
        HOLDS(e == ERR_OK || e == ERR_HOST);
        if (e == ERR_OK)
            HOLDS(believable(&got));
        refused += e == ERR_HOST;
    }
    HOLDS(refused > sizeof record * 8 / 3);
}

static void every_word(void)
{
    static const uint32_t words[] = { 0,    1,          2,          5,          63,
                                      64,   65,         1023,       1024,       4095,
                                      4096, 0x7fffffff, 0x80000000, 0xfffff000, UINT32_MAX };
    struct record got;

    for (size_t at = 0; at < sizeof record; at += 4)
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            record = honest();
            memcpy((uint8_t *)&record + at, &words[i], 4);
            if (launch(sizeof record, &got) == ERR_OK)
                HOLDS(believable(&got));
        }
}

void liar_test_launch(void)
{
    struct record got;

    liar_case_open("launch", "an honest record");
    record = honest();
    HOLDS(launch(sizeof record, &got) == ERR_OK);
    HOLDS(memcmp(&got, &record, sizeof got) == 0);

    liar_case_open("launch", "a record of every other size");
    for (size_t size = 0; size < 2 * sizeof record; size++)
        if (size != sizeof record)
            HOLDS(launch(size, &got) == ERR_HOST);
    HOLDS(launch(65536, &got) == ERR_HOST);

    liar_case_open("launch", "every bit of it");
    every_bit();
    liar_case_open("launch", "every word of it");
    every_word();
}

/* ring.c: a keep that lies to its loader.
 *
 * Exec shares a ring with the core, so it reaches the shared region and the two
 * doorbells: this program puts into them what no honest keep does. The loader may
 * end the keep with a code, or go on; it never crashes, hangs, or answers with
 * bytes that are not the keep's. The core is lied to as well, and may end too.
 * Only in a keep; the case is named on the first line of descriptor 0. */
#define _GNU_SOURCE
#include "ring.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/abi.h"
#include "gate/contract.h"
#include "gate/place.h"

#define REGION ((uint8_t *)PLACE_GATE_VA)
#define PORT(n) ((volatile struct gate_port *)(REGION + (size_t)(n)*GATE_PORT_SIZE))
#define MILLISECOND 1000000u

static uint64_t lot_state = 0x2545f4914f6cdd1d;
uint64_t ring_seed;

uint64_t lot(void)
{
    lot_state ^= lot_state << 13;
    lot_state ^= lot_state >> 7;
    lot_state ^= lot_state << 17;
    return lot_state;
}

uint64_t lot_number(void)
{
    static const uint64_t all[] = {
        0,
        1,
        2,
        3,
        31,
        32,
        33,
        63,
        64,
        65,
        255,
        256,
        4095,
        4096,
        4097,
        65535,
        65536,
        65537,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        0x7fffffffffffffff,
        0x8000000000000000,
        UINT64_MAX,
        UINT64_MAX - 4095,
        PLACE_GATE_GPA,
        PLACE_SHIM_GPA,
        PLACE_EXEC_GPA,
        PLACE_RAM_GPA,
        PLACE_RAM_GPA + 0x200000,
        PLACE_RAM_END,
        PLACE_INPUT_GPA,
        0x200000,
        0x1fffff,
        (uint64_t)1 << 46,
    };
    uint64_t n = all[lot() % COUNT_OF(all)];

    return lot() % 4 == 0 ? lot() : n + (lot() % 8 == 0 ? lot() % 3 - 1 : 0);
}

static void bell(uint16_t port)
{
    __asm__ volatile("outb %%al, %%dx" ::"a"(0), "d"(port) : "memory");
}

/* A keep that sleeps for ever is no attack. */
static void ring(volatile struct gate_port *p)
{
    p->park_ns = PORT(0)->park_ns = MILLISECOND;
    bell(lot() % 2 ? GATE_PORT_PARK : GATE_PORT_BELL);
}

/* Puts one submission in its place. */
static void submit(volatile struct gate_port *p, uint32_t call, const uint64_t args[4],
                   const uint32_t data[3])
{
    const uint32_t at = p->submitted;
    volatile struct gate_submission *s = &p->submission[at % GATE_RING_COUNT];
    static uint32_t id = 0x10000;

    s->call = call;
    s->id = id++;
    for (size_t i = 0; i < 4; i++)
        s->args[i] = args[i];
    s->data_at = data[0];
    s->data_sent = data[1];
    s->data_room = data[2];
    s->zero = 0;
    s->zero64 = 0;
    __atomic_store_n(&p->submitted, at + 1, __ATOMIC_RELEASE);
}

/* How much of each call may go out and come back. */
static const struct {
    uint32_t call, sent, back;
} limits[] = {
#define GATE_CALL(number, NAME, name, sent_max, back_max, ...) { number, sent_max, back_max },
#include "gate/calls.def"
#undef GATE_CALL
};

/* Wild arguments that keep the contract: a loader that ends the keep at the first
 * breach would never look at what is behind it. */
static void submit_wild(volatile struct gate_port *p, uint32_t call)
{
    struct gate_asked asked = { .call = call };
    uint32_t data[3] = { (uint32_t)(lot() % 64 * 8), 0, 0 };

    for (int tries = 0; tries < 20000; tries++) {
        for (size_t i = 0; i < COUNT_OF(limits); i++)
            if (limits[i].call == call) {
                asked.sent = lot() % 2 ? limits[i].sent : (uint32_t)(lot() % (limits[i].sent + 1));
                asked.room = lot() % 2 ? limits[i].back : (uint32_t)(lot() % (limits[i].back + 1));
            }
        if (call == GATE_STREAM_POLL)
            asked.sent = asked.room = asked.sent / 16 * 16;
        for (size_t i = 0; i < 4; i++)
            asked.args[i] = lot() % 2 ? 0 : lot() % 2 ? lot() % 7 : lot_number();
        if (call == GATE_MEMORY_GROW || call == GATE_MEMORY_SHRINK)
            asked.args[0] = PLACE_RAM_GPA + (lot() % 32768) * PLACE_PAGE_LARGE;
        if (call == GATE_STREAM_POLL) /* or thirty-two of them wait, and no more may */
            asked.args[0] = lot() % MILLISECOND;
        if (gate_ask_holds(&asked))
            break;
    }
    data[1] = asked.sent;
    data[2] = asked.room;
    submit(p, call, asked.args, data);
}

/* A frame that is not honest. */
static void submit_broken(volatile struct gate_port *p)
{
    const uint64_t args[4] = { lot_number(), lot_number(), lot_number(), lot_number() };
    const uint32_t data[3] = { (uint32_t)lot_number(), (uint32_t)lot_number(),
                               (uint32_t)lot_number() };
    const uint32_t at = p->submitted % GATE_RING_COUNT;

    submit(p, lot() % 2 ? (uint32_t)lot_number() : 2 + (uint32_t)(lot() % 19), args, data);
    p->submission[at].id = (uint32_t)(lot() % 4);
    p->submission[at].zero = lot() % 8 == 0;
    p->submission[at].zero64 = lot() % 8 == 0;
}

/* --- Cases. */

static void wild_index(void)
{
    for (int i = 0; i < 2000; i++) {
        PORT(0)->submitted = i % 2 ? (uint32_t)lot() : PORT(0)->submitted + (uint32_t)(lot() % 70);
        PORT(0)->collected = (uint32_t)lot();
        ring(PORT(0));
    }
}

static void wild_port(void)
{
    for (int i = 0; i < 500; i++) {
        for (size_t at = 0; at < sizeof(struct gate_port); at += 8)
            *(volatile uint64_t *)(REGION + at) = lot() % 3 ? lot_number() : lot();
        ring(PORT(0));
    }
}

static void wild_region(void)
{
    for (size_t at = 0; at < GATE_REGION_SIZE; at += 4096)
        for (size_t k = 0; k < 256; k += 8)
            *(volatile uint64_t *)(REGION + at + k) = lot();
    for (int i = 0; i < 100; i++)
        ring(PORT(0));
}

static void wild_frame(void)
{
    for (int i = 0; i < 2000; i++) {
        submit_broken(PORT(0));
        ring(PORT(0));
        PORT(0)->collected = PORT(0)->completed;
    }
}

/* All but EXIT, which ends it too soon; several before each ring. */
static void wild_call(void)
{
    for (int i = 0; i < 5000; i++) {
        submit_wild(PORT(0), 2 + (uint32_t)(lot() % 19));
        if (i % 5 == 0)
            ring(PORT(0));
        PORT(0)->collected = PORT(0)->completed;
    }
}

static void one_call(uint32_t call)
{
    for (int i = 0; i < 1500; i++) {
        submit_wild(PORT(0), call);
        ring(PORT(0));
        PORT(0)->collected = PORT(0)->completed;
    }
}

static void wild_launch(void) { one_call(GATE_LAUNCH); }
static void wild_debug(void) { one_call(GATE_DEBUG); }
static void wild_wake(void) { one_call(GATE_WAKE); }
static void wild_grow(void) { one_call(GATE_MEMORY_GROW); }
static void wild_shrink(void) { one_call(GATE_MEMORY_SHRINK); }
static void wild_stream(void)
{
    one_call(GATE_STREAM_READ);
    one_call(GATE_STREAM_ACCEPT);
    one_call(GATE_STREAM_SHUTDOWN);
    one_call(GATE_STREAM_CLOSE);
}
static void wild_poll(void) { one_call(GATE_STREAM_POLL); }
static void wild_block(void)
{
    one_call(GATE_BLOCK_READ);
    one_call(GATE_BLOCK_WRITE);
    one_call(GATE_BLOCK_CONTROL);
}
static void wild_cancel(void) { one_call(GATE_CANCEL); }
static void wild_proof(void)
{
    one_call(GATE_EVIDENCE);
    one_call(GATE_SEAL_KEY);
}

/* vCPUs that are there already, that cannot be, and all of them. */
static void wild_vcpu(void)
{
    static const uint32_t none[3];

    one_call(GATE_VCPU_START);
    for (uint64_t i = 0; i < 80; i++) {
        submit(PORT(0), GATE_VCPU_START, (uint64_t[4]){ i }, none);
        ring(PORT(0));
        PORT(0)->collected = PORT(0)->completed;
    }
}

/* Never collects: the loader's own queues must have an end. */
static void wild_flood(void)
{
    for (int i = 0; i < 100000; i++) {
        submit_wild(PORT(0), GATE_STREAM_POLL);
        if (i % 16 == 0)
            ring(PORT(0));
    }
}

/* On ports of vCPUs that were never started. */
static void wild_others(void)
{
    for (size_t n = 1; n < GATE_VCPUS_MAX; n++) {
        for (int i = 0; i < 20; i++)
            submit_wild(PORT(n), 2 + (uint32_t)(lot() % 18));
        ring(PORT(n));
        ring(PORT(0));
    }
}

static void wild_exit(void)
{
    static const uint32_t none[3];

    submit(PORT(0), GATE_EXIT, (uint64_t[4]){ 0x1234567800000105, 77, UINT64_MAX, 1 }, none);
    ring(PORT(0));
    for (int i = 0; i < 50; i++)
        submit_wild(PORT(0), GATE_EXIT);
    ring(PORT(0));
}

/* Every way to touch the two ports but the right one. */
static void wild_bells(void)
{
    static uint8_t room[256];

    for (uint16_t port = GATE_PORT_PARK; port <= GATE_PORT_BELL;
         port += GATE_PORT_BELL - GATE_PORT_PARK) {
        uint32_t got;
        uint8_t byte;

        PORT(0)->park_ns = MILLISECOND;
        for (int i = 0; i < 200; i++)
            __asm__ volatile("outb %%al, %%dx" ::"a"(i), "d"(port) : "memory");
        if (touch(room, ACCESS_READ) != 'k')
            return;
        __asm__ volatile("inb %%dx, %%al" : "=a"(byte) : "d"(port) : "memory");
        __asm__ volatile("" ::"r"(byte));
        __asm__ volatile("rep outsb" ::"d"(port), "S"(room), "c"(200L) : "memory");
        __asm__ volatile("rep insb" ::"d"(port), "D"(room), "c"(200L) : "memory");
        __asm__ volatile("outl %%eax, %%dx" ::"a"(7), "d"(port) : "memory");
        __asm__ volatile("inl %%dx, %%eax" : "=a"(got) : "d"(port) : "memory");
        __asm__ volatile("" ::"r"(got));
    }
}

static volatile bool race_over;

static void *race_body(void *unused)
{
    volatile struct gate_port *p = PORT(0);

    while (!race_over) {
        volatile struct gate_submission *s = &p->submission[lot() % GATE_RING_COUNT];

        s->call = 2 + (uint32_t)(lot() % 20);
        s->args[lot() % 4] = lot_number();
        s->data_at = (uint32_t)lot_number();
        s->data_sent = (uint32_t)lot_number();
        s->data_room = (uint32_t)lot_number();
        p->park_ns = MILLISECOND;
        if (lot() % 64 == 0)
            p->submitted = (uint32_t)lot();
    }
    return unused;
}

/* One thread changes what another has just put out: a second fetch would see it. */
static void wild_race(void)
{
    const uint64_t end = now_ns() + 2000 * (uint64_t)MILLISECOND;
    pthread_t t;

    pthread_create(&t, NULL, race_body, NULL);
    while (now_ns() < end) {
        submit_wild(PORT(0), 2 + (uint32_t)(lot() % 18));
        ring(PORT(0));
        PORT(0)->collected = PORT(0)->completed;
    }
    race_over = true;
    _exit(0);
}

/* The host's own fields, and answers to calls that were never made. */
static void wild_host_fields(void)
{
    for (int i = 0; i < 1000; i++) {
        PORT(0)->taken = (uint32_t)lot_number();
        PORT(0)->completed = (uint32_t)lot_number();
        PORT(0)->host_asleep = (uint32_t)lot_number();
        for (size_t k = 0; k < GATE_RING_COUNT; k++)
            PORT(0)->completion[k].id = (uint32_t)lot();
        ring(PORT(0));
    }
}

/* By the gate itself, since the core knows no more where it is: the code says that
 * the loader took everything until here. */
static void end_honestly(void)
{
    static const uint32_t none[3];

    submit(PORT(0), GATE_EXIT, (uint64_t[4]){ 42 }, none);
    PORT(0)->park_ns = MILLISECOND;
    bell(GATE_PORT_PARK);
}

static const struct guest_case cases[] = {
    { "wild index", wild_index },     { "wild port", wild_port },
    { "wild region", wild_region },   { "wild frame", wild_frame },
    { "wild call", wild_call },       { "wild launch", wild_launch },
    { "wild debug", wild_debug },     { "wild wake", wild_wake },
    { "wild grow", wild_grow },       { "wild shrink", wild_shrink },
    { "wild stream", wild_stream },   { "wild poll", wild_poll },
    { "wild block", wild_block },     { "wild cancel", wild_cancel },
    { "wild proof", wild_proof },     { "wild vcpu", wild_vcpu },
    { "wild flood", wild_flood },     { "wild others", wild_others },
    { "wild exit", wild_exit },       { "wild bells", wild_bells },
    { "wild race", wild_race },       { "wild host fields", wild_host_fields },
    { "wild address", wild_address }, { "wild tables", wild_tables },
    { "wild task", wild_task },       { "wild ring 0", wild_ring_0 },
};

/* "NAME SEED": the number at the end decides the lots. */
static const char *name_and_seed(void)
{
    static char name[64];
    const char *line = case_read();
    size_t size = strlen(line);

    memcpy(name, line, size);
    while (size > 0 && name[size - 1] >= '0' && name[size - 1] <= '9')
        size--;
    ring_seed = strtoul(name + size, NULL, 10);
    lot_state += ring_seed * 0x9e3779b97f4a7c15;
    if (size > 0 && name[size - 1] == ' ')
        size--;
    name[size] = '\0';
    return name;
}

int main(void)
{
    const char *name = name_and_seed();

    if (strcmp(name, "list") == 0) {
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            say("%s", cases[i].name);
        return 0;
    }
    /* A keep has no names: Linux would open this. */
    if (open("/", O_RDONLY) >= 0)
        return 97;
    if (!cases_run(cases, COUNT_OF(cases), name))
        return 98;
    end_honestly();
    return 0;
}

/* fake_target.h: a target that is nothing but 64 KiB of memory and two threads.
 *
 * For tests and fuzzers of the server. All state is static: include this in one file
 * per program. What is asked of it is counted; stops are given by hand. */
#ifndef BROCH_HOST_GDB_FAKE_TARGET_H
#define BROCH_HOST_GDB_FAKE_TARGET_H

#include "host/gdb/target.h"

#include <stdlib.h>
#include <string.h>

#define FAKE_AT 0x10000u
#define FAKE_SIZE 0x10000u

static struct {
    uint8_t memory[FAKE_SIZE];
    struct debug_registers regs[2];
    struct gdb_resume resumed[GDB_THREADS_MAX];
    uint32_t resumed_count;
    unsigned resumes, interrupts, detaches, kills;
    bool running;
    bool has_stop;
    struct gdb_stop stop;
} fake;

static uint32_t fake_threads(void *context, uint32_t ids[GDB_THREADS_MAX])
{
    (void)context;
    ids[0] = 1;
    ids[1] = 2;
    return 2;
}

static enum err fake_get(void *context, uint32_t thread, struct debug_registers *out)
{
    (void)context;
    if (thread < 1 || thread > 2)
        return ERR_INVALID;
    *out = fake.regs[thread - 1];
    return ERR_OK;
}

static enum err fake_set(void *context, uint32_t thread, const struct debug_registers *from)
{
    (void)context;
    if (thread < 1 || thread > 2)
        return ERR_INVALID;
    fake.regs[thread - 1] = *from;
    return ERR_OK;
}

static size_t fake_read(void *context, uint64_t at, uint8_t *to, size_t size)
{
    (void)context;
    if (size > DEBUG_PAYLOAD_MAX)
        abort();
    if (at < FAKE_AT || at - FAKE_AT >= FAKE_SIZE)
        return 0;
    if (size > FAKE_SIZE - (at - FAKE_AT))
        size = FAKE_SIZE - (at - FAKE_AT);
    memcpy(to, fake.memory + (at - FAKE_AT), size);
    return size;
}

static enum err fake_write(void *context, uint64_t at, const uint8_t *from, size_t size)
{
    (void)context;
    if (size > DEBUG_PAYLOAD_MAX)
        abort();
    if (at < FAKE_AT || at - FAKE_AT >= FAKE_SIZE || size > FAKE_SIZE - (at - FAKE_AT))
        return ERR_INVALID;
    memcpy(fake.memory + (at - FAKE_AT), from, size);
    return ERR_OK;
}

static uint32_t fake_areas(void *context, uint64_t at, struct debug_area *out, uint32_t room)
{
    (void)context;
    if (at >= FAKE_AT + FAKE_SIZE || room == 0)
        return 0;
    out[0] = (struct debug_area){ .start = FAKE_AT, .size = FAKE_SIZE, .protection = 3 };
    return 1;
}

static enum err fake_resume(void *context, const struct gdb_resume *each, uint32_t count)
{
    (void)context;
    if (count == 0 || count > 2)
        abort();
    for (uint32_t i = 0; i < count; i++) {
        if (each[i].thread < 1 || each[i].thread > 2)
            abort();
        fake.resumed[i] = each[i];
    }
    fake.resumed_count = count;
    fake.resumes++;
    fake.running = true;
    return ERR_OK;
}

static void fake_interrupt(void *context)
{
    (void)context;
    fake.interrupts++;
}

static bool fake_stop_take(void *context, struct gdb_stop *out)
{
    bool had = fake.has_stop;

    (void)context;
    *out = fake.stop;
    fake.has_stop = false;
    return had;
}

static void fake_detach(void *context)
{
    (void)context;
    fake.detaches++;
}

static void fake_kill(void *context)
{
    (void)context;
    fake.kills++;
}

static struct gdb_target fake_target = {
    .stop_fd = -1,
    .threads = fake_threads,
    .registers_get = fake_get,
    .registers_set = fake_set,
    .read = fake_read,
    .write = fake_write,
    .areas = fake_areas,
    .resume = fake_resume,
    .interrupt = fake_interrupt,
    .stop_take = fake_stop_take,
    .detach = fake_detach,
    .kill = fake_kill,
};

#endif

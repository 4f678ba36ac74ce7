/* fake_test.h: a keep for the tests of files, time and randomness: exec's memory, and a
 * small honest host behind the real gate.
 *
 * The keep side is gate/keep.c, the host's gate/serve.c; in between stand queues
 * that a test fills and looks at. There are two vCPUs; fake_on says which one the
 * test is. GS points to its struct cpu, as in a keep. For tests alone. */
#ifndef BROCH_SHIM_CORE_FAKE_TEST_H
#define BROCH_SHIM_CORE_FAKE_TEST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/launch.h"
#include "gate/serve.h"
#include "shim/core/cpu.h"
#include "shim/core/syscall.h"

#define FAKE_HANDLES 16u
#define FAKE_PAGES 64u
#define FAKE_CPUS 2u

/* What the host has behind a handle. */
struct fake_stream {
    uint8_t in[1 << 18]; /* to be read */
    size_t in_at, in_size;
    bool in_ended;        /* then reading gives 0, else it waits */
    uint8_t out[1 << 20]; /* what was written, or a block's bytes */
    size_t out_size;
    unsigned writes;
    enum gate_refusal write_refusal, read_refusal, shut_refusal;
    size_t write_most; /* 0: all */
    bool write_waits;  /* nobody reads: writes are not answered */
    uint16_t ready;
    uint64_t ready_size;
    bool closed;
    uint64_t shut;
    unsigned flushes;
};

struct fake {
    struct fake_stream stream[FAKE_HANDLES];
    uint64_t accepts; /* the handle that the next ACCEPT gives */
    uint8_t raw[sizeof(struct gate_launch) + 32 * sizeof(struct gate_handle)];
    uint32_t handles_count;
    struct gate_clock clock; /* what CLOCK says */
    unsigned calls[GATE_CALLS_MAX + 1];
    bool held; /* posted calls are not served before somebody parks */
    uint64_t tsc_khz;
    /* The keep's. */
    bool signal; /* one is pending */
    int raised;
    uint64_t mask;
    bool masked;                /* and not put back yet */
    bool protected[FAKE_PAGES]; /* of exec's memory: not writable, as far as is known */
    bool no_instructions;       /* the processor has no RDSEED, no RDRAND */
    bool threads;               /* there is more than one */
    jmp_buf end;
    bool ends;
    uint32_t end_code, end_why;
};

extern struct fake fake;

/* A new keep and a new host; no LAUNCH was asked yet. exec's memory is zeroed. */
void fake_begin(void);
/* Before LAUNCH: one more descriptor. */
void fake_handle(uint32_t fd, uint16_t kind, uint16_t type, uint32_t handle, uint32_t flags);
/* An input with these bytes. */
void fake_input(uint32_t fd, const void *bytes, size_t size);
void fake_on(uint32_t index);
/* exec's memory: FAKE_PAGES pages, the last of which is not there. */
uint8_t *fake_memory(void);
static inline uint64_t fake_at(size_t offset)
{
    return (uint64_t)(uintptr_t)fake_memory() + offset;
}
/* Memory of exec somewhere else. */
bool fake_stack_map(uint64_t at, size_t size);
/* A call of exec by its arguments. */
int64_t fake_call(int64_t (*function)(const struct call *c), uint64_t a, uint64_t b, uint64_t c,
                  uint64_t d, uint64_t e, uint64_t f);
#define CALL0(name) fake_call(call_##name, 0, 0, 0, 0, 0, 0)
#define CALL1(name, a) fake_call(call_##name, (uint64_t)(a), 0, 0, 0, 0, 0)
#define CALL2(name, a, b) fake_call(call_##name, (uint64_t)(a), (uint64_t)(b), 0, 0, 0, 0)
#define CALL3(name, a, b, c) \
    fake_call(call_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define CALL4(name, a, b, c, d) \
    fake_call(call_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), 0, 0)
#define CALL6(name, a, b, c, d, e, f)                                                  \
    fake_call(call_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), \
              (uint64_t)(e), (uint64_t)(f))
/* True where what follows ended the keep: if (FAKE_ENDS()) …; else the call. */
#define FAKE_ENDS() (fake.ends = true, setjmp(fake.end) != 0)

#endif

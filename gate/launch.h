/* launch.h: what LAUNCH answers: all that a keep is told by its host while it runs,
 * and what the keep demands of each claim before it believes it.
 *
 * One struct gate_launch, then handles_count struct gate_handle. gate_launch_check
 * is the one reader; it takes the keep's private copy. */
#ifndef BROCH_GATE_LAUNCH_H
#define BROCH_GATE_LAUNCH_H

#include "base/bytes.h"
#include "base/err.h"
#include "gate/abi.h"

#define GATE_LAUNCH_HANDLES_MAX 1024u
#define GATE_FDS_MAX 4096u /* above every number that exec knows a handle by */
#define GATE_SEED_SIZE 32u
/* A time-stamp counter that is slower or faster than this is no claim to believe. */
#define GATE_TSC_KHZ_LEAST 100000u
#define GATE_TSC_KHZ_MOST 20000000u

struct gate_launch {
    uint32_t version; /* GATE_VERSION */
    uint32_t handles_count;
    uint64_t tsc_khz; /* 0: not constant; the keep asks CLOCK each time */
    struct gate_clock clock;
    uint32_t cpu_count; /* that the keep may use: 1..GATE_VCPUS_MAX */
    uint32_t zero;
    uint64_t memory_max; /* bytes of RAM that MEMORY_GROW may reach; a hint */
    uint8_t seed[GATE_SEED_SIZE];
};

enum gate_handle_kind {
    GATE_HANDLE_STREAM = 1,   /* handle: STREAM_… */
    GATE_HANDLE_LISTENER = 2, /* handle: STREAM_ACCEPT, STREAM_POLL */
    GATE_HANDLE_BLOCK = 3,    /* handle: BLOCK_…; size: its size now */
    GATE_HANDLE_INPUT = 4,    /* gpa, size: read-only memory, zero to the end of its last page */
    GATE_HANDLE_PLATFORM = 5, /* EVIDENCE and SEAL_KEY as a file; all other fields 0 */
};

/* What fstat says of it; the host's claim, and shown to the program as such. */
enum gate_handle_type {
    GATE_TYPE_PIPE = 1,
    GATE_TYPE_TERMINAL = 2,
    GATE_TYPE_CHARACTER = 3, /* another character device */
    GATE_TYPE_SOCKET = 4,
    GATE_TYPE_FILE = 5,
};

#define GATE_HANDLE_READ 1u
#define GATE_HANDLE_WRITE 2u
#define GATE_HANDLE_APPEND 4u

struct gate_handle {
    uint32_t fd; /* the number that exec knows it by; ascending, none twice */
    uint16_t kind;
    uint16_t type;
    uint32_t handle; /* streams, listeners, blocks: < GATE_HANDLES_MAX; inputs: 0 */
    uint32_t flags;
    uint64_t gpa;  /* inputs: page-aligned, in the window of gate/place.h */
    uint64_t size; /* inputs, blocks */
};

_Static_assert(sizeof(struct gate_launch) == 96, "no padding");
_Static_assert(sizeof(struct gate_handle) == 32, "no padding");

/* ERR_HOST where any field is what no honest host says. handles points into raw. */
enum err gate_launch_check(const struct gate_launch **launch, const struct gate_handle **handles,
                           struct bytes raw);

#endif

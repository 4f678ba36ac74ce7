/* abi.h: the wall between a keep and its loader, as bytes.
 *
 * One shared region, cut into ports: port N belongs to vCPU N, and nobody else in
 * the keep touches it. A port has a submission ring (the keep puts, the host
 * takes), a completion ring (the host puts, the keep takes) and a data area that
 * the keep alone divides. Indices run freely and are taken modulo the ring's
 * size. Each side keeps its own indices in its own memory and publishes a copy;
 * what the other side published is fetched once, checked, and then only the copy
 * is used.
 *
 * Two ways to tell the host, both one byte written to an I/O port:
 *   GATE_PORT_PARK  serves the port, and comes back when a completion is there,
 *                   when the vCPU was woken, or when park_ns have passed. The exit
 *                   that sleeps is the exit that tells.
 *   GATE_PORT_BELL  tells a host that sleeps, and comes back at once. It is rung
 *                   only where host_asleep says so.
 *
 * Everything in here is hostile to both readers: the keep believes no field that
 * the host can write, and the host none that the keep can.
 * All numbers are little-endian; all structs have no padding. */
#ifndef BROCH_GATE_ABI_H
#define BROCH_GATE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define GATE_VERSION 1u

#define GATE_VCPUS_MAX 64u
#define GATE_HANDLES_MAX 4096u
#define GATE_RING_COUNT 32u /* entries of each ring: a power of two */
#define GATE_PORT_SIZE (256u << 10)
#define GATE_DATA_AT 8192u /* of the data area in its port */
#define GATE_DATA_SIZE (GATE_PORT_SIZE - GATE_DATA_AT)
#define GATE_REGION_SIZE (GATE_VCPUS_MAX * GATE_PORT_SIZE)
#define GATE_FOREVER UINT64_MAX
#define GATE_BLOCK_SIZE_MAX (1ull << 46)

/* I/O ports, below 0x400 so that the TSS's permission bitmap is short. */
#define GATE_PORT_PARK 0x100u
#define GATE_PORT_BELL 0x104u
/* The vector of an interrupt that WAKE asks for: any above the exceptions. */
#define GATE_VECTOR_KICK 0x20u

#define GATE_WAKE_INTERRUPT 1u
#define GATE_NOWAIT 1u
#define GATE_PEEK 2u

enum gate_number {
#define GATE_CALL(number, NAME, ...) GATE_##NAME = number,
#include "gate/calls.def"
#undef GATE_CALL
};
#define GATE_CALLS_MAX 20u

/* Why a call was refused. Each is an honest answer only where calls.def says so. */
enum gate_refusal {
    GATE_OK = 0,
    GATE_REFUSED_AGAIN = 1,       /* nothing there now */
    GATE_REFUSED_PIPE = 2,        /* nobody reads any more */
    GATE_REFUSED_RESET = 3,       /* the connection is gone */
    GATE_REFUSED_IO = 4,          /* the device or the host failed */
    GATE_REFUSED_NOSPC = 5,       /* no room left on the medium */
    GATE_REFUSED_NOMEM = 6,       /* the host's limit for this keep */
    GATE_REFUSED_UNSUPPORTED = 7, /* this loader does not do that */
    GATE_REFUSED_CANCELLED = 8,
};
#define GATE_REFUSALS_MAX 8u
#define GATE_BIT(name) (1u << GATE_REFUSED_##name)

enum gate_call_flag { GATE_WAITS = 1, GATE_POSTED = 2, GATE_DEBUG_ONLY = 4, GATE_LAST = 8 };

/* Why a keep ended: what a host may know of it. */
enum gate_end {
    GATE_END_EXIT = 0,   /* exit_group */
    GATE_END_SIGNAL = 1, /* a signal's default action; code is 128 + its number */
    GATE_END_HOST = 2,   /* a reply that no honest host gives */
    GATE_END_SHIM = 3,   /* a bug in the shim: an exception in the core */
};
#define GATE_EXIT_HOST 71 /* the codes that go with the last two: EX_OSERR, */
#define GATE_EXIT_SHIM 70 /* EX_SOFTWARE (sysexits.h) */

enum gate_block { GATE_BLOCK_FLUSH = 1, GATE_BLOCK_RESIZE = 2, GATE_BLOCK_SIZE = 3 };
enum gate_debug { GATE_DEBUG_TEXT = 1, GATE_DEBUG_STOP = 2 };

struct gate_submission {
    uint32_t call;
    uint32_t id; /* the keep's own; comes back with the completion */
    uint64_t args[4];
    uint32_t data_at;   /* in the port's data area */
    uint32_t data_sent; /* bytes there that go out */
    uint32_t data_room; /* bytes there that may be overwritten by what comes back */
    uint32_t zero;
    uint64_t zero64;
};

struct gate_completion {
    uint32_t id;
    uint32_t refusal; /* enum gate_refusal; not GATE_OK: value and data_size are 0 */
    uint64_t value;
    uint32_t data_size; /* bytes that came back, from data_at on */
    uint32_t zero;
    uint64_t zero64;
};

/* A port. Lines that the keep writes and lines that the host writes are apart. */
struct gate_port {
    /* Written by the keep. */
    uint32_t submitted; /* index behind the last submission */
    uint32_t collected; /* index behind the last completion that was taken */
    uint64_t park_ns;   /* how long PARK may sleep: 0 not at all, GATE_FOREVER */
    uint8_t keep_room[48];
    /* Written by the host. */
    uint32_t taken;       /* index behind the last submission that was taken */
    uint32_t completed;   /* index behind the last completion */
    uint32_t host_asleep; /* 1: a bell is needed for submissions to be seen */
    uint8_t host_room[52];
    struct gate_submission submission[GATE_RING_COUNT];
    struct gate_completion completion[GATE_RING_COUNT];
};

struct gate_poll {
    uint32_t handle;
    uint16_t wanted; /* GATE_POLL_… */
    uint16_t ready;
    uint64_t size; /* back, for GATE_POLL_READ: bytes there, as far as the host knows; at least 1 */
};
#define GATE_POLL_READ 1u
#define GATE_POLL_WRITE 2u
#define GATE_POLL_HANGUP 4u /* comes back without being asked for */
#define GATE_POLL_ERROR 8u
#define GATE_POLL_COUNT_MAX 512u

/* CLOCK: all three at one moment, as well as the host can. */
struct gate_clock {
    uint64_t tsc;
    uint64_t monotonic_ns;
    uint64_t realtime_ns;
    uint64_t zero;
};

_Static_assert(sizeof(struct gate_submission) == 64, "a cache line");
_Static_assert(sizeof(struct gate_completion) == 32, "half of one");
_Static_assert(offsetof(struct gate_port, taken) == 64, "the host's line is its own");
_Static_assert(sizeof(struct gate_port) <= GATE_DATA_AT, "before the data area");
_Static_assert(sizeof(struct gate_poll) * GATE_POLL_COUNT_MAX == 8192, "calls.def says so");

#endif

/* debug.c: reports to the debugger, and what it asks for. */
#include "shim/core/debug.h"

#include "base/num.h"
#include "gate/debug.h"
#include "gate/place.h"
#include "shim/core/area.h"
#include "shim/core/ask.h"
#include "shim/core/cpu.h"
#include "shim/core/debug_registers.h"
#include "shim/core/map.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/stack.h"
#include "shim/core/user.h"

#define VECTOR_DEBUG 1
#define VECTOR_BREAK 3
#define FLAG_TRAP (1ull << 8)

static bool is_debug;
static uint32_t wanted; /* DEBUG_WANT_…, of the last command on any vCPU; atomic */

void debug_init(const struct boot *boot) { is_debug = (boot->flags & BOOT_DEBUG) != 0; }

static bool wants(uint32_t reason)
{
    return is_debug && (__atomic_load_n(&wanted, __ATOMIC_RELAXED) >> reason & 1) != 0;
}

/* --- Memory. */

static uint64_t page_end(uint64_t at) { return (at | (PLACE_PAGE - 1)) + 1; }

static bool in_lower_half(uint64_t at, uint64_t size)
{
    return at < PLACE_SHIM_END && size <= PLACE_SHIM_END - at;
}

/* As many bytes as can be read from there on; of the shim too, but ring 0's part. */
static uint32_t memory_peek(uint8_t *to, uint64_t at, uint32_t size)
{
    uint32_t got = 0;

    if (!in_lower_half(at, size))
        return 0;
    while (got < size) {
        uint32_t n = (uint32_t)num_min(size - got, page_end(at + got) - (at + got));

        /* user_copy takes any address, and a fault for an answer. */
        if (!user_copy(to + got, (const void *)(at + got), n))
            break;
        got += n;
    }
    return got;
}

/* A part of one page, which may be one that exec cannot write. */
static bool page_poke(uint64_t at, const uint8_t *from, uint32_t size)
{
    uint64_t page = at & ~(uint64_t)(PLACE_PAGE - 1);
    int protection = memory_protection_at(at);
    bool done;

    if (protection < 0)
        return false;
    if ((protection & (int)LINUX_PROT_WRITE) != 0)
        return user_write(at, from, size);
    if (memory_protect(page, PLACE_PAGE, LINUX_PROT_READ | LINUX_PROT_WRITE) != 0)
        return false;
    done = user_write(at, from, size);
    return memory_protect(page, PLACE_PAGE, (uint32_t)protection) == 0 && done;
}

static bool memory_poke(uint64_t at, const uint8_t *from, uint32_t size)
{
    if (!in_lower_half(at, size))
        return false;
    if (at >= PLACE_SHIM_VA) /* the core's own data; a fault says where it is not */
        return user_copy((void *)at, from, size);
    while (size > 0) {
        uint32_t n = (uint32_t)num_min(size, page_end(at) - at);

        if (!page_poke(at, from, n))
            return false;
        at += n;
        from += n;
        size -= n;
    }
    return true;
}

static bool area_after(uint64_t at, struct debug_area *out)
{
    const struct area *a;

    map_lock();
    a = area_find(at);
    if (a != NULL)
        *out = (struct debug_area){ a->start, a->end - a->start, a->protection, 0 };
    map_unlock();
    return a != NULL;
}

static uint32_t areas_list(uint8_t *to, uint64_t at)
{
    struct debug_area area;
    uint32_t size = 0;

    while (size <= DEBUG_PAYLOAD_MAX - sizeof area && area_after(at, &area)) {
        __builtin_memcpy(to + size, &area, sizeof area);
        size += (uint32_t)sizeof area;
        at = area.start + area.size;
    }
    return size;
}

/* --- Reports and commands. */

/* One question to the debugger: the report, and behind it the `report->size` bytes
 * that lie in answer_room. False where this loader has no debugger. */
static bool exchange(const struct debug_report *report, struct debug_command *command,
                     struct bytes *payload)
{
    struct gate_ask a = {
        .call = GATE_DEBUG,
        .args = { GATE_DEBUG_STOP },
        .sent = sizeof *report + report->size,
        .room = sizeof *command + DEBUG_PAYLOAD_MAX,
    };

    __builtin_memcpy(gate_stage(&cpu_here()->gate), report, sizeof *report);
    if (ask_host(&a) != GATE_OK)
        return false;
    if (a.back.size < sizeof *command)
        ask_lied("a debugger's command that is too short");
    __builtin_memcpy(command, a.back.data, sizeof *command);
    *payload = (struct bytes){ a.back.data + sizeof *command, a.back.size - sizeof *command };
    return true;
}

/* Where the payload of the next report goes. The last command's is gone then. */
static uint8_t *answer_room(void)
{
    return (uint8_t *)gate_stage(&cpu_here()->gate) + sizeof(struct debug_report);
}

/* Carries one command out, and fills the report in. */
static void command_do(struct frame *f, const struct debug_command *c, struct bytes payload,
                       struct debug_report *report)
{
    struct debug_registers regs __attribute__((aligned(64)));

    report->result = DEBUG_REFUSED;
    if (c->number == DEBUG_READ && c->size <= DEBUG_PAYLOAD_MAX) {
        report->size = memory_peek(answer_room(), c->address, c->size);
        report->result = report->size == 0 && c->size != 0 ? DEBUG_FAULT : DEBUG_OK;
    } else if (c->number == DEBUG_WRITE && c->size == payload.size) {
        bool done = memory_poke(c->address, payload.data, c->size);

        report->result = done ? DEBUG_OK : DEBUG_FAULT;
    } else if (c->number == DEBUG_GET_REGISTERS) {
        debug_registers_get(&regs, f);
        __builtin_memcpy(answer_room(), &regs, sizeof regs);
        report->size = sizeof regs;
        report->result = DEBUG_OK;
    } else if (c->number == DEBUG_SET_REGISTERS && payload.size == sizeof regs) {
        __builtin_memcpy(&regs, payload.data, sizeof regs);
        if (debug_registers_set(f, &regs))
            report->result = DEBUG_OK;
    } else if (c->number == DEBUG_AREAS) {
        report->size = areas_list(answer_room(), c->address);
        report->result = DEBUG_OK;
    }
}

/* Reports, and does as it is told until the vCPU may go on: the signal it goes on
 * with, or 0. */
static int converse(struct frame *f, uint32_t reason, int number, uint64_t address)
{
    struct debug_report report = {
        .reason = reason,
        .tid = cpu_here()->thread.tid,
        .signal = (uint32_t)number,
        .address = address,
    };
    struct debug_command c;
    struct bytes payload;

    for (;;) {
        if (!exchange(&report, &c, &payload)) {
            __atomic_store_n(&wanted, 0, __ATOMIC_RELAXED);
            return number;
        }
        if (c.number == DEBUG_CONTINUE || c.number == DEBUG_STEP)
            break;
        report = (struct debug_report){ .reason = DEBUG_ANSWER, .tid = report.tid };
        command_do(f, &c, payload, &report);
    }
    __atomic_store_n(&wanted, c.want, __ATOMIC_RELAXED);
    f->rflags &= ~FLAG_TRAP;
    if (c.number == DEBUG_STEP)
        f->rflags |= FLAG_TRAP;
    return c.argument <= LINUX_SIGNALS ? (int)c.argument : 0;
}

/* --- Why a vCPU stops. */

void debug_start(struct frame *f)
{
    if (is_debug)
        (void)converse(f, DEBUG_START, 0, exec_stack_symbols());
}

bool debug_trap(struct frame *f)
{
    uint32_t reason = f->vector == VECTOR_DEBUG ? DEBUG_STEPPED : DEBUG_BREAK;

    if (!is_debug || (f->vector != VECTOR_DEBUG && f->vector != VECTOR_BREAK))
        return false;
    /* A step that leads into the direct entry: it goes on until exec has it again. */
    if (reason == DEBUG_STEPPED && f->rip >= PLACE_SHIM_VA)
        return true;
    if (reason == DEBUG_BREAK && !wants(DEBUG_BREAK))
        return false;
    return converse(f, reason, 0, f->rip) != LINUX_SIGTRAP;
}

bool debug_trap_inside(const struct frame *f) { return is_debug && f->vector == VECTOR_DEBUG; }

int debug_signal(struct frame *f, int number, uint64_t address)
{
    return wants(DEBUG_SIGNAL) ? converse(f, DEBUG_SIGNAL, number, address) : number;
}

void debug_dying(struct frame *f, int number, uint64_t address)
{
    if (wants(DEBUG_DYING))
        (void)converse(f, DEBUG_DYING, number, address);
}

bool debug_is_asked(void)
{
    return wants(DEBUG_INTERRUPT) &&
           __atomic_load_n(&cpu_here()->trap->kicked, __ATOMIC_RELAXED) != 0;
}

void debug_kicked(struct frame *f)
{
    if (wants(DEBUG_INTERRUPT))
        (void)converse(f, DEBUG_INTERRUPT, 0, 0);
}

#include "shim/core/cpu.h"

#include "gate/boot.h"
#include "shim/core/clock.h"
#include "shim/core/cpu_area.h"
#include "shim/core/lock.h"
#include "shim/core/port.h"
#include "shim/core/syscall.h"
#include "shim/core/xstate.h"

/* How long whoever flushes sleeps for the others, and after how many sleeps it asks
 * again: a kick does not get lost, but it costs little not to rely on it. */
#define FLUSH_SLEEP_NS 20000u
#define FLUSH_SLEEP_MOST_NS 640000u
#define FLUSH_PATIENCE 16u

static struct lock start_lock; /* of `started` while it grows */
static uint32_t started = 1;   /* atomic */
static uint64_t flush_generation;

struct cpu *cpu_at(uint32_t index)
{
    return (struct cpu *)(PLACE_CPU_VA + (uint64_t)index * PLACE_CPU_STRIDE + PLACE_CPU_STATE);
}

uint32_t cpu_count(void) { return __atomic_load_n(&started, __ATOMIC_ACQUIRE); }

/* --- Sleeping, and who may have stale translations. */

/* Says RUNNING first and looks for flushes then; whoever flushes says so first and
 * looks at the state then: one of them sees the other. */
static void run_on(struct cpu *c)
{
    uint64_t wanted;
    uint64_t done = __atomic_load_n(&c->trap->flush_done, __ATOMIC_RELAXED);

    __atomic_store_n(&c->state, CPU_RUNNING, __ATOMIC_SEQ_CST);
    wanted = __atomic_load_n(&c->trap->flush_wanted, __ATOMIC_SEQ_CST);
    if (done >= wanted)
        return;
    stub_flush();
    /* A kick may have raised it meanwhile, on this same vCPU, but perhaps not as far. */
    while (done < wanted && !__atomic_compare_exchange_n(&c->trap->flush_done, &done, wanted, false,
                                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
}

static void port_park(void *context)
{
    struct cpu *c = context;

    __atomic_store_n(&c->state, CPU_PARKED, __ATOMIC_SEQ_CST);
    port_write(GATE_PORT_PARK);
    run_on(c);
}

static void port_bell(void *context)
{
    (void)context;
    port_write(GATE_PORT_BELL);
}

static bool port_woken(void *context)
{
    (void)context;
    return signal_waiting();
}

static const struct gate_ops ops = { port_park, port_bell, port_woken };

static struct gate_port *port_of(uint32_t index)
{
    return (struct gate_port *)(PLACE_GATE_VA + (uint64_t)index * GATE_PORT_SIZE);
}

static void must(enum err e)
{
    if (e != ERR_OK)
        cpu_end(GATE_EXIT_HOST, GATE_END_HOST, "gate: a reply that no honest host gives");
}

void cpu_park(uint64_t ns) { must(gate_park(&cpu_here()->gate, ns)); }

static void wake(const struct cpu *c, uint64_t flags)
{
    struct gate_ask ask = { .call = GATE_WAKE, .args = { c->index, flags } };

    must(gate_post(&cpu_here()->gate, &ask));
}

void cpu_wake(struct cpu *c) { wake(c, 0); }

void cpu_kick(struct cpu *c)
{
    __atomic_store_n(&c->trap->kicked, 1, __ATOMIC_SEQ_CST);
    if (c != cpu_here())
        wake(c, GATE_WAKE_INTERRUPT);
}

/* --- Starting. */

static void cpu_prepare(struct cpu *c, uint32_t index)
{
    const uint64_t area = PLACE_CPU_VA + (uint64_t)index * PLACE_CPU_STRIDE;

    c->self = c;
    c->stack_top = area + PLACE_CPU_STRIDE;
    c->trap = (struct trap_page *)(area + PLACE_CPU_TRAP_USER);
    c->index = index;
    gate_init(&c->gate, port_of(index), &ops, c);
}

void cpu_begin(uint32_t index)
{
    if (index == 0)
        cpu_prepare(cpu_at(0), 0);
    run_on(cpu_at(index));
}

static struct cpu *cpu_start(void)
{
    struct gate_ask ask = { .call = GATE_VCPU_START };
    uint32_t index = started;
    struct cpu *c = cpu_at(index);

    if (index == GATE_VCPUS_MAX || !cpu_area_make(index))
        return NULL;
    cpu_prepare(c, index);
    ask.args[0] = index;
    /* Before it runs: whoever flushes from now on looks at its state too. */
    __atomic_store_n(&started, index + 1, __ATOMIC_SEQ_CST);
    must(gate_call(&cpu_here()->gate, &ask));
    if (ask.refusal == GATE_OK)
        return c;
    __atomic_store_n(&started, index, __ATOMIC_SEQ_CST);
    return NULL;
}

struct cpu *cpu_take(void)
{
    struct cpu *c;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        uint32_t idle = 1;

        c = cpu_at(i);
        if (__atomic_compare_exchange_n(&c->idle, &idle, 0, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return c;
    }
    lock_take(&start_lock);
    c = cpu_start();
    lock_give(&start_lock);
    return c;
}

void cpu_give_back(struct cpu *c) { __atomic_store_n(&c->idle, 1, __ATOMIC_RELEASE); }

void cpu_go(struct cpu *c, const struct frame *first)
{
    c->first = *first;
    __atomic_store_n(&c->go, 1, __ATOMIC_RELEASE);
    cpu_wake(c);
}

static void fs_base_set(uint64_t base)
{
    if (!port_fs_write(base))
        stub_fs_base(base);
}

static _Noreturn void go_when_told(struct cpu *c)
{
    while (__atomic_load_n(&c->go, __ATOMIC_ACQUIRE) == 0)
        cpu_park(GATE_FOREVER);
    __atomic_store_n(&c->go, 0, __ATOMIC_RELAXED);
    clock_thread_begin();
    fs_base_set(c->thread.fs_base);
    xstate_load();
    core_enter(&c->first);
}

_Noreturn void cpu_idle(void)
{
    struct cpu *c = cpu_here();

    cpu_give_back(c);
    go_when_told(c);
}

_Noreturn void cpu_first(void) { go_when_told(cpu_here()); }

/* --- Flushing. */

static bool flush_due(const struct cpu *c, uint64_t generation)
{
    return __atomic_load_n(&c->state, __ATOMIC_SEQ_CST) == CPU_RUNNING &&
           __atomic_load_n(&c->trap->flush_done, __ATOMIC_SEQ_CST) < generation;
}

static void flush_await(const struct cpu *c, uint64_t generation)
{
    uint64_t sleep_ns = FLUSH_SLEEP_NS;

    for (unsigned sleeps = 0; flush_due(c, generation); sleeps++) {
        if (sleeps % FLUSH_PATIENCE == FLUSH_PATIENCE - 1)
            wake(c, GATE_WAKE_INTERRUPT);
        cpu_park(sleep_ns);
        if (sleep_ns < FLUSH_SLEEP_MOST_NS)
            sleep_ns *= 2;
    }
}

static void flush_others(uint32_t count)
{
    const struct cpu *me = cpu_here();
    uint64_t generation = __atomic_add_fetch(&flush_generation, 1, __ATOMIC_SEQ_CST);

    for (uint32_t i = 0; i < count; i++)
        if (cpu_at(i) != me)
            __atomic_store_n(&cpu_at(i)->trap->flush_wanted, generation, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < count; i++)
        if (cpu_at(i) != me && flush_due(cpu_at(i), generation))
            wake(cpu_at(i), GATE_WAKE_INTERRUPT);
    for (uint32_t i = 0; i < count; i++)
        if (cpu_at(i) != me)
            flush_await(cpu_at(i), generation);
}

void cpu_flush(uint64_t va, uint64_t size)
{
    uint32_t count = cpu_count();

    if (size != 0 && size <= PLACE_PAGE)
        stub_invlpg(va);
    else
        stub_flush();
    if (count > 1)
        flush_others(count);
}

/* --- The end. */

static size_t report_stage(struct gate *g, const char *why)
{
    const struct boot *boot = (const struct boot *)PLACE_BOOT_VA;
    char *text;
    size_t size;

    if ((boot->flags & BOOT_DEBUG) == 0 || g->dead)
        return 0;
    size = bytes_text_size(why, 256);
    text = gate_stage(g);
    if (text == NULL)
        return 0;
    for (size_t i = 0; i < size; i++)
        text[i] = why[i];
    return size;
}

void cpu_say(const char *why)
{
    struct gate *g = &cpu_here()->gate;
    struct gate_ask ask = { .call = GATE_DEBUG, .args = { GATE_DEBUG_TEXT } };

    ask.sent = report_stage(g, why);
    if (ask.sent != 0)
        must(gate_call(g, &ask));
}

_Noreturn void cpu_end(uint32_t code, uint32_t end, const char *why)
{
    struct gate *g = &cpu_here()->gate;
    struct gate_ask ask = { .call = GATE_EXIT, .args = { code & 0xff, end } };

    ask.sent = report_stage(g, why);
    for (;;) {
        if (gate_call(g, &ask) != ERR_HOST)
            g->dead = true;
        ask.sent = 0;
    }
}

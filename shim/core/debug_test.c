/* debug.c against a host that gives commands from a list, and memory of its own. */
#include "shim/core/debug.h"

#include <asm/prctl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate/debug.h"
#include "shim/core/area.h"
#include "shim/core/ask.h"
#include "shim/core/cpu.h"
#include "shim/core/debug_registers.h"
#include "shim/core/map.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/stack.h"
#include "shim/core/user.h"
#include "tests/check.h"

#define PAGE_AT 0x10000u /* two pages: written and not */
#define PAGES_END 0x12000u

static struct cpu here;
static struct trap_page trap;

static struct {
    uint8_t stage[65536];
    uint8_t back[65536];
    /* What the host says, and what it heard. */
    struct debug_command commands[8];
    struct bytes payload[8];
    size_t commands_count, at;
    struct debug_report heard[9];
    uint8_t answer[9][64]; /* the start of each payload */
    size_t heard_count;
    bool refuses, lies;
    uint8_t memory[PAGES_END - PAGE_AT];
    int protection[2];
    unsigned protects;
} world;

/* --- What debug.c stands on. */

void *gate_stage(struct gate *g)
{
    (void)g;
    return world.stage;
}

enum gate_refusal ask_host(struct gate_ask *a)
{
    struct debug_report *r = &world.heard[world.heard_count];

    CHECK(a->call == GATE_DEBUG && a->args[0] == GATE_DEBUG_STOP && a->args[1] == 0);
    memcpy(r, world.stage, sizeof *r);
    CHECK_EQ(a->sent, sizeof *r + r->size);
    memcpy(world.answer[world.heard_count++], world.stage + sizeof *r, 64);
    if (world.refuses)
        return GATE_REFUSED_UNSUPPORTED;
    if (world.at == world.commands_count)
        abort();
    memcpy(world.back, &world.commands[world.at], sizeof world.commands[0]);
    if (world.payload[world.at].size > 0)
        memcpy(world.back + sizeof world.commands[0], world.payload[world.at].data,
               world.payload[world.at].size);
    a->back = (struct bytes){ world.back, sizeof world.commands[0] + world.payload[world.at].size };
    if (world.commands[world.at].number == 0xdead) /* a short one */
        a->back.size = 8;
    world.at++;
    return GATE_OK;
}

_Noreturn void ask_lied(const char *why)
{
    (void)why;
    CHECK(world.lies); /* the last case of all */
    exit(check_done());
}

/* Exec's pages, and what lies in this process beside. */
static uint8_t *place_of(uint64_t at, size_t size)
{
    if (at >= PAGE_AT && at < PAGES_END && size <= PAGES_END - at)
        return world.memory + (at - PAGE_AT);
    return NULL;
}

bool user_copy(void *to, const void *from, size_t size)
{
    uint8_t *out = place_of((uint64_t)to, size), *in = place_of((uint64_t)from, size);
    bool is_ours = (uint64_t)from >= (uint64_t)&world && (uint64_t)from < (uint64_t)(&world + 1);

    if (out == NULL && in == NULL)
        return false;
    if (in == NULL && !is_ours)
        return false;
    memcpy(out != NULL ? out : to, in != NULL ? in : from, size);
    return true;
}

bool user_write(uint64_t to, const void *from, size_t size)
{
    uint8_t *out = place_of(to, size);

    if (out == NULL || (world.protection[(to - PAGE_AT) / 4096] & 2) == 0)
        return false;
    memcpy(out, from, size);
    return true;
}

int memory_protection_at(uint64_t at)
{
    return place_of(at, 1) == NULL ? -1 : world.protection[(at - PAGE_AT) / 4096];
}

int64_t memory_protect(uint64_t at, uint64_t size, uint32_t protection)
{
    CHECK(at % 4096 == 0 && size == 4096 && (protection & 6) != 6);
    world.protection[(at - PAGE_AT) / 4096] = (int)protection;
    world.protects++;
    return 0;
}

void map_lock(void) {}
void map_unlock(void) {}

const struct area *area_find(uint64_t va)
{
    static const struct area areas[] = {
        { .start = PAGE_AT, .end = PAGE_AT + 4096, .protection = 3 },
        { .start = PAGE_AT + 4096, .end = PAGES_END, .protection = 5 },
    };

    for (size_t i = 0; i < 2; i++)
        if (areas[i].end > va)
            return &areas[i];
    return NULL;
}

uint64_t exec_stack_symbols(void) { return 0x1234; }

void debug_registers_get(struct debug_registers *regs, const struct frame *f)
{
    *regs = (struct debug_registers){ .rip = f->rip };
}

bool debug_registers_set(struct frame *f, const struct debug_registers *regs)
{
    f->rip = regs->rip;
    return regs->rip != 0;
}

/* --- Cases. */

static struct frame fresh(bool is_debug)
{
    static const struct boot boots[2] = { { 0 }, { .flags = BOOT_DEBUG } };

    memset(&world, 0, sizeof world);
    for (size_t i = 0; i < sizeof world.memory; i++)
        world.memory[i] = (uint8_t)i;
    world.protection[0] = 3;
    world.protection[1] = 5;
    here = (struct cpu){ .self = &here, .trap = &trap, .thread = { .tid = 7 } };
    trap.kicked = 0;
    debug_init(&boots[is_debug]);
    return (struct frame){ .rip = 0x5000, .rflags = 0x202, .vector = 3 };
}

static void say(struct debug_command command, struct bytes payload)
{
    world.payload[world.commands_count] = payload;
    world.commands[world.commands_count++] = command;
}

static void say_go(uint32_t want, uint32_t signal)
{
    say((struct debug_command){ .number = DEBUG_CONTINUE, .want = want, .argument = signal },
        (struct bytes){ 0 });
}

static void test_ordinary(void)
{
    struct frame f = fresh(false);

    CASE("a keep that is not for debugging says nothing");
    trap.kicked = 1;
    debug_start(&f);
    debug_kicked(&f);
    debug_dying(&f, 11, 0);
    CHECK_EQ(debug_signal(&f, 11, 0), 11);
    CHECK(!debug_trap(&f) && !debug_trap_inside(&f) && !debug_is_asked());
    CHECK_EQ(world.heard_count, 0);
}

static void test_wants(void)
{
    struct frame f = fresh(true);

    CASE("the start, and where the symbols will be");
    say_go(0, 0);
    debug_start(&f);
    CHECK_EQ(world.heard_count, 1);
    CHECK(world.heard[0].reason == DEBUG_START && world.heard[0].tid == 7 &&
          world.heard[0].address == 0x1234);
    CASE("what is not wanted is not reported");
    trap.kicked = 1;
    CHECK_EQ(debug_signal(&f, 11, 0), 11);
    debug_dying(&f, 11, 0);
    debug_kicked(&f);
    CHECK(!debug_trap(&f) && !debug_is_asked());
    CHECK_EQ(world.heard_count, 1);
    CASE("what is wanted is, with its signal and address");
    f = fresh(true);
    say_go(DEBUG_WANT_ALL, 0);
    debug_start(&f);
    say_go(DEBUG_WANT_ALL, 0);
    CHECK_EQ(debug_signal(&f, 11, 0x77), 0);
    CHECK(world.heard[1].reason == DEBUG_SIGNAL && world.heard[1].signal == 11 &&
          world.heard[1].address == 0x77);
    say_go(DEBUG_WANT_ALL, 5);
    CHECK_EQ(debug_signal(&f, 11, 0x77), 5);
    CASE("a signal that is none is no signal");
    say_go(DEBUG_WANT_ALL, 65);
    CHECK_EQ(debug_signal(&f, 11, 0x77), 0);
    CASE("an interrupt");
    trap.kicked = 1;
    CHECK(debug_is_asked());
    say_go(0, 0);
    debug_kicked(&f);
    CHECK_EQ(world.heard[world.heard_count - 1].reason, DEBUG_INTERRUPT);
    CHECK(!debug_is_asked());
    CASE("a loader without a debugger is asked once");
    f = fresh(true);
    world.refuses = true;
    debug_start(&f);
    CHECK(!debug_trap(&f));
    CHECK_EQ(world.heard_count, 1);
}

static void test_steps(void)
{
    struct frame f = fresh(true);

    CASE("a step sets the trap flag, going on clears it");
    say((struct debug_command){ .number = DEBUG_STEP, .want = DEBUG_WANT_ALL },
        (struct bytes){ 0 });
    debug_start(&f);
    CHECK_EQ(f.rflags, 0x302);
    f.vector = 1;
    say_go(DEBUG_WANT_ALL, 0);
    CHECK(debug_trap(&f));
    CHECK_EQ(f.rflags, 0x202);
    CHECK_EQ(world.heard[1].reason, DEBUG_STEPPED);
    CASE("a step through the core is not told");
    f.rip = PLACE_CORE_VA;
    CHECK(debug_trap(&f) && debug_trap_inside(&f));
    CHECK_EQ(world.heard_count, 2);
    CASE("int3, and one that is the program's own");
    f = (struct frame){ .rip = 0x5001, .rflags = 0x202, .vector = 3 };
    say_go(DEBUG_WANT_ALL, 0);
    CHECK(debug_trap(&f));
    CHECK(world.heard[2].reason == DEBUG_BREAK && world.heard[2].address == 0x5001);
    say_go(DEBUG_WANT_ALL, LINUX_SIGTRAP);
    CHECK(!debug_trap(&f));
}

/* One command; the report that it makes. */
static const struct debug_report *ask(struct frame *f, struct debug_command command,
                                      struct bytes payload)
{
    *f = fresh(true);
    say(command, payload);
    say_go(0, 0);
    debug_start(f);
    CHECK_EQ(world.heard_count, 2);
    CHECK_EQ(world.heard[1].reason, DEBUG_ANSWER);
    return &world.heard[1];
}

static void test_memory(void)
{
    const struct debug_report *r;
    const struct bytes two = BYTES_TEXT("ab"), none = { 0 };
    struct frame f;

    CASE("memory is read as far as it is there");
    r = ask(&f, (struct debug_command){ .number = DEBUG_READ, .address = PAGE_AT + 5, .size = 4 },
            none);
    CHECK(r->result == DEBUG_OK && r->size == 4 && world.answer[1][0] == 5);
    r = ask(&f,
            (struct debug_command){ .number = DEBUG_READ, .address = PAGES_END - 8, .size = 100 },
            none);
    CHECK(r->result == DEBUG_OK && r->size == 8);
    CASE("and where nothing is, it is a fault");
    r = ask(&f, (struct debug_command){ .number = DEBUG_READ, .address = 0x1000, .size = 4 }, none);
    CHECK(r->result == DEBUG_FAULT && r->size == 0);
    CASE("addresses that cannot be");
    r = ask(&f, (struct debug_command){ .number = DEBUG_READ, .address = 1ull << 47, .size = 4 },
            none);
    CHECK_EQ(r->result, DEBUG_FAULT);
    r = ask(&f, (struct debug_command){ .number = DEBUG_READ, .address = UINT64_MAX, .size = 4 },
            none);
    CHECK_EQ(r->result, DEBUG_FAULT);
    CASE("more than fits in an answer");
    r = ask(&f,
            (struct debug_command){
                .number = DEBUG_READ, .address = PAGE_AT, .size = DEBUG_PAYLOAD_MAX + 1 },
            none);
    CHECK_EQ(r->result, DEBUG_REFUSED);
    CASE("a write");
    r = ask(&f, (struct debug_command){ .number = DEBUG_WRITE, .address = PAGE_AT + 5, .size = 2 },
            two);
    CHECK(r->result == DEBUG_OK && world.memory[5] == 'a' && world.protects == 0);
    CASE("a write to code, over the edge of pages: rights are as before");
    r = ask(&f,
            (struct debug_command){ .number = DEBUG_WRITE, .address = PAGE_AT + 4095, .size = 2 },
            two);
    CHECK(r->result == DEBUG_OK && world.memory[4095] == 'a' && world.memory[4096] == 'b');
    CHECK(world.protects == 2 && world.protection[1] == 5);
    CASE("a write where nothing is");
    r = ask(&f,
            (struct debug_command){ .number = DEBUG_WRITE, .address = PAGES_END - 1, .size = 2 },
            two);
    CHECK_EQ(r->result, DEBUG_FAULT);
    CASE("a write of another size than it has");
    r = ask(&f, (struct debug_command){ .number = DEBUG_WRITE, .address = PAGE_AT, .size = 3 },
            two);
    CHECK_EQ(r->result, DEBUG_REFUSED);
}

static void test_others(void)
{
    const struct bytes none = { 0 };
    struct debug_registers regs = { .rip = 0x6000 };
    const struct debug_report *r;
    struct debug_area areas[2];
    struct frame f;

    CASE("registers");
    r = ask(&f, (struct debug_command){ .number = DEBUG_GET_REGISTERS }, none);
    CHECK(r->result == DEBUG_OK && r->size == sizeof regs);
    r = ask(&f, (struct debug_command){ .number = DEBUG_SET_REGISTERS, .size = sizeof regs },
            (struct bytes){ (const uint8_t *)&regs, sizeof regs - 1 });
    CHECK_EQ(r->result, DEBUG_REFUSED);
    r = ask(&f, (struct debug_command){ .number = DEBUG_SET_REGISTERS, .size = sizeof regs },
            (struct bytes){ (const uint8_t *)&regs, sizeof regs });
    CHECK(r->result == DEBUG_OK && f.rip == 0x6000);
    regs.rip = 0;
    r = ask(&f, (struct debug_command){ .number = DEBUG_SET_REGISTERS, .size = sizeof regs },
            (struct bytes){ (const uint8_t *)&regs, sizeof regs });
    CHECK_EQ(r->result, DEBUG_REFUSED);
    CASE("areas");
    r = ask(&f, (struct debug_command){ .number = DEBUG_AREAS }, none);
    CHECK_EQ(r->size, sizeof areas);
    memcpy(areas, world.answer[1], sizeof areas);
    CHECK(areas[0].start == PAGE_AT && areas[1].size == 4096 && areas[1].protection == 5);
    r = ask(&f, (struct debug_command){ .number = DEBUG_AREAS, .address = PAGES_END }, none);
    CHECK(r->result == DEBUG_OK && r->size == 0);
    CASE("a command that is none");
    r = ask(&f, (struct debug_command){ .number = 99 }, none);
    CHECK_EQ(r->result, DEBUG_REFUSED);
    CASE("a command that is too short ends the keep");
    f = fresh(true);
    say((struct debug_command){ .number = 0xdead }, none);
    world.lies = true;
    debug_start(&f);
    CHECK(false);
}

int main(void)
{
    syscall(SYS_arch_prctl, ARCH_SET_GS, &here);
    test_ordinary();
    test_wants();
    test_steps();
    test_memory();
    test_others();
    return check_done();
}

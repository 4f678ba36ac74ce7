/* supply.c: memory over the gate, as a keep has it. */
#include "shim/core/supply.h"

#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"

/* GROW and SHRINK are answered at once: they are never cancelled, and a host that
 * does not answer as calls.def says is a liar. */
static enum gate_refusal ask_host(uint32_t call, uint64_t gpa, uint64_t size)
{
    struct gate_ask ask = { .call = call, .args = { gpa, size } };

    if (gate_call(&cpu_here()->gate, &ask) != ERR_OK)
        cpu_end(GATE_EXIT_HOST, GATE_END_HOST, "memory: a reply that no honest host gives");
    return ask.refusal;
}

bool supply_grow(uint64_t gpa, uint64_t size)
{
    return ask_host(GATE_MEMORY_GROW, gpa, size) == GATE_OK;
}

/* The call may be posted, but what it drops may not be used again before it is
 * answered, by no vCPU: waiting is simpler than remembering. */
void supply_shrink(uint64_t gpa, uint64_t size) { (void)ask_host(GATE_MEMORY_SHRINK, gpa, size); }

void supply_copy(void *to, uint64_t va, uint64_t gpa)
{
    (void)gpa;
    /* Not user_read: the lock of the address space is held. */
    if (!user_copy(to, (const void *)va, PLACE_PAGE))
        supply_bug("memory: a page of a file that is not there");
}

void supply_bug(const char *why) { cpu_end(GATE_EXIT_SHIM, GATE_END_SHIM, why); }

void *memory_direct(uint64_t gpa)
{
    return (void *)(uintptr_t)(PLACE_DIRECT_VA + (gpa - PLACE_RAM_GPA));
}

#include "shim/core/cpu_area.h"

#include <string.h>

#include "base/num.h"
#include "gate/abi.h"
#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/layout.h"
#include "shim/core/memory.h"

_Static_assert(offsetof(struct cpu, self) == CPU_SELF, "entry.S");
_Static_assert(offsetof(struct cpu, user_rsp) == CPU_USER_RSP, "entry.S");
_Static_assert(offsetof(struct cpu, stack_top) == CPU_STACK_TOP, "entry.S");
_Static_assert(sizeof(struct cpu) <= PLACE_CPU_STATE_SIZE, "its pages");
_Static_assert(offsetof(struct trap_page, syscall_rip) == TRAP_SYSCALL_RIP, "stub.S");
_Static_assert(offsetof(struct trap_page, syscall_flags) == TRAP_SYSCALL_FLAGS, "stub.S");
_Static_assert(offsetof(struct trap_page, flush_wanted) == TRAP_FLUSH_WANTED, "stub.S");
_Static_assert(offsetof(struct trap_page, flush_done) == TRAP_FLUSH_DONE, "stub.S");
_Static_assert(offsetof(struct trap_page, kicked) == TRAP_KICKED, "stub.S");
_Static_assert(offsetof(struct frame, r15) == FRAME_R15, "entry.S");
_Static_assert(offsetof(struct frame, rax) == FRAME_RAX, "entry.S");
_Static_assert(offsetof(struct frame, rdi) == FRAME_RDI, "entry.S");
_Static_assert(offsetof(struct frame, rip) == FRAME_RIP, "entry.S");
_Static_assert(offsetof(struct frame, rflags) == FRAME_RFLAGS, "entry.S");
_Static_assert(sizeof(struct frame) == FRAME_SIZE, "entry.S");
_Static_assert(FRAME_SYSCALL == LAYOUT_SYSCALL && FRAME_CALL == LAYOUT_CALL, "entry.S");
_Static_assert(GATE_VECTOR_KICK == LAYOUT_VECTOR_KICK, "stub.S");

/* Which areas have been made whole: a refused start leaves one to be used later. */
static uint64_t made;

static bool pages_map(uint64_t va, uint64_t size, bool user)
{
    for (uint64_t done = 0; done < size; done += PLACE_PAGE) {
        uint64_t gpa = memory_page_take();

        if (gpa == 0 || !memory_page_map(va + done, gpa, user, true))
            return false;
    }
    return true;
}

/* The frame that the stub's IRETQ takes: to core_trap_entry, on the trap stack,
 * with interrupts on. The first vCPU's says where; only the stack is another. */
static bool trap_page_make(uint64_t area)
{
    const struct trap_page *first = (const struct trap_page *)(PLACE_CPU_VA + PLACE_CPU_TRAP_USER);
    uint64_t gpa = memory_page_take();
    struct trap_page *page;

    if (gpa == 0 || !memory_page_map(area + PLACE_CPU_TRAP, gpa, false, true) ||
        !memory_page_map(area + PLACE_CPU_TRAP_USER, gpa, true, true))
        return false;
    page = memory_direct(gpa);
    memcpy(page->iret, first->iret, sizeof page->iret);
    page->iret[3] = area + PLACE_CPU_TRAP_STACK + 2 * PLACE_PAGE;
    return true;
}

/* Intel SDM vol. 3 §8.7 and vol. 1 §19.5.2; only the gate's two ports are open. */
static bool tss_make(uint64_t area)
{
    const uint64_t rsp0 = area + PLACE_CPU_TRAP + PLACE_PAGE;
    const uint16_t bitmap_at = 104;
    uint64_t gpa = memory_page_take();
    uint8_t *page;

    if (gpa == 0 || !memory_page_map(area + PLACE_CPU_TSS, gpa, false, true))
        return false;
    page = memory_direct(gpa);
    memcpy(page + 4, &rsp0, sizeof rsp0);
    for (unsigned n = 1; n <= 4; n++) {
        uint64_t top = area + PLACE_CPU_IST + (uint64_t)0x400 * n;

        memcpy(page + 36 + (size_t)8 * (n - 1), &top, sizeof top);
    }
    memcpy(page + 102, &bitmap_at, sizeof bitmap_at);
    memset(page + bitmap_at, 0xff, 34);
    page[bitmap_at + GATE_PORT_PARK / 8] &= (uint8_t) ~(1u << GATE_PORT_PARK % 8);
    page[bitmap_at + GATE_PORT_BELL / 8] &= (uint8_t) ~(1u << GATE_PORT_BELL % 8);
    return true;
}

bool cpu_area_make(uint32_t index)
{
    static const struct {
        uint64_t at;
        uint64_t size;
        bool user;
    } parts[] = {
        { PLACE_CPU_IST, PLACE_PAGE, false },
        { PLACE_CPU_STATE, PLACE_CPU_STATE_SIZE, true },
        { PLACE_CPU_TRAP_STACK, 2 * PLACE_PAGE, true },
        { PLACE_CPU_XSAVE, 4 * PLACE_PAGE, true },
        { PLACE_CPU_STACK, PLACE_CPU_STRIDE - PLACE_CPU_STACK, true },
    };
    const uint64_t area = PLACE_CPU_VA + (uint64_t)index * PLACE_CPU_STRIDE;

    if ((made >> index & 1) != 0)
        return true;
    if (!trap_page_make(area) || !tss_make(area))
        return false;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!pages_map(area + parts[i].at, parts[i].size, parts[i].user))
            return false;
    made |= 1ull << index;
    return true;
}

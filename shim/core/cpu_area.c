#include "shim/core/cpu_area.h"

#include <string.h>

#include "base/num.h"
#include "gate/abi.h"
#include "gate/place.h"
#include "gate/task.h"
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

/* An area that is being made, page by page: where memory ends in between, the next
 * try goes on there. Areas are made one after the other, under the lock of cpu.c. */
static struct {
    uint32_t index;
    bool is_whole;
    uint64_t pages;   /* done */
    uint64_t spare;   /* taken, and not mapped yet */
    uint64_t tss_gpa; /* the core does not see it but in the direct map */
} making;

/* The next page of the area at `at`: whether it is there when this returns. */
static bool page_need(uint64_t *turn, uint64_t at, bool user, uint64_t *gpa)
{
    if ((*turn)++ < making.pages)
        return true;
    if (making.spare == 0)
        making.spare = memory_page_take();
    if (making.spare == 0 || !memory_page_map(at, making.spare, user, true))
        return false;
    *gpa = making.spare;
    making.spare = 0;
    making.pages++;
    return true;
}

static bool pages_need(uint64_t *turn, uint64_t area)
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
    uint64_t gpa;

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        for (uint64_t at = 0; at < parts[i].size; at += PLACE_PAGE)
            if (!page_need(turn, area + parts[i].at + at, parts[i].user, &gpa))
                return false;
    return true;
}

/* The trap page is there twice, and the second time is a turn of its own. */
static bool trap_page_need(uint64_t *turn, uint64_t area)
{
    static uint64_t gpa;

    if (!page_need(turn, area + PLACE_CPU_TRAP_USER, true, &gpa))
        return false;
    if ((*turn)++ < making.pages)
        return true;
    if (!memory_page_map(area + PLACE_CPU_TRAP, gpa, false, true))
        return false;
    making.pages++;
    return true;
}

/* The frame that the stub's IRETQ takes: to core_trap_entry, on the trap stack,
 * with interrupts on. The first vCPU's says where; only the stack is another. */
static void trap_page_write(uint64_t area)
{
    const struct trap_page *first = (const struct trap_page *)(PLACE_CPU_VA + PLACE_CPU_TRAP_USER);
    struct trap_page *page = (struct trap_page *)(area + PLACE_CPU_TRAP_USER);

    memcpy(page->iret, first->iret, sizeof page->iret);
    page->iret[3] = area + PLACE_CPU_TRAP_STACK + 2 * PLACE_PAGE;
}

bool cpu_area_make(uint32_t index)
{
    const uint64_t area = PLACE_CPU_VA + (uint64_t)index * PLACE_CPU_STRIDE;
    uint64_t turn = 0;

    if (making.index != index) {
        making.index = index;
        making.is_whole = false;
        making.pages = 0;
    }
    if (making.is_whole)
        return true;
    if (!trap_page_need(&turn, area) ||
        !page_need(&turn, area + PLACE_CPU_TSS, false, &making.tss_gpa) || !pages_need(&turn, area))
        return false;
    trap_page_write(area);
    gate_task_write(memory_direct(making.tss_gpa), area);
    making.is_whole = true;
    return true;
}

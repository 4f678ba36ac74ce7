#include "wasm/x86_64/alloc.h"

static bool mem_reads_x(uint8_t mem)
{
    return mem == MEM_HEAP || mem == MEM_BASE || mem == MEM_INDEX || mem == MEM_HEAP_VIEW;
}

static struct alloc_operand *add(struct alloc_operand *to, mach_operand *at, enum alloc_role role)
{
    if (!mach_is_virtual(*at))
        return to;
    *to = (struct alloc_operand){ .at = at, .role = (uint8_t)role, .fixed = ALLOC_ANY };
    return to + 1;
}

unsigned alloc_operands(struct mach_instr *in, struct alloc_operand out[static 5])
{
    uint32_t flags = mach_op_flags[in->op];
    bool tied = (flags & (MOP_TIED | MOP_A_RAX)) != 0;
    bool late = tied || (flags & MOP_B_LATE);
    bool rax_a = (flags & (MOP_DIV | MOP_A_RAX)) != 0;
    struct alloc_operand *to = out, *from;

    if ((flags & MOP_USE_A) || in->mem == MEM_INDEX) {
        to = add(from = to, &in->a, ALLOC_USE);
        if (to != from) {
            from->fixed = rax_a ? RAX : ALLOC_ANY;
            from->tied = tied;
            from->slot = (flags & MOP_A_MEM) && !tied && !rax_a && in->mem == MEM_NONE;
            /* As an address it is read together with x. */
            from->late = !tied && late && in->mem == MEM_INDEX;
        }
    }
    if (flags & MOP_USE_B) {
        to = add(from = to, &in->b, ALLOC_USE);
        if (to != from) {
            from->fixed = flags & MOP_B_RCX ? RCX : ALLOC_ANY;
            from->slot = (flags & MOP_B_MEM) && !(flags & MOP_B_RCX) && in->mem == MEM_NONE;
            from->late = late || (flags & MOP_DIV);
        }
    }
    if (mem_reads_x(in->mem)) {
        to = add(from = to, &in->x, ALLOC_USE);
        if (to != from)
            from->late = late || (flags & MOP_DIV);
    }
    if (flags & MOP_TEMP) {
        to = add(to, &in->c, ALLOC_TEMP);
    } else if (flags & MOP_USE_C) {
        to = add(from = to, &in->c, ALLOC_USE);
        if (to != from)
            from->late = late || (flags & MOP_DIV);
    }
    if (flags & MOP_DEF) {
        to = add(from = to, &in->d, ALLOC_DEF);
        if (to != from) {
            from->tied = tied;
            if (flags & MOP_DIV)
                from->fixed = in->sub & 1 ? RDX : RAX;
            else if (flags & MOP_A_RAX)
                from->fixed = RAX;
        }
    }
    return (unsigned)(to - out);
}

uint32_t alloc_clobbers(const struct mach_instr *in)
{
    uint32_t flags = mach_op_flags[in->op];

    if (flags & MOP_CALL)
        return in->sub & 1 ? ALLOC_ALL : MACH_CLOBBERED;
    if (flags & MOP_DIV)
        return 1u << RAX | 1u << RDX;
    return 0;
}

bool alloc_slot_fits(const struct mach_instr *in, const struct alloc_operand *o, uint8_t kind)
{
    return o->slot && in->size <= alloc_width(kind);
}

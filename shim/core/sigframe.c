#include "shim/core/sigframe.h"

#include <string.h>

#include "gate/place.h"
#include "shim/core/xstate_form.h"

/* The flags that a handler may change: AC OF DF TF SF ZF AF PF CF RF (Linux's
 * FIX_EFLAGS). Not NT: IRETQ would fault; not IF: it is not user mode's. */
#define RFLAGS_USER 0x50dd5ull
#define RIP_END 0x800000000000ull

uint32_t sigframe_extended_size(const struct xstate *info)
{
    return info->mask == 0 ? XSTATE_LEGACY_SIZE : info->size + (uint32_t)sizeof(uint32_t);
}

bool sigframe_place(struct sigframe_place *out, uint64_t sp, const struct xstate *info)
{
    uint64_t extended = sigframe_extended_size(info);

    if (sp < extended + sizeof(struct sigframe) + 256 || sp > PLACE_USER_END)
        return false;
    out->extended = (sp - extended) & ~63ull;
    out->frame = ((out->extended - sizeof(struct sigframe)) & ~15ull) - 8;
    return true;
}

void sigframe_put_registers(struct sigframe_context *c, const struct frame *f, uint64_t cr2)
{
    *c = (struct sigframe_context){
        .r8 = f->r8,
        .r9 = f->r9,
        .r10 = f->r10,
        .r11 = f->r11,
        .r12 = f->r12,
        .r13 = f->r13,
        .r14 = f->r14,
        .r15 = f->r15,
        .rdi = f->rdi,
        .rsi = f->rsi,
        .rbp = f->rbp,
        .rbx = f->rbx,
        .rdx = f->rdx,
        .rax = f->rax,
        .rcx = f->rcx,
        .rsp = f->rsp,
        .rip = f->rip,
        .rflags = f->rflags,
        .cs = PLACE_SEL_USER_CS,
        .ss = PLACE_SEL_USER_SS,
    };
    if (f->vector < 32) {
        c->error = f->error;
        c->trap = f->vector;
        c->cr2 = f->vector == 14 ? cr2 : 0;
    }
}

bool sigframe_take_registers(struct frame *f, const struct sigframe_context *c)
{
    if (c->rip >= RIP_END)
        return false;
    *f = (struct frame){
        .r8 = c->r8,
        .r9 = c->r9,
        .r10 = c->r10,
        .r11 = c->r11,
        .r12 = c->r12,
        .r13 = c->r13,
        .r14 = c->r14,
        .r15 = c->r15,
        .rdi = c->rdi,
        .rsi = c->rsi,
        .rbp = c->rbp,
        .rbx = c->rbx,
        .rdx = c->rdx,
        .rax = c->rax,
        .rcx = c->rcx,
        .rsp = c->rsp,
        .rip = c->rip,
        .rflags = (f->rflags & ~RFLAGS_USER) | (c->rflags & RFLAGS_USER),
        .vector = FRAME_RETURNED,
        .cs = PLACE_SEL_USER_CS,
        .ss = PLACE_SEL_USER_SS,
    };
    return true;
}

void sigframe_put_software(uint8_t *area, const struct xstate *info)
{
    struct sigframe_software s = { .magic = 0 };

    if (info->mask != 0)
        s = (struct sigframe_software){
            .magic = SIGFRAME_MAGIC_FIRST,
            .whole_size = sigframe_extended_size(info),
            .features = info->mask,
            .size = info->size,
        };
    memcpy(area + XSTATE_SOFTWARE_AT, &s, sizeof s);
}

uint32_t sigframe_software_size(const uint8_t legacy[static XSTATE_LEGACY_SIZE],
                                const struct xstate *info, bool *whole)
{
    struct sigframe_software s;

    memcpy(&s, legacy + XSTATE_SOFTWARE_AT, sizeof s);
    *whole = info->mask != 0 && s.magic == SIGFRAME_MAGIC_FIRST && s.size <= info->size &&
             s.size >= XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE && s.size <= s.whole_size;
    return *whole ? s.size : XSTATE_LEGACY_SIZE;
}

void sigframe_legacy_only(uint8_t *area, const struct xstate *info)
{
    const uint64_t present = 3;

    if (info->mask == 0)
        return;
    memset(area + XSTATE_LEGACY_SIZE, 0, XSTATE_HEADER_SIZE);
    memcpy(area + XSTATE_LEGACY_SIZE, &present, sizeof present);
}

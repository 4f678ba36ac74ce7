/* debug_registers.c: exec's registers for a debugger. */
#include "shim/core/debug_registers.h"

#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/port.h"
#include "shim/core/xstate.h"

#define FLAGS_FREE 0x240cd5ull /* CF PF AF ZF SF DF OF AC ID; TF is for stepping alone */
#define FLAGS_FIXED 0x202ull   /* IF, and the bit that is always set */
#define STATE_AVX 4ull         /* of XCR0: AMD64 Architecture Programmer's Manual 2, 11.5.2 */
#define AVX_AT 576u            /* in the standard form of the XSAVE area */

struct xsave {
    uint8_t legacy[512];
    uint64_t present; /* XSTATE_BV */
    uint64_t header[7];
    uint8_t ymm_high[16][16];
};
_Static_assert(__builtin_offsetof(struct xsave, ymm_high) == AVX_AT, "as the manual has it");

static bool has_avx(void) { return (xstate_info()->mask & STATE_AVX) != 0; }

static uint64_t fs_base_get(void)
{
    uint64_t base;

    return port_fs_read(&base) ? base : cpu_here()->thread.fs_base;
}

void debug_registers_get(struct debug_registers *regs, const struct frame *f)
{
    struct xsave area __attribute__((aligned(64))) = { 0 };

    *regs = (struct debug_registers){
        .rax = f->rax,
        .rbx = f->rbx,
        .rcx = f->rcx,
        .rdx = f->rdx,
        .rsi = f->rsi,
        .rdi = f->rdi,
        .rbp = f->rbp,
        .rsp = f->rsp,
        .r8 = f->r8,
        .r9 = f->r9,
        .r10 = f->r10,
        .r11 = f->r11,
        .r12 = f->r12,
        .r13 = f->r13,
        .r14 = f->r14,
        .r15 = f->r15,
        .rip = f->rip,
        .rflags = f->rflags,
        .fs_base = fs_base_get(),
    };
    port_fxsave(regs->fxsave);
    if (!has_avx())
        return;
    regs->flags = DEBUG_HAS_AVX;
    port_xsave(&area, STATE_AVX);
    if ((area.present & STATE_AVX) != 0) /* else they are all zero */
        __builtin_memcpy(regs->ymm_high, area.ymm_high, sizeof area.ymm_high);
}

bool debug_registers_set(struct frame *f, const struct debug_registers *regs)
{
    struct xsave area __attribute__((aligned(64))) = { .present = STATE_AVX };

    if (regs->rip >= PLACE_USER_END || regs->rsp > PLACE_USER_END ||
        regs->fs_base >= PLACE_USER_END)
        return false;
    if (!port_fxrstor(regs->fxsave)) /* a bit of MXCSR that is none */
        return false;
    if ((regs->flags & DEBUG_HAS_AVX) != 0 && has_avx()) {
        __builtin_memcpy(area.ymm_high, regs->ymm_high, sizeof area.ymm_high);
        (void)port_xrstor(&area, STATE_AVX);
    }
    if (!port_fs_write(regs->fs_base))
        stub_fs_base(regs->fs_base);
    f->rax = regs->rax;
    f->rbx = regs->rbx;
    f->rcx = regs->rcx;
    f->rdx = regs->rdx;
    f->rsi = regs->rsi;
    f->rdi = regs->rdi;
    f->rbp = regs->rbp;
    f->rsp = regs->rsp;
    f->r8 = regs->r8;
    f->r9 = regs->r9;
    f->r10 = regs->r10;
    f->r11 = regs->r11;
    f->r12 = regs->r12;
    f->r13 = regs->r13;
    f->r14 = regs->r14;
    f->r15 = regs->r15;
    f->rip = regs->rip;
    f->rflags = (regs->rflags & FLAGS_FREE) | FLAGS_FIXED;
    return true;
}

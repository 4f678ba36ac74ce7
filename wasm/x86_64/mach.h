/* mach.h: a function as x86-64 instructions, first over virtual registers, after
 * allocation over real ones.
 *
 * lower.c makes it from the IR; alloc rewrites the operands in place and fills
 * `moves`; emit.c turns it into bytes. Block order is emission order. */
#ifndef BROCH_WASM_X86_64_MACH_H
#define BROCH_WASM_X86_64_MACH_H

#include "base/arena.h"
#include "wasm/ir/ir.h"

/* Real registers: general 0..15 by their hardware numbers, vectors 16..31. */
enum mach_reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    XMM0,
    XMM1,
    XMM2,
    XMM3,
    XMM4,
    XMM5,
    XMM6,
    XMM7,
    XMM8,
    XMM9,
    XMM10,
    XMM11,
    XMM12,
    XMM13,
    XMM14,
    XMM15,
    MACH_REG_COUNT
};
#define MACH_ALLOCATABLE_GENERAL 0x37efu    /* all but rsp, r11, r14, r15 */
#define MACH_ALLOCATABLE_VECTOR 0x7fff0000u /* all but xmm15 */
#define MACH_KEPT ((1u << RBX) | (1u << RBP) | (1u << R12) | (1u << R13)) /* across calls */
#define MACH_CLOBBERED ((MACH_ALLOCATABLE_GENERAL | MACH_ALLOCATABLE_VECTOR) & ~MACH_KEPT)

/* An operand. Before allocation: a virtual register (MACH_VIRTUAL + n, n from 1),
 * or a real register that lowering fixed. After: a real register, or a frame slot
 * (MACH_SLOT + byte offset from rsp) where the instruction allows memory there. */
typedef uint32_t mach_operand;
#define MACH_NONE 0xffffffffu
#define MACH_VIRTUAL 0x40000000u
#define MACH_SLOT 0x80000000u
static inline bool mach_is_virtual(mach_operand o) { return (o >> 30) == 1; }
static inline bool mach_is_slot(mach_operand o) { return (o >> 30) == 2; }
static inline bool mach_is_reg(mach_operand o) { return o < MACH_REG_COUNT; }

/* What a virtual register holds: decides its class, and the width of its slot and moves.
 * A slot of an I32 is 8 bytes with the upper half zero, and may be read as an I64: an i32
 * and its zero extension are one virtual register. A move of an I32 to a slot is therefore
 * emitted 8 bytes wide. Slots of V128 are 16 bytes. */
enum mach_kind { MACH_I32, MACH_I64, MACH_F32, MACH_F64, MACH_V128 };

/* The memory operand of an instruction: one register at most besides pinned ones. */
enum mach_mem {
    MEM_NONE,
    MEM_HEAP,      /* [r14 + x + disp]; x may be MACH_NONE (constant address: disp alone) */
    MEM_BASE,      /* [x + disp] */
    MEM_CONTEXT,   /* [r15 + disp] */
    MEM_FRAME,     /* [rsp + disp], disp resolved by emit: frame locals area offset */
    MEM_POOL,      /* [rip + constant number disp] */
    MEM_INDEX,     /* lea only: [a + x * scale + disp] */
    MEM_INDEXED,   /* unused */
    MEM_HEAP_VIEW, /* [r11 + x + disp]: emit loads r11 with the base of memory number `scale`
                      just before; a is not used by it */
};

/* What an operation does with d, a, b: the constraints that allocation must meet. */
enum {
    MOP_DEF = 1 << 0, /* writes d */
    MOP_USE_A = 1 << 1,
    MOP_USE_B = 1 << 2,
    MOP_TIED = 1 << 3,  /* d and a are one register */
    MOP_B_MEM = 1 << 4, /* b may be a slot (when the instruction has no memory operand) */
    MOP_A_MEM = 1 << 5, /* a may be a slot, not tied */
    MOP_B_RCX = 1 << 6, /* b is in rcx (shifts without BMI2) */
    /* a in rax; d in rax (quotient) or rdx (`sub` 1: remainder); both are clobbered; b in
     * neither */
    MOP_DIV = 1 << 7,
    MOP_A_RAX = 1 << 8, /* cmpxchg: a (expected) tied to d, both in rax; b anything else */
    /* uses and defs are in `args`; clobbers MACH_CLOBBERED (`sub` 1: everything, see pads) */
    MOP_CALL = 1 << 9,
    MOP_END = 1 << 10, /* a terminator; may be followed only by other terminators of the block */
    MOP_COMMUTES = 1 << 11, /* a and b may be swapped (tied forms) */
    MOP_MOVE = 1 << 12,     /* d = a: may be coalesced away */
    MOP_B_LATE =
        1
        << 13, /* b and x are still read after d is written: not in d's register. Implied by TIED */
    MOP_FLAGS_OUT = 1 << 14, /* leaves flags that the next non-move instruction reads */
    MOP_FLAGS_IN = 1 << 15,
    MOP_REMAT = 1 << 16, /* no inputs: may be issued again instead of reloaded */
    MOP_TEMP = 1 << 17,  /* `c` is a scratch virtual register, written (early) inside */
    MOP_USE_C = 1 << 18, /* reads c */
};

/* mops.def: MOP(name, flags, …encoding columns that only emit reads). */
enum mach_op {
#define MOP(name, flags, ...) MOP_##name,
#include "wasm/x86_64/mops.def"
#undef MOP
    MOP_COUNT
};
extern const uint32_t mach_op_flags[MOP_COUNT];

/* 40 bytes. x is the memory operand's register (a use) for every mem but NONE,
 * CONTEXT, FRAME, POOL; MEM_INDEX uses a also (where it is not MACH_NONE). An operand that
 * is MACH_NONE is absent, whatever the flags say. `c` is an operand only with MOP_TEMP or
 * MOP_USE_C, else a number. */
struct mach_instr {
    uint16_t op;   /* enum mach_op */
    uint8_t size;  /* operand width in bytes: 1 2 4 8 16 */
    uint8_t cc;    /* hardware condition code, or an 8-bit immediate (lane, rounding) */
    uint8_t mem;   /* enum mach_mem */
    uint8_t scale; /* MEM_INDEX: 1 2 4 8 */
    uint8_t sub;   /* small variations, see mops.def */
    uint8_t trap;  /* enum wasm_trap of the site, where it may trap */
    mach_operand d, a, b, x, c;
    int32_t disp;
    int32_t imm;
    uint32_t offset; /* in the module, for sites; a second use: see mops.def */
};

/* Calls, and moves along edges: lists in `args`. */
struct mach_arg {
    mach_operand value; /* virtual */
    uint16_t reg;       /* real, that it must be in at the call (use) or comes in (def) */
    uint16_t is_def;
};

/* A call instruction: imm = index of its first arg, disp = count. Entry parameters:
 * MOP_ENTRY, first of block 0, has them as defs. RETURN: as uses. */

struct mach_edge_move { /* at the end of pred, phi d of the successor gets a */
    mach_operand d, a;
};

struct mach_block {
    uint32_t first, end; /* instructions [first, end) */
    uint32_t succ[2];    /* for loops and edges; a jump table's are in succs */
    uint32_t *succs;     /* all successors */
    uint32_t succ_count;
    uint32_t *preds;
    uint32_t pred_count;
    struct mach_edge_move *moves; /* parallel, done before the terminators: only blocks */
    uint32_t move_count;          /* with one successor have them (critical edges are split) */
    uint32_t loop_end;            /* of a loop header: first block after the loop; else 0 */
    uint16_t depth;
    bool cold;    /* emitted after the rest */
    bool is_edge; /* split from a critical edge: nothing but moves and a jump */
    /* Entered from the unwinder: every live-in value is in its slot, the registers hold
     * nothing; MOP_EXCEPTION (def in rax) is its first instruction. */
    bool is_pad;
};

/* A move that allocation inserts: before instruction `before`, in list order. */
struct mach_move {
    uint32_t before;
    uint8_t kind;   /* enum mach_kind: width */
    uint8_t remat;  /* 1: issue instruction `a` (an index of a REMAT one) with d as its result */
    mach_operand d; /* real register or slot */
    mach_operand a; /* real register or slot; never both slots (r11 / xmm15 are used between) */
};

struct mach_func {
    struct ir_func *ir;
    struct arena *arena;
    struct mach_instr *code;
    uint32_t code_count;
    struct mach_block *blocks;
    uint32_t block_count;
    uint8_t *kinds;         /* enum mach_kind of each virtual register, from 1 */
    uint32_t virtual_count; /* numbers 1 .. virtual_count */
    struct mach_arg *args;
    uint32_t arg_count;

    /* by allocation */
    struct mach_move *moves; /* sorted by `before`, order kept among equals */
    uint32_t move_count;
    uint32_t slot_size; /* bytes of spill slots; emit adds frame locals and saved registers */
    uint32_t kept_used; /* bit per real register of MACH_KEPT that is written */
    /* constants for MEM_POOL: 16 bytes each */
    uint64_t (*pool)[2];
    uint32_t pool_count, pool_room;
    uint32_t **jump_tables; /* of MOP_JUMP_TABLE: block numbers */
    uint32_t frame_locals_size;
};

/* lower.c. What `out` points to lies in `arena`, which may be f's own; scratch in f's. Of f
 * only unit and index are needed afterwards. */
enum err mach_lower(struct mach_func *out, struct ir_func *f, struct arena *arena,
                    struct wasm_note *note);
/* alloc_naive.c: each virtual register in a slot of its own; correct, slow, the oracle. */
enum err mach_alloc_naive(struct mach_func *f, struct wasm_note *note);
/* alloc.c: linear scan with splitting. */
enum err mach_alloc(struct mach_func *f, struct wasm_note *note);
/* alloc_check.c: replays an allocation symbolically against a copy of the code from before;
 * a sentence or NULL. For tests. */
const char *mach_alloc_check(const struct mach_func *after, const struct mach_instr *before,
                             struct arena *scratch);
/* emit.c */
enum err mach_emit(struct wasm_code *out, struct mach_func *f, struct wasm_note *note);

#endif

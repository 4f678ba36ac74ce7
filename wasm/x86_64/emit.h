/* emit.h: from allocated instructions to bytes: what the files emit*.c share.
 *
 * Jumps are first written in their long form and listed; layout (emit_layout.c)
 * then finds which reach with one byte, closes the gaps, and only then turns
 * labels into numbers. What is rare goes to the end of the function: traps as
 * stubs, and the slow halves of some operations. */
#ifndef BROCH_WASM_X86_64_EMIT_H
#define BROCH_WASM_X86_64_EMIT_H

#include "wasm/x86_64/encode.h"
#include "wasm/x86_64/lower.h"

/* A label: its place in the bytes once it is bound. Labels 0 .. block_count-1 are the blocks. */
typedef uint32_t emit_label;
#define EMIT_UNBOUND 0xffffffffu

enum emit_gap_kind { EMIT_JUMP, EMIT_JCC, EMIT_ALIGN };

/* A place where bytes may fall away: a jump (5 or 6 bytes, else 2) or padding (15, else fewer). */
struct emit_gap {
    uint32_t at; /* in the long form */
    emit_label to;
    uint8_t kind; /* enum emit_gap_kind */
    uint8_t cc;
    uint8_t size; /* in the end */
};

struct emit_stub { /* a trap */
    emit_label label;
    uint32_t offset; /* in the module */
    uint8_t trap;
};

struct emit_slow { /* the slow half of instruction `instr` */
    uint32_t instr;
    emit_label in, back;
    uint32_t pad_block;
};

struct emit {
    struct encoder enc; /* first: the bytes */
    struct mach_func *f;
    const struct wasm_unit *unit;
    struct arena *arena;

    uint32_t *labels;
    uint32_t label_count, label_room;
    struct emit_gap *gaps;
    uint32_t gap_count, gap_room;
    struct wasm_site_entry *sites; /* pad_pc holds 1 + a label until layout is done */
    uint32_t site_count, site_room;
    struct wasm_reloc *relocs;
    uint32_t reloc_count, reloc_room;
    struct emit_stub *stubs;
    uint32_t stub_count, stub_room;
    struct emit_slow *slows;
    uint32_t slow_count, slow_room;
    struct emit_table *tables;
    uint32_t table_count, table_room;

    uint32_t *order;      /* blocks in the order of emission */
    uint32_t *thread;     /* per block: where a jump to it ends up */
    uint32_t next_block;  /* that follows in the order, EMIT_UNBOUND: none */
    uint32_t pad_block;   /* landing pad of the block's call in a try, EMIT_UNBOUND: none */
    uint32_t instr;       /* index of the one being emitted */
    bool flags_live;      /* an instruction to come reads the flags */
    mach_operand zero_of; /* the register that zero and sign flag are about, or MACH_NONE, */
    uint8_t zero_size;    /* and its width */

    uint32_t frame;     /* bytes that the prologue takes beside pushes */
    uint32_t saved_r15; /* offset from rsp of the slot for r15, where has_context_slot */
    bool has_context_slot;
    bool has_pad;
    uint32_t kept; /* registers pushed, bit per register */
    unsigned kept_count;
};

struct emit_table { /* a jump table: `at` is the displacement of the lea that finds it */
    uint32_t at;
    uint32_t number;
};

/* --- emit.c */
emit_label emit_label_new(struct emit *e);
void emit_bind(struct emit *e, emit_label label);
void emit_jump(struct emit *e, emit_label to);
void emit_jcc(struct emit *e, unsigned cc, emit_label to);
void emit_site(struct emit *e, enum wasm_site kind, enum wasm_trap trap, uint32_t offset);
void emit_trap_if(struct emit *e, unsigned cc, enum wasm_trap trap, uint32_t offset);
/* Opens the slow half of the current instruction: where to jump to and to come back to. */
struct emit_slow emit_slow_new(struct emit *e);
/* r11 = [r15 + disp] */
void emit_context_load(struct emit *e, int32_t disp);
/* Before an access of MEM_HEAP_VIEW: r11 = the base. */
void emit_view(struct emit *e, const struct mach_instr *in);
/* The site of an access that may fault: directly before it. */
void emit_access(struct emit *e, const struct mach_instr *in);

/* --- emit_op.c: SPECIAL operations */
void emit_special(struct emit *e, const struct mach_instr *in);
void emit_move(struct emit *e, const struct mach_move *m);

/* --- emit_float.c */
bool emit_float(struct emit *e, const struct mach_instr *in);
void emit_float_slow(struct emit *e, const struct mach_instr *in, struct emit_slow s);

/* --- emit_call.c: calls, context, prologue and epilogue */
bool emit_call(struct emit *e, const struct mach_instr *in);
void emit_call_slow(struct emit *e, const struct mach_instr *in, struct emit_slow s);
void emit_prologue(struct emit *e);
void emit_epilogue(struct emit *e);
void emit_frame_plan(struct emit *e);

/* --- emit_layout.c */
enum err emit_layout(struct emit *e, struct wasm_code *out);

#endif

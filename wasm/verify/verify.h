/* verify.h: the parts of the machine-code verifier, and what they share.
 *
 * flow.c finds the instructions, the branches and the blocks; frame.c judges prologue and
 * epilogue; walk.c follows all paths with a state; step.c says what one instruction does
 * to it, fact.c what a comparison proves; operand.c judges memory operands, call.c what
 * leaves the function. The rule is to refuse: what
 * none of them knows how to prove is no code of ours.
 *
 * Trusted besides: the validated module, its layout, the configuration word, and that
 * callers and callees were verified too. */
#ifndef BROCH_WASM_VERIFY_VERIFY_H
#define BROCH_WASM_VERIFY_VERIFY_H

#include "wasm/compile.h"
#include "wasm/verify/state.h"

/* What is marked at each byte of the text. */
enum mark {
    MARK_START = 1 << 0,  /* an instruction starts here */
    MARK_TARGET = 1 << 1, /* some jump, jump table or unwinder goes here */
    MARK_INSIDE = 1 << 2, /* in the middle of a sequence: nothing may go here */
    MARK_MEMORY = 1 << 3, /* a site of that kind */
    MARK_CALL = 1 << 4,
    MARK_TRAP = 1 << 5,
    MARK_RELOC = 1 << 6, /* first of four bytes that are written later */
};

struct block {
    uint32_t start;
    bool is_reached;
    bool is_dirty;
    bool is_shared; /* in.cells is another block's as well: copied before it is changed */
    struct state in;
};

/* A jump through a table, found by its sequence. */
struct jump_table {
    uint32_t at; /* of the lea */
    uint32_t table, count;
    uint8_t index, scratch; /* registers */
};

/* What the flags say of the last comparison: if `when` holds, something is known. */
enum fact_kind {
    FACT_NONE,
    FACT_INDEX,   /* reg < size of table n */
    FACT_BOUND,   /* reg <= bound of memory n */
    FACT_EXTENT,  /* reg <= r11, a KIND_SIZE */
    FACT_SIZE,    /* r11 did not wrap: it is `result` */
    FACT_TYPE,    /* the function in r11 is of type n */
    FACT_CONTEXT, /* the function in r11 is of this instance */
    FACT_TAG,     /* the exception with number n is of tag m */
    FACT_NEVER,   /* cannot hold */
};
enum { NO_COND = 0xff };
struct fact {
    uint8_t kind;
    uint8_t when; /* condition code */
    uint8_t reg;
    uint32_t n, m;
    kind result;
};

/* An index may have been compared with the sizes of several memories. */
struct extent {
    uint32_t rest; /* of the set: another number, 0 for none */
    uint32_t memory;
    uint64_t extent;
};

struct verify {
    const struct wasm_unit *unit;
    const struct wasm_decoded *m;
    const struct wasm_code *code;
    struct wasm_signature signature;
    uint32_t function;
    struct arena *arena;
    struct wasm_note *note;
    bool is_refused; /* the note says why */
    bool is_nomem;

    uint8_t *marks; /* text_size + 1 */
    uint32_t body;  /* offset of the first instruction after the prologue */
    uint32_t frame; /* bytes from rsp to the pushed registers */
    bool has_calls;
    struct jump_table *tables;
    uint32_t table_count, table_room;
    uint32_t table_entries;
    struct block *blocks;
    uint32_t block_count;

    unsigned effort;     /* which frame slots are followed: see walk.c */
    uint8_t *read_whole; /* by slot, from effort 1 on */
    uint64_t work;       /* instructions stepped over */
    struct cells cells;
    struct extent *extents; /* sets, by number */
    uint32_t extent_count, extent_room;
    struct state now;
    struct block *here; /* that is being walked */
    uint32_t now_room;  /* of now.cells, and spare */
    kind *spare;
    struct fact fact;
    uint8_t not_cc; /* the condition that the last jump found false, or NO_COND */
    bool is_dead;   /* what follows cannot be reached */
};

/* Notes the refusal of the code at an offset; false, for the caller to return. */
bool verify_refuse(struct verify *v, uint32_t at, const char *rule);
bool verify_nomem(struct verify *v);
/* The instruction at an offset; false where it is none of ours, or none is there. */
bool verify_decode(const struct verify *v, struct insn *out, uint32_t at);
/* How many of `count` items of `size` bytes, that start with a rising uint32_t, have it below
 * `key`. */
uint32_t verify_below(const void *items, size_t size, uint32_t count, uint32_t key);

/* --- flow.c */
bool verify_scan(struct verify *v);
/* The one whose lea is there, or NULL. */
const struct jump_table *verify_table(const struct verify *v, uint32_t at);
/* Where entry i of a table goes. */
uint32_t verify_table_entry(const struct verify *v, const struct jump_table *t, uint32_t i);
/* Is it a call or a jump whose target is written later? */
bool verify_is_relocated(const struct verify *v, const struct insn *in);
const struct wasm_site_entry *verify_site(const struct verify *v, uint32_t pc,
                                          enum wasm_site which);
/* The block that starts there; NULL where none does. */
struct block *verify_block(const struct verify *v, uint32_t start);

/* --- frame.c */
/* In the order of the bits of code->saved, and of the pushes. */
extern const uint8_t verify_kept_regs[4];
bool verify_prologue(struct verify *v);
/* Is `in` the first of an epilogue? Then `out` is its last instruction, a return or a jump
 * that leaves. */
bool verify_epilogue(struct verify *v, const struct insn *in, struct insn *out);

/* --- walk.c */
bool verify_walk(struct verify *v);
/* Carries the state at hand to a target. */
bool verify_walk_to(struct verify *v, uint32_t target);
/* Keys of cells. */
static inline uint32_t cell_of_slot(uint32_t offset) { return offset / 8; }
uint32_t cell_of_spill(const struct verify *v, uint32_t number);
uint32_t cell_of_memory(const struct verify *v, uint32_t memory);
kind cell_get(const struct verify *v, uint32_t key);
bool cell_set(struct verify *v, uint32_t key, kind k);
/* Forgets the spill area. */
void cell_forget_spill(struct verify *v);

/* --- step.c: what stays in the function and goes on. False: refused. */
bool step(struct verify *v, const struct insn *in);
/* Writes a register other than the pinned ones. */
bool step_set(struct verify *v, const struct insn *in, uint8_t reg, kind k);

/* --- fact.c */
/* What a comparison says, to v->fact. */
void fact_compare(struct verify *v, const struct insn *in);
/* Nothing is known of the flags. */
void fact_forget(struct verify *v);
/* v->fact holds from here on. */
bool fact_apply(struct verify *v);
/* All that is known to be the same word as a register becomes k. */
bool fact_refine(struct verify *v, uint8_t reg, kind k);
/* The exception in a register gets a number, and its copies made from now on with it. */
bool fact_identify(struct verify *v, uint8_t reg, uint32_t number);

/* --- extent.c: KIND_EXTENT */
/* What is known of k and a memory; 0: nothing. */
uint64_t extent_of(const struct verify *v, kind k, uint32_t memory);
/* k, and that it plus `extent` is at most the memory's size. */
kind extent_add(struct verify *v, kind k, uint32_t memory, uint64_t extent);
/* k plus a number. */
kind extent_shift(struct verify *v, kind k, uint64_t number);
kind extent_meet(struct verify *v, kind a, kind b);

/* --- operand.c */
/* Judges the memory operand; *loaded is what a load of it gives, `stored` what a store
 * puts there. */
bool operand_check(struct verify *v, const struct insn *in, kind stored, kind *loaded);
/* A word of a wasm type in memory or a register. */
kind operand_kind_of(uint8_t type);
bool operand_fits(kind k, uint8_t type);
bool operand_is_slot(const struct insn *in);

/* --- call.c */
bool call_step(struct verify *v, const struct insn *in);
/* A return, or a jump out of the function after its epilogue. */
bool call_leave(struct verify *v, const struct insn *in);
void call_entry(struct verify *v);

#endif

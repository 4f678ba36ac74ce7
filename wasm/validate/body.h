/* body.h: one function body, or one constant expression, being judged: the
 * operand stack and the control stack of the specification's own algorithm (core
 * appendix, "validation algorithm"), and what they are checked against.
 *
 * The stacks lie in the validator's arena and are used again for each body. No
 * state is shared with the compiler, and nothing here recurses.
 *
 * Time. An instruction is at least one byte and touches as many operands as its
 * type names: at most LIMIT_PARAMS + LIMIT_RESULTS, moved and compared eight at
 * a time, so the worst is some 250 machine words a byte, for modules made to
 * be slow. A br_table looks once at each distinct label (struct frame.stamp), and
 * a run of labels of the same type costs one comparison. Locals are kept as
 * runs, so that a declaration costs the bytes that it takes and not the number
 * that it says.
 *
 * Memory. Two bytes of body make one frame; one instruction pushes at most
 * LIMIT_RESULTS operands of one byte each, and LIMIT_OPERANDS bounds them all. */
#ifndef BROCH_WASM_VALIDATE_BODY_H
#define BROCH_WASM_VALIDATE_BODY_H

#include "wasm/decode/instr.h"
#include "wasm/decode/type.h"
#include "wasm/module.h"
#include "wasm/validate/local_runs.h"

/* The bottom type of the algorithm: an operand below a polymorphic stack. */
#define TYPE_UNKNOWN WASM_NONE

struct frame {
    struct wasm_signature type; /* parameters: start types; results: end types */
    uint32_t height;            /* of the operand stack below it */
    uint32_t stamp;             /* of the last br_table that looked at it */
    uint16_t op;                /* that opened it: block, loop, if, else, try, catch, ... */
    bool unreachable;           /* the rest of it cannot be reached: the stack is polymorphic */
};

struct body {
    struct wasm_decoded *m;
    struct arena *arena;
    struct wasm_note *note;
    struct reader r;
    uint32_t base;       /* of r's first byte in the module */
    struct wasm_instr i; /* the instruction being judged */
    struct wasm_signature type;
    struct local_runs locals;

    uint8_t *operands; /* enum wasm_type */
    uint32_t count;
    uint32_t room;
    struct frame *frames;
    uint32_t depth;
    uint32_t frame_room;
    uint32_t stamp;    /* the last one used */
    uint32_t features; /* enum wasm_feature, of what was seen */
};

/* --- Refusals (refuse.c). All give the error that their caller returns. */

enum err body_refuse(struct body *b, const char *rule, const char *detail);
/* "type mismatch": `wanted` and `found` are types; found WASM_NONE is an empty stack. */
enum err body_mismatch(struct body *b, enum wasm_type wanted, enum wasm_type found);
/* "unknown <space>", with the index that there is not. */
enum err body_unknown(struct body *b, const char *rule, uint32_t index, uint32_t count);

/* --- Operands (stack.c) */

static inline struct frame *body_top(struct body *b) { return &b->frames[b->depth - 1]; }

enum err body_make_room(struct body *b, uint32_t more);

static inline enum err body_push(struct body *b, enum wasm_type type)
{
    if (b->count == b->room)
        TRY(body_make_room(b, 1));
    b->operands[b->count++] = (uint8_t)type;
    return ERR_OK;
}

/* The operand on top, or TYPE_UNKNOWN. */
static inline enum err body_pop_any(struct body *b, enum wasm_type *out)
{
    const struct frame *top = body_top(b);

    if (b->count == top->height) {
        *out = TYPE_UNKNOWN;
        return top->unreachable ? ERR_OK : body_mismatch(b, TYPE_UNKNOWN, WASM_NONE);
    }
    *out = (enum wasm_type)b->operands[--b->count];
    return ERR_OK;
}

static inline enum err body_pop(struct body *b, enum wasm_type want)
{
    const struct frame *top = body_top(b);
    enum wasm_type found;

    if (b->count == top->height)
        return top->unreachable ? ERR_OK : body_mismatch(b, want, WASM_NONE);
    found = (enum wasm_type)b->operands[--b->count];
    if (found != want && found != TYPE_UNKNOWN)
        return body_mismatch(b, want, found);
    return ERR_OK;
}

enum err body_push_list(struct body *b, const uint8_t *types, uint32_t count);
enum err body_pop_list(struct body *b, const uint8_t *types, uint32_t count);
/* As if popped and pushed back. */
enum err body_check_list(struct body *b, const uint8_t *types, uint32_t count);

/* --- Frames (stack.c) */

struct label {
    const uint8_t *types;
    uint32_t count;
};

/* Opens a frame whose parameters are popped already, and pushes them inside. */
enum err body_open(struct body *b, uint16_t op, struct wasm_signature type);
/* Checks that exactly the results are there and closes the frame. */
enum err body_close(struct body *b, struct frame *out);
/* "unreachable()" of the algorithm. */
void body_end_reachable(struct body *b);
/* The frame of a relative label; NULL and a note where there is none. */
struct frame *body_label_frame(struct body *b, uint32_t relative);
struct label body_label_of(const struct frame *f);

/* --- Families of instructions, each for b->i */

enum err body_plain(struct body *b); /* plain.c: those of signatures.def */
bool body_is_plain(uint16_t op);
enum err body_control(struct body *b);   /* control.c: blocks and branches */
enum err body_call(struct body *b);      /* call.c: calls and returns */
enum err body_exception(struct body *b); /* exception.c: both forms */
enum err body_variable(struct body *b);  /* variable.c: locals, globals, parametric */
enum err body_reference(struct body *b); /* table.c: references and tables */
enum err body_bulk(struct body *b);      /* table.c: segments and copies */

/* Looks up the block type in b->i. What it points at lives as long as the module. */
enum err body_block_type(struct body *b, struct wasm_signature *out);
/* Opens what b->i begins: a block, loop, if or try. */
enum err body_block_open(struct body *b);
/* The address type of a memory or table. */
static inline enum wasm_type limits_address(const struct wasm_limits *l)
{
    return l->is64 ? WASM_I64 : WASM_I32;
}

/* --- Whole things */

/* Prepares for many bodies. */
void body_init(struct body *b, struct wasm_decoded *m, struct arena *arena, struct wasm_note *note);
/* body.c: one function of the module. */
enum err body_check_function(struct body *b, uint32_t function);
/* One instruction, the one in b->i. */
enum err body_step(struct body *b);
/* constexpr.c: a constant expression of one result. Globals from `globals` on are
 * not there yet. */
enum err body_check_constexpr(struct body *b, const struct wasm_constexpr *e, enum wasm_type result,
                              uint32_t globals);

#endif

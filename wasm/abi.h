/* abi.h: what compiled code, the runtime and the machine-code verifier agree on.
 *
 * Compiled code sees one structure, the context of its instance, whose address
 * is pinned in r15. Everything it may read or write besides the guest's
 * memories and its own stack frame is reached from there, and the layout below
 * is the whole list. All offsets are asserted at the end.
 *
 * Registers inside compiled code (x86-64):
 *   r15  struct wasm_context *, kept by every callee
 *   r14  base address of memory 0, kept by every callee (any value where there is none)
 *   rsp  the guest's stack: the frame is [rsp, rsp + frame size), the return
 *        address above it. Frames need no alignment beyond 8 bytes.
 *   rbx rbp r12 r13  kept by the callee (pushed in its prologue when used)
 *   r11, xmm15  scratch between instructions, never allocated
 *   the rest  free for the callee
 * Arguments: the integer and reference ones in rdi rsi rdx rcx r8 r9, floats and
 * vectors in xmm0..xmm7, each kind in its own order; those beyond go to
 * spill[k], k counting the overflowing ones of both kinds in order of
 * the parameters. Results: the first two integers or references in rax, rdx, the first two
 * floats or vectors in xmm0, xmm1; those beyond to spill[k] likewise. The spill
 * area is read by the callee's (after a call: the caller's) first instructions.
 * An i32 in a register or slot always has its upper 32 bits zero there: every
 * instruction that writes one is a 32-bit operation. An f32 or f64 leaves the
 * rest of its register undefined.
 *
 * Traps: a cold stub `call [r15 + trap_exit]`. The return address is looked up
 * in the module's site table, which says which trap and at which offset.
 * Memory accesses that fault are looked up by their own address.
 *
 * Built-in functions are called as `call [r15 + builtins + 8 * n]` with the
 * context in rdi and up to five words in rsi rdx rcx r8 r9; one word comes
 * back in rax (rdx, and all caller-saved registers, are clobbered). They switch
 * to the embedder's stack, and never return if they trap. */
#ifndef BROCH_WASM_ABI_H
#define BROCH_WASM_ABI_H

#include "include/broch/wasm.h"

enum {
    WASM_ABI_INT_ARGS = 6,
    WASM_ABI_FLOAT_ARGS = 8,
    WASM_ABI_INT_RESULTS = 2,
    WASM_ABI_FLOAT_RESULTS = 2,
    WASM_ABI_SPILL_COUNT = 1000, /* LIMIT_PARAMS, LIMIT_RESULTS */
};

/* Built-ins. All arguments and results are words (i32 zero-extended, references
 * as words). Memory and table indices, segment indices: u32 words.
 *   BUILTIN(identifier, argument count after the context)
 * A trap inside one is reported at the call. */
#define WASM_BUILTINS(BUILTIN)                                                                    \
    BUILTIN(MEMORY_GROW, 2)   /* memory, pages: pages before, or -1 as i64; lowering truncates */ \
    BUILTIN(MEMORY_FILL, 4)   /* memory, to, byte, size */                                        \
    BUILTIN(MEMORY_COPY, 4)   /* memories (to | from << 32), to, from, size */                    \
    BUILTIN(MEMORY_INIT, 4)   /* memory | segment << 32, to, from, size */                        \
    BUILTIN(DATA_DROP, 1)     /* segment */                                                       \
    BUILTIN(TABLE_GET, 2)     /* table, index */                                                  \
    BUILTIN(TABLE_SET, 3)     /* table, index, reference */                                       \
    BUILTIN(TABLE_GROW, 3)    /* table, reference, count: size before, or -1 */                   \
    BUILTIN(TABLE_FILL, 4)    /* table, to, reference, count */                                   \
    BUILTIN(TABLE_COPY, 4)    /* tables (to | from << 32), to, from, count */                     \
    BUILTIN(TABLE_INIT, 4)    /* table | segment << 32, to, from, count */                        \
    BUILTIN(ELEM_DROP, 1)     /* segment */                                                       \
    BUILTIN(ATOMIC_WAIT32, 4) /* memory, address with offset added (u64), expected, timeout */    \
    BUILTIN(ATOMIC_WAIT64, 4)                                                                     \
    BUILTIN(ATOMIC_NOTIFY, 3)   /* memory, address with offset added, count */                    \
    BUILTIN(EXCEPTION_NEW, 1)   /* tag: a new exception; its payload words follow by stores */    \
    BUILTIN(EXCEPTION_THROW, 1) /* exception (null traps): unwinds, does not return */            \
    BUILTIN(LAZY_COMPILE, 1)    /* function index; used by the lazy stubs alone */

enum wasm_builtin {
#define BUILTIN(id, argument_count) WASM_BUILTIN_##id,
    WASM_BUILTINS(BUILTIN)
#undef BUILTIN
        WASM_BUILTIN_COUNT
};

/* What a memory looks like to compiled code. The base never moves. */
struct wasm_memory_view {
    uint8_t *base;
    uint64_t size;  /* bytes now; only grows */
    uint64_t bound; /* a 64-bit index above this is out of bounds by comparison;
                       below, base + index + any 31-bit offset + 16 is memory or guard */
};

/* What a table looks like. Elements are words: funcref pointers, externref words, exceptions. */
struct wasm_table_view {
    uint64_t *base;
    uint64_t size; /* elements now */
};

/* A function as a reference: what a funcref points to. The code is called with
 * r15 = context and r14 = context->memory0 (and the caller's put back after). */
struct wasm_function {
    void *code;
    struct wasm_context *context;
    uint32_t signature; /* the store's number for its type */
    uint32_t index;     /* in its module; UINT32_MAX for a host function */
};

/* An exception as compiled code sees it. */
struct wasm_exception {
    struct wasm_tag *tag;
    uint64_t state;             /* the collector's */
    union wasm_value payload[]; /* one for each parameter of the tag */
};

/* Shared by all contexts of a store; one thread's. */
struct wasm_thread {
    uint64_t host_sp;  /* the embedder's stack while guest code runs */
    uint64_t guest_sp; /* the guest's stack while host code runs */
    uint64_t trap_pc;  /* scratch of the entry code */
    uint64_t trap_sp;
    uint64_t fuel; /* signed: trap when it would go below 0 */
    union wasm_value spill[WASM_ABI_SPILL_COUNT];
};

/* The pinned context. The fixed head is followed by arrays whose places depend
 * on the module: struct wasm_layout. A host function's context is a head too. */
struct wasm_context {
    uint64_t stack_limit; /* rsp below it: trap. UINT64_MAX: interrupted */
    void *trap_exit;
    uint8_t *memory0; /* base of memory 0 */
    struct wasm_thread *thread;
    union wasm_value *spill; /* thread->spill */
    uint64_t *fuel;          /* &thread->fuel */
    void *builtins[WASM_BUILTIN_COUNT];
};

/* Where the arrays of a module's context lie: byte offsets from r15. Computed from the
 * decoded module alone (runtime/layout.c), so that compiler, verifier and
 * runtime agree without talking. */
struct wasm_layout {
    uint32_t memories;        /* struct wasm_memory_view *[memory_count] */
    uint32_t tables;          /* struct wasm_table_view *[table_count] */
    uint32_t signatures;      /* uint32_t[type_count]: the store's number of each type */
    uint32_t tags;            /* struct wasm_tag *[tag_count] */
    uint32_t imports;         /* struct wasm_function *[imported_func_count] */
    uint32_t functions;       /* struct wasm_function[func_count - imported_func_count] */
    uint32_t global_pointers; /* union wasm_value *[imported_global_count] */
    uint32_t globals; /* union wasm_value[global_count - imported_global_count], 16-aligned */
    uint32_t size;
};

struct wasm_decoded;
/* ERR_LIMIT where an offset would pass 2^31. */
enum err wasm_layout_of(struct wasm_layout *out, const struct wasm_decoded *m);

#define WASM_CONTEXT_STACK_LIMIT 0
#define WASM_CONTEXT_TRAP_EXIT 8
#define WASM_CONTEXT_MEMORY0 16
#define WASM_CONTEXT_THREAD 24
#define WASM_CONTEXT_SPILL 32
#define WASM_CONTEXT_FUEL 40
#define WASM_CONTEXT_BUILTINS 48
#define WASM_FUNCTION_CODE 0
#define WASM_FUNCTION_CONTEXT 8
#define WASM_FUNCTION_SIGNATURE 16
#define WASM_VIEW_BASE 0
#define WASM_VIEW_SIZE 8
#define WASM_VIEW_BOUND 16
#define WASM_EXCEPTION_TAG 0
#define WASM_EXCEPTION_PAYLOAD 16

_Static_assert(offsetof(struct wasm_context, trap_exit) == WASM_CONTEXT_TRAP_EXIT, "abi");
_Static_assert(offsetof(struct wasm_context, memory0) == WASM_CONTEXT_MEMORY0, "abi");
_Static_assert(offsetof(struct wasm_context, thread) == WASM_CONTEXT_THREAD, "abi");
_Static_assert(offsetof(struct wasm_context, spill) == WASM_CONTEXT_SPILL, "abi");
_Static_assert(offsetof(struct wasm_context, fuel) == WASM_CONTEXT_FUEL, "abi");
_Static_assert(offsetof(struct wasm_context, builtins) == WASM_CONTEXT_BUILTINS, "abi");
_Static_assert(offsetof(struct wasm_function, context) == WASM_FUNCTION_CONTEXT, "abi");
_Static_assert(offsetof(struct wasm_function, signature) == WASM_FUNCTION_SIGNATURE, "abi");
_Static_assert(offsetof(struct wasm_memory_view, bound) == WASM_VIEW_BOUND, "abi");
_Static_assert(offsetof(struct wasm_exception, payload) == WASM_EXCEPTION_PAYLOAD, "abi");

/* --- Compiled code, as the compiler hands it to the runtime */

/* A place in the code that the runtime can name: sorted by pc. */
enum wasm_site {
    WASM_SITE_CALL,   /* pc is the return address of a call: backtraces, landing pads */
    WASM_SITE_TRAP,   /* pc is the return address of a trap stub: `trap` says which */
    WASM_SITE_MEMORY, /* pc is the first byte of an access that may fault: WASM_TRAP_MEMORY,
                         or what `trap` says (a null funcref: WASM_TRAP_INDIRECT_NULL) */
};

struct wasm_site_entry {
    uint32_t pc;     /* offset from the function's first code byte */
    uint32_t offset; /* in the module */
    uint8_t kind;    /* enum wasm_site */
    uint8_t trap;    /* enum wasm_trap */
    uint16_t pad;
    uint32_t pad_pc; /* landing pad of a call in a try, offset in the code; 0: none.
                        It is entered with rax = the exception and rsp of the frame */
};

/* A place where the linker of the code writes a 32-bit displacement. */
enum wasm_reloc_kind {
    WASM_RELOC_CALL, /* rel32 to the entry of function `target` (eager), or to its slot (lazy) */
};
struct wasm_reloc {
    uint32_t at; /* offset of the 4 bytes in the function's code */
    uint32_t target;
};

/* One function's result. Arrays live in the arena given to the compiler. */
struct wasm_code {
    uint8_t *bytes;      /* instructions, then (aligned) constants and jump tables */
    uint32_t size;       /* all of it, a multiple of 16 */
    uint32_t text_size;  /* instructions alone */
    uint32_t frame_size; /* bytes from rsp to the return address, saved registers included */
    uint8_t saved;       /* bit 0 rbx, 1 rbp, 2 r12, 3 r13: pushed in this order, so that rbx
                            (if saved) lies highest, just below the return address */
    struct wasm_site_entry *sites;
    uint32_t site_count;
    struct wasm_reloc *relocs;
    uint32_t reloc_count;
};

#endif

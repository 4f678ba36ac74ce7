/* runtime.h: the things of wasm.h as the runtime's own files see them.
 *
 * A store owns everything made in it, through intrusive lists, and frees it as a
 * whole: links between instances are plain pointers. Nothing here is locked,
 * except what a header says that many threads may touch. */
#ifndef BROCH_WASM_RUNTIME_RUNTIME_H
#define BROCH_WASM_RUNTIME_RUNTIME_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/num.h"
#include "wasm/abi.h"
#include "wasm/module.h"
#include "wasm/note.h"
#include "wasm/runtime/code.h"
#include "wasm/runtime/exception.h"
#include "wasm/runtime/signature.h"

enum {
    WASM_PAGE_SIZE = 65536,
    HOST_PAGE_SIZE = 4096,
    /* Calls from host functions back into guests: each takes the embedder's stack,
     * whose size nobody here knows. */
    WASM_NESTING = 128,
};

struct wasm_engine {
    struct wasm_host host;
    uint64_t config;
};

struct wasm_module {
    struct wasm_engine *engine;
    uint8_t *raw;
    size_t raw_size;
    struct arena arena; /* what `decoded` points to */
    struct wasm_decoded decoded;
    struct wasm_layout layout;
    struct wasm_code_region code;
};

struct wasm_tag {
    struct wasm_tag *next;
    struct wasm_store *store;
    uint32_t signature; /* the store's number */
    uint32_t param_count;
};

struct wasm_memory {
    struct wasm_memory_view view; /* first: compiled code points here */
    struct wasm_memory *next;
    struct wasm_store *store;
    struct wasm_limits limits; /* as declared */
    uint64_t most_pages;       /* that it may ever grow to */
    size_t reserved;           /* bytes of address space from view.base */
};

struct wasm_table {
    struct wasm_table_view view; /* first: compiled code points here */
    struct wasm_table *next;
    struct wasm_store *store;
    enum wasm_type type;
    struct wasm_limits limits;
    uint64_t most;    /* elements that it may ever grow to */
    size_t reserved;  /* bytes of address space, or 0 where it lies in the heap */
    size_t committed; /* bytes of them */
};

struct wasm_global {
    struct wasm_global *next; /* of those made by the embedder */
    struct wasm_store *store;
    union wasm_value *value; /* own, or in the context of an instance */
    enum wasm_type type;
    bool is_mutable;
    union wasm_value own;
};

/* A host function as one importer sees it: the context is a head alone. */
struct wasm_host_function {
    struct wasm_host_function *next;
    struct wasm_function function;
    wasm_host_call call;
    void *context;
    struct wasm_instance *caller;    /* who imported it, or NULL */
    struct wasm_signature signature; /* borrowed from the store's set */
    struct wasm_context head;
};

struct wasm_instance {
    struct wasm_instance *next;
    struct wasm_store *store;
    struct wasm_module *module;   /* only lazy compilation changes it */
    size_t size;                  /* of this block, arrays included */
    struct wasm_global **globals; /* whole index space */
    struct wasm_global *own_globals;
    uint8_t *elems_dropped;
    uint8_t *datas_dropped;
    _Alignas(16) struct wasm_context context; /* last: the arrays of wasm_layout follow */
};

struct wasm_store {
    struct wasm_engine *engine;
    struct wasm_store_limits limits;
    uint64_t memory_used; /* bytes of all memories and tables */
    uint8_t *stack;       /* reserved: a page without access lowest */
    size_t stack_size;
    uint64_t stack_limit;
    struct wasm_instance *instances; /* newest first; walked by wasm_store_interrupt */
    struct wasm_memory *memories;
    struct wasm_table *tables;
    struct wasm_global *globals;
    struct wasm_tag *tags;
    struct wasm_host_function *host_functions;
    struct wasm_signature_set signatures;
    struct wasm_exception_heap exceptions;
    struct wasm_trap_report report;
    uint32_t nesting;
    bool interrupted; /* atomic */
    struct wasm_thread thread;
};

static inline struct wasm_store *wasm_store_of(const struct wasm_context *context)
{
    return (struct wasm_store *)((uint8_t *)context->thread - offsetof(struct wasm_store, thread));
}

static inline struct wasm_instance *wasm_instance_of(struct wasm_context *context)
{
    return (struct wasm_instance *)((uint8_t *)context - offsetof(struct wasm_instance, context));
}

/* The array at an offset of struct wasm_layout. */
#define WASM_CONTEXT_ARRAY(type, context, offset) \
    ((type *)(void *)((uint8_t *)(context) + (offset)))

static inline struct wasm_memory *wasm_instance_memory_index(struct wasm_instance *i, uint32_t n)
{
    return WASM_CONTEXT_ARRAY(struct wasm_memory *, &i->context, i->module->layout.memories)[n];
}

static inline struct wasm_table *wasm_instance_table_index(struct wasm_instance *i, uint32_t n)
{
    return WASM_CONTEXT_ARRAY(struct wasm_table *, &i->context, i->module->layout.tables)[n];
}

static inline struct wasm_tag *wasm_instance_tag_index(struct wasm_instance *i, uint32_t n)
{
    return WASM_CONTEXT_ARRAY(struct wasm_tag *, &i->context, i->module->layout.tags)[n];
}

/* The store's number of each of the module's types. */
static inline uint32_t *wasm_instance_numbers(struct wasm_instance *i)
{
    return WASM_CONTEXT_ARRAY(uint32_t, &i->context, i->module->layout.signatures);
}

/* Pops the head of a list whose links are called `next`. */
#define WASM_POP(type, list)           \
    ({                                 \
        struct type *popped_ = (list); \
        (list) = popped_->next;        \
        popped_;                       \
    })

/* Whether [at, at + count) lies in [0, size). */
static inline bool wasm_inside(uint64_t at, uint64_t count, uint64_t size)
{
    return count <= size && at <= size - count;
}

/* A function of the instance's index space, as a reference to it. */
struct wasm_function *wasm_instance_function_index(struct wasm_instance *i, uint32_t n);

/* heap.c: zeroed memory of the embedder's heap, and giving it back. */
void *wasm_heap_take(const struct wasm_host *host, size_t size);
void wasm_heap_give(const struct wasm_host *host, void *at, size_t size);
struct arena_source wasm_heap_source(const struct wasm_host *host);

/* store.c: fills the head of a context. */
void wasm_store_head(struct wasm_store *store, struct wasm_context *head);
/* Makes an instance known to wasm_store_interrupt. */
void wasm_store_add(struct wasm_store *store, struct wasm_instance *instance);
/* Whether what stopped there is an interrupt; puts the stack limits back. */
bool wasm_store_take_interrupt(struct wasm_store *store, const struct wasm_context *stopped);

/* Counts bytes against limits.memory_size; false, and nothing counted, past it. */
bool wasm_store_charge(struct wasm_store *store, uint64_t size);

/* memory.c, table.c, global.c, function.c */
void wasm_memory_free(struct wasm_memory *memory);
void wasm_table_free(struct wasm_table *table);
/* Elements before, or UINT64_MAX. */
uint64_t wasm_table_grow(struct wasm_table *table, uint64_t count, uint64_t fill);
uint64_t wasm_word_null(enum wasm_type type);
/* The bytes that belong to the type; the others zero. */
union wasm_value wasm_value_clean(enum wasm_type type, union wasm_value value);
/* A reference as a table holds it. */
uint64_t wasm_word_of(enum wasm_type type, union wasm_value value);

/* function.c: the same host function for an importer (or NULL). */
enum err wasm_host_function_new(struct wasm_host_function **out, struct wasm_store *store,
                                uint32_t signature, wasm_host_call call, void *context,
                                struct wasm_instance *caller);
/* The record where the function is a host's, else NULL. */
struct wasm_host_function *wasm_function_host(const struct wasm_function *function);

/* link/linker.c: what a name means, kind included; false where nobody defined it. */
struct wasm_link {
    enum wasm_extern kind;
    void *item; /* struct wasm_function, _table, _memory, _global, _tag */
};
bool wasm_linker_find(struct wasm_link *out, const struct wasm_linker *linker, struct bytes module,
                      struct bytes name);
struct wasm_store *wasm_linker_store(const struct wasm_linker *linker);

/* import.c: resolves import n into the instance's arrays. */
enum err wasm_import_resolve(struct wasm_instance *instance, const struct wasm_linker *linker,
                             uint32_t n, struct wasm_note *note);
/* link/extern.c: what an instance exports under number n. */
struct wasm_link wasm_instance_export(struct wasm_instance *instance, uint32_t n);

/* constexpr.c: evaluates an initialiser of a validated module (core 4.7.1). */
union wasm_value wasm_constexpr_value(struct wasm_instance *instance, struct wasm_constexpr expr);

/* segment.c: the bulk operations of both kinds of segments (core 4.6). */
enum wasm_trap wasm_elem_init(struct wasm_instance *instance, uint32_t table, uint32_t segment,
                              uint64_t to, uint64_t from, uint64_t count);
enum wasm_trap wasm_data_init(struct wasm_instance *instance, uint32_t memory, uint32_t segment,
                              uint64_t to, uint64_t from, uint64_t size);

/* trap.c: records a trap. pc is a return address (or, after a fault, the pc
 * itself) in the innermost frame, sp that frame's rsp; pc 0: no frames. */
void wasm_trap_record(struct wasm_store *store, enum wasm_trap trap, uint64_t pc, uint64_t sp,
                      bool at_pc);
/* Of a call out of compiled code, whose return address is on top of the guest's stack. */
static inline void wasm_trap_of_call(struct wasm_store *store, enum wasm_trap trap,
                                     const struct entry_saved *saved)
{
    wasm_trap_record(store, trap, saved->pc, (uint64_t)(uintptr_t)(saved + 1), false);
}

#endif

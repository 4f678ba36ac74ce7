/* wasm.h: the WebAssembly engine as a library.
 *
 * An engine turns bytes into a module (decoded, validated whole, compiled), a
 * store holds instances of modules, and a linker gives an instance its imports.
 * The engine knows no operating system: memory of every kind comes from the
 * embedder's `struct wasm_host`, and hardware faults are handed in through
 * wasm_fault(). It opens no file, starts no thread, reads no clock.
 *
 * Ownership: whoever creates frees. A module must outlive its instances, an
 * engine its modules and stores. Bytes given to wasm_module_new are copied as far as the
 * module needs them.
 *
 * Threads: engines and compiled modules may be used by many threads at once. A
 * store, and all that is in it, belongs to one thread at a time, except that
 * wasm_store_interrupt() may be called from any thread or signal handler.
 *
 * Sources: WebAssembly core specification 3.0 ("core"), with the sections of it
 * named beside what they define. */
#ifndef BROCH_WASM_H
#define BROCH_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

struct wasm_engine;
struct wasm_module;
struct wasm_store;
struct wasm_instance;
struct wasm_linker;
struct wasm_memory;
struct wasm_table;
struct wasm_global;
struct wasm_function;
struct wasm_tag;

/* --- Values (core 2.3, types; 4.2.1, values) */

enum wasm_type {
    WASM_NONE = 0,
    WASM_I32,
    WASM_I64,
    WASM_F32,
    WASM_F64,
    WASM_V128,
    WASM_FUNCREF,   /* struct wasm_function *, or NULL */
    WASM_EXTERNREF, /* a word of the embedder's; null is WASM_EXTERN_NULL */
    WASM_EXNREF,    /* an exception of the store's, or NULL */
};

/* One value in memory: 16 bytes, little-endian lanes, unused bytes zero. */
union wasm_value {
    uint32_t i32;
    uint64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
    struct wasm_function *function;
    uint64_t externref;
    void *exception;
    uint64_t words[2];
};

/* The null externref. Other words are the embedder's own. */
#define WASM_EXTERN_NULL UINT64_MAX

/* --- Refusals */

/* Why bytes, or a link, were refused. All zero before use. */
struct wasm_note {
    uint64_t offset;  /* in the module's bytes */
    int64_t function; /* index of the function whose body it is, or -1 */
    char rule[64];    /* the rule that was broken, in the specification's words */
    char detail[160]; /* what was expected and what was found; may be empty */
};

/* --- Traps (core 4.4, and the messages of the specification's tests) */

enum wasm_trap {
    WASM_TRAP_NONE = 0,
    WASM_TRAP_UNREACHABLE,
    WASM_TRAP_MEMORY,            /* out of bounds memory access */
    WASM_TRAP_TABLE,             /* out of bounds table access */
    WASM_TRAP_INDIRECT_NULL,     /* uninitialized element */
    WASM_TRAP_INDIRECT_TYPE,     /* indirect call type mismatch */
    WASM_TRAP_UNDEFINED_ELEMENT, /* call_indirect index out of bounds */
    WASM_TRAP_DIVIDE_BY_ZERO,
    WASM_TRAP_INTEGER_OVERFLOW,
    WASM_TRAP_INVALID_CONVERSION, /* invalid conversion to integer */
    WASM_TRAP_STACK,              /* call stack exhausted */
    WASM_TRAP_NULL_REFERENCE,     /* null (exception) reference */
    WASM_TRAP_UNALIGNED,          /* unaligned atomic */
    WASM_TRAP_NOT_SHARED,         /* atomic wait on a memory that is not shared */
    WASM_TRAP_EXCEPTION,          /* an exception that nobody caught */
    WASM_TRAP_FUEL,               /* the fuel is used up */
    WASM_TRAP_INTERRUPTED,        /* wasm_store_interrupt */
    WASM_TRAP_HOST,               /* a host function refused; see its own record */
    WASM_TRAP_EXIT,               /* a host function ends the program (WASI proc_exit) */
    WASM_TRAP_COMPILE,            /* lazy compilation hit a limit */
    WASM_TRAP_COUNT,
};

/* The specification's message for a trap, e.g. "integer divide by zero". */
const char *wasm_trap_text(enum wasm_trap trap);

struct wasm_frame {
    uint32_t function;   /* function index in its module */
    uint64_t offset;     /* byte offset in the module */
    struct bytes name;   /* from the name section or an export; may be empty */
    struct bytes module; /* the module's own name; may be empty */
};

/* What happened, innermost frame first. Borrowed names live as long as their module. */
struct wasm_trap_report {
    enum wasm_trap trap;
    uint32_t frame_count; /* at most LIMIT_BACKTRACE */
    bool frames_cut;      /* there were more */
    struct wasm_frame frames[64];
};

/* --- The embedder's side */

/* Memory, as the operating system or the shim gives it. Sizes are multiples of
 * 4096 bytes except for the heap's. NULL or false is a refusal. */
struct wasm_host {
    void *context;
    void *(*heap_take)(void *context, size_t size); /* aligned to 16 */
    void (*heap_give)(void *context, void *at, size_t size);
    void *(*reserve)(void *context, size_t size);           /* addresses, no access */
    bool (*commit)(void *context, void *at, size_t size);   /* zeroed, read and write */
    bool (*decommit)(void *context, void *at, size_t size); /* no access again */
    bool (*seal)(void *context, void *at, size_t size);     /* written code: read and execute */
    void (*release)(void *context, void *at, size_t size);
    /* Atomics on shared memory (threads proposal): wait until woken or until
     * timeout_ns (negative: for ever). 0 woken, 1 not equal, 2 timed out, negative:
     * interrupted, and the guest traps. The
     * address is one of the guest's memory. May be NULL: then wait traps. */
    int (*wait)(void *context, const void *at, uint64_t expected, bool is64, int64_t timeout_ns);
    uint32_t (*notify)(void *context, const void *at, uint32_t count);
};

/* The configuration word: with the module's bytes it decides the machine code,
 * bit for bit. */
enum wasm_config {
    WASM_CONFIG_SSE41 = 1 << 0, /* else SSE2 alone is not supported: refused */
    WASM_CONFIG_AVX = 1 << 1,   /* three-operand vector forms */
    WASM_CONFIG_AVX2 = 1 << 2,
    WASM_CONFIG_FMA = 1 << 3,
    WASM_CONFIG_BMI = 1 << 4, /* BMI1, BMI2, LZCNT */
    WASM_CONFIG_POPCNT = 1 << 5,
    WASM_CONFIG_INTERRUPT = 1 << 8,      /* loops look at the interrupt word */
    WASM_CONFIG_FUEL = 1 << 9,           /* instructions are counted */
    WASM_CONFIG_DETERMINISTIC = 1 << 10, /* NaNs are canonical */
    WASM_CONFIG_EXPLICIT = 1 << 11,      /* bounds are compared, not guarded by address space */
    WASM_CONFIG_LAZY = 1 << 12,          /* functions are compiled when first called */
    WASM_CONFIG_NO_VERIFY = 1 << 13, /* skip the machine-code verifier: shows in the measurement */
    WASM_CONFIG_NO_OPTIMIZE = 1 << 14, /* for engineers: no optimisation */
    WASM_CONFIG_NAIVE_ALLOC = 1 << 15, /* for engineers: every value in its stack slot */
};

/* The word for the processor that runs this (CPUID), without any option bit. */
uint64_t wasm_config_native(void);

/* --- Engine and module */

enum err wasm_engine_new(struct wasm_engine **out, const struct wasm_host *host, uint64_t config);
void wasm_engine_free(struct wasm_engine *engine);

/* Decodes and validates. Nothing is compiled yet. On refusal the note says why. */
enum err wasm_module_new(struct wasm_module **out, struct wasm_engine *engine, struct bytes raw,
                         struct wasm_note *note);
void wasm_module_free(struct wasm_module *module);

/* Compiles the functions that are still to be compiled, then seals the code.
 * With WASM_CONFIG_LAZY it only makes the entry stubs. */
enum err wasm_module_compile(struct wasm_module *module, struct wasm_note *note);

/* For compiling on many threads: each thread owns a worker and takes function
 * numbers (0 .. wasm_module_function_count, imports not counted) from its own scheme;
 * wasm_module_compile() afterwards joins what the workers made. The code does
 * not depend on the order. */
struct wasm_worker;
enum err wasm_worker_new(struct wasm_worker **out, struct wasm_module *module);
enum err wasm_worker_compile(struct wasm_worker *worker, uint32_t function, struct wasm_note *note);
void wasm_worker_free(struct wasm_worker *worker);
uint32_t wasm_module_function_count(const struct wasm_module *module);

enum wasm_extern {
    WASM_EXTERN_FUNCTION,
    WASM_EXTERN_TABLE,
    WASM_EXTERN_MEMORY,
    WASM_EXTERN_GLOBAL,
    WASM_EXTERN_TAG
};

/* The type of a function (core 2.3.8). Borrowed from its module or caller. */
struct wasm_signature {
    const uint8_t *params;  /* enum wasm_type */
    const uint8_t *results; /* enum wasm_type */
    uint32_t param_count;
    uint32_t result_count;
};

struct wasm_limits {
    uint64_t least;
    uint64_t most; /* where has_most */
    bool has_most;
    bool is64; /* addressed by i64 */
    bool shared;
};

/* One import or export, borrowed from the module. */
struct wasm_extern_type {
    struct bytes module; /* of an import */
    struct bytes name;
    enum wasm_extern kind;
    struct wasm_signature signature; /* function, tag */
    struct wasm_limits limits;       /* table (elements), memory (pages) */
    enum wasm_type type;             /* table, global */
    bool is_mutable;                 /* global */
};

uint32_t wasm_module_import_count(const struct wasm_module *module);
struct wasm_extern_type wasm_module_import(const struct wasm_module *module, uint32_t index);
uint32_t wasm_module_export_count(const struct wasm_module *module);
struct wasm_extern_type wasm_module_export(const struct wasm_module *module, uint32_t index);

/* --- Store and instances */

struct wasm_store_limits {
    uint64_t memory_size;    /* bytes, all memories together; 0: no other than the module's */
    uint64_t table_elements; /* of each table; 0: LIMIT_TABLE_ELEMENTS */
    uint64_t stack_size;     /* bytes; 0: LIMIT_STACK_DEFAULT */
    uint64_t fuel;           /* used with WASM_CONFIG_FUEL */
};

enum err wasm_store_new(struct wasm_store **out, struct wasm_engine *engine,
                        const struct wasm_store_limits *limits);
/* Frees every instance, memory, table and global in it. */
void wasm_store_free(struct wasm_store *store);
/* The next function entry or (with WASM_CONFIG_INTERRUPT) loop iteration traps
 * with WASM_TRAP_INTERRUPTED. Any thread, any signal handler. */
void wasm_store_interrupt(struct wasm_store *store);
uint64_t wasm_store_fuel(const struct wasm_store *store);
/* The last trap in this store. */
const struct wasm_trap_report *wasm_store_trap(const struct wasm_store *store);

/* A host function. `slots` holds the arguments on entry and takes the results,
 * both from slots[0]; there is room for the larger number. It is called on the
 * embedder's own stack, without allocation. WASM_TRAP_NONE carries on, anything
 * else ends the call into the store with that trap. */
typedef enum wasm_trap (*wasm_host_call)(void *context, struct wasm_instance *caller,
                                         union wasm_value *slots);

/* Names, per linker, what imports may ask for. Later definitions of the same
 * name replace earlier ones. All strings are copied. What is of another store than the
 * linker is ERR_USAGE. */
enum err wasm_linker_new(struct wasm_linker **out, struct wasm_store *store);
void wasm_linker_free(struct wasm_linker *linker);
enum err wasm_linker_function(struct wasm_linker *linker, struct bytes module, struct bytes name,
                              struct wasm_signature signature, wasm_host_call call, void *context);
enum err wasm_linker_memory(struct wasm_linker *linker, struct bytes module, struct bytes name,
                            struct wasm_memory *memory);
enum err wasm_linker_table(struct wasm_linker *linker, struct bytes module, struct bytes name,
                           struct wasm_table *table);
enum err wasm_linker_global(struct wasm_linker *linker, struct bytes module, struct bytes name,
                            struct wasm_global *global);
/* Every export of an instance, under a module name. */
enum err wasm_linker_instance(struct wasm_linker *linker, struct bytes module,
                              struct wasm_instance *instance);

/* Links, initialises, copies active segments, runs the start function. ERR_LINK
 * with a note names the import; ERR_TRAP leaves a report in the store (the
 * instance stays in the store, as core 4.5.4 has it, but is not given out). */
enum err wasm_instance_new(struct wasm_instance **out, struct wasm_linker *linker,
                           struct wasm_module *module, struct wasm_note *note);

struct wasm_function *wasm_instance_function(struct wasm_instance *instance, struct bytes name);
struct wasm_memory *wasm_instance_memory(struct wasm_instance *instance, struct bytes name);
struct wasm_global *wasm_instance_global(struct wasm_instance *instance, struct bytes name);

struct wasm_signature wasm_function_signature(const struct wasm_function *function);
/* Calls with arguments in slots[0..param_count); results come back from slots[0].
 * slots has room for the larger number. ERR_TRAP: see wasm_store_trap. */
enum err wasm_function_call(struct wasm_function *function, union wasm_value *slots);

/* --- Memories, tables, globals */

enum err wasm_memory_new(struct wasm_memory **out, struct wasm_store *store,
                         struct wasm_limits limits);
uint64_t wasm_memory_pages(const struct wasm_memory *memory);
uint64_t wasm_memory_size(const struct wasm_memory *memory); /* bytes */
/* Pages before, or UINT64_MAX. */
uint64_t wasm_memory_grow(struct wasm_memory *memory, uint64_t pages);
/* A pointer to size bytes at a guest address, or NULL where they are not all
 * inside. It stays good for the life of the memory. */
void *wasm_memory_at(struct wasm_memory *memory, uint64_t address, uint64_t size);
/* The caller's memory 0, as WASI means it; NULL where it has none. */
struct wasm_memory *wasm_instance_memory0(struct wasm_instance *instance);

enum err wasm_table_new(struct wasm_table **out, struct wasm_store *store, enum wasm_type type,
                        struct wasm_limits limits, union wasm_value fill);
enum err wasm_global_new(struct wasm_global **out, struct wasm_store *store, enum wasm_type type,
                         bool is_mutable, union wasm_value value);
enum wasm_type wasm_global_type(const struct wasm_global *global);
union wasm_value wasm_global_get(const struct wasm_global *global);

/* --- Faults */

/* The machine's state at a fault, as the embedder's signal handler finds it. */
struct wasm_fault {
    uint64_t pc;
    uint64_t sp;
    uint64_t address; /* that was touched */
    uint64_t context; /* register r15 */
    uint64_t first;   /* out: register rdi */
    uint64_t second;  /* out: register rsi */
};

/* True where the fault is a guest's memory access out of bounds: the handler
 * then resumes at fault->pc with rsp = sp, rdi = first, rsi = second. False:
 * not ours. Async-signal-safe. */
bool wasm_fault(struct wasm_fault *fault);

#endif

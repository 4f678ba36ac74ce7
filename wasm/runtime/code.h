/* code.h: the machine code of one module: where it lies, and what the runtime
 * may ask about an address in it.
 *
 * Functions come in any order, as pieces, and are placed in the order of their
 * numbers, so that what lies in memory depends on the module alone. Memory is
 * written first and sealed (read and execute) afterwards; a sealed page is never
 * written again. Lazily: one region for all, calls go through slots, and each
 * batch of functions takes fresh pages.
 *
 * Regions are on a global list from their first sealed byte on. Looking an address
 * up there is async-signal-safe; regions must outlive the code that runs in them. */
#ifndef BROCH_WASM_RUNTIME_CODE_H
#define BROCH_WASM_RUNTIME_CODE_H

#include "base/arena.h"
#include "wasm/abi.h"

struct wasm_module;

/* What stays known of a placed function. */
struct wasm_code_function {
    uint32_t start; /* in the region; 0 and size 0: not placed */
    uint32_t size;
    uint32_t frame_size;
    uint32_t site_count;
    uint32_t sites_size;
    uint8_t saved;
    uint8_t *sites; /* packed, see code_site.c */
};

/* One function's code on its way to its place, in one heap block: this head,
 * relocations, bytes. The sites are a block of their own, which goes on living in the
 * placed function. */
struct wasm_code_piece {
    size_t block_size;
    uint32_t text_size;
    uint32_t reloc_count;
    struct wasm_code_function info;
    uint8_t *bytes;
    struct wasm_reloc relocs[];
};

struct wasm_code_region {
    struct wasm_code_region *next; /* in the global list */
    struct wasm_module *module;
    uint8_t *base;
    size_t reserved;
    size_t used;                     /* lazy: the next fresh page */
    void **slot_targets;             /* lazy: where each slot jumps, after the slots; writable */
    struct wasm_code_piece **pieces; /* of each function, until it is placed */
    struct wasm_code_function *functions;
    uint32_t *order;      /* function numbers by rising start */
    uint32_t order_count; /* atomic */
    uint32_t count;
    bool sealed; /* wasm_code_seal has done its work */
    bool listed;
    bool lock; /* lazy: one thread compiles at a time */
};

enum err wasm_code_init(struct wasm_code_region *r, struct wasm_module *module);
void wasm_code_done(struct wasm_code_region *r);
/* The address that a reference to a function (imports not counted) holds. */
void *wasm_code_entry(const struct wasm_code_region *r, uint32_t function);

/* Checks a function's code and makes a piece of it, unless there is one. What does not pass is
 * refused, wherever it came from. */
enum err wasm_code_put(struct wasm_code_region *r, uint32_t function, const struct wasm_code *code,
                       struct arena *arena, struct wasm_note *note);
/* link/compile.c: compiles one function into a piece, unless it is there. Any thread, each with
 * its own arena. */
enum err wasm_code_compile(struct wasm_code_region *r, uint32_t function, struct arena *arena,
                           struct wasm_note *note);
/* Drops all that was compiled; nothing runs in it. */
void wasm_code_forget(struct wasm_code_region *r);
/* Places all pieces that are there and seals them. */
enum err wasm_code_seal(struct wasm_code_region *r, struct wasm_note *note);

/* Lazy: compiles and places one function now; its address, or NULL. */
void *wasm_code_now(struct wasm_code_region *r, uint32_t function);

/* code_list.c */
void wasm_code_list_add(struct wasm_code_region *r);
void wasm_code_list_remove(struct wasm_code_region *r);
/* The region that an address lies in, or NULL. Async-signal-safe. */
struct wasm_code_region *wasm_code_find(uint64_t pc);
/* The function (imports not counted) whose code holds pc, or UINT32_MAX. `pc` may be
 * one past the last byte of a function where it is a return address: `back` is 1 then. */
uint32_t wasm_code_function_at(const struct wasm_code_region *r, uint64_t pc, unsigned back);
/* The site of a kind at exactly pc; false where there is none. */
bool wasm_code_site(struct wasm_site_entry *out, const struct wasm_code_region *r,
                    uint32_t function, uint64_t pc, enum wasm_site kind);

/* code_site.c: the packed form of a function's sites. Room for one: */
enum { WASM_SITE_PACKED = 1 + 5 + 5 + 5 + 1 };
size_t wasm_sites_pack(uint8_t *to, const struct wasm_site_entry *sites, uint32_t count);
struct wasm_site_cursor {
    const uint8_t *at;
    const uint8_t *end;
    struct wasm_site_entry entry; /* the last one read */
};
/* A cursor before the first site of this pc or above, and not far before it; pc 0: at the
 * first of all. */
struct wasm_site_cursor wasm_sites_from(struct bytes packed, uint32_t count, uint32_t pc);
bool wasm_sites_next(struct wasm_site_cursor *c);

#endif

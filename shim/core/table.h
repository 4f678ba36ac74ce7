/* table.h: page tables: which guest-physical page exec sees where, with which right.
 *
 * Four levels (Intel SDM vol. 3 §4.5), written through the direct map; 2 MiB
 * entries where address, page and size allow. No entry is ever writable and
 * executable. Ranges are of whole pages and end at PLACE_USER_END at most.
 *
 * A page that may not be touched (PROT_NONE) but has contents is *held*: its entry
 * is not present, and still says where the page is.
 *
 * Taking away goes in two steps, for the sake of other vCPUs: table_drop makes
 * entries not present, then the caller flushes, then table_sweep gives pages and
 * empty tables back to RAM. Between the two nothing else may be done to the range.
 * The functions that give a bool say whether that flush is needed: an entry that
 * was present has changed; adding needs none.
 *
 * Pages come from ram.c, which the caller has made reserve as many as
 * table_survey says. The caller holds the lock of the address space. */
#ifndef BROCH_SHIM_CORE_TABLE_H
#define BROCH_SHIM_CORE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/boot.h"

/* What absent pages of a range are filled with: zeroed RAM, or the pages of an
 * input from gpa on, as far as `end`; behind it they stay absent. */
struct table_source {
    bool is_input;
    uint64_t gpa;
    uint64_t end;
};

struct table_survey {
    uint64_t absent;  /* pages without any contents yet */
    uint64_t foreign; /* pages of the input or of exec's file */
    uint64_t owned;   /* pages of RAM: dropping the range frees them */
    uint64_t blocks;  /* of `absent`, what could be 2 MiB entries */
};

void table_init(const struct boot *boot);

void table_look(uint64_t va, uint64_t end, struct table_survey *out);
/* The most tables that a change of [va, end) can take. */
uint64_t table_cost(uint64_t va, uint64_t end);

/* Fills what is absent, unless protection is 0, and gives all of it the right. */
bool table_allow(uint64_t va, uint64_t end, uint32_t protection, const struct table_source *source);
bool table_drop(uint64_t va, uint64_t end);
void table_sweep(uint64_t va, uint64_t end);
/* A few empty tables stay for whoever maps there next: a table that comes and goes
 * with one page costs more than the page. This drops them all; flush, and sweep
 * the empty range. */
bool table_drop_kept(void);
/* Moves entries, not bytes, to a range that is absent; the old range is to be
 * flushed and swept. */
bool table_move(uint64_t from, uint64_t to, uint64_t size);
/* Zeroes the RAM pages of the range, in place. */
void table_zero(uint64_t va, uint64_t end);

/* --- For the shim's half. */

/* Shows a block of RAM in the direct map. */
void table_map_direct(uint64_t gpa);
/* One page; false where something is mapped there already. */
bool table_map_shim(uint64_t va, uint64_t gpa, bool user, bool write);

#endif

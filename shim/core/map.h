/* map.h: what the parts of the address space share: map.c places and unmaps,
 * remap.c changes what is there. Everything here is called with the lock held. */
#ifndef BROCH_SHIM_CORE_MAP_H
#define BROCH_SHIM_CORE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/core/area.h"
#include "shim/core/table.h"

/* What is left alone by calls that add memory, so that those that take some away
 * never lack the page or two that splitting takes. */
#define MAP_SLACK 16u

void map_lock(void);
void map_unlock(void);

/* Whole pages; false where the sum does not fit. */
bool map_align(uint64_t *size);
/* PROT_WRITE and PROT_EXEC together. */
bool map_both(uint32_t protection);
/* What a change takes: pages, how many of them could be in blocks, and whether
 * tables may be lacking too. */
struct map_need {
    uint64_t pages;
    uint64_t blocks;
    bool tables;
};
/* Adds what the area's part [at, end) lacks to be used with that right. */
void map_lack(struct map_need *need, const struct area *a, uint64_t at, uint64_t end,
              uint32_t protection);
/* Makes room for it in RAM; `freed` pages come free on the way. */
bool map_reserve(const struct map_need *need, uint64_t at, uint64_t end, uint64_t freed);
/* Fills and allows a part of an area. Whether a flush is needed. */
bool map_allow(const struct area *a, uint64_t at, uint64_t end);
/* Pages and tables of the range go, after a flush; the list is the caller's. */
void map_drop(uint64_t at, uint64_t end);
/* A free place; 0: there is none. */
uint64_t map_place(uint64_t size, uint64_t top, uint64_t phase);
bool map_is_free(uint64_t at, uint64_t size);
int64_t map_remove(uint64_t at, uint64_t size);
int64_t map_anonymous(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags);

void remap_init(uint64_t brk);

#endif

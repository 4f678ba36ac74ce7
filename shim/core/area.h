/* area.h: the list of what exec has mapped, by address.
 *
 * Areas do not overlap; neighbours that differ in nothing are one. An area is its
 * range, the right that exec was given, and where its contents come from: nothing
 * more, so that 64 GiB of PROT_NONE are one entry and no memory.
 *
 * The list is leaves of a page each under one index, all of it in RAM pages:
 * finding is two binary searches, changing moves at most a page. The caller holds
 * the lock of the address space, and asks area_room before it changes anything. */
#ifndef BROCH_SHIM_CORE_AREA_H
#define BROCH_SHIM_CORE_AREA_H

#include <stdbool.h>
#include <stdint.h>

/* As many as Linux's vm.max_map_count. */
#define AREA_COUNT_MAX 65530u
#define AREA_INDEX_PAGES 8u
/* The most RAM pages that one change takes. */
#define AREA_PAGES 4u

#define AREA_INPUT 1u    /* gpa and gpa_end hold */
#define AREA_NO_WRITE 2u /* a shared mapping of an input: never writable */
#define AREA_IMAGE 4u    /* of exec's file: what it was is not kept */

struct area {
    uint64_t start;
    uint64_t end;
    uint64_t gpa;        /* of an input, at start */
    uint64_t gpa_end;    /* where the input's pages end */
    uint32_t protection; /* LINUX_PROT_… */
    uint32_t flags;
};

/* Of AREA_INDEX_PAGES zeroed pages in a row. */
void area_init(uint64_t index_gpa);

/* The first area that ends behind va, or NULL. Good until the next change. */
const struct area *area_find(uint64_t va);
/* Whether the list can take `more` areas. */
bool area_room(uint32_t more);
/* Nothing is mapped there afterwards. At most one area more. */
void area_cut(uint64_t start, uint64_t end);
/* Where nothing is mapped. At most one area more. */
void area_add(const struct area *a);
/* The highest free place of that size below top, whose address is `phase` modulo
 * `align`, a power of two; 0: there is none. */
uint64_t area_gap(uint64_t size, uint64_t top, uint64_t align, uint64_t phase);
uint32_t area_count(void);

#endif

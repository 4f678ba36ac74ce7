/* ram.h: guest-physical pages: which are free, and which hold what somebody left.
 *
 * RAM is one range from PLACE_RAM_GPA upwards, in blocks of 2 MiB; a block is whole
 * or cut into pages of 4 KiB. It grows at its end, by asking the host, and never
 * gets shorter: large free parts lose their contents to the host and stay ours.
 * A page is dirty once it was given out; what is taken reads as zero unless the
 * caller says that it writes all of it.
 *
 * ram_reserve refuses; after it as many pages as it was asked for can be taken
 * without fail. The caller holds the lock of the address space. */
#ifndef BROCH_SHIM_CORE_RAM_H
#define BROCH_SHIM_CORE_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/boot.h"
#include "gate/place.h"

/* After table_init. Gives the address of `pages` pages in a row, for the list of
 * areas: they read as zero. */
uint64_t ram_init(const struct boot *boot, uint64_t pages);

/* Whether `pages` can be taken; grows where it must, and where it can also so that
 * `blocks` of the pages are in whole blocks. */
bool ram_reserve(uint64_t pages, uint64_t blocks);
/* A page. There is one: ram_reserve said so. */
uint64_t ram_take(bool zero);
/* A block, zeroed; 0 where none is whole: the caller takes pages instead. */
uint64_t ram_take_block(void);
void ram_give(uint64_t gpa);
void ram_give_block(uint64_t gpa);
/* Lets the host have the memory behind large free parts, if they are many. */
void ram_trim(void);

bool ram_has(uint64_t gpa);
uint64_t ram_size(void); /* bytes */
uint64_t ram_free(void); /* pages */

#endif

/* memory.h: exec's address space: what is mapped where, with which right.
 *
 * Three layers: ram.c gives guest-physical pages, table.c writes page tables
 * through the direct map, area.c keeps the list of what exec has mapped and is
 * what the calls below are made of. Nothing is mapped on demand: an area that may
 * be touched has its pages when the call returns; PROT_NONE costs an entry in the
 * list and nothing else.
 * All calls take the one lock of the address space; results are 0 or an address,
 * or minus an errno as Linux gives it. W and X together are refused with -EACCES. */
#ifndef BROCH_SHIM_CORE_MEMORY_H
#define BROCH_SHIM_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/boot.h"

void memory_init(const struct boot *boot);

/* mmap without a file; and of an input: its pages as they are, private, never
 * written by us: PROT_WRITE on an input's mapping copies (MAP_PRIVATE). */
int64_t memory_map(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags);
int64_t memory_map_input(uint64_t at, uint64_t size, uint32_t protection, uint32_t flags,
                         uint64_t gpa, uint64_t input_size);
int64_t memory_unmap(uint64_t at, uint64_t size);
int64_t memory_protect(uint64_t at, uint64_t size, uint32_t protection);
int64_t memory_remap(uint64_t at, uint64_t size, uint64_t new_size, uint32_t flags,
                     uint64_t new_at);
int64_t memory_advise(uint64_t at, uint64_t size, uint32_t advice);
int64_t memory_brk(uint64_t to);
/* The protection of the page, or -1 where nothing is mapped. */
int memory_protection_at(uint64_t at);
/* Why an access that wanted one right faulted, as things stand now: PERMITTED is
 * that nothing speaks against it any more, and it is to be tried again. */
enum memory_fault { MEMORY_PERMITTED, MEMORY_HOLE, MEMORY_DENIED, MEMORY_BEHIND_INPUT };
enum memory_fault memory_fault_at(uint64_t at, uint32_t wanted);
/* Moves with every call that may change anything. */
uint64_t memory_changes(void);

/* Pages for the shim itself, zeroed; guest-physical, from the same RAM. 0: none. */
uint64_t memory_page_take(void);
/* Maps one of them into the shim's own half. */
bool memory_page_map(uint64_t va, uint64_t gpa, bool user, bool write);
/* Where the direct map shows a RAM page. */
void *memory_direct(uint64_t gpa);

/* What the keep has of RAM, and how much of it is in use; bytes. */
uint64_t memory_ram_size(void);
uint64_t memory_ram_used(void);

#endif

/* ring.h: what the files of ring.c share. */
#ifndef BROCH_TESTS_KEEP_RING_H
#define BROCH_TESTS_KEEP_RING_H

#include "guest.h"

/* The number behind the case's name: which lots are drawn, or which of a list. */
extern uint64_t ring_seed;
uint64_t lot(void);
/* Numbers that checks are made of, and their neighbours. */
uint64_t lot_number(void);

/* ring_tables.c: with page tables of its own making, and in ring 0. */
void wild_address(void);
void wild_tables(void);
void wild_task(void);
void wild_ring_0(void);

#endif

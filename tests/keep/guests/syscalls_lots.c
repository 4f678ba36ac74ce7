/* syscalls_lots.c: the address space under calls drawn by lot: after every few of
 * them, what is mapped how, and what is in it. */
#define _GNU_SOURCE
#include "syscalls.h"

#include <sys/mman.h>

#define PAGES 48 /* or units */
#define ROUNDS 6
#define CALLS 1200

static uint64_t lot_state;
static uint8_t *arena;
static size_t unit; /* bytes: a page, or so many that entries of 2 MiB are made and split */

static uint64_t lot(void)
{
    lot_state ^= lot_state << 13;
    lot_state ^= lot_state >> 7;
    lot_state ^= lot_state << 17;
    return lot_state >> 11;
}

static int protection(void)
{
    static const int all[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
                               PROT_READ | PROT_EXEC };

    return all[lot() % COUNT_OF(all)];
}

struct range {
    uint8_t *at;
    size_t size;
};

static struct range range_draw(size_t most)
{
    const size_t first = lot() % PAGES, pages = 1 + lot() % most;

    return (struct range){ arena + first * unit,
                           (pages < PAGES - first ? pages : PAGES - first) * unit };
}

/* Whether two mappings are one depends on their history in Linux, so only single
 * pages are moved: nobody can tell there. */
static long remap_draw(void)
{
    const struct range from = range_draw(1), to = range_draw(4);

    if (lot() % 2 == 0)
        return call(SYS_mremap, from.at, unit, to.size, 0) < 0 ? -1 : 0;
    return call(SYS_mremap, from.at, unit, to.size, MREMAP_FIXED | MREMAP_MAYMOVE, to.at) < 0 ? -1
                                                                                              : 0;
}

/* 0, or an errno; where a mapping went is no news. */
static long call_draw(void)
{
    const struct range r = range_draw(12);
    long got;

    switch (lot() % 8) {
    case 0:
    case 1:
        got = call(SYS_mmap, r.at, r.size, protection(), MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                   -1, 0);
        break;
    case 2:
        got = call(SYS_mmap, r.at, r.size, protection(),
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        break;
    case 3: got = call(SYS_munmap, r.at, r.size); break;
    case 4:
    case 5: got = call(SYS_mprotect, r.at, r.size, protection()); break;
    case 6: got = call(SYS_madvise, r.at, r.size, MADV_DONTNEED); break;
    default: got = remap_draw(); break;
    }
    return got > 0 ? 0 : got;
}

/* As map_letters, but at the last page of each unit. */
static const char *letters_now(void)
{
    static char letters[PAGES + 1];

    for (size_t i = 0; i < PAGES; i++)
        letters[i] = map_letters(arena + (i + 1) * unit - PAGE, 1)[0];
    return letters;
}

/* Reads what can be read, writes anew what can be written. */
static uint64_t contents(const char *letters, uint64_t stamp)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < PAGES; i++) {
        volatile uint64_t *word =
            (volatile uint64_t *)(void *)(arena + (i + 1) * unit - 8 - 8 * (i % 500));

        if (letters[i] != 'r' && letters[i] != 'w')
            continue;
        sum = sum * 31 + *word;
        if (letters[i] == 'w' && stamp % 3 != 0)
            *word = stamp * 64 + i;
    }
    return sum;
}

void family_lots(void)
{
    for (unsigned round = 1; round <= ROUNDS; round++) {
        uint64_t results = 0;

        lot_state = round * 0x9e3779b97f4a7c15ul;
        unit = round % 2 ? PAGE : round % 4 ? 96 * PAGE : 512 * PAGE;
        arena = pages_new(PAGES * unit / PAGE, PROT_NONE);
        for (unsigned i = 0; i < CALLS; i++) {
            results = results * 31 + (uint64_t)-call_draw();
            if (i % 10 == 9) {
                const char *letters = letters_now();

                say("%u.%u: %s %lx %lx", round, i, letters, (unsigned long)results,
                    (unsigned long)contents(letters, i));
            }
        }
        call(SYS_munmap, arena - PAGE, PAGES * unit + 2 * PAGE);
    }
}

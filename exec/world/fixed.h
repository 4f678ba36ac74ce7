/* fixed.h: a world whose time and randomness are decided beforehand.
 *
 * For deterministic mode: time stands still unless somebody asks for it (each
 * question adds a microsecond) or waits (a wait takes no time and adds its
 * length); random bytes are the ChaCha20 stream of a seed. Files, and what they
 * say, stay those of the world they came from, and so do inode numbers, times of
 * files and the order of directories: those are not decided here. */
#ifndef BROCH_EXEC_WORLD_FIXED_H
#define BROCH_EXEC_WORLD_FIXED_H

#include "exec/world.h"

#define FIXED_SEED_SIZE 32u

struct fixed_world {
    struct world base;
    struct world *under; /* asked whether files are ready */
    uint64_t now;        /* nanoseconds since the program began */
    uint32_t key[8];
    uint64_t block;
    uint8_t left[64];
    size_t left_size;
};

struct world *fixed_world_init(struct fixed_world *w, struct world *under,
                               const uint8_t seed[FIXED_SEED_SIZE]);

#endif

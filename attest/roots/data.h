/* data.h: the certificates of this folder as a table, in the order of files.def. The table is
 * written at build time by tools/embed-roots. For roots.c and its test alone. */
#ifndef BROCH_ATTEST_ROOTS_DATA_H
#define BROCH_ATTEST_ROOTS_DATA_H

#include "attest/chain.h"

enum roots_file {
#define ROOTS_FILE(file, name, by_key) ROOTS_##file,
#include "attest/roots/files.def"
#undef ROOTS_FILE
    ROOTS_COUNT
};

extern const struct root roots_table[ROOTS_COUNT];
/* The same certificates without their names. */
extern const struct bytes roots_certificates[ROOTS_COUNT];

#endif

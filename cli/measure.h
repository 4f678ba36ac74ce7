/* measure.h: the words of `broch measure`, each a verb of its own below it, and what they share:
 * files into memory, results as text or JSON. */
#ifndef BROCH_CLI_MEASURE_H
#define BROCH_CLI_MEASURE_H

#include "attest/fields.h"
#include "cli/verify_input.h"

extern const struct verb verb_measure_snp, verb_measure_snp_id_block, verb_measure_sgx,
    verb_measure_tdx, verb_measure_tpm, verb_measure_corim;

struct measure_io {
    struct verify_input in; /* its arena holds files and results */
    struct fields fields;
    bool json;
};

/* One for each process, ready for use. */
struct measure_io *measure_begin(void);
/* Prints the fields, gives everything back; gives code, or why printing failed. */
int measure_end(struct measure_io *m, int code);
/* Hex into the arena; false where it is none, or not of that size (0: any). */
bool measure_hex(struct bytes *out, struct measure_io *m, const char *text, size_t size);
/* A number, decimal or 0x…, up to most. */
bool measure_number(uint64_t *out, const char *text, uint64_t most);
/* A copy in the arena as a field: digests lie on stacks. */
void measure_field(struct measure_io *m, const char *name, const uint8_t *data, size_t size);

#endif

/* sigstruct.h: SIGSTRUCT, by which the signer of an enclave vouches for its measurement (Intel
 * SDM, volume 3D, section 38.13), as EINIT reads it.
 *
 * sigstruct_check does all that EINIT does with the structure alone: constants, reserved parts,
 * RSA-3072 with exponent 3, and that q1 and q2 are the quotients of its shortcut. Borrowed. */
#ifndef BROCH_MEASURE_SIGSTRUCT_H
#define BROCH_MEASURE_SIGSTRUCT_H

#include "base/err.h"
#include "base/reader.h"

#define SIGSTRUCT_SIZE 1808u
#define SIGSTRUCT_RSA_SIZE 384u
#define SIGSTRUCT_DEBUG ((uint64_t)2) /* of ATTRIBUTES.FLAGS */

struct sigstruct {
    struct bytes raw;
    struct bytes header, vendor, date, header2, swdefined; /* date: BCD, little-endian */
    struct bytes modulus; /* little-endian, like all numbers here */
    uint32_t exponent;
    struct bytes signature;
    struct bytes miscselect, miscmask;
    struct bytes isvfamilyid, attributes, attributemask, enclavehash, isvextprodid;
    uint16_t isvprodid, isvsvn;
    struct bytes q1, q2;
    struct bytes reserved1, reserved2, reserved3, reserved4;
    struct bytes signed1, signed2; /* what the signature is over, one after the other */
};

/* ERR_MALFORMED: not 1808 bytes. */
enum err sigstruct_parse(struct sigstruct *out, struct bytes raw);
/* HEADER and HEADER2 are the constants of the format. */
bool sigstruct_header_good(const struct sigstruct *s);
/* ERR_INVALID with *wrong: what EINIT would refuse. */
enum err sigstruct_check(const struct sigstruct *s, const char **wrong);
/* MRSIGNER: SHA-256 of the modulus as it is stored. */
enum err sigstruct_mrsigner(uint8_t out[32], const struct sigstruct *s);
/* Whether EINIT would accept an enclave of this measurement, ATTRIBUTES (16 bytes) and
 * MISCSELECT (4) under it: the hash is equal, and every bit that the masks choose. */
bool sigstruct_fits(const struct sigstruct *s, struct bytes mrenclave, struct bytes attributes,
                    struct bytes miscselect);

struct sigstruct_wish {
    uint32_t vendor, date; /* date: 0x20261121 */
    uint32_t swdefined;
    uint32_t miscselect, miscmask;
    uint64_t flags, xfrm, flags_mask, xfrm_mask;
    uint16_t isvprodid, isvsvn;
    const uint8_t *enclavehash;                /* 32 bytes */
    const uint8_t *isvfamilyid, *isvextprodid; /* 16 bytes, or NULL */
};
struct private_key;
/* Makes one. The key is RSA of 3072 bits with exponent 3. */
enum err sigstruct_make(uint8_t out[SIGSTRUCT_SIZE], const struct sigstruct_wish *wish,
                        const struct private_key *key);

#endif

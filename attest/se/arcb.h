/* arcb.h: the attestation request control block, version 1: what the owner of a guest sends to
 * the Ultravisor, with a measurement key that only genuine firmware can unwrap (s390-tools,
 * rust/pv/src/uvattest/arcb.rs), and the measurement that comes back (attest.rs).
 *
 * Plain: header of 48, flags 8, algorithm 4, reserved 4, the requester's public key 160, slots
 * of 80 (the protection key wrapped for one host key each). Then encrypted with AES-256-GCM,
 * all of the above authenticated beside it: measurement key 64, nonce 16 where the flags say
 * so. Then the tag. */
#ifndef BROCH_ATTEST_SE_ARCB_H
#define BROCH_ATTEST_SE_ARCB_H

#include "attest/fields.h"
#include "attest/se/exchange.h"
#include "base/err.h"

#define SE_PROTECTION_KEY_SIZE 32u
#define SE_MEASUREMENT_KEY_SIZE 64u
#define SE_NONCE_SIZE 16u

/* Flags, bit 0 the highest of eight bytes. */
#define SE_FLAG_NONCE ((uint64_t)1 << 62)
#define SE_FLAG_IMAGE_PHKH ((uint64_t)1 << 61)
#define SE_FLAG_ATTEST_PHKH ((uint64_t)1 << 60)
#define SE_FLAG_SECRET_STORE_HASH ((uint64_t)1 << 59)
#define SE_FLAG_FIRMWARE_STATE ((uint64_t)1 << 58)

struct se_arcb {
    uint32_t version, size;
    struct bytes iv;
    uint64_t slot_count;
    uint32_t encrypted_size;
    uint64_t flags;
    uint32_t algorithm; /* 1: HMAC-SHA512 */
    uint32_t reserved;
    struct bytes public_key; /* x and y, each 80 bytes */
    struct bytes slots;
    struct bytes plain; /* what is authenticated beside the rest */
    struct bytes encrypted, tag;
};

struct se_secret {
    uint8_t key[SE_MEASUREMENT_KEY_SIZE];
    uint8_t nonce[SE_NONCE_SIZE];
    bool has_nonce;
};

/* Eight zeros, version 1, and a size that agrees. */
bool se_arcb_is(struct bytes raw);
/* ERR_MALFORMED with out->size 0: it does not begin as one; ERR_MALFORMED; ERR_UNSUPPORTED: a
 * version, or an algorithm of measuring (then out->algorithm says which). */
enum err se_arcb_parse(struct se_arcb *out, struct bytes raw);
/* ERR_INVALID: the tag does not match. The caller wipes what it gets. */
enum err se_arcb_open(struct se_secret *out, const struct se_arcb *a,
                      const uint8_t key[SE_PROTECTION_KEY_SIZE]);
void se_arcb_fields(struct fields *f, const struct se_arcb *a);

/* What a measurement is over, besides the key. nonce: 16 bytes, or none. */
struct se_measured {
    struct bytes pld, ald, tld, tag, config_uid, user, nonce, additional;
};
enum err se_measure(uint8_t out[SE_MEASUREMENT_SIZE], struct bytes key,
                    const struct se_measured *m);

#endif

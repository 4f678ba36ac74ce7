/* id_block.h: the ID block, by which a guest's owner says which measurement may start and with
 * which policy, and the ID authentication information that signs it (56860, SEV-SNP Firmware
 * ABI, section 8.18, tables ID_BLOCK and ID_AUTH). What reports show of them are the digests of
 * the two keys. */
#ifndef BROCH_MEASURE_ID_BLOCK_H
#define BROCH_MEASURE_ID_BLOCK_H

#include "base/err.h"
#include "base/key.h"
#include "base/reader.h"

#define ID_BLOCK_SIZE 96u
#define ID_AUTH_SIZE 4096u
#define ID_KEY_SIZE 0x404u /* curve, x, y, each 72 bytes little-endian, zeros */
#define ID_SIGNATURE_SIZE 512u
#define ID_DIGEST_SIZE 48u

struct id_block {
    struct bytes launch_digest, family_id, image_id;
    uint32_t version, guest_svn;
    uint64_t policy;
};

/* A P-384 key of the firmware's form, turned: the numbers lie in it. */
struct id_key {
    uint8_t x[48], y[48];
    struct public_key key; /* KEY_NONE: there is none */
    struct bytes raw;
};

struct id_auth {
    uint32_t id_key_algo, author_key_algo;          /* 1: ECDSA P-384 with SHA-384; 0: none */
    uint8_t block_signature[96], key_signature[96]; /* r and s, big-endian */
    struct id_key id_key, author_key;
    bool has_author;
};

enum err id_block_parse(struct id_block *out, struct bytes raw);
/* Room for ID_BLOCK_SIZE bytes. */
void id_block_write(uint8_t out[ID_BLOCK_SIZE], const struct id_block *b);
/* *out is not moved after this: keys point into it. ERR_MALFORMED also for reserved bytes that
 * are not zero. ERR_UNSUPPORTED: another algorithm or curve. */
enum err id_auth_parse(struct id_auth *out, struct bytes raw);
/* The signature over the ID key by the author key. */
enum err id_auth_check_author(const struct id_auth *a);
/* The signature over the block by the ID key. */
enum err id_auth_check_block(const struct id_auth *a, struct bytes block);
/* ID_KEY_DIGEST, AUTHOR_KEY_DIGEST. */
enum err id_key_digest(uint8_t out[ID_DIGEST_SIZE], const struct id_key *k);

struct private_key;
/* Makes the authentication of a block; author may be NULL. Both keys are of P-384. */
enum err id_auth_make(uint8_t out[ID_AUTH_SIZE], struct bytes block,
                      const struct private_key *id_key, const struct private_key *author);

#endif

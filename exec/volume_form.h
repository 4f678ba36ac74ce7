/* volume_form.h: how a volume lies in its file. Not for others than volume*.c.
 *
 *     0      header, slot A         one of the two is the newest
 *     4096   header, slot B
 *     8192   chunks of one snapshot, and those of the one before it, in either order
 *
 * A header is 104 bytes, the rest of its slot is zero:
 *
 *     magic "brochvol", version u32, zero u32, generation u64,
 *     offset u64, chunks u64          where the snapshot lies, and how many chunks it has
 *     salt 32 bytes                   random, another for every snapshot
 *     check 16 bytes, tag 16 bytes
 *
 * HKDF-SHA256 (RFC 5869) of the volume's key, with that salt and "broch volume 1" as info,
 * gives the snapshot's own AES-256-GCM key, and `check`, by which a wrong key is told from
 * a changed file. Since no two snapshots share a key, nonces are counters: 0 for the
 * header, whose tag covers all before it, n for chunk n. A chunk is 64 KiB of the archive
 * (codec/archive.h; the last one filled up with zeroes) and its tag. So nothing can be
 * changed, cut, swapped or taken from another snapshot or volume without notice. */
#ifndef BROCH_EXEC_VOLUME_FORM_H
#define BROCH_EXEC_VOLUME_FORM_H

#include "crypto/seal.h"

#define VOLUME_VERSION 1u
#define VOLUME_SLOT_SIZE 4096u
#define VOLUME_DATA_AT (2 * VOLUME_SLOT_SIZE)
#define VOLUME_CHUNK_SIZE (64u << 10)
#define VOLUME_STORED_SIZE (VOLUME_CHUNK_SIZE + SEAL_TAG_SIZE)
#define VOLUME_SALT_SIZE 32u
#define VOLUME_CHECK_SIZE 16u

/* Where one snapshot is. */
struct volume_header {
    uint64_t generation; /* 0: none */
    uint64_t at;
    uint64_t chunks;
    uint8_t salt[VOLUME_SALT_SIZE];
};

enum volume_slot {
    VOLUME_SLOT_EMPTY, /* all zero */
    VOLUME_SLOT_GOOD,
    VOLUME_SLOT_BROKEN,  /* half written, or changed */
    VOLUME_SLOT_STRANGE, /* made with another key */
    VOLUME_SLOT_VERSION, /* of another version */
    VOLUME_SLOT_FOREIGN, /* nothing of a volume */
};

/* A seal with the snapshot's key, and its check. */
enum err volume_seal(struct seal *out, uint8_t check[VOLUME_CHECK_SIZE], struct bytes key,
                     const uint8_t salt[VOLUME_SALT_SIZE]);
void volume_nonce(uint8_t out[SEAL_NONCE_SIZE], uint64_t count);
/* out is one whole slot. */
enum err volume_header_write(uint8_t out[VOLUME_SLOT_SIZE], const struct volume_header *h,
                             struct bytes key);
enum volume_slot volume_header_read(struct volume_header *out, const uint8_t raw[VOLUME_SLOT_SIZE],
                                    struct bytes key);
static inline uint64_t volume_snapshot_end(const struct volume_header *h)
{
    return h->at + h->chunks * VOLUME_STORED_SIZE;
}

#endif

/* pem.h: PEM (RFC 7468), base64 (RFC 4648) and hex: from text to bytes.
 *
 * Output goes to room that the caller owns, or to an arena. Nothing is guessed: a
 * character that does not belong, padding in the wrong place, bits left over: malformed. */
#ifndef BROCH_CODEC_PEM_H
#define BROCH_CODEC_PEM_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/reader.h"

struct pem_block {
    struct bytes label; /* "CERTIFICATE": borrowed from the text */
    struct bytes body;  /* decoded, in the arena */
};

/* The next block of the text in r; text between blocks is skipped. ERR_OK with an empty
 * label where no block is left. ERR_MALFORMED, ERR_NOMEM. A NUL ends the text (Intel's
 * quotes carry one). */
enum err pem_next(struct pem_block *out, struct reader *r, struct arena *arena);
/* Whether a "-----BEGIN " stands at the start of a line. */
bool pem_is(struct bytes text);

enum base64_alphabet { BASE64, BASE64URL };
/* Bytes that a decode of that many characters needs at most. */
static inline size_t base64_room(size_t characters) { return characters / 4 * 3 + 3; }
/* Padding: as RFC 4648 section 4 for BASE64 (wanted); for BASE64URL it may be there or not.
 * `spaced` lets spaces, tabs and line ends stand anywhere. *size is what was written. */
enum err base64_decode(uint8_t *out, size_t room, size_t *size, struct bytes text,
                       enum base64_alphabet alphabet, bool spaced);
/* Characters written, without a NUL; the room must be enough: (size + 2) / 3 * 4. BASE64URL
 * writes no padding. */
size_t base64_encode(char *out, struct bytes data, enum base64_alphabet alphabet);

/* An even number of hex digits of either case. `spaced` as above. */
enum err hex_decode(uint8_t *out, size_t room, size_t *size, struct bytes text, bool spaced);
/* 2 * size characters, lower case, without a NUL. */
void hex_encode(char *out, struct bytes data);

#endif

/* cose.h: COSE messages (RFC 9052) with headers of RFC 9053: from bytes to borrowed parts,
 * and the bytes that their signatures are over. No keys and no judgement here.
 *
 * The algorithm is taken from the protected header alone. A label that is in both headers,
 * twice in one, or named in crit and not known here: malformed. */
#ifndef BROCH_CODEC_COSE_H
#define BROCH_CODEC_COSE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/key.h"
#include "base/writer.h"
#include "codec/cbor_walk.h"

enum cose_kind {
    COSE_NONE = 0,
    COSE_SIGN1 = 18,
    COSE_SIGN = 98,
    COSE_ENCRYPT0 = 16,
    COSE_MAC0 = 17,
    COSE_ENCRYPT = 96,
    COSE_MAC = 97,
};

/* Algorithms (RFC 9053, 8.1), those that we name. */
#define COSE_ES256 (-7)
#define COSE_EDDSA (-8)
#define COSE_ES384 (-35)
#define COSE_ES512 (-36)
#define COSE_PS256 (-37)
#define COSE_PS384 (-38)
#define COSE_PS512 (-39)
#define COSE_HMAC_256_64 4
#define COSE_HMAC_256 5
#define COSE_HMAC_384 6
#define COSE_HMAC_512 7

struct cose_headers {
    struct bytes protected_raw; /* contents of the byte string; empty for an empty header */
    bool has_algorithm;         /* an integer, in the protected header */
    int64_t algorithm;
    bool has_unprotected_algorithm; /* present where it has no force; profiles may accept */
    int64_t unprotected_algorithm;
    struct bytes key_id;       /* label 4, from either header */
    struct bytes content_type; /* label 3: its encoded item */
    struct bytes x5chain;      /* label 33: its encoded item (a byte string or an array) */
    struct bytes iv;           /* label 5 */
};

struct cose {
    enum cose_kind kind;
    bool is_tagged;
    struct cose_headers headers;
    bool is_detached;        /* payload is null */
    struct bytes payload;    /* of Encrypt0 and Encrypt: the ciphertext and its tag */
    struct bytes signature;  /* Sign1; the tag of Mac0 and Mac */
    struct bytes signatures; /* Sign: the encoded array, for cose_signature_next; Mac and
                                Encrypt: that of the recipients */
};

/* One message and nothing after it. `want` is what it has to be; a tag may be missing where
 * allow_untagged, and a tag of another kind is ERR_INVALID. ERR_MALFORMED, ERR_UNSUPPORTED
 * (crit). */
enum err cose_parse(struct cose *out, struct bytes raw, enum cose_kind want, bool allow_untagged);

/* For telling formats apart: whether raw begins like a COSE_Sign1 with an integer algorithm in
 * its protected header, and what is there of the payload. Nothing is checked beyond that. */
bool cose_sign1_peek(struct bytes raw, int64_t *algorithm, struct reader *payload);

struct cose_signature {
    struct cose_headers headers;
    struct bytes signature;
};
/* Walks the signatures of a COSE_Sign: start with reader_of(c->signatures). */
bool cose_signature_next(struct reader *signatures, struct cose_signature *out, enum err *e);

/* Sig_structure (section 4.4) for Sign1 or, with the signer's protected header, Sign; and
 * MAC_structure (6.3), Enc_structure (5.3), which serve Mac and Encrypt too. The payload is
 * given for detached ones. */
void cose_sign1_input(struct writer *w, const struct cose *c, struct bytes payload,
                      struct bytes external);
void cose_sign_input(struct writer *w, const struct cose *c, const struct cose_signature *s,
                     struct bytes payload, struct bytes external);
void cose_mac0_input(struct writer *w, const struct cose *c, struct bytes payload,
                     struct bytes external);
void cose_encrypt0_input(struct writer *w, const struct cose *c, struct bytes external);

/* Sig_structure of a Sign1 that carries its payload; empty where there is no memory. */
struct bytes cose_sign1_message(struct arena *arena, const struct cose *c);

/* SIGNATURE_NONE where we do not do it. */
enum signature_kind cose_signature_kind(int64_t algorithm);
/* COSE_Key (RFC 9052, 7): EC2 with both coordinates, OKP Ed25519, RSA (RFC 8230). */
enum err cose_key_parse(struct public_key *out, struct bytes raw);
/* The certificates of x5chain (RFC 9360), leaf first: at most `room`. */
enum err cose_x5chain(struct bytes *out, uint32_t room, uint32_t *count, struct bytes x5chain);

#endif

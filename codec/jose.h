/* jose.h: JWS (RFC 7515), JWE (RFC 7516) in their compact and flattened JSON forms, JWT
 * claims (RFC 7519) and JWK (RFC 7517): from text to parts in an arena. No keys are used
 * and nothing is judged. "alg" is never taken for anything but a name; "none" has no
 * signature_kind; a "crit" that we do not know is ERR_UNSUPPORTED. */
#ifndef BROCH_CODEC_JOSE_H
#define BROCH_CODEC_JOSE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/key.h"
#include "base/writer.h"
#include "codec/json.h"

struct jws {
    struct bytes signed_input; /* ASCII(header) '.' payload: what is signed; borrowed or arena */
    const struct json *header; /* the protected header */
    struct bytes algorithm;    /* "ES384" */
    enum signature_kind signature_kind;
    struct bytes key_id;
    struct bytes payload;   /* decoded */
    struct bytes signature; /* decoded: r and s for EC */
};
enum err jws_parse(struct jws *out, struct arena *arena, struct bytes text);

struct jwe {
    struct bytes aad; /* ASCII(BASE64URL(protected header)) */
    const struct json *header;
    struct bytes algorithm, encryption;
    struct bytes encrypted_key, iv, ciphertext, tag;
};
enum err jwe_parse(struct jwe *out, struct arena *arena, struct bytes text);

/* EC (P-256, P-384, P-521), OKP Ed25519, RSA. The numbers are in the arena. */
enum err jwk_parse(struct public_key *out, struct arena *arena, const struct json *jwk);
enum signature_kind jose_signature_kind(struct bytes algorithm);

#endif

/* corim.h: concise reference integrity manifests (draft-ietf-rats-corim-11): what a maker says
 * that good evidence looks like, and with which keys it is signed.
 *
 * Read: tag 501 (in tag 500 of older drafts too), alone or as the payload of a COSE_Sign1 (tag
 * 18, in tag 502 of older drafts); CoMIDs in it (tag 506) with reference, endorsed, identity
 * and attestation-key triples. Of other tags and triples only the form of the CBOR is checked.
 * The rules of AMD's profile for SEV-SNP ("tag:amd.com,2024:snp-corim-profile"), and of Arm's and
 * Parsec's (profile.c), are held too.
 * Written: our own reference values, one CoMID with one reference triple for each.
 *
 * Nobody is believed here: a signature is checked where the caller asks with a key, and who
 * hands in a manifest as policy answers for it. Bytes are borrowed from the manifest. */
#ifndef BROCH_ATTEST_CORIM_CORIM_H
#define BROCH_ATTEST_CORIM_CORIM_H

#include "attest/claims.h"
#include "attest/corim/form.h"
#include "attest/signature.h"
#include "codec/cose.h"

#define CORIM_SIZE_MAX ((size_t)4 << 20)
#define CORIM_VALUES_MAX 4096u

enum corim_triple {
    CORIM_REFERENCE = 0,
    CORIM_ENDORSED = 1,
    CORIM_IDENTITY_KEY = 2,
    CORIM_ATTEST_KEY = 3,
};

/* environment-map (5.1.4.2). Empty where not said. */
struct corim_environment {
    struct bytes class_id;      /* the encoded item, tag included */
    struct bytes vendor, model; /* text */
    bool has_layer, has_index;
    uint64_t layer, index;
    struct bytes instance, group; /* encoded items */
};

/* One measurement-map of one triple, or one key of one. */
struct corim_value {
    enum corim_triple triple;
    struct corim_environment environment;
    struct bytes mkey;    /* the encoded item */
    struct bytes version; /* text */
    bool has_svn, is_svn_minimum;
    uint64_t svn;
    struct bytes digests; /* the encoded array, for corim_digest_next */
    struct bytes raw_value, raw_mask;
    bool has_rim;           /* integrity registers with one of that name (or number 0) */
    struct bytes name;      /* text */
    uint64_t key_tag;       /* 554 to 562, as section 5.1.4.1.6 has them; 0: not a key */
    struct bytes key;       /* text or bytes */
    enum platform platform; /* whose measurement it is; NONE: none that we know how to match */
};

struct corim {
    bool is_signed;
    struct cose cose;     /* where it is */
    struct bytes id;      /* encoded item */
    struct bytes profile; /* encoded item; empty: none */
    bool has_validity;
    int64_t not_before, not_after; /* MOMENT_LEAST where not said */
    uint32_t tag_count, comid_count;
    struct corim_value *values; /* in the arena */
    uint32_t value_count;
};

/* ERR_MALFORMED, ERR_INVALID (breaks its profile's rules), ERR_LIMIT, ERR_NOMEM; *wrong says
 * what, for people. */
enum err corim_parse(struct corim *out, struct arena *arena, struct bytes raw, const char **wrong);
/* Starts with reader_of(value->digests). */
struct corim_digest {
    int64_t algorithm; /* Named Information registry: 1 SHA-256, 7 SHA-384, 8 SHA-512; 0: by name */
    struct bytes name; /* text, where it is by name */
    struct bytes value;
};
bool corim_digest_next(struct reader *digests, struct corim_digest *out);

/* For policies: the reference values that a platform's measurement may have, one after the
 * other; *at starts at 0. */
struct corim_cursor {
    uint32_t value;
    struct reader digests;
    bool is_inside;
};
bool corim_reference_next(const struct corim *c, struct corim_cursor *at, enum platform *platform,
                          struct bytes *measurement);
/* The measurement is one of the manifest's reference values for that platform. */
bool corim_allows(const struct corim *c, enum platform platform, struct bytes measurement);
/* A signed one, by this key. WRONG too where it is not signed. */
enum signature_answer corim_check(const struct corim *c, struct arena *arena,
                                  const struct public_key *key);

/* --- Writing. */

struct corim_reference {
    enum platform platform;
    struct bytes measurement; /* 32, 48 or 64 bytes */
    struct bytes name;        /* of what is measured: text, or empty */
};
struct corim_source {
    struct bytes id, maker; /* text: "broch-1.0", "Broch" */
    const struct corim_reference *references;
    uint32_t count;
};
/* Deterministic: the same source gives the same bytes. The arena is for scratch. ERR_USAGE: a
 * measurement of another size, no platform, or nothing to write. ERR_LIMIT: no room at w. */
enum err corim_write(struct writer *w, struct arena *arena, const struct corim_source *source);
/* The same inside a COSE_Sign1 by the Ed25519 seed. */
enum err corim_write_signed(struct writer *w, struct arena *arena,
                            const struct corim_source *source, const uint8_t seed[32]);

#endif

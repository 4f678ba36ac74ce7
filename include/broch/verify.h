/* verify.h: judging attestation evidence, as a library: libbroch-verify.
 *
 * A verifier takes pieces (evidence, endorsements, roots) in whatever form people keep them, the
 * time, and what the evidence has to answer; it gives a verdict with its reason and the claims
 * that were proved. It does no I/O, reads no clock and has no state but its own: everything is in
 * the memory that the caller gives to broch_verifier_init, and nothing else is allocated by it
 * (libcrypto, which checks the signatures, allocates its own contexts for each check).
 *
 * Ownership: the memory stays the caller's. Pieces, their names and the policy's text are
 * borrowed: pieces until broch_verifier_reset, the policy until the verifier is not used any
 * more. There is nothing to free.
 *
 * Threads: any number of verifiers at once, each used by one thread at a time.
 *
 * Units: sizes are bytes, times are seconds since 1970-01-01T00:00:00Z (UTC, POSIX's count).
 *
 * Sources: RFC 9334 (RATS) for the words; each platform's formats are cited where they are
 * parsed; the policy's language is docs/policy.md; JSON output is described at
 * broch_verifier_json; attestation results are EAR (draft-ietf-rats-ear-04). */
#ifndef BROCH_VERIFY_H
#define BROCH_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BROCH_VERIFY_EXPORT __attribute__((visibility("default")))

/* Less memory than this is refused. It is enough for one piece of evidence of any kind with its
 * endorsements; GPU evidence of a whole machine and large event logs want 32 MiB. */
#define BROCH_VERIFY_MEMORY_LEAST ((size_t)2 << 20)

struct broch_verifier;

enum broch_verify_error {
    BROCH_VERIFY_OK = 0,
    BROCH_VERIFY_USAGE,   /* the caller broke this header */
    BROCH_VERIFY_MEMORY,  /* the memory given does not suffice */
    BROCH_VERIFY_POLICY,  /* the policy is none: see broch_policy_error */
    BROCH_VERIFY_UNKNOWN, /* a piece of no form that we know; the verdict will name it */
    BROCH_VERIFY_LIMIT,   /* too many pieces, or wrapped too deep */
    BROCH_VERIFY_CRYPTO,  /* a result could not be signed */
};

struct broch_policy_error {
    uint32_t line, column; /* from 1 */
    char text[200];        /* a sentence, NUL-terminated */
};

/* Makes a verifier in `memory` (any alignment; `size` bytes). The policy is a TOML document of
 * `policy_size` bytes, or the name of a built-in one ("default", "authentic"); NULL is "default".
 * `wrong` may be NULL. Takes tens of microseconds; may be called again on the same memory. */
BROCH_VERIFY_EXPORT enum broch_verify_error broch_verifier_init(struct broch_verifier **out,
                                                                void *memory, size_t size,
                                                                const char *policy,
                                                                size_t policy_size,
                                                                struct broch_policy_error *wrong);

enum broch_verify_role {
    BROCH_VERIFY_EVIDENCE,    /* what is to be judged, and what came with it */
    BROCH_VERIFY_ENDORSEMENT, /* certificates, lists, TCB info: checked, never trusted as such */
    BROCH_VERIFY_ROOT,        /* a certificate or key that the caller trusts */
};

/* Adds one file's or message's bytes; wrappings (hex, base64, PEM, JSON, certificates) are taken
 * off. `name` is for messages. BROCH_VERIFY_UNKNOWN is no reason to stop for endorsements. */
BROCH_VERIFY_EXPORT enum broch_verify_error broch_verifier_add(struct broch_verifier *v,
                                                               enum broch_verify_role role,
                                                               const char *name, const void *data,
                                                               size_t size);

struct broch_question {
    int64_t now;          /* judge as of this time */
    const uint8_t *nonce; /* that the evidence has to answer; NULL: not asked */
    size_t nonce_size;
    const uint8_t *report_data; /* that it has to carry, zeros after it; NULL: not asked */
    size_t report_data_size;
    const char *platform; /* "snp", "sgx", "tdx", …: what it has to be; NULL: any */
};

enum broch_verdict {
    BROCH_UNDECIDED = 0, /* could not be judged: malformed, or something is missing */
    BROCH_REFUSED = 0x33,
    BROCH_ACCEPTED = 0x5a,
};

/* Judges what was added. `reason` (may be NULL) becomes the stable identifier of the first check
 * that failed ("bad_report_signature"), or NULL: static text. */
BROCH_VERIFY_EXPORT enum broch_verdict broch_verifier_judge(struct broch_verifier *v,
                                                            const struct broch_question *question,
                                                            const char **reason);

/* What was proved, of the last verdict: bytes borrowed until the next reset; false where the
 * evidence does not say it. Only what was checked is there, also where the policy refused. */
enum broch_claim {
    BROCH_CLAIM_MEASUREMENT,
    BROCH_CLAIM_SIGNER,
    BROCH_CLAIM_REPORT_DATA,
    BROCH_CLAIM_HOST_DATA,
    BROCH_CLAIM_CHIP_ID,
    BROCH_CLAIM_WORKLOAD,
};
BROCH_VERIFY_EXPORT int broch_verifier_claim(const struct broch_verifier *v, enum broch_claim claim,
                                             const uint8_t **data, size_t *size);

/* The last verdict as JSON ({"verdict", "platform", "simulated", "reason", "checks", "claims"}) or
 * as text for people, NUL-terminated: bytes written without the NUL, or SIZE_MAX where `room` does
 * not suffice (64 KiB does, but for event logs). */
BROCH_VERIFY_EXPORT size_t broch_verifier_json(const struct broch_verifier *v, char *out,
                                               size_t room);
BROCH_VERIFY_EXPORT size_t broch_verifier_text(const struct broch_verifier *v, char *out,
                                               size_t room);
/* The last verdict as an attestation result, signed with Ed25519 by the key whose seed (RFC 8032,
 * 5.1.5) is given: a JWT (text) or a CWT (COSE_Sign1). *size is what was written. */
enum broch_result_form { BROCH_RESULT_JWT, BROCH_RESULT_CWT };
BROCH_VERIFY_EXPORT enum broch_verify_error broch_verifier_result(const struct broch_verifier *v,
                                                                  enum broch_result_form form,
                                                                  const uint8_t seed[32],
                                                                  uint8_t *out, size_t room,
                                                                  size_t *size);

/* Forgets the pieces and the verdict; keeps the policy, and which endorsements' signatures were
 * found good. After it the next verdict takes no new memory. */
BROCH_VERIFY_EXPORT void broch_verifier_reset(struct broch_verifier *v);

#ifdef __cplusplus
}
#endif

#endif

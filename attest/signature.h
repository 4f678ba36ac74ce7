/* signature.h: signature checks for verifiers: the reason on failure, and a memo of what was
 * found good before.
 *
 * The memo holds SHA-256 digests over (key, algorithm, message, signature) of checks that
 * succeeded: with it, a chain or a TCB info that was seen before costs a hash. It never
 * remembers a failure, and validity in time is not its matter. One thread at a time; NULL
 * is no memo. Evidence's own signatures are not put in it. */
#ifndef BROCH_ATTEST_SIGNATURE_H
#define BROCH_ATTEST_SIGNATURE_H

#include "attest/verdict.h"
#include "base/key.h"

#define SIGNATURE_MEMO_SLOTS 256u

struct signature_memo {
    uint8_t digests[SIGNATURE_MEMO_SLOTS][32];
    uint8_t used[SIGNATURE_MEMO_SLOTS];
    uint32_t next; /* the slot that goes next */
};
void signature_memo_init(struct signature_memo *m);

enum signature_answer {
    SIGNATURE_UNKNOWN = 0, /* the library could not say */
    SIGNATURE_WRONG,
    SIGNATURE_GOOD = 0x5a,
};
enum signature_answer signature_check(const struct public_key *key, enum signature_kind kind,
                                      struct bytes message, struct bytes signature,
                                      struct signature_memo *memo);
/* The same for certificates, requests, lists and OCSP responses: ECDSA signatures are in DER form,
 * RSA ones pass through, and those over SHA-1 are wrong whatever they are. */
enum signature_answer signature_check_der(const struct public_key *key, enum signature_kind kind,
                                          struct bytes message, struct bytes signature,
                                          struct signature_memo *memo);
/* The same for a digest. Never in the memo. */
enum signature_answer signature_check_digest(const struct public_key *key, enum signature_kind kind,
                                             struct bytes digest, struct bytes signature);
/* Reports the answer: GOOD passes, WRONG fails with `why`, UNKNOWN with crypto_failed. */
bool signature_report(struct verdict *v, enum signature_answer a, enum reason why,
                      const char *detail);

#endif

/* form.h: what a piece of collateral is: its kind, who issued it, from when until when it
 * counts. Read, not judged: whether it is genuine is for the verifier to say, each time. */
#ifndef BROCH_COLLATERAL_FORM_H
#define BROCH_COLLATERAL_FORM_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* Each with the end of its file's name in the cache. */
enum form_kind {
    FORM_CERT,        /* ".der": one certificate of AMD's for a chip, DER */
    FORM_CHAIN,       /* ".pem": certificates, PEM */
    FORM_CRL,         /* ".crl": DER */
    FORM_TCB_INFO,    /* ".tcb.json": as Intel signed it */
    FORM_QE_IDENTITY, /* ".qe.json": likewise */
    FORM_KIND_COUNT
};
const char *form_ending(enum form_kind k);
/* "certificate", "list of revocations", …: for people. */
const char *form_name(enum form_kind k);
/* By a file's name; false where it is none of ours. */
bool form_of_name(enum form_kind *out, const char *name);

#define FORM_ISSUER_SIZE 160u

struct form {
    enum form_kind kind;
    char issuer[FORM_ISSUER_SIZE]; /* of a chain: its last subject */
    int64_t from, until; /* of a chain: when all of it counts. A list without a next update, which
                            the verifiers do not take, counts for no time at all */
    uint32_t evaluation; /* Intel's number, of what has one; else 0 */
};

/* ERR_MALFORMED where it is not of that kind. ERR_NOMEM. */
enum err form_read(struct form *out, struct arena *arena, enum form_kind kind, struct bytes raw);
static inline bool form_is_current(const struct form *f, int64_t now)
{
    return f->from <= now && now <= f->until;
}

#endif

/* chain.h: from a leaf certificate to a root that is trusted (RFC 5280, section 6, the parts
 * that vendors' chains need), and lists of revocations.
 *
 * Candidates for issuers come from the exhibits in any order; nothing is trusted for being
 * there. A chain is at most CHAIN_MAX long; each step: names equal byte by byte, signature,
 * validity at the time, the issuer may sign certificates (basicConstraints, path length,
 * keyUsage where there is one), no critical extension that we do not know. Where several
 * candidates have the name of an issuer, each is tried; the signatures checked for one chain
 * are at most CHAIN_TRIES_MAX.
 *
 * Lists of revocations: every issuer of the chain needs one that is fresh (thisUpdate <= now <=
 * nextUpdate), signed by it, and whole (no delta, no partition); the newest of them counts. A
 * certificate that any correctly signed list names is revoked, whatever that list's dates.
 * Where the rules call lists optional, one may be missing; one that is given has to be good. */
#ifndef BROCH_ATTEST_CHAIN_H
#define BROCH_ATTEST_CHAIN_H

#include "attest/judge.h"
#include "codec/x509.h"

#define CHAIN_MAX 8u
#define CHAIN_TRIES_MAX 64u

/* A trusted root: a certificate or, where several were issued for one key, its key alone. */
struct root {
    const char *name;         /* "AMD ARK-Milan" */
    struct bytes certificate; /* DER */
    bool by_key;              /* any certificate with this subject and key is this root */
};

/* What may differ between vendors. Zeroed: reasons of attest/reasons.def. */
struct chain_profile {
    const char *what;          /* "VCEK", for details */
    enum reason bad_signature; /* instead of certificate_bad_signature; 0: that */
    enum reason expired;       /* instead of certificate_expired */
    enum reason revoked_leaf;  /* instead of certificate_revoked */
    enum reason revoked_other;
    enum reason untrusted; /* instead of untrusted_root */
    enum reason missing;   /* instead of certificate_missing */
    bool leaf_serial_may_be_zero;
    bool skip_revocation;     /* the caller checks revocation itself */
    uint32_t revocation_from; /* the first of chain.certs that is looked up: 1 where the maker
                                 publishes no list of leaves (AMD) */
    /* Critical extensions, besides the standard ones read by codec/x509.h, that the caller
     * knows: encoded OIDs. */
    const struct bytes *known_extensions;
    uint32_t known_extension_count;
    bool roots_from_caller_only; /* there are no built-in ones */
    const struct bytes *crls;    /* lists beside the exhibits' (DER each) */
    uint32_t crl_count;
};

struct chain {
    struct x509 certs[CHAIN_MAX]; /* leaf first, root last */
    uint32_t count;
    const struct root *root; /* which of the roots; NULL: one of --root */
};

/* Builds and checks. Candidates: all EXHIBIT_CERTs, and `extra` (DER each). Roots: `roots`,
 * and certificates of role EXHIBIT_ROOT. Reports "certificate_chain", "certificate_validity",
 * "trust_anchor", "revocation" to v; narrows c->valid_until (c may be NULL). */
bool chain_check(struct chain *out, struct verdict *v, struct claims *c,
                 const struct judge_context *x, struct bytes leaf, const struct bytes *extra,
                 uint32_t extra_count, const struct root *roots, uint32_t root_count,
                 const struct chain_profile *profile);
/* Looks among the EXHIBIT_CRLs (and `extra`) for the list of `issuer`, checks its signature
 * and dates, and looks up the serial. Missing: by the rules. Part of chain_check unless
 * skipped. */
bool chain_revocation(struct verdict *v, struct claims *c, const struct judge_context *x,
                      const struct x509 *issuer, const struct x509 *subject, enum reason revoked,
                      const struct bytes *extra, uint32_t extra_count);

#endif

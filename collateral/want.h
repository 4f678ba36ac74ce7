/* want.h: which collateral a verdict over some evidence will ask for: names in the cache, and
 * requests to AMD's and Intel's services.
 *
 * Sources: AMD 57230 and 58369 (Key Distribution Service), section 4; Intel SGX and TDX
 * Provisioning Certification Service API, version 4. The evidence is hostile as always: what
 * comes of it here is numbers and hex, never its text. Nothing is believed: a forged report
 * makes us fetch what nobody needs. */
#ifndef BROCH_COLLATERAL_WANT_H
#define BROCH_COLLATERAL_WANT_H

#include "attest/exhibit.h"
#include "attest/snp/cert.h"
#include "attest/snp/tcb.h"
#include "collateral/cache.h"

enum want_service { WANT_AMD, WANT_INTEL, WANT_INTEL_CERTIFICATES };

#define WANT_PATH_SIZE 320u
#define WANTS_MAX 256u

struct want {
    enum form_kind kind;
    char name[CACHE_NAME_SIZE]; /* in the cache */
    enum want_service service;
    char path[WANT_PATH_SIZE]; /* "/vcek/v1/Milan/crl" */
    /* What came has to be for this; what is not said is not compared. */
    enum snp_product product;
    enum snp_cert_kind issuer; /* whose certificate a chain of AMD's has to have */
    bool has_chip;             /* a VCEK of this chip and TCB */
    uint8_t chip_id[64], tcb[SNP_TCB_SIZE];
    bool has_fmspc;
    uint8_t fmspc[6];
    bool is_tdx, is_platform;
    /* Intel sends the issuers in a header of the answer: they are kept under that name. */
    const char *chain_header;
    const char *chain_name;
    bool is_lasting; /* it does not change: not fetched again while it counts */
    /* 0, or one more than the index of another: either is enough, unless something needs it. */
    uint32_t alternative;
    bool is_needed;
};

struct wants {
    struct want all[WANTS_MAX];
    uint32_t count;
    uint32_t unmet;        /* pieces of evidence that need what no service gives to everybody */
    const char *unmet_why; /* of the last of these */
    bool is_early;         /* Intel's early updates instead of the standard ones */
};

/* Adds what each report, quote and certificate among the exhibits needs; once each. ERR_LIMIT:
 * more than WANTS_MAX. ERR_NOMEM. */
enum err wants_of(struct wants *w, const struct exhibits *x);
/* What needs no evidence: chains and lists of all products, identities of quoting enclaves. */
enum err wants_common(struct wants *w);
/* TCB information of one family of Intel's platforms, for SGX and TDX. */
enum err wants_fmspc(struct wants *w, const uint8_t fmspc[6]);

/* The issuers that came in `chain_header`: Intel's, and those of what was asked for. Likewise. */
enum err want_check_chain(struct form *form, const struct want *w, struct arena *arena,
                          struct bytes contents);
/* ERR_OK: the contents are of the kind, chip and family that was asked for; their form is in
 * *form. ERR_MALFORMED, ERR_INVALID (something else), ERR_NOMEM. */
enum err want_check(struct form *form, const struct want *w, struct arena *arena,
                    struct bytes contents);

#endif

/* exhibit.h: everything that is laid before the verifier: evidence, endorsements, roots.
 *
 * exhibit_add takes bytes in whatever wrapping people keep them (raw, base64, hex, PEM, DER,
 * Trustee's and other JSON shapes, a certificate or request that carries evidence, an Azure
 * HCL report, a CMW) and adds what is inside, each piece with its kind and where it came
 * from. Kinds are told by contents, never by names of files. Decoded bytes go to the arena,
 * others are borrowed. Adding checks no signature and believes nothing. */
#ifndef BROCH_ATTEST_EXHIBIT_H
#define BROCH_ATTEST_EXHIBIT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/key.h"

enum exhibit_kind {
    EXHIBIT_UNKNOWN = 0,
    /* Evidence. */
    EXHIBIT_SNP_REPORT,     /* 1184 bytes */
    EXHIBIT_QUOTE,          /* SGX v3, TDX v4 or v5 quote */
    EXHIBIT_TPM_QUOTE,      /* TPMS_ATTEST */
    EXHIBIT_TPM_SIGNATURE,  /* TPMT_SIGNATURE, or a bare RSASSA one */
    EXHIBIT_TPM_PCRS,       /* values in ascending order, or tpm2-tools' file */
    EXHIBIT_EVENT_LOG,      /* TCG log, either format, CCEL too */
    EXHIBIT_HCL_REPORT,     /* Azure */
    EXHIBIT_NITRO,          /* COSE_Sign1 */
    EXHIBIT_CCA_TOKEN,      /* CBOR tag 399 or 907 */
    EXHIBIT_NVIDIA_REPORT,  /* SPDM GET_MEASUREMENTS request and response */
    EXHIBIT_SE_RESPONSE,    /* pvattest exchange format */
    EXHIBIT_PSA_TOKEN,      /* COSE_Sign1 */
    EXHIBIT_SIM,            /* our own development evidence */
    EXHIBIT_RATLS_CERT,     /* the certificate that carried evidence; what is in it is added too */
    EXHIBIT_RATLS_REQUEST,  /* likewise a certificate request */
    EXHIBIT_RATLS_EVIDENCE, /* CBOR tag 60000 of the CCC form */
    /* Endorsements. */
    EXHIBIT_CERT, /* X.509 */
    EXHIBIT_CRL,
    EXHIBIT_OCSP,        /* OCSPResponse */
    EXHIBIT_TCB_INFO,    /* Intel's JSON, signature included */
    EXHIBIT_QE_IDENTITY, /* likewise: QE, TD_QE, QVE */
    EXHIBIT_KEY,         /* a public key: SPKI DER, a JWK, or {"pkey": JWK, …}: see exhibit_key */
    EXHIBIT_TPM_PUBLIC,  /* TPMT_PUBLIC */
    EXHIBIT_RIM,         /* NVIDIA's SWID manifest, XML */
    EXHIBIT_CORIM,
    EXHIBIT_DISTRUST, /* our distrust list: COSE_Sign1 */
    EXHIBIT_SE_KEY,   /* Secure Execution: a measurement key or request protection key */
    EXHIBIT_KIND_COUNT
};
/* "SEV-SNP attestation report", …: for people. */
const char *exhibit_kind_name(enum exhibit_kind k);
/* "snp-report", …: for scripts and for the command line. */
const char *exhibit_kind_id(enum exhibit_kind k);
/* EXHIBIT_UNKNOWN where there is none of that id. */
enum exhibit_kind exhibit_kind_named(struct bytes id);
/* Evidence, as against endorsements and roots. */
static inline bool exhibit_is_evidence(enum exhibit_kind k)
{
    return k >= EXHIBIT_SNP_REPORT && k <= EXHIBIT_RATLS_EVIDENCE;
}

enum exhibit_role {
    EXHIBIT_EVIDENCE,    /* what is to be judged, and what came with it */
    EXHIBIT_ENDORSEMENT, /* from --collateral: evidence among it is not judged */
    EXHIBIT_ROOT,        /* the caller trusts it: --root */
};

/* More is an attack on our time: a GPU's evidence has 30. */
#define EXHIBITS_MAX 512u
#define EXHIBIT_NESTING_MAX 8u

struct exhibit {
    enum exhibit_kind kind;
    enum exhibit_role role;
    struct bytes raw;   /* the piece itself, unwrapped */
    const char *name;   /* the file, or "file: vcek" for a part of one: static or in the arena */
    uint32_t parent;    /* index + 1 of the exhibit that carried this one; 0: none */
    struct bytes owner; /* KEY from a store of trust anchors: implementation id and instance id,
                           one after the other, whose key this alone is; empty: not said */
    uint32_t source; /* which exhibit_add brought it, from 0: pieces of one file belong together */
};

struct exhibits {
    struct arena *arena;
    struct exhibit items[EXHIBITS_MAX];
    uint32_t count;
    uint32_t sources;
};

void exhibits_init(struct exhibits *x, struct arena *arena);
/* ERR_MALFORMED: nothing in it that we know (an exhibit of kind UNKNOWN is added then too, so
 * that the verdict can name it). ERR_LIMIT: too many or too deep. ERR_NOMEM. */
enum err exhibit_add(struct exhibits *x, enum exhibit_role role, const char *name,
                     struct bytes raw);
/* One piece whose kind is known already; not unwrapped further. NULL: too many. */
struct exhibit *exhibit_put(struct exhibits *x, enum exhibit_role role, enum exhibit_kind kind,
                            const char *name, struct bytes raw);
/* The key of an EXHIBIT_KEY, whatever its form. ERR_MALFORMED, ERR_NOMEM. */
enum err exhibit_key(struct public_key *out, struct arena *arena, const struct exhibit *e);
/* The next of that kind after `before` (NULL: from the start), of any role but, for kinds of
 * evidence, EXHIBIT_EVIDENCE alone. */
const struct exhibit *exhibit_next(const struct exhibits *x, enum exhibit_kind kind,
                                   const struct exhibit *before);

#endif

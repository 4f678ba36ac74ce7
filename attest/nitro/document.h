/* document.h: the attestation document of AWS Nitro enclaves: a COSE_Sign1 by ES384 over one
 * CBOR map ("Nitro Enclaves Attestation Document", aws-nitro-enclaves-nsm-api,
 * docs/attestation_process.md, 3.1: the document, 3.2.2: what is valid).
 *
 * Form alone: nothing is believed here. Maps may be of indefinite length and in any order, as
 * producers write them; a key that is there twice, a value of another type or size than the
 * document says, and bytes after the end are malformed. Keys that we do not know are stepped
 * over: they are signed like the rest, and AWS adds to the list. All is borrowed. */
#ifndef BROCH_ATTEST_NITRO_DOCUMENT_H
#define BROCH_ATTEST_NITRO_DOCUMENT_H

#include "attest/nitro/form.h"
#include "codec/cose.h"

#define NITRO_PCRS_MAX 32u
#define NITRO_CABUNDLE_MAX 8u

struct nitro_document {
    struct cose cose;
    struct bytes module_id;            /* text: the enclave's name on its instance */
    struct bytes digest;               /* text: "SHA384" */
    uint64_t timestamp;                /* milliseconds since 1970 */
    struct bytes pcrs[NITRO_PCRS_MAX]; /* 32, 48 or 64 bytes; empty where absent */
    uint32_t pcr_count;
    struct bytes certificate;                  /* DER: of the key that signed this */
    struct bytes cabundle[NITRO_CABUNDLE_MAX]; /* DER, root first */
    uint32_t cabundle_count;
    bool has_public_key, has_user_data, has_nonce; /* false where they are null */
    struct bytes public_key, user_data, nonce;
};

/* What was wrong, for people; NULL where nothing was. */
enum err nitro_document_parse(struct nitro_document *out, struct bytes raw, const char **wrong);
/* PCR0, 1 and 2 are zero: the enclave was started in debug mode, and its host reads its
 * console ("Using cryptographic attestation with debug mode", Nitro Enclaves User Guide). */
bool nitro_document_is_debug(const struct nitro_document *d);

#endif

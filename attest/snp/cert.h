/* cert.h: AMD's certificates and their extensions (57230, VCEK Certificate and KDS Interface
 * Specification; 58369 for VLEKs): which of the five kinds, for which product, chip and TCB.
 *
 * The product is what the certificate says of itself and in its issuer's name, both; it is
 * never guessed. Values of extensions are read in the two forms that AMD issued (a DER value,
 * or, for HWID, bare octets). Who signed it is attest/chain.h's matter. */
#ifndef BROCH_ATTEST_SNP_CERT_H
#define BROCH_ATTEST_SNP_CERT_H

#include "attest/snp/report.h"
#include "codec/x509.h"

enum snp_cert_kind {
    SNP_CERT_NONE = 0, /* not AMD's */
    SNP_CERT_ARK,
    SNP_CERT_ASK,
    SNP_CERT_ASVK,
    SNP_CERT_VCEK,
    SNP_CERT_VLEK,
};
/* "vcek", …; NULL for NONE. */
const char *snp_cert_kind_name(enum snp_cert_kind k);

#define SNP_SPL_COUNT 10u

struct snp_cert {
    struct x509 x509;
    enum snp_cert_kind kind;
    enum snp_product product; /* NONE: unknown, or its extension and its issuer disagree */
    /* VCEK and VLEK alone. */
    uint32_t struct_version;
    struct bytes product_name;  /* of the extension: "Milan-B0" */
    uint8_t spl[SNP_SPL_COUNT]; /* by the last arc of 1.3.6.1.4.1.3704.1.3.n */
    uint16_t spl_present;       /* bit n */
    struct bytes hwid;          /* 64 bytes, Turin 8; empty in a VLEK */
    struct bytes csp_id;        /* "CN=…" ; empty in a VCEK */
};

/* Whether it is a certificate of AMD's for SEV-SNP, by its subject. */
bool snp_cert_is(struct bytes der);
/* ERR_MALFORMED also for an extension of AMD's that cannot be read. */
enum err snp_cert_parse(struct snp_cert *out, struct bytes der);
/* The first byte of the TCB that differs from the certificate's, or SNP_TCB_SIZE. */
uint32_t snp_cert_tcb_differs(const struct snp_cert *c, struct bytes tcb);
/* CHIP_ID is this certificate's HWID: all 64 bytes; behind Turin's 8 stand zeros. */
bool snp_cert_is_of_chip(const struct snp_cert *c, struct bytes chip_id);
/* A group under that name: kind, product_name_ext, struct_version, tcb_ext, hwid, csp_id; and the
 * TCB's parts by this product, where there is one. */
void snp_cert_fields(struct fields *f, const char *name, const struct snp_cert *c,
                     struct bytes reported_tcb);
/* The same as group "amd", where the certificate has AMD's extensions; else nothing. */
void snp_cert_describe(struct fields *f, const struct x509 *c);
/* What AMD's extensions are called, for chains: they may be marked critical. */
const struct bytes *snp_cert_extensions(uint32_t *count);

#endif

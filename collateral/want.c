#include "collateral/want.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attest/azure/hcl.h"
#include "attest/dcap/job.h"
#include "attest/snp/cert.h"
#include "base/ct.h"
#include "codec/pem.h"

#define TCB_CHAIN "intel-tcb-signing.pem"
#define INTEL_ROOT "Intel SGX Root CA"
#define INTEL_PLATFORM "Intel SGX PCK Platform CA"

/* The one after the last; ERR_LIMIT. */
static enum err want_new(struct want **out, struct wants *w, enum form_kind kind,
                         enum want_service service)
{
    if (w->count == WANTS_MAX)
        return ERR_LIMIT;
    *out = &w->all[w->count];
    **out = (struct want){ .kind = kind, .service = service };
    return ERR_OK;
}

__attribute__((format(printf, 2, 3))) static void name_set(struct want *want, const char *format,
                                                           ...)
{
    size_t size;
    va_list args;

    va_start(args, format);
    vsnprintf(want->name, sizeof want->name, format, args);
    va_end(args);
    size = strlen(want->name);
    snprintf(want->name + size, sizeof want->name - size, "%s", form_ending(want->kind));
    for (char *c = want->name; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
}

/* Keeps it, unless it is wanted already. Its index. */
static uint32_t want_keep(struct wants *w)
{
    const struct want *new = &w->all[w->count];

    for (uint32_t i = 0; i < w->count; i++)
        if (strcmp(w->all[i].name, new->name) == 0) {
            w->all[i].is_needed |= new->is_needed;
            return i;
        }
    return w->count++;
}

static void hex_of(char *out, struct bytes raw)
{
    hex_encode(out, raw);
    out[2 * raw.size] = '\0';
}

/* --- AMD */

static const char *amd_kind(bool is_vlek) { return is_vlek ? "vlek" : "vcek"; }

static enum err amd_common(struct wants *w, enum snp_product p, bool is_vlek)
{
    const char *product = snp_product_name(p), *kind = amd_kind(is_vlek);
    struct want *want;

    TRY(want_new(&want, w, FORM_CHAIN, WANT_AMD));
    want->product = p;
    want->issuer = is_vlek ? SNP_CERT_ASVK : SNP_CERT_ASK;
    want->is_lasting = true;
    name_set(want, "amd-%s-%s-chain", product, kind);
    snprintf(want->path, sizeof want->path, "/%s/v1/%s/cert_chain", kind, product);
    want_keep(w);
    TRY(want_new(&want, w, FORM_CRL, WANT_AMD));
    want->product = p;
    name_set(want, "amd-%s-%s", product, kind);
    snprintf(want->path, sizeof want->path, "/%s/v1/%s/crl", kind, product);
    want_keep(w);
    return ERR_OK;
}

/* *other is an alternative of this one, or 0; *other is then this one. */
static enum err vcek_want(struct wants *w, enum snp_product p, const struct snp_report *r,
                          bool is_needed, uint32_t *other)
{
    struct bytes hwid = { r->chip_id.data, p == SNP_TURIN ? 8 : 64 };
    uint32_t part[SNP_PART_COUNT] = { 0 };
    char chip[2 * 64 + 1], tcb[2 * SNP_TCB_SIZE + 1], fmc[32] = "";
    struct want *want;

    TRY(want_new(&want, w, FORM_CERT, WANT_AMD));
    want->product = p;
    want->has_chip = true;
    want->is_lasting = true;
    want->is_needed = is_needed;
    want->alternative = *other;
    memcpy(want->chip_id, r->chip_id.data, sizeof want->chip_id);
    memcpy(want->tcb, r->reported_tcb.data, sizeof want->tcb);
    for (int i = 0; i < SNP_PART_COUNT; i++)
        (void)snp_tcb_part(&part[i], r->reported_tcb, p, (enum snp_part)i);
    hex_of(chip, hwid);
    hex_of(tcb, r->reported_tcb);
    if (p == SNP_TURIN)
        snprintf(fmc, sizeof fmc, "fmcSPL=%02u&", part[SNP_PART_FMC]);
    name_set(want, "amd-%s-vcek-%s-%s", snp_product_name(p), chip, tcb);
    snprintf(want->path, sizeof want->path,
             "/vcek/v1/%s/%s?%sblSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u",
             snp_product_name(p), chip, fmc, part[SNP_PART_BOOTLOADER], part[SNP_PART_TEE],
             part[SNP_PART_SNP], part[SNP_PART_MICROCODE]);
    *other = want_keep(w) + 1;
    return ERR_OK;
}

/* By CPUID; reports of version 2 have none, and are of a certificate's product where one of
 * that chip was given. Else it is one of the two that wrote such reports. */
static enum snp_product product_of(const struct snp_report *r, const struct exhibits *x,
                                   struct snp_cert *room)
{
    const struct exhibit *e = NULL;

    if (snp_report_has_cpuid(r))
        return snp_product_of_cpuid(r->family, r->model);
    while ((e = exhibit_next(x, EXHIBIT_CERT, e)) != NULL)
        if (snp_cert_parse(room, e->raw) == ERR_OK && room->product != SNP_PRODUCT_NONE &&
            (room->kind == SNP_CERT_VLEK ||
             (room->kind == SNP_CERT_VCEK && snp_cert_is_of_chip(room, r->chip_id))))
            return room->product;
    return SNP_PRODUCT_NONE;
}

static void unmet(struct wants *w, const char *why)
{
    w->unmet++;
    w->unmet_why = why;
}

/* Whether it came with the certificate of its key already. */
static bool cert_is_there(const struct exhibits *x, enum snp_cert_kind kind, struct snp_cert *room)
{
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(x, EXHIBIT_CERT, e)) != NULL)
        if (snp_cert_parse(room, e->raw) == ERR_OK && room->kind == kind)
            return true;
    return false;
}

static enum err snp_wants(struct wants *w, const struct exhibits *x, struct bytes raw)
{
    struct snp_cert *room = arena_alloc(x->arena, sizeof *room);
    enum snp_product first, last;
    struct snp_report r;
    bool is_vlek, masked;
    uint32_t other = 0;

    if (room == NULL)
        return ERR_NOMEM;
    if (snp_report_parse(&r, raw) != ERR_OK)
        return ERR_OK; /* the verifier will say what is wrong with it */
    first = last = product_of(&r, x, room);
    if (first == SNP_PRODUCT_NONE && snp_report_has_cpuid(&r)) {
        unmet(w, "a report is of a product that we do not know");
        return ERR_OK;
    }
    if (first == SNP_PRODUCT_NONE) {
        first = SNP_MILAN;
        last = SNP_GENOA;
    }
    is_vlek = snp_report_signing_key(&r) == SNP_KEY_VLEK;
    masked = ct_zero(r.chip_id);
    if (is_vlek && !cert_is_there(x, SNP_CERT_VLEK, room))
        unmet(w, "a VLEK certificate comes from the cloud's host, with the report");
    else if (!is_vlek && masked && !cert_is_there(x, SNP_CERT_VCEK, room))
        unmet(w, "a report's chip is masked: its VCEK certificate cannot be asked for");
    for (enum snp_product p = first; p <= last && !is_vlek && !masked; p++)
        TRY(vcek_want(w, p, &r, first == last, &other));
    for (enum snp_product p = first; p <= last; p++)
        TRY(amd_common(w, p, is_vlek));
    return ERR_OK;
}

/* Azure's report has the processor's within. */
static enum err hcl_wants(struct wants *w, const struct exhibits *x, const struct exhibit *e)
{
    struct hcl h;

    if (hcl_parse(&h, e->raw) != ERR_OK || h.report_type != HCL_REPORT_SNP)
        return ERR_OK; /* with a TDREPORT there is a quote, beside it */
    return snp_wants(w, x, hcl_hardware_report(&h));
}

static enum err amd_cert_wants(struct wants *w, const struct exhibits *x, const struct exhibit *e)
{
    struct snp_cert *c = arena_alloc(x->arena, sizeof *c);

    if (c == NULL)
        return ERR_NOMEM;
    if (!snp_cert_is(e->raw) || snp_cert_parse(c, e->raw) != ERR_OK ||
        c->product == SNP_PRODUCT_NONE)
        return ERR_OK;
    return amd_common(w, c->product, c->kind == SNP_CERT_VLEK || c->kind == SNP_CERT_ASVK);
}

/* --- Intel */

static enum err root_crl_want(struct wants *w)
{
    struct want *want;

    TRY(want_new(&want, w, FORM_CRL, WANT_INTEL_CERTIFICATES));
    name_set(want, "intel-root");
    snprintf(want->path, sizeof want->path, "/IntelSGXRootCA.der");
    want_keep(w);
    return ERR_OK;
}

static enum err pck_crl_want(struct wants *w, bool is_platform)
{
    const char *ca = is_platform ? "platform" : "processor";
    struct want *want;

    TRY(want_new(&want, w, FORM_CRL, WANT_INTEL));
    want->is_platform = is_platform;
    name_set(want, "intel-pck-%s", ca);
    snprintf(want->path, sizeof want->path, "/sgx/certification/v4/pckcrl?ca=%s&encoding=der", ca);
    want->chain_header = "SGX-PCK-CRL-Issuer-Chain";
    want->chain_name = is_platform ? "intel-pck-platform.pem" : "intel-pck-processor.pem";
    want_keep(w);
    return ERR_OK;
}

static enum err qe_want(struct wants *w, bool is_tdx)
{
    const char *tee = is_tdx ? "tdx" : "sgx";
    struct want *want;

    TRY(want_new(&want, w, FORM_QE_IDENTITY, WANT_INTEL));
    want->is_tdx = is_tdx;
    name_set(want, "intel-%s%s", tee, w->is_early ? "-early" : "");
    snprintf(want->path, sizeof want->path, "/%s/certification/v4/qe/identity?update=%s", tee,
             w->is_early ? "early" : "standard");
    want->chain_header = "SGX-Enclave-Identity-Issuer-Chain";
    want->chain_name = TCB_CHAIN;
    want_keep(w);
    return ERR_OK;
}

static enum err tcb_want(struct wants *w, const uint8_t fmspc[6], bool is_tdx)
{
    const char *tee = is_tdx ? "tdx" : "sgx";
    char hex[2 * 6 + 1];
    struct want *want;

    TRY(want_new(&want, w, FORM_TCB_INFO, WANT_INTEL));
    want->is_tdx = is_tdx;
    want->has_fmspc = true;
    memcpy(want->fmspc, fmspc, sizeof want->fmspc);
    hex_of(hex, (struct bytes){ fmspc, 6 });
    name_set(want, "intel-%s-%s%s", tee, hex, w->is_early ? "-early" : "");
    snprintf(want->path, sizeof want->path, "/%s/certification/v4/tcb?fmspc=%s&update=%s", tee, hex,
             w->is_early ? "early" : "standard");
    want->chain_header = "TCB-Info-Issuer-Chain";
    want->chain_name = TCB_CHAIN;
    want_keep(w);
    return ERR_OK;
}

/* What one PCK certificate leads to. */
static enum err pck_wants(struct wants *w, const struct x509 *c, bool is_tdx)
{
    struct bytes ca = x509_name_cn(c->issuer);
    struct pck pck;

    if (pck_parse(&pck, c) != ERR_OK)
        return ERR_OK;
    TRY(root_crl_want(w));
    TRY(pck_crl_want(w, bytes_equal(ca, BYTES_TEXT(INTEL_PLATFORM))));
    TRY(tcb_want(w, pck.fmspc.data, is_tdx));
    return qe_want(w, is_tdx);
}

static enum err quote_wants(struct wants *w, const struct exhibits *x, const struct exhibit *e)
{
    struct quote *q = arena_alloc(x->arena, sizeof *q);
    struct x509 *c = arena_alloc(x->arena, sizeof *c);
    struct bytes certs[DCAP_CERTS_MAX];
    const struct exhibit *other = NULL;
    uint32_t count, found = 0;

    if (q == NULL || c == NULL)
        return ERR_NOMEM;
    if (quote_parse(q, e->raw, NULL) != ERR_OK)
        return ERR_OK;
    count = dcap_certs_read(certs, x->arena, q);
    for (uint32_t i = 0; i < count; i++)
        if (x509_parse(c, certs[i]) == ERR_OK && pck_is(c)) {
            TRY(pck_wants(w, c, q->is_tdx));
            found++;
        }
    while (found == 0 && (other = exhibit_next(x, EXHIBIT_CERT, other)) != NULL)
        if (x509_parse(c, other->raw) == ERR_OK && pck_is(c)) {
            TRY(pck_wants(w, c, q->is_tdx));
            found++;
        }
    if (found == 0)
        unmet(w, "a quote carries no PCK certificate: it comes from whoever runs the platform");
    return ERR_OK;
}

enum err wants_of(struct wants *w, const struct exhibits *x)
{
    for (uint32_t i = 0; i < x->count; i++) {
        const struct exhibit *e = &x->items[i];

        switch (e->kind) {
        case EXHIBIT_SNP_REPORT: TRY(snp_wants(w, x, e->raw)); break;
        case EXHIBIT_HCL_REPORT: TRY(hcl_wants(w, x, e)); break;
        case EXHIBIT_QUOTE: TRY(quote_wants(w, x, e)); break;
        case EXHIBIT_CERT: TRY(amd_cert_wants(w, x, e)); break;
        default: break;
        }
    }
    return ERR_OK;
}

enum err wants_common(struct wants *w)
{
    for (enum snp_product p = SNP_PRODUCT_NONE + 1; p < SNP_PRODUCT_COUNT; p++) {
        TRY(amd_common(w, p, false));
        TRY(amd_common(w, p, true));
    }
    TRY(root_crl_want(w));
    for (int either = 0; either < 2; either++) {
        TRY(pck_crl_want(w, either != 0));
        TRY(qe_want(w, either != 0));
    }
    return ERR_OK;
}

enum err wants_fmspc(struct wants *w, const uint8_t fmspc[6])
{
    TRY(tcb_want(w, fmspc, false));
    return tcb_want(w, fmspc, true);
}

/* --- what came */

static enum err cert_check(const struct want *w, struct arena *arena, struct bytes contents)
{
    struct snp_cert *c = arena_alloc(arena, sizeof *c);
    struct bytes tcb = { w->tcb, sizeof w->tcb }, chip = { w->chip_id, sizeof w->chip_id };

    if (c == NULL)
        return ERR_NOMEM;
    if (snp_cert_parse(c, contents) != ERR_OK || c->kind != SNP_CERT_VCEK ||
        c->product != w->product || !snp_cert_is_of_chip(c, chip) ||
        snp_cert_tcb_differs(c, tcb) != SNP_TCB_SIZE)
        return ERR_INVALID;
    return ERR_OK;
}

/* AMD's chains: the issuer of this kind of key, and the root, both for that product. */
static enum err chain_check_product(const struct want *w, struct arena *arena,
                                    struct bytes contents)
{
    struct snp_cert *c = arena_alloc(arena, sizeof *c);
    struct reader r = reader_of(contents);
    struct pem_block block = { 0 };
    bool found = false;

    if (c == NULL)
        return ERR_NOMEM;
    for (;;) {
        TRY(pem_next(&block, &r, arena));
        if (block.label.size == 0)
            return found ? ERR_OK : ERR_INVALID;
        if (snp_cert_parse(c, block.body) != ERR_OK || c->product != w->product)
            return ERR_INVALID;
        found |= c->kind == w->issuer;
        if (c->kind != w->issuer && c->kind != SNP_CERT_ARK)
            return ERR_INVALID;
    }
}

static bool cn_is(struct bytes cn, const char *want)
{
    return bytes_equal(cn, (struct bytes){ (const uint8_t *)want, strlen(want) });
}

/* Who signs what Intel sends. */
static const char *intel_issuer(const struct want *w)
{
    if (w->service == WANT_INTEL_CERTIFICATES)
        return INTEL_ROOT;
    if (w->kind != FORM_CRL)
        return "Intel SGX TCB Signing";
    return w->is_platform ? INTEL_PLATFORM : "Intel SGX PCK Processor CA";
}

enum err want_check_chain(struct form *form, const struct want *w, struct arena *arena,
                          struct bytes contents)
{
    struct x509 *c = arena_alloc(arena, sizeof *c);
    struct reader r = reader_of(contents);
    struct pem_block block = { 0 };
    bool found = false;

    if (c == NULL)
        return ERR_NOMEM;
    TRY(form_read(form, arena, FORM_CHAIN, contents));
    for (;;) {
        TRY(pem_next(&block, &r, arena));
        if (block.label.size == 0)
            return found ? ERR_OK : ERR_INVALID;
        TRY(x509_parse(c, block.body));
        if (!cn_is(x509_name_cn(c->issuer), INTEL_ROOT))
            return ERR_INVALID;
        found |= cn_is(x509_name_cn(c->subject), intel_issuer(w));
    }
}

static enum err crl_check(const struct want *w, struct arena *arena, struct bytes contents)
{
    struct x509_crl *c = arena_alloc(arena, sizeof *c);
    char ark[32];
    struct bytes cn;

    if (c == NULL)
        return ERR_NOMEM;
    TRY(x509_crl_parse(c, contents));
    cn = x509_name_cn(c->issuer);
    if (w->service == WANT_AMD) {
        snprintf(ark, sizeof ark, "ARK-%s", snp_product_name(w->product));
        return cn_is(cn, ark) ? ERR_OK : ERR_INVALID;
    }
    return cn_is(cn, intel_issuer(w)) ? ERR_OK : ERR_INVALID;
}

static enum err json_check(const struct want *w, struct arena *arena, struct bytes contents)
{
    struct qe_identity *q = arena_alloc(arena, sizeof *q);
    struct tcb_info *t = arena_alloc(arena, sizeof *t);

    if (q == NULL || t == NULL)
        return ERR_NOMEM;
    if (w->kind == FORM_TCB_INFO) {
        TRY(tcb_info_parse(t, arena, contents, NULL, NULL));
        return t->is_tdx == w->is_tdx && memcmp(t->fmspc, w->fmspc, sizeof t->fmspc) == 0
                   ? ERR_OK
                   : ERR_INVALID;
    }
    TRY(qe_identity_parse(q, arena, contents, NULL, NULL));
    return q->id == (w->is_tdx ? QE_ID_TD_QE : QE_ID_QE) ? ERR_OK : ERR_INVALID;
}

enum err want_check(struct form *form, const struct want *w, struct arena *arena,
                    struct bytes contents)
{
    TRY(form_read(form, arena, w->kind, contents));
    switch (w->kind) {
    case FORM_CERT: return w->has_chip ? cert_check(w, arena, contents) : ERR_OK;
    case FORM_CHAIN:
        return w->service == WANT_AMD ? chain_check_product(w, arena, contents) : ERR_OK;
    case FORM_CRL: return crl_check(w, arena, contents);
    default: return json_check(w, arena, contents);
    }
}

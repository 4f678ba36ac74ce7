/* The verifier of SEV-SNP reports: form, the chip's certificate, its chain, what binds report
 * and certificate, the signature, and only then claims. */
#include "attest/judge.h"
#include "attest/chain.h"
#include "attest/snp/cert.h"
#include "base/ct.h"
#include "base/num.h"

struct snp_case {
    struct verdict *v;
    const struct judge_context *x;
    const struct exhibit *e;
    struct snp_report report;
    struct snp_cert cert; /* the chip's */
    const char *cert_name;
    bool is_masked;
    bool is_amds; /* its chain ends at a root of AMD's */
};

/* --- The report by itself. */

static bool report_fail(struct snp_case *s, enum reason why, size_t offset, const char *what,
                        uint64_t found)
{
    return verdict_fail_at(s->v, why, s->e->name != NULL ? s->e->name : "", offset, "%s is 0x%llx",
                           what, (unsigned long long)found);
}

static bool report_read(struct snp_case *s)
{
    enum err e = snp_report_parse(&s->report, s->e->raw);

    if (e == ERR_UNSUPPORTED)
        return verdict_fail_at(s->v, REASON_unsupported_version, "", 0,
                               "VERSION is %u; 2 to 5 are known", s->report.version);
    if (e != ERR_OK)
        return verdict_fail(s->v, REASON_malformed, "%zu bytes, and a report has %u",
                            s->e->raw.size, SNP_REPORT_SIZE);
    verdict_pass(s->v, REASON_malformed, "SEV-SNP report, version %u", s->report.version);
    if (s->report.signature_algo != SNP_SIGNATURE_ECDSA_P384_SHA384)
        return report_fail(s, REASON_unsupported_algorithm, 0x34, "SIGNATURE_ALGO",
                           s->report.signature_algo);
    return true;
}

static bool vmpl_judge(struct snp_case *s)
{
    uint32_t vmpl = s->report.vmpl;

    if (vmpl == SNP_VMPL_HOST && s->x->rules.host_requested_allowed) {
        verdict_waive(s->v, REASON_vmpl_not_allowed, "the host requested this report");
        return true;
    }
    if (vmpl > 3)
        return report_fail(s, REASON_vmpl_not_allowed, 0x30, "VMPL", vmpl);
    verdict_pass(s->v, REASON_vmpl_not_allowed, "VMPL %u", vmpl);
    return true;
}

/* "Reserved. Must be one" (guest policy, bit 17). What other reserved bits mean is the
 * firmware's to say: genuine chips set some of PLATFORM_INFO's. */
static bool form_judge(struct snp_case *s)
{
    const struct snp_report *r = &s->report;
    bool author = !ct_zero(r->author_key_digest);
    uint32_t key = snp_report_signing_key(r);

    if ((r->policy & SNP_POLICY_RESERVED_ONE) == 0)
        return report_fail(s, REASON_policy_reserved_bit, 8, "POLICY", r->policy);
    verdict_pass(s->v, REASON_policy_reserved_bit, "POLICY 0x%llx", (unsigned long long)r->policy);
    if (!vmpl_judge(s))
        return false;
    if (key != SNP_KEY_VCEK && key != SNP_KEY_VLEK)
        return report_fail(s, REASON_vek_kind_mismatch, 0x48, "SIGNING_KEY", key);
    if (author != snp_report_author_key(r))
        return report_fail(s, REASON_author_key_mismatch, 0x48, "KEY_INFO", r->key_info);
    verdict_pass(s->v, REASON_author_key_mismatch, "%s", author ? "an author key" : "none");
    if (!ct_zero(r->unsigned_tail))
        return report_fail(s, REASON_signature_reserved, 0x330, "the reserved part",
                           r->unsigned_tail.data[0]);
    return true;
}

/* --- The chip's certificate. */

static enum snp_cert_kind wanted_kind(const struct snp_case *s)
{
    return snp_report_signing_key(&s->report) == SNP_KEY_VLEK ? SNP_CERT_VLEK : SNP_CERT_VCEK;
}

/* How well a certificate fits the report: several may be given, of several chips and times, and
 * the best is judged, so that where none fits the reason is the nearest miss. */
static uint32_t cert_fit(const struct snp_case *s, const struct snp_cert *c,
                         const struct exhibit *e)
{
    uint32_t fit = 1;

    if (c->kind == wanted_kind(s))
        fit += 32;
    if (c->kind == SNP_CERT_VCEK && snp_cert_is_of_chip(c, s->report.chip_id))
        fit += 16;
    if (snp_cert_tcb_differs(c, s->report.reported_tcb) == SNP_TCB_SIZE)
        fit += 8;
    if (c->x509.not_before <= s->x->now && s->x->now <= c->x509.not_after)
        fit += 4;
    if (e->source == s->e->source)
        fit += 2;
    return fit;
}

/* What AMD's service would be asked for (57230, section 4). */
static const char *kds_path(const struct snp_case *s)
{
    const struct snp_report *r = &s->report;
    enum snp_product p = snp_product_of_cpuid(r->family, r->model);
    uint32_t part[SNP_PART_COUNT] = { 0 };
    struct bytes hwid = { r->chip_id.data, p == SNP_TURIN ? 8 : 64 };
    struct arena *arena = s->x->arena;
    const char *fmc;

    if (!snp_report_has_cpuid(r))
        p = SNP_PRODUCT_NONE;
    /* Reports of version 2 come from chips before Turin, which order their TCB alike. */
    for (uint32_t i = 0; i < SNP_PART_COUNT; i++)
        (void)snp_tcb_part(&part[i], r->reported_tcb, p == SNP_PRODUCT_NONE ? SNP_MILAN : p,
                           (enum snp_part)i);
    fmc = p == SNP_TURIN ? verdict_format(arena, "fmcSPL=%u&", part[SNP_PART_FMC]) : "";
    return verdict_format(arena, "/vcek/v1/%s/%s?%sblSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u",
                          p == SNP_PRODUCT_NONE ? "{Milan or Genoa}" : snp_product_name(p),
                          verdict_hex(arena, hwid), fmc, part[SNP_PART_BOOTLOADER],
                          part[SNP_PART_TEE], part[SNP_PART_SNP], part[SNP_PART_MICROCODE]);
}

static bool cert_missing(struct snp_case *s)
{
    if (wanted_kind(s) == SNP_CERT_VLEK)
        return verdict_fail(s->v, REASON_certificate_missing,
                            "the VLEK certificate: the cloud's host hands it out with the report");
    return verdict_fail(s->v, REASON_certificate_missing, "the VCEK certificate: %s",
                        ct_zero(s->report.chip_id) ? "and CHIP_ID is masked" : kds_path(s));
}

/* There is no root to go by for another. */
static bool product_known(struct snp_case *s)
{
    return s->cert.product != SNP_PRODUCT_NONE ||
           verdict_fail_at(s->v, REASON_product_mismatch, s->cert_name, VERDICT_NO_OFFSET,
                           "the certificate and its issuer name no product, or two");
}

static bool cert_find(struct snp_case *s)
{
    const struct exhibit *e = NULL;
    struct snp_cert *c = arena_alloc(s->x->arena, sizeof *c);
    uint32_t best = 0, unreadable = 0;

    if (c == NULL)
        return verdict_fail(s->v, REASON_out_of_memory, "for certificates");
    while ((e = exhibit_next(s->x->exhibits, EXHIBIT_CERT, e)) != NULL) {
        uint32_t fit;

        if (snp_cert_parse(c, e->raw) != ERR_OK) {
            unreadable += snp_cert_is(e->raw);
            continue;
        }
        if (c->kind != SNP_CERT_VCEK && c->kind != SNP_CERT_VLEK)
            continue;
        fit = cert_fit(s, c, e);
        if (fit <= best)
            continue;
        best = fit;
        s->cert = *c;
        s->cert_name = e->name != NULL ? e->name : "";
    }
    if (best == 0 && unreadable != 0)
        return verdict_fail(s->v, REASON_certificate_malformed, "an extension of AMD's");
    if (best == 0)
        return cert_missing(s);
    return product_known(s);
}

/* --- The chain. */

/* AMD lists revoked ASKs and ASVKs, in a list by the ARK; there is none of chips. */
static bool chain_judge(struct snp_case *s, struct claims *c)
{
    const struct snp_cert *cert = &s->cert;
    bool is_leaf = cert->kind == SNP_CERT_VCEK || cert->kind == SNP_CERT_VLEK;
    struct bytes extra =
        cert->kind == SNP_CERT_VLEK ? roots_amd_asvk(cert->product) : roots_amd_ask(cert->product);
    struct chain_profile profile = {
        .what = is_leaf ? cert->kind == SNP_CERT_VLEK ? "VLEK" : "VCEK" : "AMD certificate",
        .bad_signature = is_leaf ? REASON_vek_not_issued_by_ask : REASON_NONE,
        .revoked_leaf = REASON_ask_revoked,
        .revoked_other = REASON_ask_revoked,
        .leaf_serial_may_be_zero = true,
        .revocation_from = is_leaf ? 1 : 0,
    };
    struct chain *chain = arena_alloc(s->x->arena, sizeof *chain);

    if (chain == NULL)
        return verdict_fail(s->v, REASON_out_of_memory, "for a chain");
    profile.known_extensions = snp_cert_extensions(&profile.known_extension_count);
    if (!chain_check(chain, s->v, c, s->x, cert->x509.raw, &extra, is_leaf ? 1 : 0,
                     roots_amd_ark(cert->product), 1, &profile))
        return false;
    s->is_amds = chain->root != NULL;
    return true;
}

/* --- What binds the report to the certificate. */

static bool product_judge(struct snp_case *s)
{
    const struct snp_report *r = &s->report;
    const struct snp_cert *c = &s->cert;
    enum snp_product p = snp_product_of_cpuid(r->family, r->model);

    if (c->kind != wanted_kind(s))
        return verdict_fail_at(s->v, REASON_vek_kind_mismatch, s->cert_name, VERDICT_NO_OFFSET,
                               "the report names %s, the certificate is a %s",
                               snp_cert_kind_name(wanted_kind(s)), snp_cert_kind_name(c->kind));
    verdict_pass(s->v, REASON_vek_kind_mismatch, "%s", snp_cert_kind_name(c->kind));
    if (snp_report_has_cpuid(r) && p != c->product)
        return verdict_fail(s->v, REASON_product_mismatch,
                            "CPUID family 0x%x, model 0x%x is not of %s", r->family, r->model,
                            snp_product_name(c->product));
    verdict_pass(s->v, REASON_product_mismatch, "%s", snp_product_name(c->product));
    return true;
}

static bool chip_judge(struct snp_case *s)
{
    const struct snp_report *r = &s->report;

    if (s->cert.kind == SNP_CERT_VLEK) {
        verdict_pass(s->v, REASON_chip_id_mismatch, "a VLEK is of no chip but of %.*s",
                     (int)num_min(s->cert.csp_id.size, 128), (const char *)s->cert.csp_id.data);
        return true;
    }
    s->is_masked = ct_zero(r->chip_id);
    if (s->is_masked && !s->x->rules.masked_chip_allowed)
        return verdict_fail_at(s->v, REASON_chip_id_masked, "", 0x1a0, "CHIP_ID is zero");
    if (s->is_masked) {
        verdict_waive(s->v, REASON_chip_id_masked, "CHIP_ID is zero");
        return true;
    }
    return verdict_check(s->v, snp_cert_is_of_chip(&s->cert, r->chip_id), REASON_chip_id_mismatch,
                         "report %s, certificate %s", verdict_hex(s->x->arena, r->chip_id),
                         verdict_hex(s->x->arena, s->cert.hwid));
}

/* Equality in every part: the key was derived for this TCB and no other. */
static bool tcb_judge(struct snp_case *s)
{
    struct bytes tcb = s->report.reported_tcb;
    uint32_t at = snp_cert_tcb_differs(&s->cert, tcb);
    bool reserved;
    uint32_t n;

    if (at == SNP_TCB_SIZE) {
        verdict_pass(s->v, REASON_tcb_mismatch, "%s", verdict_hex(s->x->arena, tcb));
        return true;
    }
    n = snp_tcb_extension(s->cert.product, at, &reserved);
    if ((s->cert.spl_present >> n & 1) == 0)
        return verdict_fail_at(s->v, REASON_tcb_mismatch, "", 0x180 + at,
                               "report %u, the certificate has no extension 3.%u", tcb.data[at], n);
    return verdict_fail_at(s->v, REASON_tcb_mismatch, "", 0x180 + at,
                           "report %u, certificate %u (extension 3.%u)", tcb.data[at],
                           s->cert.spl[n], n);
}

/* A number of 72 little-endian bytes as 48 big-endian ones; false where it does not fit. */
static bool number_turn(struct writer *w, struct bytes little)
{
    struct reader r = reader_of(little);
    struct bytes low = reader_take(&r, 48);

    for (size_t i = low.size; i > 0; i--)
        writer_u8(w, low.data[i - 1]);
    return ct_zero(reader_take(&r, r.left));
}

static bool signature_judge(struct snp_case *s)
{
    uint8_t raw[96];
    struct writer w = writer_of(raw, sizeof raw);
    bool fits = number_turn(&w, s->report.r);

    fits = number_turn(&w, s->report.s) && fits;
    if (!fits)
        return verdict_fail_at(s->v, REASON_bad_report_signature, "", SNP_SIGNED_SIZE,
                               "r or s is longer than 384 bits");
    if (s->cert.x509.key.kind != KEY_P384)
        return verdict_fail_at(s->v, REASON_unsupported_algorithm, s->cert_name, VERDICT_NO_OFFSET,
                               "the chip's key is not of P-384");
    return signature_report(s->v,
                            signature_check(&s->cert.x509.key, SIGNATURE_ECDSA_SHA384,
                                            s->report.body, writer_bytes(&w), NULL),
                            REASON_bad_report_signature, "ECDSA P-384 with SHA-384");
}

/* A migration agent is another guest, which may take this one and its secrets to another machine
 * (56860, sections 2.7 and 4.3). Nobody judged it; without one REPORT_ID_MA is all ones. */
static bool agent_judge(struct snp_case *s)
{
    struct reader r = reader_of(s->report.report_id_ma);
    bool none = true;

    while (r.left != 0)
        none &= reader_u8(&r) == 0xff;
    if (none || ct_zero(s->report.report_id_ma)) {
        verdict_pass(s->v, REASON_migration_agent, "none");
        return true;
    }
    return verdict_fail_at(s->v, REASON_migration_agent, "", 0x160, "REPORT_ID_MA is %s",
                           verdict_hex(s->x->arena, s->report.report_id_ma));
}

/* --- What the report says, once it is the chip's word. */

static void claims_fill(struct claims *c, const struct snp_case *s)
{
    const struct snp_report *r = &s->report;
    enum snp_product p = s->cert.product;
    uint32_t version;

    c->platform = PLATFORM_SNP;
    c->vendor = "AMD";
    c->is_hardware = s->is_amds;
    c->is_debug = (r->policy & SNP_POLICY_DEBUG) != 0 ? CLAIM_YES : CLAIM_NO;
    c->chip_family = (struct bytes){ (const uint8_t *)snp_product_name(p), 5 };
    c->chip_model = s->cert.product_name;
    if (!ct_zero(r->chip_id))
        c->chip_id = r->chip_id;
    for (uint32_t i = 0; i < SNP_PART_COUNT; i++)
        if (snp_tcb_part(&version, r->reported_tcb, p, (enum snp_part)i))
            claims_part(c, snp_part_name((enum snp_part)i), version);
    c->measurement = r->measurement;
    if (!ct_zero(r->id_key_digest))
        c->signer = r->id_key_digest;
    if (!ct_zero(r->author_key_digest))
        c->signer_key_digest = r->author_key_digest;
    c->report_data = r->report_data;
    c->host_data = r->host_data;
    snp_report_describe(&c->own, r, p);
    fields_string(&c->own, "product",
                  p == SNP_MILAN   ? "milan"
                  : p == SNP_GENOA ? "genoa"
                                   : "turin");
    fields_bool(&c->own, "chip_id_masked", s->is_masked);
    snp_cert_fields(&c->own, "signing_cert", &s->cert, r->reported_tcb);
}

/* A certificate of AMD's without a report: its chain is judged, and that it proves nothing. */
static bool cert_alone_judge(struct snp_case *s, struct claims *c)
{
    c->platform = PLATFORM_SNP;
    c->vendor = "AMD";
    if (snp_cert_parse(&s->cert, s->e->raw) != ERR_OK)
        return verdict_fail(s->v, REASON_certificate_malformed, "an AMD certificate");
    if (s->cert.kind == SNP_CERT_NONE)
        return verdict_fail(s->v, REASON_unknown_evidence, "a certificate that is not AMD's");
    return product_known(s) && chain_judge(s, c) &&
           verdict_fail(s->v, REASON_evidence_missing,
                        "the %s certificate is good; there is no report",
                        snp_cert_kind_name(s->cert.kind));
}

bool snp_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct exhibit *e)
{
    struct snp_case *s = arena_alloc(x->arena, sizeof *s);

    if (s == NULL)
        return verdict_fail(v, REASON_out_of_memory, "for a report");
    *s = (struct snp_case){ .v = v, .x = x, .e = e, .cert_name = "" };
    if (e->kind == EXHIBIT_CERT)
        return cert_alone_judge(s, c);
    c->platform = PLATFORM_SNP;
    if (!report_read(s) || !form_judge(s) || !cert_find(s) || !chain_judge(s, c) ||
        !product_judge(s) || !chip_judge(s) || !tcb_judge(s) || !signature_judge(s) ||
        !agent_judge(s))
        return false;
    claims_fill(c, s);
    return judge_report_data(v, c, x, s->report.report_data);
}

enum err snp_describe(struct fields *f, const struct exhibit *e)
{
    struct snp_report r;
    enum err err = snp_report_parse(&r, e->raw);
    enum snp_product p;

    if (err == ERR_UNSUPPORTED)
        fields_uint(f, "version", r.version);
    if (err != ERR_OK)
        return ERR_MALFORMED;
    /* Version 2 does not say the product, but came before Turin. */
    p = snp_report_has_cpuid(&r) ? snp_product_of_cpuid(r.family, r.model) : SNP_MILAN;
    snp_report_describe(f, &r, p);
    if (snp_report_has_cpuid(&r) && p != SNP_PRODUCT_NONE)
        fields_string(f, "product", snp_product_name(p));
    return ERR_OK;
}

/* rim_judge.c: whether NVIDIA signed a manifest, and whether a report agrees with it. */
#include "attest/nvidia/chain.h"
#include "attest/nvidia/form.h"
#include "attest/nvidia/rim.h"
#include "attest/roots.h"
#include "base/ct.h"
#include "crypto/hash.h"

/* Measurement 35 of a manifest is the video decoder's, which may be off (nvtrust,
 * verifier.py, is_msr_35_valid). */
#define INDEX_NVDEC0 35u

static bool check_parsed(struct verdict *v, enum err e, const char *name)
{
    switch (e) {
    case ERR_OK: return true;
    case ERR_NOMEM: return verdict_fail(v, REASON_out_of_memory, "reference manifest");
    case ERR_UNSUPPORTED:
        return verdict_fail_at(v, REASON_unsupported_algorithm, name, VERDICT_NO_OFFSET,
                               "XML or signature of a form that we do not take");
    default:
        return verdict_fail_at(v, REASON_rim_malformed, name, VERDICT_NO_OFFSET, "error %d",
                               (int)e);
    }
}

/* The canonical form has at most twice the size of what it was made from, or is refused. */
static bool canonical_make(struct bytes *out, struct verdict *v, const struct judge_context *x,
                           const struct rim *rim, const struct xml_node *n,
                           const struct xml_node *without)
{
    size_t size = 2 * rim->document.size + 64;
    uint8_t *room = arena_alloc(x->arena, size);
    struct writer w;

    if (room == NULL)
        return verdict_fail(v, REASON_out_of_memory, "canonical form of a manifest");
    w = writer_of(room, size);
    xml_canonical(&w, n, without);
    if (!writer_ok(&w))
        return verdict_fail(v, REASON_rim_malformed, "more escapes than text");
    *out = writer_bytes(&w);
    return true;
}

static bool check_digest(struct verdict *v, const struct judge_context *x, const struct rim *rim,
                         const char *name)
{
    uint8_t digest[NVIDIA_DIGEST_SIZE];
    struct bytes text = { 0 };

    if (!canonical_make(&text, v, x, rim, rim->document.root, rim->signature))
        return false;
    if (hash_bytes(HASH_SHA384, digest, text) != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, "digest of a manifest");
    return verdict_check(v, ct_equal(BYTES_OF(digest), rim->digest), REASON_rim_bad_signature,
                         "%s: digest", name);
}

static bool check_signed_info(struct verdict *v, const struct judge_context *x,
                              const struct rim *rim, const struct x509 *signer, const char *name)
{
    struct bytes text = { 0 };

    if (signer->key.kind != KEY_P384)
        return verdict_fail_at(v, REASON_unsupported_algorithm, name, VERDICT_NO_OFFSET,
                               "the signer's key is not P-384");
    return canonical_make(&text, v, x, rim, rim->signed_info, NULL) &&
           signature_report(v,
                            signature_check(&signer->key, SIGNATURE_ECDSA_SHA384, text,
                                            rim->signature_value, x->memo),
                            REASON_rim_bad_signature, name);
}

bool rim_check(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct rim *rim, const char *name)
{
    struct nvidia_chain_profile profile = {
        .chain = {
            .what = "RIM signer",
            .bad_signature = REASON_rim_bad_chain,
            .untrusted = REASON_rim_bad_chain,
            .missing = REASON_rim_bad_chain,
        },
    };
    struct chain *chain = arena_alloc(x->arena, sizeof *chain);

    if (chain == NULL)
        return verdict_fail(v, REASON_out_of_memory, "chain of a manifest");
    profile.roots = roots_nvidia_rim(&profile.root_count);
    if (!nvidia_chain_check(chain, v, c, x, rim->certificates[0], rim->certificates,
                            rim->certificate_count, &profile))
        return false;
    verdict_pass(v, REASON_rim_bad_chain, "%s", name);
    return check_digest(v, x, rim, name) && check_signed_info(v, x, rim, &chain->certs[0], name);
}

/* --- against a report */

static bool measurement_matches(const struct rim_measurement *m, struct bytes found)
{
    uint8_t golden[NVIDIA_DIGEST_SIZE];

    for (uint32_t n = 0; n < m->alternatives; n++)
        if (rim_golden(golden, m, n) && ct_equal(BYTES_OF(golden), found))
            return true;
    return false;
}

static bool report_compare(struct verdict *v, const struct nvidia_report *report,
                           const struct rim *rim, const char *name)
{
    struct bytes nvdec0 = nvidia_opaque(report, NVIDIA_NVDEC0_STATUS);
    bool is_off = nvdec0.size == 1 && nvdec0.data[0] == NVIDIA_NVDEC0_DISABLED;
    uint32_t count = 0;

    for (uint32_t i = 0; i < RIM_MEASUREMENTS_MAX; i++) {
        const struct rim_measurement *m = &rim->measurements[i];

        if (!m->is_active || (i == INDEX_NVDEC0 && is_off))
            continue;
        if (!measurement_matches(m, report->measurements[i + 1]))
            return verdict_fail_at(v, REASON_rim_measurement_mismatch, name, VERDICT_NO_OFFSET,
                                   "measurement %u", i);
        count++;
    }
    verdict_pass(v, REASON_rim_measurement_mismatch, "%s: %u measurements%s", name, count,
                 is_off && rim->measurements[INDEX_NVDEC0].is_active
                     ? "; 35 not compared: NVDEC0 is off"
                     : "");
    return true;
}

/* A measurement that two manifests claim: one of them is not what it seems to be. */
static bool check_conflict(struct verdict *v, const struct rim *a, const struct rim *b)
{
    for (uint32_t i = 0; a != NULL && b != NULL && i < RIM_MEASUREMENTS_MAX; i++)
        if (a->measurements[i].is_active && b->measurements[i].is_active)
            return verdict_fail(v, REASON_rim_conflict, "measurement %u", i);
    return true;
}

struct pair {
    const struct rim *driver, *vbios;
};

static bool rim_use(struct verdict *v, struct claims *c, const struct judge_context *x,
                    const struct nvidia_report *report, struct bytes chip, const struct exhibit *e,
                    struct pair *pair)
{
    struct bytes driver = nvidia_text(nvidia_opaque(report, NVIDIA_DRIVER_VERSION));
    struct rim *rim = arena_alloc(x->arena, sizeof *rim);
    const struct rim **place;
    const struct exhibit *only;

    if (rim == NULL)
        return verdict_fail(v, REASON_out_of_memory, "reference manifest");
    if (!check_parsed(v, rim_parse(rim, x->arena, e->raw), e->name))
        return false;
    if (bytes_equal(rim->product, chip) && driver.size > 0 && bytes_equal(rim->version, driver)) {
        place = &pair->driver;
    } else if (bytes_equal(rim->product, chip) &&
               bytes_equal(rim->version, nvidia_vbios(report, x->arena))) {
        place = &pair->vbios;
    } else {
        only = exhibit_next(x->exhibits, EXHIBIT_NVIDIA_REPORT, NULL);
        if (e->role != EXHIBIT_EVIDENCE ||
            exhibit_next(x->exhibits, EXHIBIT_NVIDIA_REPORT, only) != NULL)
            return true;
        return verdict_fail_at(v, REASON_rim_version_mismatch, e->name, VERDICT_NO_OFFSET,
                               "for %.*s %.*s", (int)rim->product.size,
                               (const char *)rim->product.data, (int)rim->version.size,
                               (const char *)rim->version.data);
    }
    if (!rim_check(v, c, x, rim, e->name) || !report_compare(v, report, rim, e->name))
        return false;
    *place = rim;
    return true;
}

static bool check_there(struct verdict *v, const struct judge_context *x, const struct rim *rim,
                        const char *what)
{
    if (rim != NULL)
        return true;
    if (!x->rules.collateral_optional)
        return verdict_fail(v, REASON_rim_missing, "%s", what);
    verdict_waive(v, REASON_rim_missing, "%s", what);
    return true;
}

bool rims_compare(struct verdict *v, struct claims *c, const struct judge_context *x,
                  const struct nvidia_report *report, struct bytes chip, uint32_t *used)
{
    struct pair pair = { 0 };
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(x->exhibits, EXHIBIT_RIM, e)) != NULL)
        if (!rim_use(v, c, x, report, chip, e, &pair))
            return false;
    *used = (pair.driver != NULL) + (uint32_t)(pair.vbios != NULL);
    if (!check_conflict(v, pair.driver, pair.vbios))
        return false;
    /* Switches have no driver of their own. */
    if (nvidia_opaque(report, NVIDIA_DRIVER_VERSION).size > 0 &&
        !check_there(v, x, pair.driver, "manifest of the driver"))
        return false;
    return check_there(v, x, pair.vbios, "manifest of the VBIOS");
}

bool rim_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct exhibit *e)
{
    struct rim *rim = arena_alloc(x->arena, sizeof *rim);

    c->platform = PLATFORM_NVIDIA;
    if (rim == NULL)
        return verdict_fail(v, REASON_out_of_memory, "reference manifest");
    if (!check_parsed(v, rim_parse(rim, x->arena, e->raw), e->name) ||
        !rim_check(v, c, x, rim, e->name))
        return false;
    c->vendor = "NVIDIA";
    c->chip_family = rim->product;
    rim_fields(&c->own, rim);
    return true;
}

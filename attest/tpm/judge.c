/* judge.c: a quote by an attestation key (AK) that something vouches for: a certificate of a
 * vTPM's maker; the caller, who names the key with --root (because a credential was activated
 * for it: credential.h, or because he took it from the machine himself); or, where the rules
 * allow that, nothing but its being given as a file. Strict judging wants one of the first
 * two: a quote alone, by whatever key, is nobody's word. */
#include "attest/chain.h"
#include "attest/roots.h"
#include "attest/tpm/evidence.h"
#include "attest/tpm/gce.h"
#include "attest/tpm/public.h"

#define KEYS_MAX 32u
#define QUOTES_MAX 8u

/* Keys that may be the AK's, and where each came from. */
struct candidates {
    struct public_key keys[KEYS_MAX];
    const struct exhibit *sources[KEYS_MAX];
    struct tpm_public_room rooms[KEYS_MAX];
    uint32_t count;
};

static bool key_read(struct public_key *out, struct tpm_public_room *room, struct x509 *scratch,
                     const struct judge_context *x, const struct exhibit *e)
{
    struct tpm_public p;

    switch (e->kind) {
    case EXHIBIT_KEY: return exhibit_key(out, x->arena, e) == ERR_OK;
    case EXHIBIT_TPM_PUBLIC:
        if (tpm_public_parse(&p, e->raw) != ERR_OK)
            return false;
        *out = tpm_public_key(&p, room);
        return true;
    case EXHIBIT_CERT:
        if (x509_parse(scratch, e->raw) != ERR_OK || scratch->is_ca)
            return false;
        *out = scratch->key;
        return true;
    default: return false;
    }
}

static struct candidates *candidates_find(const struct judge_context *x)
{
    struct candidates *all = arena_alloc(x->arena, sizeof *all);
    struct x509 *scratch = arena_alloc(x->arena, sizeof *scratch);

    if (all == NULL || scratch == NULL)
        return NULL;
    for (uint32_t i = 0; i < x->exhibits->count && all->count < KEYS_MAX; i++) {
        const struct exhibit *e = &x->exhibits->items[i];
        uint32_t n = all->count;

        if (key_read(&all->keys[n], &all->rooms[n], scratch, x, e) &&
            all->keys[n].kind != KEY_NONE) {
            all->sources[n] = e;
            all->count++;
        }
    }
    return all;
}

/* The first source of that key that is of the kind and, where asked for, of role ROOT. */
static const struct exhibit *source_find(const struct candidates *all, const struct public_key *key,
                                         enum exhibit_kind kind, bool is_root)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->sources[i]->kind == kind && key_equal(&all->keys[i], key) &&
            (!is_root || all->sources[i]->role == EXHIBIT_ROOT))
            return all->sources[i];
    return NULL;
}

/* The primary keys of a TPM are named under the handle of their hierarchy (Part 2, 7.4): which
 * one the quote says that this key is in; NULL: none of them, or another public area's. */
static const char *hierarchy_of(const struct tpm_public *p, struct bytes qualified_signer)
{
    static const struct {
        uint32_t handle;
        const char *name;
    } hierarchies[] = {
        { 0x40000001, "owner" },
        { 0x4000000b, "endorsement" },
        { 0x4000000c, "platform" },
        { 0x40000007, "null" },
    };
    uint8_t name[TPM_NAME_SIZE_MAX];
    size_t size;

    for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies; i++)
        if (tpm_qualified_name(name, &size, p, hierarchies[i].handle) == ERR_OK &&
            bytes_equal((struct bytes){ name, size }, qualified_signer))
            return hierarchies[i].name;
    return NULL;
}

/* What the public area says of the key, where there is one. Nothing signs it: where something
 * else vouches for the bare key, its words are claims only if the caller named it too, or the
 * TPM did, by the name in the quote. */
static bool public_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                         const struct exhibit *e, struct bytes qualified_signer, bool is_vouched)
{
    struct tpm_public p;
    uint8_t *name = arena_alloc(x->arena, TPM_NAME_SIZE_MAX);
    const char *hierarchy;
    size_t size;

    if (name == NULL || tpm_public_parse(&p, e->raw) != ERR_OK)
        return verdict_fail(v, REASON_out_of_memory, "name of the attestation key");
    if (!verdict_check(v,
                       (p.attributes & TPM_OBJECT_ATTESTATION_KEY) == TPM_OBJECT_ATTESTATION_KEY &&
                           (p.attributes & TPM_OBJECT_DECRYPT) == 0,
                       REASON_attestation_key_unfit, "objectAttributes 0x%08x", p.attributes))
        return false;
    hierarchy = hierarchy_of(&p, qualified_signer);
    if (is_vouched && e->role != EXHIBIT_ROOT && hierarchy == NULL)
        return true;
    fields_bits(&c->own, "ak_attributes", p.attributes);
    if (tpm_public_name(name, &size, &p) == ERR_OK) {
        c->signer = (struct bytes){ name, size };
        fields_bytes(&c->own, "ak_name", c->signer);
    }
    if (hierarchy != NULL)
        fields_string(&c->own, "ak_hierarchy", hierarchy);
    return true;
}

static const uint8_t extended_key_usage[] = { 0x55, 0x1d, 0x25 };

/* A key for encryption (the EK's own) or for TLS is no AK, whoever issued its certificate: the
 * extended use, where there is one, is of TPM keys (TCG EK Credential Profile 2.5, 3.2.16:
 * tcg-kp-EKCertificate, which Google's AKs have too; tcg-kp-AIKCertificate). */
static bool use_is_fit(const struct x509 *c)
{
    static const uint8_t tpm_use[] = { 0x67, 0x81, 0x05, 0x08 }; /* then 1 or 3 */
    const struct x509_extension *e = x509_extension(c, BYTES_OF(extended_key_usage));
    struct reader r = reader_of(e == NULL ? (struct bytes){ 0 } : e->value);
    struct reader uses = der_enter(&r, DER_SEQUENCE);
    bool is_fit = e == NULL;

    while (uses.left > 0 && reader_ok(&uses)) {
        struct reader use = reader_of(der_take(&uses, DER_OID));
        bool is_tpm = bytes_equal(reader_take(&use, sizeof tpm_use), BYTES_OF(tpm_use));
        uint8_t kind = reader_u8(&use);

        is_fit |= is_tpm && reader_done(&use) && (kind == 1 || kind == 3);
    }
    return is_fit && (!c->has_key_usage || (c->key_usage & X509_USE_DIGITAL_SIGNATURE) != 0);
}

static bool certificate_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                              const struct exhibit *e)
{
    static const struct bytes known[] = { BYTES_OF(extended_key_usage) };
    struct chain_profile profile = { .what = "AK certificate",
                                     .known_extensions = known,
                                     .known_extension_count = 1 };
    struct chain *chain = arena_alloc(x->arena, sizeof *chain);
    uint32_t root_count, extra_count;
    const struct root *roots = roots_google_tpm(&root_count);
    const struct bytes *extra = roots_google_intermediates(&extra_count);

    if (chain == NULL)
        return verdict_fail(v, REASON_out_of_memory, "chain");
    if (!chain_check(chain, v, c, x, e->raw, extra, extra_count, roots, root_count, &profile))
        return false;
    if (!use_is_fit(&chain->certs[0]))
        return verdict_fail(v, REASON_attestation_key_unfit, "its certificate is for another use");
    if (chain->root != NULL)
        c->vendor = "Google";
    gce_instance_claims(&c->own, &chain->certs[0]);
    return true;
}

static bool key_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                      const struct candidates *all, const struct public_key *key,
                      struct bytes qualified_signer)
{
    const struct exhibit *pinned = source_find(all, key, EXHIBIT_TPM_PUBLIC, true);
    const struct exhibit *certificate = source_find(all, key, EXHIBIT_CERT, false);
    const struct exhibit *area =
        pinned != NULL ? pinned : source_find(all, key, EXHIBIT_TPM_PUBLIC, false);

    if (pinned == NULL)
        pinned = source_find(all, key, EXHIBIT_KEY, true);
    if (pinned == NULL)
        pinned = source_find(all, key, EXHIBIT_CERT, true);
    if (area != NULL &&
        !public_judge(v, c, x, area, qualified_signer, pinned != NULL || certificate != NULL))
        return false;
    if (pinned != NULL) {
        verdict_pass(v, REASON_attestation_key_untrusted, "named by the caller");
        c->root = pinned->raw;
        c->is_hardware = true;
        return true;
    }
    if (certificate != NULL) {
        c->is_hardware = certificate_judge(v, c, x, certificate);
        return c->is_hardware;
    }
    if (!x->rules.unanchored_key_allowed)
        return verdict_fail(v, REASON_attestation_key_untrusted,
                            "neither a certificate nor --root names it");
    verdict_waive(v, REASON_attestation_key_untrusted, "a key given beside the evidence");
    return true;
}

/* All quotes that came together: one message may have one for each bank. Those of SHA-1
 * banks count only where the rules allow them or nothing better came. */
static bool quotes_open(struct tpm_evidence *all, uint32_t *count, struct verdict *v,
                        const struct judge_context *x, const struct exhibit *first)
{
    const struct exhibit *e = NULL;
    bool has_better = false;
    uint32_t kept = 0;

    *count = 0;
    while ((e = exhibit_next(x->exhibits, EXHIBIT_TPM_QUOTE, e)) != NULL) {
        if (e->source != first->source)
            continue;
        if (*count == QUOTES_MAX)
            return verdict_fail(v, REASON_malformed, "more than %u quotes", QUOTES_MAX);
        if (!tpm_evidence_open(&all[*count], v, e))
            return false;
        has_better |= !tpm_evidence_is_weak(&all[(*count)++]);
    }
    for (uint32_t i = 0; i < *count; i++) {
        if (has_better && !x->rules.sha1_allowed && tpm_evidence_is_weak(&all[i]))
            verdict_waive(v, REASON_sha1_bank, "a quote of TPM_ALG_SHA1 was left aside");
        else
            all[kept++] = all[i];
    }
    *count = kept;
    return kept > 0 || verdict_fail(v, REASON_evidence_missing, "a quote");
}

/* Registers of one boot beside those of another are no machine's state. */
static bool is_same_boot(const struct tpm_quote *a, const struct tpm_quote *b)
{
    return a->reset_count == b->reset_count && a->restart_count == b->restart_count;
}

bool tpm_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct exhibit *e)
{
    struct tpm_evidence *quotes = arena_array(x->arena, QUOTES_MAX, sizeof *quotes);
    struct candidates *all = candidates_find(x);
    const struct public_key *key;
    uint32_t count;

    if (quotes == NULL || all == NULL)
        return verdict_fail(v, REASON_out_of_memory, "TPM evidence");
    if (!quotes_open(quotes, &count, v, x, e))
        return false;
    key = tpm_evidence_signer(&quotes[0], v, x, all->keys, all->count);
    if (key == NULL)
        return false;
    c->platform = PLATFORM_TPM;
    if (!key_judge(v, c, x, all, key, quotes[0].quote.qualified_signer))
        return false;
    fields_list(&c->own, "quotes");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && tpm_evidence_signer(&quotes[i], v, x, key, 1) == NULL)
            return false;
        if (!is_same_boot(&quotes[0].quote, &quotes[i].quote))
            return verdict_fail(v, REASON_quotes_differ, "quote 1 and quote %u", i + 1);
        if (!tpm_evidence_contents(v, c, x, &quotes[i]))
            return false;
    }
    fields_end(&c->own);
    return true;
}

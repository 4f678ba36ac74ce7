#include "attest/anchor.h"
#include "attest/cca/token.h"
#include "crypto/hash.h"

struct bytes cca_owner(struct arena *arena, const struct cca_platform *p)
{
    size_t size = p->implementation_id.size + p->instance_id.size;
    uint8_t *at = arena_alloc(arena, size);
    struct writer w;

    if (at == NULL)
        return (struct bytes){ 0 };
    w = writer_of(at, size);
    writer_put(&w, p->implementation_id);
    writer_put(&w, p->instance_id);
    return writer_bytes(&w);
}

static bool hash_named(enum hash_kind *out, struct bytes name)
{
    if (bytes_equal(name, BYTES_TEXT("sha-256")))
        *out = HASH_SHA256;
    else if (bytes_equal(name, BYTES_TEXT("sha-384")))
        *out = HASH_SHA384;
    else if (bytes_equal(name, BYTES_TEXT("sha-512")))
        *out = HASH_SHA512;
    else
        return false;
    return true;
}

/* "The challenge of the platform token is the hash of the realm's public key", as carried,
 * by the algorithm that the realm token names (DEN0137, A7.2.3.1.4). Without this, any realm's
 * key would do beside any genuine platform token. */
static bool rak_binding_check(struct verdict *v, const struct judge_context *x,
                              const struct cca_token *t)
{
    uint8_t digest[HASH_SIZE_MAX];
    enum hash_kind kind;
    struct hash h;
    enum err e;

    if (!hash_named(&kind, t->realm.key_hash_algorithm))
        return verdict_fail(v, REASON_unsupported_algorithm, "hash algorithm \"%.*s\"",
                            (int)t->realm.key_hash_algorithm.size,
                            (const char *)t->realm.key_hash_algorithm.data);
    e = hash_init(&h, kind);
    if (e == ERR_OK)
        e = hash_add(&h, t->realm.key);
    if (e == ERR_OK)
        e = hash_end(&h, digest);
    hash_done(&h);
    if (e != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, NULL);
    if (!bytes_equal(t->platform.challenge, (struct bytes){ digest, hash_size(kind) }))
        return verdict_fail(v, REASON_rak_binding_mismatch, "challenge %s, hash of the key %s",
                            verdict_hex(x->arena, t->platform.challenge),
                            verdict_hex(x->arena, (struct bytes){ digest, hash_size(kind) }));
    verdict_pass(v, REASON_rak_binding_mismatch, NULL);
    return true;
}

static enum claim_truth debug_of(uint16_t lifecycle)
{
    if (cca_lifecycle_is_secured(lifecycle))
        return CLAIM_NO;
    /* Debug states let somebody in; of the others (assembly, provisioning, decommissioned)
     * nothing is promised. */
    return lifecycle >> 8 == 0x40 || lifecycle >> 8 == 0x50 ? CLAIM_YES : CLAIM_UNKNOWN;
}

static void components_claim(struct claims *c, const struct judge_context *x,
                             const struct cca_platform *p)
{
    for (uint32_t i = 0; i < p->component_count; i++) {
        const struct cca_component *k = &p->components[i];
        const char *name = k->type.size != 0
                               ? verdict_format(x->arena, "component:%.*s", (int)k->type.size,
                                                (const char *)k->type.data)
                               : verdict_format(x->arena, "component:%u", i);

        claims_register(c, name, k->value);
    }
}

void cca_platform_claim(struct claims *c, const struct judge_context *x,
                        const struct cca_platform *p)
{
    c->vendor = "Arm";
    c->is_debug = debug_of(p->lifecycle);
    c->chip_id = p->instance_id;
    c->signer = p->implementation_id;
    components_claim(c, x, p);
}

bool cca_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct exhibit *e)
{
    struct cca_token *t = arena_alloc(x->arena, sizeof *t);
    struct anchor_profile cpak = { .what = "CPAK", .bad_signature = REASON_bad_platform_signature };
    struct public_key key, rak;
    const char *wrong;
    enum err fault;

    c->platform = PLATFORM_CCA;
    if (t == NULL)
        return verdict_fail(v, REASON_out_of_memory, NULL);
    fault = cca_token_parse(t, e->raw, &wrong);
    if (fault != ERR_OK)
        return verdict_fail(
            v, fault == ERR_UNSUPPORTED ? REASON_unsupported_version : REASON_malformed_cbor,
            "%s: %s", e->name, wrong);
    verdict_pass(v, REASON_malformed_cbor, "CCA token");
    cpak.owner = cca_owner(x->arena, &t->platform);
    if (!anchor_cose_check(v, c, x, &t->platform_cose, &cpak, &key) || !rak_binding_check(v, x, t))
        return false;
    if (cca_realm_key(&rak, &t->realm) != ERR_OK)
        return verdict_fail(v, REASON_malformed_cbor, "the realm's key cannot be read");
    if (!anchor_key_check(v, x, &t->realm_cose, &rak, REASON_bad_realm_signature, "RAK") ||
        !judge_report_data(v, c, x, t->realm.challenge))
        return false;
    cca_platform_claim(c, x, &t->platform);
    c->measurement = t->realm.rim;
    for (uint32_t i = 0; i < CCA_REMS; i++)
        claims_register(c, fields_name(&c->own, "rem", i), t->realm.rem[i]);
    c->report_data = t->realm.challenge;
    c->host_data = t->realm.personalization;
    (void)cca_describe(&c->own, e);
    return true;
}

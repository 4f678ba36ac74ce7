#include "attest/anchor.h"
#include "attest/sim/evidence.h"

bool sim_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
               const struct exhibit *e)
{
    struct public_key named = { .kind = KEY_ED25519 }, key;
    struct anchor_profile profile = { .what = "development key",
                                      .bad_signature = REASON_bad_sim_signature,
                                      .embedded = &named };
    struct sim_evidence s;

    c->platform = PLATFORM_SIM;
    c->is_simulated = true; /* whatever comes of the rest */
    if (sim_evidence_parse(&s, e->raw) != ERR_OK)
        return verdict_fail(v, REASON_malformed_cbor, "%s: not development evidence", e->name);
    verdict_pass(v, REASON_malformed_cbor, "development evidence");
    named.x = s.key;
    if (!anchor_cose_check(v, c, x, &s.cose, &profile, &key))
        return false;
    c->is_hardware = false; /* a key that the caller trusts makes no hardware */
    /* The key id is not under the signature: it has to name the key that signed. */
    if (!bytes_equal(key.x, s.key))
        return verdict_fail(v, REASON_bad_sim_signature,
                            "the key id is not of the key that signed");
    if (!judge_report_data(v, c, x, s.report_data))
        return false;
    c->vendor = "Broch";
    c->is_debug = s.is_debug ? CLAIM_YES : CLAIM_NO;
    c->measurement = s.measurement;
    c->signer = s.key;
    c->report_data = s.report_data;
    (void)sim_describe(&c->own, e);
    return true;
}

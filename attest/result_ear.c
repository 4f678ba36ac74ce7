#include "attest/format.h"
#include "attest/policy.h"
#include "attest/result.h"
#include "attest/sign1.h"
#include "base/num.h"
#include "codec/cbor.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "crypto/sign.h"

/* Enough for every claim there is: registers are not among them. */
#define EAR_ROOM ((size_t)16 << 10)
/* Seconds that a result may be relied upon; Trustee's live as long. */
#define EAR_LIFE 300
/* RFC 9711, 4.1: what a nonce may be. */
#define EAR_NONCE_LEAST 8u
#define EAR_NONCE_MOST 64u

#define EAR_PROFILE "tag:ietf.org,2026:rats/ear#04"
#define EAR_DEVELOPER "Broch"
#define EAR_BUILD "broch-verify 1"

/* draft-ietf-rats-ear-04, appendix "CDDL"; RFC 9711 and RFC 8392 for the rest. */
enum {
    LABEL_EXP = 4,
    LABEL_IAT = 6,
    LABEL_NONCE = 10,
    LABEL_PROFILE = 265,
    LABEL_SUBMODS = 266,
    LABEL_STATUS = 1000,
    LABEL_VECTOR = 1001,
    LABEL_POLICIES = 1003,
    LABEL_VERIFIER = 1004,
    LABEL_ATTESTER_CLAIMS = 1005,
    LABEL_VERIFIER_CLAIMS = 1006,
};

/* AR4SI, section 2.3: the vector's members in the order of their labels. */
enum ear_member {
    INSTANCE_IDENTITY,
    CONFIGURATION,
    EXECUTABLES,
    FILE_SYSTEM,
    HARDWARE,
    RUNTIME_OPAQUE,
    STORAGE_OPAQUE,
    SOURCED_DATA,
    MEMBER_COUNT
};
static const char *const member_names[MEMBER_COUNT] = {
    "instance-identity", "configuration",  "executables",    "file-system",
    "hardware",          "runtime-opaque", "storage-opaque", "sourced-data",
};

/* AR4SI's trust claims. */
enum {
    TRUST_NONE = 0,
    TRUST_AFFIRMED = 2,
    TRUST_BOOT_APPROVED = 3, /* executables: what was loaded at launch is known */
    TRUST_VULNERABLE = 32,   /* known weaknesses that the policy accepts */
    TRUST_UNRECOGNIZED_CODE = 33,
    TRUST_CONTRAINDICATED = 96,
    TRUST_UNRECOGNIZED = 97,
    TRUST_NOT_GENUINE = 99, /* a cryptographic check failed */
};

enum ear_tier { TIER_NONE = 0, TIER_AFFIRMING = 2, TIER_WARNING = 32, TIER_CONTRAINDICATED = 96 };

struct ear_claim {
    const char *name;
    enum { EAR_TEXT, EAR_BYTES, EAR_BOOL } type;
    struct bytes value;
    bool truth;
};

/* Names are in the order that CBOR wants: shorter ones first, then by letters. */
#define EAR_CLAIMS_MAX 16u
struct ear {
    enum ear_tier tier;
    uint8_t vector[MEMBER_COUNT];
    struct ear_claim claims[EAR_CLAIMS_MAX];
    size_t claim_count;
    struct ear_claim own[2];
    size_t own_count;
    struct bytes policy, nonce;
    const char *platform;
    int64_t now;
};

static const char *tier_name(enum ear_tier t)
{
    return t == TIER_AFFIRMING         ? "affirming"
           : t == TIER_WARNING         ? "warning"
           : t == TIER_CONTRAINDICATED ? "contraindicated"
                                       : "none";
}

static bool is_text(const char *a, const char *b)
{
    return bytes_equal(format_text(a), format_text(b));
}

/* What the failed check says about: one member of the vector, and how bad it is. */
static void vector_refused(struct ear *e, const char *check)
{
    static const struct {
        const char *check;
        enum ear_member member;
        uint8_t trust;
    } table[] = {
        { "policy_measurement", EXECUTABLES, TRUST_UNRECOGNIZED_CODE },
        { "policy_workload", EXECUTABLES, TRUST_UNRECOGNIZED_CODE },
        { "policy_signer", EXECUTABLES, TRUST_UNRECOGNIZED_CODE },
        { "policy_debug", RUNTIME_OPAQUE, TRUST_CONTRAINDICATED },
        { "policy_tcb", HARDWARE, TRUST_CONTRAINDICATED },
        { "policy_status", HARDWARE, TRUST_CONTRAINDICATED },
        { "policy_advisory", HARDWARE, TRUST_CONTRAINDICATED },
        { "tcb_level", HARDWARE, TRUST_CONTRAINDICATED },
        { "policy_platform", HARDWARE, TRUST_UNRECOGNIZED },
        { "policy_simulated", HARDWARE, TRUST_UNRECOGNIZED },
        { "policy_chip", HARDWARE, TRUST_UNRECOGNIZED },
        { "trust_anchor", HARDWARE, TRUST_UNRECOGNIZED },
        { "policy_rule", CONFIGURATION, TRUST_CONTRAINDICATED },
        { "policy_distrust", INSTANCE_IDENTITY, TRUST_CONTRAINDICATED },
        { "revocation", INSTANCE_IDENTITY, TRUST_CONTRAINDICATED },
        { "policy_age", INSTANCE_IDENTITY, TRUST_UNRECOGNIZED },
        { "freshness", INSTANCE_IDENTITY, TRUST_UNRECOGNIZED },
        { "report_data", INSTANCE_IDENTITY, TRUST_UNRECOGNIZED },
    };

    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (is_text(check, table[i].check)) {
            e->vector[table[i].member] = table[i].trust;
            return;
        }
    e->vector[HARDWARE] = TRUST_NOT_GENUINE; /* all others are about signatures and bindings */
}

/* Nothing is affirmed that was not judged: a status that nobody knows is no good one, and a
 * policy that takes any code has not looked at it. */
static void vector_accepted(struct ear *e, const struct verdict *v, const struct claims *c,
                            const struct policy *p)
{
    bool has_enclave = c->is_hardware && c->platform != PLATFORM_TPM &&
                       c->platform != PLATFORM_PSA && c->platform != PLATFORM_NVIDIA;
    bool has_status = c->platform == PLATFORM_SGX || c->platform == PLATFORM_TDX ||
                      c->platform == PLATFORM_AZURE_TDX;

    if (c->is_endorsement) { /* no machine, so nothing of one */
        e->vector[CONFIGURATION] = TRUST_VULNERABLE;
        return;
    }
    e->vector[INSTANCE_IDENTITY] = c->is_hardware ? TRUST_AFFIRMED : TRUST_NONE;
    e->vector[HARDWARE] = c->is_hardware ? TRUST_AFFIRMED : TRUST_VULNERABLE;
    if (has_status && c->tcb_status != TCB_UP_TO_DATE)
        e->vector[HARDWARE] = TRUST_VULNERABLE;
    if (p != NULL && policy_names_code(p, c))
        e->vector[EXECUTABLES] = TRUST_BOOT_APPROVED;
    e->vector[CONFIGURATION] = TRUST_AFFIRMED;
    for (const struct verdict_check *k = v->passed; k != NULL; k = k->next)
        if (k->is_waived)
            e->vector[CONFIGURATION] = TRUST_VULNERABLE;
    if (c->is_debug == CLAIM_YES || c->is_simulated)
        e->vector[RUNTIME_OPAQUE] = TRUST_VULNERABLE;
    else if (has_enclave)
        e->vector[RUNTIME_OPAQUE] = TRUST_AFFIRMED;
}

/* The tier is never better than the worst member. */
static void tier_set(struct ear *e, const struct verdict *v)
{
    e->tier = v->code == VERDICT_ACCEPTED  ? TIER_AFFIRMING
              : v->code == VERDICT_REFUSED ? TIER_CONTRAINDICATED
                                           : TIER_NONE;
    for (size_t i = 0; i < MEMBER_COUNT && e->tier == TIER_AFFIRMING; i++)
        if (e->vector[i] >= TRUST_VULNERABLE)
            e->tier = e->vector[i] >= TRUST_CONTRAINDICATED ? TIER_CONTRAINDICATED : TIER_WARNING;
}

static void claim_add(struct ear *e, const char *name, int type, struct bytes value)
{
    if (value.size == 0 || e->claim_count == EAR_CLAIMS_MAX)
        return;
    e->claims[e->claim_count].name = name;
    e->claims[e->claim_count].type = type == EAR_TEXT ? EAR_TEXT : EAR_BYTES;
    e->claims[e->claim_count++].value = value;
}

static void claim_bool(struct ear *e, const char *name, bool truth)
{
    if (e->claim_count == EAR_CLAIMS_MAX)
        return;
    e->claims[e->claim_count].name = name;
    e->claims[e->claim_count].type = EAR_BOOL;
    e->claims[e->claim_count++].truth = truth;
}

static void ear_fill(struct ear *e, const struct verdict *v, const struct claims *c,
                     const struct judge_context *x)
{
    const char *status = tcb_status_name(c->tcb_status);

    *e = (struct ear){ .now = x->now, .platform = platform_name(c->platform) };
    if (v->code == VERDICT_ACCEPTED)
        vector_accepted(e, v, c, x->policy);
    else if (v->code == VERDICT_REFUSED)
        vector_refused(e, reason_text(v->reason)->check);
    tier_set(e, v);
    e->policy = x->policy != NULL ? policy_name(x->policy) : BYTES_TEXT("default");
    if (e->policy.size == 0)
        e->policy = BYTES_TEXT("policy");
    if (c->is_fresh && x->nonce.size >= EAR_NONCE_LEAST && x->nonce.size <= EAR_NONCE_MOST)
        e->nonce = x->nonce;
    e->own[e->own_count++] =
        (struct ear_claim){ "reason", EAR_TEXT, format_text(reason_text(v->reason)->id), false };
    e->own[e->own_count++] = (struct ear_claim){
        "verdict",
        EAR_TEXT,
        format_text(v->code == VERDICT_ACCEPTED  ? "accepted"
                    : v->code == VERDICT_REFUSED ? "refused"
                                                 : "undecided"),
        false,
    };
    /* What was not accepted is claimed by nobody. */
    if (v->code != VERDICT_ACCEPTED)
        return;
    if (c->is_debug != CLAIM_UNKNOWN)
        claim_bool(e, "debug", c->is_debug == CLAIM_YES);
    claim_add(e, "signer", EAR_BYTES, c->signer);
    claim_add(e, "vendor", EAR_TEXT,
              c->vendor != NULL ? format_text(c->vendor) : (struct bytes){ 0 });
    claim_add(e, "chip_id", EAR_BYTES, c->chip_id);
    claim_bool(e, "hardware", c->is_hardware);
    claim_add(e, "workload", EAR_BYTES, c->workload);
    claim_add(e, "host_data", EAR_BYTES, c->host_data);
    claim_bool(e, "simulated", c->is_simulated);
    claim_add(e, "chip_model", EAR_TEXT, c->chip_model);
    claim_add(e, "tcb_status", EAR_TEXT,
              status != NULL ? format_text(status) : (struct bytes){ 0 });
    claim_add(e, "chip_family", EAR_TEXT, c->chip_family);
    claim_add(e, "measurement", EAR_BYTES, c->measurement);
    claim_add(e, "report_data", EAR_BYTES, c->report_data);
}

/* --- The same walk for both forms: labels in CBOR's order, names for JSON. */

#define BY_NAME UINT64_MAX

struct ear_put {
    enum ear_form form;
    struct writer *w;
    struct json_write j;
};

static void put_key(struct ear_put *p, uint64_t label, const char *name)
{
    if (p->form == EAR_CWT && label == BY_NAME)
        cbor_put_text(p->w, format_text(name));
    else if (p->form == EAR_CWT)
        cbor_put_uint(p->w, label);
}

static void put_map(struct ear_put *p, uint64_t label, const char *name, uint64_t count)
{
    put_key(p, label, name);
    if (p->form == EAR_CWT)
        cbor_put_map(p->w, count);
    else
        json_write_open(&p->j, name, '{');
}

static void put_end(struct ear_put *p)
{
    if (p->form == EAR_JWT)
        json_write_close(&p->j, '}');
}

static void put_text(struct ear_put *p, uint64_t label, const char *name, struct bytes text)
{
    put_key(p, label, name);
    if (p->form == EAR_CWT)
        cbor_put_text(p->w, text);
    else
        json_write_text(&p->j, name, text);
}

static void put_int(struct ear_put *p, uint64_t label, const char *name, int64_t n)
{
    put_key(p, label, name);
    if (p->form == EAR_CWT)
        cbor_put_int(p->w, n);
    else
        json_write_int(&p->j, name, n);
}

static void put_claim(struct ear_put *p, const struct ear_claim *c)
{
    if (c->type == EAR_TEXT) {
        put_text(p, BY_NAME, c->name, c->value);
        return;
    }
    put_key(p, BY_NAME, c->name);
    if (p->form == EAR_JWT && c->type == EAR_BOOL)
        json_write_bool(&p->j, c->name, c->truth);
    else if (p->form == EAR_JWT)
        json_write_hex(&p->j, c->name, c->value);
    else if (c->type == EAR_BOOL)
        cbor_put_bool(p->w, c->truth);
    else
        cbor_put_bytes(p->w, c->value);
}

static void put_claims(struct ear_put *p, uint64_t label, const char *name,
                       const struct ear_claim *claims, size_t count)
{
    if (count == 0)
        return;
    put_map(p, label, name, count);
    for (size_t i = 0; i < count; i++)
        put_claim(p, &claims[i]);
    put_end(p);
}

static void put_appraisal(struct ear_put *p, const struct ear *e)
{
    bool has_vector = e->tier != TIER_NONE;

    put_map(p, BY_NAME, e->platform, 3u + has_vector + (e->claim_count > 0));
    if (p->form == EAR_CWT)
        put_int(p, LABEL_STATUS, NULL, e->tier);
    else
        json_write_string(&p->j, "ear_status", tier_name(e->tier));
    if (has_vector) {
        put_map(p, LABEL_VECTOR, "ear_trustworthiness_vector", MEMBER_COUNT);
        for (size_t i = 0; i < MEMBER_COUNT; i++)
            put_int(p, i, member_names[i], e->vector[i]);
        put_end(p);
    }
    put_key(p, LABEL_POLICIES, NULL);
    if (p->form == EAR_CWT) {
        cbor_put_array(p->w, 1);
        cbor_put_text(p->w, e->policy);
    } else {
        json_write_open(&p->j, "ear_appraisal_policy_ids", '[');
        json_write_text(&p->j, NULL, e->policy);
        json_write_close(&p->j, ']');
    }
    put_claims(p, LABEL_ATTESTER_CLAIMS, "ear_attester_claims", e->claims, e->claim_count);
    put_claims(p, LABEL_VERIFIER_CLAIMS, "ear_verifier_claims", e->own, e->own_count);
    put_end(p);
}

static void ear_put(struct writer *w, enum ear_form form, const struct ear *e)
{
    struct ear_put p = { .form = form, .w = w, .j = json_write_to(w, false) };

    if (form == EAR_CWT)
        cbor_put_map(w, 5u + (e->nonce.size > 0));
    else
        json_write_open(&p.j, NULL, '{');
    put_int(&p, LABEL_EXP, "exp", e->now + EAR_LIFE);
    put_int(&p, LABEL_IAT, "iat", e->now);
    if (e->nonce.size > 0) {
        put_key(&p, LABEL_NONCE, NULL);
        if (form == EAR_CWT)
            cbor_put_bytes(w, e->nonce);
        else
            json_write_base64url(&p.j, "eat_nonce", e->nonce);
    }
    put_text(&p, LABEL_PROFILE, "eat_profile", BYTES_TEXT(EAR_PROFILE));
    put_map(&p, LABEL_SUBMODS, "submods", 1);
    put_appraisal(&p, e);
    put_end(&p);
    put_map(&p, LABEL_VERIFIER, "ear_verifier_id", 2);
    put_text(&p, 0, "developer", BYTES_TEXT(EAR_DEVELOPER));
    put_text(&p, 1, "build", BYTES_TEXT(EAR_BUILD));
    put_end(&p);
    put_end(&p);
}

static void base64url_put(struct writer *w, struct arena *arena, struct bytes data)
{
    char *text = arena_alloc(arena, (data.size + 2) / 3 * 4);

    if (text == NULL)
        w->full = true;
    else
        writer_put(w,
                   (struct bytes){ (const uint8_t *)text, base64_encode(text, data, BASE64URL) });
}

/* JWS in its compact form (RFC 7515, 7.1). */
static enum err jwt_sign(struct writer *w, struct arena *arena, struct bytes payload,
                         const uint8_t seed[32])
{
    uint8_t key[SIGN_PUBLIC_SIZE], signature[SIGN_SIZE];
    char header[160];
    void *text = arena_alloc(arena, EAR_ROOM * 2);
    struct writer h = writer_of(header, sizeof header), jwt = writer_of(text, EAR_ROOM * 2);
    struct json_write j = json_write_to(&h, false);

    if (text == NULL)
        return ERR_NOMEM;
    TRY(sign_public(key, seed));
    json_write_open(&j, NULL, '{');
    json_write_string(&j, "alg", "EdDSA");
    json_write_base64url(&j, "kid", BYTES_OF(key));
    json_write_string(&j, "typ", "JWT");
    json_write_close(&j, '}');
    base64url_put(&jwt, arena, writer_bytes(&h));
    writer_u8(&jwt, '.');
    base64url_put(&jwt, arena, payload);
    if (!writer_ok(&h) || !writer_ok(&jwt))
        return ERR_LIMIT;
    TRY(sign_make(signature, seed, writer_bytes(&jwt)));
    writer_u8(&jwt, '.');
    base64url_put(&jwt, arena, BYTES_OF(signature));
    if (!writer_ok(&jwt))
        return ERR_LIMIT;
    writer_put(w, writer_bytes(&jwt));
    return ERR_OK;
}

enum err result_ear(struct writer *w, enum ear_form form, const struct verdict *v,
                    const struct claims *c, const struct judge_context *x, const uint8_t seed[32])
{
    void *room = arena_alloc(x->arena, EAR_ROOM);
    struct writer payload = writer_of(room, EAR_ROOM);
    struct ear e;

    if (room == NULL)
        return ERR_NOMEM;
    ear_fill(&e, v, c, x);
    ear_put(&payload, form, &e);
    if (!writer_ok(&payload))
        return ERR_LIMIT;
    if (form == EAR_JWT)
        return jwt_sign(w, x->arena, writer_bytes(&payload), seed);
    return sign1_make(w, x->arena, writer_bytes(&payload), seed);
}

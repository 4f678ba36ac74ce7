/* What OCSP says of NVIDIA's certificates, with responders made here (RFC 6960, 4.2.1). */
#include "attest/nvidia/chain.h"
#include "crypto/hash.h"
#include "tests/judge_kit.h"
#include "tests/pki.h"

#define NOW 1735689600 /* 2025-01-01 */
#define OID_BASIC BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define OID_USAGE BYTES_TEXT("\x55\x1d\x25")
#define OID_OCSP_SIGNING BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x03\x09")
#define OID_SERVER BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x03\x01")
#define OID_SHA256 BYTES_TEXT("\x60\x86\x48\x01\x65\x03\x04\x02\x01")

enum status { GOOD, REVOKED, HOLD, UNKNOWN };

struct plan {
    enum status status;
    const char *from, *to;
    unsigned responder; /* who signs; 1 is the issuer, 3 has a certificate of its own */
    unsigned responder_issuer;
    uint32_t serial;
    struct bytes usage; /* of the responder's certificate */
    bool spoil, other_issuer, no_answer, no_certificate;
    const char *responder_above; /* the name of who certified it; NULL: "root" */
};

static struct plan good_plan(void)
{
    return (struct plan){ .from = "2024",
                          .to = "2026",
                          .responder = 1,
                          .responder_issuer = 1,
                          .serial = 7,
                          .usage = OID_OCSP_SIGNING };
}

static struct bytes digest_of(struct bytes data)
{
    uint8_t digest[HASH_SHA256_SIZE];

    CHECK_OK(hash_sha256(digest, data));
    return PKI(DER_OCTET_STRING, BYTES_OF(digest));
}

static struct bytes key_digest(unsigned key)
{
    uint8_t public[PKI_PUBLIC_SIZE];

    pki_public_(public, key);
    return digest_of(BYTES_OF(public));
}

static struct bytes status_of(const struct plan *p)
{
    switch (p->status) {
    case GOOD: return PKI(0x80, PKI_NONE);
    case UNKNOWN: return PKI(0x82, PKI_NONE);
    default:
        return PKI(
            0xa1, pki_time("2020"),
            PKI(0xa0, p->status == HOLD ? BYTES_TEXT("\x0a\x01\x06") : BYTES_TEXT("\x0a\x01\x01")));
    }
}

static struct bytes answer_of(const struct plan *p)
{
    struct bytes id =
        PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, PKI(DER_OID, OID_SHA256)), digest_of(pki_name("root")),
            key_digest(p->other_issuer ? 2 : 1), pki_number(p->serial));
    struct bytes single = PKI(DER_SEQUENCE, id, status_of(p), pki_time(p->from),
                              p->to != NULL ? PKI(0xa0, pki_time(p->to)) : PKI_NONE);
    struct bytes data =
        PKI(DER_SEQUENCE, PKI(0xa1, pki_name(p->responder == 1 ? "root" : "responder")),
            pki_time(p->from), PKI(DER_SEQUENCE, single));
    struct pki_certificate own = {
        .subject = "responder",
        .issuer = p->responder_above != NULL ? p->responder_above : "root",
        .key = p->responder,
        .signer = p->responder_issuer,
        .serial = 9,
        .extension = pki_extension(OID_USAGE, false, PKI(DER_SEQUENCE, PKI(DER_OID, p->usage))),
    };
    struct bytes certificates = p->responder == 1 || p->no_certificate
                                    ? PKI_NONE
                                    : PKI(0xa0, PKI(DER_SEQUENCE, pki_certificate(&own)));

    return PKI(DER_SEQUENCE, PKI(0x0a, BYTES_TEXT("\0")),
               PKI(0xa0, PKI(DER_SEQUENCE, PKI(DER_OID, OID_BASIC),
                             PKI(DER_OCTET_STRING,
                                 pki_sign(data, p->responder, p->spoil, certificates)))));
}

static bool judge_chain(struct verdict *v, struct claims *c, const struct judge_context *x,
                        const struct exhibit *e)
{
    struct nvidia_chain_profile profile = { .chain = { .what = "device" } };
    struct chain *chain = arena_alloc(x->arena, sizeof *chain);

    return nvidia_chain_check(chain, v, c, x, e->raw, NULL, 0, &profile);
}

/* With `second`, a further answer; with is_authority, a device that may certify others. */
static void wants_of(const char *name, const struct plan *p, const struct plan *second,
                     bool is_authority, bool lenient, enum reason want)
{
    struct exhibit *e;

    CASE(name);
    pki_reset();
    kit_begin(NOW);
    kit_context.rules.crl_optional = lenient;
    kit_put(EXHIBIT_ROOT, EXHIBIT_CERT,
            pki_certificate(&(struct pki_certificate){
                .subject = "root", .issuer = "root", .key = 1, .signer = 1, .is_ca = true }));
    if (!p->no_answer)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_OCSP, answer_of(p));
    if (second != NULL)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_OCSP, answer_of(second));
    e = kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT,
                pki_certificate(&(struct pki_certificate){ .subject = "device",
                                                           .issuer = "root",
                                                           .key = 4,
                                                           .signer = 1,
                                                           .serial = 7,
                                                           .is_ca = is_authority }));
    kit_want(judge_chain, e, want);
}

static void wants(const char *name, const struct plan *p, bool lenient, enum reason want)
{
    wants_of(name, p, NULL, false, lenient, want);
}

/* Of several answers the newest counts, in whatever order they come; revoked is for ever. */
static void test_several(void)
{
    struct plan old = good_plan(), new = good_plan();

    new.from = "20240601000000Z";
    new.status = REVOKED;
    wants_of("good, and revoked later", &old, &new, false, false, REASON_certificate_revoked);
    wants_of("revoked, good earlier", &new, &old, false, false, REASON_certificate_revoked);
    new.status = HOLD;
    wants_of("good, and on hold later", &old, &new, false, true, REASON_certificate_on_hold);
    old.status = HOLD;
    new.status = GOOD;
    wants_of("on hold, and good later", &old, &new, false, false, REASON_NONE);
    old.status = REVOKED;
    wants_of("revoked, and good later", &old, &new, false, false, REASON_certificate_revoked);
    old = new;
    old.status = HOLD;
    wants_of("good and on hold at once", &new, &old, false, false, REASON_certificate_on_hold);
    old = good_plan();
    old.to = "20240601000000Z";
    wants_of("an old one beside a new one", &old, &new, false, false, REASON_NONE);
}

/* A device's key certifies others: a stolen one must not vouch for itself. */
static void test_self_made(void)
{
    struct plan p = good_plan();

    p.responder = 3;
    p.responder_issuer = 4;
    p.responder_above = "device";
    wants_of("a responder that the device itself certified", &p, NULL, true, false,
             REASON_ocsp_bad_signature);
}

int main(void)
{
    struct plan p = good_plan();

    wants("the issuer says that it is good", &p, false, REASON_NONE);
    CHECK(kit_has("revocation", false) && !kit_has("revocation", true));
    p.responder = 3;
    wants("a responder says so", &p, false, REASON_NONE);
    p.usage = OID_SERVER;
    wants("a certificate that is not for answering", &p, false, REASON_ocsp_bad_signature);
    p = good_plan();
    p.responder = p.responder_issuer = 3;
    wants("a responder that nobody certified", &p, false, REASON_certificate_bad_signature);
    p.responder_issuer = 1;
    p.no_certificate = true;
    wants("a responder without its certificate", &p, false, REASON_ocsp_bad_signature);
    p = good_plan();
    p.spoil = true;
    wants("a changed answer", &p, false, REASON_ocsp_bad_signature);
    wants("which no policy lets pass", &p, true, REASON_ocsp_bad_signature);
    p = good_plan();
    p.status = REVOKED;
    wants("revoked", &p, false, REASON_certificate_revoked);
    wants("revoked, whatever the policy", &p, true, REASON_certificate_revoked);
    p.status = HOLD;
    wants("on hold", &p, false, REASON_certificate_on_hold);
    wants("on hold, whatever the policy", &p, true, REASON_certificate_on_hold);
    p.status = UNKNOWN;
    wants("the responder does not know it", &p, false, REASON_ocsp_unknown);
    p = good_plan();
    p.to = "20241231235959Z";
    wants("an answer past its end", &p, false, REASON_ocsp_stale);
    wants("which no policy lets pass", &p, true, REASON_ocsp_stale);
    p.to = NULL;
    wants("an answer without an end", &p, false, REASON_ocsp_stale);
    p.to = "20241231235959Z";
    p.status = REVOKED;
    wants("revoked by an answer past its end", &p, true, REASON_certificate_revoked);
    p = good_plan();
    p.from = "20250101000001Z";
    wants("an answer of tomorrow", &p, false, REASON_ocsp_stale);
    p = good_plan();
    p.serial = 8;
    wants("an answer about another certificate", &p, false, REASON_ocsp_missing);
    p = good_plan();
    p.other_issuer = true;
    wants("about another issuer's", &p, false, REASON_ocsp_missing);
    p = good_plan();
    p.no_answer = true;
    wants("no answer", &p, false, REASON_ocsp_missing);
    wants("which a policy may let pass", &p, true, REASON_NONE);
    CHECK(kit_has("revocation", true));
    test_several();
    test_self_made();
    return kit_done();
}

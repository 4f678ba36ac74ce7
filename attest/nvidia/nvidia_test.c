/* NVIDIA's verifier over a machine of its own: a root, device certificates, reports and
 * manifests made when the test runs; each defect with its reason. */
#include "attest/format.h"
#include "attest/nvidia/form.h"
#include "attest/nvidia/report.h"
#include "attest/nvidia/rim.h"
#include "attest/policy.h"
#include "base/writer.h"
#include "codec/pem.h"
#include "crypto/hash.h"
#include "crypto/private_key.h"
#include "tests/judge_kit.h"
#include "tests/pki.h"

#define NOW 1735689600 /* 2025-01-01 */
#define ROOT_KEY 1
#define BLOCKS 5
#define OID_COMPOSITE BYTES_TEXT("\x67\x81\x05\x05\x04\x01")
#define OID_TCB_INFO BYTES_TEXT("\x67\x81\x05\x05\x04\x01\x01")
#define OID_SHA384 BYTES_TEXT("\x60\x86\x48\x01\x65\x03\x04\x02\x02")

static struct private_key device, stranger;

/* --- certificates */

static struct bytes spki_of(const struct private_key *k)
{
    static uint8_t room[PRIVATE_KEY_PUBLIC_MAX];
    struct public_key public;

    CHECK_OK(private_key_public(&public, room, k));
    return PKI(
        DER_SEQUENCE,
        PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x02\x01")),
            PKI(DER_OID, BYTES_TEXT("\x2b\x81\x04\x00\x22"))),
        PKI(DER_BIT_STRING, ((struct bytes){ (const uint8_t *)"\0\4", 2 }), public.x, public.y));
}

static struct bytes fwid(uint8_t of)
{
    uint8_t digest[NVIDIA_DIGEST_SIZE];

    memset(digest, of, sizeof digest);
    return PKI(DER_SEQUENCE, PKI(DER_OID, OID_SHA384), PKI(DER_OCTET_STRING, BYTES_OF(digest)));
}

static struct bytes composite(uint8_t of)
{
    return pki_extension(
        OID_COMPOSITE, false,
        PKI(DER_SEQUENCE, pki_number(1), PKI(DER_SEQUENCE, pki_number(1)), fwid(of)));
}

static struct bytes leaf_of(const struct private_key *k, const char *name, unsigned signer,
                            struct bytes extension)
{
    struct bytes tbs = PKI(
        DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(0), pki_number(2)), pki_number(9), PKI_ED25519,
        pki_name("root"), PKI(DER_SEQUENCE, pki_time("2000"), pki_time("2100")), pki_name(name),
        spki_of(k), PKI(DER_CONTEXT_CONSTRUCTED(3), PKI(DER_SEQUENCE, extension)));

    return pki_sign(tbs, signer, false, PKI_NONE);
}

static struct bytes root_of(void)
{
    return pki_certificate(&(struct pki_certificate){
        .subject = "root", .issuer = "root", .key = ROOT_KEY, .signer = ROOT_KEY, .is_ca = true });
}

/* --- reports */

struct plan {
    const char *driver, *vbios;
    uint8_t fwid; /* 0: none */
    uint8_t nonce;
    uint8_t version;
    uint8_t declared; /* blocks that the response declares */
    bool block_twice, opaque_twice, short_block, no_signature_asked;
    uint8_t trailing;
    bool nvdec0_off;
    const struct private_key *signer;
};

static struct plan good_plan(void)
{
    return (struct plan){ .driver = "550.1.2",
                          .vbios = "96.00.9F.00.01",
                          .fwid = 7,
                          .nonce = 0x55,
                          .version = 0x11,
                          .declared = BLOCKS,
                          .signer = &device };
}

static void fill(struct writer *w, uint8_t of, size_t count)
{
    while (count-- > 0)
        writer_u8(w, of);
}

static void put_opaque(struct writer *w, uint16_t id, struct bytes data)
{
    writer_u16le(w, id);
    writer_u16le(w, (uint16_t)data.size);
    writer_put(w, data);
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static struct bytes report_of(const struct plan *p)
{
    static uint8_t room[4096], opaque_room[512], signature[PRIVATE_KEY_SIGNATURE_MAX];
    struct writer w = writer_of(room, sizeof room);
    struct writer o = writer_of(opaque_room, sizeof opaque_room);
    uint8_t id[NVIDIA_DIGEST_SIZE];
    size_t size;

    writer_put(
        &w, ((struct bytes){ (uint8_t[]){ p->version, 0xe0, !p->no_signature_asked, 0xff }, 4 }));
    fill(&w, p->nonce, NVIDIA_NONCE_SIZE);
    writer_u8(&w, 0);
    writer_put(&w, ((struct bytes){ (uint8_t[]){ p->version, 0x60, 0, 0, p->declared }, 5 }));
    writer_u16le(&w, BLOCKS * 55);
    writer_u8(&w, 0);
    for (uint8_t i = 1; i <= BLOCKS; i++) {
        writer_u8(&w, p->block_twice && i == 2 ? 1 : i);
        writer_u8(&w, 1);
        writer_u16le(&w, p->short_block && i == 3 ? 50 : 51);
        writer_u8(&w, 1);
        writer_u16le(&w, 48);
        fill(&w, i, 48);
    }
    fill(&w, 0xaa, NVIDIA_NONCE_SIZE);
    put_opaque(&o, NVIDIA_DRIVER_VERSION, text_of(p->driver));
    put_opaque(&o, NVIDIA_VBIOS_VERSION,
               strlen(p->vbios) == 0 ? BYTES_TEXT("\x00\x9f\x00\x96\x01\x00\x00\x00")
                                     : text_of(p->vbios));
    if (p->opaque_twice)
        put_opaque(&o, NVIDIA_DRIVER_VERSION, text_of("1"));
    memset(id, p->fwid, sizeof id);
    if (p->fwid != 0)
        put_opaque(&o, NVIDIA_FWID, BYTES_OF(id));
    if (p->nvdec0_off)
        put_opaque(&o, NVIDIA_NVDEC0_STATUS, BYTES_TEXT("\x55"));
    writer_u16le(&w, (uint16_t)o.size);
    writer_put(&w, writer_bytes(&o));
    CHECK_OK(
        private_key_sign(signature, &size, p->signer, SIGNATURE_ECDSA_SHA384, writer_bytes(&w)));
    writer_put(&w, (struct bytes){ signature, size });
    fill(&w, 0, p->trailing);
    CHECK(writer_ok(&w));
    return pki_copy(writer_bytes(&w));
}

/* --- manifests */

struct manifest {
    const char *product, *version;
    const char *payload; /* replaces the golden values */
    const char *behind;  /* after the payload, signed */
    const char *uri;     /* of the reference */
    const char *transform;
    bool change_digest, change_signature, no_signature, other_key, stranger_root;
    int more_active; /* an index that is active as well */
    int wrong;       /* an index whose golden value is another; -1: none */
};

static struct manifest good_manifest(const char *version)
{
    return (struct manifest){ .product = "GH100",
                              .version = version,
                              .uri = "",
                              .transform = "enveloped-signature",
                              .more_active = -1,
                              .wrong = -1 };
}

static char manifest_room[65536];

#define SWID "http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define C14N "http://www.w3.org/2006/12/xml-c14n11"

static size_t manifest_head(const struct manifest *m, bool is_driver)
{
    char *at = manifest_room;

    at += sprintf(at,
                  "<SoftwareIdentity xmlns=\"" SWID "\" xmlns:s=\"" SWID
                  "\" xmlns:h=\"http://www.w3.org/2001/04/xmlenc#sha384\" name=\"%s\" "
                  "tagId=\"t\">\n<s:Meta colloquialVersion=\"%s\" product=\"%s\" "
                  "edition=\"GPU\"/>\n<s:Payload>\n",
                  m->product, m->version, m->product);
    for (int i = 0; i < BLOCKS && m->payload == NULL; i++) {
        bool active = (i % 2 == 0) == is_driver || i == m->more_active;

        at += sprintf(at,
                      "<s:Resource type=\"Measurement\" index=\"%d\" active=\"%s\" "
                      "alternatives=\"2\" size=\"48\" h:Hash0=\"",
                      i, active ? "True" : "False");
        for (int k = 0; k < 48; k++)
            at += sprintf(at, "ee");
        at += sprintf(at, "\" h:Hash1=\"");
        for (int k = 0; k < 48; k++)
            at += sprintf(at, "%02x", i == m->wrong ? 0xdd : i + 1);
        at += sprintf(at, "\"/>\n");
    }
    if (m->payload != NULL)
        at += sprintf(at, "%s", m->payload);
    at += sprintf(at, "</s:Payload>%s", m->behind != NULL ? m->behind : "");
    return (size_t)(at - manifest_room);
}

static struct bytes canonical_of(const struct xml_node *n, const struct xml_node *without)
{
    static uint8_t room[2][65536];
    static unsigned turn;
    struct writer w = writer_of(room[turn++ % 2], sizeof room[0]);

    xml_canonical(&w, n, without);
    CHECK(writer_ok(&w));
    return writer_bytes(&w);
}

static size_t signature_write(size_t at, const struct manifest *m, const char *digest,
                              const char *value, struct bytes certificate)
{
    static char text[8192];

    text[base64_encode(text, certificate, BASE64)] = '\0';
    return at +
           (size_t)sprintf(&manifest_room[at],
                           "<d:Signature xmlns:d=\"" DSIG "\"><d:SignedInfo>"
                           "<d:CanonicalizationMethod Algorithm=\"" C14N "\"/>"
                           "<d:SignatureMethod Algorithm=\""
                           "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384\"/>"
                           "<d:Reference URI=\"%s\"><d:Transforms><d:Transform Algorithm=\"" DSIG
                           "%s\"/><d:Transform Algorithm=\"" C14N "\"/></d:Transforms>"
                           "<d:DigestMethod Algorithm=\""
                           "http://www.w3.org/2001/04/xmldsig-more#sha384\"/>"
                           "<d:DigestValue>%s</d:DigestValue></d:Reference></d:SignedInfo>"
                           "<d:SignatureValue>%s</d:SignatureValue><d:KeyInfo><d:X509Data>"
                           "<d:X509Certificate>\n%s\n</d:X509Certificate></d:X509Data>"
                           "</d:KeyInfo></d:Signature></SoftwareIdentity>\n",
                           m->uri, m->transform, digest, value, text);
}

/* Written twice: once to know the digest, once to know what the signature is over. */
static struct bytes manifest_of(const struct manifest *m, bool is_driver)
{
    static uint8_t raw[PRIVATE_KEY_SIGNATURE_MAX];
    char digest[80] = "AAAA", value[160] = "AAAA";
    struct bytes certificate =
        leaf_of(&device, "signer", m->stranger_root ? 3 : ROOT_KEY, PKI_NONE);
    size_t head = manifest_head(m, is_driver), size = head;
    struct arena *arena = &kit_arena;

    for (int pass = 0; pass < 3 && !m->no_signature; pass++) {
        struct xml_document d;
        const struct xml_node *signature;
        size_t length, offset;

        size = signature_write(head, m, digest, value, certificate);
        if (pass == 2)
            break;
        CHECK_OK(
            xml_parse(&d, arena, (struct bytes){ (const uint8_t *)manifest_room, size }, &offset));
        signature = xml_only(d.root, DSIG, "Signature");
        if (pass == 0) {
            CHECK_OK(hash_bytes(HASH_SHA384, raw, canonical_of(d.root, signature)));
            raw[0] ^= m->change_digest;
            digest[base64_encode(digest, (struct bytes){ raw, 48 }, BASE64)] = '\0';
            continue;
        }
        CHECK_OK(private_key_sign(raw, &length, m->other_key ? &stranger : &device,
                                  SIGNATURE_ECDSA_SHA384,
                                  canonical_of(xml_only(signature, DSIG, "SignedInfo"), NULL)));
        raw[5] ^= m->change_signature;
        value[base64_encode(value, (struct bytes){ raw, length }, BASE64)] = '\0';
    }
    if (m->no_signature)
        size += (size_t)sprintf(&manifest_room[head], "</SoftwareIdentity>");
    return pki_copy((struct bytes){ (const uint8_t *)manifest_room, size });
}

/* --- tests */

static void lenient(void)
{
    kit_context.rules.crl_optional = true;
    kit_context.rules.collateral_optional = true;
}

static void begin(void)
{
    pki_reset();
    kit_begin(NOW);
    kit_put(EXHIBIT_ROOT, EXHIBIT_CERT, root_of());
}

static struct exhibit *put_device(const struct plan *p, struct bytes leaf)
{
    struct exhibit *e = kit_put(EXHIBIT_EVIDENCE, EXHIBIT_NVIDIA_REPORT, report_of(p));

    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, leaf)->parent = (uint32_t)(e - kit_exhibits.items) + 1;
    return e;
}

static void wants(const char *name, const struct plan *p, enum reason want)
{
    CASE(name);
    begin();
    lenient();
    put_device(p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
    kit_want(nvidia_judge, NULL, want);
}

static void test_reports(void)
{
    struct plan p = good_plan();

    wants("a report", &p, REASON_NONE);
    CHECK_BYTES(kit_claims.chip_family, BYTES_TEXT("GH100"));
    CHECK_BYTES(kit_claims.chip_model, BYTES_TEXT("GH100-A01"));
    CHECK_EQ(kit_claims.register_count, BLOCKS);
    CHECK_EQ(kit_claims.tcb[0].version, 550001002);
    p.signer = &stranger;
    wants("signed by another device", &p, REASON_bad_spdm_signature);
    p = good_plan();
    p.version = 0x12;
    wants("another version of SPDM", &p, REASON_unsupported_version);
    p = good_plan();
    p.declared = BLOCKS + 1;
    wants("a block less than declared", &p, REASON_malformed);
    p.declared = BLOCKS - 1;
    wants("a block more than declared", &p, REASON_malformed);
    p = good_plan();
    p.block_twice = true;
    wants("two blocks of one index", &p, REASON_malformed);
    p = good_plan();
    p.short_block = true;
    wants("a block shorter than its value", &p, REASON_malformed);
    p = good_plan();
    p.opaque_twice = true;
    wants("two driver versions", &p, REASON_malformed);
    p = good_plan();
    p.no_signature_asked = true;
    wants("a request without a nonce", &p, REASON_malformed);
    p = good_plan();
    p.trailing = 1;
    wants("a byte behind the signature", &p, REASON_trailing_bytes);
    p = good_plan();
    p.fwid = 8;
    wants("the firmware of another certificate", &p, REASON_fwid_mismatch);
    p.fwid = 0;
    wants("a report without FWID", &p, REASON_NONE);
    CASE("a firmware identity in a TcbInfo");
    begin();
    lenient();
    p = good_plan();
    put_device(&p, leaf_of(&device, "GB100 A01 GSP FMC LF", ROOT_KEY,
                           pki_extension(OID_TCB_INFO, false,
                                         PKI(DER_SEQUENCE, PKI(0x80, BYTES_TEXT("NVIDIA")),
                                             PKI(0xa6, fwid(7), fwid(0))))));
    kit_want(nvidia_judge, NULL, REASON_NONE);
    CASE("a certificate of a stranger's");
    begin();
    lenient();
    put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", 3, composite(7)));
    CHECK_NE(kit_reason(nvidia_judge, NULL), REASON_NONE);
    CASE("no certificate");
    begin();
    lenient();
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_NVIDIA_REPORT, report_of(&p));
    kit_want(nvidia_judge, NULL, REASON_certificate_missing);
    CASE("strict: revocation has to be known");
    begin();
    put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
    kit_want(nvidia_judge, NULL, REASON_ocsp_missing);
}

static void test_nonce(void)
{
    uint8_t nonce[NVIDIA_NONCE_SIZE];
    struct plan p = good_plan(), q = good_plan();

    memset(nonce, 0x55, sizeof nonce);
    for (int i = 0; i < 3; i++) {
        CASE(i == 0   ? "the nonce of the challenge"
             : i == 1 ? "another nonce"
                      : "two devices, of which one answers another challenge");
        begin();
        lenient();
        nonce[31] = i == 1 ? 0x54 : 0x55;
        kit_context.nonce = BYTES_OF(nonce);
        q.nonce = 0x56;
        put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
        if (i == 2)
            put_device(&q, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
        kit_want(nvidia_judge, NULL, i == 0 ? REASON_NONE : REASON_nonce_mismatch);
    }
}

static void judge_by(const char *rules)
{
    struct policy_error e;
    struct policy *p = NULL;

    CHECK_OK(policy_parse(
        &p, &kit_arena,
        format_text(verdict_format(&kit_arena,
                                   "version = 1\nplatforms = [\"nvidia\"]\nmeasurements = \"any\"\n"
                                   "simulated = true\nallow = [\"missing-crl\", "
                                   "\"missing-collateral\"]\n%s",
                                   rules)),
        &e));
    kit_context.policy = p;
    judge(&kit_verdict, &kit_claims, &kit_context);
}

/* Each device has claims of its own, for the policy; one that is asked twice is one. */
static void test_several(void)
{
    struct plan p = good_plan(), q = good_plan();
    const struct field *count;

    q.signer = &stranger;
    q.driver = "535.1.2";
    CASE("two devices, each with its claims");
    begin();
    lenient();
    put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
    put_device(&q, leaf_of(&stranger, "LS_10 A01 FSP FMC LF", ROOT_KEY, composite(7)));
    p.nonce = 0x66;
    put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
    kit_want(nvidia_judge, NULL, REASON_NONE);
    CHECK_BYTES(kit_claims.chip_family, BYTES_TEXT("GH100"));
    CHECK_EQ(kit_claims.tcb[0].version, 550001002);
    CHECK(kit_claims.next != NULL && kit_claims.next->next != NULL);
    CHECK_BYTES(kit_claims.next->next->chip_family, BYTES_TEXT("LS10"));
    CHECK_EQ(kit_claims.next->next->tcb[0].version, 535001002);
    CHECK_EQ(kit_claims.next->next->certificate_count, 2);
    for (count = kit_claims.own.root.first; count != NULL; count = count->next)
        if (strcmp(count->name, "count") == 0)
            break;
    CHECK(count != NULL && count->number == 2);
    CASE("a policy judges each of them");
    judge_by("\n[nvidia.minimum_tcb]\ndriver = 535001002\n");
    CHECK_EQ(kit_verdict.reason, REASON_NONE);
    judge_by("\n[nvidia.minimum_tcb]\ndriver = 550001002\n");
    CHECK_EQ(kit_verdict.reason, REASON_tcb_too_old);
}

/* The leaf is made by the device, and the device's authority by NVIDIA: what chip it is, both
 * have to say. */
static void test_authority(void)
{
    static const char *const names[] = { "GH100 A01 GSP BROM", "LS_10 A01 FSP BROM" };
    struct plan p = good_plan();

    for (int i = 0; i < 2; i++) {
        CASE(i == 0 ? "a leaf of the chip that was certified" : "a switch that says it is a GPU");
        begin();
        lenient();
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_CERT,
                pki_certificate(&(struct pki_certificate){ .subject = names[i],
                                                           .issuer = "root",
                                                           .key = 5,
                                                           .signer = ROOT_KEY,
                                                           .serial = 2,
                                                           .is_ca = true }));
        put_device(&p, pki_certificate(&(struct pki_certificate){ .subject = "GH100 A01 GSP FMC LF",
                                                                  .issuer = names[i],
                                                                  .signer = 5,
                                                                  .serial = 3,
                                                                  .spki = spki_of(&device),
                                                                  .extension = composite(7) }));
        kit_want(nvidia_judge, NULL, i == 0 ? REASON_NONE : REASON_certificate_chain_invalid);
    }
}

/* Every byte that is signed, and every length. */
static void test_changes(void)
{
    struct plan p = good_plan();
    struct bytes report, leaf;
    uint8_t *data;

    pki_reset();
    kit_begin(NOW);
    report = report_of(&p);
    leaf = leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7));
    data = pki_take_(report.size + 1);
    CASE("no byte of a report may change, none be missing");
    for (size_t i = 0; i < 2 * report.size; i++) {
        struct bytes changed = { data, report.size };

        memcpy(data, report.data, report.size);
        if (i < report.size)
            data[i] ^= 1;
        else
            changed.size = i - report.size;
        kit_begin(NOW);
        lenient();
        kit_put(EXHIBIT_ROOT, EXHIBIT_CERT, root_of());
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_NVIDIA_REPORT, changed);
        kit_put(EXHIBIT_EVIDENCE, EXHIBIT_CERT, leaf);
        if (!CHECK_NE(kit_reason(nvidia_judge, NULL), REASON_NONE))
            printf("# at %zu\n", i);
    }
}

static void wants_rim(const char *name, const struct manifest *m, enum reason want)
{
    struct exhibit *e;

    CASE(name);
    begin();
    lenient();
    e = kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RIM, manifest_of(m, true));
    kit_want(rim_judge, e, want);
}

#define RESOURCE(index, active, alternatives)                               \
    "<s:Resource type=\"Measurement\" index=\"" index "\" active=\"" active \
    "\" alternatives=\"" alternatives "\" size=\"48\" h:Hash0=\"00\"/>"

/* What NVIDIA publishes for everybody is no evidence, unless the policy takes it for that. */
static void manifest_alone(struct bytes manifest, const char *allow, enum reason want)
{
    struct policy_error e;
    struct policy *p = NULL;

    begin();
    (void)kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RIM, manifest);
    CHECK_OK(policy_parse(&p, &kit_arena,
                          format_text(verdict_format(&kit_arena,
                                                     "version = 1\nplatforms = [\"nvidia\"]\n"
                                                     "measurements = \"any\"\n"
                                                     "allow = [\"missing-crl\"%s]\n",
                                                     allow)),
                          &e));
    kit_context.policy = p;
    judge(&kit_verdict, &kit_claims, &kit_context);
    CHECK_EQ(kit_verdict.reason, want);
    CHECK(kit_claims.is_endorsement && !kit_claims.is_hardware);
}

static void test_manifests(void)
{
    struct manifest m = good_manifest("550.1.2");

    wants_rim("a manifest", &m, REASON_NONE);
    CHECK(rim_is(manifest_of(&m, true)));
    CASE("a manifest alone is no evidence");
    manifest_alone(manifest_of(&m, true), "", REASON_evidence_missing);
    manifest_alone(manifest_of(&m, true), ", \"endorsement-alone\"", REASON_NONE);
    m.change_digest = true;
    wants_rim("another digest", &m, REASON_rim_bad_signature);
    m = good_manifest("1");
    m.change_signature = true;
    wants_rim("a changed signature", &m, REASON_rim_bad_signature);
    m = good_manifest("1");
    m.other_key = true;
    wants_rim("signed by another key than the certificate's", &m, REASON_rim_bad_signature);
    m = good_manifest("1");
    m.stranger_root = true;
    wants_rim("a certificate that the root did not issue", &m, REASON_rim_bad_chain);
    m = good_manifest("1");
    m.no_signature = true;
    wants_rim("no signature", &m, REASON_rim_malformed);
    m = good_manifest("1");
    m.uri = "#a";
    wants_rim("a reference to a part of it", &m, REASON_unsupported_algorithm);
    m = good_manifest("1");
    m.transform = "base64";
    wants_rim("another transform", &m, REASON_unsupported_algorithm);
    m = good_manifest("1");
    m.behind = "<d:Signature xmlns:d=\"" DSIG "\"/>";
    wants_rim("two signatures", &m, REASON_rim_malformed);
    m.behind = "<s:Payload/>";
    wants_rim("two payloads", &m, REASON_rim_malformed);
    m.behind = "<s:Meta/>";
    wants_rim("two metas", &m, REASON_rim_malformed);
    m = good_manifest("1");
    m.payload = "";
    wants_rim("no measurements", &m, REASON_rim_malformed);
    m.payload = RESOURCE("1", "True", "1") RESOURCE("1", "False", "1");
    wants_rim("an index twice", &m, REASON_rim_malformed);
    m.payload = RESOURCE("1", "yes", "1");
    wants_rim("active, or what?", &m, REASON_rim_malformed);
    m.payload = RESOURCE("-1", "True", "1");
    wants_rim("a negative index", &m, REASON_rim_malformed);
    m.payload = RESOURCE("255", "True", "1");
    wants_rim("an index beyond what reports have", &m, REASON_rim_malformed);
    m.payload = RESOURCE("1", "True", "0");
    wants_rim("active, and no golden value", &m, REASON_rim_malformed);
}

static bool nvdec0_off;

static void wants_pair(const char *name, const struct manifest *driver,
                       const struct manifest *vbios, enum reason want)
{
    struct plan p = good_plan();

    CASE(name);
    begin();
    lenient();
    kit_context.rules.collateral_optional = false;
    p.nvdec0_off = nvdec0_off;
    put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
    if (driver != NULL)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_RIM, manifest_of(driver, true));
    if (vbios != NULL)
        kit_put(EXHIBIT_ENDORSEMENT, EXHIBIT_RIM, manifest_of(vbios, false));
    kit_want(nvidia_judge, NULL, want);
}

static void test_compare(void)
{
    struct manifest driver = good_manifest("550.1.2"), vbios = good_manifest("96.00.9F.00.01");
    struct plan p = good_plan();

    wants_pair("a report with both its manifests", &driver, &vbios, REASON_NONE);
    wants_pair("the driver's is missing", NULL, &vbios, REASON_rim_missing);
    wants_pair("the VBIOS's is missing", &driver, NULL, REASON_rim_missing);
    driver.wrong = 2;
    wants_pair("a measurement that is not golden", &driver, &vbios,
               REASON_rim_measurement_mismatch);
    driver.wrong = 1;
    wants_pair("one that is not active", &driver, &vbios, REASON_NONE);
    driver.wrong = -1;
    driver.more_active = 1;
    wants_pair("one that both speak about", &driver, &vbios, REASON_rim_conflict);
    driver = good_manifest("550.1.3");
    wants_pair("for another driver: as if it were missing", &driver, &vbios, REASON_rim_missing);
    driver = good_manifest("550.1.2");
    driver.product = "GB100";
    wants_pair("for another chip", &driver, &vbios, REASON_rim_missing);
    driver = good_manifest("550.1.2");
    driver.other_key = true;
    wants_pair("not signed by NVIDIA", &driver, &vbios, REASON_rim_bad_signature);
    driver = good_manifest("550.1.2");
    driver.payload = RESOURCE("35", "True", "1");
    wants_pair("the video decoder's measurement is not golden", &driver, &vbios,
               REASON_rim_measurement_mismatch);
    nvdec0_off = true;
    wants_pair("and the decoder is off: not compared", &driver, &vbios, REASON_NONE);
    CASE("as evidence, a manifest of another driver is a fault");
    begin();
    lenient();
    driver = good_manifest("550.1.3");
    put_device(&p, leaf_of(&device, "GH100 A01 GSP FMC LF", ROOT_KEY, composite(7)));
    kit_put(EXHIBIT_EVIDENCE, EXHIBIT_RIM, manifest_of(&driver, true));
    kit_want(nvidia_judge, NULL, REASON_rim_version_mismatch);
    CASE("the VBIOS of a GPU is five bytes in an order of their own");
    begin();
    struct nvidia_report r;

    p.vbios = "";
    CHECK_OK(nvidia_report_parse(&r, report_of(&p)));
    CHECK_BYTES(nvidia_vbios(&r, &kit_arena), BYTES_TEXT("96.00.9F.00.01"));
}

int main(void)
{
    CHECK_OK(private_key_make(&device, KEY_P384, 0));
    CHECK_OK(private_key_make(&stranger, KEY_P384, 0));
    test_reports();
    test_nonce();
    test_several();
    test_authority();
    test_changes();
    test_manifests();
    test_compare();
    private_key_done(&device);
    private_key_done(&stranger);
    return kit_done();
}

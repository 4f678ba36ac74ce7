/* world_test.h: a small world for tests of DCAP: keys of P-256 made at start, certificates and
 * lists of a root of its own, quotes, TCB info and QE identity, from a few words, with any
 * defect on demand. Memory is tests/pki.h's. Include this in one file per test program. */
#ifndef BROCH_ATTEST_DCAP_WORLD_TEST_H
#define BROCH_ATTEST_DCAP_WORLD_TEST_H

#include <stdlib.h>

#include "attest/dcap/job.h"
#include "base/num.h"
#include "codec/pem.h"
#include "crypto/private_key.h"
#include "tests/pki.h"

enum world_key { KEY_ROOT, KEY_CA, KEY_PCK, KEY_SIGNER, KEY_ATTESTATION, KEY_OTHER, WORLD_KEYS };

#define WORLD_NOW 1738368000 /* 2025-02-01T00:00:00Z */
#define WORLD_OID "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01"
#define WORLD_MRSIGNER "8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff"

static struct private_key world_keys[WORLD_KEYS];
static uint8_t world_key_room[WORLD_KEYS][PRIVATE_KEY_PUBLIC_MAX];
static struct public_key world_public[WORLD_KEYS];

static void world_init(void)
{
    for (size_t i = 0; i < WORLD_KEYS; i++) {
        enum err e = private_key_make(&world_keys[i], KEY_P256, 0);

        assert(e == ERR_OK);
        e = private_key_public(&world_public[i], world_key_room[i], &world_keys[i]);
        assert(e == ERR_OK);
    }
}

static void world_done(void)
{
    for (size_t i = 0; i < WORLD_KEYS; i++)
        private_key_done(&world_keys[i]);
}

/* r and s, 64 bytes. */
static struct bytes world_sign(enum world_key key, struct bytes message)
{
    uint8_t room[PRIVATE_KEY_SIGNATURE_MAX];
    size_t size = 0;
    enum err e = private_key_sign(room, &size, &world_keys[key], SIGNATURE_ECDSA_SHA256, message);

    assert(e == ERR_OK && size == 64);
    return pki_copy((struct bytes){ room, size });
}

static struct bytes world_integer(const uint8_t *raw)
{
    size_t skip = 0;

    while (skip < 31 && raw[skip] == 0)
        skip++;
    return PKI(DER_INTEGER, raw[skip] >= 0x80 ? BYTES_TEXT("\0") : PKI_NONE,
               ((struct bytes){ &raw[skip], 32 - skip }));
}

#define WORLD_ECDSA PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x04\x03\x02")))

static struct bytes world_seal(struct bytes tbs, enum world_key signer)
{
    struct bytes rs = world_sign(signer, tbs);

    return PKI(DER_SEQUENCE, tbs, WORLD_ECDSA,
               PKI(DER_BIT_STRING, BYTES_TEXT("\0"),
                   PKI(DER_SEQUENCE, world_integer(rs.data), world_integer(rs.data + 32))));
}

static struct bytes world_certificate(const char *subject, enum world_key key, const char *issuer,
                                      enum world_key signer, uint32_t serial, bool is_ca,
                                      const char *to, struct bytes extension)
{
    struct bytes spki =
        PKI(DER_SEQUENCE,
            PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x02\x01")),
                PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x03\x01\x07"))),
            PKI(DER_BIT_STRING, BYTES_TEXT("\0\x04"), world_public[key].x, world_public[key].y));
    struct bytes constraints =
        pki_extension(BYTES_TEXT("\x55\x1d\x13"), true,
                      PKI(DER_SEQUENCE, is_ca ? BYTES_TEXT("\x01\x01\xff") : PKI_NONE));
    struct bytes use =
        pki_extension(BYTES_TEXT("\x55\x1d\x0f"), true,
                      PKI(DER_BIT_STRING, is_ca ? BYTES_TEXT("\x01\x06") : BYTES_TEXT("\x06\xc0")));

    return world_seal(
        PKI(DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(0), pki_number(2)), pki_number(serial),
            WORLD_ECDSA, pki_name(issuer), PKI(DER_SEQUENCE, pki_time("2018"), pki_time(to)),
            pki_name(subject), spki,
            PKI(DER_CONTEXT_CONSTRUCTED(3), PKI(DER_SEQUENCE, constraints, use, extension))),
        signer);
}

static struct bytes world_crl(const char *issuer, enum world_key signer, uint32_t revoked)
{
    struct bytes list = PKI_NONE;

    if (revoked != 0)
        list = PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, pki_number(revoked), pki_time("2020")));
    return world_seal(PKI(DER_SEQUENCE, pki_number(1), WORLD_ECDSA, pki_name(issuer),
                          pki_time("2025"), pki_time("2026"), list),
                      signer);
}

/* What a test changes; world_default() is a platform that is up to date. */
struct world {
    uint16_t version;
    bool is_tdx;
    uint16_t body_type;
    uint8_t comp[TCB_COMPONENT_COUNT];
    uint16_t pce_svn;
    uint8_t tee_tcb_svn[16], tee_tcb_svn2[16];
    uint8_t flags; /* the first byte of ATTRIBUTES or TDATTRIBUTES */
    uint8_t report_data;
    uint16_t qe_svn;
    uint8_t qe_flags, qe_product;
    uint8_t qe_mrsigner_flip, qe_data_flip;
    uint8_t seam_signer;                    /* the last byte of MRSIGNERSEAM */
    enum world_key qe_signer, quote_signer; /* whose key signs */
    uint16_t cert_type;
    size_t trailing;
    uint8_t trailing_value;
    uint32_t revoked_pck, revoked_root; /* serials in the two lists: 30 PCK, 20 CA, 40 signer */
    const char *pck_to;
    const char *fmspc, *info_id, *levels, *modules, *info_issue, *info_next;
    enum world_key info_signer, qe_identity_signer;
    const char *qe_id, *qe_levels, *qe_next;
    const char *other_next; /* a second TCB info until then, of statuses far worse */
    bool old_signer;        /* an expired issue of the signer's certificate stands first */
    bool no_info, no_qe_identity, no_crls, no_signer, no_root, no_pck;
    struct bytes event_log; /* beside the quote */
};

#define WORLD_COMP(n)                                                                          \
    "{\"svn\":" n "},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"     \
    "{\"svn\":0},{\"svn\":0}"
#define WORLD_LEVEL(sgx, pce, tdx, date, status)                                            \
    "{\"tcb\":{\"sgxtcbcomponents\":[" WORLD_COMP(                                          \
        sgx) "],\"pcesvn\":" pce                                                            \
             ",\"tdxtcbcomponents\":[" WORLD_COMP(                                          \
                 tdx) "]},\"tcbDate\":\"" date "-01-01T00:00:00Z\",\"tcbStatus\":\"" status \
                      "\",\"advisoryIDs\":[\"SA-" date "\"]}"
#define WORLD_ISV_LEVEL(svn, status)                                                             \
    "{\"tcb\":{\"isvsvn\":" svn "},\"tcbDate\":\"2024-01-01T00:00:00Z\",\"tcbStatus\":\"" status \
    "\"}"
#define WORLD_ZEROS "000000000000000000000000000000000000000000000000"
#define WORLD_MODULE                                                                    \
    "\"mrsigner\":\"" WORLD_ZEROS WORLD_ZEROS "\",\"attributes\":\"0000000000000000\"," \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""

[[maybe_unused]] static struct world world_default(uint16_t version, bool is_tdx)
{
    return (struct world){
        .version = version,
        .is_tdx = is_tdx,
        .body_type = is_tdx ? 3 : 1,
        .comp = { 5 },
        .pce_svn = 13,
        .tee_tcb_svn = { 6, 1, 3 },
        .tee_tcb_svn2 = { 6, 1, 3 },
        .flags = is_tdx ? 0 : 5,
        .report_data = 0x42,
        .qe_svn = 8,
        .qe_flags = 0x11,
        .qe_product = is_tdx ? 2 : 1,
        .qe_signer = KEY_PCK,
        .quote_signer = KEY_ATTESTATION,
        .cert_type = QUOTE_CERT_PCK_CHAIN,
        .pck_to = "2040",
        .fmspc = "00A067110000",
        .info_id = is_tdx ? "TDX" : "SGX",
        .levels = WORLD_LEVEL("5", "13", "0", "2024", "UpToDate") "," WORLD_LEVEL(
            "4", "13", "0", "2023", "SWHardeningNeeded") "," WORLD_LEVEL("3", "5", "0", "2022",
                                                                         "OutOfDate"),
        .modules = "[{\"id\":\"TDX_01\"," WORLD_MODULE ",\"tcbLevels\":[" WORLD_ISV_LEVEL(
            "6", "UpToDate") "," WORLD_ISV_LEVEL("4", "OutOfDate") "]}]",
        .info_issue = "2025-01-20",
        .info_next = "2025-02-19",
        .info_signer = KEY_SIGNER,
        .qe_identity_signer = KEY_SIGNER,
        .qe_id = is_tdx ? "TD_QE" : "QE",
        .qe_levels = WORLD_ISV_LEVEL("8", "UpToDate") "," WORLD_ISV_LEVEL(
            "6", "OutOfDate") "," WORLD_ISV_LEVEL("2", "Revoked"),
        .qe_next = "2025-02-19",
    };
}

static struct bytes world_pck_extension(const struct world *w)
{
    struct bytes parts[18];
    uint8_t oid[] = WORLD_OID "\x02\x01";

    for (uint8_t i = 1; i <= 18; i++) {
        oid[sizeof WORLD_OID] = i;
        parts[i - 1] = PKI(DER_SEQUENCE, PKI(DER_OID, ((struct bytes){ oid, sizeof oid - 1 })),
                           i == 18   ? PKI(DER_OCTET_STRING, BYTES_OF(w->comp))
                           : i == 17 ? pki_number(w->pce_svn)
                                     : pki_number(w->comp[i - 1]));
    }
    return pki_extension(BYTES_TEXT(WORLD_OID), false,
                         PKI(DER_SEQUENCE,
                             PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT(WORLD_OID "\x01")),
                                 PKI(DER_OCTET_STRING, BYTES_TEXT("platform's PPID "))),
                             PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT(WORLD_OID "\x02")),
                                 pki_element(DER_SEQUENCE, parts, 18)),
                             PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT(WORLD_OID "\x03")),
                                 PKI(DER_OCTET_STRING, BYTES_TEXT("\0\0"))),
                             PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT(WORLD_OID "\x04")),
                                 PKI(DER_OCTET_STRING, BYTES_TEXT("\x00\xa0\x67\x11\x00\x00"))),
                             PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT(WORLD_OID "\x05")),
                                 BYTES_TEXT("\x0a\x01\x00"))));
}

static struct bytes world_pck(const struct world *w)
{
    return world_certificate("Intel SGX PCK Certificate", KEY_PCK, "Test CA", KEY_CA, 30, false,
                             w->pck_to, world_pck_extension(w));
}

static struct bytes world_ca(void)
{
    return world_certificate("Test CA", KEY_CA, "Test Root", KEY_ROOT, 20, true, "2040", PKI_NONE);
}

static struct bytes world_root(void)
{
    return world_certificate("Test Root", KEY_ROOT, "Test Root", KEY_ROOT, 10, true, "2049",
                             PKI_NONE);
}

static struct bytes world_signer(const char *to)
{
    return world_certificate("Intel SGX TCB Signing", KEY_SIGNER, "Test Root", KEY_ROOT, 40, false,
                             to, PKI_NONE);
}

static void world_pem(struct writer *out, struct bytes der)
{
    char text[8192];

    writer_put(out, BYTES_TEXT("-----BEGIN CERTIFICATE-----\n"));
    writer_put(out, (struct bytes){ (uint8_t *)text, base64_encode(text, der, BASE64) });
    writer_put(out, BYTES_TEXT("\n-----END CERTIFICATE-----\n"));
}

static void world_zeros(struct writer *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_u8(out, 0);
}

static void world_sgx_body(struct writer *out, uint8_t flags, uint8_t product, uint16_t svn,
                           struct bytes signer, struct bytes data)
{
    world_zeros(out, 48);
    writer_u8(out, flags);
    world_zeros(out, 15 + 64);
    writer_put(out, signer);
    world_zeros(out, 96);
    writer_u16le(out, product);
    writer_u16le(out, svn);
    world_zeros(out, 60);
    writer_put(out, data);
}

static void world_td_body(struct writer *out, const struct world *w, struct bytes data)
{
    writer_put(out, BYTES_OF(w->tee_tcb_svn));
    world_zeros(out, 95);
    writer_u8(out, w->seam_signer);
    world_zeros(out, 8);
    writer_u8(out, w->flags);
    world_zeros(out, 15 + 48 * 8);
    writer_put(out, data);
    if (w->version == 5 && w->body_type >= 3) {
        writer_put(out, BYTES_OF(w->tee_tcb_svn2));
        world_zeros(out, 48);
    }
    if (w->version == 5 && w->body_type == 4)
        world_zeros(out, TD15_EX_BODY_SIZE - TD15_BODY_SIZE);
}

static void world_certification(struct writer *out, const struct world *w)
{
    static uint8_t room[16384];
    struct writer certs = writer_of(room, sizeof room);
    uint8_t signer[32], data[64] = { 0 };
    struct bytes bound[] = { world_public[KEY_ATTESTATION].x, world_public[KEY_ATTESTATION].y,
                             BYTES_TEXT("auth") };
    struct writer report;
    size_t size = 0;
    enum err e = hash_parts(HASH_SHA256, data, bound, 3);

    assert(e == ERR_OK);
    e = hex_decode(signer, sizeof signer, &size, BYTES_TEXT(WORLD_MRSIGNER), false);
    assert(e == ERR_OK);
    signer[31] ^= w->qe_mrsigner_flip;
    data[33] ^= w->qe_data_flip;
    report = writer_of(pki_take_(SGX_BODY_SIZE), SGX_BODY_SIZE);
    world_sgx_body(&report, w->qe_flags, w->qe_product, w->qe_svn, BYTES_OF(signer),
                   BYTES_OF(data));
    assert(writer_ok(&report) && report.size == SGX_BODY_SIZE);
    writer_put(out, writer_bytes(&report));
    writer_put(out, world_sign(w->qe_signer, writer_bytes(&report)));
    writer_u16le(out, 4);
    writer_put(out, BYTES_TEXT("auth"));
    if (w->cert_type == QUOTE_CERT_PCK_CHAIN) {
        world_pem(&certs, world_pck(w));
        world_pem(&certs, world_root()); /* not in order: so do some quotes */
        world_pem(&certs, world_ca());
        writer_u8(&certs, 0);
    } else {
        writer_put(&certs, BYTES_TEXT("platform's PPID "));
        world_zeros(&certs, 18);
    }
    writer_u16le(out, w->cert_type);
    writer_u32le(out, (uint32_t)certs.size);
    writer_put(out, writer_bytes(&certs));
}

static struct bytes world_quote(const struct world *w)
{
    static uint8_t room[32768], inner_room[32768];
    struct writer out = writer_of(room, sizeof room);
    struct writer inner = writer_of(inner_room, sizeof inner_room);
    uint8_t data[64];
    struct bytes head;

    memset(data, w->report_data, sizeof data);
    writer_u16le(&out, w->version);
    writer_u16le(&out, 2);
    writer_u32le(&out, w->is_tdx ? QUOTE_TEE_TDX : 0);
    writer_u32le(&out, 0);
    writer_put(&out,
               BYTES_TEXT("\x93\x9a\x72\x33\xf7\x9c\x4c\xa9\x94\x0a\x0d\xb3\x95\x7f\x06\x07"));
    world_zeros(&out, 20);
    if (w->version == 5) {
        writer_u16le(&out, w->body_type);
        writer_u32le(&out, !w->is_tdx          ? SGX_BODY_SIZE
                           : w->body_type == 2 ? TD_BODY_SIZE
                           : w->body_type == 4 ? TD15_EX_BODY_SIZE
                                               : TD15_BODY_SIZE);
    }
    if (w->is_tdx)
        world_td_body(&out, w, BYTES_OF(data));
    else
        world_sgx_body(&out, w->flags, 7, 9, (struct bytes){ data, 32 }, BYTES_OF(data));
    head = pki_copy(writer_bytes(&out));
    world_certification(&inner, w);
    writer_u32le(&out, (uint32_t)((w->version == 3 ? 128u : 134u) + inner.size));
    writer_put(&out, world_sign(w->quote_signer, head));
    writer_put(&out, world_public[KEY_ATTESTATION].x);
    writer_put(&out, world_public[KEY_ATTESTATION].y);
    if (w->version != 3) {
        writer_u16le(&out, QUOTE_CERT_QE_REPORT);
        writer_u32le(&out, (uint32_t)inner.size);
    }
    writer_put(&out, writer_bytes(&inner));
    for (size_t i = 0; i < w->trailing; i++)
        writer_u8(&out, w->trailing_value);
    assert(writer_ok(&out) && writer_ok(&inner));
    return pki_copy(writer_bytes(&out));
}

static struct bytes world_signed(const char *name, const char *inner, enum world_key signer)
{
    static char text[32768];
    struct bytes value = { (const uint8_t *)inner, strlen(inner) };
    char hex[129] = "";
    int size;

    hex_encode(hex, world_sign(signer, value));
    size = snprintf(text, sizeof text, "{\"%s\":%s,\"signature\":\"%.128s\"}", name, inner, hex);
    assert(size > 0 && (size_t)size < sizeof text);
    return pki_copy((struct bytes){ (uint8_t *)text, (size_t)size });
}

static struct bytes world_tcb_info(const struct world *w)
{
    static char inner[32768];

    snprintf(inner, sizeof inner,
             "{\"id\":\"%s\",\"version\":3,\"issueDate\":\"%sT00:00:00Z\",\"nextUpdate\":"
             "\"%sT00:00:00Z\",\"fmspc\":\"%s\",\"pceId\":\"0000\",\"tcbType\":0,"
             "\"tcbEvaluationDataNumber\":18,\"tdxModule\":{" WORLD_MODULE "},"
             "\"tdxModuleIdentities\":%s,\"tcbLevels\":[%s]}",
             w->info_id, w->info_issue, w->info_next, w->fmspc, w->modules, w->levels);
    return world_signed("tcbInfo", inner, w->info_signer);
}

static struct bytes world_qe_identity(const struct world *w)
{
    static char inner[8192];

    snprintf(inner, sizeof inner,
             "{\"id\":\"%s\",\"version\":2,\"issueDate\":\"2025-01-20T00:00:00Z\",\"nextUpdate\":"
             "\"%sT00:00:00Z\",\"tcbEvaluationDataNumber\":18,\"miscselect\":\"00000000\","
             "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","
             "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
             "\"mrsigner\":\"" WORLD_MRSIGNER "\",\"isvprodid\":%d,\"tcbLevels\":[%s]}",
             w->qe_id, w->qe_next, w->is_tdx ? 2 : 1, w->qe_levels);
    return world_signed("enclaveIdentity", inner, w->qe_identity_signer);
}

/* Everything of a world before the judge; the quote is given, so that tests can damage it. */
static void world_exhibits(struct exhibits *x, const struct world *w, struct bytes quote)
{
    exhibit_put(x, EXHIBIT_EVIDENCE, EXHIBIT_QUOTE, "quote", quote);
    if (w->event_log.size != 0)
        exhibit_put(x, EXHIBIT_EVIDENCE, EXHIBIT_EVENT_LOG, "log", w->event_log);
    if (!w->no_root)
        exhibit_put(x, EXHIBIT_ROOT, EXHIBIT_CERT, "root", world_root());
    if (w->cert_type != QUOTE_CERT_PCK_CHAIN) {
        if (!w->no_pck)
            exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_CERT, "pck", world_pck(w));
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_CERT, "ca", world_ca());
    }
    if (w->old_signer)
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_CERT, "old signer", world_signer("2025"));
    if (!w->no_signer)
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_CERT, "signer", world_signer("2040"));
    if (w->other_next != NULL) {
        struct world other = *w;

        other.info_next = w->other_next;
        other.levels = WORLD_LEVEL("1", "1", "0", "2020", "Revoked");
        other.info_issue = "2025-01-10";
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_TCB_INFO, "other", world_tcb_info(&other));
    }
    if (!w->no_info)
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_TCB_INFO, "tcb info", world_tcb_info(w));
    if (!w->no_qe_identity)
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_QE_IDENTITY, "qe identity",
                    world_qe_identity(w));
    if (!w->no_crls) {
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, "pck crl",
                    world_crl("Test CA", KEY_CA, w->revoked_pck));
        exhibit_put(x, EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, "root crl",
                    world_crl("Test Root", KEY_ROOT, w->revoked_root));
    }
}

#endif

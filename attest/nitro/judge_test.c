/* Documents made here, under a root of our own; each with one thing wrong. AWS's own run in
 * tests/run-evidence. */
#include "attest/nitro/document.h"
#include "crypto/private_key.h"
#include "tests/check.h"
#include "tests/judging.h"
#include "tests/pki.h"

#define NOW 1700000000 /* 2023-11-14 */

static struct private_key leaf_key, other_key;
static uint8_t pcr[48] = { 0xaa };
static const uint8_t nothing[48];

/* What a document says besides what all say. */
struct made {
    const char *name;
    enum reason want;
    const char *skip;   /* a key that is left out */
    const char *twice;  /* a key that is there two times */
    bool is_indefinite; /* map and array */
    bool is_debug;
    uint64_t pcr_index; /* of one more; 0: none */
    size_t pcr_size;    /* of that one; 0: 48 */
    size_t nonce_size;
    size_t public_key_size;
    bool text_nonce;
    bool wrong_digest;
    bool no_time;
    bool empty_bundle;
    bool unknown_key;  /* of a later version of the format */
    int64_t algorithm; /* 0: ES384 */
    bool is_tagged;
    bool signed_by_other;
    bool expired_leaf;
    bool other_root;
    bool leaf_no_signer_ca; /* the intermediate may not sign */
};

static struct bytes spki_of(const struct private_key *k)
{
    static const uint8_t head[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04 };
    static uint8_t spki[120];
    uint8_t room[PRIVATE_KEY_PUBLIC_MAX];
    struct public_key p;

    CHECK_OK(private_key_public(&p, room, k));
    memcpy(spki, head, sizeof head);
    memcpy(spki + 24, p.x.data, 48);
    memcpy(spki + 72, p.y.data, 48);
    return BYTES_OF(spki);
}

static struct bytes root_make(unsigned key)
{
    return pki_certificate(&(struct pki_certificate){ .subject = "root",
                                                      .issuer = "root",
                                                      .key = key,
                                                      .signer = key,
                                                      .serial = 1,
                                                      .is_ca = true });
}

static bool put_key(struct writer *w, const struct made *m, const char *key, int turn)
{
    struct bytes text = { (const uint8_t *)key, strlen(key) };

    if ((m->skip != NULL && strcmp(m->skip, key) == 0) ||
        (turn == 1 && (m->twice == NULL || strcmp(m->twice, key) != 0)))
        return false;
    cbor_put_text(w, text);
    return true;
}

static void open_put(struct writer *w, const struct made *m, uint8_t type, uint64_t count)
{
    if (m->is_indefinite)
        writer_u8(w, type == 5 ? 0xbf : 0x9f);
    else if (type == 5)
        cbor_put_map(w, count);
    else
        cbor_put_array(w, count);
}

static void close_put(struct writer *w, const struct made *m)
{
    if (m->is_indefinite)
        writer_u8(w, 0xff);
}

static void pcrs_put(struct writer *w, const struct made *m)
{
    static const uint8_t sizes[128];

    open_put(w, m, 5, m->pcr_index != 0 ? 4 : 3);
    for (uint64_t i = 0; i < 3; i++) {
        cbor_put_uint(w, i);
        cbor_put_bytes(w, m->is_debug ? BYTES_OF(nothing) : BYTES_OF(pcr));
    }
    if (m->pcr_index != 0) {
        cbor_put_uint(w, m->pcr_index);
        cbor_put_bytes(w, (struct bytes){ sizes, m->pcr_size != 0 ? m->pcr_size : 48 });
    }
    close_put(w, m);
}

static void certificates_put(struct writer *w, const struct made *m, int turn)
{
    struct bytes leaf =
        pki_certificate(&(struct pki_certificate){ .subject = "leaf",
                                                   .issuer = "zone",
                                                   .signer = 2,
                                                   .serial = 3,
                                                   .to = m->expired_leaf ? "2010" : NULL,
                                                   .spki = spki_of(&leaf_key) });
    struct bytes zone =
        pki_certificate(&(struct pki_certificate){ .subject = "zone",
                                                   .issuer = "root",
                                                   .key = 2,
                                                   .signer = m->other_root ? 9 : 1,
                                                   .serial = 2,
                                                   .is_ca = !m->leaf_no_signer_ca });

    if (put_key(w, m, "certificate", turn))
        cbor_put_bytes(w, leaf);
    if (!put_key(w, m, "cabundle", turn))
        return;
    if (m->empty_bundle) {
        cbor_put_array(w, 0);
        return;
    }
    open_put(w, m, 4, 2);
    cbor_put_bytes(w, root_make(m->other_root ? 9 : 1));
    cbor_put_bytes(w, zone);
    close_put(w, m);
}

static void keys_put(struct writer *w, const struct made *m, int turn)
{
    static const uint8_t data[2048] = { 7 };

    if (put_key(w, m, "module_id", turn))
        cbor_put_text(w, BYTES_TEXT("i-1"));
    if (put_key(w, m, "digest", turn))
        cbor_put_text(w, m->wrong_digest ? BYTES_TEXT("SHA256") : BYTES_TEXT("SHA384"));
    if (put_key(w, m, "timestamp", turn))
        cbor_put_uint(w, m->no_time ? 0 : (uint64_t)NOW * 1000 + 1);
    if (put_key(w, m, "pcrs", turn))
        pcrs_put(w, m);
    certificates_put(w, m, turn);
    if (put_key(w, m, "public_key", turn)) {
        if (m->public_key_size != 0)
            cbor_put_bytes(w, (struct bytes){ data, m->public_key_size });
        else
            cbor_put_null(w);
    }
    if (put_key(w, m, "nonce", turn)) {
        if (m->text_nonce)
            cbor_put_text(w, BYTES_TEXT("n"));
        else
            cbor_put_bytes(w, (struct bytes){ data, m->nonce_size != 0 ? m->nonce_size : 4 });
    }
    if (turn == 0 && m->unknown_key) {
        cbor_put_text(w, BYTES_TEXT("later"));
        cbor_put_uint(w, 1);
    }
}

static struct bytes document_make(const struct made *m)
{
    static uint8_t payload[8192], message[8192], out[8192];
    uint8_t head[16], signature[PRIVATE_KEY_SIGNATURE_MAX];
    struct writer h = writer_of(head, sizeof head), p = writer_of(payload, sizeof payload);
    struct writer s = writer_of(message, sizeof message), w = writer_of(out, sizeof out);
    struct cose c = { .kind = COSE_SIGN1 };
    size_t size;

    cbor_put_map(&h, 1);
    cbor_put_uint(&h, 1);
    cbor_put_int(&h, m->algorithm != 0 ? m->algorithm : COSE_ES384);
    open_put(&p, m, 5, 8u - (m->skip != NULL) + (m->twice != NULL) + m->unknown_key);
    for (int turn = 0; turn < 2; turn++)
        keys_put(&p, m, turn);
    close_put(&p, m);
    c.headers.protected_raw = writer_bytes(&h);
    c.payload = writer_bytes(&p);
    cose_sign1_input(&s, &c, (struct bytes){ 0 }, (struct bytes){ 0 });
    CHECK_OK(private_key_sign(signature, &size, m->signed_by_other ? &other_key : &leaf_key,
                              SIGNATURE_ECDSA_SHA384, writer_bytes(&s)));
    if (m->is_tagged)
        cbor_put_tag(&w, COSE_SIGN1);
    cbor_put_array(&w, 4);
    cbor_put_bytes(&w, c.headers.protected_raw);
    cbor_put_map(&w, 0);
    cbor_put_bytes(&w, c.payload);
    cbor_put_bytes(&w, (struct bytes){ signature, size });
    CHECK(writer_ok(&w));
    return writer_bytes(&w);
}

static enum reason judge_as(struct bytes document)
{
    judging_start();
    exhibit_put(&judging_exhibits, EXHIBIT_ROOT, EXHIBIT_CERT, "root", root_make(1));
    return judging_run(nitro_judge, exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_NITRO,
                                                "document", document));
}

static const struct made documents[] = {
    { "genuine", REASON_NONE, .skip = NULL },
    { "tagged", REASON_NONE, .is_tagged = true },
    { "indefinite lengths", REASON_NONE, .is_indefinite = true },
    { "debug", REASON_NONE, .is_debug = true },
    { "a key of a later version", REASON_NONE, .unknown_key = true },
    { "without a nonce", REASON_NONE, .skip = "nonce" },
    { "no module_id", REASON_malformed_cbor, .skip = "module_id" },
    { "no digest", REASON_malformed_cbor, .skip = "digest" },
    { "no timestamp", REASON_malformed_cbor, .skip = "timestamp" },
    { "no pcrs", REASON_malformed_cbor, .skip = "pcrs" },
    { "no certificate", REASON_malformed_cbor, .skip = "certificate" },
    { "no cabundle", REASON_malformed_cbor, .skip = "cabundle" },
    { "pcrs twice", REASON_malformed_cbor, .twice = "pcrs" },
    { "nonce twice", REASON_malformed_cbor, .twice = "nonce" },
    { "nonce twice, indefinite", REASON_malformed_cbor, .twice = "nonce", .is_indefinite = true },
    { "another digest", REASON_malformed_cbor, .wrong_digest = true },
    { "timestamp 0", REASON_malformed_cbor, .no_time = true },
    { "PCR 31", REASON_NONE, .pcr_index = 31 },
    { "PCR 32", REASON_malformed_cbor, .pcr_index = 32 },
    { "PCR 0 twice", REASON_malformed_cbor, .pcr_index = 2 },
    { "a PCR of 47 bytes", REASON_malformed_cbor, .pcr_index = 4, .pcr_size = 47 },
    { "a PCR of 64 bytes", REASON_NONE, .pcr_index = 4, .pcr_size = 64 },
    { "nonce of 512 bytes", REASON_NONE, .nonce_size = 512 },
    { "nonce of 513 bytes", REASON_malformed_cbor, .nonce_size = 513 },
    { "nonce that is text", REASON_malformed_cbor, .text_nonce = true },
    { "public key of 1024 bytes", REASON_NONE, .public_key_size = 1024 },
    { "public key of 1025 bytes", REASON_malformed_cbor, .public_key_size = 1025 },
    { "empty cabundle", REASON_malformed_cbor, .empty_bundle = true },
    { "ES256", REASON_unsupported_algorithm, .algorithm = COSE_ES256 },
    { "signed by another key", REASON_bad_cose_signature, .signed_by_other = true },
    { "leaf past its end", REASON_certificate_expired, .expired_leaf = true },
    { "another root, in the bundle", REASON_untrusted_root, .other_root = true },
    { "intermediate that may not sign", REASON_certificate_not_ca, .leaf_no_signer_ca = true },
};

static void documents_are_judged(void)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        enum reason found;

        pki_reset();
        CASE(documents[i].name);
        found = judge_as(document_make(&documents[i]));
        if (!CHECK_EQ(found, documents[i].want))
            printf("# %s: %s\n", reason_text(found)->id, judging_verdict.detail);
        CHECK_EQ(judging_claims.measurement.size, found == REASON_NONE ? 48 : 0);
        if (found == REASON_NONE)
            CHECK_EQ(judging_claims.is_debug, documents[i].is_debug ? CLAIM_YES : CLAIM_NO);
    }
}

static void expectations_are_compared(void)
{
    static const uint8_t four[5] = { 7 };
    struct bytes document;

    pki_reset();
    document = document_make(&documents[0]);
    CASE("its nonce, all of it");
    judging.nonce = (struct bytes){ four, 4 };
    CHECK_EQ(judge_as(document), REASON_NONE);
    CHECK(judging_claims.is_fresh);
    judging.nonce.size = 3;
    CHECK_EQ(judge_as(document), REASON_nonce_mismatch);
    judging.nonce.size = 5;
    CHECK_EQ(judge_as(document), REASON_nonce_mismatch);
    judging.nonce.size = 0;
    CASE("user data that is not there");
    judging.report_data = (struct bytes){ four, 4 };
    CHECK_EQ(judge_as(document), REASON_report_data_mismatch);
    judging.report_data.size = 0;
}

/* AWS's lists are not asked for; one that is given is used. */
static void lists_are_used(void)
{
    static const uint32_t leaf = 3;
    struct pki_crl crl = { .issuer = "zone",
                           .signer = 2,
                           .from = "2020",
                           .to = "2100",
                           .revoked = &leaf,
                           .revoked_count = 1 };
    struct bytes document;

    pki_reset();
    document = document_make(&documents[0]);
    CASE("no list, however strict: waived, and said");
    CHECK_EQ(judge_as(document), REASON_NONE);
    CASE("a list that names the leaf");
    judging_start();
    exhibit_put(&judging_exhibits, EXHIBIT_ROOT, EXHIBIT_CERT, "root", root_make(1));
    exhibit_put(&judging_exhibits, EXHIBIT_ENDORSEMENT, EXHIBIT_CRL, "crl", pki_crl(&crl));
    CHECK_EQ(judging_run(nitro_judge, exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE,
                                                  EXHIBIT_NITRO, "document", document)),
             REASON_certificate_revoked);
    CASE("one good list among forged ones: each is looked at once, not each for each");
    judging_start();
    exhibit_put(&judging_exhibits, EXHIBIT_ROOT, EXHIBIT_CERT, "root", root_make(1));
    crl.revoked_count = 0;
    exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CRL, "crl", pki_crl(&crl));
    crl.bad_signature = true;
    while (judging_exhibits.count < EXHIBITS_MAX - 1)
        exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_CRL, "crl", pki_crl(&crl));
    CHECK_EQ(judging_run(nitro_judge, exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE,
                                                  EXHIBIT_NITRO, "document", document)),
             REASON_NONE);
}

static void changes_are_refused(void)
{
    static uint8_t raw[8192];
    struct bytes document;

    pki_reset();
    document = document_make(&documents[0]);
    CASE("told by its contents, damaged or not");
    CHECK(nitro_is(document) && nitro_is((struct bytes){ document.data, 100 }));
    CHECK(!nitro_is((struct bytes){ document.data, 9 }));
    CASE("bytes after it");
    memcpy(raw, document.data, document.size);
    CHECK_EQ(judge_as((struct bytes){ raw, document.size + 1 }), REASON_malformed_cbor);
    CASE("each byte changed, each shorter one");
    for (size_t i = 0; i < document.size; i++) {
        memcpy(raw, document.data, document.size);
        raw[i] ^= 0x01;
        if (!CHECK_NE(judge_as((struct bytes){ raw, document.size }), REASON_NONE))
            printf("# byte %zu\n", i);
        CHECK_EQ(judge_as((struct bytes){ document.data, i }), REASON_malformed_cbor);
    }
}

int main(void)
{
    judging.now = NOW;
    CHECK_OK(private_key_make(&leaf_key, KEY_P384, 0));
    CHECK_OK(private_key_make(&other_key, KEY_P384, 0));
    documents_are_judged();
    expectations_are_compared();
    lists_are_used();
    changes_are_refused();
    private_key_done(&leaf_key);
    private_key_done(&other_key);
    arena_done(&judging_arena);
    return check_done();
}

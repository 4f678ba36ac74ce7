/* What `broch inspect` shows of certificates, lists and responses: every field of some made
 * here, and no text at all for what cannot be read. */
#include "attest/judge.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"
#include "tests/pki.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static char text[1 << 16];

static enum err show(exhibit_describe *describe, enum exhibit_kind kind, struct bytes raw)
{
    struct exhibit e = { .kind = kind, .raw = raw, .name = "test" };
    struct writer w = writer_of(text, sizeof text - 1);
    struct fields f;
    enum err got;

    fields_init(&f, &arena);
    got = describe(&f, &e);
    fields_print(&w, &f);
    CHECK(writer_ok(&w));
    text[writer_bytes(&w).size] = '\0';
    return got;
}

/* A line with this name, and behind it this value. */
static bool has(const char *name, const char *value)
{
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
        const char *rest = at + strlen(name);

        rest += strspn(rest, " :");
        if ((at == text || strchr(" \n-", at[-1]) != NULL) &&
            strncmp(rest, value, strlen(value)) == 0)
            return true;
    }
    printf("# no %s %s in:\n# %.2000s\n", name, value, text);
    return false;
}

static void test_certificate(void)
{
    struct pki_certificate c = {
        .subject = "subject",
        .issuer = "issuer",
        .key = 2,
        .signer = 1,
        .serial = 0x1234,
        .is_ca = true,
        .has_path_length = true,
        .path_length = 3,
        .key_usage = 0x06,
        .extension = pki_extension(BYTES_TEXT("\x2a\x03\x04"), false, BYTES_TEXT("\xab\xcd")),
    };

    CASE("a certificate, field by field");
    CHECK_OK(show(cert_describe, EXHIBIT_CERT, pki_certificate(&c)));
    CHECK(has("version", "3"));
    CHECK(has("serial_number", "1234"));
    CHECK(has("issuer", "CN=issuer"));
    CHECK(has("subject", "CN=subject"));
    CHECK(has("not_before", "2000-01-01T00:00:00Z"));
    CHECK(has("not_after", "2100-01-01T00:00:00Z"));
    CHECK(has("algorithm", "Ed25519"));
    CHECK(has("ca", "true"));
    CHECK(has("path_len_constraint", "3"));
    CHECK(has("-", "keyCertSign"));
    CHECK(has("extn_id", "1.2.3.4"));
    CHECK(has("extn_value", "abcd"));
    CHECK(has("signature_algorithm", "Ed25519"));
    CASE("serial number 0 is shown");
    c.serial = 0;
    CHECK_OK(show(cert_describe, EXHIBIT_CERT, pki_certificate(&c)));
    CHECK(has("serial_number", "00"));
    CASE("no certificate");
    CHECK_ERR(show(cert_describe, EXHIBIT_CERT, BYTES_TEXT("\x30\x00")), ERR_MALFORMED);
    CHECK_TEXT(text, "");
}

static void test_list(void)
{
    static const uint32_t serials[] = { 0x77, 0x88 };
    struct pki_crl c = { .issuer = "issuer",
                         .signer = 1,
                         .from = "2020",
                         .to = "2021",
                         .revoked = serials,
                         .revoked_count = 2 };

    CASE("a list, entry by entry");
    CHECK_OK(show(crl_describe, EXHIBIT_CRL, pki_crl(&c)));
    CHECK(has("issuer", "CN=issuer"));
    CHECK(has("this_update", "2020-01-01T00:00:00Z"));
    CHECK(has("next_update", "2021-01-01T00:00:00Z"));
    CHECK(has("crl_number", "07"));
    CHECK(has("revoked_count", "2"));
    CHECK(has("user_certificate", "77"));
    CHECK(has("user_certificate", "88"));
    CHECK(has("revocation_date", "2010-01-01T00:00:00Z"));
    CASE("no list");
    CHECK_ERR(show(crl_describe, EXHIBIT_CRL, BYTES_TEXT("\x30\x00")), ERR_MALFORMED);
}

static void test_others(void)
{
    struct bytes id = PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x03"))),
                          PKI(DER_OCTET_STRING, BYTES_TEXT("\x01")),
                          PKI(DER_OCTET_STRING, BYTES_TEXT("\x02")), pki_number(0x55));
    struct bytes hold = PKI(DER_CONTEXT_CONSTRUCTED(1), pki_time("2024"),
                            PKI(DER_CONTEXT_CONSTRUCTED(0), BYTES_TEXT("\x0a\x01\x06")));
    struct bytes data =
        PKI(DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(1), pki_name("responder")), pki_time("2025"),
            PKI(DER_SEQUENCE, PKI(DER_SEQUENCE, id, hold, pki_time("2025"))));
    struct bytes response =
        PKI(DER_SEQUENCE, BYTES_TEXT("\x0a\x01\x00"),
            PKI(DER_CONTEXT_CONSTRUCTED(0),
                PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")),
                    PKI(DER_OCTET_STRING, pki_sign(data, 1, false, PKI_NONE)))));

    CASE("an OCSP response");
    CHECK_OK(show(ocsp_describe, EXHIBIT_OCSP, response));
    CHECK(has("responder_name", "CN=responder"));
    CHECK(has("produced_at", "2025-01-01T00:00:00Z"));
    CHECK(has("serial_number", "55"));
    CHECK(has("cert_status", "certificateHold"));
    CHECK(has("revocation_time", "2024-01-01T00:00:00Z"));
    CHECK_ERR(show(ocsp_describe, EXHIBIT_OCSP, BYTES_TEXT("\x30\x00")), ERR_MALFORMED);
    CASE("a key");
    CHECK_OK(show(key_describe, EXHIBIT_KEY, pki_spki(1)));
    CHECK(has("algorithm", "Ed25519"));
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ take, give, NULL }, (size_t)4 << 20);
    test_certificate();
    test_list();
    test_others();
    arena_done(&arena);
    return check_done();
}

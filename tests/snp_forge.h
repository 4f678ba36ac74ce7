/* snp_forge.h: a maker of SEV-SNP reports and AMD's certificates for tests, true or wrong in any
 * way that is asked for. The chip's key is below: it vouches for nothing, its root is trusted by
 * nobody but a test. Include this in one file per program. Not for shipped code. */
#ifndef BROCH_TESTS_SNP_FORGE_H
#define BROCH_TESTS_SNP_FORGE_H

#include "attest/snp/cert.h"
#include "base/writer.h"
#include "crypto/private_key.h"
#include "tests/pki.h"

static const char forge_key_pem[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MIGkAgEBBDBbU4+ADQ0mY7/fmpg96JaZs+k8qdMAdTRxMM2J3YNuOQGT0kET501n\n"
    "7W8AAm04GpSgBwYFK4EEACKhZANiAASLkCL5uUbXwKX+oY51GTy9rqOudfcifKLu\n"
    "ZKsl3ST20gKqDlKLyxIhT8xklUX1fnHuLFeckZrM0EEwixnNDgXtNV0LYulEd7HS\n"
    "1F9hw0x3OjeNWsDHDDOF5Gl7+bkIWVg=\n"
    "-----END EC PRIVATE KEY-----\n";

/* Numbers of the keys of ARK and ASK, and of a stranger. */
enum { FORGE_ARK = 1, FORGE_ASK = 2, FORGE_STRANGER = 3 };

/* What a report says; forge_milan() and the others are good ones to start from. */
struct forge {
    uint32_t version, vmpl, algo, key_info, guest_svn;
    uint64_t policy, platform_info;
    uint8_t tcb[8], fms[3], chip[64];
    uint8_t report_data, host_data, id_key, author_key; /* the byte that fills the field */
    struct bytes own_report_data;                       /* 64 bytes instead of `report_data` */
    bool high_r, bad_tail, has_agent;
    /* The certificate. */
    const char *product, *issuer;
    bool is_vlek, is_turin, hwid_wrapped, bad_hwid, stranger, expired, two_bytes;
    uint8_t spl[SNP_TCB_SIZE], spl_missing; /* a bit for each byte of the TCB */
    uint8_t hwid[64];
};

static struct forge forge_milan(void)
{
    struct forge f = {
        .version = 2,
        .algo = 1,
        .policy = 0x30000,
        .platform_info = 3,
        .tcb = { 4, 0, 0, 0, 0, 0, 24, 219 },
        .report_data = 0xda,
        .product = "Milan-B0",
        .issuer = "SEV-Milan",
    };

    memcpy(f.spl, f.tcb, sizeof f.spl);
    for (size_t i = 0; i < 64; i++)
        f.chip[i] = f.hwid[i] = (uint8_t)(i + 1);
    return f;
}

[[maybe_unused]] static struct forge forge_genoa(void)
{
    struct forge f = forge_milan();

    f.version = 5;
    f.product = "Genoa";
    f.issuer = "SEV-Genoa";
    memcpy(f.fms, (const uint8_t[]){ 0x19, 0x11, 1 }, 3);
    return f;
}

[[maybe_unused]] static struct forge forge_turin(void)
{
    struct forge f = forge_milan();

    f.version = 5;
    f.product = "Turin";
    f.issuer = "SEV-Turin";
    f.is_turin = true;
    memcpy(f.fms, (const uint8_t[]){ 0x1a, 2, 1 }, 3);
    memcpy(f.tcb, (const uint8_t[]){ 1, 2, 3, 4, 0, 0, 0, 200 }, 8);
    memcpy(f.spl, f.tcb, 8);
    memset(f.chip + 8, 0, 56);
    return f;
}

[[maybe_unused]] static struct forge forge_vlek(void)
{
    struct forge f = forge_milan();

    f.version = 3;
    f.is_vlek = true;
    f.key_info = SNP_KEY_VLEK << 2;
    f.product = "Milan";
    f.issuer = "SEV-VLEK-Milan";
    memcpy(f.fms, (const uint8_t[]){ 0x19, 1, 1 }, 3);
    memset(f.chip, 0, 64);
    return f;
}

static void forge_fill_(struct writer *w, uint8_t byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_u8(w, byte);
}

static void forge_body_(struct writer *w, const struct forge *f)
{
    writer_u32le(w, f->version);
    writer_u32le(w, f->guest_svn);
    writer_u64le(w, f->policy);
    forge_fill_(w, 0, 32); /* family and image */
    writer_u32le(w, f->vmpl);
    writer_u32le(w, f->algo);
    writer_put(w, BYTES_OF(f->tcb));
    writer_u64le(w, f->platform_info);
    writer_u32le(w, f->key_info);
    writer_u32le(w, 0);
    if (f->own_report_data.size != 0)
        writer_put(w, f->own_report_data);
    else
        forge_fill_(w, f->report_data, 64);
    forge_fill_(w, 0x3e, 48); /* measurement */
    forge_fill_(w, f->host_data, 32);
    forge_fill_(w, f->id_key, 48);
    forge_fill_(w, f->author_key, 48);
    forge_fill_(w, 0x1d, 32);
    forge_fill_(w, f->has_agent ? 0xfe : 0xff, 32); /* REPORT_ID_MA */
    writer_put(w, BYTES_OF(f->tcb));
    writer_put(w, BYTES_OF(f->fms));
    forge_fill_(w, 0, 0x15);
    writer_put(w, BYTES_OF(f->chip));
    writer_put(w, BYTES_OF(f->tcb));
    forge_fill_(w, 1, 8);
    writer_put(w, BYTES_OF(f->tcb));
    forge_fill_(w, 0, SNP_SIGNED_SIZE - 0x1f8);
}

static struct private_key *forge_key(void)
{
    static struct private_key key;

    if (key.state == NULL) {
        enum err e = private_key_parse(&key, BYTES_TEXT(forge_key_pem));

        assert(e == ERR_OK);
    }
    return &key;
}

static void forge_number_(struct writer *w, const uint8_t *big, uint8_t high)
{
    for (size_t i = 48; i > 0; i--)
        writer_u8(w, big[i - 1]);
    forge_fill_(w, 0, 23);
    writer_u8(w, high);
}

/* 1184 bytes, signed. */
static struct bytes forge_report(const struct forge *f)
{
    uint8_t *raw = pki_take_(SNP_REPORT_SIZE), signature[PRIVATE_KEY_SIGNATURE_MAX];
    struct writer w = writer_of(raw, SNP_REPORT_SIZE);
    size_t size;
    enum err e;

    forge_body_(&w, f);
    assert(w.size == SNP_SIGNED_SIZE);
    e = private_key_sign(signature, &size, forge_key(), SIGNATURE_ECDSA_SHA384, writer_bytes(&w));
    assert(e == ERR_OK && size == 96);
    forge_number_(&w, signature, f->high_r);
    forge_number_(&w, signature + 48, 0);
    forge_fill_(&w, 0, SNP_REPORT_SIZE - 0x330 - 1);
    writer_u8(&w, f->bad_tail);
    return (struct bytes){ raw, SNP_REPORT_SIZE };
}

static struct bytes forge_extension_(uint8_t arc, uint8_t second, struct bytes value)
{
    uint8_t oid[10] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, arc, second };

    return pki_extension((struct bytes){ oid, second != 0 ? 10 : 9 }, false, value);
}

static struct bytes forge_text_(const char *text)
{
    return PKI(DER_IA5_STRING, ((struct bytes){ (const uint8_t *)text, strlen(text) }));
}

static struct bytes forge_extensions_(const struct forge *f)
{
    struct bytes spl[SNP_TCB_SIZE], hwid = { f->hwid, f->is_turin ? 8 : 64 };

    for (uint32_t i = 0; i < SNP_TCB_SIZE; i++) {
        bool reserved;
        uint32_t n = snp_tcb_extension(f->is_turin ? SNP_TURIN : SNP_MILAN, i, &reserved);

        spl[i] = f->spl_missing >> i & 1
                     ? PKI_NONE
                     : forge_extension_(3, (uint8_t)n, pki_number(f->spl[i] + 256u * f->two_bytes));
    }
    if (f->bad_hwid)
        hwid.size = 32;
    return PKI(DER_SEQUENCE, forge_extension_(1, 0, pki_number(f->is_turin)),
               forge_extension_(2, 0, forge_text_(f->product)), spl[0], spl[1], spl[2], spl[3],
               spl[4], spl[5], spl[6], spl[7],
               f->is_vlek
                   ? forge_extension_(5, 0, forge_text_("CN=cloud.example"))
                   : forge_extension_(4, 0, f->hwid_wrapped ? PKI(DER_OCTET_STRING, hwid) : hwid));
}

/* The VCEK or VLEK: serial number 0, as AMD's. */
static struct bytes forge_vek(const struct forge *f)
{
    static uint8_t room[PRIVATE_KEY_PUBLIC_MAX];
    uint8_t point[98] = { 0, 4 };
    struct public_key public;
    struct bytes spki, tbs;
    enum err e = private_key_public(&public, room, forge_key());

    assert(e == ERR_OK);
    memcpy(point + 2, public.x.data, 48);
    memcpy(point + 50, public.y.data, 48);
    spki = PKI(DER_SEQUENCE,
               PKI(DER_SEQUENCE, PKI(DER_OID, BYTES_TEXT("\x2a\x86\x48\xce\x3d\x02\x01")),
                   PKI(DER_OID, BYTES_TEXT("\x2b\x81\x04\x00\x22"))),
               PKI(DER_BIT_STRING, BYTES_OF(point)));
    tbs = PKI(DER_SEQUENCE, PKI(DER_CONTEXT_CONSTRUCTED(0), pki_number(2)), pki_number(0),
              PKI_ED25519, pki_name(f->issuer),
              PKI(DER_SEQUENCE, pki_time("2000"), pki_time(f->expired ? "2010" : "2100")),
              pki_name(f->is_vlek ? "SEV-VLEK" : "SEV-VCEK"), spki,
              PKI(DER_CONTEXT_CONSTRUCTED(3), forge_extensions_(f)));
    return pki_sign(tbs, f->stranger ? FORGE_STRANGER : FORGE_ASK, false, PKI_NONE);
}

#define FORGE_ASK_SERIAL 0x20001u

/* ASK or ASVK. */
static struct bytes forge_ask(const struct forge *f)
{
    return pki_certificate(&(struct pki_certificate){ .subject = f->issuer,
                                                      .issuer = "ARK-Forge",
                                                      .key = FORGE_ASK,
                                                      .signer = FORGE_ARK,
                                                      .serial = FORGE_ASK_SERIAL,
                                                      .is_ca = true,
                                                      .key_usage = 4 });
}

static struct bytes forge_ark(void)
{
    return pki_certificate(&(struct pki_certificate){ .subject = "ARK-Forge",
                                                      .issuer = "ARK-Forge",
                                                      .key = FORGE_ARK,
                                                      .signer = FORGE_ARK,
                                                      .serial = 1,
                                                      .is_ca = true,
                                                      .key_usage = 6 });
}

static struct bytes forge_crl(uint32_t revoked)
{
    return pki_crl(&(struct pki_crl){ .issuer = "ARK-Forge",
                                      .signer = FORGE_ARK,
                                      .from = "2015",
                                      .to = "2090",
                                      .revoked = &revoked,
                                      .revoked_count = 1 });
}

#endif

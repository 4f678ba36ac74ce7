/* The built-in certificates are what README.md says, hold together, and (where the shared
 * evidence is at hand: BROCH_DATA) are the ones it has. */
#include "attest/roots.h"

#include <stdlib.h>
#include <unistd.h>

#include "attest/roots/data.h"
#include "base/num.h"
#include "codec/pem.h"
#include "crypto/hash.h"
#include "tests/check.h"

static const char *const file_names[] = {
#define ROOTS_FILE(file, name, by_key) #file,
#include "attest/roots/files.def"
#undef ROOTS_FILE
};

static size_t read_whole(uint8_t *room, size_t size, const char *folder, const char *name)
{
    char path[1024];
    FILE *f;
    size_t got;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "rb");
    if (f == NULL)
        return 0;
    got = fread(room, 1, size, f);
    fclose(f);
    return got;
}

static void fingerprint(char out[65], struct bytes data)
{
    uint8_t digest[HASH_SHA256_SIZE];

    CHECK_OK(hash_sha256(digest, data));
    hex_encode(out, BYTES_OF(digest));
    out[64] = '\0';
}

static void test_readme(void)
{
    static char text[1 << 16];
    const char *source = getenv("BROCH_SOURCE");
    char folder[512];
    size_t size;

    CASE("every certificate has its SHA-256 in README.md");
    if (source == NULL) {
        CASE_SKIP("BROCH_SOURCE is not set");
        return;
    }
    snprintf(folder, sizeof folder, "%s/attest/roots", source);
    size = read_whole((uint8_t *)text, sizeof text - 1, folder, "README.md");
    text[size] = '\0';
    for (size_t i = 0; i < ROOTS_COUNT; i++) {
        char print[65], row[160];

        fingerprint(print, roots_certificates[i]);
        snprintf(row, sizeof row, "`%s.der`", file_names[i]);
        CHECK(strstr(text, row) != NULL);
        if (!CHECK(strstr(text, print) != NULL))
            printf("# %s %s\n", row, print);
    }
}

static void test_form(void)
{
    CASE("each can be read, and its key and algorithm are known");
    for (size_t i = 0; i < ROOTS_COUNT; i++) {
        struct x509 c;

        CHECK_OK(x509_parse(&c, roots_table[i].certificate));
        CHECK(c.key.kind != KEY_NONE && c.signature_kind != SIGNATURE_NONE);
        CHECK(c.is_ca);
        CHECK_BYTES(roots_certificates[i], roots_table[i].certificate);
    }
}

static bool issued(const struct root *root, struct bytes der)
{
    struct x509 r, c;

    return x509_parse(&r, root->certificate) == ERR_OK && x509_parse(&c, der) == ERR_OK &&
           bytes_equal(r.subject, c.issuer) &&
           signature_check_der(&r.key, c.signature_kind, c.tbs, c.signature, NULL) ==
               SIGNATURE_GOOD;
}

static void test_accessors(void)
{
    uint32_t count;
    const struct root *intel = roots_intel(&count);
    struct x509 a, b;

    CASE("AMD: each product's ASK and ASVK are its ARK's");
    for (enum snp_product p = SNP_MILAN; p < SNP_PRODUCT_COUNT; p++) {
        CHECK(issued(roots_amd_ark(p), roots_amd_ark(p)->certificate));
        CHECK(issued(roots_amd_ark(p), roots_amd_ask(p)));
        CHECK(issued(roots_amd_ark(p), roots_amd_asvk(p)));
    }
    CHECK_NULL(roots_amd_ark(SNP_PRODUCT_NONE));
    CHECK_NULL(roots_amd_ark(SNP_PRODUCT_COUNT));
    CHECK_EQ(roots_amd_ask(SNP_PRODUCT_NONE).size, 0);

    CASE("AMD: the ASK of Genoa is the one that is not revoked");
    CHECK_OK(x509_parse(&a, roots_amd_ask(SNP_GENOA)));
    CHECK_BYTES(a.serial, BYTES_TEXT("\x02\x00\x02"));

    CASE("Intel: two issues of one key, pinned by it");
    CHECK_EQ(count, 2);
    CHECK_OK(x509_parse(&a, intel[0].certificate));
    CHECK_OK(x509_parse(&b, intel[1].certificate));
    CHECK(intel[0].by_key && intel[1].by_key && key_equal(&a.key, &b.key));
    CHECK_BYTES(a.subject, b.subject);

    CASE("the others are one each, self-signed, and not pinned by key");
    const struct root *single[] = { roots_aws_nitro(&count), roots_nvidia_device(&count),
                                    roots_nvidia_rim(&count), roots_google_tpm(&count) };
    CHECK_EQ(count, 1);
    for (size_t i = 0; i < COUNT_OF(single); i++) {
        CHECK(issued(single[i], single[i]->certificate));
        CHECK(!single[i]->by_key);
    }

    CASE("Google: the intermediate of 2022 is the root's");
    const struct bytes *middle = roots_google_intermediates(&count);
    CHECK_EQ(count, 3);
    CHECK(issued(single[3], middle[0]));
}

static void test_shared(void)
{
    static const struct {
        enum roots_file file;
        const char *path;
    } copies[] = {
        { ROOTS_amd_ark_milan, "amd/ark-milan.der" },
        { ROOTS_amd_ark_genoa, "amd/ark-genoa.der" },
        { ROOTS_amd_ark_turin, "amd/ark-turin.der" },
        { ROOTS_amd_ask_milan, "amd/sev-milan.der" },
        { ROOTS_amd_ask_genoa, "amd/sev-genoa.der" },
        { ROOTS_amd_ask_turin, "amd/sev-turin.der" },
        { ROOTS_amd_asvk_milan, "amd/sev-vlek-milan.der" },
        { ROOTS_amd_asvk_genoa, "amd/sev-vlek-genoa.der" },
        { ROOTS_amd_asvk_turin, "amd/sev-vlek-turin.der" },
        { ROOTS_intel_sgx_2049, "intel/sgx_root_ca_2018_2049.der" },
        { ROOTS_intel_sgx_2033, "intel/sgx_root_ca_2018_2033.der" },
        { ROOTS_google_ek_ak_root, "gcp/gcp_ek_ak_ca_root.crt" },
        { ROOTS_google_ek_ak_v3, "gcp/gcp_ek_ak_ca_intermediate_v3.crt" },
        { ROOTS_google_tpm_ek_2, "gcp/tpm_ek_intermediate_2.crt" },
        { ROOTS_google_tpm_ek_3, "gcp/tpm_ek_intermediate_3.crt" },
    };
    static uint8_t room[8192];
    const char *data = getenv("BROCH_DATA");
    char folder[512];

    CASE("they are the shared evidence's own");
    snprintf(folder, sizeof folder, "%s/evidence/common", data != NULL ? data : "");
    if (data == NULL || access(folder, F_OK) != 0) {
        CASE_SKIP("no shared evidence (BROCH_DATA)");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(copies); i++) {
        size_t size = read_whole(room, sizeof room, folder, copies[i].path);

        CHECK_BYTES(((struct bytes){ room, size }), roots_certificates[copies[i].file]);
    }
}

int main(void)
{
    test_readme();
    test_form();
    test_accessors();
    test_shared();
    return check_done();
}

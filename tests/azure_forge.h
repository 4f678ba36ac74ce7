/* azure_forge.h: a maker of Azure's evidence for tests: an HCL report around a forged SNP
 * report that vouches for the key of tests/tpm_forge.h. Include this in one file per program.
 * Not for shipped code. */
#ifndef BROCH_TESTS_AZURE_FORGE_H
#define BROCH_TESTS_AZURE_FORGE_H

#include "codec/json_write.h"
#include "tests/snp_forge.h"
#include "tests/tpm_forge.h"

#define AZURE_FORGE_SIZE 2600u
#define AZURE_FORGE_JSON 0x4d4u

struct azure_forge {
    struct forge snp;
    struct tpm_forge tpm;
    const char *key_id;
    uint8_t hcl[AZURE_FORGE_SIZE];
    uint8_t report_data[64];
    uint32_t json_size;
    bool unbound; /* the report does not vouch for the JSON */
    bool twice;   /* two keys of that id */
};

static size_t azure_forge_json_(struct azure_forge *f)
{
    struct writer w = writer_of(f->hcl + AZURE_FORGE_JSON, 1024);
    struct json_write j = json_write_to(&w, false);

    json_write_open(&j, NULL, '{');
    json_write_open(&j, "keys", '[');
    for (unsigned i = 0; i < 1u + f->twice; i++) {
        json_write_open(&j, NULL, '{');
        json_write_string(&j, "kid", f->key_id);
        json_write_string(&j, "kty", "EC");
        json_write_string(&j, "crv", "P-256");
        json_write_base64url(&j, "x", f->tpm.ak_public.x);
        json_write_base64url(&j, "y", f->tpm.ak_public.y);
        json_write_close(&j, '}');
    }
    json_write_close(&j, ']');
    json_write_open(&j, "vm-configuration", '{');
    json_write_bool(&j, "secure-boot", true);
    json_write_close(&j, '}');
    json_write_close(&j, '}');
    assert(writer_ok(&w));
    return w.size;
}

/* All parts anew, from f->snp and f->key_id. */
static void azure_forge_make(struct azure_forge *f)
{
    struct writer w = writer_of(f->hcl, AZURE_FORGE_JSON);
    enum err e;

    tpm_forge_make(&f->tpm);
    memset(f->hcl, 0, sizeof f->hcl);
    memset(f->report_data, 0, sizeof f->report_data);
    f->json_size = (uint32_t)azure_forge_json_(f);
    e = hash_sha256(f->report_data, (struct bytes){ f->hcl + AZURE_FORGE_JSON, f->json_size });
    assert(e == ERR_OK);
    f->report_data[40] = f->unbound;
    f->snp.own_report_data = BYTES_OF(f->report_data);
    writer_put(&w, BYTES_TEXT("HCLA"));
    writer_u32le(&w, 1);
    writer_u32le(&w, AZURE_FORGE_JSON + f->json_size);
    writer_u32le(&w, 2);
    writer_u64le(&w, 0);
    writer_u64le(&w, 0);
    writer_put(&w, forge_report(&f->snp));
    writer_u32le(&w, 20 + f->json_size);
    writer_u32le(&w, 1);
    writer_u32le(&w, 2);
    writer_u32le(&w, 1);
    writer_u32le(&w, f->json_size);
    assert(w.size == AZURE_FORGE_JSON);
}

#endif

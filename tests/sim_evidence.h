/* sim_evidence.h: simulated evidence for tests, in the form of host/evidence_sim.c, by a key made
 * of one number. Deterministic, in static memory. Include this in one file per test program. */
#ifndef BROCH_TESTS_SIM_EVIDENCE_H
#define BROCH_TESTS_SIM_EVIDENCE_H

#include <assert.h>
#include <string.h>

#include "codec/cbor.h"
#include "crypto/sign.h"

static void sim_seed_(uint8_t seed[SIGN_SEED_SIZE], uint8_t key)
{
    memset(seed, key, SIGN_SEED_SIZE);
}

/* SubjectPublicKeyInfo of the key (RFC 8410, 4): for --root. */
[[maybe_unused]] static struct bytes sim_root(uint8_t key)
{
    static uint8_t spki[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
    uint8_t seed[SIGN_SEED_SIZE];

    sim_seed_(seed, key);
    assert(sign_public(spki + 12, seed) == ERR_OK);
    return BYTES_OF(spki);
}

/* Measurement 32 times `measured`, report data 64 times `report`. */
[[maybe_unused]] static struct bytes sim_evidence(uint8_t key, uint8_t measured, uint8_t report,
                                                  bool is_debug)
{
    static uint8_t room[1024];
    uint8_t seed[SIGN_SEED_SIZE], public[SIGN_PUBLIC_SIZE], signature[SIGN_SIZE];
    uint8_t digest[32], data[64], head[8], body[256], input[512];
    struct writer h = writer_of(head, sizeof head), b = writer_of(body, sizeof body);
    struct writer i = writer_of(input, sizeof input), w = writer_of(room, sizeof room);

    sim_seed_(seed, key);
    memset(digest, measured, sizeof digest);
    memset(data, report, sizeof data);
    cbor_put_map(&h, 1);
    cbor_put_uint(&h, 1);
    cbor_put_int(&h, -8);
    cbor_put_map(&b, 5);
    cbor_put_uint(&b, 1);
    cbor_put_text(&b, BYTES_TEXT("sim"));
    cbor_put_uint(&b, 2);
    cbor_put_bytes(&b, BYTES_OF(digest));
    cbor_put_uint(&b, 3);
    cbor_put_bytes(&b, BYTES_OF(data));
    cbor_put_uint(&b, 4);
    cbor_put_bool(&b, is_debug);
    cbor_put_uint(&b, 5);
    cbor_put_bool(&b, true);
    cbor_put_array(&i, 4);
    cbor_put_text(&i, BYTES_TEXT("Signature1"));
    cbor_put_bytes(&i, writer_bytes(&h));
    cbor_put_bytes(&i, (struct bytes){ 0 });
    cbor_put_bytes(&i, writer_bytes(&b));
    assert(sign_public(public, seed) == ERR_OK);
    assert(sign_make(signature, seed, writer_bytes(&i)) == ERR_OK);
    cbor_put_tag(&w, 18);
    cbor_put_array(&w, 4);
    cbor_put_bytes(&w, writer_bytes(&h));
    cbor_put_map(&w, 1);
    cbor_put_uint(&w, 4);
    cbor_put_bytes(&w, BYTES_OF(public));
    cbor_put_bytes(&w, writer_bytes(&b));
    cbor_put_bytes(&w, BYTES_OF(signature));
    assert(writer_ok(&w));
    return writer_bytes(&w);
}

#endif

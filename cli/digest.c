#include "cli/digest.h"

#include <stdio.h>

#include "codec/cbor.h"

enum err digest_workload(uint8_t out[HASH_SHA256_SIZE], struct bytes module, struct bytes manifest)
{
    uint8_t room[128], part[HASH_SHA256_SIZE];
    struct writer w = writer_of(room, sizeof room);

    cbor_put_map(&w, 3);
    TRY(hash_sha256(part, module));
    cbor_put_uint(&w, 0);
    cbor_put_bytes(&w, BYTES_OF(part));
    cbor_put_uint(&w, 1);
    if (manifest.data != NULL) {
        TRY(hash_sha256(part, manifest));
        cbor_put_bytes(&w, BYTES_OF(part));
    } else {
        cbor_put_null(&w);
    }
    cbor_put_uint(&w, 2);
    cbor_put_map(&w, 0); /* a workload on one machine brings no files of its own */
    if (!writer_ok(&w))
        return ERR_LIMIT;
    return hash_sha256(out, writer_bytes(&w));
}

void digest_text(char out[DIGEST_TEXT_SIZE], const uint8_t digest[HASH_SHA256_SIZE])
{
    for (unsigned i = 0; i < HASH_SHA256_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

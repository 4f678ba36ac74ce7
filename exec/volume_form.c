#include "exec/volume_form.h"

#include <string.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/kdf.h"

#define HEADER_SIZE 104u
#define BEFORE_TAG (HEADER_SIZE - SEAL_TAG_SIZE)
/* So that no sum of what a header says can overflow. */
#define AT_MOST (1ull << 40)

static const uint8_t magic[8] = { 'b', 'r', 'o', 'c', 'h', 'v', 'o', 'l' };

enum err volume_seal(struct seal *out, uint8_t check[VOLUME_CHECK_SIZE], struct bytes key,
                     const uint8_t salt[VOLUME_SALT_SIZE])
{
    uint8_t derived[SEAL_KEY_SIZE + VOLUME_CHECK_SIZE];
    enum err e = kdf_derive(derived, sizeof derived, key, (struct bytes){ salt, VOLUME_SALT_SIZE },
                            BYTES_TEXT("broch volume 1"));

    if (e == ERR_OK)
        e = seal_init(out, derived);
    if (e == ERR_OK)
        memcpy(check, derived + SEAL_KEY_SIZE, VOLUME_CHECK_SIZE);
    explicit_bzero(derived, sizeof derived);
    return e;
}

void volume_nonce(uint8_t out[SEAL_NONCE_SIZE], uint64_t count)
{
    struct writer w = writer_of(out, SEAL_NONCE_SIZE);

    writer_u64le(&w, count);
    writer_u32le(&w, 0);
}

enum err volume_header_write(uint8_t out[VOLUME_SLOT_SIZE], const struct volume_header *h,
                             struct bytes key)
{
    struct writer w = writer_of(out, VOLUME_SLOT_SIZE);
    uint8_t nonce[SEAL_NONCE_SIZE], check[VOLUME_CHECK_SIZE];
    struct seal s;
    enum err e;

    TRY(volume_seal(&s, check, key, h->salt));
    memset(out, 0, VOLUME_SLOT_SIZE);
    writer_put(&w, BYTES_OF(magic));
    writer_u32le(&w, VOLUME_VERSION);
    writer_u32le(&w, 0);
    writer_u64le(&w, h->generation);
    writer_u64le(&w, h->at);
    writer_u64le(&w, h->chunks);
    writer_put(&w, BYTES_OF(h->salt));
    writer_put(&w, BYTES_OF(check));
    volume_nonce(nonce, 0);
    e = seal_lock(&s, nonce, writer_bytes(&w), (struct bytes){ 0 }, NULL, out + BEFORE_TAG);
    seal_done(&s);
    return e;
}

static bool is_zero(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

/* The header's own tag, then what it says. */
static enum volume_slot header_judge(const struct volume_header *h, const uint8_t *raw,
                                     struct bytes check, struct bytes key)
{
    uint8_t nonce[SEAL_NONCE_SIZE], want[VOLUME_CHECK_SIZE];
    struct seal s;
    enum err e;

    if (volume_seal(&s, want, key, h->salt) != ERR_OK)
        return VOLUME_SLOT_BROKEN;
    volume_nonce(nonce, 0);
    e = seal_unlock(&s, nonce, (struct bytes){ raw, BEFORE_TAG }, (struct bytes){ 0 },
                    raw + BEFORE_TAG, NULL);
    seal_done(&s);
    if (e == ERR_OK && bytes_equal(check, BYTES_OF(want)))
        return h->generation > 0 && h->at >= VOLUME_DATA_AT && h->at <= AT_MOST && h->chunks > 0 &&
                       h->chunks <= LIMIT_ARCHIVE_SIZE / VOLUME_CHUNK_SIZE &&
                       is_zero(raw + HEADER_SIZE, VOLUME_SLOT_SIZE - HEADER_SIZE)
                   ? VOLUME_SLOT_GOOD
                   : VOLUME_SLOT_BROKEN;
    return bytes_equal(check, BYTES_OF(want)) ? VOLUME_SLOT_BROKEN : VOLUME_SLOT_STRANGE;
}

enum volume_slot volume_header_read(struct volume_header *out, const uint8_t raw[VOLUME_SLOT_SIZE],
                                    struct bytes key)
{
    struct reader r = reader_of((struct bytes){ raw, VOLUME_SLOT_SIZE });
    struct volume_header h = { 0 };
    struct bytes check;
    uint32_t version, zero;

    if (is_zero(raw, VOLUME_SLOT_SIZE))
        return VOLUME_SLOT_EMPTY;
    if (!bytes_equal(reader_take(&r, sizeof magic), BYTES_OF(magic)))
        return VOLUME_SLOT_FOREIGN;
    version = reader_u32le(&r);
    zero = reader_u32le(&r);
    h.generation = reader_u64le(&r);
    h.at = reader_u64le(&r);
    h.chunks = reader_u64le(&r);
    reader_copy(&r, h.salt, sizeof h.salt);
    check = reader_take(&r, VOLUME_CHECK_SIZE);
    if (!reader_ok(&r) || zero != 0)
        return VOLUME_SLOT_BROKEN;
    if (version != VOLUME_VERSION)
        return VOLUME_SLOT_VERSION;
    *out = h;
    return header_judge(&h, raw, check, key);
}

/* Covers: cbor_skip cbor_take_* cbor_put_* */
#include "codec/cbor.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes the head or the scalar that comes next and puts it again. */
static void copy_one(struct reader *r, struct writer *w)
{
    switch (cbor_peek(r)) {
    case CBOR_UINT: cbor_put_uint(w, cbor_take_uint(r)); break;
    case CBOR_NEGATIVE: {
        struct reader before = *r;
        int64_t n = cbor_take_int(r);

        if (reader_ok(r)) {
            cbor_put_int(w, n);
        } else { /* below the range of 64 bits: the bytes stand for themselves */
            *r = before;
            writer_put(w, cbor_take_raw(r));
        }
        break;
    }
    case CBOR_BYTES: cbor_put_bytes(w, cbor_take_bytes(r)); break;
    case CBOR_TEXT: cbor_put_text(w, cbor_take_text(r)); break;
    case CBOR_ARRAY: cbor_put_array(w, cbor_take_array(r)); break;
    case CBOR_MAP: cbor_put_map(w, cbor_take_map(r)); break;
    case CBOR_TAG: cbor_put_tag(w, cbor_take_tag(r)); break;
    default:
        if (cbor_take_if_null(r))
            cbor_put_null(w);
        else
            cbor_put_bool(w, cbor_take_bool(r));
    }
}

/* What is accepted is what we would have written, byte for byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of((struct bytes){ data, size });
    struct writer w;
    uint8_t *room;

    cbor_skip(&r);
    if (!reader_done(&r))
        return 0;
    room = malloc(size);
    if (room == NULL)
        return 0;
    w = writer_of(room, size);
    r = reader_of((struct bytes){ data, size });
    while (r.left > 0 && reader_ok(&r))
        copy_one(&r, &w);
    if (!reader_done(&r) || !writer_ok(&w) ||
        !bytes_equal(writer_bytes(&w), (struct bytes){ data, size }))
        abort();
    free(room);
    return 0;
}

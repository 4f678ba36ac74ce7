/* Covers: cbor_item_check cbor_walk_* */
#include <stdlib.h>

#include "codec/cbor_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What is well-formed can be stepped over to its end, and so can each thing in it. */
static void contents_walk(struct bytes item)
{
    struct reader r = reader_of(item);
    enum cbor_type type = cbor_peek(&r);

    if (type == CBOR_ARRAY || type == CBOR_MAP) {
        struct cbor_list l = type == CBOR_MAP ? cbor_walk_map(&r) : cbor_walk_array(&r);

        while (cbor_walk_next(&l)) {
            (void)cbor_walk_raw(&r);
            if (type == CBOR_MAP)
                (void)cbor_walk_raw(&r);
        }
        must(reader_done(&r));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    enum err e = cbor_item_check(raw, CBOR_DEPTH_MAX);
    struct reader r = reader_of(raw), strict = r;

    /* The strict reader takes a subset, but for keys that nest, which it refuses. */
    cbor_skip(&strict);
    if (reader_done(&strict))
        must(e == ERR_OK);
    cbor_walk_skip(&r);
    if (e == ERR_OK) {
        must(reader_done(&r));
        contents_walk(raw);
        if (size > 1) /* and no shorter one is an item */
            must(cbor_item_check((struct bytes){ data, size - 1 }, CBOR_DEPTH_MAX) != ERR_OK);
    }
    r = reader_of(raw); /* on any input, without the check: safe */
    cbor_walk_map_check(&r);
    (void)cbor_walk_head(&r);
    (void)cbor_walk_int(&r);
    (void)cbor_walk_text(&r);
    return 0;
}

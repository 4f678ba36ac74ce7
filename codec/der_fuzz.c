/* Covers: der_take_raw der_take der_take_uint der_take_time der_oid_text der_ecdsa_parse */
#include "codec/der.h"

#include <stdlib.h>
#include <string.h>

#include "base/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 8

/* Takes one element apart and asks everything of it; what is taken raw has to be as long as
 * its head says. */
static void ask(struct bytes element)
{
    struct reader r = reader_of(element);
    char text[80];
    struct bytes contents = der_take(&r, der_peek(&r));
    size_t head = element.size - contents.size;

    if (!reader_done(&r) || head < 2 || head > 6)
        abort();
    if ((contents.size < 128) != (head == 2))
        abort();
    r = reader_of(element);
    (void)der_take_uint(&r, der_peek(&r));
    r = reader_of(element);
    (void)der_take_time(&r);
    r = reader_of(element);
    if (der_peek(&r) == DER_OID && reader_ok(&r) && der_take_oid(&r).size > 8)
        (void)der_oid_text(text, sizeof text, contents);
    r = reader_of(element);
    (void)der_take_bool(&r);
    r = reader_of(element);
    if (der_take_bits(&r).size >= element.size)
        abort();
}

static void walk(struct bytes all)
{
    struct reader levels[DEPTH];
    unsigned depth = 0;

    levels[0] = reader_of(all);
    for (;;) {
        struct reader *r = &levels[depth];
        struct bytes element = der_take_raw(r);

        if (!reader_ok(r) || element.size == 0) {
            if (depth-- == 0)
                return;
            continue;
        }
        ask(element);
        if ((element.data[0] & 0x20) != 0 && depth + 1 < DEPTH) {
            struct reader inner = reader_of(element);

            levels[++depth] = der_enter(&inner, element.data[0]);
        }
    }
}

/* r and s put back into DER are the bytes that were parsed. */
static void signature(struct bytes der)
{
    uint8_t raw[2 * 66], back[160];
    struct writer w = writer_of(back, sizeof back), inner;
    uint8_t room[150];

    if (der_ecdsa_parse(raw, 66, der) != ERR_OK)
        return;
    inner = writer_of(room, sizeof room);
    for (size_t half = 0; half < 2; half++) {
        const uint8_t *n = &raw[66 * half];
        size_t skip = 0;

        while (skip < 65 && n[skip] == 0)
            skip++;
        size_t sign = n[skip] >= 0x80 ? 1 : 0;
        writer_u8(&inner, DER_INTEGER);
        writer_u8(&inner, (uint8_t)(66 - skip + sign));
        if (sign != 0)
            writer_u8(&inner, 0);
        writer_put(&inner, (struct bytes){ &n[skip], 66 - skip });
    }
    writer_u8(&w, DER_SEQUENCE);
    if (inner.size >= 128)
        writer_u8(&w, 0x81);
    writer_u8(&w, (uint8_t)inner.size);
    writer_put(&w, writer_bytes(&inner));
    if (!writer_ok(&w) || !bytes_equal(writer_bytes(&w), der))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk((struct bytes){ data, size });
    signature((struct bytes){ data, size });
    return 0;
}

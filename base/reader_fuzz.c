/* Covers: reader_* writer_leb_* */
#include <stdlib.h>

#include "base/reader.h"
#include "base/writer.h"

/* The first byte of every step picks a take. What is taken is never more than
 * was there, the offset never runs backwards, a bad reader gives only zeroes,
 * and a number that was read is read again from its shortest form. */
static void step(struct reader *r, uint8_t op)
{
    uint8_t room[10];
    struct writer w = writer_of(room, sizeof room);
    struct reader again;
    uint64_t n = 0;

    switch (op % 10) {
    case 0: n = reader_u8(r); break;
    case 1: n = reader_u16le(r); break;
    case 2: n = reader_u32be(r); break;
    case 3: n = reader_u64le(r); break;
    case 4: n = reader_take(r, op).size; break;
    case 5: reader_skip(r, (size_t)op << (op % 64)); break;
    case 6: n = reader_leb_u32(r); break;
    case 7: n = reader_leb_u64(r); break;
    case 8: n = (uint64_t)reader_leb_s33(r); break;
    default: n = (uint64_t)reader_leb_s64(r); break;
    }
    if (r->bad && n != 0)
        abort();
    if (op % 10 >= 8)
        writer_leb_s64(&w, (int64_t)n);
    else
        writer_leb_u64(&w, n);
    again = reader_of(writer_bytes(&w));
    if (!writer_ok(&w))
        abort();
    if ((op % 10 >= 8 ? (uint64_t)reader_leb_s64(&again) : reader_leb_u64(&again)) != n)
        abort();
    if (!reader_done(&again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader ops = reader_of((struct bytes){ data, size });
    struct reader r = ops;

    while (reader_ok(&ops) && !reader_done(&ops)) {
        size_t before = reader_offset(&r);

        step(&r, reader_u8(&ops));
        if (reader_offset(&r) < before || reader_offset(&r) > size)
            abort();
        if (r.left > size - reader_offset(&r))
            abort();
    }
    return 0;
}

#include "codec/utf8.h"

static bool scalar_valid(uint32_t point)
{
    return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

size_t utf8_take(struct bytes text, uint32_t *point)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t n;
    size_t size;

    if (text.size == 0)
        return 0;
    n = text.data[0];
    if (n < 0x80) {
        *point = n;
        return 1;
    }
    if (n >= 0xf8 || n < 0xc0)
        return 0;
    size = n >= 0xf0 ? 4 : n >= 0xe0 ? 3 : 2;
    if (size > text.size)
        return 0;
    n &= 0x7fu >> size;
    for (size_t i = 1; i < size; i++) {
        if ((text.data[i] & 0xc0) != 0x80)
            return 0;
        n = n << 6 | (text.data[i] & 0x3fu);
    }
    if (n < least[size] || !scalar_valid(n))
        return 0;
    *point = n;
    return size;
}

size_t utf8_put(uint8_t out[UTF8_SIZE_MAX], uint32_t point)
{
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    uint32_t left = point;

    if (!scalar_valid(point))
        return 0;
    if (size == 1) {
        out[0] = (uint8_t)point;
        return 1;
    }
    for (size_t i = size - 1; i > 0; i--, left >>= 6)
        out[i] = (uint8_t)(0x80 | (left & 0x3f));
    out[0] = (uint8_t)((0xf00u >> size) | left);
    return size;
}

bool utf8_valid(struct bytes text)
{
    uint32_t point;

    while (text.size > 0) {
        size_t size = utf8_take(text, &point);

        if (size == 0)
            return false;
        text.data += size;
        text.size -= size;
    }
    return true;
}

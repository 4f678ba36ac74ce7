#include "cli/text.h"

#include <string.h>

#include "codec/utf8.h"

/* The size of the character at the start of text where it may be shown, else 0. */
static size_t harmless(struct bytes text)
{
    uint32_t point = 0;
    size_t size = utf8_take(text, &point);

    /* C0, DEL and C1; and the marks that turn the direction of writing. */
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
        (point >= 0x2066 && point <= 0x2069))
        return 0;
    return size;
}

const char *text_shown(char out[TEXT_SHOWN_SIZE], struct bytes text)
{
    size_t at = 0;

    while (text.size > 0 && at < TEXT_SHOWN_SIZE - UTF8_SIZE_MAX - 4) {
        size_t size = harmless(text), taken = size == 0 ? 1 : size;

        if (size == 0)
            out[at++] = '?';
        for (size_t i = 0; i < size; i++)
            out[at++] = (char)text.data[i];
        text.data += taken;
        text.size -= taken;
    }
    memcpy(out + at, text.size > 0 ? "..." : "", text.size > 0 ? 4 : 1);
    return out;
}

void text_clean(char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t size = harmless((struct bytes){ (const uint8_t *)text, left });

        if (size == 0) {
            *text = '?';
            size = 1;
        }
        text += size;
        left -= size;
    }
}

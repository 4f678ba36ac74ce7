/* Covers: moment_parse moment_of moment_text */
#include <stdlib.h>

#include "base/moment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is in range, and its text is read as the same moment. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MOMENT_TEXT_SIZE];
    int64_t at = 0, again = 0;

    if (moment_parse(&at, (struct bytes){ data, size }) != ERR_OK)
        return 0;
    if (at < MOMENT_LEAST || at > MOMENT_MOST)
        abort();
    moment_text(text, at);
    if (moment_parse(&again, (struct bytes){ (uint8_t *)text, MOMENT_TEXT_SIZE - 1 }) != ERR_OK ||
        again != at)
        abort();
    return 0;
}

/* Covers: the fuzzing itself. This target must fail (tests/run-fuzz asks for it). */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Three comparisons that only coverage feedback gets through in seconds. */
    if (size >= 3 && data[0] == 0xb0 && data[1] == 'o' && data[2] == 'x')
        abort();
    return 0;
}

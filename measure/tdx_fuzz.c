/* Covers: ovmf_parse_tdx tdx_mrtd */
#include <stdlib.h>
#include <string.h>

#include "measure/tdx.h"

#define IMAGE_SIZE (2 * OVMF_PAGE)
#define PAGES_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t image[IMAGE_SIZE];
    uint8_t one[TDX_DIGEST_SIZE], two[TDX_DIGEST_SIZE];
    struct bytes firmware = BYTES_OF(image);
    size_t used = size < IMAGE_SIZE ? size : IMAGE_SIZE;
    uint64_t pages = 0, extended = 0;
    const char *wrong;
    struct ovmf o;

    memset(image, 0, sizeof image);
    if (used != 0)
        memcpy(image + IMAGE_SIZE - used, data + (size - used), used);
    if (ovmf_parse_tdx(&o, firmware, &wrong) != ERR_OK)
        return 0;
    for (uint32_t i = 0; i < o.section_count; i++) {
        const struct ovmf_section *s = &o.sections[i];

        if (ovmf_slice(firmware, s->data_offset, s->data_size).size != s->data_size ||
            (s->size != 0 && s->data_size > s->size))
            abort();
        if ((s->attributes & OVMF_TDX_AUG) == 0)
            pages += s->size / OVMF_PAGE;
        if ((s->attributes & OVMF_TDX_EXTEND) != 0 && s->size > OVMF_PAGE)
            extended++;
    }
    if (pages > PAGES_MAX)
        return 0;
    if (tdx_mrtd(one, firmware, TDX_PAGE_BY_PAGE, &wrong) != ERR_OK ||
        tdx_mrtd(two, firmware, TDX_SECTION_BY_SECTION, &wrong) != ERR_OK)
        abort(); /* what parses can be measured */
    /* The order tells only where a section has more pages than one. */
    if (extended == 0 && memcmp(one, two, sizeof one) != 0)
        abort();
    return 0;
}

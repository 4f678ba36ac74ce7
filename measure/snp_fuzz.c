/* Covers: ovmf_parse_sev ovmf_parse_svsm snp_launch_measure snp_firmware_measure */
#include <stdlib.h>
#include <string.h>

#include "measure/snp.h"

#define IMAGE_SIZE (2 * OVMF_PAGE)
/* Larger ones take time, and no other way. */
#define PAGES_MAX 256u

/* Tables lie at the end of a firmware: so does the input, in an image of zeros. */
static struct bytes image_of(uint8_t image[IMAGE_SIZE], const uint8_t *data, size_t size)
{
    size_t used = size < IMAGE_SIZE ? size : IMAGE_SIZE;

    memset(image, 0, IMAGE_SIZE);
    if (used != 0)
        memcpy(image + IMAGE_SIZE - used, data + (size - used), used);
    return (struct bytes){ image, IMAGE_SIZE };
}

static bool is_small(struct bytes firmware)
{
    uint64_t pages = 0;
    const char *wrong;
    struct ovmf o;

    if (ovmf_parse_sev(&o, firmware, &wrong) != ERR_OK)
        return false;
    for (uint32_t i = 0; i < o.section_count; i++)
        pages += o.sections[i].size / OVMF_PAGE;
    if (o.section_count > OVMF_SECTIONS_MAX || pages > OVMF_PAGES_MAX)
        abort();
    return pages <= PAGES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t image[IMAGE_SIZE];
    static const struct snp_kernel kernel;
    uint8_t a[SNP_DIGEST_SIZE], b[SNP_DIGEST_SIZE], seed[SNP_DIGEST_SIZE];
    struct snp_launch l = { .firmware = image_of(image, data, size), .vcpus = 2 };
    const char *wrong = NULL;
    uint32_t signature;
    size_t a_size, b_size;
    enum err e;

    (void)snp_vcpu_signature(&signature, (struct bytes){ data, size });
    if (!is_small(l.firmware))
        return 0;
    for (int mode = 0; mode < 3; mode++) {
        l.mode = (enum snp_mode)mode;
        l.kernel = size % 2 == 0 ? &kernel : NULL;
        e = snp_launch_measure(a, &a_size, &l, &wrong);
        if ((e == ERR_OK) != (wrong == NULL))
            abort(); /* a refusal says why */
        if (e != ERR_OK || mode != SNP_MODE_SNP)
            continue;
        /* The same from the firmware's own digest. */
        if (snp_firmware_measure(seed, l.firmware, &wrong) != ERR_OK)
            abort();
        l.firmware_digest = seed;
        if (snp_launch_measure(b, &b_size, &l, &wrong) != ERR_OK || a_size != b_size ||
            memcmp(a, b, a_size) != 0)
            abort();
        l.firmware_digest = NULL;
    }
    l = (struct snp_launch){ .firmware = l.firmware, .svsm = l.firmware, .vcpus = 2 };
    l.vars_size = (size & 0xff) * OVMF_PAGE;
    e = snp_launch_measure(a, &a_size, &l, &wrong);
    if ((e == ERR_OK) != (wrong == NULL) || (e == ERR_OK && a_size != SNP_DIGEST_SIZE))
        abort();
    return 0;
}

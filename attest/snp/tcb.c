#include "attest/snp/tcb.h"

#include "base/num.h"

static const char *const products[SNP_PRODUCT_COUNT] = { NULL, "Milan", "Genoa", "Turin" };

static const struct {
    const char *name, *brief;
    int8_t before_turin, turin; /* which byte; -1: none */
} parts[SNP_PART_COUNT] = {
    [SNP_PART_FMC] = { "fmc", "fmc", -1, 0 },
    [SNP_PART_BOOTLOADER] = { "bootloader", "bl", 0, 1 },
    [SNP_PART_TEE] = { "tee", "tee", 1, 2 },
    [SNP_PART_SNP] = { "snp", "snp", 6, 3 },
    [SNP_PART_MICROCODE] = { "microcode", "ucode", 7, 7 },
};

/* The last arcs of blSPL 1, teeSPL 2, snpSPL 3, spl4 to spl7, ucodeSPL 8, fmcSPL 9. */
static const uint8_t extensions_before_turin[SNP_TCB_SIZE] = { 1, 2, 4, 5, 6, 7, 3, 8 };
static const uint8_t extensions_turin[SNP_TCB_SIZE] = { 9, 1, 2, 3, 5, 6, 7, 8 };

const char *snp_part_name(enum snp_part p) { return parts[p].name; }

bool snp_tcb_part(uint32_t *out, struct bytes tcb, enum snp_product product, enum snp_part part)
{
    int at = product == SNP_TURIN ? parts[part].turin : parts[part].before_turin;

    if (at < 0 || (size_t)at >= tcb.size || product == SNP_PRODUCT_NONE)
        return false;
    *out = tcb.data[at];
    return true;
}

uint32_t snp_tcb_extension(enum snp_product product, uint32_t i, bool *reserved)
{
    uint8_t n = product == SNP_TURIN ? extensions_turin[i] : extensions_before_turin[i];

    *reserved = n >= 4 && n <= 7;
    return n;
}

void snp_tcb_describe(struct fields *f, const char *name, struct bytes tcb,
                      enum snp_product product)
{
    uint32_t version;

    if (product == SNP_PRODUCT_NONE)
        return;
    fields_group(f, name);
    for (uint32_t i = 0; i < SNP_PART_COUNT; i++)
        if (snp_tcb_part(&version, tcb, product, (enum snp_part)i))
            fields_uint(f, parts[i].brief, version);
    fields_end(f);
}

const char *snp_product_name(enum snp_product p)
{
    return p < SNP_PRODUCT_COUNT ? products[p] : NULL;
}

enum snp_product snp_product_of_cpuid(uint32_t family, uint32_t model)
{
    if (family == 0x19 && model <= 0x0f)
        return SNP_MILAN;
    /* Bergamo and Siena (0xA0 to 0xAF) are signed for by Genoa's keys (57230, section 2). */
    if (family == 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
        return SNP_GENOA;
    if (family == 0x1a && model <= 0x1f)
        return SNP_TURIN;
    return SNP_PRODUCT_NONE;
}

enum snp_product snp_product_named(struct bytes name)
{
    struct bytes head = { name.data, 0 };

    while (head.size < name.size && name.data[head.size] != '-')
        head.size++;
    for (uint32_t i = 1; i < SNP_PRODUCT_COUNT; i++)
        if (bytes_equal(head, (struct bytes){ (const uint8_t *)products[i], 5 }))
            return (enum snp_product)i;
    /* "Bergamo" and "Siena" are Genoa's dies under Genoa's keys (57230, section 2). */
    return bytes_equal(head, BYTES_TEXT("Bergamo")) || bytes_equal(head, BYTES_TEXT("Siena"))
               ? SNP_GENOA
               : SNP_PRODUCT_NONE;
}

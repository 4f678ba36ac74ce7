#include "measure/tdx.h"

#include "base/num.h"
#include "tests/check.h"
#include "tests/ovmf_forge.h"

/* Computed by another program, from the documents alone. */
static const char *const goldens[] = {
    "151e1cc6897481e5670167f1055af3eff754dc4b638c1411695a3992d1307c6887e217033ff28f186d0a79b0644884"
    "83",
    "be547108c718e278cdfeb91c2107abccc037c0c9e13aa84708df7014136da5dbe7b84a2f9de45a0aa6ce52b1a09afb"
    "7a",
    "11422093d9248558e623cdd803580126f1912db17c838f511a296eb2e7dba8382ad56767569170322357e1a8fef06e"
    "ae",
    "f9303af19f484c8d065c718d3cb579ed2e878abbd1544a7260eb6be89dbc2d31207bfe427ce01a83bcbae26a2311aa"
    "b1",
};

static uint8_t image[FORGE_SIZE];

/* Whole pages, a page and a part, none of data, and pages that come later. */
static struct ovmf_forge genuine(void)
{
    return (struct ovmf_forge){
        .is_tdx = true,
        .hashes_gpa = 0x80fc00,
        .sections = { { .data_offset = 0x1000,
                        .data_size = 0x1000,
                        .gpa = 0xfffff000,
                        .size = 0x1000,
                        .attributes = OVMF_TDX_EXTEND },
                      { .data_size = 0x300,
                        .gpa = 0x10000,
                        .size = 0x2000,
                        .type = 1,
                        .attributes = OVMF_TDX_EXTEND },
                      { .gpa = 0x810000, .size = 0x2000, .type = 3 },
                      { .gpa = 0x900000, .size = 0x1000, .type = 3, .attributes = OVMF_TDX_AUG } },
        .section_count = 4,
    };
}

static void check_digest(const uint8_t *digest, const char *want)
{
    char text[2 * TDX_DIGEST_SIZE + 1];

    for (size_t i = 0; i < TDX_DIGEST_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    CHECK_TEXT(text, want);
}

static enum err measured(uint8_t *out, const struct ovmf_forge *f, enum tdx_order order)
{
    const char *wrong = NULL;
    enum err e = tdx_mrtd(out, ovmf_forge(image, f), order, &wrong);

    CHECK((e == ERR_OK) == (wrong == NULL));
    return e;
}

#define REFUSED(title, statement, want)                          \
    do {                                                         \
        f = genuine();                                           \
        CASE(title);                                             \
        statement;                                               \
        CHECK_ERR(measured(digest, &f, TDX_PAGE_BY_PAGE), want); \
    } while (0)

int main(void)
{
    uint8_t digest[TDX_DIGEST_SIZE], rtmr[TDX_DIGEST_SIZE] = { 0 };
    struct ovmf_forge f = genuine();
    struct bytes firmware;
    const char *wrong;

    CASE("MRTD page by page");
    CHECK_OK(measured(digest, &f, TDX_PAGE_BY_PAGE));
    check_digest(digest, goldens[0]);
    CASE("MRTD section by section");
    CHECK_OK(measured(digest, &f, TDX_SECTION_BY_SECTION));
    check_digest(digest, goldens[1]);
    CASE("a TD-Shim without a table, with a section that has no memory");
    f.is_shim = true;
    f.sections[4] = (struct ovmf_section){ .data_size = 0x10, .type = 7 };
    f.section_count = 5;
    CHECK_OK(measured(digest, &f, TDX_PAGE_BY_PAGE));
    check_digest(digest, goldens[3]);
    CASE("RTMR of two events");
    for (int i = 1; i <= 2; i++) {
        memset(digest, i, sizeof digest);
        CHECK_OK(tdx_rtmr_extend(rtmr, digest));
    }
    check_digest(rtmr, goldens[2]);

    REFUSED("more data than memory", f.sections[1].data_size = 0x2100, ERR_MALFORMED);
    REFUSED("data behind the image", f.sections[0].data_offset = 0x1001, ERR_MALFORMED);
    REFUSED("data far behind the image", f.sections[0].data_offset = UINT32_MAX, ERR_MALFORMED);
    REFUSED("memory that wraps", f.sections[2].gpa = 0xfffffffffffff000, ERR_MALFORMED);
    REFUSED("memory of 16 EiB", f.sections[2].size = 0xfffffffffffff000, ERR_MALFORMED);
    REFUSED("sections that are too much together", f.sections[2].size = 0x3ffff000, ERR_MALFORMED);
    REFUSED("much that is added later and not measured", f.sections[3].size = 0x3fffe000, ERR_OK);
    REFUSED("memory not at a page's start", f.sections[2].gpa = 0x810001, ERR_MALFORMED);
    REFUSED("metadata of version 2", f.version = 2, ERR_UNSUPPORTED);
    REFUSED("more sections than it says bytes for", f.count = 5, ERR_MALFORMED);
    REFUSED("no metadata", f.no_metadata = true, ERR_MALFORMED);
    REFUSED("a firmware for SEV alone", f.is_tdx = false, ERR_MALFORMED);

    CASE("an image cut short");
    f = genuine();
    firmware = ovmf_forge(image, &f);
    for (firmware.size = 0; firmware.size < FORGE_SIZE; firmware.size += 64)
        CHECK(tdx_mrtd(digest, firmware, TDX_PAGE_BY_PAGE, &wrong) != ERR_OK);
    return check_done();
}

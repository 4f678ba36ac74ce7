#include "measure/snp.h"

#include "base/num.h"
#include "crypto/hash.h"
#include "tests/check.h"
#include "tests/ovmf_forge.h"

/* The digests below were computed by another program, from the documents alone: SHA-384 and
 * SHA-256 of Python over the same bytes. */
static const char *const goldens[] = {
    "40916e0ed348b61a23d47c4c384807ff83cca356be3c4479e24504c285972ac2c99e18f7ceafe17b67ab45eb8c3239"
    "3e",
    "6cd2b1a06780374f7f3c6503979f9c1c238f272e97d6a744bd9b71e43cee32e8d4bf580d264df1abfb0ef0ec2a1723"
    "60",
    "b1aecd3244f27645de12a16fd031b1eb4df6bb4b2ff02a1bc2ee19b774de8e0a",
    "6d4736262ef5e25d3d7f1ff8a37b903dd4a4f3ce489156ea7a854943b99acdab3b0c59663e5e080036b2f9a0f5383d"
    "41",
};

static uint8_t image[FORGE_SIZE], svsm_image[FORGE_SIZE];

static struct ovmf_forge genuine(void)
{
    return (struct ovmf_forge){
        .hashes_gpa = 0x80fc00,
        .sections = { { .gpa = 0x800000, .size = 0x3000, .type = OVMF_SEV_SEC_MEM },
                      { .gpa = 0x803000, .size = 0x1000, .type = OVMF_SEV_SECRETS },
                      { .gpa = 0x804000, .size = 0x1000, .type = OVMF_SEV_CPUID },
                      { .gpa = 0x805000, .size = 0x1000, .type = OVMF_SEV_SVSM_CAA },
                      { .gpa = 0x80f000, .size = 0x1000, .type = OVMF_SEV_KERNEL_HASHES } },
        .section_count = 5,
    };
}

static struct snp_launch launch_of(const struct ovmf_forge *f)
{
    return (struct snp_launch){
        .firmware = ovmf_forge(image, f), .vcpus = 3, .vcpu_signature = 0xa00f11, .features = 0x21
    };
}

static void check_golden(const struct snp_launch *l, const char *want)
{
    uint8_t digest[SNP_DIGEST_SIZE];
    const char *wrong = "";
    char text[2 * SNP_DIGEST_SIZE + 1];
    size_t size = 0;

    CHECK_OK(snp_launch_measure(digest, &size, l, &wrong));
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    CHECK_TEXT(text, want);
    CHECK(wrong == NULL);
}

static void check_goldens(void)
{
    struct ovmf_forge f = genuine();
    struct snp_launch l = launch_of(&f);
    struct snp_kernel kernel;
    uint8_t seed[SNP_DIGEST_SIZE];
    const char *wrong;

    CASE("three vCPUs, every type of section");
    check_golden(&l, goldens[0]);
    CASE("with a kernel");
    CHECK_OK(hash_sha256(kernel.kernel, BYTES_TEXT("kernel")));
    CHECK_OK(hash_sha256(kernel.initrd, BYTES_TEXT("initrd")));
    CHECK_OK(hash_sha256(kernel.cmdline, BYTES_OF("quiet"))); /* with its NUL */
    l.kernel = &kernel;
    check_golden(&l, goldens[1]);
    CASE("from the firmware's digest, its first page unseen");
    CHECK_OK(snp_firmware_measure(seed, l.firmware, &wrong));
    memset(image, 0, OVMF_PAGE);
    l.firmware_digest = seed;
    check_golden(&l, goldens[1]);
    CASE("SEV-ES");
    l = launch_of(&f);
    l.kernel = &kernel;
    l.mode = SNP_MODE_SEV_ES;
    check_golden(&l, goldens[2]);
}

/* The variables' size is that of COCONUT's builds. */
static struct snp_launch svsm_launch(uint32_t entry)
{
    struct ovmf_forge f = genuine();
    struct snp_launch l = launch_of(&f);

    f = (struct ovmf_forge){
        .no_reset = true,
        .no_hashes = true,
        .svsm_entry = entry,
        .sections = { { .gpa = 0x900000, .size = 0x2000, .type = OVMF_SEV_SEC_MEM },
                      { .gpa = 0x902000, .size = 0x1000, .type = OVMF_SEV_SECRETS },
                      { .gpa = 0x903000, .size = 0x1000, .type = OVMF_SEV_CPUID },
                      { .gpa = 0x904000, .size = 0x1000, .type = OVMF_SEV_SVSM_CAA } },
        .section_count = 4,
    };
    l.svsm = ovmf_forge(svsm_image, &f);
    l.vars_size = 0x84000;
    return l;
}

static enum err launched(const struct snp_launch *l)
{
    uint8_t digest[SNP_DIGEST_SIZE];
    const char *wrong = NULL;
    size_t size;
    enum err e = snp_launch_measure(digest, &size, l, &wrong);

    CHECK((e == ERR_OK) == (wrong == NULL)); /* a refusal says why */
    return e;
}

static void check_svsm(void)
{
    static const struct snp_kernel kernel;
    static const uint8_t seed[SNP_DIGEST_SIZE];
    struct snp_launch l = svsm_launch(0x1234);

    CASE("an SVSM below the firmware: features are 1, whatever is asked for");
    check_golden(&l, goldens[3]);
    CASE("an SVSM that is entered outside of itself, or nowhere");
    l = svsm_launch(FORGE_SIZE);
    CHECK_ERR(launched(&l), ERR_INVALID);
    l = svsm_launch(0);
    CHECK_ERR(launched(&l), ERR_INVALID);
    CASE("variables that leave no room, or are no whole pages");
    l = svsm_launch(0x1234);
    l.vars_size = ((uint64_t)4 << 30) - FORGE_SIZE;
    CHECK_ERR(launched(&l), ERR_INVALID);
    l.vars_size = UINT64_MAX;
    CHECK_ERR(launched(&l), ERR_INVALID);
    l.vars_size = 0x84800;
    CHECK_ERR(launched(&l), ERR_INVALID);
    CASE("an SVSM with what it does not go with");
    l = svsm_launch(0x1234);
    l.mode = SNP_MODE_SEV_ES;
    CHECK_ERR(launched(&l), ERR_INVALID);
    l = svsm_launch(0x1234);
    l.vmm = SNP_VMM_EC2;
    CHECK_ERR(launched(&l), ERR_INVALID);
    l = svsm_launch(0x1234);
    l.kernel = &kernel;
    CHECK_ERR(launched(&l), ERR_INVALID);
    l = svsm_launch(0x1234);
    l.firmware_digest = seed;
    CHECK_ERR(launched(&l), ERR_INVALID);
    CASE("the firmware's digest is of SNP's form");
    l = svsm_launch(0x1234);
    l.svsm.size = 0;
    l.firmware_digest = seed;
    CHECK_OK(launched(&l));
    l.mode = SNP_MODE_SEV;
    CHECK_ERR(launched(&l), ERR_INVALID);
}

static enum err measured(const struct ovmf_forge *f, const struct snp_kernel *kernel,
                         uint32_t vcpus)
{
    struct snp_launch l = launch_of(f);

    l.kernel = kernel;
    l.vcpus = vcpus;
    return launched(&l);
}

#define REFUSED(title, statement, kernel, want)   \
    do {                                          \
        f = genuine();                            \
        CASE(title);                              \
        statement;                                \
        CHECK_ERR(measured(&f, kernel, 2), want); \
    } while (0)

static void check_refusals(void)
{
    static const struct snp_kernel k;
    struct ovmf_forge f = genuine();
    struct snp_launch l;
    uint8_t digest[SNP_DIGEST_SIZE];
    const char *wrong;
    size_t size;

    REFUSED("a section not at a page's start", f.sections[0].gpa = 0x800800, NULL, ERR_MALFORMED);
    REFUSED("a section of half a page", f.sections[0].size = 0x800, NULL, ERR_MALFORMED);
    REFUSED("sections of 4 GiB", f.sections[0].size = 0xfffff000, NULL, ERR_MALFORMED);
    REFUSED("a section of a type that nobody knows", f.sections[0].type = 5, NULL, ERR_UNSUPPORTED);
    REFUSED("metadata of version 2", f.version = 2, NULL, ERR_UNSUPPORTED);
    REFUSED("metadata of another name", f.signature = 0x12345678, NULL, ERR_MALFORMED);
    REFUSED("more sections than it has bytes for", f.count = 6, NULL, ERR_MALFORMED);
    REFUSED("more sections than there may be", f.count = 65, NULL, ERR_LIMIT);
    REFUSED("a count that overflows its size", f.count = 0x15555557, NULL, ERR_LIMIT);
    REFUSED("a table longer than the image", f.table_size = 0xfff0, NULL, ERR_MALFORMED);
    REFUSED("a table shorter than its end", f.table_size = 17, NULL, ERR_MALFORMED);
    REFUSED("a table that ends within an entry", f.table_size = 60, NULL, ERR_MALFORMED);
    REFUSED("no table", f.no_table = true, NULL, ERR_INVALID);
    REFUSED("no metadata", f.no_metadata = true, NULL, ERR_INVALID);
    REFUSED("two vCPUs, and no address for the second", f.no_reset = true, NULL, ERR_INVALID);
    REFUSED("a kernel, and no place for its hashes", f.no_hashes = true, &k, ERR_INVALID);
    REFUSED("a kernel, and no section for its hashes", f.section_count = 4, &k, ERR_INVALID);
    REFUSED("a kernel's hashes outside of their section", f.hashes_gpa = 0x900000, &k, ERR_INVALID);
    REFUSED("a kernel's hashes across the end of a page", f.hashes_gpa = 0x80ffff, &k, ERR_INVALID);

    REFUSED("two vCPUs, and the second starts at 0", f.zero_reset = true, NULL, ERR_INVALID);
    REFUSED("a kernel, and a place of 0 for its hashes", f.hashes_gpa = 0, &k, ERR_INVALID);
    REFUSED("a kernel, and two pages for its hashes", f.sections[4].size = 0x2000, &k, ERR_INVALID);
    CASE("SEV with a kernel, and a firmware whose place for hashes is 0");
    f = genuine();
    f.hashes_gpa = 0;
    l = launch_of(&f);
    l.kernel = &k;
    l.mode = SNP_MODE_SEV;
    CHECK_ERR(launched(&l), ERR_INVALID);
    l.mode = SNP_MODE_SEV_ES;
    CHECK_ERR(launched(&l), ERR_INVALID);

    CASE("no vCPU, or too many");
    f = genuine();
    CHECK_ERR(measured(&f, NULL, 0), ERR_LIMIT);
    CHECK_ERR(measured(&f, NULL, SNP_VCPUS_MAX + 1), ERR_LIMIT);
    CASE("every size but whole pages");
    l = launch_of(&f);
    for (l.firmware.size = 0; l.firmware.size < FORGE_SIZE; l.firmware.size++)
        CHECK(snp_launch_measure(digest, &size, &l, &wrong) != ERR_OK);
    CASE("a page that has no contents, and one that has none to give");
    CHECK_ERR(snp_digest_page(digest, SNP_PAGE_NORMAL, 0, (struct bytes){ 0 }), ERR_USAGE);
    CHECK_ERR(snp_digest_page(digest, SNP_PAGE_ZERO, 0, BYTES_OF(image)), ERR_USAGE);
}

static void check_types(void)
{
    static const struct {
        const char *name;
        uint32_t signature;
    } cpus[] = {
        { "EPYC", 0x800f12 },       { "EPYC-v4", 0x800f12 },      { "EPYC-IBPB", 0x800f12 },
        { "EPYC-Rome", 0x830f10 },  { "EPYC-Rome-v4", 0x830f10 }, { "EPYC-Milan-v2", 0xa00f11 },
        { "EPYC-Genoa", 0xa10f10 }, { "EPYC-Turin", 0xb00f00 },
    };
    static const char *const none[] = { "",         "EPYC-",       "EPYC-v0", "EPYC-v9",
                                        "EPYC-Mil", "EPYC-v4 ",    "0x",      "0x123456789",
                                        "0xg",      "epyc",        "EPYC-vv", "EPYC-IBPB-v1",
                                        "a00f11",   "EPYC-Milan-v" };
    uint32_t signature;

    for (size_t i = 0; i < COUNT_OF(cpus); i++) {
        CASE(cpus[i].name);
        CHECK(snp_vcpu_signature(
            &signature, (struct bytes){ (const uint8_t *)cpus[i].name, strlen(cpus[i].name) }));
        CHECK_EQ(signature, cpus[i].signature);
    }
    CASE("names of no CPU");
    for (size_t i = 0; i < COUNT_OF(none); i++)
        CHECK(!snp_vcpu_signature(&signature,
                                  (struct bytes){ (const uint8_t *)none[i], strlen(none[i]) }));
}

int main(void)
{
    check_goldens();
    check_svsm();
    check_refusals();
    check_types();
    return check_done();
}

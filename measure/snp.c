#include "measure/snp.h"

#include <string.h>

#include "base/num.h"
#include "base/writer.h"
#include "crypto/hash.h"

#define VMSA_GPA 0xfffffffff000u
#define HASHES_SIZE 176u /* 168 bytes, padded to 16 */

/* "PAGE_INFO": the digest so far, the contents' digest, and what the page is. */
enum err snp_digest_page(uint8_t digest[SNP_DIGEST_SIZE], enum snp_page type, uint64_t gpa,
                         struct bytes contents)
{
    uint8_t info[0x70], page[SNP_DIGEST_SIZE] = { 0 };
    struct writer w = writer_of(info, sizeof info);
    bool has_contents = type == SNP_PAGE_NORMAL || type == SNP_PAGE_VMSA;

    if (contents.size != (has_contents ? OVMF_PAGE : 0))
        return ERR_USAGE;
    if (has_contents)
        TRY(hash_bytes(HASH_SHA384, page, contents));
    writer_put(&w, (struct bytes){ digest, SNP_DIGEST_SIZE });
    writer_put(&w, BYTES_OF(page));
    writer_u16le(&w, sizeof info);
    writer_u8(&w, (uint8_t)type);
    writer_u8(&w, 0); /* IMI_PAGE, and the permissions of VMPL 3, 2, 1 */
    writer_u32le(&w, 0);
    writer_u64le(&w, gpa);
    return hash_bytes(HASH_SHA384, digest, writer_bytes(&w));
}

static enum err pages_add(uint8_t *digest, enum snp_page type, uint64_t gpa, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += OVMF_PAGE)
        TRY(snp_digest_page(digest, type, gpa + at, (struct bytes){ 0 }));
    return ERR_OK;
}

static enum err firmware_add(uint8_t *digest, const struct ovmf *o)
{
    for (size_t at = 0; at < o->firmware.size; at += OVMF_PAGE)
        TRY(snp_digest_page(digest, SNP_PAGE_NORMAL, o->gpa + at,
                            ovmf_slice(o->firmware, at, OVMF_PAGE)));
    return ERR_OK;
}

/* --- The table of hashes by which a firmware knows its kernel (QEMU, target/i386/sev.c). */

static void hash_entry(struct writer *w, const uint8_t guid[16], const uint8_t hash[32])
{
    writer_put(w, (struct bytes){ guid, 16 });
    writer_u16le(w, 16 + 2 + 32);
    writer_put(w, (struct bytes){ hash, 32 });
}

static void hashes_write(struct writer *w, const struct snp_kernel *k)
{
    static const uint8_t table[16] = { 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
                                       0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21 };
    static const uint8_t cmdline[16] = { 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
                                         0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a };
    static const uint8_t initrd[16] = { 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
                                        0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d };
    static const uint8_t kernel[16] = { 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
                                        0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b };

    writer_put(w, BYTES_OF(table));
    writer_u16le(w, 16 + 2 + 3 * 50);
    hash_entry(w, cmdline, k->cmdline);
    hash_entry(w, initrd, k->initrd);
    hash_entry(w, kernel, k->kernel);
    writer_u64le(w, 0);
}

static enum err hashes_add(uint8_t *digest, const struct ovmf *o, const struct snp_kernel *k,
                           const struct ovmf_section *s)
{
    uint8_t page[OVMF_PAGE] = { 0 };
    uint32_t at = o->hashes_gpa % OVMF_PAGE;
    struct writer w = writer_of(page + at, sizeof page - at);

    hashes_write(&w, k);
    if (!writer_ok(&w) || o->hashes_gpa - at != s->gpa || s->size != sizeof page)
        return ERR_INVALID;
    return snp_digest_page(digest, SNP_PAGE_NORMAL, s->gpa, BYTES_OF(page));
}

/* --- The sections, in the order of their table. */

static enum err section_add(uint8_t *digest, const struct snp_launch *l, const struct ovmf *o,
                            const struct ovmf_section *s, const char **wrong)
{
    switch (s->type) {
    case OVMF_SEV_SEC_MEM:
        return pages_add(digest, l->vmm == SNP_VMM_GCE ? SNP_PAGE_UNMEASURED : SNP_PAGE_ZERO,
                         s->gpa, s->size);
    case OVMF_SEV_SECRETS: return pages_add(digest, SNP_PAGE_SECRETS, s->gpa, OVMF_PAGE);
    case OVMF_SEV_CPUID:
        /* Amazon's VMM puts this page last. */
        return l->vmm == SNP_VMM_EC2 ? ERR_OK
                                     : pages_add(digest, SNP_PAGE_CPUID, s->gpa, OVMF_PAGE);
    case OVMF_SEV_SVSM_CAA: return pages_add(digest, SNP_PAGE_ZERO, s->gpa, s->size);
    case OVMF_SEV_KERNEL_HASHES:
        if (l->kernel == NULL)
            return pages_add(digest, SNP_PAGE_ZERO, s->gpa, s->size);
        *wrong = "the firmware's place for kernel hashes is not in its section for them";
        return hashes_add(digest, o, l->kernel, s);
    default:
        *wrong = "the firmware has a section of a type that we do not know";
        return ERR_UNSUPPORTED;
    }
}

static enum err sections_add(uint8_t *digest, const struct snp_launch *l, const struct ovmf *o,
                             const char **wrong)
{
    bool takes_kernel = false;

    for (uint32_t i = 0; i < o->section_count; i++) {
        takes_kernel |= o->sections[i].type == OVMF_SEV_KERNEL_HASHES;
        TRY(section_add(digest, l, o, &o->sections[i], wrong));
    }
    for (uint32_t i = 0; i < o->section_count && l->vmm == SNP_VMM_EC2; i++)
        if (o->sections[i].type == OVMF_SEV_CPUID)
            TRY(pages_add(digest, SNP_PAGE_CPUID, o->sections[i].gpa, OVMF_PAGE));
    *wrong = "a kernel was given, and the firmware has no place for its hashes";
    return l->kernel == NULL || (takes_kernel && o->has_hashes) ? ERR_OK : ERR_INVALID;
}

static enum err vcpus_add(uint8_t *digest, const struct snp_launch *l, const struct ovmf *o)
{
    uint8_t page[OVMF_PAGE];

    for (uint32_t i = 0; i < l->vcpus; i++) {
        if (i < 2)
            snp_vmsa(page, l, i == 0 && l->svsm.size == 0 ? SNP_BSP_EIP : o->reset_eip);
        TRY(snp_digest_page(digest, SNP_PAGE_VMSA, VMSA_GPA, BYTES_OF(page)));
    }
    return ERR_OK;
}

/* The firmware, an SVSM, the sections of whichever starts, the vCPUs. */
static enum err snp_measure(uint8_t *digest, const struct snp_launch *l, struct ovmf *o,
                            const char **wrong)
{
    *wrong = "hashing failed";
    memset(digest, 0, SNP_DIGEST_SIZE);
    if (l->firmware_digest != NULL)
        memcpy(digest, l->firmware_digest, SNP_DIGEST_SIZE);
    else
        TRY(firmware_add(digest, o));
    if (l->svsm.size != 0) {
        TRY(ovmf_parse_svsm(o, l->svsm, o->gpa - num_min(o->gpa, l->vars_size), wrong));
        *wrong = "hashing failed";
        TRY(firmware_add(digest, o));
    }
    *wrong = "the firmware has no SEV metadata: it cannot boot an SNP guest";
    if (o->section_count == 0)
        return ERR_INVALID;
    TRY(sections_add(digest, l, o, wrong));
    *wrong = "hashing failed";
    return vcpus_add(digest, l, o);
}

/* --- SEV and SEV-ES: one SHA-256 over everything that was put. */

static enum err legacy_add(struct hash *h, const struct snp_launch *l, const struct ovmf *o)
{
    uint8_t table[HASHES_SIZE], page[OVMF_PAGE];
    struct writer w = writer_of(table, sizeof table);

    TRY(hash_add(h, o->firmware));
    if (l->kernel != NULL) {
        hashes_write(&w, l->kernel);
        TRY(hash_add(h, writer_bytes(&w)));
    }
    for (uint32_t i = 0; i < l->vcpus && l->mode == SNP_MODE_SEV_ES; i++) {
        if (i < 2)
            snp_vmsa(page, l, i == 0 ? SNP_BSP_EIP : o->reset_eip);
        TRY(hash_add(h, BYTES_OF(page)));
    }
    return ERR_OK;
}

static enum err legacy_measure(uint8_t *digest, const struct snp_launch *l, const struct ovmf *o,
                               const char **wrong)
{
    struct hash h;
    enum err e;

    *wrong = "a kernel was given, and the firmware has no place for its hashes";
    if (l->kernel != NULL && !o->has_hashes)
        return ERR_INVALID;
    *wrong = "hashing failed";
    TRY(hash_init(&h, HASH_SHA256));
    e = legacy_add(&h, l, o);
    if (e == ERR_OK)
        e = hash_end(&h, digest);
    hash_done(&h);
    return e;
}

/* What does not go together is refused: a word without effect would leave a digest that looks
 * right. */
static enum err launch_check(const struct snp_launch *l, const struct ovmf *o, const char **wrong)
{
    bool has_svsm = l->svsm.size != 0;

    *wrong = "there must be 1 to 65536 vCPUs";
    if (l->vcpus == 0 || l->vcpus > SNP_VCPUS_MAX)
        return ERR_LIMIT;
    *wrong = "the firmware does not say where a second vCPU starts";
    if (l->vcpus > 1 && l->mode != SNP_MODE_SEV && !o->has_reset && !has_svsm)
        return ERR_INVALID;
    *wrong = "the digest after the firmware's pages is SNP's alone, and not with an SVSM";
    if (l->firmware_digest != NULL && (l->mode != SNP_MODE_SNP || has_svsm))
        return ERR_INVALID;
    *wrong = "an SVSM is for SNP under QEMU, and without a kernel";
    if (has_svsm && (l->mode != SNP_MODE_SNP || l->vmm != SNP_VMM_QEMU || l->kernel != NULL))
        return ERR_INVALID;
    return ERR_OK;
}

enum err snp_launch_measure(uint8_t out[SNP_DIGEST_SIZE], size_t *size, const struct snp_launch *l,
                            const char **wrong)
{
    uint8_t digest[SNP_DIGEST_SIZE];
    struct ovmf o;

    TRY(ovmf_parse_sev(&o, l->firmware, wrong));
    TRY(launch_check(l, &o, wrong));
    TRY(l->mode == SNP_MODE_SNP ? snp_measure(digest, l, &o, wrong)
                                : legacy_measure(digest, l, &o, wrong));
    *wrong = NULL;
    *size = l->mode == SNP_MODE_SNP ? SNP_DIGEST_SIZE : 32;
    memcpy(out, digest, *size);
    return ERR_OK;
}

enum err snp_firmware_measure(uint8_t out[SNP_DIGEST_SIZE], struct bytes firmware,
                              const char **wrong)
{
    uint8_t digest[SNP_DIGEST_SIZE] = { 0 };
    struct ovmf o;

    TRY(ovmf_parse_sev(&o, firmware, wrong));
    *wrong = "hashing failed";
    TRY(firmware_add(digest, &o));
    *wrong = NULL;
    memcpy(out, digest, sizeof digest);
    return ERR_OK;
}

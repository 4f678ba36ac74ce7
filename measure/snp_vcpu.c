#include <string.h>

#include "base/num.h"
#include "base/writer.h"
#include "measure/snp.h"

/* What a VMM leaves in the registers that its guest does not get to choose. */
static const struct vmm_state {
    uint16_t cs_first, cs, ss, tr; /* attributes; cs of the first vCPU */
    uint64_t pat;
    uint32_t mxcsr;
    uint16_t fcw;
    uint32_t rdx; /* where it is not the CPU's signature */
    bool has_signature;
} vmm_states[] = {
    [SNP_VMM_QEMU] = { 0x9b, 0x9b, 0x93, 0x8b, 0x7040600070406, 0x1f80, 0x37f, 0, true },
    [SNP_VMM_EC2] = { 0x9a, 0x9b, 0x92, 0x83, 0x7040600070406, 0, 0, 0x600, false },
    [SNP_VMM_GCE] = { 0x9b, 0x9b, 0x93, 0x8b, 0x00070106, 0, 0, 0x600, false },
};

/* Puts at that offset of the page; the caller knows that it is inside. */
static struct writer at(uint8_t *page, size_t offset)
{
    return writer_of(page + offset, OVMF_PAGE - offset);
}

static void segment_put(uint8_t *page, size_t offset, uint16_t selector, uint16_t attributes,
                        uint64_t base)
{
    struct writer w = at(page, offset);

    writer_u16le(&w, selector);
    writer_u16le(&w, attributes);
    writer_u32le(&w, (attributes & 0x800) != 0 ? 0xffffffff : 0xffff); /* in pages: all */
    writer_u64le(&w, base);
}

static void number_put(uint8_t *page, size_t offset, uint64_t n)
{
    struct writer w = at(page, offset);

    writer_u64le(&w, n);
}

static void segments_put(uint8_t *page, const struct vmm_state *v, uint32_t eip)
{
    static const uint16_t data[] = { 0x00, 0x30, 0x40, 0x50 }; /* ES, DS, FS, GS */

    for (size_t i = 0; i < COUNT_OF(data); i++)
        segment_put(page, data[i], 0, 0x93, 0);
    segment_put(page, 0x10, 0xf000, eip == SNP_BSP_EIP ? v->cs_first : v->cs, eip & 0xffff0000);
    segment_put(page, 0x20, 0, v->ss, 0);
    segment_put(page, 0x60, 0, 0, 0);    /* GDTR */
    segment_put(page, 0x70, 0, 0x82, 0); /* LDTR */
    segment_put(page, 0x80, 0, 0, 0);    /* IDTR */
    segment_put(page, 0x90, 0, v->tr, 0);
}

/* An SVSM is entered in flat 32-bit mode, by all vCPUs alike, and COCONUT's QEMU leaves FCW 0 and
 * sets no feature but SNP. */
static void svsm_put(uint8_t *page, uint32_t eip)
{
    static const uint16_t data[] = { 0x00, 0x20, 0x30, 0x40 }; /* ES, SS, DS, FS */

    for (size_t i = 0; i < COUNT_OF(data); i++)
        segment_put(page, data[i], 16, 0xc93, 0);
    segment_put(page, 0x10, 8, 0xc9b, 0);
    number_put(page, 0x158, 0x11); /* CR0: protected */
    number_put(page, 0x178, eip);
    number_put(page, 0x3b0, 1);
    number_put(page, 0x410, 0);
}

void snp_vmsa(uint8_t page[OVMF_PAGE], const struct snp_launch *l, uint32_t eip)
{
    const struct vmm_state *v = &vmm_states[l->vmm];
    struct writer w;

    memset(page, 0, OVMF_PAGE);
    segments_put(page, v, eip);
    number_put(page, 0xd0, 0x1000);      /* EFER: SVME, which KVM sets */
    number_put(page, 0x148, 0x40);       /* CR4: MCE */
    number_put(page, 0x158, 0x10);       /* CR0 */
    number_put(page, 0x160, 0x400);      /* DR7 */
    number_put(page, 0x168, 0xffff0ff0); /* DR6 */
    number_put(page, 0x170, 2);          /* RFLAGS */
    number_put(page, 0x178, eip & 0xffff);
    number_put(page, 0x268, v->pat);
    number_put(page, 0x310, v->has_signature ? l->vcpu_signature : v->rdx);
    number_put(page, 0x3b0, l->mode == SNP_MODE_SNP ? l->features : 0);
    number_put(page, 0x3e8, 1); /* XCR0 */
    w = at(page, 0x408);
    writer_u32le(&w, v->mxcsr);
    w = at(page, 0x410);
    writer_u16le(&w, v->fcw);
    if (l->svsm.size != 0)
        svsm_put(page, eip);
}

/* --- CPUs as QEMU names them (target/i386/cpu.c), and what their CPUID says. */

static const struct {
    const char *name;
    uint32_t signature;
    uint8_t versions; /* "-v1" to "-v<this>" */
} cpus[] = {
    { "EPYC", 0x800f12, 5 },       { "EPYC-IBPB", 0x800f12, 0 },  { "EPYC-Rome", 0x830f10, 5 },
    { "EPYC-Milan", 0xa00f11, 3 }, { "EPYC-Genoa", 0xa10f10, 2 }, { "EPYC-Turin", 0xb00f00, 1 },
};

static bool cpu_named(struct bytes name, size_t i)
{
    size_t size = bytes_text_size(cpus[i].name, 32);
    struct reader r = reader_of(name);
    uint8_t version;

    if (!bytes_equal(reader_take(&r, size), (struct bytes){ (const uint8_t *)cpus[i].name, size }))
        return false;
    if (r.left == 0)
        return true;
    if (r.left != 3 || reader_u8(&r) != '-' || reader_u8(&r) != 'v')
        return false;
    version = reader_u8(&r);
    return version >= '1' && version <= '0' + cpus[i].versions;
}

bool snp_vcpu_signature(uint32_t *out, struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(cpus); i++)
        if (cpu_named(name, i)) {
            *out = cpus[i].signature;
            return true;
        }
    return false;
}

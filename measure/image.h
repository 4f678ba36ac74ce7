/* image.h: a VM keep's memory and registers before its first instruction.
 *
 * From the shim's file, the exec file and a flag or two: where each byte lies,
 * the page tables, the boot page, the first vCPU's area and its registers. The
 * loader places exactly this, measurement hashes exactly this; neither adds to it.
 *
 * image_plan trusts neither file (codec/elf.h parses them). The files must outlive
 * the image; the head of RAM is written to memory that the caller gives. Pure. */
#ifndef BROCH_MEASURE_IMAGE_H
#define BROCH_MEASURE_IMAGE_H

#include "base/bytes.h"
#include "base/err.h"
#include "gate/boot.h"
#include "gate/place.h"

/* The head of RAM: tables, boot page, vCPU area, writable data of shim and exec. */
#define IMAGE_HEAD_MAX ((size_t)4 << 20)
/* What every keep starts with; it grows from there. Part of what is measured. */
#define IMAGE_RAM_SIZE ((uint64_t)32 << 20)

struct image_segment_register {
    uint64_t base;
    uint32_t limit;
    uint16_t selector;
    uint16_t attributes; /* type 0..3, S 4, DPL 5..6, P 7, AVL 8, L 9, D/B 10, G 11 */
};

struct image_registers {
    uint64_t rip, rsp, rflags;
    uint64_t cr0, cr3, cr4, efer; /* cr4: what must be set; SMEP, SMAP, UMIP, FSGSBASE,
                                     OSXSAVE are the loader's to add where the CPU has them */
    uint64_t star, lstar, sfmask, kernel_gs_base;
    struct image_segment_register cs, ss, ds, es, fs, gs, tr, ldt;
    struct {
        uint64_t base;
        uint16_t limit;
    } gdt, idt;
};

struct image {
    struct bytes shim_file;           /* at PLACE_SHIM_GPA, read-only, zero-filled to a page */
    struct bytes exec_file;           /* at PLACE_EXEC_GPA, likewise */
    struct bytes head;                /* at PLACE_RAM_GPA; the rest of RAM is zero */
    uint64_t ram_size;                /* that the keep starts with */
    struct image_registers registers; /* of vCPU 0 */
    uint64_t exec_va;
    uint64_t vcpu_entry; /* of vCPU 1… */
    const char *wrong;   /* where image_plan failed: which rule, of which file */
};

/* ram_size: a multiple of 2 MiB, more than the head needs. */
enum err image_plan(struct image *out, uint8_t head[static IMAGE_HEAD_MAX], struct bytes shim_file,
                    struct bytes exec_file, uint64_t ram_size, uint32_t boot_flags);
/* The registers that vCPU_START gives another vCPU. */
void image_vcpu(struct image_registers *out, const struct image *image, uint32_t index);

/* The `sim` measurement: SHA-256 over a header and every page of the image in the
 * order of its addresses (measure/sim.c says the bytes). */
enum err image_measure_sim(uint8_t out[32], const struct image *image);

#endif

/* boot.h: what a VM keep's first page says: where its memory is, and where exec is.
 *
 * Made by measure/image.c, measured, read-only in the keep. Nothing in it comes
 * from a host at run time: those are claims, and LAUNCH carries them. */
#ifndef BROCH_GATE_BOOT_H
#define BROCH_GATE_BOOT_H

#include <stdint.h>

#define BOOT_MAGIC 0x746f6f62f20c0001ull
#define BOOT_SEGMENTS_MAX 16u

enum boot_platform { BOOT_KVM = 1 };

#define BOOT_DEBUG 1u      /* a debug keep: DEBUG calls, core files */
#define BOOT_FRESH_ZERO 2u /* pages that MEMORY_GROW gives read as zero */

#define BOOT_READ 1u
#define BOOT_WRITE 2u
#define BOOT_EXECUTE 4u

struct boot_segment {
    uint64_t va; /* pages */
    uint64_t size;
    uint64_t protection; /* BOOT_READ | … */
};

struct boot {
    uint64_t magic;
    uint32_t platform;
    uint32_t flags;
    uint64_t ram_size;   /* bytes of RAM at PLACE_RAM_GPA when the keep starts; 2 MiB units */
    uint64_t ram_used;   /* of which the first so many are taken; what follows is zero */
    uint64_t root_gpa;   /* PML4 */
    uint64_t pte_set;    /* set in every entry that maps private memory (C bit); 0 here */
    uint64_t pte_shared; /* set in entries of shared memory */
    uint64_t exec_entry; /* virtual */
    uint64_t exec_phdr;
    uint64_t exec_phnum;
    uint64_t exec_end;     /* of its last segment: where brk starts */
    uint64_t syscall_stub; /* what LSTAR holds at first: the stub's ring-0 entry */
    uint64_t segments_count;
    struct boot_segment segment[BOOT_SEGMENTS_MAX]; /* exec's, ascending */
};

/* The shim's ELF note: owner "Broch", type SHIM_NOTE; where the loader finds what
 * the processor must know. Addresses are virtual, and the file's entry is where
 * vCPU 0 starts. measure/image.c refuses a shim of another version. */
#define SHIM_NOTE 1u
#define SHIM_NOTE_VERSION 1u

struct shim_note {
    uint32_t version;      /* SHIM_NOTE_VERSION */
    uint32_t platform;     /* enum boot_platform */
    uint64_t vcpu_entry;   /* where vCPU 1… start */
    uint64_t trap_entry;   /* user mode: what the IRET frame at PLACE_CPU_TRAP aims at */
    uint64_t syscall_stub; /* ring 0: LSTAR */
    uint64_t gdt;
    uint64_t gdt_limit;
    uint64_t idt;
    uint64_t idt_limit;
};

/* Program header flags of ours (in PF_MASKOS): a segment that only ring 0 sees. */
#define SHIM_SEGMENT_SUPERVISOR 0x100000u

#endif

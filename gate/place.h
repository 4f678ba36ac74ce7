/* place.h: where things are in a keep that is a virtual machine.
 *
 * Guest-physical and virtual addresses that loader, shim, stub and measurement
 * agree on. Included from assembly too: only #defines without suffixes that an
 * assembler does not know.
 *
 * Everything of the shim is in the top 512 GiB of the lower half (one PML4 entry):
 * the upper half is not usable everywhere. */
#ifndef BROCH_GATE_PLACE_H
#define BROCH_GATE_PLACE_H

#define PLACE_PAGE 4096
#define PLACE_PAGE_LARGE 0x200000

/* --- Guest-physical. Files are mapped as they are, read-only, shared by all keeps. */
#define PLACE_GATE_GPA 0x10000000    /* the shared region */
#define PLACE_SHIM_GPA 0x20000000    /* the shim's file, at most 2 MiB */
#define PLACE_EXEC_GPA 0x40000000    /* the exec file, at most 512 MiB */
#define PLACE_RAM_GPA 0x100000000    /* memory: grows from here upwards */
#define PLACE_RAM_END 0x1000000000   /* 60 GiB of it at most */
#define PLACE_INPUT_GPA 0x1000000000 /* inputs, each from a 2 MiB boundary on */
#define PLACE_INPUT_END 0x2000000000

/* --- Virtual: exec's. */
#define PLACE_USER_START 0x10000 /* lower addresses are never mapped */
#define PLACE_EXEC_VA 0x500000000000
#define PLACE_MAP_TOP 0x7f0000000000  /* mmap without an address goes downwards from here */
#define PLACE_USER_END 0x7f8000000000 /* the end of what exec may name; PML4 entry 255 on */

/* --- Virtual: the shim's. S: supervisor only; U: user. */
#define PLACE_SHIM_VA 0x7f8000000000
#define PLACE_STUB_VA PLACE_SHIM_VA  /* S: entries, GDT, IDT */
#define PLACE_CORE_VA 0x7f8000100000 /* U: text, read-only data, data */
#define PLACE_CORE_END 0x7f8001000000
#define PLACE_BOOT_VA 0x7f8001000000 /* U, read-only: struct boot */
#define PLACE_CPU_VA 0x7f8002000000  /* areas of the vCPUs */
#define PLACE_CPU_STRIDE 0x20000
#define PLACE_GATE_VA 0x7f8008000000   /* U: the shared region */
#define PLACE_DIRECT_VA 0x7fc000000000 /* U: RAM, for page tables and new pages */
#define PLACE_SHIM_END 0x800000000000

/* --- Within a vCPU's area. */
#define PLACE_CPU_TRAP 0x0000      /* S: the page that RSP0 points to the end of; IRET frame at 0 */
#define PLACE_CPU_TSS 0x1000       /* S: task state segment, with the I/O permission bitmap */
#define PLACE_CPU_IST 0x2000       /* S: four stacks of 1 KiB: #DF, NMI, #MC, kick */
#define PLACE_CPU_TRAP_USER 0x4000 /* U: the same page as PLACE_CPU_TRAP */
#define PLACE_CPU_STATE 0x5000     /* U: struct cpu (GS base) */
#define PLACE_CPU_STATE_SIZE 0x4000
#define PLACE_CPU_TRAP_STACK 0x9000 /* U: two pages, entry of a trap; its top is at +0x2000 */
#define PLACE_CPU_XSAVE 0xc000      /* U: four pages */
#define PLACE_CPU_STACK 0x10000     /* U: the core's stack; its top is at the area's end */

/* Selectors: as SYSRET wants them. */
#define PLACE_SEL_KERNEL_CS 0x10
#define PLACE_SEL_KERNEL_SS 0x18
#define PLACE_SEL_USER_SS 0x2b
#define PLACE_SEL_USER_CS 0x33
#define PLACE_SEL_TSS 0x40

#endif

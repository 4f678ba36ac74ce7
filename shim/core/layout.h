/* layout.h: offsets that assembly and C share; cpu_area.c asserts that they agree.
 *
 * Included from assembly: #defines only, without suffixes. */
#ifndef BROCH_SHIM_CORE_LAYOUT_H
#define BROCH_SHIM_CORE_LAYOUT_H

/* struct cpu, from GS. */
#define CPU_SELF 0
#define CPU_USER_RSP 8
#define CPU_STACK_TOP 16
/* Between GS and the user's view of the trap page. */
#define CPU_TRAP_PAGE (PLACE_CPU_TRAP_USER - PLACE_CPU_STATE)

/* struct frame. */
#define FRAME_R15 0
#define FRAME_R14 8
#define FRAME_R13 16
#define FRAME_R12 24
#define FRAME_RBP 32
#define FRAME_RBX 40
#define FRAME_R11 48
#define FRAME_R10 56
#define FRAME_R9 64
#define FRAME_R8 72
#define FRAME_RAX 80
#define FRAME_RCX 88
#define FRAME_RDX 96
#define FRAME_RSI 104
#define FRAME_RDI 112
#define FRAME_RIP 136
#define FRAME_RFLAGS 152
#define FRAME_SIZE 176

/* The trap page: the prebuilt IRET frame, what the stub's ring-0 SYSCALL entry
 * leaves, what a flush is asked and acknowledged with, the mark of a kick that found
 * the core; and from the page's end
 * downwards what an exception pushes. */
#define TRAP_SYSCALL_RIP 0x100
#define TRAP_SYSCALL_FLAGS 0x108
#define TRAP_FLUSH_WANTED 0x110
#define TRAP_FLUSH_DONE 0x118
#define TRAP_KICKED 0x120
#define TRAP_CR2 0xfb8
#define TRAP_RAX 0xfc0
#define TRAP_VECTOR 0xfc8
#define TRAP_ERROR 0xfd0
#define TRAP_RIP 0xfd8
#define TRAP_CS 0xfe0
#define TRAP_RFLAGS 0xfe8
#define TRAP_RSP 0xff0
#define TRAP_SS 0xff8

/* What the core asks of the stub, in EAX with INT3 (stub/kvm/stub.S). */
#define STUB_FLUSH 0x101   /* forget all translations */
#define STUB_INVLPG 0x102  /* forget that of RDX */
#define STUB_FLAT 0x103    /* SYSCALL goes to core_gate: it does not change privilege here */
#define STUB_FS_BASE 0x104 /* FS base := EDX:ECX's */
#define STUB_PORT 0x105    /* OUT to the gate's port EDX */
#define STUB_GS_BASE 0x106 /* GS base := this vCPU's struct cpu, as it was */
#define STUB_HALT 0x107    /* the end: HLT, which the host takes for one */

#define LAYOUT_VECTOR_KICK 0x20
#define LAYOUT_SYSCALL 256
#define LAYOUT_CALL 257
/* SFMASK of the flat world: DF TF NT AC, without IF, that user mode could not set again. */
#define LAYOUT_SFMASK_FLAT 0x44500

#endif

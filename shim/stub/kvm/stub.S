/* stub.S: all that runs in ring 0 of a VM keep.
 *
 * Ring 0 may be interpreted at a microsecond an instruction: nothing here loops,
 * calls, or uses a stack but for what the processor pushed. Exceptions go on in
 * user mode, at the core's trap entry, through the IRET frame that lies prebuilt at
 * the start of each vCPU's trap page. RSP0 is the end of that page, and the core
 * sees the page too (gate/place.h), so nothing is copied.
 *
 * Ring 0 reads and writes supervisor pages alone: SMAP and SMEP may be on.
 * Instructions are those that every KVM's emulator knows: no INT3, no STAC.
 * Interrupts are off throughout: all gates are interrupt gates, SFMASK clears IF. */
#include "gate/place.h"
#include "shim/core/layout.h"

#define SHIM_HIGH 0x7f80 /* bits 32…47 of every address of stub and core */

        .section .stub.text, "ax", @progbits
        .globl  stub_start
stub_start:

/* --- SYSCALL where it does change privilege: back to user mode at once, to the
 * same gate as elsewhere. RSP is still exec's and is not touched. */
        .globl  stub_syscall
stub_syscall:
        swapgs                          /* KERNEL_GS_BASE: the trap page */
        mov     %rcx, %gs:TRAP_SYSCALL_RIP
        mov     %r11, %gs:TRAP_SYSCALL_FLAGS
        swapgs
        lea     core_gate_stored(%rip), %rcx
        mov     $0x202, %r11d
        sysretq

/* --- Exceptions. The order on the trap page's end is layout.h's. */
        .macro  TRAP vector
stub_trap_\vector:
        push    $0
        push    $\vector
        push    %rax
        and     $-PLACE_PAGE, %rsp
        iretq
        .endm

        .macro  TRAP_ERROR_CODE vector
stub_trap_\vector:
        push    $\vector
        push    %rax
        and     $-PLACE_PAGE, %rsp
        iretq
        .endm

/* On a stack of its own, in the same area: only the vector gets through. The core
 * ends the keep with it. */
        .macro  TRAP_LAST vector
stub_trap_\vector:
        and     $-PLACE_CPU_STRIDE, %rsp
        movl    $\vector, TRAP_VECTOR(%rsp)
        iretq
        .endm

        .irp    vector, 0, 1, 4, 5, 6, 7, 9, 15, 16, 18, 19, 20, 22, 23, 24, 25, 26, 27, 28, 31
        .ifc    \vector, 18
        TRAP_LAST 18
        .else
        TRAP    \vector
        .endif
        .endr
        .irp    vector, 10, 11, 12, 13, 17, 21, 29, 30
        TRAP_ERROR_CODE \vector
        .endr
        TRAP_LAST 8

stub_trap_2:                            /* nobody of ours sends one: nothing to do */
        iretq

stub_trap_14:
        push    $14
        push    %rax
        mov     %cr2, %rax
        push    %rax
        and     $-PLACE_PAGE, %rsp
        iretq

/* --- INT3: of exec, an exception like the others; of the core, a request. RIP's
 * upper half tells them apart (exec that jumps into the core gains nothing that it
 * could not do without: it shares the ring). */
stub_trap_3:
        cmpl    $SHIM_HIGH, 4(%rsp)
        jae     stub_service
stub_break:
        push    $0
        push    $3
        push    %rax
        and     $-PLACE_PAGE, %rsp
        iretq

stub_service:
        cmp     $STUB_FLUSH, %eax
        jne     1f
        mov     %cr3, %rax
        mov     %rax, %cr3
        iretq
1:      cmp     $STUB_PORT, %eax
        jne     1f
        and     $4, %edx                /* these two and no other: gate/abi.h */
        or      $0x100, %edx
        out     %al, (%dx)
        iretq
1:      cmp     $STUB_INVLPG, %eax
        jne     1f
        invlpg  (%rdx)
        iretq
1:      cmp     $STUB_FS_BASE, %eax
        jne     1f
        mov     %ecx, %eax
        mov     $0xc0000100, %ecx       /* FS base */
        wrmsr
        iretq
1:      cmp     $STUB_GS_BASE, %eax
        jne     1f
        mov     %rsp, %rax
        and     $-PLACE_CPU_STRIDE, %rax
        add     $PLACE_CPU_STATE, %rax
        mov     %rax, %rdx
        shr     $32, %rdx
        mov     $0xc0000101, %ecx       /* GS base */
        wrmsr
        iretq
1:      cmp     $STUB_HALT, %eax
        jne     1f
        hlt                             /* interrupts are off: nobody comes back from here */
1:      cmp     $STUB_FLAT, %eax
        jne     stub_break
        lea     core_gate(%rip), %rax
        mov     %rax, %rdx
        shr     $32, %rdx
        mov     $0xc0000082, %ecx       /* LSTAR */
        wrmsr
        mov     $LAYOUT_SFMASK_FLAT, %eax
        xor     %edx, %edx
        mov     $0xc0000084, %ecx       /* SFMASK */
        wrmsr
        iretq

/* --- The kick: flushes and says so, wherever it hits; then makes exec leave for
 * the core. On a stack of its own, because the trap page may hold a frame that the
 * core has not read yet. */
stub_kick:
        push    %rax
        push    %rcx
        mov     %rsp, %rax
        and     $-PLACE_CPU_STRIDE, %rax
        push    TRAP_FLUSH_WANTED(%rax) /* before the flush: what comes later waits for another */
        mov     %cr3, %rcx
        mov     %rcx, %cr3
        pop     TRAP_FLUSH_DONE(%rax)
        pop     %rcx
        cmpl    $SHIM_HIGH, 12(%rsp)
        jae     1f
        pop     TRAP_RAX(%rax)          /* exec: as if it had come over the trap page */
        movq    $LAYOUT_VECTOR_KICK, TRAP_VECTOR(%rax)
        movq    $0, TRAP_ERROR(%rax)
        pop     TRAP_RIP(%rax)
        pop     TRAP_CS(%rax)
        pop     TRAP_RFLAGS(%rax)
        pop     TRAP_RSP(%rax)
        pop     TRAP_SS(%rax)
        mov     %rax, %rsp
        iretq
1:      movl    $1, TRAP_KICKED(%rax)   /* the core: it looks when it goes back to exec */
        lea     core_exit_end(%rip), %rax
        cmp     %rax, 8(%rsp)
        jae     2f
        lea     core_exit(%rip), %rax
        cmp     %rax, 8(%rsp)
        jb      2f
        mov     %rax, 8(%rsp)           /* on its way out, and perhaps past the look at kicks */
2:      pop     %rax
        iretq

/* --- What the processor reads. Accessed bits are set: it must not write here. */
        .section .stub.rodata, "a", @progbits
        .balign 16
        .globl  stub_gdt
stub_gdt:
        .quad   0
        .quad   0
        .quad   0x00af9b000000ffff      /* 0x10 ring 0, code */
        .quad   0x00cf93000000ffff      /* 0x18 ring 0, data */
        .quad   0x00cffb000000ffff      /* 0x20 what STAR counts from */
        .quad   0x00cff3000000ffff      /* 0x28 user, data */
        .quad   0x00affb000000ffff      /* 0x30 user, code */
        .quad   0
        .quad   0                       /* 0x40 the TSS: the loader sets TR itself, */
        .quad   0                       /*      a processor of its own for each vCPU */
stub_gdt_end:

        /* Offsets from the start of the stub's page, whose address has no lower half. */
        .macro  GATE handler, flags
        .short  \handler - stub_start, PLACE_SEL_KERNEL_CS, \flags, 0
        .long   SHIM_HIGH, 0
        .endm
        .set    PLAIN, 0x8e00           /* interrupt gate, DPL 0; the low bits are the IST */
        .set    USER, 0xee00

        .balign 16
        .globl  stub_idt
stub_idt:
        GATE    stub_trap_0, PLAIN
        GATE    stub_trap_1, PLAIN
        GATE    stub_trap_2, PLAIN + 2
        GATE    stub_trap_3, USER
        GATE    stub_trap_4, PLAIN
        GATE    stub_trap_5, PLAIN
        GATE    stub_trap_6, PLAIN
        GATE    stub_trap_7, PLAIN
        GATE    stub_trap_8, PLAIN + 1
        .irp    vector, 9, 10, 11, 12, 13, 14, 15, 16, 17
        GATE    stub_trap_\vector, PLAIN
        .endr
        GATE    stub_trap_18, PLAIN + 3
        .irp    vector, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        GATE    stub_trap_\vector, PLAIN
        .endr
        GATE    stub_kick, PLAIN + 4
        .rept   255 - LAYOUT_VECTOR_KICK /* a host may send them: as good as not sent */
        GATE    stub_trap_2, PLAIN + 2
        .endr
stub_idt_end:

/* --- struct shim_note of gate/boot.h. */
        .section .note.broch, "a", @note
        .balign 4
        .long   6, 2f - 1f, 1           /* SHIM_NOTE */
        .asciz  "Broch"
        .balign 4
1:      .long   1, 1                    /* SHIM_NOTE_VERSION, BOOT_KVM */
        .quad   core_entry_vcpu
        .quad   core_trap_entry
        .quad   stub_syscall
        .quad   stub_gdt
        .quad   stub_gdt_end - stub_gdt - 1
        .quad   stub_idt
        .quad   stub_idt_end - stub_idt - 1
2:
        .section .note.GNU-stack, "", @progbits

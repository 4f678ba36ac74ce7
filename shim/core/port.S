/* port.S: what C cannot say: the ports, the stub's services, and exec's memory
 * touched so that a fault is an answer.
 *
 * Each instruction that may fault for a reason has a line in core_faults: trap.c
 * goes on at its second address. Calling convention as C has it. */
#include "shim/core/layout.h"

        .section .text.port, "ax", @progbits

        .macro  FUNCTION name
        .globl  \name
        .balign 16
\name:
        .endm

        /* void port_write(uint16_t port): the value is of no meaning. The TSS permits
         * it; QEMU's emulated processor does not look there when the TSS is busy, as
         * it always is: there, and wherever else it faults, the stub does it. */
        FUNCTION port_write
        mov     %edi, %edx
        cmpb    $0, port_by_stub(%rip)
        jne     1f
fault_out:
        out     %al, (%dx)
        ret
fault_out_by_stub:
        movb    $1, port_by_stub(%rip)
1:      mov     $STUB_PORT, %eax
        int3
        ret

        FUNCTION stub_flush
        mov     $STUB_FLUSH, %eax
        int3
        ret
        FUNCTION stub_invlpg            /* (uint64_t va) */
        mov     $STUB_INVLPG, %eax
        mov     %rdi, %rdx
        int3
        ret
        FUNCTION stub_flat
        mov     $STUB_FLAT, %eax
        int3
        ret
        FUNCTION stub_halt
        mov     $STUB_HALT, %eax
        int3
        jmp     stub_halt
        FUNCTION stub_fs_base           /* (uint64_t base) */
        mov     $STUB_FS_BASE, %eax
        mov     %edi, %ecx
        mov     %rdi, %rdx
        shr     $32, %rdx
        int3
        ret

        /* bool port_fs_read(uint64_t *base), bool port_fs_write(uint64_t base): false
         * where the processor has no FSGSBASE. */
        FUNCTION port_fs_read
fault_fs_read:
        rdfsbase %rax
        mov     %rax, (%rdi)
        mov     $1, %eax
        ret
        FUNCTION port_fs_write
fault_fs_write:
        wrfsbase %rdi
        mov     $1, %eax
        ret

        /* bool user_copy(void *to, const void *from, size_t size) */
        FUNCTION user_copy
        mov     %rdx, %rcx
fault_copy:
        rep movsb
        mov     $1, %eax
        ret
        /* bool user_take32(uint32_t *out, const uint32_t *at) */
        FUNCTION user_take32
fault_take32:
        mov     (%rsi), %eax
        mov     %eax, (%rdi)
        mov     $1, %eax
        ret
        /* bool user_swap32(uint32_t *at, uint32_t expected, uint32_t wanted, uint32_t *found) */
        FUNCTION user_swap32
        mov     %esi, %eax
fault_swap32:
        lock cmpxchg %edx, (%rdi)
        mov     %eax, (%rcx)
        mov     $1, %eax
        ret

        /* bool port_rdseed(uint64_t *out), and the other: no word of the host's, as
         * CPUID's are, says whether they are there. */
        .irp    name, rdseed, rdrand
        FUNCTION port_\name
        xor     %eax, %eax
fault_\name:
        \name  %rdx
        mov     %rdx, (%rdi)
        setc    %al
        ret
        .endr

fault_false:
        xor     %eax, %eax
        ret

        /* The processor's extended state; area is 64-byte aligned. XRSTOR of what a
         * sanitiser let through must not fault; if it does after all, it is false. */
        FUNCTION port_xsave             /* (void *area, uint64_t mask) */
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
        xsave64 (%rdi)
        ret
        FUNCTION port_xrstor            /* bool (const void *area, uint64_t mask) */
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
fault_xrstor:
        xrstor64 (%rdi)
        mov     $1, %eax
        ret
        FUNCTION port_fxsave
        fxsave64 (%rdi)
        ret
        FUNCTION port_fxrstor
fault_fxrstor:
        fxrstor64 (%rdi)
        mov     $1, %eax
        ret

        .section .rodata.faults, "a", @progbits
        .balign 8
        .globl  core_faults
core_faults:
        .irp    name, fs_read, fs_write, rdseed, rdrand, copy, take32, swap32, xrstor, fxrstor
        .quad   fault_\name, fault_false
        .endr
        .quad   fault_out, fault_out_by_stub
        .quad   0, 0

        .section .bss.port, "aw", @nobits
port_by_stub:
        .byte   0
        .section .note.GNU-stack, "", @progbits

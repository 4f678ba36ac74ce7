/* entry.S: where exec and the processor enter the core, and how it goes back.
 *
 * All of it in user mode. The core's stack is empty while exec runs, so exec's
 * frame is always the same place: its top. struct frame is built there, and the way
 * back takes everything from it without changing it: the stub's kick may start the
 * way back again at any instruction between core_exit and core_exit_end. */
#include "gate/place.h"
#include "shim/core/layout.h"

#define SHIM_HIGH 0x7f80 /* bits 32…47 of the shim's addresses */

        .section .text.entry, "ax", @progbits

/* --- The first instructions of vCPU 0 and of the others: GS and RSP are set. */
        .globl  core_entry
core_entry:
        xor     %ebp, %ebp
        call    core_start
        ud2
        .globl  core_entry_vcpu
core_entry_vcpu:
        xor     %ebp, %ebp
        call    core_start_vcpu
        ud2

        .macro  SAVE_REST               /* all below RDI…RSI…RDX…RCX…RAX */
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        xor     %ebp, %ebp
        cld
        .endm

        .macro  RESTORE                 /* from the frame at RSP; IRETQ takes the rest */
        mov     FRAME_R15(%rsp), %r15
        mov     FRAME_R14(%rsp), %r14
        mov     FRAME_R13(%rsp), %r13
        mov     FRAME_R12(%rsp), %r12
        mov     FRAME_RBP(%rsp), %rbp
        mov     FRAME_RBX(%rsp), %rbx
        mov     FRAME_R11(%rsp), %r11
        mov     FRAME_R10(%rsp), %r10
        mov     FRAME_R9(%rsp), %r9
        mov     FRAME_R8(%rsp), %r8
        mov     FRAME_RAX(%rsp), %rax
        mov     FRAME_RCX(%rsp), %rcx
        mov     FRAME_RDX(%rsp), %rdx
        mov     FRAME_RSI(%rsp), %rsi
        mov     FRAME_RDI(%rsp), %rdi
        lea     FRAME_RIP(%rsp), %rsp
        iretq
        .endm

/* --- A system call. From the stub's ring-0 entry, RCX and R11 lie in the trap page;
 * in the flat world SYSCALL comes to core_gate itself. */
        .globl  core_gate_stored
core_gate_stored:
        mov     %gs:(CPU_TRAP_PAGE + TRAP_SYSCALL_RIP), %rcx
        mov     %gs:(CPU_TRAP_PAGE + TRAP_SYSCALL_FLAGS), %r11
        .globl  core_gate
core_gate:
        mov     %rsp, %gs:CPU_USER_RSP
        mov     %gs:CPU_STACK_TOP, %rsp
        push    $PLACE_SEL_USER_SS
        push    %gs:CPU_USER_RSP
        push    %r11
        push    $PLACE_SEL_USER_CS
        push    %rcx
        push    %rax                    /* error: the call's number, for a restart */
        push    $LAYOUT_SYSCALL
gate_go:
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        SAVE_REST
        mov     %rsp, %rdi
        call    core_syscall
        jmp     core_exit

/* --- The same by a CALL: what AT_BROCH_CALL names. The flags are exec's own, and
 * may hold what the core must not run with. */
        .globl  core_call
core_call:
        pushfq
        pop     %r11
        pop     %rcx                    /* where to go on */
        mov     %rsp, %gs:CPU_USER_RSP
        mov     %gs:CPU_STACK_TOP, %rsp
        push    $PLACE_SEL_USER_SS
        push    %gs:CPU_USER_RSP
        push    %r11
        push    $PLACE_SEL_USER_CS
        push    %rcx
        push    %rax
        push    $LAYOUT_CALL
        push    $0x202
        popfq
        jmp     gate_go

/* --- The way back to exec. */
        .globl  core_exit
core_exit:
        mov     %gs:CPU_STACK_TOP, %rsp
        sub     $FRAME_SIZE, %rsp
        cmpl    $0, %gs:(CPU_TRAP_PAGE + TRAP_KICKED)
        jne     exit_kicked
        RESTORE
        .globl  core_exit_end
core_exit_end:
exit_kicked:
        movl    $0, %gs:(CPU_TRAP_PAGE + TRAP_KICKED)
        mov     %rsp, %rdi
        call    core_kicked
        jmp     core_exit

/* --- An exception or a kick, by the stub's IRETQ: on the trap stack; RAX and what
 * the processor pushed are in the trap page. It may be exec's, or the core's own:
 * then RIP is the shim's and RSP lies in this vCPU's area. Where the trap stack is
 * says which vCPU this is, whatever GS says. */
        .globl  core_trap_entry
core_trap_entry:
        push    %rcx
        mov     %rsp, %rax
        and     $-PLACE_CPU_STRIDE, %rax
        mov     (PLACE_CPU_TRAP_USER + TRAP_RIP)(%rax), %rcx
        lea     core_trap_entry(%rip), %rax
        sub     %rax, %rcx
        cmp     $(trap_entry_end - core_trap_entry), %rcx
        jb      trap_lost
        pop     %rcx
        cmpl    $SHIM_HIGH, %gs:(CPU_TRAP_PAGE + TRAP_RIP + 4)
        jae     trap_in_shim
trap_of_exec:
        mov     %gs:CPU_STACK_TOP, %rsp
        .macro  SAVE_TRAP
        push    $PLACE_SEL_USER_SS
        push    %gs:(CPU_TRAP_PAGE + TRAP_RSP)
        push    %gs:(CPU_TRAP_PAGE + TRAP_RFLAGS)
        push    $PLACE_SEL_USER_CS
        push    %gs:(CPU_TRAP_PAGE + TRAP_RIP)
        push    %gs:(CPU_TRAP_PAGE + TRAP_ERROR)
        push    %gs:(CPU_TRAP_PAGE + TRAP_VECTOR)
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %gs:(CPU_TRAP_PAGE + TRAP_RAX)
        SAVE_REST
        mov     %rsp, %rdi
        mov     %gs:(CPU_TRAP_PAGE + TRAP_CR2), %rsi
        .endm
        SAVE_TRAP
        call    core_trap
        jmp     core_exit
trap_in_shim:
        mov     %gs:(CPU_TRAP_PAGE + TRAP_RSP), %rax
        xor     %rsp, %rax              /* the trap stack's area is this vCPU's */
        and     $-PLACE_CPU_STRIDE, %rax
        jnz     trap_of_exec            /* exec jumped there with its own stack */
        SAVE_TRAP
trap_entry_end:
        call    core_trap_inside
        RESTORE

/* Up to here nothing faults but where GS is not what it was: exec can set it, and
 * then there is nothing to go back to. */
trap_lost:
        mov     $STUB_GS_BASE, %eax
        int3
        and     $-16, %rsp
        call    core_lost
        ud2

/* --- Starts exec, or a thread of it: the frame at RDI is copied to its place. */
        .globl  core_enter
core_enter:
        mov     %rdi, %rsi
        mov     %gs:CPU_STACK_TOP, %rsp
        sub     $FRAME_SIZE, %rsp
        mov     %rsp, %rdi
        mov     $FRAME_SIZE / 8, %ecx
        rep movsq
        jmp     core_exit

/* --- One system call of our own, to see which world this is: 1 where it faulted on
 * the stub's page (trap.c), else whatever it answers. Its frame must not lie on the
 * stack that is in use. */
        .globl  core_probe
core_probe:
        push    %gs:CPU_STACK_TOP
        lea     -256(%rsp), %rax
        and     $-16, %rax
        mov     %rax, %gs:CPU_STACK_TOP
        mov     $-1, %rax
        syscall
        pop     %gs:CPU_STACK_TOP
        ret
        .section .note.GNU-stack, "", @progbits

/* faults.S: one faulting instruction per function, named, so that a handler can
 * check where it happened and go on at fault_end.
 *
 * Each takes an address in %rdi where it needs one. A function's first instruction
 * is the one that faults, unless a label NAME_at says otherwise. */
    .text

    .macro FAULT name:req, code:vararg
    .globl fault_\name
    .type fault_\name, @function
fault_\name:
    \code
    ret
    .endm

    FAULT load, movl (%rdi), %eax
    FAULT store, movb $1, (%rdi)
    FAULT load_large, movups (%rdi), %xmm0
    FAULT change, lock incl (%rdi)
    FAULT jump, jmp *%rdi
    FAULT aligned, movaps 1(%rdi), %xmm0
    FAULT ud2, ud2
    FAULT undefined, .byte 0x0f, 0xff
    FAULT no_such, .byte 0x06
    FAULT int3, int3
    FAULT hlt, hlt
    FAULT cli, cli
    FAULT sti, sti
    FAULT in, inb $0x80, %al
    FAULT in_dx, inl %dx, %eax
    FAULT out, outb %al, $0x80
    FAULT outs, outsb
    FAULT ins, insb
    FAULT cr0_read, movq %cr0, %rax
    FAULT cr0_write, movq %rax, %cr0
    FAULT cr2_write, movq %rax, %cr2
    FAULT cr3_read, movq %cr3, %rax
    FAULT cr3_write, movq %rax, %cr3
    FAULT cr4_write, movq %rax, %cr4
    FAULT cr8_write, movq %rax, %cr8
    FAULT dr7_write, movq %rax, %dr7
    FAULT rdmsr, rdmsr
    FAULT wrmsr, wrmsr
    FAULT rdpmc, rdpmc
    FAULT lgdt, lgdt (%rdi)
    FAULT lidt, lidt (%rdi)
    FAULT lldt, lldt %ax
    FAULT ltr, ltr %ax
    FAULT lmsw, lmsw %ax
    FAULT clts, clts
    FAULT invlpg, invlpg (%rdi)
    FAULT invd, invd
    FAULT wbinvd, wbinvd
    FAULT swapgs, swapgs
    FAULT sysret, sysretq
    FAULT sysexit, .byte 0x0f, 0x35
    FAULT xsetbv, xsetbv
    FAULT int_20, int $0x20
    FAULT int_ff, int $0xff
    FAULT vmrun, .byte 0x0f, 0x01, 0xd8
    FAULT vmcall, vmcall
    FAULT vmmcall, vmmcall
    FAULT rsm, .byte 0x0f, 0xaa
    FAULT monitor, monitor %rax, %ecx, %edx

/* Those that need something done before. */
    .globl fault_divide, fault_divide_at
fault_divide:
    movl $5, %eax
    cltd
    xorl %ecx, %ecx
fault_divide_at:
    idivl %ecx
    ret

    .globl fault_overflow, fault_overflow_at
fault_overflow:
    movl $0x80000000, %eax
    cltd
    movl $-1, %ecx
fault_overflow_at:
    idivl %ecx
    ret

    .globl fault_stack, fault_stack_at
fault_stack:
    pushq %rbp
    movq %rdi, %rbp
fault_stack_at:
    movl (%rbp), %eax
    .globl fault_stack_end
fault_stack_end:
    popq %rbp
    ret

/* SSE and x87 divisions by zero with their exceptions unmasked. */
    .globl fault_sse, fault_sse_at
fault_sse:
    movl $0x1d80, -4(%rsp)
    ldmxcsr -4(%rsp)
    movl $1, %eax
    cvtsi2sdl %eax, %xmm0
    xorpd %xmm1, %xmm1
fault_sse_at:
    divsd %xmm1, %xmm0
    ret

    .globl fault_x87, fault_x87_at
fault_x87:
    movw $0x37b, -2(%rsp)
    fninit
    fldcw -2(%rsp)
    fld1
    fldz
    fdivrp
fault_x87_at:
    fwait
    ret

    .globl fault_end
fault_end:
    ret

/* A trap after the next instruction. */
    .globl fault_step, fault_step_at
fault_step:
    pushfq
    orl $0x100, (%rsp)
    popfq
    nop
fault_step_at:
    nop
    ret

/* state_registers(words): loads fourteen registers from words[0…13], executes ud2,
 * stores them to words[16…29] and the flags to words[30]. */
    .globl state_registers, state_registers_at
state_registers:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdi
    movq $0x1122334455667788, %rax
    movq %rax, -128(%rsp) /* the red zone's far end */
    movq %rax, -8(%rsp)
    movq 0(%rdi), %rax
    movq 8(%rdi), %rbx
    movq 16(%rdi), %rcx
    movq 24(%rdi), %rdx
    movq 32(%rdi), %rsi
    movq 40(%rdi), %rbp
    movq 48(%rdi), %r8
    movq 56(%rdi), %r9
    movq 64(%rdi), %r10
    movq 72(%rdi), %r11
    movq 80(%rdi), %r12
    movq 88(%rdi), %r13
    movq 96(%rdi), %r14
    movq 104(%rdi), %r15
    std
    stc
state_registers_at:
    ud2
    xchgq (%rsp), %rdi /* the handler changed it, too */
    movq %rax, 128(%rdi)
    movq -8(%rsp), %rax /* before a push overwrites it */
    movq %rax, 264(%rdi)
    pushfq
    popq %rax
    movq %rax, 240(%rdi)
    cld
    movq %rbx, 136(%rdi)
    movq %rcx, 144(%rdi)
    movq %rdx, 152(%rdi)
    movq %rsi, 160(%rdi)
    movq %rbp, 168(%rdi)
    movq %r8, 176(%rdi)
    movq %r9, 184(%rdi)
    movq %r10, 192(%rdi)
    movq %r11, 200(%rdi)
    movq %r12, 208(%rdi)
    movq %r13, 216(%rdi)
    movq %r14, 224(%rdi)
    movq %r15, 232(%rdi)
    movq (%rsp), %rax /* %rdi as it came back */
    movq %rax, 248(%rdi)
    movq -128(%rsp), %rax
    movq %rax, 256(%rdi)
    movq %rdi, (%rsp)
    popq %rdi
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* state_call(words): the system call words[0] with words[3…8] as its arguments, and
 * what it leaves in every register in words[16…30]. */
    .globl state_call, state_call_at
state_call:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdi
    movq $0x1122334455667788, %rax
    movq %rax, -128(%rsp)
    movq %rax, -8(%rsp)
    movq 0(%rdi), %rax
    movq 8(%rdi), %rbx
    movq 16(%rdi), %rbp
    movq 32(%rdi), %rsi
    movq 40(%rdi), %rdx
    movq 48(%rdi), %r10
    movq 56(%rdi), %r8
    movq 64(%rdi), %r9
    movq 80(%rdi), %r12
    movq 88(%rdi), %r13
    movq 96(%rdi), %r14
    movq 104(%rdi), %r15
    movq 24(%rdi), %rdi
    movq guest_entry(%rip), %rcx
    testq %rcx, %rcx
    stc
    leaq -128(%rsp), %rsp
    jnz 1f /* STC and LEA leave the zero flag */
    leaq 128(%rsp), %rsp
    syscall
    jmp state_call_at
1:  call *%rcx
    leaq 128(%rsp), %rsp
state_call_at:
    xchgq (%rsp), %rdi
    movq %rax, 128(%rdi)
    movq -8(%rsp), %rax
    movq %rax, 264(%rdi)
    pushfq
    popq %rax
    movq %rax, 240(%rdi)
    movq %rbx, 136(%rdi)
    movq %rbp, 144(%rdi)
    movq (%rsp), %rax
    movq %rax, 152(%rdi)
    movq %rsi, 160(%rdi)
    movq %rdx, 168(%rdi)
    movq %r10, 176(%rdi)
    movq %r8, 184(%rdi)
    movq %r9, 192(%rdi)
    movq %r12, 208(%rdi)
    movq %r13, 216(%rdi)
    movq %r14, 224(%rdi)
    movq %r15, 232(%rdi)
    movq -128(%rsp), %rax
    movq %rax, 256(%rdi)
    popq %rdi
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* vectors_NAME(from, to, number, arguments): fills the vector registers from `from`,
 * makes the system call `number` with three arguments, or executes ud2 where it is
 * negative, and stores them to `to`. */
    .macro CROSS
    movq %rdi, %rbx
    movq %rsi, %rbp
    movq %rdx, %rax
    movq 0(%rcx), %rdi
    movq 8(%rcx), %rsi
    movq 16(%rcx), %rdx
    xorl %r10d, %r10d
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    testq %rax, %rax
    js 1f
    movq guest_entry(%rip), %rcx
    testq %rcx, %rcx
    jnz 3f
    syscall
    jmp 2f
1:  ud2
    jmp 2f
3:  call *%rcx
2:
    .endm

    .macro VECTORS_BEGIN name:req
    .globl vectors_\name
    .type vectors_\name, @function
vectors_\name:
    pushq %rbx
    pushq %rbp
    .endm

    .macro VECTORS_END
    popq %rbp
    popq %rbx
    ret
    .endm

    VECTORS_BEGIN xmm
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups 16*\n(%rdi), %xmm\n
    .endr
    CROSS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups %xmm\n, 16*\n(%rbp)
    .endr
    VECTORS_END

    VECTORS_BEGIN ymm
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovups 32*\n(%rdi), %ymm\n
    .endr
    CROSS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovups %ymm\n, 32*\n(%rbp)
    .endr
    vzeroupper
    VECTORS_END

/* The eight masks follow the thirty-two registers. */
    VECTORS_BEGIN zmm
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovups 64*\n(%rdi), %zmm\n
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vmovups 64*\n(%rdi), %zmm\n
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    kmovq 2048+8*\n(%rdi), %k\n
    .endr
    CROSS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovups %zmm\n, 64*\n(%rbp)
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vmovups %zmm\n, 64*\n(%rbp)
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    kmovq %k\n, 2048+8*\n(%rbp)
    .endr
    vzeroupper
    VECTORS_END

/* Eight x87 registers of ten bytes, control word at 80, MXCSR at 84. */
    VECTORS_BEGIN x87
    fninit
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    fldt 10*\n(%rdi)
    .endr
    fldcw 80(%rdi)
    ldmxcsr 84(%rdi)
    CROSS
    fnstcw 80(%rbp)
    stmxcsr 84(%rbp)
    .irp n, 7, 6, 5, 4, 3, 2, 1, 0
    fstpt 10*\n(%rbp)
    .endr
    fninit
    movl $0x1f80, -4(%rsp)
    ldmxcsr -4(%rsp)
    VECTORS_END

/* What a handler may do to its own registers: none of it may show afterwards. */
    .globl vectors_scramble
vectors_scramble:
    fninit
    fldpi
    fldpi
    movl $0x9fc0, -4(%rsp)
    ldmxcsr -4(%rsp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    pcmpeqd %xmm\n, %xmm\n
    .endr
    testl %edi, %edi
    je 3f
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vpcmpeqd %ymm\n, %ymm\n, %ymm\n
    .endr
    cmpl $2, %edi
    jne 3f
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    kxnorq %k\n, %k\n, %k\n
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vpternlogd $0xff, %zmm\n, %zmm\n, %zmm\n
    .endr
3:  movl $0x1f80, -4(%rsp)
    ldmxcsr -4(%rsp)
    ret

    .section .note.GNU-stack, "", @progbits

/* entry.S: the crossings between C and compiled code; entry.h has the contract.
 *
 * r15 is the guest's context and is kept by all compiled code (the verifier sees
 * to it), so that r15 and what hangs on it are the only things trusted here when
 * coming from the guest. No thunk needs more of the guest's stack than
 * LIMIT_STACK_SLACK leaves below the limit. */
#include "wasm/runtime/entry.h"

        .intel_syntax noprefix
        .text

        .macro function name
        .balign 16
        .globl \name
        .hidden \name
        .type \name, @function
\name:
        .endm

        /* entry_saved: with the return address this is what an unwinder needs. */
        .macro save
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        .endm

        .macro restore
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        .endm

        /* Leaves the guest's stack for the embedder's; rbx holds the thread. */
        .macro to_host
        mov rbx, [r15 + ENTRY_CONTEXT_THREAD]
        mov [rbx + ENTRY_THREAD_GUEST_SP], rsp
        mov rsp, [rbx + ENTRY_THREAD_HOST_SP]
        .endm

        .macro save_area
        sub rsp, ENTRY_AREA_SIZE
        mov [rsp], rdi
        mov [rsp + 8], rsi
        mov [rsp + 16], rdx
        mov [rsp + 24], rcx
        mov [rsp + 32], r8
        mov [rsp + 40], r9
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
        movups [rsp + ENTRY_AREA_FLOATS + 16 * \n], xmm\n
        .endr
        .endm

        .macro load_area from
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
        movups xmm\n, [\from + ENTRY_AREA_FLOATS + 16 * \n]
        .endr
        mov rdi, [\from]
        mov rsi, [\from + 8]
        mov rdx, [\from + 16]
        mov rcx, [\from + 24]
        mov r8, [\from + 32]
        mov r9, [\from + 40]
        .endm

/* int wasm_enter(area, code, context, thread). The nine pushes keep the stack
 * that thunks come back to aligned to 16. */
function wasm_enter
        save
        push rdi
        push qword ptr [rcx + ENTRY_THREAD_HOST_SP]
        push qword ptr [rcx + ENTRY_THREAD_GUEST_SP]
        mov [rcx + ENTRY_THREAD_HOST_SP], rsp
        mov rsp, [rcx + ENTRY_THREAD_GUEST_SP]
        mov r15, rdx
        mov r14, [r15 + ENTRY_CONTEXT_MEMORY0]
        mov r11, rsi
        mov rax, rdi
        load_area rax
        /* Nothing of the embedder's stays where a guest could find it. */
        xor eax, eax
        xor ebx, ebx
        xor ebp, ebp
        xor r10d, r10d
        xor r12d, r12d
        xor r13d, r13d
        call r11
        .globl wasm_enter_return
        .hidden wasm_enter_return
wasm_enter_return:
        mov r11, [r15 + ENTRY_CONTEXT_THREAD]
        mov rsp, [r11 + ENTRY_THREAD_HOST_SP]
        mov rdi, [rsp + 16]
        mov [rdi + ENTRY_AREA_INTS], rax
        mov [rdi + ENTRY_AREA_INTS + 8], rdx
        movups [rdi + ENTRY_AREA_FLOATS], xmm0
        movups [rdi + ENTRY_AREA_FLOATS + 16], xmm1
        xor eax, eax
leave_guest:
        pop qword ptr [r11 + ENTRY_THREAD_GUEST_SP]
        pop qword ptr [r11 + ENTRY_THREAD_HOST_SP]
        pop rdi
        restore
        ret
        .size wasm_enter, . - wasm_enter

/* A trap that is recorded: rbx is the thread, rsp its host_sp. */
leave_trapped:
        mov r11, rbx
        mov rsp, [r11 + ENTRY_THREAD_HOST_SP]
        mov eax, 1
        jmp leave_guest

/* A cold stub's call: its return address says where and why. */
function wasm_trap_exit
        pop rsi
        mov rdx, rsp
        xor ecx, ecx
        jmp trap_taken
        .size wasm_trap_exit, . - wasm_trap_exit

/* wasm_fault() resumes here. */
function wasm_trap_fault
        mov rdx, rsi
        mov rsi, rdi
        mov ecx, 1
trap_taken:
        mov rdi, r15
        to_host
        call wasm_trap_taken
        jmp leave_trapped
        .size wasm_trap_fault, . - wasm_trap_fault

/* r11 is the C function; the argument words are in place. The context is
 * r15 whatever the guest put into rdi. */
builtin_common:
        save
        mov rdi, r15
        to_host
        call r11
        test rdx, rdx
        jnz leave_trapped
        mov rsp, [rbx + ENTRY_THREAD_GUEST_SP]
        restore
        ret

        .irp name, memory_grow, memory_fill, memory_copy, memory_init, data_drop, table_get, \
                   table_set, table_grow, table_fill, table_copy, table_init, elem_drop, \
                   atomic_wait32, atomic_wait64, atomic_notify, exception_new
function wasm_thunk_\name
        lea r11, [rip + wasm_builtin_\name]
        jmp builtin_common
        .size wasm_thunk_\name, . - wasm_thunk_\name
        .endr

/* rsi is the exception. Either somebody catches it, or the guest is left. */
function wasm_thunk_exception_throw
        save
        mov rdi, r15
        mov rdx, rsp
        to_host
        call wasm_exception_throw
        test rax, rax
        jz leave_trapped
        mov rbx, [rax + ENTRY_RESUME_RBX]
        mov rbp, [rax + ENTRY_RESUME_RBP]
        mov r12, [rax + ENTRY_RESUME_R12]
        mov r13, [rax + ENTRY_RESUME_R13]
        mov r14, [rax + ENTRY_RESUME_R14]
        mov r15, [rax + ENTRY_RESUME_R15]
        mov rsp, [rax + ENTRY_RESUME_SP]
        mov r11, [rax + ENTRY_RESUME_PC]
        mov rax, [rax + ENTRY_RESUME_RAX]
        jmp r11
        .size wasm_thunk_exception_throw, . - wasm_thunk_exception_throw

/* Jumped to by a lazy stub, with the function's index in r11. The stub's caller
 * called the function: every argument register stays as it is. */
function wasm_thunk_lazy_compile
        save
        mov rax, rsp
        save_area
        mov rdi, r15
        mov esi, r11d
        mov rdx, rax
        to_host
        call wasm_lazy_compile
        test rax, rax
        jz leave_trapped
        mov r11, rax
        mov rsp, [rbx + ENTRY_THREAD_GUEST_SP]
        load_area rsp
        add rsp, ENTRY_AREA_SIZE
        restore
        jmp r11
        .size wasm_thunk_lazy_compile, . - wasm_thunk_lazy_compile

/* The code of every host function: r15 is its context. */
function wasm_host_thunk
        save
        save_area
        mov rdi, r15
        mov rsi, rsp
        to_host
        call wasm_host_dispatch
        test eax, eax
        jnz leave_trapped
        mov rsp, [rbx + ENTRY_THREAD_GUEST_SP]
        mov rax, [rsp + ENTRY_AREA_INTS]
        mov rdx, [rsp + ENTRY_AREA_INTS + 8]
        movups xmm0, [rsp + ENTRY_AREA_FLOATS]
        movups xmm1, [rsp + ENTRY_AREA_FLOATS + 16]
        add rsp, ENTRY_AREA_SIZE
        restore
        ret
        .size wasm_host_thunk, . - wasm_host_thunk

        /* In the order of WASM_BUILTINS (abi.h). */
        .section .data.rel.ro, "aw", @progbits
        .balign 8
        .globl wasm_builtin_thunks
        .hidden wasm_builtin_thunks
        .type wasm_builtin_thunks, @object
wasm_builtin_thunks:
        .irp name, memory_grow, memory_fill, memory_copy, memory_init, data_drop, table_get, \
                   table_set, table_grow, table_fill, table_copy, table_init, elem_drop, \
                   atomic_wait32, atomic_wait64, atomic_notify, exception_new, exception_throw, \
                   lazy_compile
        .quad wasm_thunk_\name
        .endr
        .size wasm_builtin_thunks, . - wasm_builtin_thunks

        .section .note.GNU-stack, "", @progbits

/* faults.h: the instructions of faults.S that fault, by name. */
#ifndef BROCH_TESTS_KEEP_FAULTS_H
#define BROCH_TESTS_KEEP_FAULTS_H

#include <stdint.h>

typedef void fault_fn(const volatile void *at);

extern fault_fn fault_load, fault_store, fault_load_large, fault_change, fault_jump, fault_aligned;
extern fault_fn fault_ud2, fault_undefined, fault_no_such, fault_int3, fault_hlt, fault_cli;
extern fault_fn fault_sti, fault_in, fault_in_dx, fault_out, fault_outs, fault_ins;
extern fault_fn fault_cr0_read, fault_cr0_write, fault_cr2_write, fault_cr3_read, fault_cr3_write;
extern fault_fn fault_cr4_write, fault_cr8_write, fault_dr7_write, fault_rdmsr, fault_wrmsr;
extern fault_fn fault_rdpmc, fault_lgdt, fault_lidt, fault_lldt, fault_ltr, fault_lmsw, fault_clts;
extern fault_fn fault_invlpg, fault_invd, fault_wbinvd, fault_swapgs, fault_sysret, fault_sysexit;
extern fault_fn fault_xsetbv, fault_int_20, fault_int_ff, fault_vmrun, fault_vmcall;
extern fault_fn fault_vmmcall, fault_rsm, fault_monitor;
extern fault_fn fault_divide, fault_overflow, fault_stack, fault_sse, fault_x87;
extern fault_fn fault_step, fault_end, fault_stack_end;
/* Where those fault that need something done before; no functions. */
extern fault_fn fault_divide_at, fault_overflow_at, fault_stack_at, fault_sse_at, fault_x87_at;
extern fault_fn fault_step_at, state_registers_at;

void state_registers(uint64_t words[34]);
void state_call(uint64_t words[34]);
typedef void vectors_fn(const void *from, void *to, long number, const long arguments[3]);
vectors_fn vectors_xmm, vectors_ymm, vectors_zmm, vectors_x87;
/* 0: what every processor has, 1: AVX, 2: AVX-512. */
void vectors_scramble(int level);

#endif

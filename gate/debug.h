/* debug.h: what a debug keep and its loader say to each other about a vCPU that
 * has stopped.
 *
 * The keep makes the DEBUG call (GATE_DEBUG_STOP) with one struct debug_report and
 * its payload; the host answers it, whenever it likes, with one struct
 * debug_command and its payload. The keep's core carries that out and reports
 * again, reason DEBUG_ANSWER, until a command lets the vCPU go on. So the loader
 * never looks into keep memory itself, and a keep that is not for debugging has
 * none of this (calls.def: GATE_DEBUG_ONLY).
 *
 * A vCPU stops for the reasons that the last DEBUG_CONTINUE or DEBUG_STEP asked for,
 * on any vCPU (DEBUG_WANT_…). The first report of a keep is DEBUG_START, before
 * exec's first instruction. DEBUG_INTERRUPT follows the interrupt GATE_VECTOR_KICK:
 * the host injects it, and the vCPU reports when it is in exec again, or about to be.
 *
 * What comes back through the debugger is the host's word and the keep obeys it:
 * a debug keep trusts its host, and its measurement says so. */
#ifndef BROCH_GATE_DEBUG_H
#define BROCH_GATE_DEBUG_H

#include <stdint.h>

#define DEBUG_PAYLOAD_MAX 16384u

enum debug_reason {
    DEBUG_ANSWER = 0,    /* the last command is done, or could not be: result */
    DEBUG_START = 1,     /* nothing of exec has run */
    DEBUG_BREAK = 2,     /* int3; rip is behind it */
    DEBUG_STEPPED = 3,   /* a single step, or a hardware breakpoint */
    DEBUG_INTERRUPT = 4, /* the host asked for it */
    DEBUG_SIGNAL = 5,    /* a fault of exec, before its handler is called */
    DEBUG_DYING = 6,     /* a signal whose default action ends the keep: the last report */
};

/* Which stops the host wants, as bits of DEBUG_CONTINUE and DEBUG_STEP. Others do not
 * happen, but for those that the command itself asks for. */
#define DEBUG_WANT_BREAK (1u << DEBUG_BREAK)
#define DEBUG_WANT_INTERRUPT (1u << DEBUG_INTERRUPT)
#define DEBUG_WANT_SIGNAL (1u << DEBUG_SIGNAL)
#define DEBUG_WANT_DYING (1u << DEBUG_DYING)
#define DEBUG_WANT_ALL \
    (DEBUG_WANT_BREAK | DEBUG_WANT_INTERRUPT | DEBUG_WANT_SIGNAL | DEBUG_WANT_DYING)

enum debug_number {
    DEBUG_CONTINUE = 1, /* argument: a Linux signal to go on with, 0 for none */
    DEBUG_STEP = 2,     /* the same, and stop after one instruction */
    DEBUG_READ = 3,     /* address, size; payload back: as many bytes as are mapped, from there */
    DEBUG_WRITE = 4,    /* address; payload: bytes, whatever the protection of the pages */
    DEBUG_GET_REGISTERS = 5, /* payload back: struct debug_registers */
    DEBUG_SET_REGISTERS = 6, /* payload: the same */
    DEBUG_AREAS = 7,         /* address; payload back: the struct debug_area that end beyond it */
};

enum debug_result {
    DEBUG_OK = 0,
    DEBUG_FAULT = 1,   /* nothing is mapped there */
    DEBUG_REFUSED = 2, /* no such command, or not with these numbers */
};

struct debug_report {
    uint32_t reason;  /* enum debug_reason */
    uint32_t tid;     /* the thread of exec on this vCPU; 0: none yet */
    uint32_t signal;  /* of DEBUG_SIGNAL and DEBUG_DYING; Linux's number */
    uint32_t result;  /* of DEBUG_ANSWER: enum debug_result */
    uint64_t address; /* where a fault was; of DEBUG_START: of struct debug_symbols */
    uint32_t size;    /* of the payload behind this */
    uint32_t zero;
};

struct debug_command {
    uint32_t number; /* enum debug_number */
    uint32_t size;   /* DEBUG_READ: bytes wanted; else of the payload behind this */
    uint64_t address;
    uint32_t argument;
    uint32_t want; /* DEBUG_CONTINUE, DEBUG_STEP: DEBUG_WANT_… */
};

#define DEBUG_HAS_AVX 1u

struct debug_registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags, fs_base, gs_base; /* gs_base is read only: GS is the shim's */
    uint64_t flags;                         /* DEBUG_HAS_… */
    uint64_t zero;
    uint8_t fxsave[512];      /* as FXSAVE64 writes it */
    uint8_t ymm_high[16][16]; /* with DEBUG_HAS_AVX */
};

/* Where exec says what it has made of the guest's functions: in its own memory, at the
 * address that a debug keep's auxiliary vector has under DEBUG_AUXV and DEBUG_START
 * reports. The text is lines of "START SIZE NAME", the numbers hexadecimal. */
#define DEBUG_AUXV 0x62726f64u /* "brod" */

struct debug_symbols {
    uint64_t text; /* its address; 0: not yet */
    uint64_t size;
    uint64_t stop; /* a debugger's: not 0: int3 is to be executed when text is there */
    uint64_t zero;
};

struct debug_area {
    uint64_t start;
    uint64_t size;
    uint32_t protection; /* Linux's PROT_… */
    uint32_t zero;
};

_Static_assert(sizeof(struct debug_report) == 32, "no padding");
_Static_assert(sizeof(struct debug_command) == 24, "no padding");
_Static_assert(sizeof(struct debug_registers) == 944, "no padding");
_Static_assert(sizeof(struct debug_area) == 24, "no padding");
_Static_assert(sizeof(struct debug_symbols) == 32, "no padding");

#endif

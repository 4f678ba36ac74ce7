/* compile_report.h: what compiling a module came to: sizes, times, memory. */
#ifndef BROCH_CLI_COMPILE_REPORT_H
#define BROCH_CLI_COMPILE_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "wasm/module.h"

/* One function that stands out. */
struct compile_peak {
    uint32_t function;
    uint64_t body_bytes; /* of WebAssembly */
    uint64_t memory;     /* the most that its compile held */
    double seconds;
};

struct compile_report {
    uint64_t functions;
    uint64_t body_bytes; /* of WebAssembly: what was compiled */
    uint64_t text_bytes; /* of machine instructions */
    uint64_t code_bytes; /* with constants and jump tables */
    uint64_t memory;     /* the most that the compile of one function held */
    double seconds;
    double processor_seconds;
    struct compile_peak largest;
    struct compile_peak slowest;
};

/* Takes one function that was compiled into so many bytes. */
void compile_report_add(struct compile_report *r, struct compile_peak f, uint64_t text_bytes,
                        uint64_t code_bytes);
void compile_report_print(const struct compile_report *r, const struct wasm_decoded *m, FILE *to);
void compile_report_json(const struct compile_report *r, const struct wasm_decoded *m, FILE *to);

#endif

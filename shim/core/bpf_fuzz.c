/* Covers: bpf_verify bpf_run bpf_always_allows */
#include <stdlib.h>
#include <string.h>

#include "shim/core/bpf.h"

/* The input is a call, and behind it a program, in pages of its own: what was
 * verified ends within its length and never reads beyond it, gives the same each
 * time, and what always allows a call allows it with these arguments too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bpf_program p = { .count = 0 };
    struct bpf_call call;
    size_t count;

    if (size < sizeof call)
        return 0;
    memcpy(&call, data, sizeof call);
    call.arch = BPF_ARCH_X86_64;
    data += sizeof call;
    count = (size - sizeof call) / sizeof(struct bpf_instruction);
    if (count > BPF_COUNT_MAX)
        count = BPF_COUNT_MAX;
    p.count = (uint32_t)count;
    for (size_t i = 0; i * BPF_IN_PAGE < count; i++) {
        size_t part = count - i * BPF_IN_PAGE < BPF_IN_PAGE ? count - i * BPF_IN_PAGE : BPF_IN_PAGE;

        p.page[i] = malloc(part * sizeof(struct bpf_instruction));
        if (p.page[i] == NULL)
            abort();
        memcpy(p.page[i], data + i * BPF_IN_PAGE * sizeof(struct bpf_instruction),
               part * sizeof(struct bpf_instruction));
    }
    if (bpf_verify(&p)) {
        uint32_t said = bpf_run(&p, &call);

        if (bpf_run(&p, &call) != said)
            abort();
        if (bpf_always_allows(&p, call.number) && (said & BPF_RET_ACTION) != BPF_RET_ALLOW)
            abort();
    }
    for (size_t i = 0; i < sizeof p.page / sizeof p.page[0]; i++)
        free(p.page[i]);
    return 0;
}

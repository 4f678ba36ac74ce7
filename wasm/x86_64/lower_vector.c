#include "wasm/x86_64/lower.h"

void lower_vector(struct lower *l, ir_value v)
{
    (void)v;
    l->unsupported = "vector";
}

#include "wasm/x86_64/encode.h"

/* What allocation must know of each operation. */
const uint32_t mach_op_flags[MOP_COUNT] = {
#define MOP(name, flags, ...) [MOP_##name] = (flags),
#include "wasm/x86_64/mops.def"
#undef MOP
};

const char *const mach_op_names[MOP_COUNT] = {
#define MOP(name, flags, ...) [MOP_##name] = #name,
#include "wasm/x86_64/mops.def"
#undef MOP
};

const struct mach_encoding mach_encodings[MOP_COUNT] = {
#define MOP(name, flags, ...) [MOP_##name] = { __VA_ARGS__ },
#include "wasm/x86_64/mops.def"
#undef MOP
};

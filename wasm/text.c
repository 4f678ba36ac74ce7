#include "wasm/text.h"

#include "include/broch/wasm.h"

void text_bytes(struct text *t, struct bytes s)
{
    for (size_t i = 0; i < s.size && t->size + 1 < sizeof t->at; i++)
        t->at[t->size++] = (char)s.data[i];
    t->at[t->size] = 0;
}

void text_put(struct text *t, const char *s)
{
    text_bytes(t, (struct bytes){ (const uint8_t *)s, bytes_text_size(s, sizeof t->at) });
}

static void put_digits(struct text *t, uint64_t n)
{
    char digits[24] = { 0 };
    unsigned at = sizeof digits - 1;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    text_put(t, digits + at);
}

void text_number(struct text *t, const char *before, int64_t n)
{
    text_put(t, before);
    if (n < 0)
        text_put(t, "-");
    put_digits(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

const char *wasm_trap_text(enum wasm_trap trap)
{
    static const char *const texts[WASM_TRAP_COUNT] = {
        [WASM_TRAP_NONE] = "no trap",
        [WASM_TRAP_UNREACHABLE] = "unreachable",
        [WASM_TRAP_MEMORY] = "out of bounds memory access",
        [WASM_TRAP_TABLE] = "out of bounds table access",
        [WASM_TRAP_INDIRECT_NULL] = "uninitialized element",
        [WASM_TRAP_INDIRECT_TYPE] = "indirect call type mismatch",
        [WASM_TRAP_UNDEFINED_ELEMENT] = "undefined element",
        [WASM_TRAP_DIVIDE_BY_ZERO] = "integer divide by zero",
        [WASM_TRAP_INTEGER_OVERFLOW] = "integer overflow",
        [WASM_TRAP_INVALID_CONVERSION] = "invalid conversion to integer",
        [WASM_TRAP_STACK] = "call stack exhausted",
        [WASM_TRAP_NULL_REFERENCE] = "null exception reference",
        [WASM_TRAP_UNALIGNED] = "unaligned atomic",
        [WASM_TRAP_NOT_SHARED] = "expected shared memory",
        [WASM_TRAP_EXCEPTION] = "uncaught exception",
        [WASM_TRAP_FUEL] = "fuel used up",
        [WASM_TRAP_INTERRUPTED] = "interrupted",
        [WASM_TRAP_HOST] = "host function failed",
        [WASM_TRAP_EXIT] = "program exit",
        [WASM_TRAP_COMPILE] = "function cannot be compiled within the limits",
    };

    return (unsigned)trap < WASM_TRAP_COUNT ? texts[trap] : "unknown trap";
}

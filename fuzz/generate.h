/* generate.h: what the parts of the module generator share (generate.c says what it makes).
 *
 * One process makes one module, so its state stands here in the open. */
#ifndef BROCH_FUZZ_GENERATE_H
#define BROCH_FUZZ_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum type { I32, I64, F32, F64, V128, TYPE_COUNT };

enum {
    FUNCTION_MOST = 8,
    PARAM_MOST = 5,
    LOCAL_MOST = 8, /* of each type, beside the parameters */
    GLOBAL_COUNT = 4,
    TABLE_SIZE = 8,
    TURNS = 1500, /* the counter's start: too few to exhaust anybody's stack */
    DEPTH = 5,
    CODE_ROOM = 1 << 20,
};

struct function {
    enum type params[PARAM_MOST];
    unsigned param_count;
    enum type result;
};

extern const uint8_t type_bytes[TYPE_COUNT];
extern bool has_vectors, has_bulk, has_tails, has_more;
extern struct function functions[FUNCTION_MOST];
extern unsigned function_count, current, labels;
extern unsigned local_first[TYPE_COUNT], local_count[TYPE_COUNT];

/* generate_bytes.c: chance, and the bytes of the module so far. */
extern uint8_t code[CODE_ROOM];
extern size_t size;
void chance_seed(uint64_t seed);
uint64_t next(void);
unsigned below(unsigned n);
bool chance(unsigned percent);
void put(unsigned byte);
void put_u(uint64_t n);
void put_s(int64_t n);
void put_simd(unsigned op);
/* Ends a part whose size stands before it. */
void close_part(size_t start);

/* generate_value.c: each leaves one value of its type on the stack. */
void constant(enum type type);
void expression(enum type type, unsigned depth);
void address(unsigned depth);
void memarg(unsigned natural);
unsigned local_of(enum type type);
/* The float, or vector of floats, on the stack with its NaNs made canonical. */
void canonical(enum type type);
void canonical_vector(bool is64);
void arguments(const struct function *f, unsigned depth);
/* A function with that result, or -1. */
int callee_of(enum type type);

/* generate_vector.c */
void vector(unsigned depth);

/* generate_statement.c: leaves the stack as it was. */
void statements(unsigned depth);
void statement(unsigned depth);
enum type any_type(void);
/* Takes the counter down. Below one, a loop is left and a function returns at once. */
void take_turn(bool in_loop);

#endif

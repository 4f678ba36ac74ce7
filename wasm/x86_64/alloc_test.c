/* Random functions through both allocators and the checker; then allocations
 * that were spoilt on purpose, which the checker must refuse. */
#include <stdlib.h>

#include "tests/check.h"
#include "wasm/x86_64/alloc_gen.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena make_arena(void)
{
    struct arena a;

    arena_init(&a, (struct arena_source){ .take = take, .give = give }, (size_t)1 << 30);
    return a;
}

typedef enum err (*allocator)(struct mach_func *f, struct wasm_note *note);

static struct mach_instr *copy_code(const struct mach_func *f, struct arena *arena)
{
    struct mach_instr *copy = arena_array(arena, f->code_count, sizeof *copy);

    if (copy != NULL)
        memcpy(copy, f->code, f->code_count * sizeof *copy);
    return copy;
}

static struct alloc_gen_shape shape_of(uint64_t seed)
{
    static const uint32_t sizes[] = { 5, 20, 60, 200, 600 };
    static const uint32_t pressures[] = { 3, 8, 14, 20, 40 };

    return (struct alloc_gen_shape){
        .seed = seed,
        .size = sizes[seed % 5],
        .pressure = pressures[seed / 5 % 5],
        .calls = seed % 3 != 0,
        .pads = seed % 4 == 0,
        .vectors = seed % 2 != 0,
    };
}

/* Returns false at the first function that is not allocated right. */
static bool one(uint64_t seed, allocator allocate, struct arena *arena)
{
    struct alloc_gen_shape shape = shape_of(seed);
    struct mach_instr *before;
    struct mach_func f;
    const char *wrong;

    arena_reset(arena);
    if (!CHECK(alloc_gen_make(&f, &shape, arena)))
        return false;
    before = copy_code(&f, arena);
    if (!CHECK_OK(allocate(&f, NULL)))
        return false;
    wrong = mach_alloc_check(&f, before, arena);
    if (wrong != NULL)
        printf("# seed %" PRIu64 ": %s\n", seed, wrong);
    return CHECK_NULL(wrong);
}

static void many(allocator allocate, uint64_t first, uint64_t count)
{
    struct arena arena = make_arena();

    for (uint64_t seed = first; seed < first + count; seed++)
        if (!one(seed, allocate, &arena))
            break;
    arena_done(&arena);
}

/* --- Spoiling */

static uint64_t random_state;

static uint32_t dice(uint32_t sides)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % sides;
}

static mach_operand other_reg(mach_operand reg)
{
    static const uint8_t general[] = { RAX, RCX, RDX, RBX, RSI, RDI, R8, R9, R10 };
    mach_operand other;

    do
        other = reg < XMM0 ? general[dice(sizeof general)] : XMM0 + dice(15);
    while (other == reg);
    return other;
}

static bool spoil_operand(struct mach_func *f, const struct mach_instr *before)
{
    uint32_t at = dice(f->code_count);
    struct mach_instr *in = &f->code[at];
    mach_operand *fields[] = { &in->a, &in->b, &in->x };
    const mach_operand was[] = { before[at].a, before[at].b, before[at].x };
    uint32_t which = dice(3);

    if (!mach_is_virtual(was[which]) || !mach_is_reg(*fields[which]))
        return false;
    *fields[which] = other_reg(*fields[which]);
    return true;
}

static bool spoil_move_source(struct mach_func *f, const struct mach_instr *before)
{
    struct mach_move *m;

    (void)before;
    if (f->move_count == 0)
        return false;
    m = &f->moves[dice(f->move_count)];
    if (m->remat || !mach_is_slot(m->a))
        return false;
    m->a = MACH_SLOT + ((m->a - MACH_SLOT) ^ 16);
    return true;
}

static bool spoil_by_dropping(struct mach_func *f, const struct mach_instr *before)
{
    uint32_t at;

    (void)before;
    if (f->move_count == 0)
        return false;
    at = dice(f->move_count);
    if (mach_is_slot(f->moves[at].d)) /* may be a store that nobody needs */
        return false;
    memmove(f->moves + at, f->moves + at + 1, (f->move_count - at - 1) * sizeof *f->moves);
    f->move_count--;
    return true;
}

static bool spoil_result(struct mach_func *f, const struct mach_instr *before)
{
    uint32_t at = dice(f->code_count);

    if (!mach_is_virtual(before[at].d) || !mach_is_reg(f->code[at].d))
        return false;
    f->code[at].d = other_reg(f->code[at].d);
    return true;
}

static bool spoil_instruction(struct mach_func *f, const struct mach_instr *before)
{
    (void)before;
    f->code[dice(f->code_count)].imm ^= 1;
    return true;
}

typedef bool (*spoiler)(struct mach_func *f, const struct mach_instr *before);

/* Some spoilt allocations are still right: the other register held the same, the result is
 * never read. So a share of them must be noticed, not each one. */
static void spoilt(allocator allocate, spoiler spoil, uint32_t percent)
{
    struct arena arena = make_arena();
    uint32_t tried = 0, noticed = 0;

    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct alloc_gen_shape shape = shape_of(seed);
        struct mach_instr *before;
        struct mach_func f;

        arena_reset(&arena);
        if (!CHECK(alloc_gen_make(&f, &shape, &arena)))
            break;
        before = copy_code(&f, &arena);
        if (!CHECK_OK(allocate(&f, NULL)))
            break;
        random_state = seed;
        if (!spoil(&f, before))
            continue;
        tried++;
        noticed += mach_alloc_check(&f, before, &arena) != NULL;
    }
    printf("# %u of %u noticed\n", noticed, tried);
    CHECK(tried > 100);
    CHECK(noticed * 100 >= tried * percent);
    arena_done(&arena);
}

static void all_spoilt(allocator allocate)
{
    CASE("a changed operand is noticed");
    spoilt(allocate, spoil_operand, 85);
    CASE("a move from another slot is noticed");
    spoilt(allocate, spoil_move_source, 70);
    CASE("a dropped load is noticed");
    spoilt(allocate, spoil_by_dropping, 70);
    CASE("a result in another register is noticed");
    spoilt(allocate, spoil_result, 55);
    CASE("a changed instruction is noticed");
    spoilt(allocate, spoil_instruction, 100);
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000;

    CASE("slots for all: random functions");
    many(mach_alloc_naive, 0, count / 4);
    all_spoilt(mach_alloc_naive);
    CASE("linear scan: random functions");
    many(mach_alloc, 0, count);
    all_spoilt(mach_alloc);
    return check_done();
}

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "cli/module.h"
#include "cli/option.h"
#include "cli/quantity.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/workload.h"
#include "wasm/compile.h"

enum emit { EMIT_NOTHING, EMIT_IR, EMIT_SSA, EMIT_ASM, EMIT_BYTES };

struct compile {
    struct module module;
    struct wasm_layout layout;
    struct wasm_unit unit;
    enum emit emit;
    const char *function; /* name or number; NULL: all */
    uint64_t functions;
    uint64_t text_bytes;
    uint64_t bytes;
    double slowest;
    uint32_t slowest_function;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int refused(const struct compile *c, uint32_t function, enum err e,
                   const struct wasm_note *note)
{
    char name[TEXT_SHOWN_SIZE];

    text_shown(name, wasm_decoded_function_name(&c->module.decoded, function));
    return verb_fail(e == ERR_NOMEM || e == ERR_INVALID ? VERB_SOFTWARE : VERB_DATA,
                     "function %" PRIu32 " (%s), offset 0x%" PRIx64 ": %s%s%s", function, name,
                     note->offset, note->rule, note->detail[0] != '\0' ? ": " : "", note->detail);
}

static void line_print(void *context, const char *text)
{
    (void)context;
    puts(text);
}

static void bytes_print(const struct wasm_code *code)
{
    for (uint32_t i = 0; i < code->size; i++)
        printf("%s%02x%s", i % 16 == 0 ? "    " : " ", code->bytes[i],
               i % 16 == 15 || i + 1 == code->size ? "\n" : "");
}

static enum err stage_print(struct compile *c, uint32_t function, struct wasm_note *note)
{
    static const enum wasm_stage stages[] = {
        [EMIT_IR] = WASM_STAGE_IR,
        [EMIT_SSA] = WASM_STAGE_OPTIMIZED,
        [EMIT_ASM] = WASM_STAGE_ALLOCATED,
    };
    struct wasm_dump dump = { .stage = stages[c->emit], .line = line_print };
    char name[TEXT_SHOWN_SIZE];

    printf("function %" PRIu32 " %s %s\n", function,
           text_shown(name, wasm_decoded_function_name(&c->module.decoded, function)),
           module_signature_text(wasm_decoded_signature(&c->module.decoded, function)));
    if (c->emit == EMIT_BYTES)
        return ERR_OK;
    return wasm_compile_dump(&c->unit, function, &c->module.scratch, &dump, note);
}

static int function_compile(struct compile *c, uint32_t function)
{
    struct wasm_note note = { .function = -1 };
    struct wasm_code code = { 0 };
    enum err e = ERR_OK;
    double start, took;

    arena_reset(&c->module.scratch);
    if (c->emit != EMIT_NOTHING)
        e = stage_print(c, function, &note);
    if (e != ERR_OK)
        return refused(c, function, e, &note);
    arena_reset(&c->module.scratch);
    start = now();
    e = wasm_compile_function(&code, &c->unit, function, &c->module.scratch, &note);
    took = now() - start;
    if (e != ERR_OK)
        return refused(c, function, e, &note);
    if (c->emit == EMIT_BYTES)
        bytes_print(&code);
    c->functions++;
    c->text_bytes += code.text_size;
    c->bytes += code.size;
    if (took > c->slowest) {
        c->slowest = took;
        c->slowest_function = function;
    }
    return 0;
}

/* By number, or by the name that the module gives it. */
static bool function_wanted(const struct compile *c, uint32_t function)
{
    struct bytes name;
    uint64_t number;

    if (c->function == NULL)
        return true;
    if (quantity_count(&number, c->function))
        return number == function;
    name = wasm_decoded_function_name(&c->module.decoded, function);
    return name.size == strlen(c->function) && memcmp(name.data, c->function, name.size) == 0;
}

static int compile_all(struct compile *c)
{
    const struct wasm_decoded *m = &c->module.decoded;
    char name[TEXT_SHOWN_SIZE];
    double start = now();
    int code = 0;

    for (uint32_t i = m->imported_func_count; i < m->func_count && code == 0; i++)
        if (function_wanted(c, i))
            code = function_compile(c, i);
    if (code != 0)
        return code;
    if (c->functions == 0 && c->function != NULL)
        return verb_fail(VERB_USAGE, "%s: the module defines no such function", c->function);
    fprintf(c->emit == EMIT_NOTHING ? stdout : stderr,
            "%" PRIu64 " functions: %" PRIu64 " bytes of instructions, %" PRIu64
            " with constants, %.3f s\n",
            c->functions, c->text_bytes, c->bytes, now() - start);
    if (c->functions > 1)
        fprintf(c->emit == EMIT_NOTHING ? stdout : stderr,
                "slowest: function %" PRIu32 " (%s), %.3f s; memory at most %.1f MiB\n",
                c->slowest_function,
                text_shown(name, wasm_decoded_function_name(m, c->slowest_function)), c->slowest,
                (double)c->module.scratch.peak / 1048576);
    return 0;
}

static bool emit_parse(enum emit *out, const char *text)
{
    static const char *const names[] = { "nothing", "ir", "ssa", "asm", "bytes" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], text) == 0) {
            *out = (enum emit)i;
            return true;
        }
    }
    return false;
}

static int option_take(struct compile *c, struct workload *words, const struct verb_option *o,
                       const char *value)
{
    struct note note = { 0 };

    if (option_is(o, "function"))
        c->function = value;
    else if (option_is(o, "emit") && !emit_parse(&c->emit, value))
        return verb_misused(&verb_compile, "--emit: expected ir, ssa, asm, bytes or nothing");
    else if (option_is(o, "config") && workload_config_add(words, value, &note) != ERR_OK)
        return verb_misused(&verb_compile, "--config: %s", note.text);
    return 0;
}

static int compile_run(int argc, char **argv)
{
    static struct compile compile;
    static struct workload words; /* for its configuration word alone */
    struct option_walk w = option_walk(&verb_compile, argc, argv);
    const struct verb_option *o;
    struct compile *c = &compile;
    int code = 0;

    module_init(&c->module);
    workload_init(&words, &c->module.arena);
    while (code == 0 && (o = option_next(&w)) != NULL)
        code = option_take(c, &words, o, w.value);
    if (code == 0 && option_stop(&w))
        code = w.failed;
    else if (code == 0 && w.at + 1 != argc)
        code = verb_misused(&verb_compile, "expected one module");
    else if (code == 0)
        code = module_open(&c->module, argv[w.at]);
    if (code == 0 && !w.helped) {
        c->unit = (struct wasm_unit){ &c->module.decoded, &c->layout,
                                      words.engine_config | wasm_config_native() };
        if (wasm_layout_of(&c->layout, &c->module.decoded) == ERR_OK)
            code = compile_all(c);
        else
            code = verb_fail(VERB_DATA, "the module has more parts than a context holds");
    }
    module_close(&c->module);
    return code;
}

static const struct verb_option compile_options[] = {
    { "emit", VALUE_TEXT, "ir|ssa|asm|bytes",
      "Print each function as it was built (ir), as it was optimised (ssa), as instructions with "
      "their registers (asm), or as the bytes of machine code." },
    { "function", VALUE_TEXT, "NAME|NUMBER", "Only this function." },
    { "config", VALUE_TEXT, "WORD[,…]", "As for `broch run`." },
    { 0 },
};

static const struct verb_example compile_examples[] = {
    { "broch compile app.wasm", "How long it takes, and how much code it makes." },
    { "broch compile --emit ssa --function fib fib.wasm", "One function after optimisation." },
    { 0 },
};

const struct verb verb_compile = {
    .name = "compile",
    .summary = "compile a module and show what came of it, for engineers",
    .operands = "MODULE",
    .operand = VALUE_FILE,
    .text = "Compiles every function of a module on one thread, as exec does inside a keep, and "
            "prints sizes and times. Nothing of it runs and nothing is kept.",
    .options = compile_options,
    .examples = compile_examples,
    .exit = "0 where everything compiles, 65 where the module is refused, 70 where the machine "
            "code verifier refuses what the compiler made.",
    .run = compile_run,
};

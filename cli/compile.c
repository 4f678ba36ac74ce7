#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/num.h"
#include "cli/compile_report.h"
#include "cli/config.h"
#include "cli/dump.h"
#include "cli/module.h"
#include "cli/option.h"
#include "cli/progress.h"
#include "cli/quantity.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "wasm/compile.h"

enum emit { EMIT_NOTHING, EMIT_IR, EMIT_SSA, EMIT_ASM, EMIT_BYTES };

struct compile {
    struct module module;
    struct wasm_layout layout;
    struct wasm_unit unit;
    struct config config;
    enum emit emit;
    const char *function; /* name or number; NULL: all */
    bool json;
    struct compile_report report;
};

static double now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int refused(const struct compile *c, uint32_t function, enum err e,
                   const struct wasm_note *note)
{
    char name[TEXT_SHOWN_SIZE];

    text_shown(name, wasm_decoded_function_name(&c->module.decoded, function));
    if (e == ERR_NOMEM)
        return verb_fail(VERB_DATA,
                         "function %" PRIu32 " (%s): compile memory: it needs more than the %zu "
                         "bytes that its size allows for",
                         function, name, c->module.scratch.ceiling);
    return verb_fail(e == ERR_INVALID ? VERB_SOFTWARE : VERB_DATA,
                     "function %" PRIu32 " (%s), offset 0x%" PRIx64 ": %s%s%s", function, name,
                     note->offset, note->rule, note->detail[0] != '\0' ? ": " : "", note->detail);
}

static void bytes_print(const struct wasm_code *code)
{
    for (uint32_t i = 0; i < code->size; i++)
        printf("%s%02x%s", i % 16 == 0 ? "    " : " ", code->bytes[i],
               i % 16 == 15 || i + 1 == code->size ? "\n" : "");
}

static enum err stage_print(struct compile *c, uint32_t function, struct wasm_note *note)
{
    static const enum dump_stage stages[] = {
        [EMIT_IR] = DUMP_BUILT,
        [EMIT_SSA] = DUMP_OPTIMIZED,
        [EMIT_ASM] = DUMP_ALLOCATED,
    };
    char name[TEXT_SHOWN_SIZE];

    printf("function %" PRIu32 " %s %s\n", function,
           text_shown(name, wasm_decoded_function_name(&c->module.decoded, function)),
           module_signature_text(wasm_decoded_signature(&c->module.decoded, function)));
    if (c->emit == EMIT_BYTES)
        return ERR_OK;
    return dump_function(&c->unit, function, stages[c->emit], &c->module.scratch, note);
}

static int function_compile(struct compile *c, uint32_t function)
{
    struct arena *scratch = &c->module.scratch;
    struct compile_peak peak = { .function = function };
    struct wasm_note note = { .function = -1 };
    struct wasm_code code = { 0 };
    enum err e = ERR_OK;
    double start;

    peak.body_bytes = c->module.decoded.funcs[function].body.size;
    arena_reset(scratch);
    if (c->emit != EMIT_NOTHING)
        e = stage_print(c, function, &note);
    if (e != ERR_OK)
        return refused(c, function, e, &note);
    /* What the largest function takes is to be seen by itself, without a chunk
     * that an earlier one left. The ceiling is that of a keep. */
    if (peak.body_bytes > c->report.largest.body_bytes)
        arena_done(scratch);
    else
        arena_reset(scratch);
    scratch->peak = scratch->held;
    scratch->ceiling = num_min(
        LIMIT_COMPILE_MOST, LIMIT_COMPILE_FLOOR + (size_t)peak.body_bytes * LIMIT_COMPILE_PER_BYTE);
    start = now(CLOCK_MONOTONIC);
    e = wasm_compile_function(&code, &c->unit, function, scratch, &note);
    peak.seconds = now(CLOCK_MONOTONIC) - start;
    peak.memory = scratch->peak;
    if (e != ERR_OK)
        return refused(c, function, e, &note);
    if (c->emit == EMIT_BYTES)
        bytes_print(&code);
    compile_report_add(&c->report, peak, code.text_size, code.size);
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
    struct progress progress = progress_of("compiling");
    double start = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID);
    int code = 0;

    for (uint32_t i = m->imported_func_count; i < m->func_count && code == 0; i++) {
        if (function_wanted(c, i))
            code = function_compile(c, i);
        if (c->emit == EMIT_NOTHING)
            progress_step(&progress, i, m->func_count);
    }
    progress_end(&progress);
    if (code != 0)
        return code;
    if (c->report.functions == 0 && c->function != NULL)
        return verb_fail(VERB_USAGE, "%s: the module defines no such function", c->function);
    c->report.seconds = now(CLOCK_MONOTONIC) - start;
    c->report.processor_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - processor;
    (c->json ? compile_report_json
             : compile_report_print)(&c->report, m, c->emit == EMIT_NOTHING ? stdout : stderr);
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

static int option_take(struct compile *c, const struct verb_option *o, const char *value)
{
    struct note note = { 0 };

    if (option_is(o, "function"))
        c->function = value;
    else if (option_is(o, "emit") && !emit_parse(&c->emit, value))
        return verb_misused(&verb_compile, "--emit: expected ir, ssa, asm, bytes or nothing");
    else if (option_is(o, "json"))
        c->json = true;
    else if (option_is(o, "config") &&
             config_add(&c->config, value, CONFIG_FOR_ENGINEERS, &note) != ERR_OK)
        return verb_misused(&verb_compile, "--config: %s", note.text);
    return 0;
}

static int compile_run(int argc, char **argv)
{
    static struct compile compile;
    struct option_walk w = option_walk(&verb_compile, argc, argv);
    const struct verb_option *o;
    struct compile *c = &compile;
    int code = 0;

    module_init(&c->module);
    while (code == 0 && (o = option_next(&w)) != NULL)
        code = option_take(c, o, w.value);
    if (code == 0 && option_stop(&w))
        code = w.failed;
    else if (code == 0 && w.at + 1 != argc)
        code = verb_misused(&verb_compile, "expected one module");
    else if (code == 0)
        code = module_open(&c->module, argv[w.at]);
    if (code == 0 && !w.helped) {
        c->unit = (struct wasm_unit){ &c->module.decoded, &c->layout, config_word(&c->config) };
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
    { "config", VALUE_TEXT, "WORD[,…]",
      "As for `broch run`, and what its other options say: deterministic, interrupt, fuel; and "
      "what the processor is not to be taken to have: no-avx, no-bmi, no-popcnt, baseline (none "
      "of its extensions)." },
    { "json", VALUE_NONE, NULL,
      "Print the sizes, times and memory as JSON: bytes of WebAssembly and of machine code, "
      "seconds, memory, and the largest and the slowest function." },
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
            "prints what came of it: the size of the machine code and its ratio to the "
            "WebAssembly, time, and the most memory that one function took. Nothing of it runs "
            "and nothing is kept. With --emit this goes to stderr.",
    .options = compile_options,
    .examples = compile_examples,
    .exit = "0 where everything compiles, 65 where the module is refused, 70 where the machine "
            "code verifier refuses what the compiler made.",
    .run = compile_run,
};

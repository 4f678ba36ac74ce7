#include "cli/wast.h"

#include <stdio.h>

#include "cli/config.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "exec/fault.h"

static bool run_one(const char *path, uint64_t config, bool verbose)
{
    struct wast_result r;

    if (!wast_run(&r, path, config, verbose)) {
        printf("FAIL %s: 0 passed, 1 failed, 0 skipped\n", path);
        return false;
    }
    printf("%s %s: %u passed, %u failed, %u skipped\n", r.failed == 0 ? "ok" : "FAIL", path,
           r.passed, r.failed, r.skipped);
    for (uint32_t i = 0; i < r.reason_count; i++)
        printf("  skipped %s: %s\n", path, r.reasons[i]);
    fflush(stdout); /* a crash in the next one must not take these lines along */
    return r.failed == 0;
}

static int wast_main(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_wast, argc, argv);
    struct config config = { 0 };
    const struct verb_option *o;
    bool verbose = false, good = true;
    struct note note = { 0 };

    while ((o = option_next(&w)) != NULL) {
        if (option_is(o, "verbose"))
            verbose = true;
        else if (config_add(&config, w.value, CONFIG_FOR_ENGINEERS, &note) != ERR_OK)
            return verb_misused(&verb_wast, "--config: %s", note.text);
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at >= w.argc)
        return verb_misused(&verb_wast, "no script is given");
    if (fault_take() != ERR_OK)
        return verb_fail(VERB_SOFTWARE, "signals cannot be handled");
    for (int i = w.at; i < w.argc; i++)
        good = run_one(w.argv[i], config_word(&config), verbose) && good;
    return good ? 0 : 1;
}

static const struct verb_option options[] = {
    { "config", VALUE_TEXT, "LIST",
      "What the engine is to do otherwise, with commas between: explicit-bounds, lazy, no-verify, "
      "no-optimize, naive-allocation, deterministic, interrupt, fuel, no-avx, no-bmi, no-popcnt, "
      "baseline (none of the processor's extensions)." },
    { "verbose", VALUE_NONE, NULL, "Print a line for every assertion, not only for failures." },
    { 0 },
};

static const struct verb_example examples[] = {
    { "broch wast f32.json", "Run one script with its modules beside it." },
    { "broch wast --config lazy,explicit-bounds *.json", "Run scripts in another configuration." },
    { 0 },
};

const struct verb verb_wast = {
    .name = "wast",
    .summary = "run scripts of the WebAssembly specification's tests",
    .operands = "SCRIPT.json...",
    .operand = VALUE_FILE,
    .text = "Runs test scripts in the form that wast2json writes, in this process, with the host "
            "module that they import. For each a line says how many assertions passed, failed "
            "and were skipped.\n\n"
            "Skipped are commands about modules that need a proposal which the engine does not "
            "have; the proposal is named.",
    .options = options,
    .examples = examples,
    .exit = "0 when nothing failed, else 1; 64 when it was called wrongly.",
    .run = wast_main,
};

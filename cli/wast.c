#include "cli/wast.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "exec/fault.h"
#include "include/broch/wasm.h"

static const struct {
    const char *name;
    uint64_t set, clear;
} configs[] = {
    { "no-optimize", WASM_CONFIG_NO_OPTIMIZE, 0 },
    { "naive-alloc", WASM_CONFIG_NAIVE_ALLOC, 0 },
    { "no-verify", WASM_CONFIG_NO_VERIFY, 0 },
    { "lazy", WASM_CONFIG_LAZY, 0 },
    { "explicit", WASM_CONFIG_EXPLICIT, 0 },
    { "deterministic", WASM_CONFIG_DETERMINISTIC, 0 },
    { "interrupt", WASM_CONFIG_INTERRUPT, 0 },
    { "fuel", WASM_CONFIG_FUEL, 0 },
    { "no-avx", 0, WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_FMA },
    { "no-bmi", 0, WASM_CONFIG_BMI },
    { "no-popcnt", 0, WASM_CONFIG_POPCNT },
};

/* A list with commas. False names the word that is unknown. */
static bool config_parse(uint64_t *config, const char *list, const char **unknown)
{
    while (*list != '\0') {
        size_t size = strcspn(list, ","), i = 0;

        while (i < COUNT_OF(configs) &&
               (strlen(configs[i].name) != size || memcmp(configs[i].name, list, size) != 0))
            i++;
        *unknown = list;
        if (i == COUNT_OF(configs))
            return false;
        *config = (*config | configs[i].set) & ~configs[i].clear;
        list += size + (list[size] == ',');
    }
    return true;
}

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
    uint64_t config = wasm_config_native();
    const struct verb_option *o;
    bool verbose = false, good = true;
    const char *unknown;

    while ((o = option_next(&w)) != NULL) {
        if (option_is(o, "verbose"))
            verbose = true;
        else if (!config_parse(&config, w.value, &unknown))
            return verb_misused(&verb_wast, "--config: %s is unknown", unknown);
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at >= w.argc)
        return verb_misused(&verb_wast, "no script is given");
    if (fault_take() != ERR_OK)
        return verb_fail(VERB_SOFTWARE, "signals cannot be handled");
    for (int i = w.at; i < w.argc; i++)
        good = run_one(w.argv[i], config, verbose) && good;
    return good ? 0 : 1;
}

static const struct verb_option options[] = {
    { "config", VALUE_TEXT, "LIST",
      "What the engine is to do otherwise, with commas between: no-optimize, naive-alloc, "
      "no-verify, lazy, explicit, deterministic, interrupt, fuel, no-avx, no-bmi, no-popcnt." },
    { "verbose", VALUE_NONE, NULL, "Print a line for every assertion, not only for failures." },
    { 0 },
};

static const struct verb_example examples[] = {
    { "broch wast f32.json", "Run one script with its modules beside it." },
    { "broch wast --config lazy,explicit *.json", "Run scripts in another configuration." },
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

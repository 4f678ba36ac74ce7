#include "cli/wast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "cli/keep.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "cli/wast_source.h"
#include "cli/workload.h"
#include "exec/fault.h"

/* The scripts in a keep: broch-wast stands in for exec there. */
static int run_in_keep(const char *backend, const char *words, bool verbose, char **scripts,
                       int count)
{
    struct workload *w = calloc(1, sizeof *w);
    const char **args = calloc((size_t)count + 2, sizeof *args);
    struct keep_result result = { 0 };
    struct note note = { 0 };
    struct bytes bundle = { 0 };
    enum err e = w != NULL && args != NULL ? ERR_OK : ERR_NOMEM;

    if (e == ERR_OK) {
        workload_init(w, NULL);
        e = workload_backend_set(w, backend, &note);
    }
    if (e == ERR_OK)
        e = wast_source_pack(&bundle, scripts, count, &note);
    if (e == ERR_OK) {
        args[0] = words;
        args[1] = verbose ? "verbose" : "";
        memcpy(args + 2, scripts, (size_t)count * sizeof *args);
        w->name = "broch-wast";
        w->program = "broch-wast";
        w->args = args;
        w->args_count = (uint32_t)count + 2;
        e = keep_run(&result, w, bundle, false, &note);
    }
    free((void *)(uintptr_t)bundle.data);
    free(args);
    free(w);
    return e == ERR_OK ? result.end.code : verb_fail(VERB_SOFTWARE, "%s", note.text);
}

static int wast_main(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_wast, argc, argv);
    struct config config = { 0 };
    const struct verb_option *o;
    const char *backend = getenv("BROCH_BACKEND"), *words = "";
    bool verbose = false, good = true;
    struct note note = { 0 };

    while ((o = option_next(&w)) != NULL) {
        if (option_is(o, "verbose"))
            verbose = true;
        else if (option_is(o, "backend"))
            backend = w.value;
        else if (config_add(&config, w.value, CONFIG_FOR_ENGINEERS, &note) != ERR_OK)
            return verb_misused(&verb_wast, "--config: %s", note.text);
        else
            words = w.value;
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at >= w.argc)
        return verb_misused(&verb_wast, "no script is given");
    if (backend != NULL)
        return run_in_keep(backend, words, verbose, w.argv + w.at, w.argc - w.at);
    if (fault_take() != ERR_OK)
        return verb_fail(VERB_SOFTWARE, "signals cannot be handled");
    for (int i = w.at; i < w.argc; i++)
        good = wast_one(w.argv[i], config_word(&config), verbose) && good;
    return good ? 0 : 1;
}

static const struct verb_option options[] = {
    { "backend", VALUE_TEXT, "KIND",
      "Run them in a keep of that kind, one for all scripts, instead of in this process." },
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

#include "cli/verbs.h"

#include <stdio.h>

#include "cli/option.h"

#define VERSION "0.1.0"

static int version_run(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_version, argc, argv);
    bool json = false;

    while (option_next(&w) != NULL)
        json = true; /* its only option */
    if (option_stop(&w))
        return w.failed;
    if (w.at < argc)
        return verb_misused(&verb_version, "%s: no operand is expected", argv[w.at]);
    printf(json ? "{\"name\": \"broch\", \"version\": \"%s\"}\n" : "broch %s\n", VERSION);
    return 0;
}

static const struct verb_option version_options[] = {
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { 0 },
};

const struct verb verb_version = {
    .name = "version",
    .summary = "print the version",
    .operands = "",
    .text = "Prints the name and the version of this program.",
    .options = version_options,
    .run = version_run,
};

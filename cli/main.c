#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/verb.h"
#include "host/files.h"

/* Output that did not arrive is a failure, not a success nobody saw. */
static int output_close(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return code != 0 ? code : verb_fail(VERB_SOFTWARE, "cannot write to stdout");
}

int main(int argc, char **argv)
{
    const struct verb *v;

    if (files_stdio_hold() != ERR_OK)
        return VERB_SOFTWARE;
    if (argc < 2) {
        verb_fail(VERB_USAGE, "expected a verb; `broch help` lists them");
        return VERB_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        argv[1] = strdup("help");
    else if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        argv[1] = strdup("version");
    v = argv[1] != NULL ? verb_find(argv[1]) : NULL;
    if (v == NULL)
        return verb_fail(VERB_USAGE, "%s: no such verb; `broch help` lists them",
                         argv[1] != NULL ? argv[1] : "?");
    return output_close(v->run(argc - 1, argv + 1));
}

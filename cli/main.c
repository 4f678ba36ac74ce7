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

/* Words that are no verb, but say which one is meant. */
static const char *verb_of_word(const char *word)
{
    static const struct {
        const char *word, *verb;
    } words[] = {
        { "--help", "help" }, { "-h", "help" }, { "--version", "version" }, { "-V", "version" }
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].verb;
    return word;
}

static int verb_unknown(const char *word)
{
    const char *dot = strrchr(word, '.');

    if (verb_near(word) != NULL)
        return verb_fail(VERB_USAGE, "%s: no such verb; is `broch %s` meant?", word,
                         verb_near(word));
    if (dot != NULL && (strcmp(dot, ".wasm") == 0 || strcmp(dot, ".wat") == 0))
        return verb_fail(VERB_USAGE, "%s: no such verb; a module runs with `broch run %s`", word,
                         word);
    return verb_fail(VERB_USAGE, "%s: no such verb; `broch help` lists them", word);
}

int main(int argc, char **argv)
{
    const struct verb *v;

    if (files_stdio_hold() != ERR_OK)
        return VERB_SOFTWARE;
    if (argc < 2)
        return verb_fail(VERB_USAGE, "expected a verb: `broch run app.wasm` runs a program, "
                                     "`broch help` lists the others");
    v = verb_find(verb_of_word(argv[1]));
    if (v == NULL)
        return verb_unknown(argv[1]);
    return output_close(v->run(argc - 1, argv + 1));
}

#include "cli/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/suggest.h"
#include "cli/text.h"

const struct verb *const verb_all[] = {
    &verb_run,     &verb_inspect,    &verb_compile, &verb_measure,    &verb_platform,
    &verb_verify,  &verb_collateral, &verb_policy,  &verb_completion, &verb_wast,
    &verb_version, &verb_help,       NULL,
};

const struct verb *verb_find(const char *name)
{
    for (size_t i = 0; verb_all[i] != NULL; i++)
        if (strcmp(verb_all[i]->name, name) == 0)
            return verb_all[i];
    return NULL;
}

const struct verb *verb_each(size_t at)
{
    for (size_t i = 0; verb_all[i] != NULL; i++) {
        const struct verb *const *below = verb_all[i]->below;

        if (at-- == 0)
            return verb_all[i];
        for (; below != NULL && *below != NULL; below++)
            if (at-- == 0)
                return *below;
    }
    return NULL;
}

const struct verb *verb_below(const struct verb *v, const char *word)
{
    for (size_t i = 0; v->below != NULL && v->below[i] != NULL; i++)
        if (strcmp(strrchr(v->below[i]->name, ' ') + 1, word) == 0)
            return v->below[i];
    return NULL;
}

const char *verb_near(const char *name)
{
    struct suggest s = suggest_for(name, strlen(name));

    for (size_t i = 0; verb_all[i] != NULL; i++)
        suggest_look(&s, verb_all[i]->name);
    return s.best;
}

/* One line, whatever is in it: parts of it were written by others. */
static void line_say(const char *format, va_list args, const char *verb)
{
    char line[2048];

    vsnprintf(line, sizeof line, format, args);
    text_clean(line);
    if (verb != NULL)
        fprintf(stderr, "broch: %s (see `broch help %s`)\n", line, verb);
    else
        fprintf(stderr, "broch: %s\n", line);
}

int verb_misused(const struct verb *v, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_say(format, args, v->name);
    va_end(args);
    return VERB_USAGE;
}

int verb_fail(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_say(format, args, NULL);
    va_end(args);
    return code;
}

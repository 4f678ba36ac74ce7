#include "cli/option.h"

#include <string.h>

#include "cli/help.h"
#include "cli/suggest.h"

struct option_walk option_walk(const struct verb *verb, int argc, char **argv)
{
    return (struct option_walk){ .verb = verb, .argc = argc, .argv = argv, .at = 1 };
}

struct option_walk option_walk_mixed(const struct verb *verb, int argc, char **argv)
{
    struct option_walk w = option_walk(verb, argc, argv);

    w.is_mixed = true;
    return w;
}

static const struct verb_option *option_find(const struct verb *v, const char *name, size_t size)
{
    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++)
        if (strlen(o->name) == size && memcmp(o->name, name, size) == 0)
            return o;
    return NULL;
}

static const struct verb_option *unknown(struct option_walk *w, const char *word, size_t size)
{
    struct suggest s = suggest_for(word + 2, size);

    for (const struct verb_option *o = w->verb->options; o != NULL && o->name != NULL; o++)
        suggest_look(&s, o->name);
    if (s.best != NULL)
        w->failed = verb_misused(w->verb, "%s: unknown option; is --%s meant?", word, s.best);
    else
        w->failed = verb_misused(w->verb, "%s: unknown option", word);
    return NULL;
}

static const struct verb_option *refuse(struct option_walk *w, const char *what, const char *word)
{
    w->failed = verb_misused(w->verb, "%s: %s", word, what);
    return NULL;
}

/* "-" is one. */
static bool is_operand(const char *word) { return word[0] != '-' || word[1] == '\0'; }

/* The end: operands that were passed over go where the rest of them begins. */
static const struct verb_option *walk_end(struct option_walk *w)
{
    w->at -= w->kept;
    memmove(w->argv + w->at, w->argv + 1, (size_t)w->kept * sizeof *w->argv);
    w->kept = 0;
    return NULL;
}

const struct verb_option *option_next(struct option_walk *w)
{
    const struct verb_option *o;
    const char *word, *equals;
    size_t size;

    w->value = NULL;
    if (w->failed != 0 || w->helped)
        return NULL;
    while (w->is_mixed && w->at < w->argc && is_operand(w->argv[w->at]))
        w->argv[1 + w->kept++] = w->argv[w->at++];
    if (w->at >= w->argc || is_operand(w->argv[w->at]))
        return walk_end(w);
    word = w->argv[w->at++];
    if (strcmp(word, "--") == 0)
        return walk_end(w);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        help_verb(w->verb);
        w->helped = true;
        return NULL;
    }
    if (word[1] != '-')
        return refuse(w, "unknown option", word);
    equals = strchr(word, '=');
    size = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    o = option_find(w->verb, word + 2, size);
    if (o == NULL)
        return unknown(w, word, size);
    if (o->value == NULL)
        return equals == NULL ? o : refuse(w, "this option takes no value", word);
    if (equals == NULL && w->at >= w->argc)
        return refuse(w, "a value must follow", word);
    w->value = equals != NULL ? equals + 1 : w->argv[w->at++];
    return o;
}

bool option_stop(const struct option_walk *w) { return w->failed != 0 || w->helped; }

bool option_is(const struct verb_option *o, const char *name) { return strcmp(o->name, name) == 0; }

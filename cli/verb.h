/* verb.h: one command of `broch`.
 *
 * The table in verbs.c is the only list of them: dispatch, `broch help`, the
 * manual page and the shells' completions all come from it. A verb gets what
 * stands after its name and gives the exit code. Errors go to stderr as one
 * line that starts with "broch: ". */
#ifndef BROCH_CLI_VERB_H
#define BROCH_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>

/* What a shell offers after an option, or as an operand. */
enum verb_value {
    VALUE_NONE, /* a switch; as an operand: there are none */
    VALUE_TEXT,
    VALUE_FILE,
    VALUE_DIRECTORY,
    VALUE_VERB,
    VALUE_SHELL,
};

struct verb_option {
    const char *name; /* without its dashes */
    enum verb_value kind;
    const char *value; /* how the help calls what follows; NULL for a switch */
    const char *text;  /* whole sentences */
};

struct verb_example {
    const char *command;
    const char *text;
};

struct verb {
    const char *name;
    const char *summary;  /* a line for the list */
    const char *operands; /* after the options, in the usage */
    enum verb_value operand;
    const char *text;                    /* paragraphs, an empty line between two */
    const struct verb_option *options;   /* up to one without a name; may be NULL */
    const struct verb_example *examples; /* likewise */
    const char *exit;                    /* what its exit codes mean */
    int (*run)(int argc, char **argv);   /* argv[0] is the verb */
    /* Verbs below this one, NULL-terminated, called "measure snp", …; or NULL. */
    const struct verb *const *below;
    const char *words; /* what a shell offers as the first operand: "check diff"; or NULL */
};

#define VERB_USAGE 64
#define VERB_DATA 65
#define VERB_SOFTWARE 70

/* NULL-terminated, as the help lists them. */
extern const struct verb *const verb_all[];
const struct verb *verb_find(const char *name);
/* All of them and those below them, one after the other; NULL after the last. */
const struct verb *verb_each(size_t at);
/* The verb below it of that last word, or NULL. */
const struct verb *verb_below(const struct verb *v, const char *word);
/* The name that was probably meant, or NULL. */
const char *verb_near(const char *name);

/* Says what is wrong on one line of stderr, and where help is; gives VERB_USAGE. */
__attribute__((format(printf, 2, 3))) int verb_misused(const struct verb *v, const char *format,
                                                       ...);
/* "broch: " and the text, on stderr; gives code. */
__attribute__((format(printf, 2, 3))) int verb_fail(int code, const char *format, ...);

#endif

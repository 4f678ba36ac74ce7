/* option.h: walks the options of a verb, by its table.
 *
 * --name VALUE, --name=VALUE and switches; options end at the first word that
 * is none, or after "--". Everything behind that is the verb's, untouched. A mixed
 * walk takes options from among the operands too, until "--", and leaves the
 * operands in their order. */
#ifndef BROCH_CLI_OPTION_H
#define BROCH_CLI_OPTION_H

#include "cli/verb.h"

struct option_walk {
    const struct verb *verb;
    int argc;
    char **argv;
    int at;            /* after the end: the first operand */
    const char *value; /* of the option that next gave; NULL for a switch */
    int failed;        /* 0, or the exit code; the message is out */
    bool helped;       /* --help was asked for and answered */
    bool is_mixed;
    int kept; /* operands passed over, at argv[1] and on */
};

struct option_walk option_walk(const struct verb *verb, int argc, char **argv);
struct option_walk option_walk_mixed(const struct verb *verb, int argc, char **argv);
/* The next option, or NULL at the end and on a mistake. */
const struct verb_option *option_next(struct option_walk *w);
/* True where the walk ended for a reason other than its end: the verb then
 * leaves with w->failed. */
bool option_stop(const struct option_walk *w);
bool option_is(const struct verb_option *o, const char *name);

#endif

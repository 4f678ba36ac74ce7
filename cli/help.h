/* help.h: the manual, from the table of verbs. It writes to stdout. */
#ifndef BROCH_CLI_HELP_H
#define BROCH_CLI_HELP_H

#include "cli/verb.h"

/* The list of verbs. */
void help_all(void);
/* A page about one. */
void help_verb(const struct verb *v);

#endif

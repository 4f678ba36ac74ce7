/* verbs.h: the verbs, each in the file of its name. */
#ifndef BROCH_CLI_VERBS_H
#define BROCH_CLI_VERBS_H

#include "cli/verb.h"

extern const struct verb verb_collateral;
extern const struct verb verb_compile;
extern const struct verb verb_completion;
extern const struct verb verb_help;
extern const struct verb verb_inspect;
extern const struct verb verb_measure;
extern const struct verb verb_platform;
extern const struct verb verb_policy;
extern const struct verb verb_run;
extern const struct verb verb_verify;
extern const struct verb verb_version;
extern const struct verb verb_wast;

#endif

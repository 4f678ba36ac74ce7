/* policy.h: what the files of `broch policy` share. */
#ifndef BROCH_CLI_POLICY_H
#define BROCH_CLI_POLICY_H

#include "cli/verify_input.h"

/* A distrust list from a TOML document (docs/policy.md), signed with the key at `key_path`, or
 * with the user's own where that is NULL, on stdout. 0, or the exit code. */
int policy_distrust_make(struct verify_input *in, const char *path, const char *key_path);

#endif

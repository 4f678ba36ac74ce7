/* config.h: the words of --config: what the engine is to do otherwise.
 *
 * The only table of them: `broch run`, `broch compile`, `broch wast` and the
 * fuzzers take their words from here. Some words only say what another option
 * of `broch run` says as well, or concern the processor: those are for
 * engineers' verbs alone. */
#ifndef BROCH_CLI_CONFIG_H
#define BROCH_CLI_CONFIG_H

#include <stdint.h>

#include "base/err.h"
#include "host/note.h"

enum config_user { CONFIG_FOR_RUN, CONFIG_FOR_ENGINEERS };

/* Bits of enum wasm_config. All zero: nothing otherwise. */
struct config {
    uint64_t set;
    uint64_t clear;
};

/* A list with commas between. ERR_USAGE where a word is unknown: the note names
 * it and those that there are. */
enum err config_add(struct config *c, const char *list, enum config_user user, struct note *note);

/* The engine's configuration word on this machine. */
uint64_t config_word(const struct config *c);

#endif

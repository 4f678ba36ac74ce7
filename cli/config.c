#include "cli/config.h"

#include <stdbool.h>
#include <string.h>

#include "base/num.h"
#include "broch/wasm.h"

#define VECTORS (WASM_CONFIG_AVX | WASM_CONFIG_AVX2 | WASM_CONFIG_FMA)

static const struct {
    const char *name;
    uint64_t set;
    uint64_t clear;
    bool for_run;
} words[] = {
    { "explicit-bounds", WASM_CONFIG_EXPLICIT, 0, true },
    { "lazy", WASM_CONFIG_LAZY, 0, true },
    { "no-verify", WASM_CONFIG_NO_VERIFY, 0, true },
    { "no-optimize", WASM_CONFIG_NO_OPTIMIZE, 0, true },
    { "naive-allocation", WASM_CONFIG_NAIVE_ALLOC, 0, true },
    { "deterministic", WASM_CONFIG_DETERMINISTIC, 0, false },
    { "interrupt", WASM_CONFIG_INTERRUPT, 0, false },
    { "fuel", WASM_CONFIG_FUEL, 0, false },
    { "no-avx", 0, VECTORS, false },
    { "no-bmi", 0, WASM_CONFIG_BMI, false },
    { "no-popcnt", 0, WASM_CONFIG_POPCNT, false },
    { "baseline", 0, VECTORS | WASM_CONFIG_BMI | WASM_CONFIG_POPCNT, false },
};

static enum err unknown(const char *word, size_t size, enum config_user user, struct note *note)
{
    char list[256];
    size_t at = 0;

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t name = strlen(words[i].name);

        if ((user == CONFIG_FOR_RUN && !words[i].for_run) || at + name + 3 > sizeof list)
            continue;
        memcpy(list + at, at > 0 ? ", " : "", at > 0 ? 2 : 0);
        at += at > 0 ? 2 : 0;
        memcpy(list + at, words[i].name, name);
        at += name;
    }
    list[at] = '\0';
    note_set(note, "%.*s: expected %s", (int)num_min(size, 64), word, list);
    return ERR_USAGE;
}

enum err config_add(struct config *c, const char *list, enum config_user user, struct note *note)
{
    for (;;) {
        size_t size = strcspn(list, ","), i = 0;

        while (i < COUNT_OF(words) &&
               ((user == CONFIG_FOR_RUN && !words[i].for_run) || strlen(words[i].name) != size ||
                memcmp(words[i].name, list, size) != 0))
            i++;
        if (i == COUNT_OF(words))
            return unknown(list, size, user, note);
        c->set |= words[i].set;
        c->clear |= words[i].clear;
        if (list[size] == '\0')
            return ERR_OK;
        list += size + 1;
    }
}

uint64_t config_word(const struct config *c) { return (wasm_config_native() | c->set) & ~c->clear; }

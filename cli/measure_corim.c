#include <stdio.h>
#include <string.h>

#include "attest/corim/corim.h"
#include "cli/measure.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "cli/verifier_key.h"

#define REFERENCES_MAX 256

struct wanted {
    struct corim_source source;
    struct corim_reference references[REFERENCES_MAX];
    const char *key;
    bool is_signed;
};

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* PLATFORM=HEX or PLATFORM=HEX:NAME. */
static bool reference_take(struct corim_reference *out, struct measure_io *m, char *word)
{
    char *hex = strchr(word, '='), *name;

    if (hex == NULL)
        return false;
    *hex++ = '\0';
    name = strchr(hex, ':');
    if (name != NULL)
        *name++ = '\0';
    *out = (struct corim_reference){ .platform = platform_named(text_of(word)) };
    if (name != NULL)
        out->name = text_of(name);
    return out->platform != PLATFORM_NONE && measure_hex(&out->measurement, m, hex, 0);
}

static int manifest_make(struct measure_io *m, const struct wanted *x)
{
    size_t size = 1024 + x->source.count * (size_t)1024;
    void *room = arena_alloc(&m->in.arena, size);
    struct writer w = writer_of(room, room != NULL ? size : 0);
    uint8_t seed[VERIFIER_SEED_SIZE];
    int code = x->is_signed ? verifier_key_open(seed, x->key) : 0;
    enum err e;

    if (code != 0)
        return code;
    if (x->is_signed) {
        e = corim_write_signed(&w, &m->in.arena, &x->source, seed);
        explicit_bzero(seed, sizeof seed);
    } else {
        e = corim_write(&w, &m->in.arena, &x->source);
    }
    if (e == ERR_USAGE)
        return verb_fail(VERB_DATA, "a measurement has 32, 48 or 64 bytes, and an id some");
    if (e != ERR_OK)
        return verb_fail(VERB_DATA, "text that is not UTF-8, or names that are too long");
    if (fwrite(w.start, 1, w.size, stdout) != w.size || fflush(stdout) != 0)
        return verb_fail(VERB_SOFTWARE, "standard output: cannot be written");
    return 0;
}

static int measure_corim_run(int argc, char **argv)
{
    struct option_walk w = option_walk_mixed(&verb_measure_corim, argc, argv);
    static struct wanted x = { .source = { .maker = { (const uint8_t *)"Broch", 5 } } };
    const struct verb_option *o;
    struct measure_io *m;

    while ((o = option_next(&w)) != NULL) {
        if (option_is(o, "id"))
            x.source.id = text_of(w.value);
        if (option_is(o, "key"))
            x.key = w.value;
        x.is_signed |= option_is(o, "key") || option_is(o, "sign");
    }
    if (option_stop(&w))
        return w.failed;
    if (x.source.id.size == 0 || argc == w.at || argc - w.at > REFERENCES_MAX)
        return verb_misused(&verb_measure_corim, "an --id and 1 to %d measurements, please",
                            REFERENCES_MAX);
    m = measure_begin();
    x.source.references = x.references;
    for (; w.at < argc; w.at++)
        if (!reference_take(&x.references[x.source.count++], m, argv[w.at]))
            return measure_end(
                m, verb_misused(&verb_measure_corim, "%s: PLATFORM=HEX is expected", argv[w.at]));
    return measure_end(m, manifest_make(m, &x));
}

static const struct verb_option measure_corim_options[] = {
    { "id", VALUE_TEXT, "TEXT", "The manifest's name: that of the release." },
    { "key", VALUE_FILE, "FILE", "Sign it with this Ed25519 key: PEM, or its 32 bytes." },
    { "sign", VALUE_NONE, NULL, "Sign it with the key of this user's verifier." },
    { 0 },
};

const struct verb verb_measure_corim = {
    .name = "measure corim",
    .summary = "write reference values as a manifest",
    .operands = "PLATFORM=HEX[:NAME]...",
    .text = "Writes a CoRIM (draft-ietf-rats-corim) to standard output that names each measurement "
            "as a reference value of its platform (snp, sgx, tdx, tpm, sim, …), for the "
            "`reference_values` of a policy. The same words give the same bytes.",
    .options = measure_corim_options,
    .exit = "0, 64, or 65 where a measurement is none.",
    .run = measure_corim_run,
};

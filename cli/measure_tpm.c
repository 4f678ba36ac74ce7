#include "attest/tpm/event_log.h"
#include "attest/tpm/form.h"
#include "cli/measure.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "measure/tpm.h"

static int list_show(struct measure_io *m, const char *path, struct bytes raw)
{
    struct tpm_prediction *p = arena_alloc(&m->in.arena, sizeof *p);
    size_t line;
    enum err e;

    if (p == NULL)
        return verb_fail(VERB_SOFTWARE, "no memory");
    e = tpm_predict(p, &m->in.arena, raw, &line);
    if (e == ERR_MALFORMED || e == ERR_LIMIT)
        return verb_fail(VERB_DATA, "%s: line %zu is no measurement, and the file no event log",
                         path, line);
    if (e != ERR_OK)
        return verb_fail(VERB_SOFTWARE, "%s: hashing failed", path);
    fields_group(&m->fields, "pcrs");
    for (unsigned i = 0; i < TPM_BANKS; i++)
        if (p->is_used[i])
            pcr_bank_describe(&m->fields, tpm_bank_name((enum hash_kind)i), &p->banks[i]);
    fields_end(&m->fields);
    return 0;
}

static int file_show(struct measure_io *m, const char *path)
{
    struct bytes raw;
    int code = verify_input_read(&raw, &m->in, path);

    if (code != 0)
        return code;
    if (!event_log_is(raw))
        return list_show(m, path, raw);
    if (event_log_pcrs_describe(&m->fields, raw) != ERR_OK)
        return verb_fail(VERB_DATA, "%s: an event log that cannot be replayed", path);
    return 0;
}

static int measure_tpm_run(int argc, char **argv)
{
    struct option_walk w = option_walk_mixed(&verb_measure_tpm, argc, argv);
    const struct verb_option *o;
    struct measure_io *m;
    bool json = false;

    while ((o = option_next(&w)) != NULL)
        json |= option_is(o, "json");
    if (option_stop(&w))
        return w.failed;
    if (argc - w.at != 1)
        return verb_misused(&verb_measure_tpm, "one FILE is expected");
    m = measure_begin();
    m->json = json;
    return measure_end(m, file_show(m, argv[w.at]));
}

static const struct verb_option measure_tpm_options[] = {
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { 0 },
};

const struct verb verb_measure_tpm = {
    .name = "measure tpm",
    .summary = "predict PCRs from measurements",
    .operands = "FILE",
    .text = "Prints what a TPM's registers hold after the measurements of a TCG event log, or of "
            "a list: on each line a register, a bank (sha1, sha256, sha384, sha512) and a digest "
            "in hex, in order; `locality N` before them; `#` starts a remark. A JSON array of "
            "{\"pcr\", \"alg\", \"digest\"} will do as well. Registers that nothing extends are "
            "left out.",
    .options = measure_tpm_options,
    .exit = "0, 64, or 65 where the file is neither.",
    .run = measure_tpm_run,
};

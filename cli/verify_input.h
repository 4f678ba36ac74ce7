/* verify_input.h: what `broch verify`, `broch policy explain` and `broch inspect` read: files of
 * evidence, collateral and roots, the policy, the time. Reading and unwrapping alone: the
 * judging is attest/judge.h's.
 *
 * Options are given by name (verify_input_option), operands and the rest at the end
 * (verify_input_load). Nothing is opened before. */
#ifndef BROCH_CLI_VERIFY_INPUT_H
#define BROCH_CLI_VERIFY_INPUT_H

#include "attest/judge.h"
#include "cli/option.h"

#define VERIFY_ACCEPTED 0
#define VERIFY_REFUSED 1
#define VERIFY_UNDECIDED 2

#define VERIFY_PATHS_MAX 64u

/* A file that was read and is still to be unwrapped. */
struct verify_file {
    enum exhibit_role role;
    enum exhibit_kind kind; /* EXHIBIT_UNKNOWN: its contents will say */
    const char *name;
    struct bytes raw;
    const char *cached; /* its name in the cache of collateral; NULL: it is not from there */
    struct verify_file *next;
};

struct verify_input {
    struct arena arena;
    struct exhibits exhibits;
    struct judge_context context;                  /* points at the two above */
    const char *policy_name;                       /* "default" where none was named */
    const char *kind, *time, *nonce, *report_data; /* as given, or NULL */
    const char *collateral[VERIFY_PATHS_MAX];
    const char *roots[VERIFY_PATHS_MAX];
    uint32_t collateral_count, root_count;
    bool only_roots;
    const char *distrust[VERIFY_PATHS_MAX]; /* keys whose lists every policy then obeys */
    uint32_t distrust_count;
    struct verify_file *files, **files_end;
};

/* The options for a verb's table: `VERIFY_INPUT_OPTIONS,` among the others. */
#define VERIFY_INPUT_OPTIONS                                                                      \
    { "collateral", VALUE_DIRECTORY, "DIR",                                                       \
      "Endorsements: certificates, lists of revocations, TCB information, manifests; every file " \
      "in DIR, and in its folders; not those that start with a point. May be given again. "       \
      "Without it, the cache that `broch collateral fetch` fills." },                             \
        { "distrust", VALUE_TEXT, "KEY",                                                          \
          "Obey the distrust list that this key, ed25519:HEX, has signed, whatever the policy; "  \
          "without one, refuse. The list is a file of evidence or collateral. May be given "      \
          "again." },                                                                             \
        { "kind", VALUE_TEXT, "KIND",                                                             \
          "What the evidence has to be: snp, sgx, tdx, tpm, azure-snp, azure-tdx, nitro, cca, "   \
          "nvidia, se, psa or sim. By default (auto) its contents say." },                        \
        { "nonce", VALUE_TEXT, "HEX", "The challenge that the evidence has to answer." },         \
        { "only-roots", VALUE_NONE, NULL, "Trust the roots of --root alone, no built-in ones." }, \
        { "report-data", VALUE_TEXT, "HEX",                                                       \
          "The report data that the evidence has to carry; what is shorter is followed by "       \
          "zeros." },                                                                             \
        { "root", VALUE_FILE, "FILE",                                                             \
          "Trust this certificate or key as well. May be given again." },                         \
    {                                                                                             \
        "time", VALUE_TEXT, "RFC3339",                                                            \
            "Judge as of this time, \"2025-06-19T11:32:27Z\". By default, now."                   \
    }

void verify_input_init(struct verify_input *in);
void verify_input_done(struct verify_input *in);
/* Takes one of the options above: true where it was one. */
bool verify_input_option(struct verify_input *in, const struct verb_option *o, const char *value);
/* Reads everything; the policy too, where `policy_name` is set; then gives up files, sockets and
 * programs (exec/confine.h) before it looks into any of it. 0, or the exit code, the message
 * being out. Operands are FILE or KIND=FILE, "-" is standard input. */
int verify_input_load(struct verify_input *in, const struct verb *verb, int count, char **operands);
/* One file into bytes in the arena. The same. */
int verify_input_read(struct bytes *out, struct verify_input *in, const char *path);
/* A policy by name or file, into the arena. The same. */
int verify_input_policy(struct policy **out, struct verify_input *in, const char *name);

/* Writes with `print` into memory, as much as it takes, and that to stdout. */
int verify_output(void (*print)(struct writer *w, void *context), void *context);

#endif

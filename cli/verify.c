#include <stdio.h>
#include <string.h>

#include "attest/result.h"
#include "cli/verbs.h"
#include "cli/verifier_key.h"
#include "cli/verify_input.h"

struct verify_shown {
    const struct verdict *v;
    const struct claims *c;
    const struct judge_context *x;
    bool json;
    bool ear;
    enum ear_form form;
    uint8_t seed[VERIFIER_SEED_SIZE];
    enum err failed;
};

static void verify_show(struct writer *w, void *context)
{
    struct verify_shown *s = context;

    if (s->ear) {
        s->failed = result_ear(w, s->form, s->v, s->c, s->x, s->seed);
        if (s->form == EAR_JWT)
            writer_u8(w, '\n');
    } else if (s->json) {
        result_json(w, s->v, s->c, s->x, true);
        writer_u8(w, '\n');
    } else {
        result_text(w, s->v, s->c, s->x);
    }
}

static int code_of(const struct verdict *v)
{
    switch (v->code) {
    case VERDICT_ACCEPTED: return VERIFY_ACCEPTED;
    case VERDICT_REFUSED: return VERIFY_REFUSED;
    default: return VERIFY_UNDECIDED;
    }
}

static int verify_judge(struct verify_input *in, struct verify_shown *s)
{
    static struct claims claims;
    struct verdict verdict;
    int code;

    judge(&verdict, &claims, &in->context);
    s->v = &verdict;
    s->c = &claims;
    s->x = &in->context;
    code = verify_output(verify_show, s);
    if (code == 0 && s->failed != ERR_OK)
        code = verb_fail(VERB_SOFTWARE, "the attestation result could not be signed");
    return code != 0 ? code : code_of(&verdict);
}

static int verify_run(int argc, char **argv)
{
    struct option_walk w = option_walk_mixed(&verb_verify, argc, argv);
    static struct verify_input in;
    struct verify_shown shown = { 0 };
    const struct verb_option *o;
    const char *ear = NULL, *key = NULL;
    int code;

    verify_input_init(&in);
    while ((o = option_next(&w)) != NULL) {
        shown.json |= option_is(o, "json");
        if (option_is(o, "ear"))
            ear = w.value;
        else if (option_is(o, "key"))
            key = w.value;
        else if (option_is(o, "policy"))
            in.policy_name = w.value;
        else if (!verify_input_option(&in, o, w.value) && !option_is(o, "json"))
            return verb_misused(&verb_verify, "--%s was given too often", o->name);
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at >= argc)
        return verb_misused(&verb_verify, "a file with evidence is expected");
    if (ear != NULL && strcmp(ear, "jwt") != 0 && strcmp(ear, "cwt") != 0)
        return verb_misused(&verb_verify, "--ear %s: jwt or cwt is expected", ear);
    if (ear != NULL && shown.json)
        return verb_misused(&verb_verify, "--json or --ear, not both");
    if (ear == NULL && key != NULL)
        return verb_misused(&verb_verify, "--key is what --ear signs with");
    shown.ear = ear != NULL;
    shown.form = shown.ear && strcmp(ear, "cwt") == 0 ? EAR_CWT : EAR_JWT;
    code = shown.ear ? verifier_key_open(shown.seed, key) : 0;
    if (code == 0)
        code = verify_input_load(&in, &verb_verify, argc - w.at, argv + w.at);
    if (code == 0)
        code = verify_judge(&in, &shown);
    explicit_bzero(shown.seed, sizeof shown.seed);
    verify_input_done(&in);
    return code;
}

static const struct verb_option verify_options[] = {
    VERIFY_INPUT_OPTIONS,
    { "ear", VALUE_TEXT, "FORM",
      "Print an attestation result (EAR) instead, signed: jwt or cwt (binary)." },
    { "json", VALUE_NONE, NULL, "Print the verdict as JSON." },
    { "key", VALUE_FILE, "FILE",
      "The Ed25519 key that signs the attestation result: PEM, or its 32 bytes. By default a key "
      "of this user's, made at first use." },
    { "policy", VALUE_FILE, "POLICY",
      "Which claims to accept: a file, or `default` (hardware, no debug, nothing missing, nothing "
      "revoked) or `authentic` (genuine, whatever its state; what is missing is said)." },
    { 0 },
};

static const struct verb_example verify_examples[] = {
    { "broch verify report.bin --collateral ./endorsements",
      "Judge an SEV-SNP report with the certificates and lists in a folder." },
    { "broch verify quote.bin --report-data 1234 --time 2025-06-19T12:00:00Z --json",
      "Judge a quote as of a day, and that it answers a challenge." },
    { "broch verify quote.msg tpm-signature=quote.sig tpm-pcrs=pcrs.bin --root ak.pem",
      "Judge a TPM's quote by the key that one trusts." },
    { 0 },
};

const struct verb verb_verify = {
    .name = "verify",
    .summary = "judge evidence",
    .operands = "FILE...",
    .operand = VALUE_FILE,
    .text =
        "Judges one piece of attestation evidence and says what it proves: the report, quote, "
        "token or document of an SEV-SNP guest, an SGX enclave, a TDX guest, a TPM, an Azure or "
        "Google machine, a Nitro enclave, an Arm CCA realm, an NVIDIA device or IBM Secure "
        "Execution; a certificate or certificate request that carries it; or the simulated "
        "evidence of a keep for development, which is always called that.\n\n"
        "The files are the evidence and what came with it, in any order and form: raw bytes, "
        "hex, base64, PEM, DER, JSON. What they are is told by their contents. Where contents do "
        "not tell, KIND=FILE does: tpm-signature=, tpm-pcrs=, event-log=, key=, …\n\n"
        "Nothing is fetched and nothing is skipped in silence: what is needed and missing is "
        "named. The verdict names every check that passed, the first that failed, where, and what "
        "would cure it.",
    .options = verify_options,
    .examples = verify_examples,
    .exit = "0 accepted, 1 refused, 2 could not be judged (malformed, or something is missing), 64 "
            "usage, 65 where the policy is none.",
    .run = verify_run,
};

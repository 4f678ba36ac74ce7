#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/measure.h"
#include "cli/verbs.h"
#include "crypto/private_key.h"
#include "measure/sgx.h"
#include "measure/sigstruct.h"

#define RUNS_MAX 64u

struct sgx_words {
    const char *image, *sigstruct, *pages, *frame, *sign, *out, *prodid, *svn, *date;
    bool debug;
};

/* "t,rwx*3,r": kinds of pages in order; the last goes on to the image's end. */
static bool runs_parse(struct sgx_run *runs, size_t *count, const char *text)
{
    *count = 0;
    while (*count < RUNS_MAX) {
        struct sgx_run run = { 0 };
        size_t letters = strcspn(text, ",*");

        for (size_t i = 0; i < letters; i++)
            run.flags |= text[i] == 't'   ? SGX_TYPE_TCS
                         : text[i] == 'r' ? SGX_TYPE_REG | SGX_R
                         : text[i] == 'w' ? SGX_TYPE_REG | SGX_W
                         : text[i] == 'x' ? SGX_TYPE_REG | SGX_X
                                          : UINT64_MAX;
        if (letters == 0 || run.flags == UINT64_MAX)
            return false;
        text += letters;
        run.pages = 1;
        if (*text == '*') {
            char *end;

            run.pages = strtoull(text + 1, &end, 10);
            if (run.pages == 0 || text[1] < '0' || text[1] > '9')
                return false;
            text = end;
        }
        runs[(*count)++] = run;
        if (*text == '\0') {
            runs[*count - 1].pages = 0;
            return true;
        }
        if (*text++ != ',')
            return false;
    }
    return false;
}

static int image_measure(uint8_t out[SGX_MRENCLAVE_SIZE], struct measure_io *m,
                         const struct sgx_words *s, struct bytes image)
{
    struct sgx_run runs[RUNS_MAX];
    const char *wrong = "";
    size_t count, offset = 0;
    uint64_t frame;
    enum err e;

    if (!measure_number(&frame, s->frame, UINT32_MAX))
        return verb_misused(&verb_measure_sgx, "--ssa-frame-pages %s: not a number", s->frame);
    if (!runs_parse(runs, &count, s->pages))
        return verb_misused(&verb_measure_sgx, "--pages %s: see the help for its form", s->pages);
    e = sgx_stream_is(image) ? sgx_measure_stream(out, image, &wrong, &offset)
                             : sgx_measure_flat(out, image, runs, count, (uint32_t)frame, &wrong);
    if (e != ERR_OK)
        return verb_fail(VERB_DATA, "%s: at %zu: %s", s->image, offset, wrong);
    measure_field(m, "mrenclave", out, SGX_MRENCLAVE_SIZE);
    return 0;
}

static void sigstruct_show(struct fields *f, struct measure_io *m, const struct sigstruct *s)
{
    char *date = arena_alloc(&m->in.arena, 9);
    uint8_t signer[32];

    fields_bool(f, "header_ok", sigstruct_header_good(s));
    fields_bytes(f, "vendor", s->vendor);
    if (date != NULL) {
        snprintf(date, 9, "%02x%02x%02x%02x", s->date.data[3], s->date.data[2], s->date.data[1],
                 s->date.data[0]);
        fields_string(f, "date", date);
    }
    fields_bytes(f, "swdefined", s->swdefined);
    if (sigstruct_mrsigner(signer, s) == ERR_OK)
        measure_field(m, "mrsigner", signer, sizeof signer);
    fields_uint(f, "exponent", s->exponent);
    fields_bytes(f, "miscselect", s->miscselect);
    fields_bytes(f, "miscmask", s->miscmask);
    fields_bytes(f, "isvfamilyid", s->isvfamilyid);
    fields_bytes(f, "attributes", s->attributes);
    fields_bytes(f, "attributemask", s->attributemask);
    fields_bytes(f, "enclavehash", s->enclavehash);
    fields_bytes(f, "isvextprodid", s->isvextprodid);
    fields_uint(f, "isvprodid", s->isvprodid);
    fields_uint(f, "isvsvn", s->isvsvn);
}

/* Shows one, and says in "valid" and by the exit code whether EINIT would take it; and, where
 * an enclave was measured, that it is the one signed. */
static int sigstruct_do(struct measure_io *m, const char *path, struct bytes raw,
                        const uint8_t *mrenclave)
{
    struct sigstruct s;
    const char *wrong = NULL;
    enum err e;

    if (sigstruct_parse(&s, raw) != ERR_OK)
        return verb_fail(VERB_DATA, "%s: no SIGSTRUCT: it has %zu bytes", path, raw.size);
    e = sigstruct_check(&s, &wrong);
    if (e == ERR_OK && mrenclave != NULL &&
        !bytes_equal(s.enclavehash, (struct bytes){ mrenclave, 32 })) {
        e = ERR_INVALID;
        wrong = "it signs another enclave";
    }
    fields_group(&m->fields, "sigstruct");
    sigstruct_show(&m->fields, m, &s);
    fields_bool(&m->fields, "valid", e == ERR_OK);
    fields_end(&m->fields);
    return e == ERR_OK ? 0 : verb_fail(1, "%s: %s", path, wrong);
}

static int file_write(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wbx");
    bool good = f != NULL && fwrite(data, 1, size, f) == size;

    if (f != NULL)
        good = fclose(f) == 0 && good;
    return good ? 0 : verb_fail(VERB_SOFTWARE, "%s: cannot be written, or exists already", path);
}

static bool wish_read(struct sigstruct_wish *wish, const struct sgx_words *s)
{
    uint64_t prodid, svn, date;
    char hex[16];

    snprintf(hex, sizeof hex, "0x%.10s", s->date); /* BCD: decimal digits as hex */
    if (strspn(s->date, "0123456789") != 8 || s->date[8] != '\0' ||
        !measure_number(&date, hex, UINT32_MAX) || (date >> 8 & 0xff) - 1 > 0x11 ||
        (date & 0xff) - 1 > 0x30 || !measure_number(&prodid, s->prodid, UINT16_MAX) ||
        !measure_number(&svn, s->svn, UINT16_MAX))
        return false;
    /* MODE64; x87 and SSE; the masks leave free what a processor may add, and nothing else. */
    *wish = (struct sigstruct_wish){
        .date = (uint32_t)date,
        .miscmask = UINT32_MAX,
        .flags = 4 | (s->debug ? SIGSTRUCT_DEBUG : 0),
        .xfrm = 3,
        .flags_mask = ~(s->debug ? SIGSTRUCT_DEBUG : 0),
        .xfrm_mask = 0x1b,
        .isvprodid = (uint16_t)prodid,
        .isvsvn = (uint16_t)svn,
    };
    return true;
}

static int sign_do(struct measure_io *m, const struct sgx_words *s,
                   const uint8_t mrenclave[SGX_MRENCLAVE_SIZE])
{
    uint8_t made[SIGSTRUCT_SIZE];
    struct sigstruct_wish wish;
    struct private_key key;
    struct bytes pem;
    int code;
    enum err e;

    if (s->out == NULL || s->date == NULL || !wish_read(&wish, s))
        return verb_misused(&verb_measure_sgx, "--sign wants --out, and --date as YYYYMMDD");
    code = verify_input_read(&pem, &m->in, s->sign);
    if (code != 0)
        return code;
    wish.enclavehash = mrenclave;
    if (private_key_parse(&key, pem) != ERR_OK)
        return verb_fail(VERB_DATA, "%s: no private key in PEM without a passphrase", s->sign);
    e = sigstruct_make(made, &wish, &key);
    private_key_done(&key);
    if (e != ERR_OK)
        return verb_fail(VERB_DATA, "%s: not RSA of 3072 bits with exponent 3", s->sign);
    code = file_write(s->out, made, sizeof made);
    return code != 0 ? code : sigstruct_do(m, s->out, BYTES_OF(made), mrenclave);
}

static int sgx_do(struct measure_io *m, const struct sgx_words *s)
{
    uint8_t mrenclave[SGX_MRENCLAVE_SIZE];
    struct bytes image, raw;
    int code = verify_input_read(&image, &m->in, s->image);

    if (code == 0 && image.size == SIGSTRUCT_SIZE && (s->sign != NULL || s->sigstruct != NULL))
        return verb_fail(VERB_DATA, "%s: a SIGSTRUCT, and not an enclave", s->image);
    if (code == 0 && image.size == SIGSTRUCT_SIZE)
        return sigstruct_do(m, s->image, image, NULL);
    if (code == 0)
        code = image_measure(mrenclave, m, s, image);
    if (code == 0 && s->sign != NULL)
        return sign_do(m, s, mrenclave);
    if (code == 0 && s->sigstruct != NULL)
        code = verify_input_read(&raw, &m->in, s->sigstruct);
    if (code == 0 && s->sigstruct != NULL)
        code = sigstruct_do(m, s->sigstruct, raw, mrenclave);
    return code;
}

static int measure_sgx_run(int argc, char **argv)
{
    struct option_walk w = option_walk_mixed(&verb_measure_sgx, argc, argv);
    struct sgx_words s = { .pages = "t,rwx", .frame = "1", .prodid = "0", .svn = "0" };
    const struct verb_option *o;
    struct measure_io *m = measure_begin();

    while ((o = option_next(&w)) != NULL) {
        m->json |= option_is(o, "json");
        s.debug |= option_is(o, "debug");
        if (option_is(o, "sigstruct"))
            s.sigstruct = w.value;
        else if (option_is(o, "pages"))
            s.pages = w.value;
        else if (option_is(o, "ssa-frame-pages"))
            s.frame = w.value;
        else if (option_is(o, "sign"))
            s.sign = w.value;
        else if (option_is(o, "out"))
            s.out = w.value;
        else if (option_is(o, "isvprodid"))
            s.prodid = w.value;
        else if (option_is(o, "isvsvn"))
            s.svn = w.value;
        else if (option_is(o, "date"))
            s.date = w.value;
    }
    if (option_stop(&w))
        return measure_end(m, w.failed);
    if (w.at + 1 != argc)
        return measure_end(m, verb_misused(&verb_measure_sgx, "one FILE is expected"));
    if (s.sign != NULL && s.sigstruct != NULL)
        return measure_end(
            m, verb_misused(&verb_measure_sgx, "--sign makes a SIGSTRUCT, --sigstruct checks one"));
    s.image = argv[w.at];
    return measure_end(m, sgx_do(m, &s));
}

static const struct verb_option options[] = {
    { "date", VALUE_TEXT, "YYYYMMDD", "With --sign: the day that the SIGSTRUCT carries." },
    { "debug", VALUE_NONE, NULL, "With --sign: for an enclave that can be debugged." },
    { "isvprodid", VALUE_TEXT, "N", "With --sign: the product's number." },
    { "isvsvn", VALUE_TEXT, "N", "With --sign: its security version." },
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { "out", VALUE_FILE, "FILE", "With --sign: where to put the SIGSTRUCT; nothing is replaced." },
    { "pages", VALUE_TEXT, "KINDS",
      "The pages of a flat image in order: t for a TCS, r, w and x for the rights of others, *N "
      "for several, the last for all that are left; \"t,rwx\" by default." },
    { "sign", VALUE_FILE, "KEY", "Make a SIGSTRUCT with this RSA key (PEM, 3072 bits, e = 3)." },
    { "sigstruct", VALUE_FILE, "FILE", "Check this SIGSTRUCT, and that it signs this enclave." },
    { "ssa-frame-pages", VALUE_TEXT, "N", "SSAFRAMESIZE of a flat image; 1 by default." },
    { 0 },
};

const struct verb verb_measure_sgx = {
    .name = "measure sgx",
    .summary = "predict MRENCLAVE, check or make a SIGSTRUCT",
    .operands = "FILE",
    .operand = VALUE_FILE,
    .text = "FILE is a stream of the records that are hashed (SGXS), or a flat image of pages, or "
            "a SIGSTRUCT by itself.",
    .options = options,
    .exit =
        "0; 1 where EINIT would refuse the SIGSTRUCT, or it signs another enclave; 2 where a file "
        "cannot be read; 65 where "
        "FILE is broken.",
    .run = measure_sgx_run,
};

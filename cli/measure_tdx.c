#include <string.h>

#include "cli/measure.h"
#include "cli/verbs.h"
#include "measure/tdx.h"

static int sections_show(struct measure_io *m, struct bytes firmware)
{
    const char *wrong;
    struct ovmf o;

    if (ovmf_parse_tdx(&o, firmware, &wrong) != ERR_OK)
        return verb_fail(VERB_DATA, "%s", wrong);
    fields_list(&m->fields, "sections");
    for (uint32_t i = 0; i < o.section_count; i++) {
        fields_group(&m->fields, NULL);
        fields_bits(&m->fields, "data_offset", o.sections[i].data_offset);
        fields_bits(&m->fields, "raw_data_size", o.sections[i].data_size);
        fields_bits(&m->fields, "memory_address", o.sections[i].gpa);
        fields_bits(&m->fields, "memory_data_size", o.sections[i].size);
        fields_bits(&m->fields, "type", o.sections[i].type);
        fields_bits(&m->fields, "attributes", o.sections[i].attributes);
        fields_end(&m->fields);
    }
    fields_end(&m->fields);
    return 0;
}

static int firmware_measure(struct measure_io *m, const char *path)
{
    static const char *const names[] = { "mrtd", "mrtd_two_pass" };
    uint8_t digest[TDX_DIGEST_SIZE];
    const char *wrong = "";
    struct bytes firmware;
    int code = verify_input_read(&firmware, &m->in, path);

    for (int order = 0; order < 2 && code == 0; order++) {
        if (tdx_mrtd(digest, firmware, (enum tdx_order)order, &wrong) != ERR_OK)
            code = verb_fail(VERB_DATA, "%s: %s", path, wrong);
        else
            measure_field(m, names[order], digest, sizeof digest);
    }
    return code != 0 ? code : sections_show(m, firmware);
}

static int measure_tdx_run(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_measure_tdx, argc, argv);
    uint8_t rtmr[TDX_DIGEST_SIZE] = { 0 };
    const struct verb_option *o;
    struct measure_io *m = measure_begin();
    const char *firmware = NULL;
    bool extended = false;
    int code = 0;

    while (code == 0 && (o = option_next(&w)) != NULL) {
        struct bytes digest;

        m->json |= option_is(o, "json");
        if (option_is(o, "firmware"))
            firmware = w.value;
        if (!option_is(o, "extend"))
            continue;
        extended = true;
        if (!measure_hex(&digest, m, w.value, TDX_DIGEST_SIZE))
            code = verb_misused(&verb_measure_tdx, "--extend %s: no 48 bytes of hex", w.value);
        else if (tdx_rtmr_extend(rtmr, digest.data) != ERR_OK)
            code = verb_fail(VERB_SOFTWARE, "hashing failed");
    }
    if (code == 0 && option_stop(&w))
        code = w.failed;
    else if (code == 0 && (w.at < argc || (firmware == NULL && !extended)))
        code = verb_misused(&verb_measure_tdx, "--firmware or --extend is needed, and no operand");
    else if (code == 0 && firmware != NULL)
        code = firmware_measure(m, firmware);
    if (code == 0 && extended)
        measure_field(m, "rtmr", rtmr, sizeof rtmr);
    return measure_end(m, code);
}

static const struct verb_option options[] = {
    { "extend", VALUE_TEXT, "HEX",
      "Extend an RTMR, zeros at first, with this digest of 48 bytes; given again, with the next." },
    { "firmware", VALUE_FILE, "FILE", "The firmware image (TDVF)." },
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { 0 },
};

const struct verb verb_measure_tdx = {
    .name = "measure tdx",
    .summary = "predict MRTD and RTMRs of a trust domain",
    .operands = "",
    .text = "Prints the MRTD that a TD started with this firmware has: `mrtd` where the VMM adds "
            "and measures page by page, as QEMU does, `mrtd_two_pass` where it first adds all "
            "pages of a section.",
    .options = options,
    .exit =
        "0; 2 where a file cannot be read; 65 where the firmware is broken or has no TDX metadata.",
    .run = measure_tdx_run,
};

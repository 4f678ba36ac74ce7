/* registers.c: whether PCR values and event logs are those that a quote is over, and what a
 * log then says.
 *
 * The quote has one digest over all selected registers. Values that came beside it are good
 * when they hash to it; a log, when it leads to the values of each register that it extends;
 * and where only a log came, when the registers that it leads to hash to the digest. */
#include "attest/tpm/algorithm.h"
#include "attest/tpm/event_log.h"
#include "attest/tpm/evidence.h"
#include "base/ct.h"

static bool digest_is(const struct tpm_pcrs *p, const struct tpm_evidence *t)
{
    uint8_t digest[HASH_SIZE_MAX];
    enum hash_kind kind;

    if (!tpm_hash(&kind, t->hash) || tpm_pcrs_digest(digest, kind, p, &t->quote) != ERR_OK)
        return false;
    return ct_equal((struct bytes){ digest, hash_size(kind) }, t->quote.pcr_digest);
}

static const struct exhibit *log_next(const struct judge_context *x, const struct tpm_evidence *t,
                                      const struct exhibit *before)
{
    return tpm_evidence_part(x, t->exhibit, EXHIBIT_EVENT_LOG, before);
}

/* The banks of the quote as the log leads to them: all of them, or none. */
static enum err log_values(struct tpm_pcrs *out, const struct judge_context *x,
                           const struct tpm_evidence *t, const struct exhibit *log,
                           uint32_t extended[TPM_SELECTIONS_MAX])
{
    out->count = 0;
    for (uint32_t i = 0; i < t->quote.selection_count; i++) {
        const struct tpm_selection *s = &t->quote.selections[i];
        struct pcr_bank *bank = arena_alloc(x->arena, sizeof *bank);
        enum err e = bank == NULL ? ERR_NOMEM : event_log_replay(bank, log->raw, s->algorithm);

        if (e != ERR_OK) {
            out->count = 0; /* what one bank leads to is worth nothing without the others */
            return e;
        }
        extended[i] = bank->extended;
        for (uint32_t n = 0; n < PCR_COUNT; n++)
            if ((s->pcrs >> n & 1) != 0 && out->count < TPM_PCRS_MAX)
                out->values[out->count++] =
                    (struct tpm_pcr){ s->algorithm, (uint8_t)n, pcr_bank_value(bank, n) };
    }
    return ERR_OK;
}

/* false: v has the reason. *is_usable: the log has the banks of the quote. */
static bool log_read(struct tpm_pcrs *out, bool *is_usable, struct verdict *v,
                     const struct judge_context *x, const struct tpm_evidence *t,
                     const struct exhibit *log, uint32_t extended[TPM_SELECTIONS_MAX])
{
    *is_usable = false;
    switch (log_values(out, x, t, log, extended)) {
    case ERR_OK: *is_usable = true; return true;
    case ERR_UNSUPPORTED:
        if (!x->rules.collateral_optional)
            return verdict_fail_at(v, REASON_event_log_mismatch, log->name, VERDICT_NO_OFFSET,
                                   "the log has no bank of the quote's");
        verdict_waive(v, REASON_event_log_mismatch, "the log has no bank of the quote's");
        return true;
    case ERR_NOMEM: return verdict_fail(v, REASON_out_of_memory, "event log");
    default:
        return verdict_fail_at(v, REASON_event_log_malformed, log->name, VERDICT_NO_OFFSET,
                               "%zu bytes", log->raw.size);
    }
}

static bool log_check(bool *is_usable, struct verdict *v, const struct judge_context *x,
                      const struct tpm_evidence *t, const struct tpm_pcrs *values,
                      const struct exhibit *log)
{
    struct tpm_pcrs *replayed = arena_alloc(x->arena, sizeof *replayed);
    uint32_t extended[TPM_SELECTIONS_MAX];

    if (replayed == NULL)
        return verdict_fail(v, REASON_out_of_memory, "event log");
    if (!log_read(replayed, is_usable, v, x, t, log, extended))
        return false;
    for (uint32_t i = 0; *is_usable && i < t->quote.selection_count; i++) {
        const struct tpm_selection *s = &t->quote.selections[i];

        for (uint32_t n = 0; n < PCR_COUNT; n++) {
            const struct tpm_pcr *a = tpm_pcrs_find(values, s->algorithm, n);
            const struct tpm_pcr *b = tpm_pcrs_find(replayed, s->algorithm, n);

            if ((s->pcrs & extended[i]) >> n & 1 &&
                (a == NULL || b == NULL || !ct_equal(a->value, b->value)))
                return verdict_fail_at(v, REASON_event_log_mismatch, log->name, VERDICT_NO_OFFSET,
                                       "PCR %u", n);
        }
    }
    if (*is_usable)
        verdict_pass(v, REASON_event_log_mismatch, "replayed");
    return true;
}

/* No values came: those that the log leads to have to do. */
static bool log_instead(struct tpm_pcrs *out, const struct exhibit **used, struct verdict *v,
                        const struct judge_context *x, const struct tpm_evidence *t)
{
    uint32_t extended[TPM_SELECTIONS_MAX];
    bool is_usable;

    out->count = 0;
    if (tpm_quote_pcr_count(&t->quote) != 0) {
        const struct exhibit *log = log_next(x, t, NULL);

        if (log == NULL && x->rules.collateral_optional) {
            verdict_waive(v, REASON_pcr_digest_mismatch, "neither PCR values nor event log");
            return true;
        }
        if (log == NULL)
            return verdict_fail(v, REASON_pcr_values_missing, "%u registers were quoted",
                                tpm_quote_pcr_count(&t->quote));
        if (!log_read(out, &is_usable, v, x, t, log, extended))
            return false;
        if (!is_usable)
            return true;
        *used = log;
    }
    return verdict_check(v, digest_is(out, t), REASON_event_log_mismatch,
                         "the registers that the log leads to, against the quote's digest");
}

bool tpm_registers_judge(struct tpm_pcrs *out, const struct exhibit **log, struct verdict *v,
                         const struct judge_context *x, const struct tpm_evidence *t)
{
    const struct exhibit *e = NULL;
    bool is_found = false, is_readable = false, is_good = false, is_usable = false;

    *log = NULL;
    while (!is_good && (e = tpm_evidence_part(x, t->exhibit, EXHIBIT_TPM_PCRS, e)) != NULL) {
        is_found = true;
        if (tpm_pcrs_parse(out, e->raw, &t->quote) != ERR_OK)
            continue;
        is_readable = true;
        is_good = digest_is(out, t);
    }
    if (!is_found)
        return log_instead(out, log, v, x, t);
    if (!is_readable)
        return verdict_fail(v, REASON_pcr_values_malformed, "for %u registers",
                            tpm_quote_pcr_count(&t->quote));
    if (!verdict_check(v, is_good, REASON_pcr_digest_mismatch, "%u registers",
                       tpm_quote_pcr_count(&t->quote)))
        return false;
    e = NULL;
    while ((e = log_next(x, t, e)) != NULL) {
        if (!log_check(&is_usable, v, x, t, out, e))
            return false;
        if (is_usable && *log == NULL)
            *log = e;
    }
    return true;
}

/* The event's data are what was hashed. */
static bool data_is_hashed(const struct event *event, uint16_t algorithm)
{
    const struct event_digest *digest = event_digest(event, algorithm);
    uint8_t found[HASH_SIZE_MAX];
    enum hash_kind kind;

    return digest != NULL && tpm_hash(&kind, algorithm) &&
           hash_bytes(kind, found, event->data) == ERR_OK &&
           bytes_equal((struct bytes){ found, hash_size(kind) }, digest->value);
}

/* "EV_SEPARATOR … delimits a point during boot": behind it loaders and systems extend the
 * register with what they like. The log's word for a type is under no digest, so a separator is
 * also what has the digest of one: of 0 or -1, or 1 for an error (PFP, 10.4.1). */
static bool is_separator(const struct event *event, uint16_t algorithm)
{
    static const uint8_t values[][4] = { { 0, 0, 0, 0 }, { 255, 255, 255, 255 }, { 1, 0, 0, 0 } };
    struct event as_if = *event;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        as_if.data = BYTES_OF(values[i]);
        if (data_is_hashed(&as_if, algorithm))
            return true;
    }
    return event->type == EVENT_SEPARATOR;
}

/* UEFI_VARIABLE_DATA of the global variable SecureBoot: GUID, two sizes, the name in UCS-2,
 * the value. */
static bool secure_boot_read(struct bytes data, bool *on)
{
    static const uint8_t head[] = {
        0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0,   0xe0, 0x98,
        0x03, 0x2b, 0x8c, 10,   0,    0,    0,    0,    0,    0,    0,   1,    0,
        0,    0,    0,    0,    0,    0,    'S',  0,    'e',  0,    'c', 0,    'u',
        0,    'r',  0,    'e',  0,    'B',  0,    'o',  0,    'o',  0,   't',  0,
    };
    struct reader r = reader_of(data);

    if (!bytes_equal(reader_take(&r, sizeof head), BYTES_OF(head)))
        return false;
    *on = reader_u8(&r) == 1;
    return reader_done(&r);
}

/* Google's firmware says in PCR 0 what it is ("GCE Virtual Firmware v1" in UCS-2), and what
 * protects the memory (go-tpm-tools, server/policy_constants.go: the byte behind the
 * signature). */
static void gce_claims(struct fields *own, const struct event *event)
{
    static const char *const technologies[] = { "none", "AMD SEV", "AMD SEV-ES", "Intel TDX",
                                                "AMD SEV-SNP" };
    static const uint8_t signature[16] = "GCE NonHostInfo";
    static const uint8_t prefix[] = { 'G', 0, 'C', 0, 'E', 0, ' ', 0 };
    struct reader r = reader_of(event->data), version = r;

    if (event->pcr == 0 && event->type == EVENT_S_CRTM_VERSION &&
        bytes_equal(reader_take(&version, sizeof prefix), BYTES_OF(prefix)))
        fields_text(own, "gce_firmware", event_ucs2_text(own->arena, event->data));
    if (event->pcr != 0 || event->type != EVENT_NONHOST_INFO ||
        !bytes_equal(reader_take(&r, sizeof signature), BYTES_OF(signature)))
        return;
    if (r.left > 0 && reader_peek(&r) < sizeof technologies / sizeof *technologies)
        fields_string(own, "gce_confidential_technology", technologies[reader_peek(&r)]);
}

/* Only what firmware said before its separator, in registers that were quoted. */
void tpm_log_claims(struct fields *own, const struct tpm_evidence *t, const struct exhibit *log)
{
    const struct tpm_selection *s = &t->quote.selections[0];
    bool on, is_secure_boot = true, is_known = false;
    uint32_t speaking = s->pcrs;
    struct event_log events;
    struct event event;

    if (log == NULL || t->quote.selection_count == 0 || event_log_open(&events, log->raw) != ERR_OK)
        return;
    while (event_log_next(&events, &event)) {
        if (event.type == EVENT_NO_ACTION || (speaking >> event.pcr & 1) == 0)
            continue; /* neither extended a register that counts */
        if (is_separator(&event, s->algorithm))
            speaking &= ~(1u << event.pcr);
        else if (data_is_hashed(&event, s->algorithm)) {
            gce_claims(own, &event);
            if (event.pcr == 7 && secure_boot_read(event.data, &on)) {
                is_known = true;
                is_secure_boot = is_secure_boot && on;
            }
        }
    }
    if (is_known)
        fields_bool(own, "secure_boot", is_secure_boot);
}

/* Event logs of a TD against the RTMRs of its quote. A log is not signed: it is worth what
 * the registers say, so that one that does not lead to them is refused rather than dropped. */
#include "attest/dcap/job.h"
#include "attest/tpm/event_log.h"
#include "codec/pem.h"

#define ALGORITHM_SHA384 0x000cu
#define DSTACK_RUNTIME_EVENT 0x08000001u

/* dstack: SHA-384(event type, little-endian ‖ ":" ‖ name ‖ ":" ‖ payload). */
static bool runtime_digest_good(const struct json *event, struct arena *arena, uint32_t type,
                                struct bytes digest)
{
    struct bytes name = json_text(json_get_type(event, "event", JSON_STRING));
    struct bytes hex = json_text(json_get_type(event, "event_payload", JSON_STRING));
    uint8_t head[4] = { (uint8_t)type, (uint8_t)(type >> 8), (uint8_t)(type >> 16),
                        (uint8_t)(type >> 24) };
    uint8_t found[48];
    size_t size = 0;
    uint8_t *payload = arena_alloc(arena, hex.size / 2 + 1);

    if (payload == NULL || hex_decode(payload, hex.size / 2, &size, hex, false) != ERR_OK)
        return false;

    struct bytes parts[] = {
        BYTES_OF(head), BYTES_TEXT(":"), name, BYTES_TEXT(":"), { payload, size },
    };

    return hash_parts(HASH_SHA384, found, parts, 5) == ERR_OK &&
           bytes_equal(BYTES_OF(found), digest);
}

static enum err event_replay(struct pcr_bank *bank, struct arena *arena, const struct json *event)
{
    struct bytes hex = json_text(json_get_type(event, "digest", JSON_STRING));
    int64_t imr = 0, type = 0;
    uint8_t digest[48];
    size_t size = 0;

    if (!json_integer_between(&imr, json_get(event, "imr"), 0, TD_RTMR_COUNT - 1) ||
        !json_integer_between(&type, json_get(event, "event_type"), 0, UINT32_MAX) ||
        hex_decode(digest, sizeof digest, &size, hex, false) != ERR_OK || size != sizeof digest)
        return ERR_MALFORMED;
    if (type == DSTACK_RUNTIME_EVENT &&
        !runtime_digest_good(event, arena, (uint32_t)type, BYTES_OF(digest)))
        return ERR_INVALID;
    return pcr_bank_extend(bank, (uint32_t)imr + 1, BYTES_OF(digest));
}

enum err rtmr_json_replay(struct pcr_bank *out, struct arena *arena, struct bytes text)
{
    struct json *log = NULL;
    struct json_error error;

    TRY(json_parse(&log, arena, text, &error));
    if (log->type != JSON_ARRAY)
        return ERR_MALFORMED;
    pcr_bank_init(out, HASH_SHA384);
    for (const struct json *event = log->first; event != NULL; event = event->next)
        TRY(event_replay(out, arena, event));
    return ERR_OK;
}

/* Registers that the log does not mention are not its matter; one that it does has to agree. */
static bool registers_compare(struct dcap_job *j, const struct exhibit *e,
                              const struct pcr_bank *bank)
{
    uint32_t covered = 0;

    for (uint32_t i = 0; i < TD_RTMR_COUNT; i++) {
        if ((bank->extended & 1u << (i + 1)) == 0)
            continue;
        if (!bytes_equal(pcr_bank_value(bank, i + 1), j->q.td.rtmr[i]))
            return verdict_fail_at(j->v, REASON_rtmr_mismatch, e->name != NULL ? e->name : "",
                                   VERDICT_NO_OFFSET, "RTMR%u is %s by the log", i,
                                   verdict_hex(j->x->arena, pcr_bank_value(bank, i + 1)));
        covered |= 1u << i;
    }
    if (covered == 0)
        return verdict_fail(j->v, REASON_rtmr_log_malformed, "it extends no register");
    verdict_pass(j->v, REASON_rtmr_mismatch, "replayed:%s%s%s%s", covered & 1 ? " RTMR0" : "",
                 covered & 2 ? " RTMR1" : "", covered & 4 ? " RTMR2" : "",
                 covered & 8 ? " RTMR3" : "");
    return true;
}

static bool log_judge(struct dcap_job *j, const struct exhibit *e)
{
    struct pcr_bank *bank = arena_alloc(j->x->arena, sizeof *bank);
    struct reader r = reader_of(e->raw);
    enum err why;

    if (bank == NULL)
        return verdict_fail(j->v, REASON_out_of_memory, "event log");
    why = reader_peek(&r) == '[' ? rtmr_json_replay(bank, j->x->arena, e->raw)
                                 : event_log_replay(bank, e->raw, ALGORITHM_SHA384);
    if (why == ERR_INVALID)
        return verdict_fail(j->v, REASON_rtmr_mismatch,
                            "the digest of a runtime event is not that of its payload");
    if (why == ERR_UNSUPPORTED && j->x->rules.collateral_optional) {
        verdict_waive(j->v, REASON_rtmr_mismatch, "the log has no SHA-384 digests");
        return true;
    }
    if (why != ERR_OK)
        return verdict_fail(j->v, REASON_rtmr_log_malformed, "%s", e->name != NULL ? e->name : "");
    return registers_compare(j, e, bank);
}

/* A quote that was handed over by another verifier (a vTPM's, a certificate's) is no exhibit of
 * its own, and the logs beside it are not the TD's. */
static bool is_exhibit(const struct dcap_job *j)
{
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(j->x->exhibits, EXHIBIT_QUOTE, e)) != NULL)
        if (e == j->e)
            return true;
    return false;
}

bool dcap_event_logs(struct dcap_job *j)
{
    const struct exhibit *e = NULL;

    if (!j->q.is_tdx || !is_exhibit(j))
        return true;
    while ((e = exhibit_next(j->x->exhibits, EXHIBIT_EVENT_LOG, e)) != NULL)
        if (e->role == EXHIBIT_EVIDENCE && !log_judge(j, e))
            return false;
    return true;
}

#include "attest/tpm/event_log.h"

#include "attest/tpm/algorithm.h"
#include "attest/tpm/form.h"

/* TCG_EfiSpecIDEvent (10.4.5.1) and TCG_EfiStartupLocalityEvent (10.4.5.3): signatures. */
static const uint8_t spec_id_signature[16] = "Spec ID Event03";
static const uint8_t locality_signature[16] = "StartupLocality";

/* TCG_PCR_EVENT, section 10.2.1. */
static bool event_take_sha1(struct reader *r, struct event *e)
{
    e->pcr = reader_u32le(r);
    e->type = reader_u32le(r);
    e->digests[0] = (struct event_digest){ TPM_ALG_SHA1, reader_take(r, 20) };
    e->digest_count = 1;
    e->data = reader_take(r, reader_u32le(r));
    return reader_ok(r);
}

/* TCG_PCR_EVENT2, section 10.2.2: sizes of digests are those that the Spec ID event says. */
static bool event_take_agile(struct event_log *log, struct event *e)
{
    struct reader *r = &log->reader;

    e->pcr = reader_u32le(r);
    e->type = reader_u32le(r);
    e->digest_count = reader_u32le(r);
    if (!reader_ok(r) || e->digest_count == 0 || e->digest_count > log->algorithm_count)
        return false;
    for (uint32_t i = 0; i < e->digest_count; i++) {
        uint16_t id = reader_u16le(r);
        uint32_t n = 0;

        while (n < log->algorithm_count && log->algorithms[n].id != id)
            n++;
        for (uint32_t before = 0; before < i; before++)
            if (e->digests[before].algorithm == id)
                return false;
        if (!reader_ok(r) || n == log->algorithm_count)
            return false;
        e->digests[i] = (struct event_digest){ id, reader_take(r, log->algorithms[n].size) };
    }
    e->data = reader_take(r, reader_u32le(r));
    return reader_ok(r);
}

/* Platform class, versions and size of UINTN, then the algorithms. */
static bool spec_id_read(struct event_log *log, struct bytes data)
{
    struct reader r = reader_of(data);

    reader_skip(&r, sizeof spec_id_signature + 4 + 4);
    log->algorithm_count = reader_u32le(&r);
    if (!reader_ok(&r) || log->algorithm_count == 0 ||
        log->algorithm_count > EVENT_LOG_ALGORITHMS_MAX)
        return false;
    for (uint32_t i = 0; i < log->algorithm_count; i++) {
        struct event_algorithm a = { reader_u16le(&r), reader_u16le(&r) };
        size_t known = tpm_digest_size(a.id);

        if (a.size == 0 || a.size > HASH_SIZE_MAX || (known != 0 && known != a.size))
            return false;
        for (uint32_t before = 0; before < i; before++)
            if (log->algorithms[before].id == a.id)
                return false;
        log->algorithms[i] = a;
    }
    reader_skip(&r, reader_u8(&r)); /* vendorInfo */
    return reader_done(&r);
}

static bool starts_with(struct bytes data, const uint8_t signature[16])
{
    return data.size >= 16 && __builtin_memcmp(data.data, signature, 16) == 0;
}

/* Tables are handed out whole: behind the last event is 0xff (TDVF) or zero up to the end.
 * Where the last run of such bytes starts; looked for once. */
static size_t padding_find(struct bytes raw)
{
    struct reader r = reader_of(raw);
    size_t from = 0;
    uint8_t before = 0;

    while (r.left > 0) {
        uint8_t b = reader_u8(&r);

        if (b != before)
            from = reader_offset(&r) - 1;
        before = b;
    }
    return before == 0 || before == 0xff ? from : raw.size;
}

enum err event_log_open(struct event_log *log, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct event first = { 0 };
    struct event_log t = { .reader = r };

    if (raw.size > EVENT_LOG_SIZE_MAX)
        return ERR_LIMIT;
    if (!event_take_sha1(&r, &first))
        return ERR_MALFORMED;
    t.is_agile = first.type == EVENT_NO_ACTION && starts_with(first.data, spec_id_signature);
    if (!t.is_agile) {
        t.algorithms[0] = (struct event_algorithm){ TPM_ALG_SHA1, 20 };
        t.algorithm_count = 1;
    } else if (!spec_id_read(&t, first.data)) {
        return ERR_MALFORMED;
    }
    t.padding_from = padding_find(raw);
    *log = t;
    return ERR_OK;
}

bool event_log_next(struct event_log *log, struct event *out)
{
    struct event t = { .number = log->next_number, .offset = reader_offset(&log->reader) };
    bool good;

    if (log->is_bad || log->reader.left == 0)
        return false;
    if (log->next_number > 0 && t.offset >= log->padding_from)
        return false;
    t.is_spec_id = log->is_agile && log->next_number == 0;
    good = log->is_agile && !t.is_spec_id ? event_take_agile(log, &t)
                                          : event_take_sha1(&log->reader, &t);
    /* "EV_NO_ACTION … the PCRIndex may be 0xffffffff" for what no register has. */
    if (!good || (t.type != EVENT_NO_ACTION && t.pcr >= PCR_COUNT)) {
        log->is_bad = true;
        return false;
    }
    log->next_number++;
    *out = t;
    return true;
}

const struct event_digest *event_digest(const struct event *e, uint16_t algorithm)
{
    for (uint32_t i = 0; i < e->digest_count; i++)
        if (e->digests[i].algorithm == algorithm)
            return &e->digests[i];
    return NULL;
}

bool event_log_is(struct bytes raw)
{
    struct event_log log;
    struct event e;

    if (event_log_open(&log, raw) != ERR_OK)
        return false;
    while (event_log_next(&log, &e)) {
        if (!log.is_agile && event_type_name(e.type) == NULL)
            return false; /* nothing else tells a log of the old form from any bytes */
    }
    return !log.is_bad && log.next_number > 0;
}

bool event_log_has_bank(struct bytes raw, uint16_t algorithm)
{
    struct event_log log;
    struct event e;

    if (event_log_open(&log, raw) != ERR_OK)
        return false;
    while (event_log_next(&log, &e))
        if (e.type != EVENT_NO_ACTION && event_digest(&e, algorithm) == NULL)
            return false;
    return true;
}

static enum err event_replay(struct pcr_bank *b, const struct event *e, uint16_t algorithm)
{
    const struct event_digest *digest;

    if (e->type == EVENT_NO_ACTION) {
        if (e->pcr == 0 && e->data.size == 17 && starts_with(e->data, locality_signature))
            return pcr_bank_locality(b, e->data.data[16]);
        return ERR_OK;
    }
    digest = event_digest(e, algorithm);
    /* "Each event has a digest for every active bank": a log without one cannot tell. */
    return digest == NULL ? ERR_MALFORMED : pcr_bank_extend(b, e->pcr, digest->value);
}

enum err event_log_replay(struct pcr_bank *out, struct bytes raw, uint16_t algorithm)
{
    struct event_log log;
    struct event e;
    enum hash_kind kind;
    uint32_t n = 0;

    TRY(event_log_open(&log, raw));
    while (n < log.algorithm_count && log.algorithms[n].id != algorithm)
        n++;
    if (n == log.algorithm_count || !tpm_hash(&kind, algorithm))
        return ERR_UNSUPPORTED;
    pcr_bank_init(out, kind);
    while (event_log_next(&log, &e))
        TRY(event_replay(out, &e, algorithm));
    return log.is_bad ? ERR_MALFORMED : ERR_OK;
}

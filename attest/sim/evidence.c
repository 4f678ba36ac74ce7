#include "attest/sim/evidence.h"

#include "attest/judge.h"
#include "codec/cbor.h"

enum { FIELD_PLATFORM = 1, FIELD_MEASUREMENT, FIELD_REPORT, FIELD_DEBUG, FIELD_KEPT, FIELDS = 5 };

#define EVIDENCE_MAX 1024u
#define KEY_SIZE 32u

static struct bytes sized_take(struct reader *r, size_t size)
{
    struct bytes b = cbor_take_bytes(r);

    if (b.size != size)
        reader_fail(r);
    return b;
}

static enum err payload_parse(struct sim_evidence *out, struct bytes payload)
{
    struct reader r = reader_of(payload);
    struct cbor_map m = cbor_map_open(&r);
    uint32_t count = 0;
    uint64_t key;

    for (; cbor_map_next_uint(&m, &key); count++)
        switch (key) {
        case FIELD_PLATFORM:
            if (!bytes_equal(cbor_take_text(&r), BYTES_TEXT("sim")))
                reader_fail(&r);
            break;
        case FIELD_MEASUREMENT: out->measurement = sized_take(&r, SIM_MEASUREMENT_SIZE); break;
        case FIELD_REPORT: out->report_data = sized_take(&r, SIM_REPORT_SIZE); break;
        case FIELD_DEBUG: out->is_debug = cbor_take_bool(&r); break;
        case FIELD_KEPT: out->key_is_kept = cbor_take_bool(&r); break;
        default: reader_fail(&r);
        }
    /* No key is there twice, and each is known: five of them are all of them. */
    return reader_done(&r) && count == FIELDS ? ERR_OK : ERR_MALFORMED;
}

enum err sim_evidence_parse(struct sim_evidence *out, struct bytes raw)
{
    struct sim_evidence t = { 0 };

    if (raw.size > EVIDENCE_MAX)
        return ERR_LIMIT;
    TRY(cose_parse(&t.cose, raw, COSE_SIGN1, false));
    t.key = t.cose.headers.key_id;
    if (t.key.size != KEY_SIZE)
        return ERR_MALFORMED;
    TRY(payload_parse(&t, t.cose.payload));
    *out = t;
    return ERR_OK;
}

bool sim_is(struct bytes raw)
{
    struct reader payload;
    int64_t algorithm;

    return cose_sign1_peek(raw, &algorithm, &payload) && algorithm == COSE_EDDSA &&
           cbor_walk_head(&payload).type == CBOR_MAP && cbor_peek(&payload) == CBOR_UINT &&
           cbor_walk_uint(&payload) == FIELD_PLATFORM && cbor_peek(&payload) == CBOR_TEXT &&
           bytes_equal(cbor_walk_text(&payload), BYTES_TEXT("sim"));
}

enum err sim_describe(struct fields *f, const struct exhibit *e)
{
    struct sim_evidence s;

    TRY(sim_evidence_parse(&s, e->raw));
    fields_int(f, "alg", s.cose.headers.algorithm);
    fields_bytes(f, "key_id", s.key);
    fields_string(f, "platform", "sim");
    fields_bytes(f, "measurement", s.measurement);
    fields_bytes(f, "report_data", s.report_data);
    fields_bool(f, "debug", s.is_debug);
    fields_bool(f, "key_is_kept", s.key_is_kept);
    fields_bytes(f, "signature", s.cose.signature);
    return ERR_OK;
}

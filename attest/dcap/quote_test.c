/* Quotes: lengths, versions and words that have to agree; TDREPORTs. Nothing is signed here:
 * judge_test.c has whole ones. */
#include "attest/dcap/quote.h"

#include "base/num.h"
#include "base/writer.h"
#include "tests/check.h"

static uint8_t room[4096];

/* What a case changes, after the bytes were laid out. */
struct change {
    const char *name;
    uint16_t version;
    uint32_t tee;
    size_t at; /* of the byte that is changed; 0: none */
    uint8_t value;
    enum err want;
};

static void zeros(struct writer *w, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_u8(w, 0);
}

/* A quote with 2 bytes of authentication data and 3 of certification data; version 5 is of
 * body type 1 for SGX and 3 for TDX. */
static struct bytes quote_make(uint16_t version, uint32_t tee)
{
    struct writer w = writer_of(room, sizeof room);
    size_t body = tee == QUOTE_TEE_SGX ? SGX_BODY_SIZE
                  : version == 5       ? TD15_BODY_SIZE
                                       : TD_BODY_SIZE;
    uint32_t inner = SGX_BODY_SIZE + 64 + 2 + 2 + 6 + 3;

    writer_u16le(&w, version);
    writer_u16le(&w, 2);
    writer_u32le(&w, tee);
    writer_u32le(&w, 0);
    writer_put(&w, BYTES_TEXT("\x93\x9a\x72\x33\xf7\x9c\x4c\xa9\x94\x0a\x0d\xb3\x95\x7f\x06\x07"));
    zeros(&w, 20);
    if (version == 5) {
        writer_u16le(&w, tee == QUOTE_TEE_SGX ? 1 : 3);
        writer_u32le(&w, (uint32_t)body);
    }
    zeros(&w, body);
    writer_u32le(&w, inner + (version == 3 ? 128 : 134));
    zeros(&w, 128);
    if (version != 3) {
        writer_u16le(&w, QUOTE_CERT_QE_REPORT);
        writer_u32le(&w, inner);
    }
    zeros(&w, SGX_BODY_SIZE + 64);
    writer_u16le(&w, 2);
    zeros(&w, 2);
    writer_u16le(&w, QUOTE_CERT_PCK_CHAIN);
    writer_u32le(&w, 3);
    writer_put(&w, BYTES_TEXT("abc"));
    return writer_bytes(&w);
}

static const struct change changes[] = {
    { "SGX, version 3", 3, 0, 0, 0, ERR_OK },
    { "SGX, version 4", 4, 0, 0, 0, ERR_OK },
    { "SGX, version 5", 5, 0, 0, 0, ERR_OK },
    { "TDX, version 4", 4, QUOTE_TEE_TDX, 0, 0, ERR_OK },
    { "TDX, version 5", 5, QUOTE_TEE_TDX, 0, 0, ERR_OK },
    { "version 2", 2, 0, 0, 0, ERR_UNSUPPORTED },
    { "version 6", 6, 0, 0, 0, ERR_UNSUPPORTED },
    { "TDX in version 3", 3, QUOTE_TEE_TDX, 0, 0, ERR_UNSUPPORTED },
    { "an unknown TEE", 4, 0x82, 0, 0, ERR_UNSUPPORTED },
    { "attestation key of P-384", 3, 0, 2, 3, ERR_UNSUPPORTED },
    { "another vendor's quoting enclave", 3, 0, 12, 0, ERR_UNSUPPORTED },
    { "body type 5", 5, QUOTE_TEE_TDX, 48, 5, ERR_UNSUPPORTED },
    { "body type 4 with the size of 3", 5, QUOTE_TEE_TDX, 48, 4, ERR_MALFORMED },
    { "an SGX body in a TDX quote", 5, QUOTE_TEE_TDX, 48, 1, ERR_MALFORMED },
    { "body type 2 with the size of 3", 5, QUOTE_TEE_TDX, 48, 2, ERR_MALFORMED },
    { "a body size of its own", 5, QUOTE_TEE_TDX, 50, 1, ERR_MALFORMED },
    { "signature data past the end", 3, 0, 432, 0xff, ERR_MALFORMED },
    { "signature data shorter than its parts", 3, 0, 432, 0, ERR_MALFORMED },
    { "authentication data past the end", 3, 0, 1012, 0xff, ERR_MALFORMED },
    { "certification data past the end", 3, 0, 1018, 4, ERR_MALFORMED },
    { "certification data shorter", 3, 0, 1018, 2, ERR_MALFORMED },
    { "outer certification data of another type", 4, 0, 564, 5, ERR_MALFORMED },
    { "outer certification data longer", 4, 0, 566, 0xff, ERR_MALFORMED },
    { "outer certification data shorter", 4, 0, 566, 0, ERR_MALFORMED },
};

static void table(void)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const struct change *c = &changes[i];
        struct bytes raw = quote_make(c->version, c->tee);
        struct quote q = { .version = 99 };

        CASE(c->name);
        if (c->at != 0)
            room[c->at] = c->value;
        CHECK_ERR(quote_parse(&q, raw, NULL), c->want);
        CHECK_EQ(q.version, c->want == ERR_OK ? c->version : 99); /* outputs on success alone */
        if (c->want == ERR_OK)
            CHECK_EQ(quote_size(raw), raw.size);
        for (size_t size = 0; c->want == ERR_OK && size < raw.size; size++)
            CHECK(quote_parse(&q, (struct bytes){ raw.data, size }, NULL) != ERR_OK);
    }
}

static void trailing(void)
{
    struct bytes raw = quote_make(4, QUOTE_TEE_TDX);
    struct quote q;

    CASE("what follows the quote is kept apart");
    if (!CHECK_OK(quote_parse(&q, (struct bytes){ raw.data, raw.size + 70 }, NULL)))
        return;
    CHECK_EQ(q.raw.size, raw.size);
    CHECK_EQ(q.trailing.size, 70);
    CHECK_EQ(q.signed_part.size, 48 + TD_BODY_SIZE);
    CHECK_EQ(quote_size((struct bytes){ raw.data, raw.size + 70 }), raw.size);
    CHECK(quote_is(raw));
}

static void open_enclave(void)
{
    uint8_t wrapped[sizeof room + 16] = { 1, 0, 0, 0, 2 };
    struct bytes raw = quote_make(3, 0);

    CASE("Open Enclave's header in front of a quote");
    memcpy(&wrapped[16], raw.data, raw.size);
    wrapped[8] = (uint8_t)raw.size;
    wrapped[9] = (uint8_t)(raw.size >> 8);
    CHECK_BYTES(oe_report_quote((struct bytes){ wrapped, raw.size + 16 }), raw);
    CHECK(!oe_report_is((struct bytes){ wrapped, raw.size + 15 }));
    wrapped[4] = 1; /* a local report */
    CHECK(!oe_report_is((struct bytes){ wrapped, raw.size + 16 }));
    CHECK(!oe_report_is(raw));
}

static void td_report(void)
{
    static uint8_t raw[TD_REPORT_SIZE];
    struct td_report t;
    struct quote q;

    CASE("TDREPORT against a quote");
    memset(raw, 0, sizeof raw);
    CHECK_ERR(td_report_parse(&t, BYTES_OF(raw)), ERR_UNSUPPORTED);
    raw[0] = 0x81;
    raw[128] = 7;       /* REPORTDATA */
    raw[256 + 8] = 5;   /* TEE_TCB_SVN */
    raw[512 + 16] = 11; /* MRTD */
    raw[512 + 208] = 1; /* RTMR0 */
    CHECK_ERR(td_report_parse(&t, (struct bytes){ raw, sizeof raw - 1 }), ERR_MALFORMED);
    CHECK_OK(td_report_parse(&t, BYTES_OF(raw)));
    (void)quote_make(4, QUOTE_TEE_TDX);
    room[48] = 5;
    room[48 + 136] = 11;
    room[48 + 328] = 1;
    room[48 + 520] = 7;
    CHECK_OK(quote_parse(&q, (struct bytes){ room, sizeof room }, NULL));
    CHECK(td_report_matches(&t, &q.td));
    room[48 + 472] = 1; /* RTMR3 */
    CHECK(!td_report_matches(&t, &q.td));
}

int main(void)
{
    table();
    trailing();
    open_enclave();
    td_report();
    return check_done();
}

/* The TCG's logs: what is no log, what replays, and what must not count. */
#include "attest/tpm/event_log.h"

#include "attest/tpm/form.h"
#include "tests/check.h"
#include "tests/tpm_forge.h"

static struct tpm_forge f;
static struct pcr_bank wanted, found;

static enum err replay(size_t size)
{
    return event_log_replay(&found, (struct bytes){ f.log, size }, TPM_ALG_SHA256);
}

static void agile(void)
{
    size_t size;

    CASE("a crypto-agile log: locality, unknown algorithms, what never extends");
    tpm_forge_log(&f, &wanted);
    size = f.log_size;
    CHECK_OK(replay(size));
    CHECK_BYTES(pcr_bank_value(&found, 0), pcr_bank_value(&wanted, 0));
    CHECK_BYTES(pcr_bank_value(&found, 7), pcr_bank_value(&wanted, 7));
    CHECK_EQ(found.extended, 0x81);
    CHECK_EQ(pcr_bank_value(&found, 17).data[31], 0xff);
    CHECK_EQ(pcr_bank_value(&found, 23).data[31], 0);
    CHECK_ERR(event_log_replay(&found, TPM_FORGE_BYTES(&f, log), TPM_ALG_SHA384), ERR_UNSUPPORTED);
    CHECK_ERR(event_log_replay(&found, TPM_FORGE_BYTES(&f, log), 0xabcd), ERR_UNSUPPORTED);
    CASE("padding of ones or zeros is none of it, other bytes are no padding");
    memset(f.log + size, 0xff, 40);
    CHECK_OK(replay(size + 40));
    memset(f.log + size, 0, 40);
    CHECK_OK(replay(size + 40));
    f.log[size + 39] = 1;
    CHECK_ERR(replay(size + 40), ERR_MALFORMED);
    CASE("a log cut inside of an event is malformed");
    for (size_t cut = size - 1; cut > size - 58; cut--)
        CHECK_ERR(replay(cut), ERR_MALFORMED);
    CHECK(event_log_is((struct bytes){ f.log, size }));
    CHECK(!event_log_is((struct bytes){ f.log, size - 1 }));
}

/* The offset of the first event behind the Spec ID. */
#define SECOND (32u + 39u)

static void banks(void)
{
    static const uint8_t digest[32] = { 1 };
    uint8_t raw[256];
    struct writer w = writer_of(raw, sizeof raw);
    struct bytes log;

    CASE("a bank that the Spec ID lists and no event fills in is none; the others stand");
    writer_u32le(&w, 0);
    writer_u32le(&w, EVENT_NO_ACTION);
    writer_put(&w, (struct bytes){ (const uint8_t[20]){ 0 }, 20 });
    writer_u32le(&w, 16 + 12 + 8 + 1);
    writer_put(&w, (struct bytes){ (const uint8_t *)"Spec ID Event03", 16 });
    writer_put(&w, (struct bytes){ (const uint8_t[8]){ 0, 0, 0, 0, 0, 2, 0, 2 }, 8 });
    writer_u32le(&w, 2);
    writer_u32le(&w, 32u << 16 | TPM_ALG_SHA256);
    writer_u32le(&w, 48u << 16 | TPM_ALG_SHA384);
    writer_u8(&w, 0);
    writer_u32le(&w, 4);
    writer_u32le(&w, EVENT_SEPARATOR);
    writer_u32le(&w, 1);
    writer_u16le(&w, TPM_ALG_SHA256);
    writer_put(&w, BYTES_OF(digest));
    writer_u32le(&w, 0);
    log = writer_bytes(&w);
    CHECK(event_log_has_bank(log, TPM_ALG_SHA256) && !event_log_has_bank(log, TPM_ALG_SHA384));
    CHECK_OK(event_log_replay(&found, log, TPM_ALG_SHA256));
    CHECK_ERR(event_log_replay(&found, log, TPM_ALG_SHA384), ERR_MALFORMED);
}

static void wrong(void)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t byte;
    } cases[] = {
        { "no algorithms", 56, 0 },
        { "more algorithms than there are", 56, 3 },
        { "a known algorithm of another size", 62, 20 },
        { "an algorithm twice", 64, 0x0b },
        { "more digests than algorithms", SECOND + 8, 3 },
        { "no digests", SECOND + 8, 0 },
        { "a digest that was not declared", SECOND + 12, 0x77 },
        { "a register that is none", SECOND + 77, 24 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CASE(cases[i].name);
        tpm_forge_log(&f, &wanted);
        f.log[cases[i].at] = cases[i].byte;
        CHECK(replay(f.log_size) != ERR_OK);
    }
    CASE("a locality that comes too late is refused");
    tpm_forge_log(&f, &wanted);
    CHECK_ERR(pcr_bank_locality(&wanted, 4), ERR_INVALID);
    f.log[SECOND + 4] = 8; /* now it extends, like any other event */
    CHECK_OK(replay(f.log_size));
    CHECK(!bytes_equal(pcr_bank_value(&found, 0), pcr_bank_value(&wanted, 0)));
}

static void sha1(void)
{
    static const uint8_t digest[20] = { 1 };
    uint8_t raw[64];
    struct writer w = writer_of(raw, sizeof raw);
    struct bytes log;

    CASE("a log of the old form has SHA-1 alone");
    writer_u32le(&w, 4);
    writer_u32le(&w, 4);
    writer_put(&w, BYTES_OF(digest));
    writer_u32le(&w, 4);
    writer_u32le(&w, 0);
    log = writer_bytes(&w);
    pcr_bank_init(&wanted, HASH_SHA1);
    CHECK_OK(pcr_bank_extend(&wanted, 4, BYTES_OF(digest)));
    CHECK_OK(event_log_replay(&found, log, TPM_ALG_SHA1));
    CHECK_BYTES(pcr_bank_value(&found, 4), pcr_bank_value(&wanted, 4));
    CHECK_ERR(event_log_replay(&found, log, TPM_ALG_SHA256), ERR_UNSUPPORTED);
    CHECK(event_log_is(log));
    CHECK(!event_log_is(BYTES_TEXT("any text that is no log and has some sixty bytes of it")));
    CHECK(!event_log_is((struct bytes){ 0 }));
}

int main(void)
{
    agile();
    wrong();
    sha1();
    banks();
    return check_done();
}

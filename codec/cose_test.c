/* Messages here are our own, written out; the working group's examples run in
 * tests/run-evidence. */
#include "codec/cose.h"

#include "tests/check.h"

static uint8_t room[4096];
static size_t used;

/* Hex with blanks between parts; each call has its own room. */
static struct bytes hex(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *start = room + used;
    size_t size = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        start[size++] =
            (uint8_t)((strchr(digits, text[0]) - digits) << 4 | (strchr(digits, text[1]) - digits));
        text++;
    }
    used += size;
    return (struct bytes){ start, size };
}

/* A Sign1: tag, array, protected {1: -7}, unprotected {4: h'11'}, payload h'61', signature. */
static const struct {
    const char *name, *hex;
    bool untagged_too;
    enum err want;
} messages[] = {
    { "tagged", "d2 84 43a10126 a1044111 4161 4199", false, ERR_OK },
    { "untagged, where that may be", "84 43a10126 a1044111 4161 4199", true, ERR_OK },
    { "untagged, where it may not", "84 43a10126 a1044111 4161 4199", false, ERR_INVALID },
    { "another tag", "d1 84 43a10126 a1044111 4161 4199", true, ERR_INVALID },
    { "a tag of two bytes that we do not know", "d903e6 84 43a10126 a0 4161 4199", true,
      ERR_INVALID },
    { "tag 18 twice", "d2d2 84 43a10126 a0 4161 4199", true, ERR_MALFORMED },
    { "indefinite array", "d2 9f 43a10126 a0 4161 4199 ff", false, ERR_OK },
    { "indefinite headers", "d2 84 44bf0126ff bf044111ff 4161 4199", false, ERR_OK },
    { "detached", "d2 84 43a10126 a0 f6 4199", false, ERR_OK },
    { "empty protected header", "d2 84 40 a0 4161 4199", false, ERR_OK },
    { "three elements", "d2 83 43a10126 a0 4161", false, ERR_MALFORMED },
    { "five elements", "d2 85 43a10126 a0 4161 4199 00", false, ERR_MALFORMED },
    { "bytes after it", "d2 84 43a10126 a0 4161 4199 00", false, ERR_MALFORMED },
    { "payload that is text", "d2 84 43a10126 a0 6161 4199", false, ERR_MALFORMED },
    { "payload false", "d2 84 43a10126 a0 f4 4199", false, ERR_MALFORMED },
    { "protected header that is no map", "d2 84 4101 a0 4161 4199", false, ERR_MALFORMED },
    { "protected header, bytes after it", "d2 84 44a1012600 a0 4161 4199", false, ERR_MALFORMED },
    { "protected header as a map", "d2 84 a10126 a0 4161 4199", false, ERR_MALFORMED },
    { "label twice in one header", "d2 84 45a201260126 a0 4161 4199", false, ERR_MALFORMED },
    { "label in both headers", "d2 84 43a10126 a10126 4161 4199", false, ERR_MALFORMED },
    { "key id in both headers", "d2 84 46a20126044111 a1044112 4161 4199", false, ERR_MALFORMED },
    { "label that is bytes", "d2 84 43a10126 a1410100 4161 4199", false, ERR_MALFORMED },
    { "algorithm that is a map", "d2 84 43a101a0 a0 4161 4199", false, ERR_MALFORMED },
    { "crit: key id, there", "d2 84 49a301260281 04 044111 a0 4161 4199", false, ERR_OK },
    { "crit: one that is not there", "d2 84 46a20126028104 a0 4161 4199", false, ERR_MALFORMED },
    { "crit: unknown label 24, there", "d2 84 4aa301260281181818 1800 a0 4161 4199", false,
      ERR_UNSUPPORTED },
    { "crit: a text label, there", "d2 84 4aa3012602816161616100 a0 4161 4199", false,
      ERR_UNSUPPORTED },
    { "crit: empty", "d2 84 45a201260280 a0 4161 4199", false, ERR_MALFORMED },
    { "crit outside of the protected header", "d2 84 43a10126 a202810404 4111 4161 4199", false,
      ERR_MALFORMED },
};

static void messages_are_judged(void)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct cose c;

        used = 0;
        CASE(messages[i].name);
        CHECK_ERR(cose_parse(&c, hex(messages[i].hex), COSE_SIGN1, messages[i].untagged_too),
                  messages[i].want);
    }
}

static void headers_are_read(void)
{
    struct cose c;

    used = 0;
    CASE("what is in the headers");
    CHECK_OK(cose_parse(&c, hex("d2 84 43a10126 a3044111 05420102 1821 4130 4161 4199"), COSE_SIGN1,
                        false));
    CHECK(c.headers.has_algorithm && c.headers.algorithm == COSE_ES256);
    CHECK(!c.headers.has_unprotected_algorithm);
    CHECK_BYTES(c.headers.key_id, hex("11"));
    CHECK_BYTES(c.headers.iv, hex("0102"));
    CHECK_BYTES(c.headers.x5chain, hex("4130"));
    CHECK_BYTES(c.payload, hex("61"));
    CHECK_BYTES(c.signature, hex("99"));
    CASE("an algorithm that is not protected has no force");
    CHECK_OK(cose_parse(&c, hex("d2 84 40 a10126 4161 4199"), COSE_SIGN1, false));
    CHECK(!c.headers.has_algorithm && c.headers.has_unprotected_algorithm);
    CASE("an algorithm by name is none that we know");
    CHECK_OK(cose_parse(&c, hex("d2 84 48a101654553323536 a0 4161 4199"), COSE_SIGN1, false));
    CHECK(!c.headers.has_algorithm);
}

static void inputs_are_written(void)
{
    uint8_t out[128];
    struct writer w = writer_of(out, sizeof out);
    struct cose_signature s;
    struct bytes none = { 0 };
    struct reader r;
    struct cose c;
    enum err e;

    used = 0;
    CASE("Signature1");
    CHECK_OK(cose_parse(&c, hex("d2 84 43a10126 a0 4161 4199"), COSE_SIGN1, false));
    cose_sign1_input(&w, &c, none, hex("07"));
    CHECK_BYTES(writer_bytes(&w), hex("84 6a5369676e617475726531 43a10126 4107 4161"));
    CASE("an empty map in the protected header is no bytes at all");
    CHECK_OK(cose_parse(&c, hex("d2 84 41a0 a10126 4161 4199"), COSE_SIGN1, false));
    w = writer_of(out, sizeof out);
    cose_sign1_input(&w, &c, none, none);
    CHECK_BYTES(writer_bytes(&w), hex("84 6a5369676e617475726531 40 40 4161"));
    CASE("a detached payload is the caller's");
    CHECK_OK(cose_parse(&c, hex("d2 84 43a10126 a0 f6 4199"), COSE_SIGN1, false));
    w = writer_of(out, sizeof out);
    cose_sign1_input(&w, &c, hex("62"), none);
    CHECK_BYTES(writer_bytes(&w), hex("84 6a5369676e617475726531 43a10126 40 4162"));
    CASE("one that is attached is not");
    CHECK_OK(cose_parse(&c, hex("d2 84 43a10126 a0 4161 4199"), COSE_SIGN1, false));
    w = writer_of(out, sizeof out);
    cose_sign1_input(&w, &c, hex("62"), none);
    CHECK_BYTES(writer_bytes(&w), hex("84 6a5369676e617475726531 43a10126 40 4161"));
    CASE("Signature, by each of two");
    CHECK_OK(cose_parse(&c, hex("d862 84 40 a0 4161 82 83 43a10126 a0 4199 83 43a10127 a0 4198"),
                        COSE_SIGN, false));
    r = reader_of(c.signatures);
    CHECK(cose_signature_next(&r, &s, &e) && s.headers.algorithm == COSE_ES256);
    w = writer_of(out, sizeof out);
    cose_sign_input(&w, &c, &s, none, none);
    CHECK_BYTES(writer_bytes(&w), hex("85 695369676e6174757265 40 43a10126 40 4161"));
    CHECK(cose_signature_next(&r, &s, &e) && s.headers.algorithm == COSE_EDDSA);
    CHECK(!cose_signature_next(&r, &s, &e) && e == ERR_OK);
    CASE("a signer of two elements");
    CHECK_OK(cose_parse(&c, hex("d862 84 40 a0 4161 81 82 43a10126 a0"), COSE_SIGN, false));
    r = reader_of(c.signatures);
    CHECK(!cose_signature_next(&r, &s, &e));
    CHECK_ERR(e, ERR_MALFORMED);
    CASE("Enc_structure");
    CHECK_OK(cose_parse(&c, hex("d0 83 43a10101 a0 4161"), COSE_ENCRYPT0, false));
    w = writer_of(out, sizeof out);
    cose_encrypt0_input(&w, &c, none);
    CHECK_BYTES(writer_bytes(&w), hex("83 68456e637279707430 43a10101 40"));
}

/* Each label of crit is looked up in the map that holds crit: without a bound, 80 kB of them
 * took two minutes. */
static void crit_is_bounded(void)
{
    static uint8_t header[1 << 20], message[(1 << 20) + 64];
    struct writer h = writer_of(header, sizeof header), w = writer_of(message, sizeof message);
    const uint32_t count = 1000000;
    struct cose c;

    CASE("a million labels in crit");
    cbor_put_map(&h, 2);
    cbor_put_uint(&h, 2);
    cbor_put_array(&h, count);
    for (uint32_t i = 0; i < count; i++)
        cbor_put_uint(&h, 1);
    cbor_put_uint(&h, 1);
    cbor_put_int(&h, COSE_ES256);
    cbor_put_array(&w, 4);
    cbor_put_bytes(&w, writer_bytes(&h));
    cbor_put_map(&w, 0);
    cbor_put_bytes(&w, BYTES_TEXT("payload"));
    cbor_put_bytes(&w, BYTES_TEXT("signature"));
    CHECK(writer_ok(&h) && writer_ok(&w));
    CHECK_ERR(cose_parse(&c, writer_bytes(&w), COSE_SIGN1, true), ERR_LIMIT);
}

static void keys_are_read(void)
{
    static uint8_t ec[] = { 0xa4, 0x01, 0x02,        0x20, 0x01, 0x21,
                            0x58, 0x20, [40] = 0x22, 0x58, 0x20, [74] = 0 };
    struct bytes raw = { ec, 75 }, chain[2];
    struct public_key key;
    uint32_t count;

    used = 0;
    CASE("EC2");
    CHECK_OK(cose_key_parse(&key, raw));
    CHECK(key.kind == KEY_P256 && key.x.size == 32 && key.y.size == 32);
    CASE("another curve's name");
    ec[4] = 2;
    CHECK_ERR(cose_key_parse(&key, raw), ERR_MALFORMED);
    ec[4] = 8;
    CHECK_ERR(cose_key_parse(&key, raw), ERR_UNSUPPORTED);
    CASE("a compressed point");
    ec[4] = 1;
    ec[41] = 0xf5;
    CHECK_ERR(cose_key_parse(&key, (struct bytes){ ec, 42 }), ERR_UNSUPPORTED);
    CASE("a symmetric key");
    CHECK_ERR(cose_key_parse(&key, hex("a2 01 04 20 4161")), ERR_UNSUPPORTED);
    CASE("RSA, without leading zeros");
    CHECK_OK(cose_key_parse(&key, hex("a3 01 03 20 420011 21 4400010001")));
    CHECK_BYTES(key.n, hex("11"));
    CHECK_BYTES(key.e, hex("010001"));
    CASE("RSA without an exponent");
    CHECK_ERR(cose_key_parse(&key, hex("a2 01 03 20 4111")), ERR_MALFORMED);
    CASE("one certificate, two, and too many");
    CHECK_OK(cose_x5chain(chain, 2, &count, hex("4130")));
    CHECK_EQ(count, 1);
    CHECK_OK(cose_x5chain(chain, 2, &count, hex("82 4130 4131")));
    CHECK_EQ(count, 2);
    CHECK_ERR(cose_x5chain(chain, 2, &count, hex("83 4130 4131 4132")), ERR_LIMIT);
    CHECK_ERR(cose_x5chain(chain, 2, &count, hex("80")), ERR_MALFORMED);
}

int main(void)
{
    messages_are_judged();
    headers_are_read();
    inputs_are_written();
    keys_are_read();
    crit_is_bounded();
    return check_done();
}

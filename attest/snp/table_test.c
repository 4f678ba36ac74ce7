#include "attest/snp/form.h"

#include <stdlib.h>

#include "attest/snp/report.h"
#include "base/num.h"
#include "base/writer.h"
#include "codec/json.h"
#include "tests/check.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static struct exhibits exhibits;
static uint8_t room[8192];

static const uint8_t vcek_text[16] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
                                       0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };
static const uint8_t vcek_mixed[16] = { 0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45,
                                        0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };
static const uint8_t crl_text[16] = { 0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d,
                                      0x97, 0xff, 0xd1, 0x9f, 0x88, 0xdc, 0x67, 0xea };
static const uint8_t zeros[16];

static void head_put(struct writer *w, const uint8_t guid[16], uint32_t offset, uint32_t size)
{
    writer_put(w, (struct bytes){ guid, 16 });
    writer_u32le(w, offset);
    writer_u32le(w, size);
}

/* One entry of that GUID, place and size, an end, and a body of four bytes behind it. */
static struct bytes table_of(const uint8_t guid[16], uint32_t offset, uint32_t size)
{
    struct writer w = writer_of(room, sizeof room);

    head_put(&w, guid, offset, size);
    head_put(&w, zeros, 0, 0);
    writer_put(&w, BYTES_TEXT("\x30\x02\x05\0"));
    return writer_bytes(&w);
}

static void check_table(void)
{
    struct snp_table_entry e;
    struct snp_table t;

    CASE("an entry, its GUID in either order of bytes");
    for (int i = 0; i < 2; i++) {
        struct bytes raw = table_of(i == 0 ? vcek_text : vcek_mixed, 48, 4);

        CHECK(snp_table_is(raw));
        CHECK_OK(snp_table_open(&t, raw));
        CHECK(snp_table_next(&t, &e));
        CHECK_TEXT(e.name, "vcek");
        CHECK_BYTES(e.body, BYTES_TEXT("\x30\x02\x05\0"));
        CHECK(!snp_table_next(&t, &e));
    }
    CASE("a body that ends behind the table");
    CHECK_ERR(snp_table_open(&t, table_of(vcek_text, 48, 5)), ERR_MALFORMED);
    CHECK_ERR(snp_table_open(&t, table_of(vcek_text, 53, 1)), ERR_MALFORMED);
    CHECK_ERR(snp_table_open(&t, table_of(vcek_text, UINT32_MAX, UINT32_MAX)), ERR_MALFORMED);
    CASE("an empty body");
    CHECK_ERR(snp_table_open(&t, table_of(vcek_text, 48, 0)), ERR_MALFORMED);
    CASE("bodies that share their bytes");
    for (size_t i = 0; i < 2; i++) {
        struct writer w = writer_of(room + 24 * i, 24);

        head_put(&w, vcek_text, 0, 40);
    }
    memset(room + 48, 0, 24);
    CHECK_ERR(snp_table_open(&t, (struct bytes){ room, 72 }), ERR_MALFORMED);
    CHECK_OK(snp_table_open(&t, (struct bytes){ room, 80 }));
    (void)table_of(vcek_text, 48, 4);
    CASE("no end");
    CHECK_ERR(snp_table_open(&t, (struct bytes){ room, 24 }), ERR_MALFORMED);
    CHECK_ERR(snp_table_open(&t, (struct bytes){ room, 47 }), ERR_MALFORMED);
    CASE("nothing");
    CHECK(!snp_table_is((struct bytes){ 0 }));
    CHECK_ERR(snp_table_open(&t, (struct bytes){ 0 }), ERR_MALFORMED);
    CASE("more entries than there are kinds");
    for (size_t i = 0; i < sizeof room / 24; i++) {
        struct writer w = writer_of(room + 24 * i, 24);

        head_put(&w, vcek_text, 0, 24);
    }
    CHECK_ERR(snp_table_open(&t, BYTES_OF(room)), ERR_LIMIT);
}

static void check_add(void)
{
    static const char pem[] = "-----BEGIN CERTIFICATE-----\nMAIFAA==\n-----END CERTIFICATE-----\n"
                              "-----BEGIN X509 CRL-----\nMAIFAA==\n-----END X509 CRL-----\n";
    struct writer w = writer_of(room, sizeof room);

    CASE("bodies become exhibits by their kind; what is neither is left out");
    exhibits_init(&exhibits, &arena);
    head_put(&w, vcek_text, 120, sizeof pem - 1);
    head_put(&w, crl_text, 120 + sizeof pem - 1, 4);
    head_put(&w, vcek_mixed, 0, 4);
    head_put(&w, zeros, 0, 0);
    writer_put(&w, BYTES_OF(zeros)); /* some hosts round up */
    writer_u64le(&w, 0);
    writer_put(&w, (struct bytes){ (const uint8_t *)pem, sizeof pem - 1 });
    writer_put(&w, BYTES_TEXT("\x30\x02\x05\0"));
    CHECK_OK(snp_table_add(&exhibits, EXHIBIT_ENDORSEMENT, "aux", writer_bytes(&w)));
    CHECK_EQ(exhibits.count, 3);
    CHECK_EQ(exhibits.items[0].kind, EXHIBIT_CERT);
    CHECK_EQ(exhibits.items[1].kind, EXHIBIT_CRL);
    CHECK_EQ(exhibits.items[2].kind, EXHIBIT_CRL);
    CHECK_TEXT(exhibits.items[0].name, "aux: vcek");
}

/* --- A report as the `sev` crate writes it in JSON. */

static size_t numbers_print(char *at, size_t space, const char *name, struct bytes b)
{
    size_t n = (size_t)snprintf(at, space, "\"%s\":[", name);

    for (size_t i = 0; i < b.size; i++)
        n += (size_t)snprintf(at + n, space - n, "%s%u", i == 0 ? "" : ",", b.data[i]);
    return n + (size_t)snprintf(at + n, space - n, "],");
}

static size_t tcb_print(char *at, size_t space, const char *name, struct bytes b, bool turin)
{
    if (turin)
        return (size_t)snprintf(at, space,
                                "\"%s\":{\"fmc\":%u,\"bootloader\":%u,\"tee\":%u,\"snp\":%u,"
                                "\"microcode\":%u},",
                                name, b.data[0], b.data[1], b.data[2], b.data[3], b.data[7]);
    return (size_t)snprintf(at, space,
                            "\"%s\":{\"fmc\":null,\"bootloader\":%u,\"tee\":%u,\"snp\":%u,"
                            "\"microcode\":%u},",
                            name, b.data[0], b.data[1], b.data[6], b.data[7]);
}

static char text[16384];

static void report_print(const struct snp_report *r, bool turin)
{
    const struct {
        const char *name;
        struct bytes data;
    } arrays[] = {
        { "family_id", r->family_id },
        { "image_id", r->image_id },
        { "report_data", r->report_data },
        { "measurement", r->measurement },
        { "host_data", r->host_data },
        { "id_key_digest", r->id_key_digest },
        { "author_key_digest", r->author_key_digest },
        { "report_id", r->report_id },
        { "report_id_ma", r->report_id_ma },
        { "chip_id", r->chip_id },
    };
    const uint8_t *now = r->current_version.data, *kept = r->committed_version.data;
    size_t n = (size_t)snprintf(text, sizeof text, "{");

    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        n += numbers_print(text + n, sizeof text - n, arrays[i].name, arrays[i].data);
    n += tcb_print(text + n, sizeof text - n, "current_tcb", r->current_tcb, turin);
    n += tcb_print(text + n, sizeof text - n, "reported_tcb", r->reported_tcb, turin);
    n += tcb_print(text + n, sizeof text - n, "committed_tcb", r->committed_tcb, turin);
    n += tcb_print(text + n, sizeof text - n, "launch_tcb", r->launch_tcb, turin);
    n += (size_t)snprintf(
        text + n, sizeof text - n,
        "\"version\":%u,\"guest_svn\":%u,\"policy\":%llu,\"vmpl\":%u,\"sig_algo\":%u,"
        "\"plat_info\":%llu,\"key_info\":%u,\"cpuid_fam_id\":%u,\"cpuid_mod_id\":%u,"
        "\"cpuid_step\":null,\"launch_mit_vector\":3,\"current_mit_vector\":null,"
        "\"current\":{\"major\":%u,\"minor\":%u,\"build\":%u},"
        "\"committed\":{\"major\":%u,\"minor\":%u,\"build\":%u},\"signature\":{",
        r->version, r->guest_svn, (unsigned long long)r->policy, r->vmpl, r->signature_algo,
        (unsigned long long)r->platform_info, r->key_info, r->family, r->model, now[2], now[1],
        now[0], kept[2], kept[1], kept[0]);
    n += numbers_print(text + n, sizeof text - n, "r", r->r);
    n += numbers_print(text + n, sizeof text - n, "s", r->s);
    snprintf(text + n - 1, sizeof text - n + 1, "}}"); /* in place of the last comma */
}

/* A report whose bytes all differ, where the JSON has a place for them. */
static struct bytes report_make(bool turin)
{
    static uint8_t raw[SNP_REPORT_SIZE];
    static const uint16_t tcbs[] = { 0x38, 0x180, 0x1e0, 0x1f0 };

    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)(i * 7 + 1);
    memcpy(raw, "\5\0\0\0", 4);
    raw[0x0f] = raw[0x47] = 0; /* numbers of 64 bits stay below 2^63 */
    memset(raw + 0x4c, 0, 4);
    memset(raw + 0x18a, 0, 0x16);
    raw[0x1eb] = raw[0x1ef] = 0;
    memset(raw + 0x1f8, 0, 0x2a0 - 0x1f8);
    raw[0x1f8] = 3;
    memset(raw + 0x330, 0, sizeof raw - 0x330);
    for (size_t i = 0; i < COUNT_OF(tcbs); i++)
        memset(raw + tcbs[i] + (turin ? 4 : 2), 0, turin ? 3 : 4);
    return BYTES_OF(raw);
}

static enum err json_read(struct bytes *out)
{
    struct json *json;
    struct bytes b = { (const uint8_t *)text, strlen(text) };

    arena_reset(&arena);
    TRY(json_parse(&json, &arena, b, NULL));
    return snp_report_from_json(out, &arena, json);
}

static void check_json(void)
{
    struct snp_report r;
    struct bytes back;

    for (int turin = 0; turin < 2; turin++) {
        struct bytes raw = report_make(turin != 0);

        CASE(turin != 0 ? "a report of Turin from JSON" : "a report from JSON");
        CHECK_OK(snp_report_parse(&r, raw));
        report_print(&r, turin != 0);
        CHECK_OK(json_read(&back));
        CHECK_BYTES(back, raw);
    }
    CASE("JSON: a number above a byte's");
    memcpy(strstr(text, "\"cpuid_fam_id\":") + 15, "999", 3);
    CHECK_ERR(json_read(&back), ERR_MALFORMED);
    CASE("JSON: a measurement that is short");
    report_print(&r, true);
    memcpy(strstr(text, "\"measurement\":["), "\"measurement\":[],\"x\":[", 22);
    CHECK(json_read(&back) != ERR_OK);
    CASE("JSON: no signature");
    report_print(&r, true);
    memcpy(strstr(text, "\"signature\""), "\"signatura\"", 11);
    CHECK_ERR(json_read(&back), ERR_MALFORMED);
}

static void check_report(void)
{
    struct bytes raw = report_make(true);
    struct snp_report r;

    CASE("every field of a report, at its place");
    CHECK_OK(snp_report_parse(&r, raw));
    CHECK_EQ(r.version, 5);
    CHECK(r.report_data.data == raw.data + 0x50 && r.report_data.size == 64);
    CHECK(r.measurement.data == raw.data + 0x90 && r.measurement.size == 48);
    CHECK(r.host_data.data == raw.data + 0xc0);
    CHECK(r.id_key_digest.data == raw.data + 0xe0);
    CHECK(r.author_key_digest.data == raw.data + 0x110);
    CHECK(r.report_id.data == raw.data + 0x140 && r.report_id_ma.data == raw.data + 0x160);
    CHECK(r.reported_tcb.data == raw.data + 0x180);
    CHECK_EQ(r.family, raw.data[0x188]);
    CHECK(r.chip_id.data == raw.data + 0x1a0 && r.chip_id.size == 64);
    CHECK(r.committed_tcb.data == raw.data + 0x1e0 && r.launch_tcb.data == raw.data + 0x1f0);
    CHECK(r.launch_mit.data == raw.data + 0x1f8 && r.current_mit.data == raw.data + 0x200);
    CHECK(r.r.data == raw.data + 0x2a0 && r.s.data == raw.data + 0x2e8);
    CHECK_EQ(r.body.size, 0x2a0);
    CASE("another size");
    CHECK_ERR(snp_report_parse(&r, (struct bytes){ raw.data, SNP_REPORT_SIZE - 1 }), ERR_MALFORMED);
    CHECK_ERR(snp_report_parse(&r, (struct bytes){ 0 }), ERR_MALFORMED);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)16 << 20);
    check_table();
    check_add();
    check_report();
    check_json();
    arena_done(&arena);
    return check_done();
}

#include "attest/fields.h"

#include <stdlib.h>

#include "attest/claims.h"
#include "codec/json_write.h"
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
static char room[8192];

static const char *printed(const struct fields *f)
{
    struct writer w = writer_of(room, sizeof room - 1);

    fields_print(&w, f);
    room[w.size] = '\0';
    return room;
}

static const char *json(const struct fields *f)
{
    struct writer w = writer_of(room, sizeof room - 1);
    struct json_write j = json_write_to(&w, false);

    json_write_open(&j, NULL, '{');
    fields_json(&j, f);
    json_write_close(&j, '}');
    room[w.size] = '\0';
    return room;
}

static void check_forms(void)
{
    static const uint8_t raw[65] = { 0xab };
    struct fields f;

    fields_init(&f, &arena);
    fields_uint(&f, "u", UINT64_MAX);
    fields_group(&f, "g");
    fields_list(&f, "l");
    fields_int(&f, "dropped name", -1);
    fields_group(&f, NULL);
    fields_null(&f, NULL);
    fields_end(&f);
    fields_list(&f, NULL);
    fields_end(&f);
    fields_end(&f);
    fields_bool(&f, fields_name(&f, "pcr", 7), true);
    fields_end(&f);
    fields_bits(&f, "b", 0x30000);
    fields_text(&f, "t", BYTES_TEXT("a\x1b[2J\xff\n"));
    fields_moment(&f, "m", 0);
    fields_bytes(&f, "x", (struct bytes){ raw, 2 });
    fields_end(&f); /* one too many changes nothing */
    fields_string(&f, "s", NULL);

    CASE("JSON: nested, named, escaped");
    CHECK_TEXT(json(&f),
               "{\"u\":18446744073709551615,\"g\":{\"l\":[-1,{\"\":null},[]],\"pcr7\":true},"
               "\"b\":\"0x30000\",\"t\":\"a\\u001b[2J\xef\xbf\xbd\\n\","
               "\"m\":\"1970-01-01T00:00:00Z\",\"x\":\"ab00\",\"s\":\"\"}");

    CASE("text: what others wrote moves no cursor and starts no line");
    printed(&f);
    CHECK(strstr(room, "\x1b") == NULL);
    CHECK(strstr(room, "a\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\n") != NULL);
    fields_init(&f, &arena); /* names too: members of JSON have theirs from the evidence */
    fields_uint(&f, "\x1b]0;a\x07", 1);
    fields_group(&f, "b\xe2\x80\xae\n");
    fields_end(&f);
    printed(&f);
    CHECK(strpbrk(room, "\x1b\x07\xe2") == NULL);
    CHECK_EQ(strchr(strchr(room, '\n') + 1, '\n')[1], '\0');

    CASE("text: long bytes are cut, and say how many there are");
    fields_init(&f, &arena);
    fields_bytes(&f, "x", BYTES_OF(raw));
    CHECK(strstr(printed(&f), "... (65 bytes)\n") != NULL);
}

static void check_memory(void)
{
    struct arena small;
    struct fields f;

    CASE("where memory ends the rest is cut, and said to be");
    arena_init(&small, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 10);
    fields_init(&f, &small);
    for (unsigned i = 0; i < 4000; i++)
        fields_group(&f, "deep"); /* nor does depth cost a stack */
    CHECK(f.is_cut);
    for (unsigned i = 0; i < 4000; i++)
        fields_end(&f);
    fields_uint(&f, "after", 1);
    CHECK(strstr(printed(&f), "after") == NULL);
    arena_done(&small);
}

static void check_claims(void)
{
    static struct claims c;

    CASE("claims: names there and back, and more than fits is dropped");
    for (unsigned p = PLATFORM_NONE + 1; p < PLATFORM_COUNT; p++) {
        const char *name = platform_name((enum platform)p);

        CHECK_EQ(platform_named((struct bytes){ (const uint8_t *)name, strlen(name) }), p);
    }
    CHECK_EQ(platform_named(BYTES_TEXT("none")), PLATFORM_NONE);
    CHECK_EQ(platform_named(BYTES_TEXT("")), PLATFORM_NONE);
    CHECK_EQ(tcb_status_named(BYTES_TEXT("uptodate")), TCB_STATUS_NONE);
    CHECK_EQ(tcb_status_named(BYTES_TEXT("UpToDate")), TCB_UP_TO_DATE);
    CHECK_NULL(tcb_status_name(TCB_STATUS_NONE));
    for (unsigned i = 0; i < 1000; i++) {
        static uint8_t ids[1000][2];

        ids[i][0] = (uint8_t)i;
        ids[i][1] = (uint8_t)(i >> 8);
        claims_part(&c, "part", i);
        claims_register(&c, "register", BYTES_OF(ids[i]));
        claims_advisory(&c, BYTES_OF(ids[i]));
        claims_advisory(&c, BYTES_OF(ids[i]));
        claims_certificate(&c, BYTES_OF(ids[i]));
        claims_until(&c, 1000 - i);
    }
    CHECK_EQ(c.tcb_count, CLAIM_PARTS_MAX);
    CHECK_EQ(c.register_count, CLAIM_REGISTERS_MAX);
    CHECK_EQ(c.advisory_count, CLAIM_ADVISORIES_MAX);
    CHECK_EQ(c.certificate_count, CLAIM_CERTIFICATES_MAX);
    CHECK_EQ(c.valid_until, 1);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)1 << 20);
    check_forms();
    check_memory();
    check_claims();
    arena_done(&arena);
    return check_done();
}

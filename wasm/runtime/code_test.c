/* The tables behind the code: packed sites and the numbers of types. */
#define _GNU_SOURCE
#include "base/num.h"
#include "tests/check.h"
#include "wasm/runtime/host_test.h"
#include "wasm/runtime/runtime.h"

static void test_sites(void)
{
    static const struct wasm_site_entry sites[] = {
        { 0, 100, WASM_SITE_MEMORY, WASM_TRAP_MEMORY, 0, 0 },
        { 4, 90, WASM_SITE_CALL, 0, 0, 0xfffffff0 },
        { 4, 90, WASM_SITE_MEMORY, WASM_TRAP_INDIRECT_NULL, 0, 0 },
        { 0x7fffffff, 0xffffffff, WASM_SITE_TRAP, WASM_TRAP_COUNT - 1, 0, 0 },
        { 0xffffffff, 0, WASM_SITE_CALL, 0, 0, 1 },
    };
    uint8_t packed[COUNT_OF(sites) * WASM_SITE_PACKED];
    size_t size = wasm_sites_pack(packed, sites, COUNT_OF(sites));
    struct wasm_site_cursor c = wasm_sites_from((struct bytes){ packed, size }, COUNT_OF(sites), 0);

    CASE("sites come back as they were");
    for (size_t i = 0; i < COUNT_OF(sites); i++) {
        CHECK(wasm_sites_next(&c));
        CHECK_EQ(c.entry.pc, sites[i].pc);
        CHECK_EQ(c.entry.offset, sites[i].offset);
        CHECK_EQ(c.entry.kind, sites[i].kind);
        CHECK_EQ(c.entry.trap, sites[i].trap);
        CHECK_EQ(c.entry.pad_pc, sites[i].pad_pc);
    }
    CHECK(!wasm_sites_next(&c));

    CASE("no sites");
    CHECK_EQ(wasm_sites_pack(packed, NULL, 0), 0);
    c = (struct wasm_site_cursor){ 0 };
    CHECK(!wasm_sites_next(&c));
}

/* One among many is found without a walk from the first. */
static void test_many_sites(void)
{
    enum { MANY = 1000 };
    static struct wasm_site_entry sites[MANY];
    static uint8_t packed[MANY * WASM_SITE_PACKED];

    CASE("every one of many sites is found, and near where the cursor begins");
    for (uint32_t i = 0; i < MANY; i++) /* in pairs of one pc, some of them across a mark */
        sites[i] = (struct wasm_site_entry){ (i + 1) / 2 * 7, 5 * i, (uint8_t)(i % 2), 0, 0, 0 };
    for (uint32_t count = 1; count <= MANY; count += count < 200 ? 1 : 100) {
        size_t size = wasm_sites_pack(packed, sites, count);

        CHECK(size <= (size_t)count * WASM_SITE_PACKED);
        for (uint32_t i = 0; i < count; i++) {
            struct wasm_site_cursor c =
                wasm_sites_from((struct bytes){ packed, size }, count, sites[i].pc);
            unsigned steps = 1;

            while (wasm_sites_next(&c) &&
                   (c.entry.pc != sites[i].pc || c.entry.kind != sites[i].kind))
                steps++;
            CHECK_EQ(c.entry.pc, sites[i].pc);
            CHECK_EQ(c.entry.offset, sites[i].offset);
            CHECK(steps <= 130);
        }
    }
}

static void test_signatures(void)
{
    static const uint8_t types[] = { WASM_I32, WASM_I64, WASM_F32 };
    struct wasm_signature_set s;
    uint8_t many[400] = { 0 };
    uint32_t a, b, n;

    CASE("equal types have one number, others another");
    wasm_signature_set_init(&s, &test_host);
    CHECK_OK(wasm_signature_number(&a, &s, (struct wasm_signature){ types, types, 2, 1 }));
    CHECK_OK(wasm_signature_number(&b, &s, (struct wasm_signature){ types, types + 2, 2, 1 }));
    CHECK_NE(a, b);
    /* The same types in a row, cut elsewhere. */
    CHECK_OK(wasm_signature_number(&b, &s, (struct wasm_signature){ types, types, 3, 0 }));
    CHECK_OK(wasm_signature_number(&n, &s, (struct wasm_signature){ types, types + 1, 1, 2 }));
    CHECK_NE(b, n);
    for (uint32_t i = 0; i < sizeof many; i++)
        CHECK_OK(wasm_signature_number(&n, &s, (struct wasm_signature){ many, NULL, i, 0 }));
    CHECK_OK(wasm_signature_number(&n, &s, (struct wasm_signature){ types, types, 2, 1 }));
    CHECK_EQ(a, n);
    wasm_signature_set_done(&s);
    CHECK_EQ(test_host_state.heap_out, 0);
}

static void test_addresses(void)
{
    struct wasm_fault fault = { .pc = 0x1000 };

    CASE("addresses that are nobody's");
    CHECK(wasm_code_find(0) == NULL);
    CHECK(wasm_code_find(UINT64_MAX) == NULL);
    CHECK(!wasm_fault(&fault));
    CHECK_EQ(fault.pc, 0x1000);
}

int main(void)
{
    test_sites();
    test_many_sites();
    test_signatures();
    test_addresses();
    return check_done();
}

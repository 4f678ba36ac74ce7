#include "measure/sgx.h"

#include "base/num.h"
#include "base/writer.h"
#include "tests/check.h"

static uint8_t flat[3 * SGX_PAGE], room[20000];
static uint8_t out[SGX_MRENCLAVE_SIZE];
static const char *wrong;
static size_t offset;

static void check_golden(void)
{
    char text[2 * sizeof out + 1];

    for (size_t i = 0; i < sizeof out; i++)
        snprintf(text + 2 * i, 3, "%02x", out[i]);
    /* Computed by another program, from the manual alone. */
    CHECK_TEXT(text, "e78c9fd2f298a7751a8db08cfc0d0b77970d17ac4eb3715d96b256a294398c59");
}

static void record_put(struct writer *w, const char tag[static 8], uint64_t a, uint64_t b)
{
    size_t end = w->size + 64;

    writer_put(w, (struct bytes){ (const uint8_t *)tag, 8 });
    writer_u64le(w, a);
    writer_u64le(w, b);
    while (w->size < end)
        writer_u8(w, 0);
}

static void create_put(struct writer *w, uint32_t frame, uint64_t size)
{
    writer_put(w, BYTES_OF("ECREATE"));
    writer_u32le(w, frame);
    writer_u64le(w, size);
    for (int i = 0; i < 44; i++)
        writer_u8(w, 0);
}

static void page_put(struct writer *w, size_t page, uint64_t flags)
{
    record_put(w, "EADD\0\0\0", page * SGX_PAGE, flags);
    for (size_t at = page * SGX_PAGE; at < (page + 1) * SGX_PAGE; at += SGX_CHUNK) {
        record_put(w, "EEXTEND", at, 0);
        writer_put(w, (struct bytes){ flat + at, SGX_CHUNK });
    }
}

static enum err streamed(const struct writer *w)
{
    return sgx_measure_stream(out, writer_bytes(w), &wrong, &offset);
}

/* ECREATE of 4 pages, one EADD and whatever is put behind it. */
static struct writer stream_begin(uint64_t at, uint64_t flags)
{
    struct writer w = writer_of(room, sizeof room);

    create_put(&w, 1, 4 * SGX_PAGE);
    record_put(&w, "EADD\0\0\0", at, flags);
    return w;
}

static void check_page(const char *title, uint64_t at, uint64_t flags, enum err want)
{
    struct writer w = stream_begin(at, flags);

    CASE(title);
    CHECK_ERR(streamed(&w), want);
}

static void check_record(const char *title, const char tag[static 8], uint64_t a, uint64_t b)
{
    struct writer w = stream_begin(0x1000, 0x203);

    CASE(title);
    record_put(&w, tag, a, b);
    writer_put(&w, (struct bytes){ flat, SGX_CHUNK });
    CHECK_ERR(streamed(&w), ERR_INVALID);
    CHECK_EQ(offset, 128);
}

static void check_create(const char *title, uint32_t frame, uint64_t size)
{
    struct writer w = writer_of(room, sizeof room);

    CASE(title);
    create_put(&w, frame, size);
    CHECK_ERR(streamed(&w), ERR_INVALID);
    CHECK(wrong != NULL);
}

static void check_stream(void)
{
    struct writer w = writer_of(room, sizeof room);
    struct bytes whole;

    CASE("the same enclave as a stream");
    create_put(&w, 1, 4 * SGX_PAGE);
    page_put(&w, 0, SGX_TYPE_TCS);
    page_put(&w, 1, SGX_TYPE_REG | 7);
    record_put(&w, "UNMEASRD", 0x1000, 0); /* loaded, and not hashed */
    writer_put(&w, (struct bytes){ flat, SGX_CHUNK });
    page_put(&w, 2, SGX_TYPE_REG | 7);
    CHECK(writer_ok(&w));
    CHECK_OK(streamed(&w));
    check_golden();
    CASE("cut short");
    whole = writer_bytes(&w);
    for (size_t size = 0; size < whole.size; size += 8)
        if ((size < 64 || sgx_measure_stream(out, (struct bytes){ whole.data, size }, &wrong,
                                             &offset) == ERR_OK) &&
            size >= 64)
            CHECK(size % 64 == 0); /* between two records, it is another enclave */

    check_create("a size that is no power of two", 1, 3 * SGX_PAGE);
    check_create("an enclave of one page", 1, SGX_PAGE);
    check_create("an enclave of 2^63 bytes", 1, 1ull << 63);
    check_create("an enclave of no size", 1, 0);
    check_create("SSAFRAMESIZE 0", 0, 4 * SGX_PAGE);
    check_page("a page behind the enclave", 4 * SGX_PAGE, 0x203, ERR_INVALID);
    check_page("a page far behind it", 0xfffffffffffff000, 0x203, ERR_INVALID);
    check_page("a page not at a page's start", 0x1001, 0x203, ERR_INVALID);
    check_page("a TCS with rights", 0x1000, 0x103, ERR_INVALID);
    check_page("a page to write and not to read", 0x1000, 0x202, ERR_INVALID);
    check_page("a page of type SECS", 0x1000, 3, ERR_INVALID);
    check_page("a page of type VA", 0x1000, 0x300, ERR_INVALID);
    check_page("reserved flags", 0x1000, 0x243, ERR_INVALID);
    check_page("a good one", 0x1000, 0x203, ERR_OK);
    check_record("EEXTEND of another page", "EEXTEND", 0x2000, 0);
    check_record("EEXTEND before it", "EEXTEND", 0, 0);
    check_record("EEXTEND between chunks", "EEXTEND", 0x1080, 0);
    check_record("UNMEASRD of another page", "UNMEASRD", 0x2000, 0);
    check_record("UNMEASRD between chunks", "UNMEASRD", 0x1080, 0);
    check_record("EEXTEND with a reserved part", "EEXTEND", 0x1000, 1);
    check_record("a second ECREATE", "ECREATE", 0x400000001, 0);
    check_record("a record that nobody knows", "EREMOVE", 0x1000, 0);
}

static void check_flat(void)
{
    static const struct sgx_run runs[] = { { SGX_TYPE_TCS, 1 }, { SGX_TYPE_REG | 7, 0 } };
    static const struct sgx_run two[] = { { SGX_TYPE_TCS, 1 }, { SGX_TYPE_REG | 7, 1 } };

    CASE("a flat image");
    CHECK_OK(sgx_measure_flat(out, BYTES_OF(flat), runs, 2, 1, &wrong));
    check_golden();
    CASE("more pages than were described");
    CHECK_ERR(sgx_measure_flat(out, BYTES_OF(flat), two, 2, 1, &wrong), ERR_INVALID);
    CHECK_ERR(sgx_measure_flat(out, BYTES_OF(flat), runs, 0, 1, &wrong), ERR_INVALID);
    CASE("no whole pages");
    CHECK_ERR(sgx_measure_flat(out, (struct bytes){ flat, SGX_PAGE - 1 }, runs, 2, 1, &wrong),
              ERR_MALFORMED);
    CHECK_ERR(sgx_measure_flat(out, (struct bytes){ 0 }, runs, 2, 1, &wrong), ERR_MALFORMED);
}

int main(void)
{
    for (size_t i = 0; i < sizeof flat; i++)
        flat[i] = (uint8_t)(i * 13 + i / 300);
    check_flat();
    check_stream();
    return check_done();
}

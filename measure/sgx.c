#include "measure/sgx.h"

#include "base/num.h"
#include "base/writer.h"

#define RECORD_SIZE 64u
/* 2^40: more than any processor's address space for enclaves that is in use. */
#define ENCLAVE_SIZE_MAX ((uint64_t)1 << 40)
#define ENCLAVE_WHOLE(n) ((n) % SGX_PAGE == 0)

static enum err refuse(struct sgx_build *b, const char *wrong)
{
    b->wrong = wrong;
    return ERR_INVALID;
}

static enum err record_add(struct sgx_build *b, const char tag[static 8], struct writer *rest)
{
    static const uint8_t zeros[RECORD_SIZE];

    TRY(hash_add(&b->hash, (struct bytes){ (const uint8_t *)tag, 8 }));
    TRY(hash_add(&b->hash, writer_bytes(rest)));
    return hash_add(&b->hash, (struct bytes){ zeros, RECORD_SIZE - 8 - rest->size });
}

enum err sgx_build_begin(struct sgx_build *b, uint64_t size, uint32_t ssa_frame_pages)
{
    uint8_t room[12];
    struct writer w = writer_of(room, sizeof room);
    enum err e;

    *b = (struct sgx_build){ .size = size, .page = UINT64_MAX };
    if (size < 2 * SGX_PAGE || size > ENCLAVE_SIZE_MAX || (size & (size - 1)) != 0)
        return refuse(b, "the enclave's size is no power of two, or too small or large");
    if (ssa_frame_pages == 0)
        return refuse(b, "SSAFRAMESIZE is 0");
    writer_u32le(&w, ssa_frame_pages);
    writer_u64le(&w, size);
    TRY(hash_init(&b->hash, HASH_SHA256));
    e = record_add(b, "ECREATE", &w);
    if (e != ERR_OK)
        hash_done(&b->hash);
    return e;
}

/* "The processor clears R, W and X of a TCS"; a page that can be written but not read faults. */
enum err sgx_build_add(struct sgx_build *b, uint64_t offset, uint64_t flags)
{
    uint8_t room[16];
    struct writer w = writer_of(room, sizeof room);
    uint64_t rights = flags & (SGX_R | SGX_W | SGX_X), type = flags & ~(uint64_t)7;

    if (!ENCLAVE_WHOLE(offset) || offset > b->size - SGX_PAGE)
        return refuse(b, "a page lies outside of the enclave, or not at a page's start");
    if (type != SGX_TYPE_TCS && type != SGX_TYPE_REG)
        return refuse(b, "a page is neither TCS nor REG, or has reserved flags");
    if ((type == SGX_TYPE_TCS && rights != 0) ||
        (type == SGX_TYPE_REG && (rights & SGX_W) != 0 && (rights & SGX_R) == 0))
        return refuse(b, "a page has rights that EADD refuses");
    writer_u64le(&w, offset);
    writer_u64le(&w, flags);
    b->page = offset;
    return record_add(b, "EADD\0\0\0", &w);
}

static enum err chunk_check(struct sgx_build *b, uint64_t offset, struct bytes chunk)
{
    if (chunk.size != SGX_CHUNK || offset % SGX_CHUNK != 0 || b->page == UINT64_MAX ||
        offset < b->page || offset - b->page >= SGX_PAGE)
        return refuse(b, "contents that are not a part of the page added last");
    return ERR_OK;
}

enum err sgx_build_extend(struct sgx_build *b, uint64_t offset, struct bytes chunk)
{
    uint8_t room[8];
    struct writer w = writer_of(room, sizeof room);

    TRY(chunk_check(b, offset, chunk));
    writer_u64le(&w, offset);
    TRY(record_add(b, "EEXTEND", &w));
    return hash_add(&b->hash, chunk);
}

enum err sgx_build_end(struct sgx_build *b, uint8_t out[SGX_MRENCLAVE_SIZE])
{
    enum err e = hash_end(&b->hash, out);

    hash_done(&b->hash);
    return e;
}

void sgx_build_done(struct sgx_build *b) { hash_done(&b->hash); }

/* --- SGXS: each record as it is hashed; UNMEASRD: 256 bytes that are loaded, not measured. */

bool sgx_stream_is(struct bytes raw)
{
    struct reader r = reader_of(raw);

    return bytes_equal(reader_take(&r, 8), BYTES_OF("ECREATE"));
}

static bool is_zero(struct reader *r)
{
    bool zero = true;

    while (r->left != 0)
        zero &= reader_u8(r) == 0;
    return zero && reader_ok(r);
}

static enum err stream_record(struct sgx_build *b, struct reader *r)
{
    struct reader record = reader_sub(r, RECORD_SIZE);
    struct bytes tag = reader_take(&record, 8);
    uint64_t offset = reader_u64le(&record), flags = 0;
    struct bytes chunk = { 0 };
    bool is_add = bytes_equal(tag, BYTES_OF("EADD\0\0\0"));
    bool is_extend = bytes_equal(tag, BYTES_OF("EEXTEND"));

    if (is_add)
        flags = reader_u64le(&record);
    else if (is_extend || bytes_equal(tag, BYTES_TEXT("UNMEASRD")))
        chunk = reader_take(r, SGX_CHUNK);
    else
        return refuse(b, "a record is not EADD, EEXTEND or UNMEASRD");
    if (!reader_ok(r) || !is_zero(&record))
        return refuse(b, "a record is cut short, or its reserved part is not zero");
    if (is_add)
        return sgx_build_add(b, offset, flags);
    return is_extend ? sgx_build_extend(b, offset, chunk) : chunk_check(b, offset, chunk);
}

static enum err stream_begin(struct sgx_build *b, struct reader *r)
{
    struct reader record = reader_sub(r, RECORD_SIZE);
    uint32_t frame;
    uint64_t size;

    reader_skip(&record, 8);
    frame = reader_u32le(&record);
    size = reader_u64le(&record);
    *b = (struct sgx_build){ 0 };
    if (!is_zero(&record))
        return refuse(b, "ECREATE is cut short, or its reserved part is not zero");
    return sgx_build_begin(b, size, frame);
}

enum err sgx_measure_stream(uint8_t out[SGX_MRENCLAVE_SIZE], struct bytes stream,
                            const char **wrong, size_t *offset)
{
    struct reader r = reader_of(stream);
    struct sgx_build b;
    enum err e;

    *offset = 0;
    *wrong = "the stream does not start with ECREATE";
    if (!sgx_stream_is(stream))
        return ERR_MALFORMED;
    e = stream_begin(&b, &r);
    if (e != ERR_OK) {
        *wrong = b.wrong != NULL ? b.wrong : "hashing failed";
        return e;
    }
    while (e == ERR_OK && r.left != 0) {
        *offset = reader_offset(&r);
        e = stream_record(&b, &r);
    }
    *wrong = b.wrong != NULL ? b.wrong : "hashing failed";
    if (e == ERR_OK)
        return sgx_build_end(&b, out);
    sgx_build_done(&b);
    return e;
}

/* --- A flat image. */

static enum err flat_page(struct sgx_build *b, struct reader *image, uint64_t offset,
                          uint64_t flags)
{
    TRY(sgx_build_add(b, offset, flags));
    for (size_t at = 0; at < SGX_PAGE; at += SGX_CHUNK)
        TRY(sgx_build_extend(b, offset + at, reader_take(image, SGX_CHUNK)));
    return ERR_OK;
}

static enum err flat_add(struct sgx_build *b, struct bytes image, const struct sgx_run *runs,
                         size_t run_count)
{
    struct reader r = reader_of(image);
    uint64_t done = 0;
    size_t run = 0;

    for (uint64_t offset = 0; r.left != 0; offset += SGX_PAGE, done++) {
        while (run < run_count && runs[run].pages != 0 && done == runs[run].pages) {
            run++;
            done = 0;
        }
        if (run == run_count)
            return refuse(b, "the image has more pages than were described");
        TRY(flat_page(b, &r, offset, runs[run].flags));
    }
    return ERR_OK;
}

enum err sgx_measure_flat(uint8_t out[SGX_MRENCLAVE_SIZE], struct bytes image,
                          const struct sgx_run *runs, size_t run_count, uint32_t ssa_frame_pages,
                          const char **wrong)
{
    uint64_t size = 2 * SGX_PAGE;
    struct sgx_build b;
    enum err e;

    *wrong = "the image is not a number of whole pages";
    if (image.size == 0 || !ENCLAVE_WHOLE(image.size))
        return ERR_MALFORMED;
    while (size < image.size)
        size *= 2;
    e = sgx_build_begin(&b, size, ssa_frame_pages);
    *wrong = b.wrong;
    if (e != ERR_OK)
        return e;
    e = flat_add(&b, image, runs, run_count);
    *wrong = b.wrong != NULL ? b.wrong : "hashing failed";
    if (e == ERR_OK)
        return sgx_build_end(&b, out);
    sgx_build_done(&b);
    return e;
}

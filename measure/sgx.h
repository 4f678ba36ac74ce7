/* sgx.h: MRENCLAVE: SHA-256 over a record of each instruction that builds an enclave (Intel SDM,
 * volume 3D, chapter 38: ECREATE, EADD, EEXTEND). Pages are built up one by one, read from a
 * stream of those very records (SGXS), or laid out from a flat image. Streams and images come
 * from others: what no processor would do is refused. */
#ifndef BROCH_MEASURE_SGX_H
#define BROCH_MEASURE_SGX_H

#include "base/err.h"
#include "base/reader.h"
#include "crypto/hash.h"

#define SGX_PAGE ((size_t)4096)
#define SGX_CHUNK ((size_t)256)
#define SGX_MRENCLAVE_SIZE 32u

/* SECINFO.FLAGS. */
#define SGX_R 1u
#define SGX_W 2u
#define SGX_X 4u
#define SGX_TYPE_TCS 0x100u
#define SGX_TYPE_REG 0x200u

struct sgx_build {
    struct hash hash;
    uint64_t size; /* of the enclave */
    uint64_t page; /* offset of the page added last, or UINT64_MAX */
    const char *wrong;
};

/* ECREATE. size is a power of two, two pages at least. Followed by sgx_build_end or
 * sgx_build_done. */
enum err sgx_build_begin(struct sgx_build *b, uint64_t size, uint32_t ssa_frame_pages);
enum err sgx_build_add(struct sgx_build *b, uint64_t offset, uint64_t flags);
/* EEXTEND of 256 bytes of the page added last. */
enum err sgx_build_extend(struct sgx_build *b, uint64_t offset, struct bytes chunk);
enum err sgx_build_end(struct sgx_build *b, uint8_t out[SGX_MRENCLAVE_SIZE]);
void sgx_build_done(struct sgx_build *b);

/* A stream of records. On an error *wrong says what and *offset where. */
enum err sgx_measure_stream(uint8_t out[SGX_MRENCLAVE_SIZE], struct bytes stream,
                            const char **wrong, size_t *offset);
/* Whether it starts like one. */
bool sgx_stream_is(struct bytes raw);

/* Pages of one kind that follow each other in a flat image. */
struct sgx_run {
    uint64_t flags;
    uint64_t pages; /* 0, in the last run: all that are left */
};
/* A flat image, every page measured, in an enclave of the next power of two. */
enum err sgx_measure_flat(uint8_t out[SGX_MRENCLAVE_SIZE], struct bytes image,
                          const struct sgx_run *runs, size_t run_count, uint32_t ssa_frame_pages,
                          const char **wrong);

#endif

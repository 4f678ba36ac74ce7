/* Covers: sgx_measure_stream sgx_measure_flat sigstruct_parse sigstruct_check id_auth_parse
 * id_block_parse */
#include <stdlib.h>
#include <string.h>

#include "measure/id_block.h"
#include "measure/sgx.h"
#include "measure/sigstruct.h"

static void stream_look(struct bytes raw)
{
    uint8_t once[SGX_MRENCLAVE_SIZE], twice[SGX_MRENCLAVE_SIZE];
    const char *wrong = NULL;
    size_t offset;

    if (sgx_measure_stream(once, raw, &wrong, &offset) != ERR_OK) {
        if (wrong == NULL || offset > raw.size)
            abort();
        return;
    }
    /* Records are whole: less by one byte is not an enclave. */
    if (raw.size % 64 != 0 || sgx_measure_stream(twice, raw, &wrong, &offset) != ERR_OK ||
        memcmp(once, twice, sizeof once) != 0)
        abort();
    raw.size--;
    if (sgx_measure_stream(twice, raw, &wrong, &offset) == ERR_OK)
        abort();
}

static void flat_look(struct bytes raw)
{
    static const struct sgx_run runs[] = { { SGX_TYPE_TCS, 1 }, { SGX_TYPE_REG | SGX_R, 0 } };
    uint8_t out[SGX_MRENCLAVE_SIZE];
    const char *wrong;

    if ((sgx_measure_flat(out, raw, runs, 2, 1, &wrong) == ERR_OK) !=
        (raw.size != 0 && raw.size % SGX_PAGE == 0))
        abort();
}

/* Nobody here has a signer's key: what checks is what was a seed. */
static void structs_look(struct bytes raw)
{
    struct id_block block;
    const char *wrong = NULL;
    struct id_auth auth;
    struct sigstruct s;

    if (sigstruct_parse(&s, raw) == ERR_OK &&
        (raw.size != SIGSTRUCT_SIZE || (sigstruct_check(&s, &wrong) == ERR_OK) != (wrong == NULL)))
        abort();
    if (id_block_parse(&block, raw) == ERR_OK) {
        uint8_t back[ID_BLOCK_SIZE];

        id_block_write(back, &block);
        if (!bytes_equal(BYTES_OF(back), raw))
            abort();
    }
    if (id_auth_parse(&auth, raw) == ERR_OK) {
        if (raw.size != ID_AUTH_SIZE || auth.id_key.raw.size != ID_KEY_SIZE)
            abort();
        (void)!id_auth_check_author(&auth);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };

    stream_look(raw);
    flat_look(raw);
    structs_look(raw);
    return 0;
}

/* Covers: quote_parse quote_size quote_is oe_report_quote td_report_parse sgx_body_take
 * td_body_take */
#include "attest/dcap/quote.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    struct bytes inside = oe_report_quote(raw);
    struct td_report report;
    struct quote q;
    size_t offset = 0;

    if (inside.size > size || (inside.size != 0 && !quote_is(inside)))
        abort();
    if (td_report_parse(&report, raw) == ERR_OK && size != TD_REPORT_SIZE)
        abort();
    if (quote_parse(&q, raw, &offset) != ERR_OK) {
        if (offset > size)
            abort();
        return 0;
    }
    /* Every byte is somewhere, once: the lengths add up. */
    if (!quote_is(raw) || quote_size(raw) != q.raw.size || q.raw.size + q.trailing.size != size)
        abort();
    if (q.signed_part.size + 4 + q.signature_size != q.raw.size)
        abort();
    if (128 + (q.version == 3 ? 0u : 6u) + SGX_BODY_SIZE + 64 + 2 + q.qe_auth_data.size + 6 +
            q.cert_data.size !=
        q.signature_size)
        abort();
    return 0;
}

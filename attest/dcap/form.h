/* form.h: telling Intel's DCAP quotes, and Open Enclave's wrapping of them, by their first
 * bytes. For whoever sorts files; nothing is checked. */
#ifndef BROCH_ATTEST_DCAP_FORM_H
#define BROCH_ATTEST_DCAP_FORM_H

#include "base/bytes.h"

/* A version of quote_parse's with the vendor id of Intel's quoting enclaves. */
bool quote_is(struct bytes raw);
/* Bytes of the quote by its declared lengths; 0 where they lead past the end. */
size_t quote_size(struct bytes raw);
/* Open Enclave's oe_report_header_t (openenclave, common/report.h): u32 version 1,
 * u32 type 2 (remote SGX), u64 size, then that many bytes: a quote. */
bool oe_report_is(struct bytes raw);
/* The quote behind that header; empty where oe_report_is says no. */
struct bytes oe_report_quote(struct bytes raw);

#endif

/* exchange.h: IBM Secure Execution's attestation files: what pvattest writes for a request and
 * for a response (exchange format version 1: s390-tools, rust/pvattest/src/exchange.rs), and
 * the header of an image (SE header version 1: s390-tools, rust/pvimg). All big-endian.
 *
 * Everything is borrowed. Nothing is judged here. */
#ifndef BROCH_ATTEST_SE_EXCHANGE_H
#define BROCH_ATTEST_SE_EXCHANGE_H

#include "attest/fields.h"
#include "base/err.h"

#define SE_ADDITIONAL_MAX 32768u
#define SE_USER_MAX 256u
#define SE_MEASUREMENT_SIZE 64u
#define SE_CONFIG_UID_SIZE 16u

/* One part of an exchange. Where `is_expected`, a request says how long it will be. */
struct se_entry {
    uint32_t size, offset;
    bool is_expected;
    struct bytes data;
};

struct se_exchange {
    uint32_t version, size;
    struct se_entry arcb, measurement, additional, user, config_uid;
};

bool se_exchange_is(struct bytes raw);
/* ERR_MALFORMED, ERR_UNSUPPORTED (a version), ERR_LIMIT. */
enum err se_exchange_parse(struct se_exchange *out, struct bytes raw);
void se_exchange_fields(struct fields *f, const struct se_exchange *e);

/* Hashes of an image: page contents, page addresses, tweaks; and the tag of its header. */
struct se_header {
    uint32_t version, size;
    struct bytes pld, ald, tld, tag;
};
bool se_header_is(struct bytes raw);
enum err se_header_parse(struct se_header *out, struct bytes raw);

#endif

/* distrust.h: lists of what is not to be trusted any more: signed by whoever found out, joined
 * to any policy that names the key.
 *
 * A COSE_Sign1 (RFC 9052; EdDSA with Ed25519, algorithm in the protected header) over CBOR in
 * the deterministic form of RFC 8949, 4.2.1:
 *
 *   { 0: 1 (version), 1: issued, 2: expires (seconds since 1970), 3: [ entry, … ] }
 *   entry = { 0: text of the reason, 1: vendor, 2: platform, 3: chip family, 4: chip model (a
 *             prefix), 5: chip id, 6: measurement, 7: signer, 8: SHA-256 of a certificate }
 *
 * An entry matches where all that it names is so; one that names nothing is malformed. Where
 * evidence does not say what an entry asks, the entry does not match: a list takes trust away,
 * the policy gives it. */
#ifndef BROCH_ATTEST_DISTRUST_H
#define BROCH_ATTEST_DISTRUST_H

#include "attest/judge.h"
#include "base/reader.h"

/* The members by their labels; empty where the entry does not name one. */
enum distrust_member {
    DISTRUST_REASON, /* text; never empty */
    DISTRUST_VENDOR,
    DISTRUST_PLATFORM, /* a platform_name */
    DISTRUST_FAMILY,
    DISTRUST_MODEL,
    DISTRUST_CHIP_ID, /* from here on bytes */
    DISTRUST_MEASUREMENT,
    DISTRUST_SIGNER,
    DISTRUST_CERTIFICATE,
    DISTRUST_MEMBER_COUNT
};
extern const char *const distrust_member_names[DISTRUST_MEMBER_COUNT]; /* "chip_id" */
static inline bool distrust_is_text(unsigned member) { return member < DISTRUST_CHIP_ID; }

struct distrust_entry {
    struct bytes members[DISTRUST_MEMBER_COUNT];
};

struct distrust_list {
    int64_t issued, expires;
    uint32_t count;
    struct reader entries; /* for distrust_next */
};

#define DISTRUST_ENTRIES_MAX 65536u

/* The payload of a list. ERR_MALFORMED, ERR_UNSUPPORTED (another version), ERR_LIMIT. Every
 * entry was read once after this, so distrust_next gives all of them. */
enum err distrust_parse(struct distrust_list *out, struct bytes payload);
bool distrust_next(struct distrust_list *l, struct distrust_entry *out);
/* The payload: attest/sign1.h makes a list of it. Entries as distrust_parse wants them. */
void distrust_write(struct writer *w, int64_t issued, int64_t expires,
                    const struct distrust_entry *entries, uint32_t count);
/* By shape alone. */
bool distrust_is(struct bytes raw);

/* All lists among the exhibits that `key` (Ed25519) signed, against the claims. false: *why and
 * *detail say it. A list that the key did not sign is another's; without any list of the key's,
 * required ones are missing. */
bool distrust_judge(enum reason *why, const char **detail, struct bytes key, bool is_required,
                    const struct claims *c, const struct judge_context *x);

#endif

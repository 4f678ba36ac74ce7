/* form.h: telling SEV-SNP's pieces from others by their contents, and taking apart the
 * certificate table that a host hands to its guest, and Linux to a reader of configfs-tsm's
 * `auxblob`: entries of {GUID, offset, length} up to an entry of zeros, then the bodies, each
 * one certificate or list, DER or PEM (AMD 56421, GHCB, section 4.1.8).
 *
 * The host wrote the table and nothing signs it: each body is a candidate and no more. */
#ifndef BROCH_ATTEST_SNP_FORM_H
#define BROCH_ATTEST_SNP_FORM_H

#include "attest/exhibit.h"
#include "base/err.h"
#include "base/reader.h"

#define SNP_REPORT_SIZE 1184u

/* Six kinds are defined; a longer table is no honest host's. */
#define SNP_TABLE_ENTRIES_MAX 32u

struct json;

struct snp_table_entry {
    const char *name;  /* "vcek", "vlek", "ask", "ark", "crl", "other": static */
    struct bytes guid; /* 16 bytes as they lie in memory */
    struct bytes body; /* DER or PEM; never empty */
};

struct snp_table {
    struct bytes raw;
    struct reader heads;
    uint32_t left;
};

/* 1184 bytes that start with a version we could meet and end with a tail of zeros. */
bool snp_report_is(struct bytes raw);
/* The bytes begin with an entry of a kind that we know. */
bool snp_table_is(struct bytes raw);
/* Checks the whole table. ERR_MALFORMED: no end, an empty body, one outside of the bytes, or more
 * in all bodies than there are bytes. ERR_LIMIT. */
enum err snp_table_open(struct snp_table *out, struct bytes raw);
/* The next entry; false after the last. */
bool snp_table_next(struct snp_table *t, struct snp_table_entry *out);
/* Adds what is in a table as EXHIBIT_CERT and EXHIBIT_CRL; bodies that are neither are left
 * out, for nothing vouches for them. ERR_MALFORMED, ERR_LIMIT, ERR_NOMEM. */
enum err snp_table_add(struct exhibits *x, enum exhibit_role role, const char *name,
                       struct bytes raw);

/* The 1184 bytes, in the arena, from the JSON that Trustee's agents send: the structure of Rust's
 * `sev` crate as serde writes it. What that structure leaves out is zero, as it was in the report
 * if its signature still holds. ERR_MALFORMED, ERR_NOMEM. */
enum err snp_report_from_json(struct bytes *out, struct arena *arena, const struct json *report);

#endif

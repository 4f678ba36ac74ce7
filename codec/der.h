/* der.h: DER (ITU-T X.690, 2021, sections 8 and 10), read with a struct reader.
 *
 * Strict: definite lengths in their shortest form, no tag above 30, numbers without
 * needless bytes, booleans 00 or FF. What breaks that, or is of another tag than asked
 * for, marks the reader bad; take straight through, then ask. Nothing is allocated. */
#ifndef BROCH_CODEC_DER_H
#define BROCH_CODEC_DER_H

#include "base/err.h"
#include "base/reader.h"

/* Identifier octets. */
#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_ENUMERATED 0x0a
#define DER_UTF8_STRING 0x0c
#define DER_PRINTABLE_STRING 0x13
#define DER_IA5_STRING 0x16
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_CONTEXT(n) (0x80 | (n))             /* [n] IMPLICIT, primitive */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n)) /* [n] EXPLICIT, or IMPLICIT constructed */

/* The identifier octet of what comes next; 0 where nothing does. */
uint8_t der_peek(const struct reader *r);
/* The contents of the next element, which has to have this identifier octet. */
struct bytes der_take(struct reader *r, uint8_t tag);
/* A reader over the contents; bad from the start where der_take would be. */
struct reader der_enter(struct reader *r, uint8_t tag);
/* The next element whole, head and contents, of any tag. */
struct bytes der_take_raw(struct reader *r);
/* INTEGER or ENUMERATED (`tag`) from 0 to 2^64-1. */
uint64_t der_take_uint(struct reader *r, uint8_t tag);
/* INTEGER >= 0 of any size: the magnitude without leading zeros (none for 0). */
struct bytes der_take_magnitude(struct reader *r);
bool der_take_bool(struct reader *r);
/* BIT STRING of whole bytes. */
struct bytes der_take_bits(struct reader *r);
/* UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5, wants them; seconds since 1970. */
int64_t der_take_time(struct reader *r);
/* The contents of an OBJECT IDENTIFIER; compare with bytes_equal to encoded constants. */
struct bytes der_take_oid(struct reader *r);
/* "1.2.840.…" and NUL into room; false where it does not fit or is not an OID. */
bool der_oid_text(char *out, size_t room, struct bytes oid);

/* ECDSA-Sig-Value (RFC 3279, 2.2.3) to r and s one after the other, each `width` bytes wide:
 * the form that crypto/key.h takes. out has 2 * width bytes. */
enum err der_ecdsa_parse(uint8_t *out, size_t width, struct bytes der);

#endif

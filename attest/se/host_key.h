/* host_key.h: host key documents: certificates for the key of one IBM Z machine, issued by
 * IBM's signing key, which is no authority of X.509's but a leaf under DigiCert's or another
 * root (s390-tools, rust/pv/src/verify.rs).
 *
 * Checked: the signing key by its subject (six attributes, of Poughkeepsie or Armonk) and its
 * chain of one intermediate at least, each with its revocation list; then the document's
 * issuer, signature, dates, strength, key identifier, and the signing key's own list. Roots
 * come from the caller alone. */
#ifndef BROCH_ATTEST_SE_HOST_KEY_H
#define BROCH_ATTEST_SE_HOST_KEY_H

#include "attest/judge.h"

platform_judge host_key_judge;

#endif

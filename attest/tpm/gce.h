/* gce.h: what Google Compute Engine's AK certificates say of the instance, in the extension
 * 1.3.6.1.4.1.11129.2.1.21 (go-tpm-tools, proto/attest.proto and server/instance_info.go). */
#ifndef BROCH_ATTEST_TPM_GCE_H
#define BROCH_ATTEST_TPM_GCE_H

#include "attest/fields.h"
#include "codec/x509.h"

/* A group "gce_instance"; nothing where the certificate has none that can be read. */
void gce_instance_claims(struct fields *own, const struct x509 *certificate);

#endif

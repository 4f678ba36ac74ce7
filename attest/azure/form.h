/* form.h: what Azure's evidence looks like from outside, by its contents alone. */
#ifndef BROCH_ATTEST_AZURE_FORM_H
#define BROCH_ATTEST_AZURE_FORM_H

#include "base/bytes.h"

bool hcl_is(struct bytes raw); /* an HCL report: NV index 0x01400001 */

#endif

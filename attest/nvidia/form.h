/* form.h: NVIDIA's evidence told by its contents, for attest/exhibit.c and attest/judge.c. */
#ifndef BROCH_ATTEST_NVIDIA_FORM_H
#define BROCH_ATTEST_NVIDIA_FORM_H

#include "attest/judge.h"

/* SPDM 1.1 GET_MEASUREMENTS request and response (report.h). */
bool nvidia_is(struct bytes raw);
/* XML whose root is a SoftwareIdentity (rim.h). */
bool rim_is(struct bytes raw);
/* A reference manifest on its own: signature and chain; platform NVIDIA. */
platform_judge rim_judge;

#endif

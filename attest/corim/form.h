/* form.h: CoRIMs told by their contents, for attest/exhibit.c. */
#ifndef BROCH_ATTEST_CORIM_FORM_H
#define BROCH_ATTEST_CORIM_FORM_H

#include "base/bytes.h"

/* Tag 501 (or the 500 of older drafts), or a COSE_Sign1 over it. */
bool corim_is(struct bytes raw);

#endif

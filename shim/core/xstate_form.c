#include "shim/core/xstate_form.h"

#include <string.h>

void xstate_first(uint8_t *area)
{
    const uint16_t control = 0x037f;
    const uint32_t mxcsr = 0x1f80;

    memcpy(area + XSTATE_CONTROL_AT, &control, sizeof control);
    memcpy(area + XSTATE_MXCSR_AT, &mxcsr, sizeof mxcsr);
}

void xstate_sanitise(uint8_t *area, uint32_t size, const struct xstate *info)
{
    uint32_t mxcsr;
    uint64_t present;

    memcpy(&mxcsr, area + XSTATE_MXCSR_AT, sizeof mxcsr);
    mxcsr &= info->mxcsr_mask;
    memcpy(area + XSTATE_MXCSR_AT, &mxcsr, sizeof mxcsr);
    if (size < XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE)
        return;
    memcpy(&present, area + XSTATE_LEGACY_SIZE, sizeof present);
    present &= info->mask;
    /* The standard form: XCOMP_BV and all that is reserved are zero. */
    memset(area + XSTATE_LEGACY_SIZE, 0, XSTATE_HEADER_SIZE);
    memcpy(area + XSTATE_LEGACY_SIZE, &present, sizeof present);
}

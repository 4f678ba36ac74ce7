#include "gate/task.h"

#include <stddef.h>
#include <string.h>

#include "gate/abi.h"
#include "gate/place.h"

void gate_task_write(uint8_t *page, uint64_t area)
{
    const uint64_t rsp0 = area + PLACE_CPU_TRAP + PLACE_PAGE;
    const uint16_t bitmap_at = GATE_TASK_BITMAP_AT;

    memcpy(page + 4, &rsp0, sizeof rsp0);
    for (unsigned n = 1; n <= 4; n++) {
        uint64_t top = area + PLACE_CPU_IST + (uint64_t)0x400 * n;

        memcpy(page + 36 + (size_t)8 * (n - 1), &top, sizeof top);
    }
    memcpy(page + 102, &bitmap_at, sizeof bitmap_at);
    memset(page + bitmap_at, 0xff, GATE_TASK_LIMIT + 1 - GATE_TASK_BITMAP_AT);
    page[bitmap_at + GATE_PORT_PARK / 8] &= (uint8_t) ~(1u << GATE_PORT_PARK % 8);
    page[bitmap_at + GATE_PORT_BELL / 8] &= (uint8_t) ~(1u << GATE_PORT_BELL % 8);
}

/* Covers: gate_launch_check */
#include "gate/launch.h"

#include <stdlib.h>
#include <string.h>

#include "gate/place.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What the shim does with an accepted record without asking again. */
static void handle_holds(const struct gate_handle *h, const struct gate_handle *next)
{
    must(next == NULL || h->fd < next->fd);
    must(h->fd < GATE_FDS_MAX && h->handle < GATE_HANDLES_MAX);
    must(h->kind >= GATE_HANDLE_STREAM && h->kind <= GATE_HANDLE_PLATFORM);
    must((h->type == 0) == (h->kind == GATE_HANDLE_PLATFORM) && h->type <= GATE_TYPE_FILE);
    if (h->kind == GATE_HANDLE_INPUT) {
        must(h->gpa >= PLACE_INPUT_GPA && h->gpa % PLACE_PAGE == 0);
        must((unsigned __int128)h->gpa + h->size <= PLACE_INPUT_END);
    } else {
        must(h->gpa == 0 && h->size <= GATE_BLOCK_SIZE_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *raw = malloc(size != 0 ? size : 1); /* aligned, and exact */
    const struct gate_launch *launch = NULL;
    const struct gate_handle *handles = NULL;

    must(raw != NULL);
    if (size != 0)
        memcpy(raw, data, size);
    if (gate_launch_check(&launch, &handles, (struct bytes){ raw, size }) == ERR_OK) {
        must(size == sizeof *launch + launch->handles_count * sizeof *handles);
        must(launch->cpu_count >= 1 && launch->cpu_count <= GATE_VCPUS_MAX);
        must(launch->tsc_khz == 0 || launch->tsc_khz >= GATE_TSC_KHZ_LEAST);
        for (uint32_t i = 0; i < launch->handles_count; i++)
            handle_holds(&handles[i], i + 1 < launch->handles_count ? &handles[i + 1] : NULL);
    }
    free(raw);
    return 0;
}

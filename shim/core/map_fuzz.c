/* Covers: memory_map memory_map_input memory_unmap memory_protect memory_remap
 * memory_advise, and below them ram table area: any row of calls leaves tables and
 * list that say what the model says, and no page lost. */
#include "shim/core/map_model_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte: how much RAM there is. Then steps of eight bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        uint64_t start, limit;
        uint32_t flags;
    } worlds[] = {
        { 32u << 20, FAKE_ARENA, BOOT_FRESH_ZERO },
        { 4u << 20, 10u << 20, BOOT_FRESH_ZERO },
        { 4u << 20, 14u << 20, 0 },
        { 2u << 20, 2u << 20, BOOT_FRESH_ZERO },
    };
    struct model_step step;

    if (size == 0)
        return 0;
    fake_begin(worlds[data[0] % 4].start, worlds[data[0] % 4].limit, worlds[data[0] % 4].flags);
    model_begin();
    for (size_t at = 1; at + sizeof step <= size && at < 64 * sizeof step; at += sizeof step) {
        memcpy(&step, data + at, sizeof step);
        model_do(&step);
        model_compare();
    }
    if (memory_unmap(MODEL_BASE, MODEL_END - MODEL_BASE) != 0)
        fake_fail("the window cannot be unmapped");
    model_forget();
    model_walk_all();
    if (model_walk.leaves != FAKE_DATA_PAGES || model_walk.tables != 3 ||
        memory_ram_used() / 4096 != FAKE_HEAD_PAGES + 17 + AREA_INDEX_PAGES + 1 + 1)
        fake_fail("pages are lost");
    return 0;
}

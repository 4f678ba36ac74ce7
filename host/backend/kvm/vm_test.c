/* What vm.c refuses of a keep; no KVM is needed for that. */
#include "host/backend/kvm/vm.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/check.h"

#define MIB ((uint64_t)1 << 20)

static const struct {
    const char *name;
    uint64_t gpa, size;
    enum err want;
} grows[] = {
    { "next to what it has", PLACE_RAM_GPA + 32 * MIB, 2 * MIB, ERR_OK },
    { "with a gap", PLACE_RAM_GPA + 36 * MIB, 2 * MIB, ERR_MALFORMED },
    { "what it has already", PLACE_RAM_GPA, 2 * MIB, ERR_MALFORMED },
    { "nothing", PLACE_RAM_GPA + 34 * MIB, 0, ERR_MALFORMED },
    { "half a unit", PLACE_RAM_GPA + 34 * MIB, MIB, ERR_MALFORMED },
    { "below RAM", PLACE_GATE_GPA, 2 * MIB, ERR_MALFORMED },
    { "more than its limit", PLACE_RAM_GPA + 34 * MIB, 64 * MIB, ERR_NOMEM },
    { "so much that sums overflow", PLACE_RAM_GPA + 34 * MIB, UINT64_MAX - 2 * MIB + 1, ERR_NOMEM },
    { "up to its limit", PLACE_RAM_GPA + 34 * MIB, 30 * MIB, ERR_OK },
    { "beyond", PLACE_RAM_GPA + 64 * MIB, 2 * MIB, ERR_NOMEM },
}, shrinks[] = {
    { "one page", PLACE_RAM_GPA, 4096, ERR_OK },
    { "all", PLACE_RAM_GPA, 64 * MIB, ERR_OK },
    { "its last page", PLACE_RAM_GPA + 64 * MIB - 4096, 4096, ERR_OK },
    { "nothing", PLACE_RAM_GPA, 0, ERR_MALFORMED },
    { "half a page", PLACE_RAM_GPA, 2048, ERR_MALFORMED },
    { "from the middle of a page", PLACE_RAM_GPA + 1, 4096, ERR_MALFORMED },
    { "one page too many", PLACE_RAM_GPA, 64 * MIB + 4096, ERR_MALFORMED },
    { "behind the end", PLACE_RAM_GPA + 64 * MIB, 4096, ERR_MALFORMED },
    { "the gate", PLACE_GATE_GPA, 4096, ERR_MALFORMED },
    { "an input", PLACE_INPUT_GPA, 4096, ERR_MALFORMED },
    { "so much that sums overflow", PLACE_RAM_GPA + 4096, UINT64_MAX - 4095, ERR_MALFORMED },
};

int main(void)
{
    uint8_t *ram =
        mmap(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    /* KVM knows of all of it already, so growing asks nothing of it. */
    struct kvm_vm vm = {
        .vm_fd = -1, .ram = ram, .ram_size = 32 * MIB, .ram_slotted = 64 * MIB, .ram_max = 64 * MIB
    };
    struct kvm_vm none = { .vm_fd = -1, .ram = ram, .ram_max = 64 * MIB, .slots_max = 8 };
    uint8_t *at;

    for (size_t i = 0; i < sizeof grows / sizeof grows[0]; i++) {
        CASE(grows[i].name);
        CHECK_ERR(vm_grow(&vm, grows[i].gpa, grows[i].size), grows[i].want);
    }
    CASE("what grew is memory, and reads as zero after it was given back");
    CHECK_EQ(vm.ram_size, 64 * MIB);
    ram[63 * MIB] = 1;
    for (size_t i = 0; i < sizeof shrinks / sizeof shrinks[0]; i++) {
        CASE(shrinks[i].name);
        CHECK_ERR(vm_shrink(&vm, shrinks[i].gpa, shrinks[i].size), shrinks[i].want);
    }
    CHECK_EQ(ram[63 * MIB], 0);

    CASE("a KVM that refuses is a limit of the keep, and nothing has grown");
    CHECK_ERR(vm_grow(&none, PLACE_RAM_GPA, 2 * MIB), ERR_NOMEM);
    CHECK_EQ(none.ram_size, 0);

    CASE("inputs outside of their window");
    CHECK_NE(vm_input_at(&vm, PLACE_INPUT_GPA + VM_INPUTS_MAX, 1, &at), 0);
    CHECK_NE(vm_input_at(&vm, PLACE_RAM_GPA, 1, &at), 0);
    CHECK_NE(vm_input_at(&vm, PLACE_INPUT_GPA + 4096, UINT64_MAX, &at), 0);
    return check_done();
}

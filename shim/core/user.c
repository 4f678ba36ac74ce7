#include "shim/core/user.h"

#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/port.h"
#include "shim/core/trap.h"

/* The whole of it below PLACE_USER_END. */
bool user_range(uint64_t at, uint64_t size)
{
    return at <= PLACE_USER_END && size <= PLACE_USER_END - at;
}

/* The one place where a number of exec's becomes a pointer. */
static void *user_at(uint64_t at) { return (void *)at; }

/* A fault on the way may only have been another vCPU's change of the page. */
static bool is_mended(uint32_t wanted)
{
    return trap_judge(cpu_here()->copy_address, wanted) == MEMORY_PERMITTED;
}

bool user_read(void *to, uint64_t from, size_t size)
{
    if (!user_range(from, size))
        return false;
    while (!user_copy(to, user_at(from), size))
        if (!is_mended(LINUX_PROT_READ))
            return false;
    return true;
}

bool user_write(uint64_t to, const void *from, size_t size)
{
    if (!user_range(to, size))
        return false;
    while (!user_copy(user_at(to), from, size))
        if (!is_mended(LINUX_PROT_WRITE))
            return false;
    return true;
}

bool user_load32(uint32_t *out, uint64_t at)
{
    if (at % 4 != 0 || !user_range(at, 4))
        return false;
    while (!user_take32(out, user_at(at)))
        if (!is_mended(LINUX_PROT_READ))
            return false;
    return true;
}

bool user_cas32(uint64_t at, uint32_t expected, uint32_t wanted, uint32_t *found)
{
    if (at % 4 != 0 || !user_range(at, 4))
        return false;
    while (!user_swap32(user_at(at), expected, wanted, found))
        if (!is_mended(LINUX_PROT_WRITE))
            return false;
    return true;
}

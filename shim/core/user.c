#include "shim/core/user.h"

#include "gate/place.h"
#include "shim/core/port.h"

/* The whole of it below PLACE_USER_END. */
bool user_range(uint64_t at, uint64_t size)
{
    return at <= PLACE_USER_END && size <= PLACE_USER_END - at;
}

/* The one place where a number of exec's becomes a pointer. */
static void *user_at(uint64_t at) { return (void *)at; }

bool user_read(void *to, uint64_t from, size_t size)
{
    return user_range(from, size) && user_copy(to, user_at(from), size);
}

bool user_write(uint64_t to, const void *from, size_t size)
{
    return user_range(to, size) && user_copy(user_at(to), from, size);
}

bool user_zero(uint64_t to, size_t size)
{
    return user_range(to, size) && user_fill(user_at(to), size);
}

bool user_load32(uint32_t *out, uint64_t at)
{
    return at % 4 == 0 && user_range(at, 4) && user_take32(out, user_at(at));
}

bool user_cas32(uint64_t at, uint32_t expected, uint32_t wanted, uint32_t *found)
{
    return at % 4 == 0 && user_range(at, 4) && user_swap32(user_at(at), expected, wanted, found);
}

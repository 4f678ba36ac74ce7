/* user.h: exec's memory, as the core may touch it.
 *
 * Every pointer from exec goes through here. The range must lie below
 * PLACE_USER_END; a fault on the way is caught (core/entry.S has the table of
 * places) and makes the copy false: that is EFAULT. What was copied is a private
 * copy; what is in exec's memory may change at any time. */
#ifndef BROCH_SHIM_CORE_USER_H
#define BROCH_SHIM_CORE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool user_range(uint64_t at, uint64_t size);
bool user_read(void *to, uint64_t from, size_t size);
bool user_write(uint64_t to, const void *from, size_t size);
/* Atomic, for futexes; at is aligned to 4. */
bool user_load32(uint32_t *out, uint64_t at);
bool user_cas32(uint64_t at, uint32_t expected, uint32_t wanted, uint32_t *found);

#endif

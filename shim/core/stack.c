/* stack.c: exec's first stack, as the System V ABI's x86-64 supplement, 3.4.1, has it:
 * argc, argv, envp, auxiliary vector, and behind them what those point to. */
#include "shim/core/stack.h"

#include "base/num.h"
#include "gate/debug.h"
#include "gate/place.h"
#include "shim/core/entropy.h"
#include "shim/core/memory.h"
#include "shim/core/processor.h"
#include "shim/core/user.h"
#include "shim/linux.h"

#define MAP_PRIVATE_ANONYMOUS_FIXED 0x32u
#define ELF_PHDR_SIZE 56u

enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_HWCAP2 = 26,
    AT_EXECFN = 31,
};

/* What the pointers point to, at the stack's very end. */
struct tail {
    uint8_t random[16];
    char name[16];
    char platform[16];
    struct debug_symbols symbols;
};

#define TAIL_AT (PLACE_MAP_TOP - sizeof(struct tail))

struct pair {
    uint64_t type;
    uint64_t value;
};

uint64_t exec_stack_symbols(void) { return TAIL_AT + offsetof(struct tail, symbols); }

uint64_t exec_stack_build(const struct boot *boot, uint64_t call_entry)
{
    struct tail tail = { .name = "broch-exec", .platform = "x86_64" };
    const uint64_t tail_at = TAIL_AT;
    const struct {
        uint64_t argc;
        uint64_t argv[2];
        uint64_t envp[1];
        struct pair aux[22];
    } head = {
        .argc = 1,
        .argv = { tail_at + offsetof(struct tail, name) },
        .aux = {
            { AT_PHDR, boot->exec_phdr },
            { AT_PHENT, ELF_PHDR_SIZE },
            { AT_PHNUM, boot->exec_phnum },
            { AT_PAGESZ, PLACE_PAGE },
            { AT_BASE, 0 }, /* no interpreter */
            { AT_FLAGS, 0 },
            { AT_ENTRY, boot->exec_entry },
            { AT_UID, 0 },
            { AT_EUID, 0 },
            { AT_GID, 0 },
            { AT_EGID, 0 },
            { AT_SECURE, 0 },
            { AT_RANDOM, tail_at + offsetof(struct tail, random) },
            { AT_EXECFN, tail_at + offsetof(struct tail, name) },
            { AT_PLATFORM, tail_at + offsetof(struct tail, platform) },
            { AT_HWCAP, processor_hwcap() },
            { AT_HWCAP2, 0 }, /* no FSGSBASE: GS is the shim's */
            { AT_CLKTCK, 100 },
            { DEBUG_AUXV, (boot->flags & BOOT_DEBUG) != 0 ? exec_stack_symbols() : 0 },
            /* In the last place but one: without an entry it is the end. */
            { call_entry != 0 ? AT_BROCH_CALL : AT_NULL, call_entry },
            { AT_NULL, 0 },
        },
    };
    /* ABI: RSP is a multiple of 16 at the entry. */
    const uint64_t at = (tail_at - sizeof head) & ~15ull;

    if (memory_map(PLACE_MAP_TOP - STACK_SIZE - STACK_GUARD, STACK_GUARD, 0,
                   MAP_PRIVATE_ANONYMOUS_FIXED) < 0 ||
        memory_map(PLACE_MAP_TOP - STACK_SIZE, STACK_SIZE, LINUX_PROT_READ | LINUX_PROT_WRITE,
                   MAP_PRIVATE_ANONYMOUS_FIXED) < 0)
        return 0;
    entropy_get(tail.random, sizeof tail.random);
    if (!user_write(tail_at, &tail, sizeof tail) || !user_write(at, &head, sizeof head))
        return 0;
    return at;
}

/* landlock.c: of all files, only those under the handed directories.
 *
 * The second wall behind the empty root and exec's own path walk: it is what
 * holds where a mount namespace is refused. The numbers are the kernel's
 * (Documentation/userspace-api/landlock.rst); our headers may be older than the
 * kernel, so they stand here. */
#define _GNU_SOURCE

#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/process/jail.h"

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,
    FS_TRUNCATE = 1 << 14,
};

#define FS_READ (FS_READ_FILE | FS_READ_DIR)
/* No devices, pipes and sockets: WASI makes none. */
#define FS_CHANGE                                                                               \
    (FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SYM | \
     FS_REFER | FS_TRUNCATE)

/* The rights that each version of the interface knows: version 1 has the first
 * 13, and version 4 and 6 brought network and scope. */
static const uint8_t fs_bits[] = { 0, 13, 14, 15, 15, 16 };

struct ruleset {
    uint64_t fs;
    uint64_t net;   /* from version 4 */
    uint64_t scope; /* from version 6 */
};

int jail_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version < 0 ? -errno : (int)version;
}

static int rule_add(int rules, uint64_t handled, int fd, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = rights & handled,
        .parent_fd = fd,
    };
    long done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);

    return done == 0 ? 0 : errno;
}

static int rules_enter(const struct jail *j, int exec_fd, int rules, uint64_t handled)
{
    /* The exec file must still be executed once, where there is one. */
    int error = exec_fd < 0 ? 0 : rule_add(rules, handled, exec_fd, FS_EXECUTE | FS_READ_FILE);

    for (uint32_t i = 0; j != NULL && i < j->directories_count && error == 0; i++) {
        const struct jail_directory *d = &j->directories[i];

        error = rule_add(rules, handled, d->fd, d->read_only ? FS_READ : FS_READ | FS_CHANGE);
    }
    if (error == 0 && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        error = errno;
    return error;
}

int jail_landlock_enter(const struct jail *j, int exec_fd)
{
    int version = jail_landlock_version();
    struct ruleset set = { 0 };
    size_t size = sizeof set.fs;
    long rules;
    int error;

    if (version < 0)
        return -version;
    set.fs = (1ull << fs_bits[num_min((size_t)version, COUNT_OF(fs_bits) - 1)]) - 1;
    if (version >= 4) {
        set.net = 3; /* bind and connect: handed sockets are bound and connected already */
        size = 2 * sizeof set.fs;
    }
    if (version >= 6) {
        set.scope = 3; /* abstract sockets, and signals to outside */
        size = sizeof set;
    }
    rules = syscall(SYS_landlock_create_ruleset, &set, size, 0);
    if (rules < 0)
        return errno;
    error = rules_enter(j, exec_fd, (int)rules, set.fs);
    close((int)rules);
    return error;
}

/* root.c: the empty root, and the capabilities given up. */
#define _GNU_SOURCE

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend/process/jail.h"

#define ROOT_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Any directory will do to mount the new root on: only this mount namespace
 * sees it, and only for a moment. */
static int root_mount(void)
{
    static const char *const places[] = { "/tmp", "/proc", "/dev", "/mnt" };

    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (mount("keep", places[i], "tmpfs", ROOT_FLAGS, "size=4k,nr_inodes=2,mode=0555") == 0)
            return chdir(places[i]) == 0 ? 0 : errno;
    return errno;
}

int jail_root_enter(void)
{
    int error;

    /* Else what we mount would show outside. */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return errno;
    error = root_mount();
    if (error != 0)
        return error;
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        /* The old root now lies on top of the new one. */
        if (umount2(".", MNT_DETACH) != 0)
            return errno;
    } else if (mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0) {
        return errno; /* an initramfs cannot be pivoted away, but it can be covered */
    }
    if (chdir("/") != 0 || mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | ROOT_FLAGS, NULL) != 0)
        return errno;
    return 0;
}

/* What root may do to files that are not its own; a keep that root starts works
 * on the handed directories as root would. It reaches no other file: the root
 * is empty, Landlock names the directories, and opening by handle is filtered. */
#define CAPS_ACCESS (1ull << CAP_DAC_OVERRIDE | 1ull << CAP_FOWNER)

static int capabilities_set(uint64_t caps)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];

    for (int i = 0; i < 2; i++) {
        uint32_t half = (uint32_t)(caps >> (32 * i));

        data[i] = (struct __user_cap_data_struct){ half, half, half };
    }
    return syscall(SYS_capset, &head, data) == 0 ? 0 : errno;
}

static uint64_t capabilities_held(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { { 0 } };

    if (syscall(SYS_capget, &head, data) != 0)
        return 0;
    return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

int jail_capabilities_drop(bool keeps_access)
{
    uint64_t keep = keeps_access ? CAPS_ACCESS & capabilities_held() : 0;
    unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                         SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED;
    int error;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return errno;
    /* Only who holds CAP_SETPCAP can do these, and has need of them: the number
     * 0 alone must not gain capabilities when exec starts. */
    for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if ((keep >> cap & 1) == 0)
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)prctl(PR_SET_SECUREBITS, bits, 0, 0, 0);
    error = capabilities_set(keep);
    if (error != 0 && keep != 0) { /* held, but not to be handed on: a bounding set says so */
        keep = 0;
        error = capabilities_set(0);
    }
    for (unsigned long cap = 0; cap < 64 && error == 0; cap++)
        if ((keep >> cap & 1) != 0)
            (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
    return error;
}

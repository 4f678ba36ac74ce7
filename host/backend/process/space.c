#define _GNU_SOURCE

#include "host/backend/process/space.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const struct space space_all[SPACE_COUNT] = {
    { "user namespace", STEP_USER_NS, CLONE_NEWUSER },
    { "mount namespace", STEP_MOUNT_NS, CLONE_NEWNS },
    { "pid namespace", STEP_PID_NS, CLONE_NEWPID },
    { "network namespace", STEP_NET_NS, CLONE_NEWNET },
    { "ipc namespace", STEP_IPC_NS, CLONE_NEWIPC },
    { "uts namespace", STEP_UTS_NS, CLONE_NEWUTS },
};

pid_t space_clone(int flags)
{
    /* glibc's fork takes no flags. No stack: the child goes on with a copy of
     * ours, as after fork; the loader has one thread, so no lock is held. */
    return (pid_t)syscall(SYS_clone, (unsigned long)(flags | SIGCHLD), 0, 0, 0, 0);
}

static int space_try(int flags)
{
    pid_t pid = space_clone(flags);

    if (pid < 0)
        return errno;
    if (pid == 0)
        _exit(0);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

int space_permitted(int errors[SPACE_COUNT])
{
    int good = 0;

    /* The user namespace comes first: without privileges the others are only
     * permitted inside it. */
    for (size_t i = 0; i < SPACE_COUNT; i++) {
        errors[i] = space_try(good | space_all[i].flag);
        if (errors[i] == 0)
            good |= space_all[i].flag;
    }
    return good;
}

static int text_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = 0;

    if (fd < 0)
        return errno;
    if (write(fd, text, strlen(text)) < 0)
        error = errno;
    close(fd);
    return error;
}

/* The next number of a line, which moves on behind it. */
static bool number_take(char **line, unsigned long *out)
{
    char *end;

    errno = 0;
    *out = strtoul(*line, &end, 10);
    if (end == *line || errno != 0)
        return false;
    *line = end;
    return true;
}

/* Writes a map that gives every id we have to the child under its own number. */
static int map_all(pid_t pid, const char *kind)
{
    char own[64], path[64], line[128], text[1024] = "";
    unsigned long inside, outside, count;
    size_t size = 0;
    FILE *f;

    snprintf(own, sizeof own, "/proc/self/%s", kind);
    f = fopen(own, "re");
    if (f == NULL)
        return errno;
    while (size < sizeof text - sizeof line && fgets(line, sizeof line, f) != NULL) {
        char *at = line;

        if (!number_take(&at, &inside) || !number_take(&at, &outside) || !number_take(&at, &count))
            break;
        size += (size_t)snprintf(text + size, sizeof text - size, "%lu %lu %lu\n", inside, inside,
                                 count);
    }
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, kind);
    return text_write(path, text);
}

static int map_one(pid_t pid, const char *kind, unsigned id)
{
    char path[64], text[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, kind);
    snprintf(text, sizeof text, "%u %u 1\n", id, id);
    return text_write(path, text);
}

int space_map_ids(pid_t pid)
{
    char path[64];
    int error;

    if (geteuid() == 0 && map_all(pid, "uid_map") == 0)
        return map_all(pid, "gid_map");
    error = map_one(pid, "uid_map", geteuid());
    if (error != 0)
        return error;
    /* Without privileges a group may only be mapped once setgroups is given up:
     * else dropping a group could gain access that the group was denied. */
    snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
    error = text_write(path, "deny");
    return error != 0 ? error : map_one(pid, "gid_map", getegid());
}

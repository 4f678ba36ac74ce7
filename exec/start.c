/* start.c: what the loader handed over, read and checked. */
#include "exec/start.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "exec/message.h"

/* Maps a file from its start to its end; the descriptor is closed. */
static bool file_map(int fd, size_t most, struct bytes *out)
{
    struct stat s;
    void *at = MAP_FAILED;

    if (fstat(fd, &s) == 0 && s.st_size > 0 && (uint64_t)s.st_size <= most)
        at = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        return false;
    *out = (struct bytes){ at, (size_t)s.st_size };
    return true;
}

int start_record(struct launch *out)
{
    struct bytes raw;

    if (!file_map(LAUNCH_FD, LAUNCH_SIZE_MAX, &raw)) {
        message("no launch record on descriptor %d: broch-exec is started by broch", LAUNCH_FD);
        return LAUNCH_EXIT_USAGE;
    }
    if (launch_parse(out, raw) != ERR_OK) {
        message("the launch record is not one of version %d", LAUNCH_VERSION);
        return LAUNCH_EXIT_SOFTWARE;
    }
    return 0;
}

int start_module(const struct launch *l, struct bytes *out)
{
    struct wasm_note note = { .function = -1,
                              .rule = "unexpected end",
                              .detail = "the module is empty, or larger than 1 GiB" };

    if (!file_map((int)l->module_fd, LIMIT_MODULE_SIZE, out))
        return message_refused(l, ERR_MALFORMED, &note);
    return 0;
}

void start_module_done(struct bytes module) { munmap((void *)(uintptr_t)module.data, module.size); }

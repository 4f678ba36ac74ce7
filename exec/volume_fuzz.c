/* Covers: volume_header_read volume_header_write volume_load */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/volume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum wasi_errno time_give(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    (void)clock;
    *out = 1;
    return WASI_OK;
}

static const struct world_ops clock_ops = { .time = time_give };
static struct world clock_world = { &clock_ops };

/* A header that is believed is one that we write. A file that is believed is one that was
 * stored whole, and then it is not touched by loading. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct launch_volume from = { .key = { 1 }, .size_max = 1 << 20 };
    uint8_t slot[VOLUME_SLOT_SIZE] = { 0 }, again[VOLUME_SLOT_SIZE];
    struct volume_header h;
    struct volume v;
    int fd;

    memcpy(slot, data, size < sizeof slot ? size : sizeof slot);
    if (volume_header_read(&h, slot, BYTES_OF(from.key)) == VOLUME_SLOT_GOOD &&
        (volume_header_write(again, &h, BYTES_OF(from.key)) != ERR_OK ||
         memcmp(slot, again, sizeof slot) != 0))
        abort();
    fd = memfd_create("volume", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    if (write(fd, data, size) == (ssize_t)size) {
        from.fd = (uint32_t)fd;
        if (volume_load(&v, &from, &clock_world) == VOLUME_OK)
            volume_drop(&v);
    }
    close(fd);
    return 0;
}

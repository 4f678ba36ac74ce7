/* Images: nothing is looked at before its digest, and what goes back is whole or said. */
#define _GNU_SOURCE
#include "exec/image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "tests/check.h"

static enum wasi_errno time_give(struct world *w, enum wasi_clock clock, uint64_t *out)
{
    (void)w;
    (void)clock;
    *out = 5;
    return WASI_OK;
}

static const struct world_ops clock_ops = { .time = time_give };
static struct world clock_world = { &clock_ops };

static const struct archive_entry entries[] = {
    { .type = ARCHIVE_DIRECTORY },
    { .type = ARCHIVE_FILE, .name = BYTES_TEXT("a"), .size = 5 },
};

static uint8_t raw[1024], back[1024];
static size_t raw_size;
static struct launch_image from;

static void entry_of(void *context, uint32_t i, struct archive_entry *out)
{
    (void)context;
    *out = entries[i];
}

static enum err data_of(void *context, uint32_t i, uint64_t at, struct bytes *out)
{
    (void)context;
    (void)i;
    *out = (struct bytes){ (const uint8_t *)"hello" + at, 5 - at };
    return ERR_OK;
}

static enum err raw_put(void *context, struct bytes b)
{
    (void)context;
    memcpy(raw + raw_size, b.data, b.size);
    raw_size += b.size;
    return ERR_OK;
}

static int file_of(const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("image", MFD_CLOEXEC);

    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    return fd;
}

static void begin(void)
{
    const struct archive_list list = { 2, NULL, entry_of, data_of };
    const struct archive_sink sink = { raw_put, NULL };

    raw_size = 0;
    CHECK_OK(archive_write(&list, &sink, NULL));
    from = (struct launch_image){ .guest = BYTES_TEXT("/data"), .size_max = 1 << 20 };
    CHECK_OK(hash_sha256(from.digest, (struct bytes){ raw, raw_size }));
    from.fd = (uint32_t)file_of(raw, raw_size);
}

static void check_good(void)
{
    struct image m;

    CASE("an image that is the one announced");
    begin();
    CHECK_EQ(image_open(&m, &from, &clock_world), 0);
    CHECK(m.tree != NULL && image_end(&m));

    CASE("what goes back: the same, its files unchanged");
    from.has_output = true;
    from.output_fd = (uint32_t)memfd_create("back", MFD_CLOEXEC);
    CHECK(image_end(&m));
    {
        ssize_t size = pread((int)from.output_fd, back, sizeof back, 0);
        struct archive_entry e;
        struct archive a;

        CHECK(size > 0);
        if (CHECK_OK(archive_open(&a, (struct bytes){ back, (size_t)size }))) {
            archive_entry(&a, 1, &e);
            CHECK(a.count == 2 && e.unchanged && e.size == 5);
        }
    }

    CASE("an output that takes nothing");
    from.output_fd = (uint32_t)open("/dev/full", O_WRONLY | O_CLOEXEC);
    CHECK(!image_end(&m));
    tree_free(m.tree);
}

static void check_refused(void)
{
    struct image m;

    CASE("any byte that is another");
    for (size_t i = 0; i < raw_size; i += 7) {
        raw[i] ^= 1;
        from.fd = (uint32_t)file_of(raw, raw_size);
        CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_DATA);
        CHECK(m.tree == NULL && image_end(&m));
        raw[i] ^= 1;
    }

    CASE("a byte less, and a byte more");
    from.fd = (uint32_t)file_of(raw, raw_size - 1);
    CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_DATA);
    from.fd = (uint32_t)file_of(raw, raw_size + 1);
    CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_DATA);

    CASE("nothing, and what is no file");
    from.fd = (uint32_t)file_of(raw, 0);
    CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_SOFTWARE);
    from.fd = (uint32_t)open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_SOFTWARE);

    CASE("announced, and yet no archive");
    raw[0] ^= 1;
    CHECK_OK(hash_sha256(from.digest, (struct bytes){ raw, raw_size }));
    from.fd = (uint32_t)file_of(raw, raw_size);
    CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_DATA);

    CASE("more than its ceiling");
    begin();
    from.size_max = 100;
    CHECK_EQ(image_open(&m, &from, &clock_world), LAUNCH_EXIT_DATA);
}

int main(void)
{
    check_good();
    check_refused();
    return check_done();
}

#define _GNU_SOURCE

#include "host/files.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "host/backend.h"
#include "tests/check.h"

static struct note note;

static void check_sealed(void)
{
    char room[8];
    int fd = -1;

    CASE("a sealed file holds what it was given, and keeps it");
    if (!CHECK_OK(files_sealed(&fd, "x", BYTES_TEXT("abc"), &note)))
        return;
    CHECK_EQ(read(fd, room, sizeof room), 3);
    CHECK(pwrite(fd, "x", 1, 0) < 0);
    CHECK(ftruncate(fd, 0) < 0);
    CHECK(ftruncate(fd, 10) < 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    close(fd);
}

static void check_read(void)
{
    struct bytes got = { 0 };

    CASE("files that cannot be read");
    CHECK_ERR(files_read(&got, "/absent", 100, &note), ERR_IO);
    CHECK_TEXT(note.text, "/absent: No such file or directory");
    CHECK_ERR(files_read(&got, "/", 100, &note), ERR_IO);
    CHECK_TEXT(note.text, "/: not a regular file");
    CHECK_ERR(files_read(&got, "/dev/zero", 100, &note), ERR_IO);
    CHECK_ERR(files_read(&got, "/proc/self/exe", 100, &note), ERR_LIMIT);

    CASE("a file that can");
    if (CHECK_OK(files_read(&got, "/proc/self/exe", FILES_SIZE_MAX, &note)))
        CHECK(got.size > 4 && got.data[0] == 0x7f);
    free((void *)(uintptr_t)got.data);
}

static const char *const addresses[] = {
    "", ":", "80", "127.0.0.1", "127.0.0.1:", "::1:80", "[::1]80",
};

static void check_addresses(void)
{
    int fd = -1;

    CASE("addresses that are none");
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        CHECK_ERR(files_listen(&fd, addresses[i], &note), ERR_USAGE);
        CHECK_ERR(files_connect(&fd, addresses[i], &note), ERR_USAGE);
    }
    CHECK_EQ(fd, -1);

    CASE("a port that is none");
    CHECK_ERR(files_listen(&fd, "127.0.0.1:http/", &note), ERR_IO);
}

static void check_sockets(void)
{
    struct sockaddr_in at = { 0 };
    socklen_t size = sizeof at;
    int listener = -1, stream = -1;
    char address[64];

    CASE("listen, then connect there");
    if (!CHECK_OK(files_listen(&listener, "127.0.0.1:0", &note)))
        return;
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(at.sin_port));
    CHECK_OK(files_connect(&stream, address, &note));
    close(stream);
    close(listener);

    CASE("nobody listens");
    CHECK_ERR(files_connect(&stream, address, &note), ERR_IO);
}

static void check_backends(void)
{
    struct keep_config config = { .exec_fd = -1 };
    struct probe_list probes = { 0 };
    struct note lack = { 0 };
    struct keep *keep = NULL;

    CASE("backends are found by name");
    CHECK(backend_find("process") == &backend_process);
    CHECK_NULL(backend_find("tee"));

    CASE("the skeleton says that it runs nothing");
    CHECK_OK(backend_skeleton.create(&keep, &config, &note));
    CHECK_ERR(backend_skeleton.start(keep, &lack, &note), ERR_UNSUPPORTED);
    backend_skeleton.destroy(keep);
    backend_skeleton.destroy(NULL);
    backend_skeleton.probe(&probes);
    CHECK(!probe_all_needed(&probes));

    CASE("every probe that fails has an error and a cure");
    probes.count = 0;
    backend_process.probe(&probes);
    CHECK(probes.count > 8);
    for (size_t i = 0; i < probes.count; i++)
        CHECK(probes.item[i].ok || (probes.item[i].error > 0 && probes.item[i].cure != NULL));
    backend_process.destroy(NULL);

    CASE("more probes than there is room for");
    for (int i = 0; i < PROBES_MAX + 5; i++)
        probe_add(&probes, "x", false, 0, NULL);
    CHECK_EQ(probes.count, PROBES_MAX);
}

static void check_notes(void)
{
    struct note n = { 0 };

    CASE("a note that is too long is cut");
    CHECK(note_empty(&n));
    for (int i = 0; i < 200; i++)
        note_add(&n, "something (%d)", i);
    CHECK_EQ(strlen(n.text), sizeof n.text - 1);
    note_set_errno(&n, 2, "%s", "x");
    CHECK_TEXT(n.text, "x: No such file or directory");
}

int main(void)
{
    check_sealed();
    check_read();
    check_addresses();
    check_sockets();
    check_backends();
    check_notes();
    return check_done();
}

#include "host/gdb/listen.h"

#include "tests/check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *address;
    enum err want;
} cases[] = {
    { "127.0.0.1:0", ERR_OK },
    { "localhost:0", ERR_OK },
    { ":0", ERR_OK },
    { "0", ERR_OK },
    { "127.8.9.10:0", ERR_OK },
    { "0.0.0.0:1234", ERR_USAGE },
    { "192.0.2.1:1234", ERR_USAGE },
    { "example.org:1234", ERR_USAGE },
    { "[::]:1234", ERR_USAGE },
    { "127.0.0.1:65536", ERR_USAGE },
    { "127.0.0.1:-1", ERR_USAGE },
    { "127.0.0.1:", ERR_USAGE },
    { "127.0.0.1:12x", ERR_USAGE },
    { "", ERR_USAGE },
    { "/nowhere/at/all", ERR_IO },
    { "/a/path/that/is/longer/than/the/hundred/and/eight/bytes/that/an/address/of/a/unix/socket/"
      "has/room/for/as/everybody/knows",
      ERR_USAGE },
};

static void test_socket(void)
{
    char folder[] = "/tmp/broch-listen-XXXXXX", path[64];
    struct note note = { 0 };
    struct stat s;
    int fd = -1, other = -1;

    CASE("a Unix socket, for this user alone");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/gdb", folder);
    CHECK_OK(gdb_listen(&fd, path, &note));
    CHECK(stat(path, &s) == 0 && (s.st_mode & 077) == 0);
    CASE("one that is there already");
    CHECK_ERR(gdb_listen(&other, path, &note), ERR_IO);
    close(fd);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct note note = { 0 };
        int fd = -1;

        CASE(cases[i].address);
        CHECK_ERR(gdb_listen(&fd, cases[i].address, &note), cases[i].want);
        CHECK(!note_empty(&note));
        CHECK((fd >= 0) == (cases[i].want == ERR_OK));
        if (fd >= 0)
            CHECK(strncmp(note.text, "target remote 127.0.0.1:", 24) == 0 && close(fd) == 0);
    }
    test_socket();
    return check_done();
}

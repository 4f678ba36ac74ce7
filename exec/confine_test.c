/* What exec gives up when its guest starts: tried in a child, call by call. lesson E20 */
#define _GNU_SOURCE
#include "exec/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

#define PAGE 4096

static bool refused(long result) { return result < 0 && errno == EPERM; }

static void *page_of(int protection)
{
    return mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Bits of what came out otherwise than it should. */
static int try_all(bool compiles)
{
    char *const none[] = { NULL };
    void *page = page_of(PROT_READ | PROT_WRITE);
    int wrong = 0;

    if (confine(compiles) != ERR_OK)
        return 1;
    if (page_of(PROT_READ | PROT_WRITE | PROT_EXEC) != MAP_FAILED ||
        mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
        wrong |= 2;
    if ((mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0) != compiles)
        wrong |= 4;
    if (page_of(PROT_READ | PROT_WRITE) == MAP_FAILED || mprotect(page, PAGE, PROT_READ) != 0)
        wrong |= 8; /* memory must go on to work */
    if (!refused(execve("/bin/true", none, none)))
        wrong |= 16;
    if (!refused(socket(AF_INET, SOCK_STREAM, 0)) || !refused(syscall(SYS_fork)))
        wrong |= 32;
    if (!refused(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY)))
        wrong |= 64;
    return wrong;
}

static int in_child(bool compiles)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(try_all(compiles));
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

int main(void)
{
    CASE("all code is ready: nothing becomes executable, and no program starts");
    CHECK_EQ(in_child(false), 0);
    CASE("code is still made: executable, but never writable with it");
    CHECK_EQ(in_child(true), 0);
    return check_done();
}

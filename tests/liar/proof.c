/* proof.c: what tests/run-liar lies to where a WebAssembly program does not reach: stands in for
 * exec, and asks for evidence, a seal key, memory that is given back, and a read that a signal
 * ends.
 *
 * 42: all was well. 9: a wrong byte. 3: an error was told. */
#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Enough that the keep gives some of it back to its host (shim/core/ram.c), and takes it again. */
#define BIG ((size_t)112 << 20)
#define STEP ((size_t)64 << 10)
#define PLATFORM_FD_MAX 16

static pthread_t reader;
static volatile sig_atomic_t is_over;

static void say(const char *line)
{
    if (write(1, line, strlen(line)) != (ssize_t)strlen(line))
        _exit(3);
}

static void right(bool holds)
{
    if (!holds)
        _exit(9);
}

static void told(bool holds)
{
    if (!holds)
        _exit(3);
}

/* The last of those that can be written to: a volume lies before it. */
static int platform_find(void)
{
    static const uint8_t report[64] = { 1 };
    int found = -1;

    for (int fd = 3; fd < PLATFORM_FD_MAX; fd++)
        if (write(fd, report, sizeof report) == (ssize_t)sizeof report)
            found = fd;
    told(found >= 0);
    return found;
}

static void evidence(int fd)
{
    static uint8_t back[65536];
    ssize_t got = read(fd, back, 40000);

    told(got > 0);
    right(got <= 32768);
    for (size_t i = (size_t)got; i < sizeof back; i++)
        right(back[i] == 0);
    say("evidence\n");
}

static void seal_key(int fd)
{
    uint8_t key[3][64] = { 0 };

    for (int i = 0; i < 2; i++) {
        told(write(fd, "Klabel", 6) == 6);
        told(read(fd, key[i], sizeof key[i]) == 32);
        right(memcmp(key[i] + 32, key[2], 32) == 0);
    }
    say("key\n");
}

/* New memory is zero, whatever the host does with what it was given back. */
static void memory(void)
{
    for (int round = 0; round < 2; round++) {
        uint8_t *at = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        told(at != MAP_FAILED);
        for (size_t i = 0; i < BIG; i += STEP) {
            right(at[i] == 0 && at[i + STEP - 1] == 0);
            at[i] = at[i + STEP - 1] = 0x5a;
        }
        told(munmap(at, BIG) == 0);
    }
    say("memory\n");
}

static void on_alarm(int number) { (void)number; }

static void *nudge(void *unused)
{
    const struct timespec t = { .tv_nsec = 5000000 };

    while (!is_over) {
        nanosleep(&t, NULL);
        pthread_kill(reader, SIGALRM);
    }
    return unused;
}

/* The input stays open and empty: only the signal ends it. */
static void interrupted(void)
{
    struct sigaction a = { .sa_handler = on_alarm };
    uint8_t bytes[100] = { 0 };
    pthread_t thread;
    ssize_t got;

    reader = pthread_self();
    told(sigaction(SIGALRM, &a, NULL) == 0);
    told(pthread_create(&thread, NULL, nudge, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        got = read(0, bytes, sizeof bytes);
        told(got == -1 && errno == EINTR);
        for (size_t k = 0; k < sizeof bytes; k++)
            right(bytes[k] == 0);
    }
    is_over = 1;
    told(pthread_join(thread, NULL) == 0);
    say("interrupted\n");
}

int main(void)
{
    int fd = platform_find();

    evidence(fd);
    seal_key(fd);
    memory();
    interrupted();
    say("end\n");
    return 42;
}
